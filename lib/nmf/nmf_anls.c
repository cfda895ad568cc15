/**
 * @file nmf_anls.c
 * @brief Weighted alternating non-negative least squares with extrapolation, stage by stage.
 *
 * One pass over the data moves U with S fixed and yields the sums from which S follows
 * exactly; the S of the next pass is extrapolated (Ang & Gillis 2019). docs/numerics.md,
 * section 2.
 */
#include "nmf_anls.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "raise.h"
#include "warn.h"

static const double cancellation = 1e3; /* of the terms of the model over the data */

/* Of the extrapolation: beta grows from pass to pass up to a limit, which a lost pass lowers. */
static const double beta_start = 1.0, beta_growth = 1.2, limit_growth = 1.02;
static const double turned = 0.7;     /* what is left of beta where it led away */
static const double loose = 10.0;     /* of the tolerance, while another stage follows */
static const double kkt_limit = 1e-3; /* guarantee 7 */
/* Fall of chi2 below which Gram matrices serve on, for so many passes and one more for every
 * two components: what they cost grows with k^2, a pass without them with k. */
static const double slow = 0.03;
enum { SERVE = 8, SERVE_PER = 2 };

/* The beginning of a stage on a sample. */
static const double sample_tolerance = 3e-4;
enum { SAMPLE_ITERATIONS = 30, CATCH_UP = 2 * SQN__NMF_ANLS_SWEEPS };

/* One stage on its way. */
typedef struct progress {
    sqn__nmf_stop_rule rule;
    sqn__nmf_stop_state stop;
    sqn__nmf_stop_verdict verdict;
    int64_t passes, iterations;
    double shown; /* chi2 of all data, while only some are read */
    sqn_nmf_stage *stage;
} progress;

static void copy_short(const sqn__nmf_anls *state, float *to, const float *from)
{
    memcpy(to, from, (size_t)state->n_s * sizeof *to);
}

/* Whether the extrapolation behind s led away: the exact step from there, s_solved - s, turns
 * back on the way from s_before to s_solved (O'Donoghue & Candes 2015), in the metric of Q. */
static bool turns_back(const sqn__nmf_anls *state)
{
    const int64_t n = sqn__nmf_anls_n_across(state);
    double product = 0.0;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const double *q = state->q + j * (n * (n + 1) / 2);
        const int64_t row = j * state->stride;

        for (int64_t b = 0; b < n; b++) {
            const double step_b =
                (double)state->s_solved[row + b] - (double)state->s[row + b];
            const double way_b =
                (double)state->s_solved[row + b] - (double)state->s_before[row + b];

            for (int64_t a = 0; a <= b; a++) {
                const double step_a =
                    (double)state->s_solved[row + a] - (double)state->s[row + a];
                const double way_a =
                    (double)state->s_solved[row + a] - (double)state->s_before[row + a];

                product += q[b * (b + 1) / 2 + a] *
                           (a < b ? step_a * way_b + step_b * way_a : step_a * way_a);
            }
        }
    }
    return product < 0.0;
}

/* s = max(0, s_solved + beta (s_solved - s_before)); the background has no bound. */
static void extrapolate(sqn__nmf_anls *state)
{
    const int64_t n = sqn__nmf_anls_n_across(state);
    const float beta = (float)state->beta;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        const int64_t row = j * state->stride;

        for (int64_t a = 0; a < n; a++) {
            const float to = state->s_solved[row + a];
            const float s = to + beta * (to - state->s_before[row + a]);

            state->s[row + a] = s > 0.0F || a >= state->k ? s : 0.0F;
        }
    }
    state->extrapolated = true;
}

/* The S of the next pass, and a bolder beta for the one after. */
static void advance(sqn__nmf_anls *state)
{
    copy_short(state, state->s_before, state->s_solved);
    sqn__nmf_anls_pass_solve(state);
    if (state->extrapolated && turns_back(state)) {
        state->beta *= turned;
    }
    extrapolate(state);
    state->beta = fmin(state->beta_limit, beta_growth * state->beta);
    state->beta_limit = fmin(1.0, limit_growth * state->beta_limit);
}

static void use_solved(sqn__nmf_anls *state)
{
    copy_short(state, state->s, state->s_solved);
    state->extrapolated = false;
}

