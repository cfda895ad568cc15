/** @file check_target_variance.c @brief Variances of models, against algebra and chance. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_target.h"
#include "sqn_wrap.h"

/* Variance of x[i * stride] about its mean. */
static double scatter(const double *x, int64_t n, int64_t stride)
{
    double sum = 0.0, square = 0.0;

    for (int64_t i = 0; i < n; i++) {
        sum += x[i * stride];
    }
    for (int64_t i = 0; i < n; i++) {
        square += pow(x[i * stride] - sum / (double)n, 2);
    }
    return square / (double)(n - 1);
}

/* A variance measured from N_TRIAL samples has a relative error of sqrt(2 / N) = 0.032. */
static const double sampling = 0.032;

START_TEST(coefficients_scatter_as_their_errors_say)
{
    observe(0.0);
    sqn_target *target = fit_trials(false);
    const sqn_dmatrix_const w = sqn_target_coefficients(target, 0);

    for (int64_t j = 0; j < K; j++) {
        const double error = sqn_target_errors(target, 0).data[j];

        ck_assert_double_eq_tol(scatter(w.data + j, N_TRIAL, K) / (error * error), 1.0,
                                3.5 * sampling);
    }
    sqn_target_destroy(&target);
}
END_TEST

START_TEST(models_scatter_as_their_variance_says_with_background)
{
    const sqn_dmatrix_const none = {0};
    static double model[N_TRIAL];
    float row[N_PIX];

    observe(-1.5);
    sqn_target *target = fit_trials(true);

    SQN_ASSERT_OK(sqn_target_variance(from_fit, from_comp, target, 0, NULL, none, &err),
                  err);
    for (int64_t p = 0; p < N_PIX; p += 30) { /* not fitted: imputed */
        for (int64_t i = 0; i < N_TRIAL; i++) {
            sqn_target_model(row, target, 0, i);
            model[i] = row[p];
        }
        ck_assert_double_eq_tol(scatter(model, N_TRIAL, 1) / (double)fit[p], 1.0,
                                3.5 * sampling);
        ck_assert(comp[p] == 0.0F);
    }
    sqn_target_destroy(&target);
}
END_TEST

START_TEST(leverages_add_up_to_the_number_of_unknowns)
{
    const sqn_dmatrix_const none = {0};
    static double fitted[N_PIX];

    observe(0.0);
    for (int background = 0; background < 2; background++) {
        sqn_target *target = fit_trials(background == 1);
        double sum = 0.0, largest = 0.0, leverage = 0.0;

        SQN_ASSERT_OK(sqn_target_variance(from_fit, from_comp, target, 0, NULL, none, &err),
                      err);
        for (int64_t p = 0; p < N_PIX; p++) { /* trace of V^1/2 H^T C H V^1/2 */
            sum += (double)weight[p] * fit[p];
            largest = fmax(largest, (double)weight[p] * fit[p]);
        }
        ck_assert_double_eq_tol(sum, K + background, 1e-5);
        for (int64_t p = 0; p < N_PIX; p++) {
            fitted[p] = weight[p];
        }
        SQN_ASSERT_OK(sqn_target_leverage(&leverage, target, 0, 0, fitted, &err), err);
        ck_assert_double_eq_tol(leverage, largest, 1e-6);
        sqn_allocations_before_failure = 0;
        SQN_ASSERT_FAILS(sqn_target_leverage(&leverage, target, 0, 0, fitted, &err), err,
                         SQN_E_MEM);
        sqn_target_destroy(&target);
    }
}
END_TEST

/* ---- Errors of the components ---------------------------------------------------------- */

