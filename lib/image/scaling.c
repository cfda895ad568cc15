/** @file scaling.c @brief The factor of a model that leaves the disk and takes the starlight. */
#include "sequin/scaling.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "stats.h"

enum {
    MAX_ROUNDS = 50,
    ONE_SIDED = 5, /* rounds at most before the lower tail is judged, too */
    UNDAMPED = 10, /* rounds before steps are made smaller, to end a cycle */
    FIRST_PER_MILLE = 800
};

static const double moves = 1e-4; /* of the factor: less ends the iteration */
static const double lowest = 0.5, highest = 1.1;
static const double significant = 3.0; /* sigma */

/* Pixels that can be judged: x, m, V all there. */
static bool usable(const sqn_scaling_frame *frame, int64_t p)
{
    return frame->weight[p] > 0.0 && isfinite(frame->value[p]) && isfinite(frame->model[p]);
}

/* ---- The published rule ---------------------------------------------------------------- */

/*
 * Set both tails of `values` to NaN as long as neither is empty; returns the rounds that did.
 * `scratch` [n] is for the median.
 */
static int64_t clip_tails(double *values, double *scratch, int64_t n)
{
    for (int64_t round = 0;; round++) {
        memcpy(scratch, values, (size_t)n * sizeof *values);

        const double median = sqn__stats_median(scratch, n);
        const double reach = significant * sqn__stats_deviation(values, n);
        int64_t n_above = 0, n_below = 0;

        for (int64_t p = 0; p < n; p++) {
            n_above += values[p] > median + reach ? 1 : 0;
            n_below += values[p] < median - reach ? 1 : 0;
        }
        if (n_above == 0 || n_below == 0) {
            return round;
        }
        for (int64_t p = 0; p < n; p++) {
            if (values[p] > median + reach || values[p] < median - reach) {
                values[p] = NAN;
            }
        }
    }
}

/* Data - fraction * model of the usable pixels; returns how many. */
static int64_t gather_residual(double *out, const sqn_scaling_frame *frame, double fraction)
{
    const int64_t n_pix = frame->ny * frame->nx;
    int64_t n = 0;

    for (int64_t p = 0; p < n_pix; p++) {
        if (usable(frame, p)) {
            out[n++] = (double)frame->value[p] - fraction * (double)frame->model[p];
        }
    }
    return n;
}

sqn_status sqn_scaling_bff_published(sqn_scaling *out, const sqn_scaling_frame *frame,
                                     sqn_error *err)
{
    const int64_t n_pix = frame->ny * frame->nx;
    double *values = sqn__mem_alloc(sqn__mem_product(n_pix, 2), sizeof *values);
    int64_t best = 0;

    *out = (sqn_scaling){0};
    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "best fraction of %" PRId64 " pixels", n_pix);
    }
    for (int64_t i = 0; i < SQN_SCALING_N_FRACTION; i++) {
        const double fraction = (double)(FIRST_PER_MILLE + i) / 1000.0;
        const int64_t n = gather_residual(values, frame, fraction);
        const int64_t rounds = clip_tails(values, values + n_pix, n);

        out->curve[i] = sqn__stats_deviation(values, n);
        if (i == 0 || out->curve[i] < out->curve[best]) { /* ties: the first */
            best = i;
            out->factor = fraction;
            out->rounds = rounds;
        }
    }
    out->at_edge = best == 0 || best == SQN_SCALING_N_FRACTION - 1;
    const bool empty = isnan(out->curve[0]) != 0;

    sqn__mem_free(values);
    if (empty) {
        *out = (sqn_scaling){0};
        return SQN_RAISE(err, E_DATA_EMPTY, "no pixel has data, model and weight");
    }
    return SQN_OK;
}

/* ---- Our rule -------------------------------------------------------------------------- */

/* Work space of one frame; images are [ny, nx]. */
typedef struct disk_sieve {
    double *smooth, *scratch, *work; /* scratch serves the smoothing's work space, too */
    uint8_t *disk;                   /* significantly positive, grown */
} disk_sieve;

/* f = sum V x m / sum V m^2 over usable pixels outside the disk; NaN if none tells. */
static double fit(const sqn_scaling_frame *frame, const uint8_t *disk)
{
    const int64_t n_pix = frame->ny * frame->nx;
    double xm = 0.0, mm = 0.0;

    for (int64_t p = 0; p < n_pix; p++) {
        if (usable(frame, p) && disk[p] == 0) {
            const double m = frame->model[p], vm = frame->weight[p] * m;

            xm += vm * (double)frame->value[p];
            mm += vm * m;
        }
    }
    return mm > 0.0 ? xm / mm : NAN;
}

