/** @file check_misfit.c @brief Reduced chi2 of models with known noise. */
#include <math.h>

#include "sequin/misfit.h"
#include "sqn_fit.h"
#include "sqn_wrap.h"

enum { N_FRAME = 40, N_PIX = 600, RANK = 3 };

static const sqn_planted_truth scene = {N_FRAME, N_PIX, RANK, 0.05, 0.05, 0.0, false, 9};

static sqn_error err;

/* Fit and measure; `*model` and `*panels` may be NULL. */
static sqn_misfit measure(const sqn_planted *p, const sqn_nmf_options *options)
{
    sqn_panels *panels = sqn_fit_panels(p, SQN_NEGATIVES_KEEP);
    sqn_nmf *model = NULL;
    sqn_misfit misfit;

    SQN_ASSERT_OK(sqn_nmf_fit(&model, panels, options, &err), err);
    SQN_ASSERT_OK(sqn_misfit_measure(&misfit, panels, model, options->n_comp, &err), err);
    sqn_nmf_destroy(&model);
    sqn_panels_destroy(&panels);
    return misfit;
}

static double mean_of(const double *values, int64_t n)
{
    double sum = 0.0;

    for (int64_t i = 0; i < n; i++) {
        sum += values[i] / (double)n;
    }
    return sum;
}