START_TEST(component_variances_equal_the_algebra_whichever_axis_is_long)
{
    const int64_t n_pixels[] = {N_PIX, 10}; /* 12 references: pixels long, frames long */

    for (int c = 0; c < 2; c++) {
        const int64_t n_pix = n_pixels[c];
        build *b = create_build(n_pix);
        const sqn_matrix_const few = {basis, K, n_pix, N_PIX};
        const sqn_target_basis target_basis = {1, &few, true};
        const sqn_rows_pair some = {{value, 2, n_pix, N_PIX}, {weight, 2, n_pix, N_PIX}};
        const sqn_rows rows = sqn_rows_dense(&some);
        const sqn_matrix out = {fit, 2, n_pix, N_PIX}, out_comp = {comp, 2, n_pix, N_PIX};
        sqn_target *target = NULL;

        observe(0.0);
        basis[N_PIX + 3] = 0.0F; /* on its bound: without error */
        basis[2 * N_PIX + 5] = NAN;
        SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
        SQN_ASSERT_OK(sqn_target_variance(out, out_comp, target, 0, b->panels,
                                          (sqn_dmatrix_const){b->w, N_REFERENCE, K, K},
                                          &err),
                      err);
        for (int64_t p = 0; p < n_pix; p++) {
            const double *w = sqn_target_coefficients(target, 0).data + K;

            if (p == 5) {
                ck_assert(isnan(comp[N_PIX + p]) && isnan(fit[N_PIX + p]));
            } else if (p != 7) { /* a pixel without data has no component in a real build */
                ck_assert_double_eq_tol(
                    (double)comp[N_PIX + p] / by_elimination(b, w, p, n_pix), 1.0, 1e-5);
            }
        }
        sqn_target_destroy(&target);
        destroy_build(b);
    }
}
END_TEST

/* Where the variances of several counts go: [n, n_frame, n_pix] each. */
typedef struct kept {
    int64_t n_frame, n_pix;
    float *fit, *comp;
} kept;

static void keep(void *context, const sqn_target_variance_part *part)
{
    const kept *to = context;

    ck_assert(part->n <= SQN_TARGET_PIECE);
    for (int64_t row = 0; row < part->n_asked * to->n_frame; row++) {
        const int64_t at = (part->i_asked * to->n_frame + row) * to->n_pix + part->first;

        for (int64_t p = 0; p < part->n; p++) {
            to->fit[at + p] = part->from_fit[row * SQN_TARGET_PIECE + p];
            to->comp[at + p] = part->from_components[row * SQN_TARGET_PIECE + p];
        }
    }
}

START_TEST(counts_that_are_asked_together_get_what_each_alone_gets)
{
    enum { N_FRAME = 2, N_EACH = N_FRAME * N_PIX };
    static float all_fit[2 * N_EACH], all_comp[2 * N_EACH], alone[2][N_EACH];
    const int64_t counts[2] = {K - 1, K};
    const sqn_matrix_const bases[2] = {{basis, K - 1, N_PIX, N_PIX}, components};
    const sqn_target_basis target_basis = {2, bases, false};
    const sqn_rows_pair some = {{value, N_FRAME, N_PIX, N_PIX},
                                {weight, N_FRAME, N_PIX, N_PIX}};
    const sqn_rows rows = sqn_rows_dense(&some);
    kept together = {N_FRAME, N_PIX, all_fit, all_comp};
    sqn_target_variance_of asked[2];
    build *b = create_build(N_PIX);
    sqn_target *target = NULL;

    observe(0.0);
    basis[N_PIX + 3] = 0.0F;
    basis[5] = NAN;
    SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
    for (int64_t c = 0; c < 2; c++) {
        asked[c] = (sqn_target_variance_of){c, {b->w, N_REFERENCE, counts[c], K}};
    }
    SQN_ASSERT_OK(sqn_target_variances(asked, 2, target, b->panels, keep, &together, &err),
                  err);
    for (int64_t c = 0; c < 2; c++) {
        SQN_ASSERT_OK(sqn_target_variance((sqn_matrix){alone[0], N_FRAME, N_PIX, N_PIX},
                                          (sqn_matrix){alone[1], N_FRAME, N_PIX, N_PIX},
                                          target, c, b->panels, asked[c].coefficients,
                                          &err),
                      err);
        ck_assert_mem_eq(alone[0], all_fit + c * N_EACH, sizeof alone[0]);
        ck_assert_mem_eq(alone[1], all_comp + c * N_EACH, sizeof alone[1]);
    }
    ck_assert(all_comp[1] != all_comp[N_EACH + 1]); /* of another basis */
    asked[1].coefficients.cols--;
    SQN_ASSERT_FAILS(
        sqn_target_variances(asked, 2, target, b->panels, keep, &together, &err), err,
        SQN_E_SHAPE);
    sqn_target_destroy(&target);
    destroy_build(b);
}
END_TEST

