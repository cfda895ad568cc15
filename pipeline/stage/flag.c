/** @file flag.c @brief Stage 3b: flags of the frames with every count of a batch. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "subtract.h"

/* Excluded where the other frames, which are all the references there are, do not determine
   the components: nothing predicts the starlight. */
static bool is_beyond_reference(const target_input *in, int flag)
{
    return in->obs->references_are_science && (flag & SQN_FLAG_EXCLUDED) != 0 &&
           (flag & SQN_FLAG_UNDETERMINED) != 0;
}

/* Flags that all frames have with a count: the region's and the basis'. */
static void flag_basis(uint8_t *flags, const target_input *in, int64_t i_count)
{
    const sqn_pixels *pixels = &in->obs->pixels;
    const sqn_matrix_const comp = in->basis->components[i_count];
    const uint8_t *undetermined =
        in->basis->nmf != NULL
            ? sqn_nmf_undetermined(in->basis->nmf, target_stage(in, i_count))
            : NULL;

    memset(flags, SQN_FLAG_OUTSIDE, (size_t)(pixels->ny * pixels->nx));
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        const int of_stage =
            undetermined != NULL && undetermined[p] != 0 ? SQN_FLAG_UNDETERMINED : 0;

        flags[pixels->index[p]] =
            (uint8_t)(of_stage | (isnan(comp.data[p]) ? SQN_FLAG_NO_REFERENCE : 0));
    }
}

/* Flags of frame `i`: the reader's, and the exclusion's within the region, besides. */
static void flag_frame(uint8_t *restrict flags, const uint8_t *restrict common,
                       const target_input *in, int64_t i)
{
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    const uint8_t *restrict read = in->obs->science.flags + i * n_all;

    for (int64_t e = 0; e < n_all; e++) {
        flags[e] = read[e] | common[e];
    }
    for (int64_t e = 0; e < n_all && in->excluded != NULL; e++) {
        if (in->excluded[i * n_all + e] != 0 && (common[e] & SQN_FLAG_OUTSIDE) == 0) {
            const int flag = flags[e] | SQN_FLAG_EXCLUDED;

            flags[e] =
                (uint8_t)(flag |
                          (is_beyond_reference(in, flag) ? SQN_FLAG_NO_REFERENCE : 0));
        }
    }
}

/* Counts with equal flags hold them once: the last of these, as the largest outlives the others. */
static void share_flags(const subtraction_batch *batch, const uint8_t *bases, int64_t n_all)
{
    for (int64_t c = batch->n - 1; c >= 0; c--) {
        subtraction *s = batch->count[c];

        s->flags = s->own_flags;
        for (int64_t d = batch->n - 1; d > c && s->flags == s->own_flags; d--) {
            if (memcmp(bases + c * n_all, bases + d * n_all, (size_t)n_all) == 0) {
                s->flags = batch->count[d]->flags;
            }
        }
    }
}

sqn_status target_flag(const subtraction_batch *batch, const target_input *in,
                       sqn_error *err)
{
    const int64_t n_frame = in->obs->science.n_frame;
    const int64_t n_all = in->obs->science.ny * in->obs->science.nx;
    uint8_t *bases = sqn__mem_reserve(sqn__mem_product(batch->n, n_all), 1);

    if (bases == NULL) {
        return SQN_RAISE(err, E_MEM, "flags of %" PRId64 " pixels", n_all);
    }
#pragma omp parallel for schedule(static) default(none) shared(batch, in, bases, n_all)
    for (int64_t c = 0; c < batch->n; c++) {
        flag_basis(bases + c * n_all, in, batch->first + c);
    }
    share_flags(batch, bases, n_all);
#pragma omp parallel for schedule(static, 1) default(none) \
    shared(batch, in, bases, n_all, n_frame)
    for (int64_t e = 0; e < batch->n * n_frame; e++) {
        const int64_t c = e / n_frame, i = e % n_frame;
        const subtraction *s = batch->count[c];

        if (s->flags == s->own_flags) {
            flag_frame(s->own_flags + i * n_all, bases + c * n_all, in, i);
        }
    }
    sqn__mem_free(bases);
    return SQN_OK;
}
