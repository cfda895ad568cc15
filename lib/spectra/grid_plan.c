/** @file grid_plan.c @brief Choosing the common grid of spectra, and its range. */
#include "grid_plan.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

static const double whole = 0.05; /* pixels: nearer than this, values are not resampled */

/** How many spectra reach each pixel, as differences; pixels counted from `first`. */
typedef struct coverage {
    int64_t first, n;
    int64_t *step; /* [n + 1] */
} coverage;

double sqn__grid_plan_factor(const sqn__grid_plan *plan, int64_t spectrum)
{
    return plan->redshift != NULL ? 1.0 / (1.0 + plan->redshift[spectrum]) : 1.0;
}

/* Wavelength of a pixel counted as `first` is. */
static double wave_at(const sqn__grid_plan *plan, int64_t pixel)
{
    return plan->all == NULL ? pow(10.0, plan->start + (double)pixel * plan->step)
                             : plan->all[pixel];
}

double sqn__grid_plan_wave(const sqn__grid_plan *plan, int64_t i)
{
    return wave_at(plan, plan->first + i);
}

/* The pixel nearest to a wavelength. */
static int64_t pixel_at(const sqn__grid_plan *plan, double wave)
{
    if (plan->all == NULL) {
        return (int64_t)llround((log10(wave) - plan->start) / plan->step);
    }
    const int64_t i = sqn__axis_find(plan->all, plan->n_all, wave);

    if (i == 0 || i == plan->n_all) {
        return i == 0 ? 0 : i - 1;
    }
    return wave - plan->all[i - 1] < plan->all[i] - wave ? i - 1 : i;
}

bool sqn__grid_plan_offset(int64_t *out, const sqn__grid_plan *plan, int64_t b,
                           int64_t spectrum)
{
    if (!plan->is_whole && plan->is_log) {
        return false;
    }
    if (!plan->is_log) {
        const sqn__axis all = {.n = plan->n_all, .wave = plan->all};

        if (plan->redshift != NULL) {
            return false;
        }
        *out = sqn__axis_offset(&all, &plan->axes[b]) - plan->first;
        return *out + plan->first >= 0;
    }
    const double at =
        (plan->axes[b].start - plan->start + log10(sqn__grid_plan_factor(plan, spectrum))) /
        plan->step;

    *out = (int64_t)llround(at) - plan->first;
    return plan->redshift != NULL || fabs(at - round(at)) < whole;
}

/* One step for all: moved by whole pixels, no block ends elsewhere. */
static bool have_one_step(const sqn__axis *axes, int64_t n_block)
{
    bool all = true;

    for (int64_t b = 0; b < n_block; b++) {
        const double off = fabs(axes[b].step - axes[0].step) * (double)axes[b].n;

        all = all && axes[b].is_log && off < whole * axes[0].step;
    }
    return all;
}

static sqn_status describe_blocks(sqn__grid_plan *p, const sqn_spectra *blocks,
                                  int64_t n_block, sqn_error *err)
{
    p->axes = sqn__mem_alloc(n_block, sizeof *p->axes);
    if (p->axes == NULL) {
        return SQN_RAISE(err, E_MEM, "axes of %" PRId64 " spectra", n_block);
    }
    for (int64_t b = 0; b < n_block; b++) {
        p->axes[b] = sqn__axis_describe(blocks[b].wave, blocks[b].n_wave);
    }
    return SQN_OK;
}

/* The grid that is asked for: even where it and the blocks have one step, else as listed. */
static sqn_status take_axis(sqn__grid_plan *p, int64_t n_block,
                            const sqn_spectra_grid_options *options, sqn_error *err)
{
    const sqn__axis axis = sqn__axis_describe(options->wave, options->n_wave);
    const double off = fabs(p->axes[0].step - axis.step) * (double)axis.n;

    p->n = axis.n;
    p->is_whole = axis.is_log && have_one_step(p->axes, n_block) && off < whole * axis.step;
    p->is_log = p->is_whole;
    p->start = axis.start;
    p->step = axis.step;
    if (p->is_log) {
        return SQN_OK;
    }
    p->n_all = axis.n;
    p->all = sqn__mem_alloc(axis.n, sizeof *p->all);
    if (p->all == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " wavelengths", axis.n);
    }
    memcpy(p->all, axis.wave, (size_t)axis.n * sizeof *p->all);
    return SQN_OK;
}

