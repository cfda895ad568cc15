/**
 * @file fits_codec.h
 * @brief Compressed tiles walked to their end, so that CFITSIO finds one.
 *
 * On a cut gzip tile CFITSIO asks for memory without end; on a cut RICE tile it reads on
 * behind its buffer.
 */
#ifndef SQN_FITS_CODEC_H
#define SQN_FITS_CODEC_H

#include <stdbool.h>
#include <stdint.h>

/** Parameters of RICE_1. */
typedef struct sqn__fits_codec_rice {
    int64_t block, bytes; /* pixels per block; bytes per pixel: 1, 2 or 4 */
} sqn__fits_codec_rice;

/** True when `n` bytes hold at least `n_pix` pixels. */
bool sqn__fits_codec_rice_ends(const unsigned char *bytes, int64_t n, int64_t n_pix,
                               const sqn__fits_codec_rice *rice);

/** True when `n` bytes are one whole gzip or zlib stream of at most `limit` bytes. */
bool sqn__fits_codec_gzip_ends(const unsigned char *bytes, int64_t n, int64_t limit);

#endif
