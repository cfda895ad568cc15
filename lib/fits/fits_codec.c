/** @file fits_codec.c @brief Walks over RICE and gzip streams that store nothing. */
#include "fits_codec.h"

#define ZLIB_CONST /* zlib promises not to write its input */
#include <zlib.h>

/* A place in a string of bits. */
typedef struct bits {
    const unsigned char *bytes;
    int64_t at, n; /* (bits) */
} bits;

/* `width` bits as a number; past the end zeros are read. */
static int64_t take(bits *b, int64_t width)
{
    int64_t value = 0;

    for (int64_t i = 0; i < width; i++, b->at++) {
        const int bit = b->at < b->n ? b->bytes[b->at / 8] >> (7 - b->at % 8) & 1 : 0;

        value = 2 * value + bit;
    }
    return value;
}

/* Step over zeros and the one that ends them; in whole bytes where they are 0. */
static void skip_zeros(bits *b)
{
    while (b->at < b->n) {
        if (b->at % 8 == 0 && b->bytes[b->at / 8] == 0) {
            b->at += 8;
        } else if (take(b, 1) != 0) {
            return;
        }
    }
    b->at = b->n + 1; /* no one came */
}

bool sqn__fits_codec_rice_ends(const unsigned char *bytes, int64_t n, int64_t n_pix,
                               const sqn__fits_codec_rice *rice)
{
    const int64_t id_bits = rice->bytes == 1 ? 3 : rice->bytes == 2 ? 4 : 5;
    const int64_t raw = rice->bytes == 1 ? 6 : rice->bytes == 2 ? 14 : 25;
    bits b = {bytes, 8 * rice->bytes, 8 * n}; /* the first pixel comes first */

    for (int64_t p = 0; p < n_pix && b.at <= b.n; p += rice->block) {
        const int64_t n_here = n_pix - p < rice->block ? n_pix - p : rice->block;
        const int64_t split = take(&b, id_bits) - 1; /* low bits sent as they are */

        if (split == raw) {
            b.at += n_here * 8 * rice->bytes;
        } else if (split >= 0) {
            for (int64_t i = 0; i < n_here && b.at <= b.n; i++) {
                skip_zeros(&b);
                b.at += split;
            }
        }
    }
    return b.at <= b.n;
}

bool sqn__fits_codec_gzip_ends(const unsigned char *bytes, int64_t n, int64_t limit)
{
    unsigned char scratch[4096];
    z_stream z = {.next_in = bytes, .avail_in = (uInt)n};
    int64_t total = 0;
    int code = inflateInit2(&z, 32 + MAX_WBITS); /* gzip or zlib, as CFITSIO does */

    while (code == Z_OK && total <= limit) {
        z.next_out = scratch;
        z.avail_out = sizeof scratch;
        code = inflate(&z, Z_NO_FLUSH);
        total += (int64_t)(sizeof scratch - z.avail_out);
    }
    (void)inflateEnd(&z);
    return code == Z_STREAM_END && total <= limit;
}
