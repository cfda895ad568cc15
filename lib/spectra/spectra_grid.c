/** @file spectra_grid.c @brief Spectra of many origins on one grid. */
#include <inttypes.h>
#include <string.h>

#include "grid_plan.h"
#include "mem.h"
#include "raise.h"
#include "resample.h"

enum { FORGET_BYTES = 64 << 20 };

/** Work space. */
typedef struct job {
    sqn__grid_plan plan;
    double *edge;       /* [n + 1] of the grid */
    double *block_edge; /* [n_wave + 1] of the longest block */
    sqn_spectra_grid_about about;
} job;

static sqn_status job_create(job *j, const sqn_spectra *blocks, int64_t n_block,
                             const sqn_spectra_grid_options *options, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t longest = 0;

    for (int64_t b = 0; b < n_block; b++) {
        longest = blocks[b].n_wave > longest ? blocks[b].n_wave : longest;
    }
    SQN_TRY(sqn__grid_plan_make(&j->plan, blocks, n_block, options, err));
    j->edge = sqn__mem_alloc(j->plan.n + 1, sizeof *j->edge);
    j->block_edge = sqn__mem_alloc(longest + 1, sizeof *j->block_edge);
    if (j->edge == NULL || j->block_edge == NULL) {
        status = SQN_RAISE(err, E_MEM, "a grid of %" PRId64 " wavelengths", j->plan.n);
    }
    j->about.is_log = j->plan.is_log;
    j->about.step = j->plan.is_log ? j->plan.step : 0.0;

cleanup:
    return status;
}

static void job_clear(job *j)
{
    sqn__grid_plan_clear(&j->plan);
    sqn__mem_free(j->edge);
    sqn__mem_free(j->block_edge);
}

/* Rows of a matrix cut to `n` of `n_old` columns, in place. */
static void cut_rows(float *data, int64_t n_row, int64_t n_old, int64_t first, int64_t n)
{
    for (int64_t r = 0; r < n_row; r++) {
        memmove(data + r * n, data + r * n_old + first, (size_t)n * sizeof *data);
    }
}

/* The only block lies on the grid, every spectrum at the same place: it passes over as it is. */
static bool take_over(sqn_spectra *out, job *j, sqn_spectra *block)
{
    const int64_t n = j->plan.n;
    int64_t offset = 0;

    if (j->plan.redshift != NULL || !sqn__grid_plan_offset(&offset, &j->plan, 0, 0) ||
        offset > 0 || offset + block->n_wave < n) {
        return false;
    }
    cut_rows(block->flux, block->n_spectrum, block->n_wave, -offset, n);
    if (block->ivar != NULL) {
        cut_rows(block->ivar, block->n_spectrum, block->n_wave, -offset, n);
    }
    j->about.n_whole = block->n_spectrum;
    *out = *block;
    out->n_wave = n;
    *block = (sqn_spectra){0};
    return true;
}

/* What was placed goes, now and then, so that a survey is not in memory twice. */
static void forget(const sqn_spectra *block, int64_t row)
{
    const size_t bytes = (size_t)block->n_wave * sizeof *block->flux;
    const size_t before = (size_t)row * bytes, now = before + bytes;

    if (before / FORGET_BYTES < now / FORGET_BYTES) {
        sqn__mem_forget(block->flux, 0, now);
        sqn__mem_forget(block->ivar, 0, now);
    }
}

static void place(sqn_spectra *out, job *j, int64_t first, int64_t b,
                  const sqn_spectra *block)
{
    const bool has_ivar = out->ivar != NULL;
    const int64_t n = out->n_wave;

    for (int64_t r = 0; r < block->n_spectrum; r++) {
        const int64_t at = first + r;
        const sqn__resample_row to = {n, j->edge, out->flux + at * n,
                                      has_ivar ? out->ivar + at * n : NULL};
        const sqn__resample_row from = {block->n_wave, j->block_edge,
                                        block->flux + r * block->n_wave,
                                        has_ivar ? block->ivar + r * block->n_wave : NULL};
        int64_t offset = 0;

        if (sqn__grid_plan_offset(&offset, &j->plan, b, at)) {
            sqn__resample_shift(&to, &from, offset);
            j->about.n_whole++;
        } else {
            sqn__axis_edges(j->block_edge, block->wave, block->n_wave,
                            sqn__grid_plan_factor(&j->plan, at));
            sqn__resample(&to, &from);
            j->about.n_resampled++;
        }
        forget(block, r);
    }
}

/* As sqn_spectra_init(), of any content: every row is placed, and takes its pages then. */
static sqn_status reserve(sqn_spectra *out, int64_t n, int64_t n_wave, bool has_ivar,
                          sqn_error *err)
{
    const int64_t size = sqn__mem_product(n, n_wave);

    *out = (sqn_spectra){.n_spectrum = n, .n_wave = n_wave};
    out->wave = sqn__mem_alloc(n_wave, sizeof *out->wave);
    out->flux = sqn__mem_reserve(size, sizeof *out->flux);
    out->ivar = has_ivar ? sqn__mem_reserve(size, sizeof *out->ivar) : NULL;
    if (out->wave == NULL || out->flux == NULL || (has_ivar && out->ivar == NULL)) {
        sqn_spectra_clear(out);
        return SQN_RAISE(err, E_MEM, "%" PRId64 " spectra of %" PRId64 " wavelengths", n,
                         n_wave);
    }
    return SQN_OK;
}

static sqn_status place_all(sqn_spectra *out, job *j, sqn_spectra *blocks, int64_t n_block,
                            sqn_error *err)
{
    bool has_ivar = true;
    int64_t n = 0;

    for (int64_t b = 0; b < n_block; b++) {
        n += blocks[b].n_spectrum;
        has_ivar = has_ivar && blocks[b].ivar != NULL;
    }
    const sqn_status status = reserve(out, n, j->plan.n, has_ivar, err);

    if (status != SQN_OK) {
        return status;
    }
    for (int64_t i = 0; i < j->plan.n; i++) {
        out->wave[i] = sqn__grid_plan_wave(&j->plan, i);
    }
    sqn__axis_edges(j->edge, out->wave, out->n_wave, 1.0);
    n = 0;
    for (int64_t b = 0; b < n_block; b++) {
        const int64_t n_placed = blocks[b].n_spectrum;

        place(out, j, n, b, &blocks[b]);
        sqn_spectra_clear(&blocks[b]);
        n += n_placed;
    }
    return SQN_OK;
}

sqn_status sqn_spectra_grid(sqn_spectra *out, sqn_spectra_grid_about *about,
                            sqn_spectra *blocks, int64_t n_block,
                            const sqn_spectra_grid_options *options, sqn_error *err)
{
    sqn_status status = SQN_OK;
    job j = {0};

    *out = (sqn_spectra){0};
    SQN_TRY(job_create(&j, blocks, n_block, options, err));
    if (n_block == 1 && options->wave == NULL && take_over(out, &j, &blocks[0])) {
        for (int64_t i = 0; i < out->n_wave; i++) {
            out->wave[i] = sqn__grid_plan_wave(&j.plan, i);
        }
    } else {
        SQN_TRY(place_all(out, &j, blocks, n_block, err));
    }
    if (about != NULL) {
        *about = j.about;
    }

cleanup:
    job_clear(&j);
    return status;
}
