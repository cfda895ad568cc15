/** @file support.c @brief What fitted pixels hold of the components. */
#include "support.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "warn.h"
#include "weigh.h"

static const double poor = 1e-3; /* of V h^2 over all pixels with data */

/** What is found of one component. */
typedef struct component {
    double seen, all; /* sum V h^2 of the frame at work: fitted pixels, all with data */
    double least;     /* share of any frame, */
    int64_t frame;    /* that one, from 1 */
    int64_t n_poor, n_unseen;
} component;

/** Frames being judged. */
typedef struct judge {
    const target_input *in;
    sqn_rows fitted, all; /* without and with excluded pixels */
    component *comp;      /* [k] */
    double *value, *weight;
    double leverage;
} judge;

static void add_pixels(const judge *g, int64_t i)
{
    const sqn_matrix_const h = g->in->basis->components[g->in->basis->n_count - 1];
    const sqn_pixels *pixels = &g->in->obs->pixels;
    const uint8_t *excluded = g->in->excluded + i * pixels->ny * pixels->nx;

    for (int64_t a = 0; a < h.rows; a++) {
        component *c = &g->comp[a];

        c->seen = c->all = 0.0;
        for (int64_t p = 0; p < h.cols; p++) {
            const double value = h.data[a * h.stride + p];
            const double part = g->weight[p] * value * value;

            if (g->weight[p] > 0.0 && !isnan(value)) {
                c->all += part;
                c->seen += excluded[pixels->index[p]] == 0 ? part : 0.0;
            }
        }
    }
}

static void count_components(const judge *g, int64_t n_comp, int64_t i)
{
    for (int64_t a = 0; a < n_comp; a++) {
        component *c = &g->comp[a];
        const double share = c->all > 0.0 ? c->seen / c->all : 1.0;

        c->n_poor += share < poor;
        c->n_unseen += share <= 0.0;
        if (share < c->least) {
            c->least = share;
            c->frame = i + 1;
        }
    }
}

static sqn_status judge_frame(judge *g, int64_t i, sqn_error *err)
{
    const int64_t last = g->in->basis->n_count - 1;
    double leverage = 0.0;
    sqn_status status = SQN_OK;

    SQN_TRY(g->all.read(g->all.context, i, g->value, g->weight, err));
    add_pixels(g, i);
    count_components(g, g->in->basis->counts[last], i);
    SQN_TRY(g->fitted.read(g->fitted.context, i, g->value, g->weight, err));
    SQN_TRY(sqn_target_leverage(&leverage, g->in->target->fit, last, i, g->weight, err));
    g->leverage = fmax(g->leverage, leverage);

cleanup:
    return status;
}

static void say(const judge *g, int64_t n_comp)
{
    const int64_t n_frame = g->all.n_row;

    sqn__log_note(g->in->log, "largest leverage of a fitted pixel: %.3g", g->leverage);
    for (int64_t a = 0; a < n_comp; a++) {
        const component *c = &g->comp[a];

        if (c->n_unseen > 0) {
            sqn__log_warn(g->in->log, SQN_W_SUPPORT, g->in->settings->path,
                          "component %" PRId64
                          " lies within the excluded pixels of %" PRId64 " of %" PRId64
                          " frames: it is left out of their models",
                          a + 1, c->n_unseen, n_frame);
        } else if (c->n_poor > 0) {
            sqn__log_warn(g->in->log, SQN_W_SUPPORT, g->in->settings->path,
                          "of component %" PRId64 " only %.2g lies outside the excluded "
                          "pixels of frame %" PRId64 " (below %g in %" PRId64 " of %" PRId64
                          " frames): noise tells how much of it there is",
                          a + 1, c->least, c->frame, poor, c->n_poor, n_frame);
        }
    }
}

sqn_status support_judge(double *leverage, const target_input *in, sqn_error *err)
{
    const observation *obs = in->obs;
    const int64_t n_pix = obs->pixels.n_pix;
    const int64_t n_comp = in->basis->counts[in->basis->n_count - 1];
    const weigh_frames fitted = {&obs->science, &obs->pixels, obs->noise,
                                 in->target->variance, in->excluded};
    const weigh_frames all = {&obs->science, &obs->pixels, obs->noise, in->target->variance,
                              NULL};
    judge g = {.in = in, .fitted = weigh_rows(&fitted), .all = weigh_rows(&all)};
    sqn_status status = SQN_OK;

    *leverage = NAN;
    if (in->excluded == NULL) {
        return SQN_OK;
    }
    g.comp = sqn__mem_alloc(n_comp, sizeof *g.comp);
    g.value = sqn__mem_alloc(2 * n_pix, sizeof *g.value);
    if (g.comp == NULL || g.value == NULL) {
        status = SQN_RAISE(err, E_MEM, "weights of %" PRId64 " pixels", n_pix);
        goto cleanup;
    }
    g.weight = g.value + n_pix;
    for (int64_t a = 0; a < n_comp; a++) {
        g.comp[a].least = 1.0;
    }
    for (int64_t i = 0; i < g.all.n_row; i++) {
        SQN_TRY(judge_frame(&g, i, err));
    }
    *leverage = g.leverage;
    say(&g, n_comp);

cleanup:
    sqn__mem_free(g.value);
    sqn__mem_free(g.comp);
    return status;
}