/* Iterations begin at u and s; in the first pass `sweeps` take U to its best. */
static void begin(sqn__nmf_anls *state, int sweeps)
{
    state->beta = beta_start;
    state->beta_limit = 1.0;
    state->extrapolated = false;
    state->kept_last = false;
    state->renew = true;
    state->n_sweep = sweeps;
    copy_short(state, state->s_accepted, state->s);
    copy_short(state, state->s_solved, state->s);
}

/* The pass was lost: back to the last exact S, or, where that was lost as well because the
 * Gram matrices behind it were those of an earlier pass, to the last accepted one; or to where
 * the stage began, if the rest of the data do not agree with a sample. */
static void retreat(sqn__nmf_anls *state)
{
    if (state->sample.pending) {
        sqn__nmf_anls_sample_undo(state);
        begin(state, SQN__NMF_ANLS_SWEEPS);
        return;
    }
    if (state->extrapolated) {
        state->beta_limit = state->beta / beta_growth;
        state->beta *= 0.5;
    } else {
        copy_short(state, state->s_solved, state->s_accepted);
        state->kept_last = false;
    }
    use_solved(state);
    state->renew = true;
}

/* Gram matrices change slowly where chi2 falls slowly, and errors of theirs cost passes, not
 * accuracy: some passes do without new ones. Equal weights have them for next to nothing. */
static void plan_next(sqn__nmf_anls *state, double fall)
{
    const int64_t serve = SERVE + state->k / SERVE_PER;

    state->kept_last = !state->renew;
    state->n_kept_pass = state->renew ? 0 : state->n_kept_pass + 1;
    state->renew =
        state->n_kept_pass + 1 >= serve || !(fall <= slow) || state->equal.mostly;
}

static void accept(sqn__nmf_anls *state)
{
    float *u = state->u;

    if (state->sample.only) {
        sqn__nmf_anls_sample_accept(state);
    } else {
        state->u = state->u_next;
        state->u_next = u;
    }
    copy_short(state, state->s_accepted, state->s);
    state->sample.pending = false;
}

/* Components and a background that cancel by so much that float32 residuals no longer tell a rise
 * of chi2 from rounding: a component that differs little from a constant can grow without end
 * against a background of the other sign, for an ever smaller gain. */
static bool cancels(const sqn__nmf_anls *state)
{
    return state->extra > 0 &&
           sqn__nmf_anls_pass_size(state) > cancellation * state->rule.total;
}

/* Whether chi2 may rise in the pass that was made without anything being wrong. */
static bool is_tentative(const sqn__nmf_anls *state)
{
    return state->extrapolated || state->kept_last || state->sample.pending;
}

/* The verdict on the last pass; E_NUM where chi2 tells of a bug. */
static sqn_status judge(sqn__nmf_anls *state, progress *now, sqn_error *err)
{
    now->verdict = sqn__nmf_stop_judge(&now->stop, &now->rule, state->chi2);
    if (now->verdict == SQN__NMF_STOP_BROKEN && isfinite(state->chi2) && cancels(state)) {
        now->verdict = SQN__NMF_STOP_ROUNDING;
    }
    if (now->verdict == SQN__NMF_STOP_BROKEN) {
        return SQN_RAISE(err, E_NUM, "chi2 went from %g to %g with %" PRId64 " components",
                         now->stop.chi2, state->chi2, state->k);
    }
    return SQN_OK;
}

/* Iterate from begin() until the rule ends it; s_solved is the best S for u. */
static sqn_status iterate(sqn__nmf_anls *state, progress *now, sqn_error *err)
{
    sqn_status status = SQN_OK;

    now->verdict = SQN__NMF_STOP_GO_ON;
    now->stop.n_small = 0;
    while (now->verdict == SQN__NMF_STOP_GO_ON &&
           now->iterations < now->rule.max_iterations) {
        const double before = now->stop.chi2;

        sqn__nmf_anls_pass_run(state);
        state->n_sweep = SQN__NMF_ANLS_SWEEPS;
        now->passes++;
        if (is_tentative(state) && !(state->chi2 <= before)) {
            retreat(state);
            continue;
        }
        SQN_TRY(judge(state, now, err));
        if (now->verdict == SQN__NMF_STOP_ROUNDING) {
            break;
        }
        /* From one stage to the next chi2 falls a lot, S since the sample does not change so. */
        plan_next(state, state->sample.pending ? 0.0 : (before - state->chi2) / before);
        accept(state);
        now->iterations++;
        advance(state);
        SQN_TRY(sqn__nmf_stop_report(&state->task, state->k, now->iterations,
                                     state->sample.only ? now->shown : state->chi2, err));
    }

cleanup:
    return status;
}

