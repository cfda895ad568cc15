/** @file check_nmf.c @brief Planted truth, descent and optimality: docs/numerics.md, section 7. */
#include "sequin/nmf.h"

#include <string.h>

#include "sqn_fit.h"

static const sqn_planted_truth scene =
    {.n_frame = 20, .n_pix = 700, .rank = 3, .noise = 0.03, .missing = 0.05, .seed = 11};

static void planted_is_found(sqn_planted_truth truth, const sqn_nmf_options *options)
{
    const bool mu = strcmp(options->method, "mu") == 0;
    sqn_planted p;

    sqn_planted_init(&p, &truth);
    for (int64_t i = 0; mu && i < truth.n_frame * truth.n_pix; i++) {
        p.value[i] = p.value[i] < 0.0F ? 0.0F : p.value[i];
    }
    sqn_nmf *model = sqn_fit_model(&p, options);
    const sqn_nmf_stage *last = sqn_nmf_stage_at(model, sqn_nmf_n_stage(model) - 1);

    ck_assert_double_eq_tol(last->chi2, sqn_fit_chi2(model, &p, options->n_comp),
                            1e-5 * last->chi2);
    ck_assert_double_eq_tol(sqn_fit_reduced(model, &p, options->n_comp, last->chi2), 1.0,
                            mu ? 0.1 : 0.05); /* the rule stops early */
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}

START_TEST(planted_factors_leave_only_noise_whichever_axis_is_long)
{
    sqn_nmf_options options = sqn_fit_ask(3);

    planted_is_found(scene, &options);
    planted_is_found(sqn_fit_turned(scene), &options);
    options.start = SQN_NMF_START_RANDOM;
    planted_is_found(scene, &options);
    options.construction = SQN_NMF_JOINT;
    planted_is_found(scene, &options);
    options.start = SQN_NMF_START_RESIDUAL;
    planted_is_found(sqn_fit_turned(scene), &options);
}
END_TEST

START_TEST(the_published_rule_finds_planted_factors_too)
{
    sqn_planted_truth truth = scene;
    sqn_nmf_options options = sqn_fit_ask(3);

    truth.noise = 0.01; /* hardly a datum below 0 */
    truth.n_pix = 300;
    options.method = "mu";
    options.tolerance = 1e-6;
    planted_is_found(truth, &options);
    planted_is_found(sqn_fit_turned(truth), &options);
    options.start = SQN_NMF_START_RANDOM;
    options.construction = SQN_NMF_JOINT;
    planted_is_found(truth, &options);
}
END_TEST

START_TEST(separable_data_without_noise_are_met_to_float32)
{
    sqn_planted_truth truth = scene;
    sqn_nmf_options options = sqn_fit_ask(3);
    sqn_planted p;

    truth.noise = 0.0;
    truth.separable = true;
    options.tolerance = 1e-9;
    sqn_planted_init(&p, &truth);
    sqn_nmf *model = sqn_fit_model(&p, &options);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_KEEP);
    const double frv = sqn_nmf_stage_at(model, 2)->chi2 / sqn_panels_about(panels)->sum_vx2;

    ck_assert_double_lt(sqrt(frv), 1e-6);
    sqn_panels_destroy(&panels);
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

/* What a progress callback saw. */
typedef struct seen {
    double before, total, n_data;
    int64_t n_call, n_done;
} seen;

static int watch(void *context, const sqn_nmf_progress *now)
{
    seen *s = context;
    const double eps = 0x1p-24;
    const double bound = 1e-7 * s->before +
                         4.0 * eps * sqrt(s->before * s->total / s->n_data) +
                         16.0 * eps * eps * s->total;

    if (s->n_call > 0) {
        ck_assert_double_le(now->chi2, s->before + bound);
    }
    s->before = now->chi2;
    s->n_done += now->stage_done;
    s->n_call++;
    return 0;
}

static void never_rises(sqn_planted_truth truth, sqn_nmf_options options)
{
    sqn_planted p;

    sqn_planted_init(&p, &truth);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_KEEP);
    seen s = {.total = sqn_panels_about(panels)->sum_vx2,
              .n_data = (double)sqn_panels_about(panels)->n_data};

    options.progress = watch;
    options.progress_context = &s;
    sqn_nmf *model = sqn_fit_model(&p, &options);

    ck_assert_int_eq(s.n_done, sqn_nmf_n_stage(model));
    for (int64_t k = 1; k < sqn_nmf_n_stage(model); k++) {
        ck_assert_double_le(sqn_nmf_stage_at(model, k)->chi2,
                            sqn_nmf_stage_at(model, k - 1)->chi2);
    }
    sqn_nmf_destroy(&model);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}

START_TEST(chi2_never_rises_within_and_between_stages)
{
    sqn_planted_truth truth = scene;

    never_rises(truth, sqn_fit_ask(6));
    never_rises(sqn_fit_turned(truth), sqn_fit_ask(5));
    truth.noise = 0.0; /* down to the rounding of float32 */
    never_rises(truth, sqn_fit_ask(5));
    truth.noise = 1e-4;
    never_rises(truth, sqn_fit_ask(4));
}
END_TEST

/* |p| / |V X U| of the frames, from what the model returns. */
static double optimality(const sqn_nmf *model, const sqn_planted *p, int64_t k)
{
    const sqn_matrix_const h = sqn_nmf_components(model, k);
    const sqn_dmatrix_const w = sqn_nmf_coefficients(model, k);
    const int64_t n = p->pair.value.rows, m = p->pair.value.cols;
    double worst = 0.0;

    for (int64_t i = 0; i < n; i++) {
        double p2 = 0.0, size2 = 0.0;

        for (int64_t a = 0; a < k; a++) {
            double c = 0.0, b = 0.0;

            for (int64_t j = 0; j < m; j++) {
                const double v = (double)p->weight[i * m + j];
                const double x = v > 0.0 ? (double)p->value[i * m + j] : 0.0;
                const double u = (double)h.data[a * h.stride + j];

                c += v * (x - sqn_fit_value(model, k, i, j)) * u;
                b += v * x * u;
            }
            c = w.data[i * k + a] > 0.0 ? c : fmax(c, 0.0);
            p2 += c * c;
            size2 += b * b;
        }
        worst = fmax(worst, sqrt(p2 / size2));
    }
    return worst;
}

