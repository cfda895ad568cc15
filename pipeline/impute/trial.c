/** @file trial.c @brief Stage 2: good pixels hidden, predicted, compared. */
#include "trial.h"

#include <inttypes.h>
#include <math.h>

#include "estimate.h"
#include "mem.h"
#include "raise.h"
#include "rival.h"
#include "rng.h"
#include "sequin/weights.h"
#include "warn.h"

enum { STREAM = 0x696d70 /* of random numbers, like no other draw */ };

static const double share = 0.05; /* of the good pixels, hidden */

/** What lives during a trial. */
typedef struct work {
    const frames *frames;
    uint8_t *hidden;             /* [n_all] */
    float *rival[TRIAL_METHODS]; /* [n_all]; ours is in `ours` */
    double *scratch;             /* [n_hidden] */
    basis basis;
    estimate_fit fit;
    estimate ours;
} work;

const char *trial_method(int method)
{
    static const char *const names[TRIAL_METHODS] = {
        "our values", "the median of the neighbours", "the mean over frames"};

    return names[method];
}

/* Mark hidden pixels by the counter-based generator: of each pixel alone, whatever the others
 * are. Returns their number. */
static int64_t hide(uint8_t *hidden, const frames *f, uint64_t seed)
{
    int64_t n = 0;

    for (int64_t e = 0; e < f->images->n_all; e++) {
        hidden[e] = frames_is_valid(f, e) &&
                    sqn__rng_uniform_double(seed, STREAM, (uint64_t)e) < share;
        n += hidden[e];
    }
    return n;
}

static sqn_status work_create(work *w, const frames *f, uint64_t seed, int64_t *n_hidden,
                              sqn_error *err)
{
    const int64_t n_all = f->images->n_all;

    w->frames = f;
    w->hidden = sqn__mem_alloc(n_all, 1);
    if (w->hidden == NULL) {
        return SQN_RAISE(err, E_MEM, "a trial of %" PRId64 " pixels", n_all);
    }
    *n_hidden = hide(w->hidden, f, seed);
    w->scratch = sqn__mem_alloc(*n_hidden + 1, sizeof *w->scratch);
    w->rival[TRIAL_NEIGHBOURS] = sqn__mem_alloc(n_all, sizeof(float));
    w->rival[TRIAL_FRAMES] = sqn__mem_alloc(n_all, sizeof(float));
    return w->scratch != NULL && w->rival[TRIAL_NEIGHBOURS] != NULL &&
                   w->rival[TRIAL_FRAMES] != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "a trial of %" PRId64 " pixels", n_all);
}

static void work_clear(work *w)
{
    estimate_clear(&w->ours);
    estimate_fit_clear(&w->fit);
    basis_clear(&w->basis);
    sqn__mem_free(w->hidden);
    sqn__mem_free(w->rival[TRIAL_NEIGHBOURS]);
    sqn__mem_free(w->rival[TRIAL_FRAMES]);
    sqn__mem_free(w->scratch);
}

/* Hidden, and predicted by all methods. */
static bool is_judged(const work *w, int64_t e)
{
    return w->hidden[e] != 0 && !isnan(w->ours.value[e]) &&
           !isnan(w->rival[TRIAL_NEIGHBOURS][e]) && !isnan(w->rival[TRIAL_FRAMES][e]);
}

/* Distances of a prediction over sigma, or over the root of sigma^2 + variance. */
static trial_score judge(const work *w, const float *predicted, const float *variance)
{
    const float *data = w->frames->images->stack.value.data;
    double sum = 0.0;
    int64_t n = 0;

    for (int64_t e = 0; e < w->frames->images->n_all; e++) {
        if (is_judged(w, e) && !isnan(predicted[e])) {
            const double sigma = estimate_sigma(&w->fit, e);
            const double all =
                sqrt(sigma * sigma + (variance != NULL ? (double)variance[e] : 0.0));
            const double d = fabs((double)data[e] - (double)predicted[e]) / all;

            sum += d * d;
            w->scratch[n++] = d;
        }
    }
    return (trial_score){n > 0 ? sqrt(sum / (double)n) : (double)NAN,
                         1.4826 * sqn_weights_median(w->scratch, n)};
}

