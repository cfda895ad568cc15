/** @file fits_sieve.c @brief NaN, flags, masks, errors and ranges to missing pixels. */
#include "fits_sieve.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

enum {
    RUN = 16, /* pixels that are good together, most of the time */
    LANES = 4 /* partial sums */
};

sqn_status sqn__fits_sieve_init(sqn__fits_sieve *sieve, int64_t n_pix, const bool wants[3],
                                sqn_error *err)
{
    double **optional[3] = {&sieve->noise, &sieve->quality, &sieve->mask};
    bool failed = false;

    sieve->n_pix = n_pix;
    sieve->value = sqn__mem_reserve(n_pix, sizeof *sieve->value);
    failed = sieve->value == NULL;
    for (int i = 0; i < 3 && !failed; i++) {
        if (wants[i]) {
            *optional[i] = sqn__mem_reserve(n_pix, sizeof **optional[i]);
            failed = *optional[i] == NULL;
        }
    }
    if (failed) {
        sqn__fits_sieve_clear(sieve);
        return SQN_RAISE(err, E_MEM, "planes of %" PRId64 " pixels", n_pix);
    }
    return SQN_OK;
}

void sqn__fits_sieve_clear(sqn__fits_sieve *sieve)
{
    sqn__mem_free(sieve->value);
    sqn__mem_free(sieve->noise);
    sqn__mem_free(sieve->quality);
    sqn__mem_free(sieve->mask);
    *sieve = (sqn__fits_sieve){0};
}

/* The flags that mean missing: named, or those of the telescope, or all. */
static uint32_t bits_used(const sqn_fits_source *source, const sqn__fits_facts *facts)
{
    uint32_t bits = 0;

    if (source->quality_bits == NULL) {
        return facts->has_bits ? facts->bits : UINT32_MAX;
    }
    for (int64_t i = 0; i < source->n_bit; i++) {
        bits |= UINT32_C(1) << source->quality_bits[i];
    }
    return bits;
}

/* Numbers to 32 bits; BLANK flags are set in no bit and count as flagged. */
static sqn_status take_flags(uint32_t *dq, const sqn__fits_sieve *sieve, sqn_error *err)
{
    for (int64_t p = 0; p < sieve->n_pix; p++) {
        const double q = sieve->quality[p];

        if (isnan(q)) {
            dq[p] = 0;
        } else if (q < (double)INT32_MIN || q > (double)UINT32_MAX || q != floor(q)) {
            const sqn_status status = SQN_RAISE(
                err, E_FITS_TYPE,
                "the flag %.17g of pixel %" PRId64 " does not fit 32 bits", q, p + 1);

            sqn__error_mend(err, "give flags of at most 32 bits");
            return status;
        } else {
            dq[p] = (uint32_t)(int64_t)q;
        }
    }
    return SQN_OK;
}

static void count_bits(sqn__fits_tally *tally, const uint32_t *dq, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        for (uint32_t left = dq[p], b = 0; left != 0; left >>= 1U, b++) {
            tally->bit[b] += left & 1U;
        }
    }
    tally->n_quality += n;
}

/* 1 sigma of what the file holds. */
static double sigma(double noise, sqn_fits_noise kind)
{
    switch (kind) {
    case SQN_FITS_VARIANCE:
        return sqrt(noise);
    case SQN_FITS_IVAR:
        return 1.0 / sqrt(noise);
    default:
        return noise;
    }
}

static bool means_missing(const sqn_fits_source *source, double value)
{
    for (int64_t i = 0; i < source->n_missing_value; i++) {
        if (value == source->missing_values[i]) {
            return true;
        }
    }
    return isnan(value) || isinf(value);
}

static bool out_of_range(const sqn_fits_source *source, double value)
{
    const double low = source->valid_range[0], high = source->valid_range[1];

    return (low != 0.0 || high != 0.0) && (value < low || value > high);
}