/* Mark all pixels within one fwhm of pixel (x, y). */
static void mark_around(uint8_t *disk, const sqn_scaling_frame *frame, int64_t x, int64_t y)
{
    const int64_t reach = (int64_t)floor(frame->fwhm);

    for (int64_t v = y - reach; v <= y + reach; v++) {
        for (int64_t u = x - reach; u <= x + reach; u++) {
            if (u >= 0 && v >= 0 && u < frame->nx && v < frame->ny &&
                hypot((double)(u - x), (double)(v - y)) <= frame->fwhm) {
                disk[v * frame->nx + u] = 1;
            }
        }
    }
}

/*
 * Find what stands out of the smoothed residual, taken in units of its noise: what is
 * significantly positive and, with `both`, negative.
 */
static void find_disk(const disk_sieve *sieve, const sqn_scaling_frame *frame,
                      double factor, bool both)
{
    const int64_t n_pix = frame->ny * frame->nx;
    double *smooth = sieve->smooth;

    for (int64_t p = 0; p < n_pix; p++) {
        const double r = (double)frame->value[p] - factor * (double)frame->model[p];

        smooth[p] = usable(frame, p) ? sqrt(frame->weight[p]) * r : NAN;
    }
    sqn__stats_smooth(smooth, frame->ny, frame->nx, frame->fwhm, sieve->work);
    for (int64_t p = 0; p < n_pix; p++) {
        smooth[p] = usable(frame, p) ? smooth[p] : NAN;
        sieve->disk[p] = 0;
    }
    memcpy(sieve->scratch, smooth, (size_t)n_pix * sizeof *smooth);

    const double limit = significant * sqn__stats_mad_sigma(sieve->scratch, n_pix);

    for (int64_t p = 0; p < n_pix; p++) {
        if (smooth[p] > limit || (both && smooth[p] < -limit)) {
            mark_around(sieve->disk, frame, p % frame->nx, p / frame->nx);
        }
    }
}

static double limited(double factor)
{
    return fmin(fmax(factor, lowest), highest);
}

/*
 * Factor and disk in turn until the factor stays. At first only the upper tail is left out, for
 * a factor that is too high makes half the star negative; then both, for one tail of the noise
 * alone pulls the factor down (by 0.007 with equal weights beside a bright star).
 */
static void iterate(sqn_scaling *out, const disk_sieve *sieve,
                    const sqn_scaling_frame *frame, double first)
{
    double factor = limited(first);
    bool both = false, done = false;

    for (out->rounds = 0; !done && out->rounds < MAX_ROUNDS; out->rounds++) {
        const int64_t damped = out->rounds - UNDAMPED;
        const double gain = damped < 0 ? 1.0 : 1.0 / (double)(damped + 2);

        find_disk(sieve, frame, factor, both);
        const double next = fit(frame, sieve->disk);
        const double step =
            isnan(next) ? 0.0 : gain * (next - factor); /* NaN: all is disk */
        const bool stays = fabs(limited(factor + step) - factor) < moves;

        factor = limited(factor + step);
        out->curve[out->rounds] = factor;
        done = both && stays;
        both = both || stays || out->rounds + 1 >= ONE_SIDED;
    }
    out->factor = factor;
    out->at_edge = factor <= lowest || factor >= highest;
}

sqn_status sqn_scaling_bff(sqn_scaling *out, const sqn_scaling_frame *frame, sqn_error *err)
{
    const int64_t n_pix = frame->ny * frame->nx;
    const int64_t n_work = sqn__stats_smooth_work_size(frame->ny, frame->nx, frame->fwhm);
    disk_sieve sieve = {.smooth = sqn__mem_alloc(n_pix, sizeof(double)),
                        .work = sqn__mem_alloc(n_work, sizeof(double)),
                        .disk = sqn__mem_alloc(n_pix, 1)};
    sqn_status status = SQN_OK;

    *out = (sqn_scaling){0};
    if (sieve.smooth == NULL || sieve.work == NULL || sieve.disk == NULL) {
        status = SQN_RAISE(err, E_MEM, "best fraction of %" PRId64 " pixels", n_pix);
        goto cleanup;
    }
    sieve.scratch = sieve.work;

    const double first = fit(frame, sieve.disk);

    if (isnan(first)) {
        status = SQN_RAISE(err, E_DATA_EMPTY, "no pixel has data, model and weight");
        goto cleanup;
    }
    for (int64_t i = 0; i < SQN_SCALING_N_FRACTION; i++) {
        out->curve[i] = NAN;
    }
    iterate(out, &sieve, frame, first);

cleanup:
    sqn__mem_free(sieve.smooth);
    sqn__mem_free(sieve.work);
    sqn__mem_free(sieve.disk);
    return status;
}