/* Ours, count by count. */
static sqn_status judge_counts(trial *t, const work *w, sqn_error *err)
{
    const basis *b = &w->basis;
    sqn_status status = SQN_OK;

    t->n_count = b->n_count;
    t->counts = sqn__mem_alloc(b->n_count, sizeof *t->counts);
    t->of_count = sqn__mem_alloc(b->n_count, sizeof *t->of_count);
    if (t->counts == NULL || t->of_count == NULL) {
        return SQN_RAISE(err, E_MEM, "scores of %" PRId64 " counts", b->n_count);
    }
    for (int64_t c = 0; c < b->n_count && status == SQN_OK; c++) {
        estimate of_count = {0};

        t->counts[c] = b->counts[c];
        status = estimate_make_count(&of_count, &w->fit, w->hidden, c, err);
        if (status == SQN_OK) {
            t->of_count[c] = judge(w, of_count.value, NULL);
        }
        estimate_clear(&of_count);
    }
    return status;
}

static void say(const trial *t, const config *settings, const sqn_log *log)
{
    const double ours = t->score[TRIAL_OURS].rms;
    int best = TRIAL_OURS;

    for (int m = 0; m < TRIAL_METHODS; m++) {
        best = t->score[m].rms < t->score[best].rms ? m : best;
    }
    sqn__log_note(log,
                  "%" PRId64
                  " good pixels hidden: RMS/sigma %.4g by our values, %.4g by the "
                  "median of the neighbours, %.4g by the mean over frames; pull %.3g",
                  t->n_hidden, ours, t->score[TRIAL_NEIGHBOURS].rms,
                  t->score[TRIAL_FRAMES].rms, t->pull.rms);
    if (best != TRIAL_OURS) {
        sqn__log_warn(log, SQN_W_IMPUTE_WORSE, settings->path,
                      "%s predicts hidden pixels better than our values (RMS/sigma %.4g, "
                      "ours %.4g)",
                      trial_method(best), t->score[best].rms, ours);
    }
}

static sqn_status compare(trial *t, work *w, sqn_error *err)
{
    sqn_status status = SQN_OK;

    rival_neighbours(w->rival[TRIAL_NEIGHBOURS], w->frames, w->hidden);
    SQN_TRY(rival_frames(w->rival[TRIAL_FRAMES], w->frames, w->hidden, err));
    SQN_TRY(estimate_make(&w->ours, &w->fit, w->hidden, err));
    w->rival[TRIAL_OURS] = w->ours.value;
    for (int64_t e = 0; e < w->frames->images->n_all; e++) {
        t->n += is_judged(w, e);
    }
    for (int m = 0; m < TRIAL_METHODS; m++) {
        t->score[m] = judge(w, w->rival[m], NULL);
    }
    t->pull = judge(w, w->ours.value, w->ours.variance);
    SQN_TRY(judge_counts(t, w, err));

cleanup:
    return status;
}

sqn_status trial_run(trial *out, frames *f, const config *settings,
                     const sqn_nmf_options *hooks, sqn_error *err)
{
    const sqn_log silent = {0};
    sqn_nmf_options quiet = *hooks; /* what there is to say is said of the build with all */
    sqn_status status = SQN_OK;
    work w = {0};
    trial t = {0};

    *out = t;
    quiet.log = &silent;
    SQN_TRY(work_create(&w, f, (uint64_t)settings->components.seed, &t.n_hidden, err));
    if (t.n_hidden == 0) {
        sqn__log_note(hooks->log, "too few good pixels to hide any: no trial");
        goto cleanup;
    }
    f->hidden = w.hidden;
    const sqn_rows rows = frames_rows(f);
    const basis_source source = {
        .rows = &rows, .noun = images_noun(f->images), .own = true};

    SQN_TRY(basis_build(&w.basis, &source, settings, &quiet, err));
    SQN_TRY(estimate_fit_make(&w.fit, f, &w.basis, settings, err));
    SQN_TRY(compare(&t, &w, err));
    say(&t, settings, hooks->log);
    *out = t;
    t = (trial){0};

cleanup:
    f->hidden = NULL;
    work_clear(&w);
    trial_clear(&t);
    return status;
}

void trial_clear(trial *t)
{
    sqn__mem_free(t->counts);
    sqn__mem_free(t->of_count);
    *t = (trial){0};
}