/* 0: as planted; 1: frames are long; 2: with a background; 3: six components for three */
START_TEST(true_errors_have_a_reduced_chi2_of_one)
{
    sqn_planted_truth truth = scene;
    sqn_nmf_options options = sqn_fit_ask(_i == 3 ? 2 * RANK : RANK);
    sqn_planted p;

    if (_i == 1) {
        truth = sqn_fit_turned(truth);
    }
    truth.sky = _i == 2 ? -0.3 : 0.0;
    options.background = _i == 2;
    sqn_planted_init(&p, &truth);
    sqn_misfit misfit = measure(&p, &options);

    /* Components that fit noise take more of it than their number: 6 for 3 by 4 %. */
    const double within = _i == 3 ? 0.06 : 0.03;

    ck_assert_int_eq(misfit.n_frame, truth.n_frame);
    ck_assert_int_eq(misfit.n_pix, truth.n_pix);
    ck_assert_double_eq_tol(misfit.total, 1.0, within);
    ck_assert_double_eq_tol(misfit.scale, 1.0, within);
    ck_assert_double_eq_tol(mean_of(misfit.frame, truth.n_frame), 1.0, 2.0 * within);
    ck_assert_double_eq_tol(mean_of(misfit.pixel, truth.n_pix), 1.0, 2.0 * within);
    sqn_misfit_clear(&misfit);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(chi2_agrees_with_a_second_route)
{
    const sqn_nmf_options options = sqn_fit_ask(RANK);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_misfit misfit = measure(&p, &options);
    sqn_nmf *model = sqn_fit_model(&p, &options);
    const double chi2 = sqn_fit_chi2(model, &p, RANK);
    double n_data = 0.0, free_numbers = 0.0;

    for (int64_t at = 0; at < INT64_C(1) * N_FRAME * N_PIX; at++) {
        n_data += p.weight[at] > 0.0F ? 1.0 : 0.0;
    }
    for (int64_t at = 0; at < INT64_C(1) * RANK * N_PIX; at++) {
        free_numbers += sqn_nmf_components(model, RANK).data[at] > 0.0F ? 1.0 : 0.0;
    }
    for (int64_t at = 0; at < INT64_C(1) * RANK * N_FRAME; at++) {
        free_numbers += sqn_nmf_coefficients(model, RANK).data[at] > 0.0 ? 1.0 : 0.0;
    }
    const double left = n_data - free_numbers + RANK * RANK;
    double of_pixels = 0.0;

    ck_assert_double_eq_tol(misfit.total, chi2 / left, 1e-6);
    for (int64_t j = 0; j < N_PIX; j++) {
        of_pixels += misfit.pixel_free[j];
    }
    ck_assert_double_eq_tol(of_pixels, left, 1e-6 * left);
    sqn_nmf_destroy(&model);
    sqn_misfit_clear(&misfit);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_factor_of_the_errors_is_found_and_so_is_a_noisy_frame_or_pixel)
{
    enum { FRAME = 7, PIXEL = 123 };
    const sqn_nmf_options options = sqn_fit_ask(RANK);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (int64_t i = 0; i < N_FRAME; i++) {
        for (int64_t j = 0; j < N_PIX; j++) {
            float *v = p.weight + i * N_PIX + j;

            *v *= 2.25F; /* errors 1.5 times too small */
            *v *= i == FRAME ? 4.0F : 1.0F;
            *v *= j == PIXEL ? 9.0F : 1.0F;
        }
    }
    sqn_misfit misfit = measure(&p, &options);

    ck_assert_double_eq_tol(misfit.scale, 1.5, 0.05);
    /* 4, but heavier data draw the components towards them */
    ck_assert_double_eq_tol(misfit.frame[FRAME] / misfit.frame[FRAME + 1], 3.2, 0.8);
    /* a pixel of 38 frames: 23 % */
    ck_assert_double_eq_tol(misfit.pixel[PIXEL] / 2.25, 9.0, 6.0);
    for (int64_t j = 0; j < N_PIX; j++) {
        ck_assert(j == PIXEL || misfit.pixel[j] < misfit.pixel[PIXEL]);
    }
    sqn_misfit_clear(&misfit);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(light_in_a_few_pixels_is_in_chi2_but_not_in_the_scale)
{
    const sqn_nmf_options options = sqn_fit_ask(RANK);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (int64_t at = 0; at < INT64_C(1) * N_FRAME * N_PIX; at += 20) {
        p.value[at] += (float)(20.0 * sqn_planted_normal(4, (uint64_t)at) /
                               sqrt((double)p.weight[at]));
    }
    sqn_misfit misfit = measure(&p, &options);

    ck_assert_double_gt(misfit.total, 8.0);
    ck_assert_double_eq_tol(misfit.scale, 1.1, 0.1);
    sqn_misfit_clear(&misfit);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(what_takes_no_part_has_no_chi2)
{
    const sqn_nmf_options options = sqn_fit_ask(RANK);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (int64_t i = 0; i < N_FRAME; i++) {
        for (int64_t j = 0; j < N_PIX; j++) {
            float *v = p.weight + i * N_PIX + j;

            *v = i == 3 || j == 17 || (j == 18 && i > 2) ? 0.0F : *v;
        }
    }
    sqn_misfit misfit = measure(&p, &options);

    ck_assert(isnan(misfit.frame[3]) && isnan(misfit.pixel[17]));
    ck_assert(isnan(misfit.pixel[18])); /* as many frames as components */
    ck_assert_double_eq_tol(misfit.total, 1.0, 0.03);
    sqn_misfit_clear(&misfit);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(stages_that_were_not_kept_are_refused_and_every_allocation_can_fail)
{
    const int64_t keep[] = {3};
    sqn_nmf_options options = sqn_fit_ask(3);
    sqn_misfit misfit;
    sqn_planted p;
    int64_t n = 0;

    options.keep = keep;
    options.n_keep = 1;
    sqn_planted_init(&p, &scene);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_KEEP);
    sqn_nmf *model = NULL;

    SQN_ASSERT_OK(sqn_nmf_fit(&model, panels, &options, &err), err);
    SQN_ASSERT_FAILS(sqn_misfit_measure(&misfit, panels, model, 2, &err), err, SQN_E_ARG);
    for (;; n++) {
        sqn_allocations_before_failure = n;
        if (sqn_misfit_measure(&misfit, panels, model, 3, &err) == SQN_OK) {
            break;
        }
        ck_assert_int_eq(err.id, SQN_E_MEM);
        ck_assert_ptr_null(misfit.frame);
    }
    ck_assert_int_eq(n, 15);
    sqn_misfit_clear(&misfit);
    sqn_misfit_clear(NULL);
    sqn_nmf_destroy(&model);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("misfit");
    TCase *tcase = tcase_create("chi2");

    tcase_add_loop_test(tcase, true_errors_have_a_reduced_chi2_of_one, 0, 4);
    tcase_add_test(tcase, chi2_agrees_with_a_second_route);
    tcase_add_test(tcase, a_factor_of_the_errors_is_found_and_so_is_a_noisy_frame_or_pixel);
    tcase_add_test(tcase, light_in_a_few_pixels_is_in_chi2_but_not_in_the_scale);
    tcase_add_test(tcase, what_takes_no_part_has_no_chi2);
    tcase_add_test(tcase,
                   stages_that_were_not_kept_are_refused_and_every_allocation_can_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
