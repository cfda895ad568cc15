/** @file check_nmf_rules.c @brief What a model holds, warnings, refusals, interrupts, lack of memory. */
#include <math.h>
#include <string.h>

#include "sequin/nmf.h"
#include "sqn_fit.h"
#include "sqn_wrap.h"

static sqn_error err;

static const sqn_planted_truth scene =
    {.n_frame = 20, .n_pix = 700, .rank = 3, .noise = 0.03, .missing = 0.05, .seed = 11};

START_TEST(components_have_unit_norm_and_nothing_is_negative)
{
    sqn_planted p;
    const sqn_nmf_options options = sqn_fit_ask(4);

    sqn_planted_init(&p, &scene);
    sqn_nmf *model = sqn_fit_model(&p, &options);

    for (int64_t k = 1; k <= 4; k++) {
        const sqn_matrix_const h = sqn_nmf_components(model, k);
        const sqn_dmatrix_const w = sqn_nmf_coefficients(model, k);

        for (int64_t a = 0; a < k; a++) {
            double norm2 = 0.0;

            for (int64_t j = 0; j < h.cols; j++) {
                ck_assert_float_ge(h.data[a * h.stride + j], 0.0F);
                norm2 += (double)h.data[a * h.stride + j] * h.data[a * h.stride + j];
            }
            ck_assert_double_eq_tol(norm2, 1.0, 1e-5);
            for (int64_t i = 0; i < w.rows; i++) {
                ck_assert_double_ge(w.data[i * k + a], 0.0);
            }
        }
    }
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(kept_stages_are_those_asked_for)
{
    const int64_t keep[] = {1, 3};
    sqn_nmf_options options = sqn_fit_ask(4);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_nmf *all = sqn_fit_model(&p, &options);

    options.keep = keep;
    options.n_keep = 2;
    sqn_nmf *some = sqn_fit_model(&p, &options);

    ck_assert_int_eq(sqn_nmf_n_stage(some), 4);
    ck_assert_ptr_null(sqn_nmf_components(some, 2).data);
    ck_assert_ptr_null(sqn_nmf_coefficients(some, 2).data);
    ck_assert_ptr_null(sqn_nmf_undetermined(some, 2));
    ck_assert_ptr_null(sqn_nmf_background(some, 3));
    for (int64_t k = 1; k <= 4; k++) {
        const sqn_matrix_const h = sqn_nmf_components(some, k);

        if (k != 2) {
            ck_assert_mem_eq(h.data, sqn_nmf_components(all, k).data,
                             (size_t)(k * h.cols) * sizeof *h.data);
        }
    }
    sqn_nmf_destroy(&some);
    options.construction = SQN_NMF_JOINT;
    options.n_keep = 0;
    sqn_nmf *joint = sqn_fit_model(&p, &options);

    ck_assert_int_eq(sqn_nmf_n_stage(joint), 1);
    ck_assert_int_eq(sqn_nmf_stage_at(joint, 0)->n_comp, 4);
    ck_assert_ptr_null(sqn_nmf_components(joint, 1).data);
    ck_assert_ptr_nonnull(sqn_nmf_components(joint, 4).data);
    sqn_nmf_destroy(&joint);
    sqn_nmf_destroy(&all);
    sqn_planted_clear(&p);
}
END_TEST

/* Warnings by id. */
static int n_warned[SQN_ID_COUNT];

static void count_warning(void *context, const sqn_error *warning)
{
    (void)context;
    n_warned[warning->id]++;
}

static const sqn_log counting = {.warn = count_warning};

START_TEST(a_stage_that_another_follows_ends_at_ten_times_the_tolerance)
{
    sqn_nmf_options options = sqn_fit_ask(3);
    sqn_planted p;

    options.tolerance = 1e-7;
    sqn_planted_init(&p, &scene);
    sqn_nmf *long_one = sqn_fit_model(&p, &options);

    options.n_comp = 2;
    sqn_nmf *tight = sqn_fit_model(&p, &options);

    options.tolerance *= 10.0;
    sqn_nmf *loose = sqn_fit_model(&p, &options);
    const sqn_nmf_stage *middle = sqn_nmf_stage_at(long_one, 1);
    const sqn_nmf_stage *last = sqn_nmf_stage_at(tight, 1);

    ck_assert_int_lt(middle->iterations, last->iterations);
    ck_assert_int_eq(middle->iterations, sqn_nmf_stage_at(loose, 1)->iterations);
    ck_assert_double_gt(middle->chi2, last->chi2);
    ck_assert_double_lt(middle->chi2, 1.001 * last->chi2);
    ck_assert_double_le(middle->kkt, 1e-3);
    sqn_nmf_destroy(&long_one);
    sqn_nmf_destroy(&tight);
    sqn_nmf_destroy(&loose);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(components_beyond_the_data_are_reported_as_zero)
{
    sqn_planted_truth truth = scene;
    sqn_nmf_options options = sqn_fit_ask(3);
    sqn_planted p;

    truth.rank = 1;
    truth.noise = 0.0;
    options.log = &counting;
    sqn_planted_init(&p, &truth);
    for (int64_t i = 0; i < truth.n_frame; i++) { /* exact in float32: powers of two */
        for (int64_t j = 0; j < truth.n_pix; j++) {
            p.value[i * truth.n_pix + j] = ldexpf(1.0F, (int)(i % 3 - j % 5));
            p.weight[i * truth.n_pix + j] = 1.0F;
        }
    }
    sqn_nmf *model = sqn_fit_model(&p, &options);
    const sqn_dmatrix_const w = sqn_nmf_coefficients(model, 3);

    ck_assert_int_eq(sqn_nmf_stage_at(model, 2)->stop, SQN_NMF_EXACT);
    for (int64_t a = 1; a < 3; a++) {
        double largest = 0.0;

        for (int64_t i = 0; i < w.rows; i++) {
            largest = fmax(largest, w.data[i * 3 + a]);
        }
        ck_assert_double_lt(largest, 1e-4 * w.data[0]);
    }
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(data_below_zero_leave_a_zero_component_and_a_warning)
{
    const sqn_nmf_options base = sqn_fit_ask(2);
    sqn_nmf_options options = base;
    sqn_planted p;

    options.log = &counting;
    sqn_planted_init(&p, &scene);
    for (int64_t i = 0; i < scene.n_frame * scene.n_pix; i++) {
        p.value[i] = -fabsf(p.value[i]);
    }
    sqn_nmf *model = sqn_fit_model(&p, &options);

    ck_assert_int_eq(n_warned[SQN_W_VANISHED], 2); /* once per component */
    ck_assert_float_eq(sqn_nmf_components(model, 2).data[5], 0.0F);
    ck_assert_double_eq(sqn_nmf_coefficients(model, 2).data[5], 0.0);
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_stage_that_ends_above_the_last_gives_up_its_column)
{
    sqn_nmf_options options = sqn_fit_ask(2);
    sqn_planted_truth truth = scene;
    sqn_planted p;

    truth.rank = 1;
    truth.n_pix = truth.n_frame;
    truth.noise = 1e-3;
    options.method = "mu";
    options.start = SQN_NMF_START_RANDOM;
    options.tolerance = 0.2; /* a stage ends before its new column fits */
    options.log = &counting;
    sqn_planted_init(&p, &truth);
    for (int64_t i = 0; i < truth.n_frame * truth.n_pix; i++) {
        p.value[i] = p.value[i] < 0.0F ? 0.0F : p.value[i];
    }
    int n_zero = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        options.seed = seed;
        sqn_nmf *model = sqn_fit_model(&p, &options);
        const sqn_nmf_stage *first = sqn_nmf_stage_at(model, 0);
        const sqn_nmf_stage *second = sqn_nmf_stage_at(model, 1);

        ck_assert_double_le(second->chi2, first->chi2);
        if (second->chi2 >= first->chi2) {
            n_zero++;
            ck_assert_double_eq(sqn_nmf_coefficients(model, 2).data[1], 0.0);
            ck_assert_double_eq_tol(sqn_fit_chi2(model, &p, 2), first->chi2,
                                    1e-6 * first->chi2);
        }
        sqn_nmf_destroy(&model);
    }
    ck_assert_int_eq(n_warned[SQN_W_STAGE], n_zero);
    ck_assert_int_gt(n_zero, 0);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(the_smallest_and_the_emptiest_data_have_a_model)
{
    const char *const methods[] = {"anls", "mu"};

    for (int m = 0; m < 2; m++) {
        sqn_planted_truth one = scene;
        sqn_nmf_options options = sqn_fit_ask(1);
        sqn_planted p;

        options.method = methods[m];
        one.n_frame = one.n_pix = one.rank = 1;
        one.missing = 0.0;
        sqn_planted_init(&p, &one); /* one datum: its own component */
        p.value[0] = 2.385F;
        sqn_nmf *model = sqn_fit_model(&p, &options);

        ck_assert_double_eq_tol(sqn_nmf_coefficients(model, 1).data[0], 2.385, 1e-4);
        ck_assert_float_eq_tol(sqn_nmf_components(model, 1).data[0], 1.0F, 1e-6F);
        sqn_nmf_destroy(&model);
        sqn_planted_clear(&p);

        options.n_comp = 2;
        sqn_planted_init(&p, &scene); /* nothing but zeros */
        for (int64_t i = 0; i < scene.n_frame * scene.n_pix; i++) {
            p.value[i] = 0.0F;
        }
        model = sqn_fit_model(&p, &options);
        ck_assert_double_eq(sqn_nmf_stage_at(model, 1)->chi2, 0.0);
        ck_assert_int_eq(sqn_nmf_stage_at(model, 1)->stop, SQN_NMF_EXACT);
        ck_assert_double_eq(sqn_nmf_coefficients(model, 2).data[1], 0.0);
        sqn_nmf_destroy(&model);
        sqn_planted_clear(&p);
    }
}
END_TEST

START_TEST(the_iteration_limit_is_a_result_with_a_warning)
{
    sqn_nmf_options options = sqn_fit_ask(2);
    sqn_planted p;

    options.max_iterations = 2;
    options.log = &counting;
    sqn_planted_init(&p, &scene);
    sqn_nmf *model = sqn_fit_model(&p, &options);

    ck_assert_int_eq(sqn_nmf_stage_at(model, 1)->stop, SQN_NMF_MAX_ITERATIONS);
    ck_assert_int_eq(sqn_nmf_stage_at(model, 1)->iterations, 2);
    ck_assert_int_ge(n_warned[SQN_W_STOP], 1);
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

static void refused(const sqn_panels *panels, sqn_nmf_options options, sqn_id expected)
{
    sqn_nmf *model = NULL;

    SQN_ASSERT_FAILS(sqn_nmf_fit(&model, panels, &options, &err), err, expected);
    ck_assert_ptr_null(model);
}

START_TEST(options_out_of_range_are_refused)
{
    const int64_t falling[] = {2, 1}, beyond[] = {4};
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_KEEP);
    sqn_nmf_options wrong[] = {
        sqn_fit_ask(0), sqn_fit_ask(3), sqn_fit_ask(3), sqn_fit_ask(3), sqn_fit_ask(3),
        sqn_fit_ask(3), sqn_fit_ask(3), sqn_fit_ask(3), sqn_fit_ask(3), sqn_fit_ask(3),
        sqn_fit_ask(3), sqn_fit_ask(3), sqn_fit_ask(3), sqn_fit_ask(3)};
    sqn_nmf *model = NULL;

    wrong[1].max_iterations = 0;
    wrong[2].seed = 0;
    wrong[3].tolerance = -1e-5;
    wrong[4].tolerance = NAN;
    wrong[5].method = "hals";
    wrong[6].method = NULL;
    wrong[7].keep = falling;
    wrong[7].n_keep = 2;
    wrong[8].keep = beyond;
    wrong[8].n_keep = 1;
    wrong[9].n_keep = 1;
    wrong[10].construction = (sqn_nmf_construction)2;
    wrong[11].start = (sqn_nmf_start)2;
    wrong[12].method = "mu"; /* the scene has data below 0 */
    wrong[13].method = "mu";
    wrong[13].background = true;
    ck_assert_int_gt(sqn_panels_about(panels)->n_negative, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        refused(panels, wrong[i], SQN_E_ARG);
    }
    refused(panels, sqn_fit_ask(scene.n_frame + 1), SQN_E_COUNT);
    SQN_ASSERT_FAILS(sqn_nmf_fit(NULL, panels, NULL, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_nmf_fit(&model, NULL, NULL, &err), err, SQN_E_ARG);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

static int count_down(void *context, const sqn_nmf_progress *now)
{
    int64_t *left = context;

    ck_assert_int_le(now->n_comp, now->n_comp_total);
    return --*left == 0;
}

START_TEST(the_caller_can_interrupt_at_any_call)
{
    sqn_planted p;
    const char *const methods[] = {"anls", "mu"};

    sqn_planted_init(&p, &scene);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_ZERO);

    for (int m = 0; m < 2; m++) {
        for (int64_t stop_at = 1; stop_at < 5; stop_at++) {
            int64_t left = stop_at;
            sqn_nmf_options options = sqn_fit_ask(2);

            options.method = methods[m];
            options.max_iterations = 2; /* so that the third call ends a stage */
            options.progress = count_down;
            options.progress_context = &left;
            refused(panels, options, SQN_E_INTERRUPTED);
            ck_assert_int_eq(left, 0);
        }
    }
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

static int64_t allocations_of(const sqn_panels *panels, const sqn_nmf_options *options)
{
    sqn_nmf *model = NULL;

    for (int64_t n = 0;; n++) {
        sqn_allocations_before_failure = n;
        const sqn_status status = sqn_nmf_fit(&model, panels, options, &err);

        if (status == SQN_OK) {
            sqn_nmf_destroy(&model);
            ck_assert_ptr_null(model);
            return n;
        }
        ck_assert_int_eq(status, SQN_ERR_MEMORY);
        ck_assert_ptr_null(model);
    }
}

START_TEST(every_allocation_can_fail)
{
    sqn_nmf_options options = sqn_fit_ask(2);
    sqn_planted_truth truth = scene;
    sqn_planted p;

    truth.n_pix = 60;
    options.max_iterations = 2;
    sqn_planted_init(&p, &truth);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_ZERO);
    const int64_t anls = allocations_of(panels, &options);

    ck_assert_int_gt(anls, 20);
    options.max_iterations = 9; /* nothing is allocated by iterations */
    ck_assert_int_eq(allocations_of(panels, &options), anls);
    options.background = true;
    ck_assert_int_eq(allocations_of(panels, &options), anls + 2);
    options.background = false;
    options.method = "mu";
    ck_assert_int_gt(allocations_of(panels, &options), 10);
    sqn_nmf_destroy(NULL);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf_rules");
    TCase *tcase = tcase_create("rules");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, components_have_unit_norm_and_nothing_is_negative);
    tcase_add_test(tcase, kept_stages_are_those_asked_for);
    tcase_add_test(tcase, a_stage_that_another_follows_ends_at_ten_times_the_tolerance);
    tcase_add_test(tcase, components_beyond_the_data_are_reported_as_zero);
    tcase_add_test(tcase, data_below_zero_leave_a_zero_component_and_a_warning);
    tcase_add_test(tcase, a_stage_that_ends_above_the_last_gives_up_its_column);
    tcase_add_test(tcase, the_smallest_and_the_emptiest_data_have_a_model);
    tcase_add_test(tcase, the_iteration_limit_is_a_result_with_a_warning);
    tcase_add_test(tcase, options_out_of_range_are_refused);
    tcase_add_test(tcase, the_caller_can_interrupt_at_any_call);
    tcase_add_test(tcase, every_allocation_can_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