START_TEST(more_counts_than_one_sweep_takes_get_the_same)
{
    enum { N_FRAME = 2, N_FEW = 8, N_EACH = N_FRAME * N_FEW, N_ASKED = 2500 };
    const sqn_matrix_const few = {basis, K, N_FEW, N_PIX};
    const sqn_target_basis target_basis = {1, &few, false};
    const sqn_rows_pair some = {{value, N_FRAME, N_FEW, N_PIX},
                                {weight, N_FRAME, N_FEW, N_PIX}};
    const sqn_rows rows = sqn_rows_dense(&some);
    kept out = {N_FRAME, N_FEW, calloc(N_ASKED, N_EACH * sizeof(float)),
                calloc(N_ASKED, N_EACH * sizeof(float))};
    sqn_target_variance_of *asked = calloc(N_ASKED, sizeof *asked);
    build *b = create_build(N_FEW);
    sqn_target *target = NULL;

    ck_assert(out.fit != NULL && out.comp != NULL && asked != NULL);
    observe(0.0);
    SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
    for (int64_t i = 0; i < N_ASKED; i++) {
        asked[i] = (sqn_target_variance_of){0, {b->w, N_REFERENCE, K, K}};
    }
    SQN_ASSERT_OK(sqn_target_variances(asked, N_ASKED, target, b->panels, keep, &out, &err),
                  err);
    ck_assert(out.fit[0] > 0.0F && out.comp[0] > 0.0F);
    for (int64_t i = 1; i < N_ASKED; i++) {
        ck_assert_mem_eq(out.fit + i * N_EACH, out.fit, N_EACH * sizeof(float));
        ck_assert_mem_eq(out.comp + i * N_EACH, out.comp, N_EACH * sizeof(float));
    }
    sqn_target_destroy(&target);
    destroy_build(b);
    free(asked);
    free(out.fit);
    free(out.comp);
}
END_TEST

/* 4 w_i M w_j by two quadratic forms, M of the sums of the weights. */
static double by_polarization(const build *sums, const double *left, const double *right)
{
    double plus[K], minus[K];

    for (int64_t j = 0; j < K; j++) {
        plus[j] = left[j] + right[j];
        minus[j] = left[j] - right[j];
    }
    return by_elimination(sums, plus, 0, N_PIX) - by_elimination(sums, minus, 0, N_PIX);
}