/* What the masks look like. */
static void see_mask(const sqn__fits_sieve *sieve, int64_t number)
{
    int64_t n_use = 0, n_odd = 0;

    for (int64_t p = 0; p < sieve->n_pix && sieve->mask != NULL; p++) {
        const double m = sieve->mask[p];

        n_use += !isnan(m) && m != 0.0 ? 1 : 0;
        n_odd += !isnan(m) && m != 0.0 && m != 1.0 ? 1 : 0;
    }
    if (sieve->mask == NULL) {
        n_use = sieve->n_pix;
    }
    sieve->tally->n_mask_use += n_use;
    sqn__fits_tally_see(sieve->tally, SQN__FITS_ODD_MASK, number, n_odd);
    sqn__fits_tally_see(sieve->tally, SQN__FITS_SPARSE_MASK, number,
                        10 * n_use < sieve->n_pix ? sieve->n_pix - n_use : 0);
}

/* Sift one pixel; true where it is missing. */
static bool sift_pixel(sqn__fits_sieve *s, int64_t p, bool flagged, sqn_fits_frame *frame,
                       sqn__fits_sights *seen)
{
    const double value = s->value[p];
    const bool absent = means_missing(s->source, value);
    const bool outside = out_of_range(s->source, value); /* Inf as well: saturated */
    const bool masked = s->mask != NULL && (isnan(s->mask[p]) || s->mask[p] == 0.0);
    const double noise = s->noise != NULL ? sigma(s->noise[p], s->source->noise_kind) : 1.0;
    const bool bad_error = !(noise > 0.0) || isinf(noise);
    const bool missing = absent || outside || masked || bad_error || flagged;

    frame->n_nan += absent ? 1 : 0;
    frame->n_out_of_range += outside ? 1 : 0;
    frame->n_masked += masked ? 1 : 0;
    frame->n_bad_error += bad_error ? 1 : 0;
    frame->n_flagged += flagged ? 1 : 0;
    frame->n_missing += missing ? 1 : 0;
    seen->n_infinite += isinf(value) ? 1 : 0;
    seen->n_wide += s->is_wide && fabs(value) > 0x1p53 ? 1 : 0;
    seen->n_zero += !missing && value == 0.0 ? 1 : 0;
    seen->n_bad_error += bad_error && !(absent || outside || masked || flagged) ? 1 : 0;
    if (s->noise != NULL) {
        s->noise[p] = noise;
    }
    return missing;
}

void sqn__fits_sieve_enter(const sqn__fits_sieve *sieve, const sqn_fits_frame *frame,
                           const sqn__fits_sights *seen, int64_t number)
{
    sqn__fits_tally *tally = sieve->tally;
    const int64_t n_valid = sieve->n_pix - frame->n_missing;

    tally->n_frame++;
    tally->n_pix += sieve->n_pix;
    tally->n_missing += frame->n_missing;
    tally->n_nan += frame->n_nan;
    tally->n_flagged += frame->n_flagged;
    tally->n_masked += frame->n_masked;
    tally->n_bad_error += frame->n_bad_error;
    tally->n_out_of_range += frame->n_out_of_range;
    tally->n_zero += seen->n_zero;
    sqn__fits_tally_see(tally, SQN__FITS_INFINITE, number, seen->n_infinite);
    sqn__fits_tally_see(tally, SQN__FITS_WIDE, number, seen->n_wide);
    sqn__fits_tally_see(tally, SQN__FITS_BAD_ERROR, number, seen->n_bad_error);
    sqn__fits_tally_see(tally, SQN__FITS_EMPTY, number, n_valid == 0 ? sieve->n_pix : 0);
    sqn__fits_tally_see(tally, SQN__FITS_ZERO, number,
                        seen->n_zero == n_valid ? n_valid : 0);
    see_mask(sieve, number);
}

/* What a value must be for its pixel to be good beyond question. */
typedef struct plain_rule {
    bool possible;
    double low, high;
} plain_rule;

static plain_rule rule_of(const sqn__fits_sieve *s, bool has_flags)
{
    const sqn_fits_source *source = s->source;
    const double *range = source->valid_range;
    const bool ranged = range[0] != 0.0 || range[1] != 0.0;

    return (plain_rule){.possible =
                            !has_flags && s->mask == NULL && !s->is_wide &&
                            source->n_missing_value == 0 &&
                            (s->noise == NULL || (source->noise_kind != SQN_FITS_VARIANCE &&
                                                  source->noise_kind != SQN_FITS_IVAR)),
                        .low = ranged ? fmax(range[0], -DBL_MAX) : -DBL_MAX,
                        .high = ranged ? fmin(range[1], DBL_MAX) : DBL_MAX};
}