/* The S that iterations ended with: the exact minimiser, unless nothing vouches for it. */
static void settle(sqn__nmf_anls *state, const progress *now)
{
    if (now->verdict == SQN__NMF_STOP_ROUNDING || state->kept_last) {
        copy_short(state, state->s_solved, state->s_accepted);
    }
    use_solved(state);
}

/* Iterations on a sample; their passes count by its share. */
static sqn_status go_ahead(sqn__nmf_anls *state, progress *now, sqn_error *err)
{
    progress part = {.rule = now->rule, .stop.chi2 = INFINITY, .shown = now->stop.chi2};
    sqn_status status = SQN_OK;

    part.rule.tolerance = fmax(sample_tolerance, now->rule.tolerance);
    part.rule.n_small_needed = 1;
    part.rule.max_iterations = SAMPLE_ITERATIONS < now->rule.max_iterations
                                   ? SAMPLE_ITERATIONS
                                   : now->rule.max_iterations;
    begin(state, SQN__NMF_ANLS_SWEEPS);
    SQN_TRY(iterate(state, &part, err));
    settle(state, &part);
    now->passes += (part.passes * state->sample.n + state->panels->n_panel - 1) /
                   state->panels->n_panel;

    state->sample.pending = true;

cleanup:
    state->sample.only = false;
    return status;
}

/* A pass that also finds what the next component could start from. */
static void look_at_leftover(sqn__nmf_anls *state, bool renew)
{
    state->renew = renew;
    state->want_leftover = true;
    sqn__nmf_anls_pass_run(state);
    state->want_leftover = false;
}

/* The last pass: U for the S that is kept, and the numbers of the stage. New Gram matrices only
 * if without them chi2 rises. */
static sqn_status finish(sqn__nmf_anls *state, progress *now, sqn_error *err)
{
    const double bound = sqn__nmf_stop_bound(&now->rule, now->stop.chi2);

    settle(state, now);
    for (int renew = now->iterations == 0; renew < 2; renew++) {
        look_at_leftover(state, renew == 1);
        now->passes++;
        if (state->chi2 <= now->stop.chi2 + bound) {
            break;
        }
    }
    if (!(state->chi2 <= now->stop.chi2 + 10.0 * bound) &&
        !(isfinite(state->chi2) && cancels(state))) {
        return SQN_RAISE(err, E_NUM,
                         "chi2 went from %g to %g in the last pass of %" PRId64
                         " components",
                         now->stop.chi2, state->chi2, state->k);
    }
    accept(state);
    now->stop.chi2 = state->chi2;
    now->stage->chi2 = state->chi2;
    now->stage->kkt = sqn__nmf_anls_pass_optimality(state);
    state->fresh = true;
    return SQN_OK;
}

/* What a new column could have along the short axis; false when nothing positive is left. */
static bool leftover(sqn__nmf_anls *state)
{
    bool any = false;

    for (int64_t j = 0; j < state->panels->n_short; j++) {
        state->start[j] = state->positive[j] / state->weights[j];
        any = any || state->start[j] > 0.0;
    }
    return any;
}

static void report_vanished(sqn__nmf_anls *state, int64_t a)
{
    state->restarted[a] = 2;
    sqn__log_warn(state->task.options->log, SQN_W_VANISHED, "",
                  "component %" PRId64 " is zero in the model with %" PRId64 " components",
                  a + 1, state->k);
}

/* Start one vanished component again, each once, if it `may`; true if there was one. */
static bool restart_vanished(sqn__nmf_anls *state, bool may)
{
    const bool left = leftover(state) && may;

    for (int64_t a = 0; a < state->k; a++) {
        if (state->restarted[a] == 2 || !sqn__nmf_anls_state_vanished(state, a)) {
            continue;
        }
        if (state->restarted[a] == 0 && left) {
            state->restarted[a] = 1;
            sqn__nmf_anls_state_reset(state, a, state->start);
            return true;
        }
        report_vanished(state, a);
    }
    return false;
}

