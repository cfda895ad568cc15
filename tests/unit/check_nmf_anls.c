/** @file check_nmf_anls.c @brief The fast method against the published one and itself. */
#include <string.h>

#include "mem.h"
#include "nmf_anls.h"
#include "sqn_fit.h"
#include "sqn_kernels.h"

static sqn_error err;

static const sqn_planted_truth scene =
    {.n_frame = 15, .n_pix = 300, .rank = 8, .noise = 0.02, .missing = 0.03, .seed = 5};

START_TEST(it_ends_no_higher_than_a_thousand_published_iterations_a_stage)
{
    enum { K = 4, N_SEED = 5 };
    sqn_nmf_options fast = sqn_fit_ask(K), slow = sqn_fit_ask(K);
    int64_t passes = 0, iterations = 0;
    int n_lower = 0;
    sqn_planted p;

    fast.start = slow.start = SQN_NMF_START_RANDOM;
    slow.method = "mu";
    slow.tolerance = 0.0;
    sqn_planted_init(&p, &scene);
    for (int64_t i = 0; i < scene.n_frame * scene.n_pix; i++) {
        p.value[i] = fabsf(p.value[i]); /* both rules see the same data */
    }
    for (uint64_t seed = 1; seed <= N_SEED; seed++) {
        fast.seed = slow.seed = seed;
        sqn_nmf *a = sqn_fit_model(&p, &fast), *b = sqn_fit_model(&p, &slow);
        const double chi2 = sqn_nmf_stage_at(a, K - 1)->chi2;
        const double published = sqn_nmf_stage_at(b, K - 1)->chi2;

        ck_assert_double_le(chi2, 1.001 * published);
        n_lower += chi2 < published;
        for (int64_t s = 0; s < K; s++) {
            passes += sqn_nmf_stage_at(a, s)->passes;
            iterations += sqn_nmf_stage_at(b, s)->iterations;
        }
        sqn_nmf_destroy(&a);
        sqn_nmf_destroy(&b);
    }
    ck_assert_int_ge(n_lower, 4);
    ck_assert_int_lt(10 * passes, iterations);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(every_table_of_kernels_gives_the_same_model_to_rounding)
{
    sqn_nmf_options options = sqn_fit_ask(4);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    options.tolerance = 1e-7;
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_KEEP);
    const sqn__nmf_task task = {panels, &options};
    double chi2[SQN_N_KERNELS];

    for (int i = 0; i < SQN_N_KERNELS; i++) {
        void *state = NULL;
        sqn_nmf_stage stage = {0};
        int64_t passes = 0;

        SQN_ASSERT_OK(sqn__nmf_anls_method.create(&state, &task, &err), err);
        ((sqn__nmf_anls *)state)->kernels = sqn_kernels_at(i);
        for (int k = 0; k < 4; k++) {
            SQN_ASSERT_OK(sqn__nmf_anls_method.grow(state, &passes, &err), err);
            stage = (sqn_nmf_stage){0};
            SQN_ASSERT_OK(sqn__nmf_anls_method.refine(state, &stage, &err), err);
            sqn__nmf_anls_method.save(state);
        }
        chi2[i] = stage.chi2;
        sqn__nmf_anls_method.destroy(state);
        ck_assert_double_eq_tol(chi2[i], chi2[0], 1e-5 * chi2[0]);
    }
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

/* One pass from random factors; equal and separable weights share their matrices, or all go the
   general way. */
static sqn__nmf_anls *pass_from_random(const sqn__nmf_task *task, bool general)
{
    const sqn_panels *panels = task->panels;
    const int64_t n_s = panels->n_short;
    double *column = sqn__mem_alloc(n_s, sizeof *column);
    sqn__nmf_anls *state = NULL;

    SQN_ASSERT_OK(sqn__nmf_anls_state_create(&state, task, &err), err);
    for (int64_t i = 0; general && i < panels->n_panel; i++) {
        state->equal.n[i] = -1;
    }
    for (int64_t a = 0; a < task->options->n_comp; a++) {
        for (int64_t j = 0; j < n_s; j++) {
            column[j] = sqn__rng_uniform_double(5, (uint64_t)a, (uint64_t)j);
        }
        sqn__nmf_anls_state_grow(state, column);
    }
    sqn__nmf_anls_pass_run(state);
    sqn__mem_free(column);
    return state;
}

/* u of long index `l`, component `a`, of the pass in progress. */
static double u_next(const sqn__nmf_anls *state, int64_t l, int64_t a)
{
    const int64_t width = state->panels->width;

    return (double)state->u_next[(l / width * state->stride + a) * width + l % width];
}

/* V R of long index `l` at short index `j`, in double. */
static double weighted_residual(const sqn__nmf_anls *state, int64_t j, int64_t l)
{
    const sqn_panels *panels = state->panels;
    const int64_t at = j * panels->width + l % panels->width;
    double r = (double)sqn__panels_x(panels, l / panels->width)[at];

    for (int64_t b = 0; b < state->k; b++) {
        r -= (double)state->s[j * state->stride + b] * u_next(state, l, b);
    }
    return (double)sqn__panels_v(panels, l / panels->width)[at] * r;
}

/* sum over long indices of V R u_a at short index `j`. */
static double gradient(const sqn__nmf_anls *state, int64_t j, int64_t a)
{
    double sum = 0.0;

    for (int64_t l = 0; l < state->panels->n_long; l++) {
        sum += weighted_residual(state, j, l) * u_next(state, l, a);
    }
    return sum;
}

START_TEST(a_pass_without_new_gram_matrices_is_exact_in_chi2_and_gradient)
{
    const sqn_nmf_options options = sqn_fit_ask(4);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_KEEP);
    const sqn__nmf_task task = {panels, &options};
    sqn__nmf_anls *state = pass_from_random(&task, true);
    const double before = state->chi2, q = state->q[0];

    for (int64_t i = 0; i < state->n_s; i++) {
        state->s[i] *= 1.0F + 0.02F * (float)(i % 3);
    }
    memcpy(state->u, state->u_next, (size_t)state->n_u * sizeof *state->u);
    state->renew = false;
    sqn__nmf_anls_pass_run(state);
    ck_assert_double_eq(state->q[0], q);
    ck_assert_double_lt(state->chi2, 2.0 * before);
    for (int64_t j = 0; j < panels->n_short; j++) {
        for (int64_t a = 0; a < state->k; a++) {
            const double size = state->q[j * state->n_pair + a * (a + 3) / 2];

            ck_assert_double_eq_tol(state->c[j * state->k + a], gradient(state, j, a),
                                    1e-5 * size);
        }
    }
    sqn__nmf_anls_state_destroy(state);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

/* sum over long indices of V max(R, 0) at short index `j`. */
static double left_over(const sqn__nmf_anls *state, int64_t j)
{
    double sum = 0.0;

    for (int64_t l = 0; l < state->panels->n_long; l++) {
        sum += fmax(weighted_residual(state, j, l), 0.0);
    }
    return sum;
}

START_TEST(what_is_left_over_is_summed_row_by_row)
{
    const sqn_planted_truth large = {
        .n_frame = 150, .n_pix = 300, .rank = 3, .noise = 0.05, .missing = 0.03, .seed = 4};
    const sqn_nmf_options options = sqn_fit_ask(2);
    sqn_planted p;

    sqn_planted_init(&p, &large);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_KEEP);
    const sqn__nmf_task task = {panels, &options};
    sqn__nmf_anls *state = pass_from_random(&task, true);

    ck_assert_int_gt(panels->n_short, SQN__NMF_ANLS_BLOCK);
    state->want_leftover = true;
    sqn__nmf_anls_pass_run(state);
    for (int64_t j = 0; j < panels->n_short; j++) {
        const double want = left_over(state, j);

        ck_assert_double_gt(want, 0.0);
        ck_assert_double_eq_tol(state->positive[j], want, 1e-4 * want);
    }
    sqn__nmf_anls_state_destroy(state);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

/* a_l b_j over three decades each; b of single precision, as from a file of errors. */
static float separable(int64_t i, int64_t j)
{
    const double a = pow(10.0, 3.0 * sqn__rng_uniform_double(8, 1, (uint64_t)j) - 2.0);
    const double b = pow(10.0, 3.0 * sqn__rng_uniform_double(8, 2, (uint64_t)i) - 2.0);
    const float sigma = (float)(1.0 / sqrt(a * b));

    return (float)(1.0 / ((double)sigma * (double)sigma));
}

/* Those of a panel that shares them, against sums in double. */
static void matrices_are_those_of_its_weights(const sqn__nmf_anls *state, int64_t panel)
{
    const sqn_panels *panels = state->panels;
    const int64_t n_pair = state->k * (state->k + 1) / 2, width = panels->width;
    const float *v = sqn__panels_v(panels, panel);
    float *gram = sqn__mem_alloc(n_pair * width, sizeof *gram);

    ck_assert_ptr_nonnull(gram);
    sqn__nmf_anls_equal_gram(state, gram, panel);
    for (int64_t i = 0; i < n_pair * width; i++) {
        double sum = 0.0;

        for (int64_t j = 0; j < panels->n_short; j++) {
            sum += (double)v[j * width + i % width] *
                   (double)state->pairs[j * state->n_pair + i / width];
        }
        ck_assert_double_eq_tol(gram[i], sum, 1e-5 * sum + 1e-30);
    }
    sqn__mem_free(gram);
}

/* Shared matrices against the general way; `n_shared` panels of how many. */
static void shares_to_rounding(const sqn_planted *p, int64_t *n_shared, int64_t *n_panel)
{
    const sqn_nmf_options options = sqn_fit_ask(4);
    sqn_panels *panels = sqn_fit_panels(p, SQN_NEGATIVES_KEEP);
    const sqn__nmf_task task = {panels, &options};
    sqn__nmf_anls *fast = pass_from_random(&task, false);
    sqn__nmf_anls *general = pass_from_random(&task, true);
    int64_t n_missing = 0;

    *n_shared = 0;
    *n_panel = panels->n_panel;
    for (int64_t i = 0; i < panels->n_panel; i++) {
        *n_shared += sqn__nmf_anls_equal_holds(&fast->equal, i);
        n_missing += fast->equal.n[i] > 0 ? fast->equal.n[i] : 0;
        if (sqn__nmf_anls_equal_holds(&fast->equal, i)) {
            matrices_are_those_of_its_weights(fast, i);
        }
    }
    ck_assert_int_gt(n_missing, *n_shared > 0 ? 50 : -1);
    ck_assert_double_eq_tol(fast->chi2, general->chi2, 1e-5 * general->chi2);
    for (int64_t i = 0; i < panels->n_short * 10; i++) {
        ck_assert_double_eq_tol(fast->q[i], general->q[i], 1e-5 * fabs(general->q[i]));
    }
    for (int64_t i = 0; i < panels->n_panel * panels->width * 4; i++) { /* 16 bits a pair */
        ck_assert_float_eq_tol(fast->u_next[i], general->u_next[i],
                               1e-3F * fabsf(general->u_next[i]) + 1e-3F);
    }
    sqn__nmf_anls_state_destroy(fast);
    sqn__nmf_anls_state_destroy(general);
    sqn_panels_destroy(&panels);
}

static const sqn_planted_truth nearly_complete =
    {.n_frame = 30, .n_pix = 3000, .rank = 3, .noise = 0.05, .missing = 0.01, .seed = 9};

START_TEST(equal_weights_share_their_matrices_to_rounding)
{
    int64_t n_shared = 0, n_panel = 0;
    sqn_planted p;

    sqn_planted_init(&p, &nearly_complete);
    for (int64_t i = 0; i < nearly_complete.n_frame * nearly_complete.n_pix; i++) {
        p.weight[i] = p.weight[i] > 0.0F ? 0.3F : 0.0F;
    }
    shares_to_rounding(&p, &n_shared, &n_panel);
    ck_assert_int_ge(n_shared, 2);
    sqn_planted_clear(&p);
}
END_TEST

static void separable_weights_are_shared(const sqn_planted_truth *truth)
{
    int64_t n_shared = 0, n_panel = 0, n_before = 0;
    sqn_planted p;

    sqn_planted_init(&p, truth);
    for (int64_t i = 0; i < truth->n_frame; i++) {
        for (int64_t j = 0; j < truth->n_pix; j++) {
            float *v = p.weight + i * truth->n_pix + j;

            *v = *v > 0.0F ? separable(i, j) : 0.0F;
        }
    }
    shares_to_rounding(&p, &n_before, &n_panel);
    ck_assert_int_ge(n_before, 2);
    for (int64_t at = INT64_C(300) * 7; at < truth->n_frame * truth->n_pix; at += 50000) {
        p.weight[at] *= 1.00001F; /* here and there: one datum of another kind */
    }
    shares_to_rounding(&p, &n_shared, &n_panel);
    ck_assert_int_lt(n_shared, n_before);
    sqn_planted_clear(&p);
}

START_TEST(separable_weights_share_their_matrices_to_rounding)
{
    const sqn_planted_truth turned = sqn_fit_turned(nearly_complete);

    separable_weights_are_shared(&nearly_complete);
    separable_weights_are_shared(&turned);
}
END_TEST

START_TEST(other_weights_share_nothing)
{
    int64_t n_shared = 0, n_panel = 0;
    sqn_planted p;

    sqn_planted_init(&p, &nearly_complete);
    for (int64_t i = 0; i < nearly_complete.n_frame * nearly_complete.n_pix; i++) {
        p.weight[i] *= (float)(1.0 + sqn__rng_uniform_double(8, 3, (uint64_t)i));
    }
    shares_to_rounding(&p, &n_shared, &n_panel);
    ck_assert_int_eq(n_shared, 0);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_long_short_axis_is_worked_on_in_blocks)
{
    const sqn_planted_truth large = {
        .n_frame = 610, .n_pix = 620, .rank = 2, .noise = 0.05, .seed = 3};
    const sqn_nmf_options options = sqn_fit_ask(2);
    sqn_planted p;

    sqn_planted_init(&p, &large);
    sqn_nmf *model = sqn_fit_model(&p, &options);
    const double chi2 = sqn_nmf_stage_at(model, 1)->chi2;

    ck_assert_int_gt(large.n_frame / SQN__NMF_ANLS_BLOCK, 1);
    ck_assert_int_gt(large.n_frame, SQN__NMF_ANLS_LOW); /* asked for block by block */
    ck_assert_double_eq_tol(sqn_fit_chi2(model, &p, 2), chi2, 1e-5 * chi2);
    ck_assert_double_eq_tol(sqn_fit_reduced(model, &p, 2, chi2), 1.0, 0.05);
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(strong_signals_end_at_the_rounding_of_float32)
{
    sqn_planted_truth truth = scene;
    sqn_nmf_options options = sqn_fit_ask(3);
    sqn_planted p;

    truth.noise = 1e-6;
    truth.rank = 2;
    options.tolerance = 0.0;
    sqn_planted_init(&p, &truth);
    sqn_nmf *model = sqn_fit_model(&p, &options);
    const sqn_nmf_stage *last = sqn_nmf_stage_at(model, 2);

    ck_assert(last->stop != SQN_NMF_CONVERGED || last->iterations < options.max_iterations);
    ck_assert_double_eq_tol(last->chi2, sqn_fit_chi2(model, &p, 3), 0.5 * last->chi2);
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf_anls");
    TCase *tcase = tcase_create("method");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, it_ends_no_higher_than_a_thousand_published_iterations_a_stage);
    tcase_add_test(tcase, every_table_of_kernels_gives_the_same_model_to_rounding);
    tcase_add_test(tcase, a_pass_without_new_gram_matrices_is_exact_in_chi2_and_gradient);
    tcase_add_test(tcase, equal_weights_share_their_matrices_to_rounding);
    tcase_add_test(tcase, separable_weights_share_their_matrices_to_rounding);
    tcase_add_test(tcase, other_weights_share_nothing);
    tcase_add_test(tcase, what_is_left_over_is_summed_row_by_row);
    tcase_add_test(tcase, a_long_short_axis_is_worked_on_in_blocks);
    tcase_add_test(tcase, strong_signals_end_at_the_rounding_of_float32);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
