/** @file scaling_published.c @brief Best factor of the published code (Ren et al. 2018). */
#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "clip.h"
#include "mem.h"
#include "raise.h"
#include "scaling_internal.h"

enum { FIRST_PER_MILLE = 800 };

static const double significant = 3.0; /* sigma */

/* The usable pixels, and what each thread works in. */
typedef struct trial {
    int64_t n, n_pix;
    float *value, *model; /* [n] */
    double *work;         /* [threads, clip] */
    int64_t rounds[SQN_SCALING_N_FRACTION];
} trial;

static double fraction_at(int64_t i)
{
    return (double)(FIRST_PER_MILLE + i) / 1000.0;
}

static void gather(trial *t, const sqn_scaling_frame *frame)
{
    for (int64_t p = 0; p < t->n_pix; p++) {
        if (sqn__scaling_usable(frame, p)) {
            t->value[t->n] = frame->value[p];
            t->model[t->n++] = frame->model[p];
        }
    }
}

/* Standard deviation that the clipped residual of fraction `i` has. */
static double score(int64_t *rounds, const trial *t, int64_t i)
{
    const int64_t size = sqn__clip_work_size(t->n_pix);

    return sqn__clip_tails(rounds, t->work + omp_get_thread_num() * size,
                           &(sqn__order_terms){t->value, t->model, fraction_at(i), t->n},
                           significant);
}

/* All fractions; the best is the first of the lowest score. */
static void try_all(sqn_scaling *out, trial *t)
{
    int64_t best = 0;

#pragma omp parallel for schedule(dynamic, 4) default(none) shared(out, t)
    for (int64_t i = 0; i < SQN_SCALING_N_FRACTION; i++) {
        out->curve[i] = score(&t->rounds[i], t, i);
    }
    for (int64_t i = 1; i < SQN_SCALING_N_FRACTION; i++) {
        best = out->curve[i] < out->curve[best] ? i : best;
    }
    out->factor = fraction_at(best);
    out->rounds = t->rounds[best];
    out->at_edge = best == 0 || best == SQN_SCALING_N_FRACTION - 1;
}

sqn_status sqn_scaling_bff_published(sqn_scaling *out, const sqn_scaling_frame *frame,
                                     sqn_error *err)
{
    trial t = {.n = 0, .n_pix = frame->ny * frame->nx};
    const int64_t n_thread = omp_get_max_threads();
    const int64_t n_work = n_thread * sqn__clip_work_size(t.n_pix);

    *out = (sqn_scaling){0};
    t.work = sqn__mem_alloc(n_work + t.n_pix, sizeof *t.work);
    if (t.work == NULL) {
        return SQN_RAISE(err, E_MEM, "best fraction of %" PRId64 " pixels", t.n_pix);
    }
    t.value = (float *)(void *)(t.work + n_work);
    t.model = t.value + t.n_pix;
    gather(&t, frame);
    if (t.n > 0) {
        try_all(out, &t);
    }
    sqn__mem_free(t.work);
    return t.n > 0 ? SQN_OK
                   : SQN_RAISE(err, E_DATA_EMPTY, "no pixel has data, model and weight");
}