/* Whether the stage must go on after its last pass, and from where. */
static bool resume(sqn__nmf_anls *state, const progress *now)
{
    const bool may =
        now->iterations < now->rule.max_iterations && now->verdict != SQN__NMF_STOP_EXACT;
    const bool renewed = state->renew;

    if (restart_vanished(state, may)) {
        begin(state, SQN__NMF_ANLS_SWEEPS);
        return true;
    }
    if (!may || now->verdict != SQN__NMF_STOP_CONVERGED || now->stage->kkt <= kkt_limit) {
        return false;
    }
    begin(state, SQN__NMF_ANLS_SWEEPS);
    sqn__nmf_anls_pass_solve(state);
    use_solved(state);
    state->kept_last = !renewed; /* with an earlier Q the step is a trial */
    return true;
}

static sqn_status refine(void *context, sqn_nmf_stage *stage, sqn_error *err)
{
    sqn__nmf_anls *state = context;
    progress now = {.rule = state->rule, .stage = stage};
    sqn_status status = SQN_OK;

    now.rule.tolerance *= state->k < state->task.options->n_comp ? loose : 1.0;
    now.stop.chi2 = state->chi2; /* a new column contributes nothing yet */
    if (sqn__nmf_anls_sample_begin(state)) {
        SQN_TRY(go_ahead(state, &now, err));
    }
    begin(state, state->sample.pending ? CATCH_UP : SQN__NMF_ANLS_SWEEPS);
    do {
        SQN_TRY(iterate(state, &now, err));
        SQN_TRY(finish(state, &now, err));
    } while (resume(state, &now));
    stage->passes = now.passes;
    stage->iterations = now.iterations;
    stage->stop = sqn__nmf_stop_reason(now.verdict);

cleanup:
    return status;
}

/* Uniform numbers times the weighted rms of the residual. */
static void draw(sqn__nmf_anls *state)
{
    const sqn_panels *panels = state->panels;
    const sqn__nmf_start_draw draw = {state->task.options->seed, state->k,
                                      panels->info.pixels_are_long};
    double sum_v = 0.0;

    for (int64_t j = 0; j < panels->n_short; j++) {
        sum_v += state->weights[j];
    }
    const double rms = sqrt(state->chi2 / sum_v);

    for (int64_t j = 0; j < panels->n_short; j++) {
        state->start[j] = rms * sqn__nmf_start_uniform(&draw, j);
    }
}

static sqn_status grow(void *context, int64_t *passes, sqn_error *err)
{
    sqn__nmf_anls *state = context;

    (void)err;
    if (!state->fresh) {
        look_at_leftover(state, true);
        accept(state);
        *passes += 1;
    }
    if (state->task.options->start == SQN_NMF_START_RANDOM) {
        draw(state);
    } else {
        (void)leftover(state);
    }
    sqn__nmf_anls_state_grow(state, state->start);
    return SQN_OK;
}

static void save(void *context)
{
    sqn__nmf_anls *state = context;

    memcpy(state->u_saved, state->u, (size_t)state->n_u * sizeof *state->u);
    copy_short(state, state->s_saved, state->s);
}

static void restore(void *context)
{
    sqn__nmf_anls *state = context;

    memcpy(state->u, state->u_saved, (size_t)state->n_u * sizeof *state->u);
    copy_short(state, state->s, state->s_saved);
    memset(state->start, 0, (size_t)state->panels->n_short * sizeof *state->start);
    state->k--;
    sqn__nmf_anls_state_grow(state, state->start);
}

static sqn_status create(void **out, const sqn__nmf_task *task, sqn_error *err)
{
    sqn__nmf_anls *state = NULL;
    const sqn_status status = sqn__nmf_anls_state_create(&state, task, err);

    *out = state;
    return status;
}

static void destroy(void *state)
{
    sqn__nmf_anls_state_destroy(state);
}

static void column(const void *context, int64_t a, double *along, double *across)
{
    const sqn__nmf_anls *state = context;
    const int64_t width = state->panels->width, n_long = state->panels->n_long;

    for (int64_t first = 0; first < n_long; first += width) {
        const float *u = state->u + first * state->stride + a * width;
        const int64_t n = n_long - first < width ? n_long - first : width;

        for (int64_t t = 0; t < n; t++) {
            along[first + t] = (double)u[t];
        }
    }
    for (int64_t j = 0; j < state->panels->n_short; j++) {
        across[j] = (double)state->s[j * state->stride + a];
    }
}

const sqn__nmf_method sqn__nmf_anls_method = {
    .name = "anls",
    .any_sign = true,
    .create = create,
    .grow = grow,
    .refine = refine,
    .save = save,
    .restore = restore,
    .column = column,
    .destroy = destroy,
};
