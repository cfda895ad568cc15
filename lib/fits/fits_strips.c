/** @file fits_strips.c @brief Rows made, turned into the bytes of FITS, and put. */
#include "fits_strips.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fits_checksum.h"
#include "mem.h"
#include "raise.h"

enum {
    STRIP = 1 << 20, /* values made at a time; four rows may have more */
    BLOCK = 2880
};

/* Below this largest value a float32 would lose digits of the small ones. */
static const double faint = 1e-30;

/** A strip as made and as written. */
typedef struct strip {
    int64_t n_row; /* at most */
    void *values;
    unsigned char *bytes;
} strip;

bool sqn__fits_product_holds(double largest)
{
    return !(largest > (double)FLT_MAX) && !(largest > 0.0 && largest < faint);
}

static int64_t size_of(sqn_fits_type type)
{
    return type == SQN_FITS_FLOAT64 ? 8 : type == SQN_FITS_UINT8 ? 1 : 4;
}

static sqn_status strip_create(strip *out, const sqn__fits_strips *s, sqn_error *err)
{
    const int64_t fits = STRIP / s->n_col;
    const int64_t most = fits < 4 ? 4 : fits / 4 * 4; /* no word of a sum is cut in two */

    out->n_row = most < s->n_row ? most : s->n_row;
    const int64_t n = sqn__mem_product(out->n_row, s->n_col);

    out->values = sqn__mem_alloc(n, sizeof(float));
    out->bytes = sqn__mem_alloc(sqn__mem_product(n, size_of(s->written)) + BLOCK, 1);
    return out->values != NULL && out->bytes != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "%" PRId64 " rows of %" PRId64 " values", out->n_row,
                           s->n_col);
}

static void strip_clear(strip *s)
{
    sqn__mem_free(s->values);
    sqn__mem_free(s->bytes);
}

static double scaled(const sqn__fits_strips *s, float value)
{
    return isnan(value) ? (double)NAN : (double)value * s->factor[0] * s->factor[1];
}

sqn_status sqn__fits_strips_choose(sqn__fits_strips *s, int exponent, sqn_error *err)
{
    sqn_status status = SQN_OK;
    strip piece = {0};
    double largest = 0.0;

    s->written = s->type;
    if (s->type != SQN_FITS_FLOAT32 || exponent == 0) {
        return SQN_OK;
    }
    SQN_TRY(strip_create(&piece, s, err));
    for (int64_t first = 0; first < s->n_row; first += piece.n_row) {
        const int64_t left = s->n_row - first, n = left < piece.n_row ? left : piece.n_row;
        const float *values = piece.values;

        SQN_TRY(s->maker.make(s->maker.context, piece.values, first, n, err));
        for (int64_t i = 0; i < n * s->n_col; i++) {
            const double size = fabs(scaled(s, values[i]));

            largest = isfinite(size) && size > largest ? size : largest;
        }
    }
    s->written = sqn__fits_product_holds(largest) ? SQN_FITS_FLOAT32 : SQN_FITS_FLOAT64;

cleanup:
    strip_clear(&piece);
    return status;
}

static void put_big_endian(unsigned char *to, uint64_t bits, int n)
{
    for (int b = 0; b < n; b++) {
        to[b] = (unsigned char)(bits >> (8 * (n - 1 - b)));
    }
}

/* `n` values as the file holds them. */
static void convert(const strip *piece, const sqn__fits_strips *s, int64_t n)
{
    const float *values = piece->values;

    if (s->type == SQN_FITS_UINT8) {
        memcpy(piece->bytes, piece->values, (size_t)n);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        const double value = scaled(s, values[i]);

        if (s->written == SQN_FITS_FLOAT64) {
            uint64_t bits = 0;

            memcpy(&bits, &value, sizeof bits);
            put_big_endian(piece->bytes + 8 * i, bits, 8);
        } else {
            const float narrow = (float)value;
            uint32_t bits = 0;

            memcpy(&bits, &narrow, sizeof bits);
            put_big_endian(piece->bytes + 4 * i, bits, 4);
        }
    }
}

sqn_status sqn__fits_strips_put(uint32_t *sum, int64_t *size, const sqn__fits_strips *s,
                                const sqn_fits_sink *sink, int64_t offset, sqn_error *err)
{
    sqn_status status = SQN_OK;
    strip piece = {0};
    int64_t done = 0; /* bytes put */

    *sum = 0;
    SQN_TRY(strip_create(&piece, s, err));
    for (int64_t first = 0; first < s->n_row; first += piece.n_row) {
        const int64_t left = s->n_row - first, n = left < piece.n_row ? left : piece.n_row;
        int64_t n_byte = n * s->n_col * size_of(s->written);

        SQN_TRY(s->maker.make(s->maker.context, piece.values, first, n, err));
        convert(&piece, s, n * s->n_col);
        if (n == left) { /* fill the last block */
            const int64_t rest = (BLOCK - (done + n_byte) % BLOCK) % BLOCK;

            memset(piece.bytes + n_byte, 0, (size_t)rest);
            n_byte += rest;
        }
        *sum = sqn__fits_checksum_add(
            *sum, sqn__fits_checksum_bytes(piece.bytes, (size_t)n_byte));
        SQN_TRY(sink->put(sink->context, offset + done, piece.bytes, (size_t)n_byte, err));
        done += n_byte;
    }
    *size = done;

cleanup:
    strip_clear(&piece);
    return status;
}
