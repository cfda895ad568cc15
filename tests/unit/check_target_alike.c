/** @file check_target_alike.c @brief Errors of components whose references hardly differ. */
#include <math.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_target.h"

/* Coefficients of the references of which two agree but for a share; in a unit of their own. */
static void make_alike(build *b, double share, double unit)
{
    for (int64_t i = 0; i < N_REFERENCE; i++) {
        double *w = b->w + i * K;

        w[2] = w[1] * (1.0 + share * (uniform(50, i) - 0.5));
        for (int64_t j = 0; j < K; j++) {
            w[j] *= unit;
        }
    }
}

/* Gram matrices that float holds, nearly, and not at all; numbers whose products it cannot hold. */
START_TEST(component_variances_of_references_that_are_nearly_alike)
{
    static const double shares[] = {1.0, 0.3, 0.1, 0.03, 1e-3}; /* condition up to 1e7 */
    const sqn_target_basis target_basis = {1, &components, false};
    const sqn_matrix out = {fit, 2, N_PIX, N_PIX}, out_comp = {comp, 2, N_PIX, N_PIX};

    for (int c = 0; c < 10; c++) {
        const double unit = c < 5 ? 1.0 : 1e-23;
        const sqn_rows_pair some = {{value, 2, N_PIX, N_PIX}, {weight, 2, N_PIX, N_PIX}};
        const sqn_rows rows = sqn_rows_dense(&some);
        build *b = create_build(N_PIX);
        sqn_target *target = NULL;

        make_alike(b, shares[c % 5], unit);
        observe(0.0);
        for (int64_t e = 0; e < INT64_C(2) * N_PIX; e++) {
            value[e] *= (float)unit;
        }
        SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
        SQN_ASSERT_OK(sqn_target_variance(out, out_comp, target, 0, b->panels,
                                          (sqn_dmatrix_const){b->w, N_REFERENCE, K, K},
                                          &err),
                      err);
        for (int64_t p = 8; p < N_PIX; p++) { /* behind the one without data */
            const double *w = sqn_target_coefficients(target, 0).data + K;

            ck_assert_double_eq_tol(
                (double)comp[N_PIX + p] / by_elimination(b, w, p, N_PIX), 1.0, 1e-5);
        }
        sqn_target_destroy(&target);
        destroy_build(b);
    }
}
END_TEST

START_TEST(component_variances_of_references_that_are_alike_are_large_and_finite)
{
    const sqn_target_basis target_basis = {1, &components, false};
    const sqn_matrix out = {fit, 2, N_PIX, N_PIX}, out_comp = {comp, 2, N_PIX, N_PIX};
    const sqn_rows_pair some = {{value, 2, N_PIX, N_PIX}, {weight, 2, N_PIX, N_PIX}};
    const sqn_rows rows = sqn_rows_dense(&some);
    static float apart[N_PIX];

    for (int c = 0; c < 2; c++) {
        build *b = create_build(N_PIX);
        sqn_target *target = NULL;

        observe(0.0);
        make_alike(b, c == 0 ? 0.1 : 0.0, 1.0);
        SQN_ASSERT_OK(sqn_target_fit(&target, &target_basis, &rows, &err), err);
        SQN_ASSERT_OK(sqn_target_variance(out, out_comp, target, 0, b->panels,
                                          (sqn_dmatrix_const){b->w, N_REFERENCE, K, K},
                                          &err),
                      err);
        for (int64_t p = 8; p < N_PIX && c == 1; p++) {
            ck_assert(isfinite(comp[N_PIX + p]) && comp[N_PIX + p] > 10.0F * apart[p]);
        }
        memcpy(apart, comp + N_PIX, sizeof apart);
        sqn_target_destroy(&target);
        destroy_build(b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_alike");
    TCase *tcase = tcase_create("references");

    tcase_add_test(tcase, component_variances_of_references_that_are_nearly_alike);
    tcase_add_test(tcase,
                   component_variances_of_references_that_are_alike_are_large_and_finite);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
