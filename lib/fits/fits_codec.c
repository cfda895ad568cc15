/** @file fits_codec.c @brief Walks over RICE and gzip streams that store nothing. */
#include "fits_codec.h"

#define ZLIB_CONST /* zlib promises not to write its input */
#include <zlib.h>

/* A place in a string of bits. */
typedef struct bits {
    const unsigned char *bytes;
    int64_t at, n; /* (bits), n of whole bytes */
} bits;

/* Byte `i`, 0 past the end. */
static uint32_t byte_at(const bits *b, int64_t i)
{
    return 8 * i < b->n ? b->bytes[i] : 0U;
}

/* Up to 8 bits as a number. */
static int64_t take(bits *b, int64_t width)
{
    const int64_t i = b->at / 8, behind = 16 - b->at % 8 - width;
    const uint32_t window = byte_at(b, i) << 8U | byte_at(b, i + 1);

    b->at += width;
    return (int64_t)(window >> (uint32_t)behind & ((1U << (uint32_t)width) - 1U));
}

/* Step over zeros and the one that ends them; whole bytes of zeros at once. */
static void skip_zeros(bits *b)
{
    int64_t i = b->at / 8;
    uint32_t left = byte_at(b, i) << (uint32_t)(b->at % 8) & 0xffU;

    while (left == 0 && 8 * (i + 1) < b->n) {
        b->at = 8 * ++i;
        left = b->bytes[i];
    }
    b->at = left == 0 ? b->n + 1 /* no one came */ : b->at + __builtin_clz(left) - 23;
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
