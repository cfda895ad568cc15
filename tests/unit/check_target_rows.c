/** @file check_target_rows.c @brief Models and variances of some frames are those of all frames. */
#include <math.h>
#include <string.h>

#include "rng.h"
#include "sequin/target.h"
#include "sqn_check.h"

enum { N_FRAME = 29, N_PIX = 301, K = 3, FIRST = 5, N_SOME = 3 };
enum { N_VALUES = N_FRAME * N_PIX, N_PAIR = K * (K + 1) / 2 };

static sqn_error err;
static float basis[K * N_PIX], value[N_VALUES], weight[N_VALUES];
static double w[N_FRAME * K], covariance[N_PAIR * N_PIX];
static float fit[N_VALUES], comp[N_VALUES];
static float some_fit[N_SOME * N_PIX], some_comp[N_SOME * N_PIX];

static const sqn_matrix_const components = {basis, K, N_PIX, N_PIX};
static const sqn_matrix all_fit = {fit, N_FRAME, N_PIX, N_PIX};
static const sqn_matrix all_comp = {comp, N_FRAME, N_PIX, N_PIX};
static const sqn_dmatrix_const coefficients = {w, N_FRAME, K, K};
static const sqn_rows_pair pair = {{value, N_FRAME, N_PIX, N_PIX},
                                   {weight, N_FRAME, N_PIX, N_PIX}};

static double uniform(uint64_t stream, int64_t index)
{
    return (double)sqn__rng_uniform(4711, stream, (uint64_t)index);
}

/* Frames that are their own references; pixel 3 is 0 in a component, pixel 5 without a value,
 * frame 6 without data, a fifth of the rest missing. */
static void observe(double sky)
{
    for (int64_t e = 0; e < (int64_t)K * N_PIX; e++) {
        basis[e] = (float)(0.1 + uniform(1, e));
    }
    for (int64_t e = 0; e < (int64_t)N_FRAME * K; e++) {
        w[e] = 2.0 + 10.0 * uniform(2, e);
    }
    for (int64_t e = 0; e < N_VALUES; e++) {
        double x = sky + uniform(3, e);

        for (int64_t j = 0; j < K; j++) {
            x += w[e / N_PIX * K + j] * (double)basis[j * N_PIX + e % N_PIX];
        }
        value[e] = (float)x;
        weight[e] = e / N_PIX == 6 || uniform(4, e) < 0.2 ? 0.0F : (float)uniform(5, e);
    }
    basis[N_PIX + 3] = 0.0F;
    basis[2 * N_PIX + 5] = NAN;
}

static void assert_same(double part, double whole)
{
    ck_assert_int_eq(isnan(whole), isnan(part));
    ck_assert(isnan(whole) || fabs(part - whole) <= 1e-6 * fabs(whole));
}

static void assert_rows_agree(const sqn_target *target, const double *known)
{
    const sqn_matrix out = {some_fit, N_SOME, N_PIX, N_PIX};
    const sqn_matrix out_comp = {some_comp, N_SOME, N_PIX, N_PIX};

    sqn_target_variance_rows(out, out_comp, target, 0, FIRST, known);
    for (int64_t e = 0; e < (int64_t)N_SOME * N_PIX; e++) {
        assert_same((double)some_fit[e], (double)fit[(int64_t)FIRST * N_PIX + e]);
        assert_same((double)some_comp[e], (double)comp[(int64_t)FIRST * N_PIX + e]);
    }
}

START_TEST(variances_of_some_frames_are_those_of_all)
{
    const bool background = _i == 1;
    const sqn_target_basis target_basis = {1, &components, background};
    const sqn_rows rows = sqn_rows_dense(&pair);
    const sqn_dmatrix_const none = {0};
    sqn_target *target = NULL;
    sqn_panels *panels = NULL;

    observe(background ? -7.385 : 0.0);
    SQN_ASSERT_OK(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
    SQN_ASSERT_OK(
        sqn_target_variance(all_fit, all_comp, target, 0, panels, coefficients, &err), err);
    SQN_ASSERT_OK(
        sqn_target_pixel_covariance(covariance, target, 0, panels, coefficients, &err),
        err);
    ck_assert_double_eq(covariance[2 * N_PIX + 3], 0.0); /* held at its bound */
    ck_assert(covariance[2 * N_PIX + 4] > 0.0 && isnan(covariance[2 * N_PIX + 5]));
    assert_rows_agree(target, covariance);
    SQN_ASSERT_OK(sqn_target_variance(all_fit, all_comp, target, 0, NULL, none, &err), err);
    assert_rows_agree(target, NULL);
    sqn_target_destroy(&target);
    sqn_panels_destroy(&panels);
}
END_TEST

/* Element e of the models, term by term. */
static double model_at(const sqn_target *target, int64_t e)
{
    const int64_t i = e / N_PIX, p = e % N_PIX;
    const double *background = sqn_target_background(target, 0);
    double m = background != NULL ? background[i] : 0.0;

    for (int64_t j = 0; j < K; j++) {
        m += sqn_target_coefficients(target, 0).data[i * K + j] *
             (double)basis[j * N_PIX + p];
    }
    return m;
}

START_TEST(models_of_many_frames_are_those_of_each)
{
    const sqn_target_basis target_basis = {1, &components, _i == 1};
    const sqn_rows rows = sqn_rows_dense(&pair);
    sqn_target *target = NULL;

    observe(_i == 1 ? -7.385 : 0.0);
    SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
    for (int64_t first = 0; first < N_FRAME; first += 9) {
        const int64_t n = N_FRAME - first;

        memset(fit, 0x7f, sizeof fit);
        sqn_target_model_rows((sqn_matrix){fit, n, N_PIX, N_PIX}, target, 0, first);
        for (int64_t e = 0; e < n * N_PIX; e++) {
            const double expected = model_at(target, first * N_PIX + e);

            ck_assert(isnan(expected) == isnan(fit[e]));
            ck_assert(isnan(expected) ||
                      fabs((double)fit[e] - expected) <= 1e-7 * fabs(expected));
        }
        for (int64_t i = 0; i < n; i++) {
            sqn_target_model(comp, target, 0, first + i);
            ck_assert_mem_eq(comp, fit + i * N_PIX, N_PIX * sizeof *comp);
        }
    }
    sqn_target_destroy(&target);
}
END_TEST

START_TEST(errors_are_named)
{
    const sqn_target_basis target_basis = {1, &components, false};
    const sqn_dmatrix_const few = {w, N_FRAME - 1, K, K};
    const sqn_rows rows = sqn_rows_dense(&pair);
    sqn_target *target = NULL;
    sqn_panels *panels = NULL;

    observe(0.0);
    SQN_ASSERT_OK(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
    SQN_ASSERT_FAILS(
        sqn_target_pixel_covariance(covariance, target, 0, NULL, coefficients, &err), err,
        SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_target_pixel_covariance(covariance, target, 0, panels, few, &err),
                     err, SQN_E_SHAPE);
    sqn_target_destroy(&target);
    sqn_panels_destroy(&panels);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_rows");
    TCase *tcase = tcase_create("rows");

    tcase_add_loop_test(tcase, variances_of_some_frames_are_those_of_all, 0, 2);
    tcase_add_loop_test(tcase, models_of_many_frames_are_those_of_each, 0, 2);
    tcase_add_test(tcase, errors_are_named);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