START_TEST(a_converged_stage_is_stationary)
{
    sqn_planted p;
    const sqn_nmf_options options = sqn_fit_ask(5);

    sqn_planted_init(&p, &scene);
    sqn_nmf *model = sqn_fit_model(&p, &options);

    for (int64_t s = 0; s < 5; s++) {
        const sqn_nmf_stage *stage = sqn_nmf_stage_at(model, s);

        ck_assert_int_eq(stage->stop, SQN_NMF_CONVERGED);
        ck_assert_double_le(stage->kkt, 1e-3);
        ck_assert_double_le(optimality(model, &p, s + 1), 1.5e-3);
        ck_assert_int_ge(stage->passes, stage->iterations + 1);
    }
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

/* The darkest pixel of the model of frame `i` with three components. */
static double lowest(const sqn_nmf *model, const sqn_planted *p, int64_t i)
{
    double least = INFINITY;

    for (int64_t j = 0; j < p->pair.value.cols; j++) {
        least = fmin(least, sqn_fit_value(model, 3, i, j));
    }
    return least;
}

START_TEST(a_negative_sky_needs_a_background_and_gets_it)
{
    sqn_planted_truth truth = scene;

    truth.sky = 1.5;
    for (int turn = 0; turn < 2; turn++) {
        sqn_nmf_options options = sqn_fit_ask(3);
        sqn_planted p;

        sqn_planted_init(&p, &truth);
        sqn_nmf *without = sqn_fit_model(&p, &options);

        options.background = true;
        sqn_nmf *with = sqn_fit_model(&p, &options);
        const double chi2 = sqn_nmf_stage_at(with, 2)->chi2;

        ck_assert_double_gt(sqn_nmf_stage_at(without, 2)->chi2, 10.0 * chi2);
        ck_assert_double_eq_tol(sqn_fit_reduced(with, &p, 3, chi2), 1.0, 0.05);
        ck_assert_double_eq_tol(sqn_fit_chi2(with, &p, 3), chi2, 1e-5 * chi2);
        ck_assert_double_lt(lowest(with, &p, 3), -1.0); /* cos 3 is -0.99 */
        ck_assert_double_ge(lowest(without, &p, 3), 0.0);
        ck_assert_ptr_null(sqn_nmf_background(without, 3));
        sqn_nmf_destroy(&with);
        sqn_nmf_destroy(&without);
        sqn_planted_clear(&p);
        truth = sqn_fit_turned(truth);
    }
}
END_TEST

/* Every tenth pixel keeps three frames only. */
static bool is_poor(int64_t j)
{
    return j % 10 == 9;
}

/* rms over the frames that the poor pixels lack, or over the three they have. */
static double poor_error(const sqn_nmf *model, const sqn_planted *p, int64_t k,
                         bool seen_ones)
{
    double sum = 0.0, n = 0.0;

    for (int64_t i = seen_ones ? 0 : 3; i < (seen_ones ? 3 : scene.n_frame); i++) {
        for (int64_t j = 0; j < scene.n_pix; j++) {
            const double x = (double)p->value[i * scene.n_pix + j];
            const double e = is_poor(j) ? sqn_fit_value(model, k, i, j) - x : 0.0;

            sum += e * e;
            n += is_poor(j) ? 1.0 : 0.0;
        }
    }
    return sqrt(sum / n);
}

START_TEST(pixels_with_too_few_frames_are_flagged_and_still_fitted)
{
    const sqn_nmf_options options = sqn_fit_ask(5);
    sqn_planted_truth truth = scene;
    sqn_planted p;

    truth.missing = 0.0;
    truth.noise = 1e-3;
    truth.rank = 5;
    sqn_planted_init(&p, &truth);
    for (int64_t i = 3; i < scene.n_frame; i++) {
        for (int64_t j = 0; j < scene.n_pix; j++) {
            p.weight[i * scene.n_pix + j] *= is_poor(j) ? 0.0F : 1.0F;
        }
    }
    sqn_nmf *model = sqn_fit_model(&p, &options);

    for (int64_t k = 1; k <= 5; k++) {
        for (int64_t j = 0; j < scene.n_pix; j++) {
            ck_assert_int_eq(sqn_nmf_undetermined(model, k)[j], is_poor(j) && k > 3);
        }
    }
    ck_assert_double_lt(poor_error(model, &p, 5, true), 0.01);
    /* Where nothing was seen, what more components add is not nonsense. */
    ck_assert_double_lt(poor_error(model, &p, 5, false),
                        1.3 * poor_error(model, &p, 3, false));
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf");
    TCase *tcase = tcase_create("truth");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, planted_factors_leave_only_noise_whichever_axis_is_long);
    tcase_add_test(tcase, the_published_rule_finds_planted_factors_too);
    tcase_add_test(tcase, separable_data_without_noise_are_met_to_float32);
    tcase_add_test(tcase, chi2_never_rises_within_and_between_stages);
    tcase_add_test(tcase, a_converged_stage_is_stationary);
    tcase_add_test(tcase, a_negative_sky_needs_a_background_and_gets_it);
    tcase_add_test(tcase, pixels_with_too_few_frames_are_flagged_and_still_fitted);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
