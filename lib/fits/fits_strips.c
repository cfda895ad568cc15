/** @file fits_strips.c @brief Rows made or lent, turned into the bytes of FITS, and put. */
#include "fits_strips.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fits_checksum.h"
#include "mem.h"
#include "raise.h"

enum {
    STRIP = 1 << 16, /* lent values at a time: they stay in cache until they are written */
    PART = 128,      /* values that are turned into bytes together */
    BLOCK = 2880
};

static const uint32_t sign = 0x80000000U, nan_bits = 0x7fc00000U;
static const int32_t infinity = 0x7f800000;

/* Below this largest value a float32 would lose digits of the small ones. */
static const double faint = 1e-30;

/** A strip as made and as written. */
typedef struct strip {
    int64_t n_row; /* at most */
    void *values;  /* NULL: lent */
    unsigned char *bytes;
} strip;

bool sqn__fits_product_holds(double largest)
{
    return !(largest > (double)FLT_MAX) && !(largest > 0.0 && largest < faint);
}

static uint32_t bits_of(float value)
{
    uint32_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float sqn__fits_product_largest(const float *values, int64_t n)
{
    int32_t largest = 0; /* the bits of magnitudes are in the order of magnitudes */
    float value = 0.0F;

    for (int64_t i = 0; i < n; i++) {
        const int32_t size = (int32_t)bits_of(values[i]) & INT32_MAX;
        const int32_t finite = size < infinity ? size : 0;

        largest = finite > largest ? finite : largest;
    }
    memcpy(&value, &largest, sizeof value);
    return value;
}

static int64_t size_of(sqn_fits_type type)
{
    return type == SQN_FITS_FLOAT64 ? 8 : type == SQN_FITS_UINT8 ? 1 : 4;
}

/* Rows at a time: whole fours, for no word of a sum may be cut in two. */
static int64_t rows_of(const sqn__fits_strips *s)
{
    const int64_t wanted = s->data != NULL ? STRIP / s->n_col : s->maker.n_row;
    const int64_t most = wanted < 4 ? 4 : wanted / 4 * 4;

    return most < s->n_row ? most : s->n_row;
}

static sqn_status strip_create(strip *out, const sqn__fits_strips *s, sqn_error *err)
{
    out->n_row = rows_of(s);
    const int64_t n = sqn__mem_product(out->n_row, s->n_col);

    if (s->data == NULL) {
        out->values = sqn__mem_reserve(n, (size_t)size_of(s->type));
    }
    out->bytes = sqn__mem_reserve(sqn__mem_product(n, size_of(s->written)) + BLOCK, 1);
    return out->bytes != NULL && (s->data != NULL || out->values != NULL)
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "%" PRId64 " rows of %" PRId64 " values", out->n_row,
                           s->n_col);
}

static void strip_clear(strip *s)
{
    sqn__mem_free(s->values);
    sqn__mem_free(s->bytes);
}

/* Rows first .. first + n - 1, where they lie. */
static sqn_status take(const void **values, const strip *piece, const sqn__fits_strips *s,
                       int64_t first, int64_t n, sqn_error *err)
{
    *values = s->data != NULL
                  ? (const unsigned char *)s->data + first * s->n_col * size_of(s->type)
                  : piece->values;
    return s->data != NULL ? SQN_OK
                           : s->maker.make(s->maker.context, piece->values, first, n, err);
}

sqn_status sqn__fits_strips_choose(sqn__fits_strips *s, int exponent, sqn_error *err)
{
    sqn_status status = SQN_OK;
    strip piece = {0};
    float largest = 0.0F;

    s->written = s->type;
    if (s->type != SQN_FITS_FLOAT32 || exponent == 0) {
        return SQN_OK;
    }
    SQN_TRY(strip_create(&piece, s, err));
    for (int64_t first = 0; first < s->n_row; first += piece.n_row) {
        const int64_t left = s->n_row - first, n = left < piece.n_row ? left : piece.n_row;
        const void *values = NULL;

        SQN_TRY(take(&values, &piece, s, first, n, err));
        largest = fmaxf(largest, sqn__fits_product_largest(values, n * s->n_col));
    }
    s->written = sqn__fits_product_holds((double)largest * s->factor[0] * s->factor[1])
                     ? SQN_FITS_FLOAT32
                     : SQN_FITS_FLOAT64;

cleanup:
    strip_clear(&piece);
    return status;
}

