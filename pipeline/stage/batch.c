/** @file batch.c @brief Planes of the counts that are subtracted together. */
#include <inttypes.h>

#include "mem.h"
#include "raise.h"
#include "target.h"

enum { SHARE = 80 << 20 }; /* bytes of the planes of all counts but the largest */

void subtraction_clear(subtraction *s)
{
    sqn_cube_clear(&s->model);
    sqn_cube_clear(&s->residual);
    sqn_cube_clear(&s->model_variance);
    sqn_cube_clear(&s->residual_variance);
    sqn_cube_clear(&s->component_variance);
    sqn__mem_free(s->alike);
    sqn__mem_free(s->flags);
    sqn__mem_free(s->frames);
    sqn__mem_free(s->sigma);
    *s = (subtraction){0};
}

/* A plane of every frame, of which every pixel will be written. */
static sqn_status reserve(sqn_cube *out, const observation *obs, sqn_error *err)
{
    const int64_t n = obs->science.n_frame, ny = obs->science.ny, nx = obs->science.nx;

    *out = (sqn_cube){n, ny, nx,
                      sqn__mem_reserve(sqn__mem_product(n, ny * nx), sizeof(float))};
    return out->data != NULL ? SQN_OK
                             : SQN_RAISE(err, E_MEM, "planes of %" PRId64 " frames", n);
}

/* Planes of any count. */
static sqn_status create(subtraction *out, const observation *obs, sqn_error *err)
{
    const int64_t n = obs->science.n_frame, ny = obs->science.ny, nx = obs->science.nx;
    sqn_status status = SQN_OK;

    SQN_TRY(reserve(&out->residual, obs, err));
    SQN_TRY(reserve(&out->residual_variance, obs, err));
    SQN_TRY(reserve(&out->component_variance, obs, err));
    out->alike = sqn__mem_alloc(sqn__mem_product(n, n), sizeof *out->alike);
    out->flags = sqn__mem_reserve(sqn__mem_product(n, ny * nx), 1);
    out->frames = sqn__mem_alloc(n, sizeof *out->frames);
    if (out->flags == NULL || out->frames == NULL || out->alike == NULL) {
        status = SQN_RAISE(err, E_MEM, "flags of %" PRId64 " frames", n);
    }

cleanup:
    return status;
}

/* What is kept of the largest count besides. */
static sqn_status create_last(subtraction *out, const observation *obs, int64_t n_count,
                              sqn_error *err)
{
    const int64_t n = obs->science.n_frame;
    sqn_status status = SQN_OK;

    SQN_TRY(create(out, obs, err));
    SQN_TRY(reserve(&out->model, obs, err));
    SQN_TRY(reserve(&out->model_variance, obs, err));
    out->sigma = sqn__mem_alloc(sqn__mem_product(n_count, n), sizeof *out->sigma);
    if (out->sigma == NULL) {
        status = SQN_RAISE(err, E_MEM, "sigma of %" PRId64 " frames", n);
    }

cleanup:
    return status;
}

/* Counts at a time: as many as their share of memory holds, batches of nearly equal size. */
static int64_t choose_n_max(const observation *obs, int64_t n_count)
{
    const int64_t n_pix = obs->science.n_frame * obs->science.ny * obs->science.nx;
    const int64_t each = n_pix * (3 * (int64_t)sizeof(float) + 1);
    const int64_t room = 1 + SHARE / each; /* the largest has its own */
    const int64_t most = room < TARGET_BATCH ? room : TARGET_BATCH;
    const int64_t n_batch = (n_count + most - 1) / most;

    return (n_count + n_batch - 1) / n_batch;
}

sqn_status target_prepare(subtraction_batch *out, subtraction *last, const observation *obs,
                          int64_t n_count, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = (subtraction_batch){.n_max = choose_n_max(obs, n_count), .last = last};
    *last = (subtraction){0};
    SQN_TRY(create_last(last, obs, n_count, err));
    for (int64_t c = 0; c < out->n_max && c + 1 < n_count; c++) {
        SQN_TRY(create(&out->own[c], obs, err));
    }

cleanup:
    if (status != SQN_OK) {
        subtraction_clear(last);
        target_end(out);
    }
    return status;
}

bool target_next(subtraction_batch *batch, int64_t n_count)
{
    const int64_t first = batch->first + batch->n, left = n_count - first;

    batch->first = first;
    batch->n = left < batch->n_max ? left : batch->n_max;
    for (int64_t c = 0; c < batch->n; c++) {
        batch->count[c] = first + c + 1 < n_count ? &batch->own[c] : batch->last;
    }
    return batch->n > 0;
}

void target_end(subtraction_batch *batch)
{
    for (int64_t c = 0; c < TARGET_BATCH; c++) {
        subtraction_clear(&batch->own[c]);
    }
    *batch = (subtraction_batch){0};
}