START_TEST(covariances_of_frames_equal_the_algebra)
{
    enum { N_FRAME = 3 };
    const sqn_dmatrix_const none = {0};
    const sqn_target_basis target_basis = {1, &components, false};
    const sqn_rows_pair some = {{value, N_FRAME, N_PIX, N_PIX},
                                {weight, N_FRAME, N_PIX, N_PIX}};
    const sqn_rows rows = sqn_rows_dense(&some);
    double found[N_FRAME * N_FRAME];
    const sqn_dmatrix out = {found, N_FRAME, N_FRAME, N_FRAME};
    const sqn_dmatrix small = {found, N_FRAME - 1, N_FRAME, N_FRAME};
    build *b = create_build(N_PIX), *sums = create_build(N_PIX);
    const sqn_dmatrix_const w_ref = {b->w, N_REFERENCE, K, K};
    sqn_target *target = NULL;

    observe(0.0);
    for (int64_t e = 0; e < INT64_C(1) * N_FRAME * N_PIX;
         e++) { /* frames that are not alike */
        value[e] *= e / N_PIX == 2 ? 0.5F * (1.0F + basis[e % N_PIX]) : 1.0F;
    }
    for (int64_t i = 0; i < N_REFERENCE; i++) {
        sums->weight[i * N_PIX] = 0.0F;
        for (int64_t p = 0; p < N_PIX; p++) {
            sums->weight[i * N_PIX] += b->weight[i * N_PIX + p];
        }
    }
    SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
    SQN_ASSERT_OK(sqn_target_component_covariance(out, target, 0, b->panels, w_ref, &err),
                  err);
    const double *w = sqn_target_coefficients(target, 0).data;
    const double unit = by_polarization(sums, w, w);

    for (int64_t e = 0; e < INT64_C(1) * N_FRAME * N_FRAME; e++) {
        const double wanted =
            by_polarization(sums, w + e / N_FRAME * K, w + e % N_FRAME * K);

        ck_assert_double_eq_tol(found[e] / found[0], wanted / unit, 1e-5);
    }
    SQN_ASSERT_FAILS(
        sqn_target_component_covariance(small, target, 0, b->panels, w_ref, &err), err,
        SQN_E_SHAPE);
    SQN_ASSERT_FAILS(sqn_target_component_covariance(out, target, 0, b->panels, none, &err),
                     err, SQN_E_SHAPE);
    for (int64_t i = 0; i < 2; i++) {
        sqn_allocations_before_failure = i;
        SQN_ASSERT_FAILS(
            sqn_target_component_covariance(out, target, 0, b->panels, w_ref, &err), err,
            SQN_E_MEM);
    }
    SQN_ASSERT_OK(sqn_target_component_covariance(out, target, 0, NULL, none, &err), err);
    ck_assert(found[0] == 0.0 && found[N_FRAME * N_FRAME - 1] == 0.0);
    sqn_target_destroy(&target);
    destroy_build(b);
    destroy_build(sums);
}
END_TEST

/* Columns of one weight, solved many times with other noise: w h scatters by w M w. */
START_TEST(imputed_light_scatters_as_the_component_variance_says)
{
    build *b = create_build(N_PIX);
    const double w[K] = {3.0, 5.0, 2.0};
    static double model[N_TRIAL];

    observe(0.0);
    for (int64_t trial = 0; trial < N_TRIAL; trial++) {
        double g[K][K + 1] = {{0}};

        for (int64_t i = 0; i < N_REFERENCE; i++) {
            const double v = b->weight[i * N_PIX + 20];

            if (v > 0.0) {
                const double x = normal(40, trial * N_REFERENCE + i) / sqrt(v);

                for (int64_t j = 0; j < K; j++) {
                    for (int64_t l = 0; l <= K; l++) {
                        g[j][l] += v * b->w[i * K + j] * (l < K ? b->w[i * K + l] : x);
                    }
                }
            }
        }
        model[trial] = 0.0;
        for (int64_t q = 0; q < K; q++) {
            for (int64_t j = 0; j < K; j++) {
                const double factor = g[j][q] / g[q][q];

                for (int64_t l = 0; j != q && l <= K; l++) {
                    g[j][l] -= factor * g[q][l];
                }
            }
        }
        for (int64_t j = 0; j < K; j++) {
            model[trial] += w[j] * g[j][K] / g[j][j];
        }
    }
    ck_assert_double_eq_tol(scatter(model, N_TRIAL, 1) / by_elimination(b, w, 20, N_PIX),
                            1.0, 3.5 * sampling);
    destroy_build(b);
}
END_TEST

