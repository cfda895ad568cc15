/** @file png.c @brief A picture as a PNG file (ISO/IEC 15948). */
#include "png.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { LEVEL = 1, ROOM = 1 << 15, HEADER = 13, CHANNELS = 3, DEPTH = 8, RGB = 2 };
enum { PIECE = 1024 }; /* pixels of a row that are deflated together */

static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

/* A file that is being written, and what goes into its next chunk. */
typedef struct output {
    FILE *file;
    bool good;
    z_stream deflate;
    unsigned char line[1 + CHANNELS * PIECE]; /* no filter, and pixels */
    unsigned char chunk[ROOM];
} output;

static void put_number(unsigned char out[4], uint32_t number)
{
    for (int k = 0; k < 4; k++) {
        out[k] = (unsigned char)(number >> (24 - 8 * k));
    }
}

static void put_bytes(output *out, const void *bytes, size_t n)
{
    out->good = out->good && fwrite(bytes, 1, n, out->file) == n;
}

static void put_chunk(output *out, const char *type, const unsigned char *bytes, uint32_t n)
{
    unsigned char number[4];
    const uLong of_type = crc32(0, (const unsigned char *)type, 4);

    put_number(number, n);
    put_bytes(out, number, sizeof number);
    put_bytes(out, type, 4);
    put_bytes(out, bytes, n);
    put_number(number, (uint32_t)(n > 0 ? crc32(of_type, bytes, n) : of_type));
    put_bytes(out, number, sizeof number);
}

static void put_header(output *out, const png_picture *picture)
{
    unsigned char header[HEADER] = {[8] = DEPTH, [9] = RGB};

    put_number(header, (uint32_t)picture->width);
    put_number(header + 4, (uint32_t)picture->height);
    put_bytes(out, signature, sizeof signature);
    put_chunk(out, "IHDR", header, HEADER);
}

/* Deflate what the stream was given; whole chunks are written. */
static void squeeze(output *out, int flush)
{
    z_stream *z = &out->deflate;
    int state = Z_OK;

    do {
        if (z->avail_out == 0) {
            put_chunk(out, "IDAT", out->chunk, ROOM);
            z->next_out = out->chunk;
            z->avail_out = ROOM;
        }
        state = deflate(z, flush);
        out->good = out->good && (state == Z_OK || state == Z_STREAM_END);
    } while (out->good && (z->avail_in > 0 || (flush == Z_FINISH && state == Z_OK)));
}

/* The pixels of a row from `first` on; returns how many. */
static int64_t load_piece(output *out, const png_picture *picture, int64_t y, int64_t first)
{
    const unsigned char *row = picture->pixels + y * picture->stride;
    const int64_t left = picture->width - first, n = left < PIECE ? left : PIECE;

    for (int64_t i = 0; i < n; i++) {
        unsigned char *rgb = out->line + 1 + CHANNELS * i;
        uint32_t pixel = 0;

        memcpy(&pixel, row + (first + i) * (int64_t)sizeof pixel, sizeof pixel);
        rgb[0] = (unsigned char)(pixel >> 16);
        rgb[1] = (unsigned char)(pixel >> 8);
        rgb[2] = (unsigned char)pixel;
    }
    return n;
}

static void put_rows(output *out, const png_picture *picture)
{
    const int64_t n_piece = (picture->width + PIECE - 1) / PIECE;

    out->deflate.next_out = out->chunk;
    out->deflate.avail_out = ROOM;
    for (int64_t k = 0; k < picture->height * n_piece && out->good; k++) {
        const int64_t first = k % n_piece * PIECE, skipped = first > 0 ? 1 : 0;
        const int64_t n = load_piece(out, picture, k / n_piece, first);
        const bool last = k + 1 == picture->height * n_piece;

        out->deflate.next_in = out->line + skipped; /* a row begins with its filter */
        out->deflate.avail_in = (uInt)(1 + CHANNELS * n - skipped);
        squeeze(out, last ? Z_FINISH : Z_NO_FLUSH);
    }
    if (out->good) {
        put_chunk(out, "IDAT", out->chunk, ROOM - out->deflate.avail_out);
    }
}

bool png_is_opaque(const png_picture *picture)
{
    uint32_t all = UINT32_MAX;

    for (int64_t y = 0; y < picture->height; y++) {
        const unsigned char *row = picture->pixels + y * picture->stride;

        for (int64_t x = 0; x < picture->width; x++) {
            uint32_t pixel = 0;

            memcpy(&pixel, row + x * (int64_t)sizeof pixel, sizeof pixel);
            all &= pixel;
        }
    }
    return all >> 24 == 0xff;
}

bool png_write(const char *path, const png_picture *picture)
{
    output out = {.file = fopen(path, "wb")};

    if (out.file == NULL) {
        return false;
    }
    out.good = deflateInit(&out.deflate, LEVEL) == Z_OK;
    if (out.good) {
        put_header(&out, picture);
        put_rows(&out, picture);
        put_chunk(&out, "IEND", NULL, 0);
        (void)deflateEnd(&out.deflate);
    }
    const bool closed = fclose(out.file) == 0;

    return out.good && closed;
}

bool png_is_complete(const char *path)
{
    static const unsigned char end[12] = {0,   0,   0,    0,    'I',  'E',
                                          'N', 'D', 0xae, 0x42, 0x60, 0x82};
    unsigned char last[sizeof end];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return false;
    }
    const bool complete = fseek(file, -(long)sizeof end, SEEK_END) == 0 &&
                          fread(last, 1, sizeof last, file) == sizeof last &&
                          memcmp(last, end, sizeof end) == 0;

    (void)fclose(file);
    return complete;
}
