/**
 * @file fits_floats_lanes_body.h
 * @brief The loops of a table, which the compiler vectorises for the instruction set of the file.
 */
#ifndef SQN_FITS_FLOATS_LANES_BODY_H
#define SQN_FITS_FLOATS_LANES_BODY_H

#include <string.h>

#include "fits_floats_lanes.h"

enum { RUN = SQN__FITS_FLOATS_RUN };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Words of the file, whose first byte is the highest, as they are here: the bytes of every half change
   places, then the halves. In two loops: compilers know the one instruction that does both, but not
   side by side. */
static void read_run(int32_t *restrict out, const unsigned char *restrict bytes, int64_t n)
{
    uint32_t half[RUN];

    for (int64_t i = 0; i < n; i++) {
        uint32_t word;

        memcpy(&word, bytes + 4 * i, sizeof word);
        half[i] = (word & 0x00ff00ffU) << 8U | (word >> 8U & 0x00ff00ffU);
    }
    for (int64_t i = 0; i < n; i++) {
        out[i] = (int32_t)(half[i] << 16U | half[i] >> 16U);
    }
}
#else
static void read_run(int32_t *restrict out, const unsigned char *restrict bytes, int64_t n)
{
    memcpy(out, bytes, (size_t)n * sizeof *out);
}
#endif

static void widen_run(double *restrict out, const float *restrict value, int64_t n,
                      double zero, double scale)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = zero + scale * (double)value[i];
    }
}

static void widen(double *out, const unsigned char *bytes, int64_t n, double zero,
                  double scale)
{
    for (int64_t i = 0; i < n; i += RUN) {
        const int64_t part = n - i < RUN ? n - i : RUN;
        int32_t word[RUN];
        float value[RUN];

        read_run(word, bytes + 4 * i, part);
        memcpy(value, word, (size_t)part * sizeof *value);
        widen_run(out + i, value, part, zero, scale);
    }
}

/* Bits of IEEE 754 numbers without their sign: they grow as the numbers do. */
static const int32_t not_sign = 0x7fffffff, infinite = 0x7f800000,
                     missing_value = 0x7fc00000, smallest_normal = 0x00800000;

/* Pixels of a run. */
typedef struct run {
    int32_t value[RUN], noise[RUN], mark[RUN];
} run;

/* Marks of values out of range, among the first n. */
static void mark_outside(run *restrict r, const float bound[2], int64_t n)
{
    const float low = bound[0], high = bound[1];
    float value[RUN];

    memcpy(value, r->value, sizeof value);
    for (int64_t p = 0; p < RUN; p++) {
        r->mark[p] = ((value[p] < low) | (value[p] > high)) != 0 ? -1 : 0;
    }
    for (int64_t p = n; p < RUN; p++) {
        r->mark[p] = 0;
    }
}

/* All bits set where it holds. */
static inline int32_t all_bits(bool holds)
{
    return -(int32_t)holds;
}

/* A run where it is; bits in place of numbers, which compilers compare side by side. */
static void sift_run(run *restrict r, sqn__fits_floats_counts *restrict to)
{
    sqn__fits_floats_counts c = {0};

    for (int64_t p = 0; p < RUN; p++) {
        const int32_t size = r->value[p] & not_sign, noise = r->noise[p];
        const int32_t zero = all_bits(size == 0), none = all_bits(noise <= 0); /* or < 0 */
        const int32_t absent = all_bits(size >= infinite), outside = r->mark[p];
        const int32_t bad = none | all_bits(noise >= infinite), faulty = absent | outside;
        const int32_t missing = faulty | bad;

        c.n_nan -= absent;
        c.n_out_of_range -= outside;
        c.n_bad_error -= bad;
        c.n_missing -= missing;
        c.n_infinite -= all_bits(size == infinite);
        c.n_zero -= zero & ~missing;
        c.n_bad_error_alone -= bad & ~faulty;
        c.n_odd -= (all_bits(size < smallest_normal) & ~zero) |
                   (all_bits(noise < smallest_normal) & ~none);
        r->value[p] = (r->value[p] & ~(missing | zero)) | /* 0 has no sign */
                      (missing_value & missing);
        r->noise[p] = (noise & ~missing) | (missing_value & missing);
        r->mark[p] = (outside & SQN_FLAG_RANGE) | (missing & SQN_FLAG_NO_SCIENCE);
    }
    *to = c;
}

static void put_flags(uint8_t *restrict to, const int32_t *restrict mark, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        to[p] = (uint8_t)mark[p];
    }
}

/* Pixels [first, first + n) of the frame; good ones fill the run. */
static void sift(sqn__fits_floats_counts *found, const sqn__fits_floats *f,
                 const float bound[2], int64_t first, int64_t n)
{
    run r;

    for (int64_t p = 0; p < RUN && (n < RUN || f->noise == NULL); p++) {
        r.value[p] = r.noise[p] = smallest_normal;
    }
    read_run(r.value, f->value + 4 * first, n);
    if (f->noise != NULL) {
        read_run(r.noise, f->noise + 4 * first, n);
    }
    mark_outside(&r, bound, n);
    sift_run(&r, found);
    memcpy(f->to_value + first, r.value, (size_t)n * sizeof *r.value);
    if (f->noise != NULL) {
        memcpy(f->to_error + first, r.noise, (size_t)n * sizeof *r.noise);
    }
    put_flags(f->to_flags + first, r.mark, n);
}

#endif