START_TEST(dependent_components_have_large_finite_errors_but_a_known_model)
{
    const sqn_dmatrix_const none = {0};

    observe(0.0);
    sqn_target *single = NULL;
    const sqn_matrix_const two = {basis, 2, N_PIX, N_PIX};
    const sqn_target_basis plain = {1, &two, false};
    const sqn_rows rows = sqn_rows_dense(&pair);
    static float wanted[N_PIX];

    SQN_ASSERT_OK(sqn_target_fit(&single, &plain, &rows, &err), err);
    SQN_ASSERT_OK(sqn_target_variance(from_fit, from_comp, single, 0, NULL, none, &err),
                  err);
    memcpy(wanted, fit, sizeof wanted);
    for (int64_t p = 0; p < N_PIX; p++) { /* the third repeats the second */
        basis[N_BASIS - N_PIX + p] = basis[N_PIX + p];
    }
    sqn_target *target = fit_trials(false);

    SQN_ASSERT_OK(sqn_target_variance(from_fit, from_comp, target, 0, NULL, none, &err),
                  err);
    ck_assert(sqn_target_errors(target, 0).data[2] >
              100.0 * sqn_target_errors(single, 0).data[1]);
    ck_assert(isfinite(sqn_target_errors(target, 0).data[2]));
    for (int64_t p = 0; p < N_PIX; p++) {
        ck_assert_double_eq_tol((double)fit[p] / (double)wanted[p], 1.0, 1e-4);
    }
    sqn_target_destroy(&single);
    sqn_target_destroy(&target);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    build *b = create_build(N_PIX);
    const sqn_dmatrix_const w = {b->w, N_REFERENCE, K, K};
    static float once[2][N_VALUES];

    observe(0.0);
    sqn_target *target = fit_trials(false);

    for (int n = 1; n <= 3; n++) {
        omp_set_num_threads(n);
        SQN_ASSERT_OK(
            sqn_target_variance(from_fit, from_comp, target, 0, b->panels, w, &err), err);
        if (n == 1) {
            memcpy(once[0], fit, sizeof fit);
            memcpy(once[1], comp, sizeof comp);
        }
        ck_assert_mem_eq(once[0], fit, sizeof fit);
        ck_assert_mem_eq(once[1], comp, sizeof comp);
    }
    sqn_target_destroy(&target);
    destroy_build(b);
}
END_TEST

START_TEST(errors_are_named)
{
    build *b = create_build(N_PIX);
    const sqn_dmatrix_const w = {b->w, N_REFERENCE, K, K};
    const sqn_dmatrix_const short_w = {b->w, N_REFERENCE - 1, K, K};
    const sqn_matrix narrow = {fit, N_TRIAL, N_PIX - 1, N_PIX};

    observe(0.0);
    sqn_target *target = fit_trials(false);

    SQN_ASSERT_FAILS(sqn_target_variance(narrow, from_comp, target, 0, b->panels, w, &err),
                     err, SQN_E_SHAPE);
    SQN_ASSERT_FAILS(sqn_target_variance(from_fit, narrow, target, 0, b->panels, w, &err),
                     err, SQN_E_SHAPE);
    SQN_ASSERT_FAILS(
        sqn_target_variance(from_fit, from_comp, target, 0, b->panels, short_w, &err), err,
        SQN_E_SHAPE);
    for (int64_t i = 0; i < 5; i++) {
        sqn_allocations_before_failure = i;
        SQN_ASSERT_FAILS(
            sqn_target_variance(from_fit, from_comp, target, 0, b->panels, w, &err), err,
            SQN_E_MEM);
    }
    sqn_target_destroy(&target);
    destroy_build(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_variance");
    TCase *tcase = tcase_create("variance");

    tcase_set_timeout(tcase, 60.0); /* a second, when the machine is not shared */
    tcase_add_test(tcase, coefficients_scatter_as_their_errors_say);
    tcase_add_test(tcase, models_scatter_as_their_variance_says_with_background);
    tcase_add_test(tcase, leverages_add_up_to_the_number_of_unknowns);
    tcase_add_test(tcase, component_variances_equal_the_algebra_whichever_axis_is_long);
    tcase_add_test(tcase, counts_that_are_asked_together_get_what_each_alone_gets);
    tcase_add_test(tcase, more_counts_than_one_sweep_takes_get_the_same);
    tcase_add_test(tcase, covariances_of_frames_equal_the_algebra);
    tcase_add_test(tcase, imputed_light_scatters_as_the_component_variance_says);
    tcase_add_test(tcase, dependent_components_have_large_finite_errors_but_a_known_model);
    tcase_add_test(tcase, threads_do_not_change_a_bit);
    tcase_add_test(tcase, errors_are_named);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
