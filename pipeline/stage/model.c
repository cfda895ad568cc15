/** @file model.c @brief Stage 3b: models of the frames with every count of a batch. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "subtract.h"

/* From the front of a plane to where the pixels of the region are, NaN elsewhere. */
static void spread_plane(float *plane, const sqn_pixels *pixels, float *row)
{
    memcpy(row, plane, (size_t)pixels->n_pix * sizeof *row);
    for (int64_t e = 0; e < pixels->ny * pixels->nx; e++) {
        plane[e] = NAN;
    }
    sqn_pixels_scatter(plane, pixels, row);
}

/* Every frame with one count, a frame at the front of each plane. */
static void model_count(const subtraction *s, const target_input *in, int64_t i_count)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const sqn_matrix out = {target_models(s)->data, in->obs->science.n_frame, pixels->n_pix,
                            pixels->ny * pixels->nx};

    sqn_target_model_rows(out, in->target->fit, i_count, 0);
}

/* The models of all counts where they belong. */
static sqn_status spread_all(const subtraction_batch *batch, const target_input *in,
                             sqn_error *err)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const int64_t n_frame = in->obs->science.n_frame, n_all = pixels->ny * pixels->nx;
    const int n_thread = omp_get_max_threads();
    float *rows = sqn__mem_reserve(sqn__mem_product(n_thread, pixels->n_pix), sizeof *rows);

    if (rows == NULL) {
        return SQN_RAISE(err, E_MEM, "models of %" PRId64 " pixels", pixels->n_pix);
    }
#pragma omp parallel for schedule(static) num_threads(n_thread) default(none) \
    shared(batch, pixels, n_frame, n_all, rows)
    for (int64_t e = 0; e < batch->n * n_frame; e++) {
        spread_plane(target_models(batch->count[e / n_frame])->data + e % n_frame * n_all,
                     pixels, rows + omp_get_thread_num() * pixels->n_pix);
    }
    sqn__mem_free(rows);
    return SQN_OK;
}

/* A thread for a count, so that no page is touched first by two, the dearest first; with fewer
   counts than threads these share each of them. */
static void model_all(const subtraction_batch *batch, const target_input *in)
{
    if (batch->n < omp_get_max_threads()) {
        for (int64_t c = 0; c < batch->n; c++) {
            model_count(batch->count[c], in, batch->first + c);
        }
        return;
    }
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(batch, in)
    for (int64_t c = batch->n - 1; c >= 0; c--) {
        model_count(batch->count[c], in, batch->first + c);
    }
}

sqn_status target_model(const subtraction_batch *batch, const target_input *in,
                        sqn_error *err)
{
    const sqn_pixels *pixels = &in->obs->pixels;

    model_all(batch, in);
    return pixels->n_pix < pixels->ny * pixels->nx ? spread_all(batch, in, err) : SQN_OK;
}