/* Floats times a power of two that is a float: they round once, as they would from double. */
static void scale_singles(uint32_t *restrict words, const float *restrict from,
                          float factor, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const int32_t bits = (int32_t)bits_of(from[i] * factor);

        words[i] = (bits & INT32_MAX) > infinity ? nan_bits : (uint32_t)bits;
    }
}

/* The same by way of double, for any power. */
static void narrow(uint32_t *words, const float *from, const double factor[2], int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float value = (float)((double)from[i] * factor[0] * factor[1]);

        words[i] = isnan(value) ? nan_bits : bits_of(value);
    }
}

/* A double as two words. */
static void split(uint32_t words[2], double value)
{
    const double one = isnan(value) ? (double)NAN : value;
    uint64_t bits = 0;

    memcpy(&bits, &one, sizeof bits);
    words[0] = (uint32_t)(bits >> 32U);
    words[1] = (uint32_t)bits;
}

static void take_floats(uint32_t *words, const sqn__fits_strips *s, const float *from,
                        int64_t n)
{
    const double factor = s->factor[0] * s->factor[1];

    if (s->written == SQN_FITS_FLOAT64) {
        for (int64_t i = 0; i < n; i++) {
            split(words + 2 * i, (double)from[i] * s->factor[0] * s->factor[1]);
        }
    } else if (factor >= (double)FLT_MIN && factor <= (double)FLT_MAX) {
        scale_singles(words, from, (float)factor, n);
    } else {
        narrow(words, from, s->factor, n);
    }
}

/* `n` values of more than a byte as words; all NaN are one, unsigned numbers less BZERO. */
static void take_words(uint32_t *words, const sqn__fits_strips *s, const void *values,
                       int64_t n)
{
    const uint32_t flip = s->type == SQN_FITS_UINT32 ? sign : 0, *from = values;

    if (s->type == SQN_FITS_FLOAT32) {
        take_floats(words, s, values, n);
    } else if (s->type == SQN_FITS_FLOAT64) {
        for (int64_t i = 0; i < n; i++) {
            split(words + 2 * i, ((const double *)values)[i] * s->factor[0] * s->factor[1]);
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            words[i] = from[i] ^ flip;
        }
    }
}

/* Words in the order of bytes of the file; two loops, of which compilers make vectors. */
static void put_words(unsigned char *to, uint32_t *words, int64_t n)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        for (int64_t i = 0; i < n; i++) {
            words[i] = (words[i] >> 8U & 0x00ff00ffU) | (words[i] & 0x00ff00ffU) << 8U;
        }
        for (int64_t i = 0; i < n; i++) {
            words[i] = words[i] >> 16U | words[i] << 16U;
        }
    }
    memcpy(to, words, (size_t)n * sizeof *words);
}

/* `n` values as the file holds them. */
static void convert(unsigned char *to, const sqn__fits_strips *s, const void *values,
                    int64_t n)
{
    const int64_t n_in = size_of(s->type), n_out = size_of(s->written);
    const unsigned char *from = values;

    if (s->type == SQN_FITS_UINT8) {
        memcpy(to, values, (size_t)n);
        return;
    }
    for (int64_t first = 0; first < n; first += PART) {
        const int64_t left = n - first, m = left < PART ? left : PART;
        uint32_t words[2 * PART];

        take_words(words, s, from + first * n_in, m);
        put_words(to + first * n_out, words, m * n_out / 4);
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
        const void *values = NULL;

        SQN_TRY(take(&values, &piece, s, first, n, err));
        convert(piece.bytes, s, values, n * s->n_col);
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