static sqn_status choose_axis(sqn__grid_plan *p, int64_t n_block, int64_t bin,
                              sqn_error *err)
{
    p->is_whole = bin <= 1 && have_one_step(p->axes, n_block);
    p->is_log = p->is_whole || bin > 1 || p->redshift != NULL;
    if (!p->is_log) {
        return sqn__axis_union(&p->all, &p->n_all, p->axes, n_block, err);
    }
    p->step = p->axes[0].step * (double)(bin > 1 ? bin : 1);
    p->start = p->axes[0].start + 0.5 * (p->step - p->axes[0].step);
    return SQN_OK;
}

/* First and last valid pixel of a spectrum; false without. */
static bool find_span(int64_t span[2], const sqn_spectra *s, int64_t row)
{
    const float *flux = s->flux + row * s->n_wave;
    const float *ivar = s->ivar != NULL ? s->ivar + row * s->n_wave : NULL;

    span[0] = 0;
    span[1] = s->n_wave - 1;
    while (span[0] < s->n_wave &&
           (isnan(flux[span[0]]) || (ivar != NULL && !(ivar[span[0]] > 0.0F)))) {
        span[0]++;
    }
    while (span[1] > span[0] &&
           (isnan(flux[span[1]]) || (ivar != NULL && !(ivar[span[1]] > 0.0F)))) {
        span[1]--;
    }
    return span[0] < s->n_wave;
}

/* The pixels of the grid, counted as `first` is, that a spectrum reaches. */
static bool find_reach(int64_t reach[2], const sqn__grid_plan *p, const sqn_spectra *s,
                       int64_t b, int64_t row, int64_t spectrum)
{
    const double factor = sqn__grid_plan_factor(p, spectrum);
    int64_t offset = 0;

    if (!find_span(reach, s, row)) {
        return false;
    }
    if (sqn__grid_plan_offset(&offset, p, b, spectrum)) {
        reach[0] += offset + p->first;
        reach[1] += offset + p->first;
    } else {
        reach[0] = pixel_at(p, factor * s->wave[reach[0]]);
        reach[1] = pixel_at(p, factor * s->wave[reach[1]]);
    }
    return true;
}

/* Call for every spectrum with data: the range of all, or the count of each pixel. */
static void walk(int64_t range[2], coverage *count, const sqn__grid_plan *p,
                 const sqn_spectra *blocks, int64_t n_block)
{
    int64_t spectrum = 0;

    for (int64_t b = 0; b < n_block; b++) {
        for (int64_t r = 0; r < blocks[b].n_spectrum; r++) {
            int64_t reach[2];

            if (!find_reach(reach, p, &blocks[b], b, r, spectrum++)) {
                continue;
            }
            if (count != NULL) {
                count->step[reach[0] - count->first]++;
                count->step[reach[1] + 1 - count->first]--;
            } else {
                range[0] = reach[0] < range[0] ? reach[0] : range[0];
                range[1] = reach[1] > range[1] ? reach[1] : range[1];
            }
        }
    }
}

/* From the first to the last pixel that at least `least` spectra reach; false without. */
static bool find_covered(int64_t range[2], const coverage *c, int64_t least)
{
    int64_t count = 0;
    bool any = false;

    for (int64_t i = 0; i < c->n; i++) {
        count += c->step[i];
        if (count >= least) {
            range[0] = any ? range[0] : c->first + i;
            range[1] = c->first + i;
            any = true;
        }
    }
    return any;
}

