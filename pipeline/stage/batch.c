/** @file batch.c @brief Planes of the counts that are subtracted together. */
#include <inttypes.h>

#include "mem.h"
#include "raise.h"
#include "target.h"

enum {
    SHARE = 80 << 20, /* bytes of the planes of all counts but the largest */
    LINE = 16,        /* floats of a cache line */
    PAGE = 1024       /* floats of a page of the smallest kind */
};

/* Planes of any count, and of the largest. */
enum { OF_ALL = 3, OF_LAST = 5 };

/* Floats from plane to plane: the same pixel of several planes does not lie at the same place of
   their pages, or the processor takes what is written to one for what is read of another. No
   frame is too large, as their values are in memory by now. */
static int64_t plane_size(const observation *obs)
{
    const int64_t n_pix = obs->science.n_frame * obs->science.ny * obs->science.nx;

    return (n_pix + PAGE - 1) / PAGE * PAGE + PAGE / 4 + LINE;
}

/* Floats of so many planes and of the flags. */
static int64_t planes_size(const observation *obs, int64_t n)
{
    const int64_t plane = plane_size(obs), flags = plane / (int64_t)sizeof(float);

    return n * plane + (flags + LINE - 1) / LINE * LINE;
}

void subtraction_clear(subtraction *s)
{
    sqn__mem_free(s->planes);
    sqn__mem_free(s->alike);
    sqn__mem_free(s->frames);
    sqn__mem_free(s->sigma);
    *s = (subtraction){0};
}

/* Planes of so many counts, one after the other, of which every pixel will be written: in large
   pages. */
static sqn_status reserve(float **out, const observation *obs, int64_t n_count,
                          int64_t n_plane, sqn_error *err)
{
    *out = sqn__mem_reserve(sqn__mem_product(n_count, planes_size(obs, n_plane)),
                            sizeof **out);
    return *out != NULL ? SQN_OK
                        : SQN_RAISE(err, E_MEM,
                                    "planes of %" PRId64 " frames with %" PRId64 " counts",
                                    obs->science.n_frame, n_count);
}

/* Where the n planes of a count and its flags lie. */
static void lay(subtraction *out, float *planes, const observation *obs, int64_t n)
{
    sqn_cube *cubes[OF_LAST] = {&out->residual, &out->residual_variance,
                                &out->component_variance, &out->model,
                                &out->model_variance};
    const int64_t plane = plane_size(obs);

    for (int64_t c = 0; c < n; c++) {
        *cubes[c] = (sqn_cube){obs->science.n_frame, obs->science.ny, obs->science.nx,
                               planes + c * plane};
    }
    out->own_flags = (uint8_t *)(void *)(planes + n * plane);
    out->flags = out->own_flags;
}

/* The numbers of a count. */
static sqn_status create(subtraction *out, const observation *obs, sqn_error *err)
{
    const int64_t n = obs->science.n_frame;
    sqn_status status = SQN_OK;

    out->alike = sqn__mem_alloc(sqn__mem_product(n, n), sizeof *out->alike);
    out->frames = sqn__mem_alloc(n, sizeof *out->frames);
    if (out->frames == NULL || out->alike == NULL) {
        status = SQN_RAISE(err, E_MEM, "numbers of %" PRId64 " frames", n);
    }
    return status;
}

/* What is kept of the largest count besides. */
static sqn_status create_last(subtraction *out, const observation *obs, int64_t n_count,
                              sqn_error *err)
{
    const int64_t n = obs->science.n_frame;
    sqn_status status = SQN_OK;

    SQN_TRY(reserve(&out->planes, obs, 1, OF_LAST, err));
    lay(out, out->planes, obs, OF_LAST);
    SQN_TRY(create(out, obs, err));
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
    const int64_t each = planes_size(obs, OF_ALL) * (int64_t)sizeof(float);
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
    const int64_t n_own = n_count - 1 < out->n_max ? n_count - 1 : out->n_max;

    SQN_TRY(reserve(&out->planes, obs, n_own, OF_ALL, err));
    for (int64_t c = 0; c < n_own; c++) {
        lay(&out->own[c], out->planes + c * planes_size(obs, OF_ALL), obs, OF_ALL);
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
    sqn__mem_free(batch->planes);
    *batch = (subtraction_batch){0};
}