/* Do all RUN values lie within a range? How many of them are 0; in doubles, which compare side by
   side. */
static bool all_within(double *n_zero, const double *restrict value, double low,
                       double high)
{
    double n[LANES] = {0.0}, zero[LANES] = {0.0}, all = 0.0;

    for (int64_t p = 0; p < RUN; p += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            const double x = value[p + l];

            n[l] += ((x >= low) & (x <= high)) ? 1.0 : 0.0;
            zero[l] += x == 0.0 ? 1.0 : 0.0;
        }
    }
    *n_zero = 0.0;
    for (int64_t l = 0; l < LANES; l++) {
        all += n[l];
        *n_zero += zero[l];
    }
    return all == (double)RUN;
}

/* Do all RUN pixels from `first` on have a value within its range, and a good error? */
static bool is_plain(double *n_zero, const sqn__fits_sieve *s, const plain_rule *rule,
                     int64_t first)
{
    double n_bad = 0.0;

    return all_within(n_zero, s->value + first, rule->low, rule->high) &&
           (s->noise == NULL ||
            (all_within(&n_bad, s->noise + first, 0.0, DBL_MAX) && n_bad == 0.0));
}

static void divide(double *values, int64_t n, double divisor)
{
    for (int64_t p = 0; p < n && divisor != 1.0; p++) {
        values[p] /= divisor;
    }
}

/* Good pixels. */
static void pass_run(const sqn__fits_sieve *s, uint8_t *flags, int64_t first,
                     double divisor)
{
    memset(flags + first, 0, RUN);
    divide(s->value + first, RUN, divisor);
    if (s->noise != NULL) {
        divide(s->noise + first, RUN, divisor);
    }
}

/* Pixels [first, end) one by one. */
static void sift_run(sqn__fits_sieve *s, const sqn__fits_flags_of *to,
                     sqn_fits_frame *frame, sqn__fits_sights *seen, const int64_t range[2],
                     const uint32_t *used, double divisor)
{
    for (int64_t p = range[0]; p < range[1]; p++) {
        const bool flagged =
            used != NULL && ((to->dq[p] & *used) != 0 || isnan(s->quality[p]));
        const bool outside = out_of_range(s->source, s->value[p]);
        const bool missing = sift_pixel(s, p, flagged, frame, seen);

        to->flags[p] =
            (uint8_t)((missing ? SQN_FLAG_NO_SCIENCE : 0) | (outside ? SQN_FLAG_RANGE : 0));
        s->value[p] = missing ? NAN : s->value[p] / divisor;
        if (s->noise != NULL) {
            s->noise[p] = missing ? NAN : s->noise[p] / divisor;
        }
    }
}

sqn_status sqn__fits_sieve_sift(sqn__fits_sieve *sieve, const sqn__fits_flags_of *to,
                                sqn_fits_frame *frame, int64_t number,
                                const sqn__fits_facts *facts, bool has_flags,
                                sqn_error *err)
{
    const uint32_t used = bits_used(sieve->source, facts);
    const plain_rule rule = rule_of(sieve, has_flags);
    sqn__fits_sights seen = {0};

    if (has_flags) {
        const sqn_status status = take_flags(to->dq, sieve, err);

        if (status != SQN_OK) {
            return status;
        }
        count_bits(sieve->tally, to->dq, sieve->n_pix);
        sieve->tally->used |= used;
    }
    for (int64_t p = 0; p < sieve->n_pix; p += RUN) {
        const int64_t left = sieve->n_pix - p;
        double n_zero = 0.0;

        if (rule.possible && left >= RUN && is_plain(&n_zero, sieve, &rule, p)) {
            seen.n_zero += (int64_t)n_zero;
            pass_run(sieve, to->flags, p, facts->divisor);
        } else {
            sift_run(sieve, to, frame, &seen,
                     (const int64_t[2]){p, p + (left < RUN ? left : RUN)},
                     has_flags ? &used : NULL, facts->divisor);
        }
    }
    sqn__fits_sieve_enter(sieve, frame, &seen, number);
    return SQN_OK;
}