/* Where two spectra reach, or one if there is only one anywhere. */
static sqn_status cover(int64_t range[2], const sqn__grid_plan *p,
                        const sqn_spectra *blocks, int64_t n_block, sqn_error *err)
{
    coverage c = {.first = range[0], .n = range[1] - range[0] + 1};

    c.step = sqn__mem_alloc(c.n + 1, sizeof *c.step);
    if (c.step == NULL) {
        return SQN_RAISE(err, E_MEM, "a grid of %" PRId64 " wavelengths", c.n);
    }
    walk(range, &c, p, blocks, n_block);
    if (!find_covered(range, &c, 2)) {
        (void)find_covered(range, &c, 1);
    }
    sqn__mem_free(c.step);
    return SQN_OK;
}

/* Cut to the wavelengths that were asked for. */
static sqn_status cut(int64_t range[2], const sqn__grid_plan *p, const double asked[2],
                      sqn_error *err)
{
    const double low = wave_at(p, range[0]), high = wave_at(p, range[1]);

    while (range[0] <= range[1] && wave_at(p, range[0]) < asked[0]) {
        range[0]++;
    }
    while (range[1] >= range[0] && wave_at(p, range[1]) > asked[1]) {
        range[1]--;
    }
    return range[0] <= range[1]
               ? SQN_OK
               : SQN_RAISE(err, E_DATA_EMPTY,
                           "no datum lies within %g to %g Angstrom: spectra reach from "
                           "%.6g to %.6g",
                           asked[0], asked[1], low, high);
}

static sqn_status check_redshifts(const sqn_spectra *blocks, int64_t n_block,
                                  const double *redshift, sqn_error *err)
{
    int64_t n = 0;

    for (int64_t b = 0; b < n_block; b++) {
        n += blocks[b].n_spectrum;
    }
    for (int64_t i = 0; redshift != NULL && i < n; i++) {
        if (!isfinite(redshift[i]) || !(redshift[i] > -1.0)) {
            return SQN_RAISE(err, E_ARG, "redshift %" PRId64 " is %g", i + 1, redshift[i]);
        }
    }
    return n_block > 0 ? SQN_OK : SQN_RAISE(err, E_ARG, "no spectrum to place");
}

sqn_status sqn__grid_plan_make(sqn__grid_plan *out, const sqn_spectra *blocks,
                               int64_t n_block, const sqn_spectra_grid_options *options,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__grid_plan p = {.redshift = options->redshift};
    int64_t range[2] = {INT64_MAX, INT64_MIN};

    *out = (sqn__grid_plan){0};
    SQN_TRY(check_redshifts(blocks, n_block, options->redshift, err));
    SQN_TRY(describe_blocks(&p, blocks, n_block, err));
    if (options->wave != NULL) {
        SQN_TRY(take_axis(&p, n_block, options, err));
        *out = p;
        p = (sqn__grid_plan){0};
        goto cleanup;
    }
    SQN_TRY(choose_axis(&p, n_block, options->bin, err));
    walk(range, NULL, &p, blocks, n_block);
    if (range[0] > range[1]) {
        status = SQN_RAISE(err, E_DATA_EMPTY, "no spectrum holds a valid pixel");
        goto cleanup;
    }
    if (options->range[0] != 0.0 || options->range[1] != 0.0) {
        SQN_TRY(cut(range, &p, options->range, err));
    } else {
        SQN_TRY(cover(range, &p, blocks, n_block, err));
    }
    p.first = range[0];
    p.n = range[1] - range[0] + 1;
    *out = p;
    p = (sqn__grid_plan){0};

cleanup:
    sqn__grid_plan_clear(&p);
    return status;
}

void sqn__grid_plan_clear(sqn__grid_plan *plan)
{
    sqn__mem_free(plan->axes);
    sqn__mem_free(plan->all);
    *plan = (sqn__grid_plan){0};
}
