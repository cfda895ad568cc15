/** @file check_target_counts.c @brief New frames: several counts of components in one call. */
#include "sequin/target.h"

#include <math.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_frames.h"

enum {
    K = SQN_FRAMES_K,
    N_FRAME = SQN_FRAMES_N_FRAME,
    N_PIX = SQN_FRAMES_N_PIX,
    N_BASIS = SQN_FRAMES_N_BASIS
};

static sqn_error err;

START_TEST(several_counts_are_each_solved_for_themselves)
{
    sqn_frames *o = sqn_frames_make(1.0, 0.0);
    const sqn_matrix_const counts[3] = {{o->basis, 1, N_PIX, N_PIX},
                                        {sqn_frames_component(o, 1), 3, N_PIX, N_PIX},
                                        {o->basis, K, N_PIX, N_PIX}};
    const sqn_target_basis three = {3, counts, true};
    sqn_target *target = NULL;

    SQN_ASSERT_OK(sqn_target_fit(&target, &three, &o->rows, &err), err);
    for (int64_t c = 0; c < 3; c++) {
        const sqn_target_basis one = {1, &counts[c], true};
        sqn_target *alone = NULL;

        SQN_ASSERT_OK(sqn_target_fit(&alone, &one, &o->rows, &err), err);
        ck_assert_int_eq(sqn_target_coefficients(target, c).cols, counts[c].rows);
        ck_assert_mem_eq(sqn_target_coefficients(target, c).data,
                         sqn_target_coefficients(alone, 0).data,
                         (size_t)(N_FRAME * counts[c].rows) * sizeof(double));
        ck_assert_mem_eq(sqn_target_background(target, c), sqn_target_background(alone, 0),
                         N_FRAME * sizeof(double));
        sqn_target_destroy(&alone);
    }
    sqn_target_destroy(&target);
    free(o);
}
END_TEST

/* Bases cut from one matrix share its Gram matrix; copies of them do not. */
START_TEST(parts_of_a_basis_are_fitted_as_bases_of_their_own)
{
    for (int kind = 0; kind < 3; kind++) {
        static float copies[K][N_BASIS];
        sqn_frames *o = sqn_frames_make(0.8, kind == 1 ? 3.0 : 0.0);
        sqn_matrix_const parts[K], own[K];
        sqn_target *shared = NULL, *single = NULL;

        for (int64_t j = 0; j < K; j++) {
            sqn_frames_component(o, j)[17] = NAN; /* all know it not: one set of pixels */
            sqn_frames_component(o, j)[40 + j] = kind == 2 ? NAN : 0.1F; /* each its own */
        }
        for (int64_t j = 0; j < K; j++) {
            memcpy(copies[j], o->basis, sizeof o->basis);
            parts[j] = (sqn_matrix_const){o->basis, j + 1, N_PIX, N_PIX};
            own[j] = (sqn_matrix_const){copies[j], j + 1, N_PIX, N_PIX};
        }
        const sqn_target_basis a = {K, parts, kind == 1}, b = {K, own, kind == 1};

        SQN_ASSERT_OK(sqn_target_fit(&shared, &a, &o->rows, &err), err);
        SQN_ASSERT_OK(sqn_target_fit(&single, &b, &o->rows, &err), err);
        for (int64_t e = 0; e < INT64_C(1) * K * N_FRAME; e++) {
            const int64_t c = e / N_FRAME, i = e % N_FRAME;
            const sqn_target_record ra = sqn_target_about(shared, c, i);
            const sqn_target_record rb = sqn_target_about(single, c, i);

            ck_assert_int_eq(ra.n_data, rb.n_data);
            ck_assert_double_eq_tol(ra.chi2, rb.chi2, 1e-10 * rb.chi2);
            ck_assert_double_lt(ra.kkt, 1e-10);
            for (int64_t j = 0; j <= c; j++) {
                ck_assert_double_eq_tol(
                    sqn_target_coefficients(shared, c).data[i * (c + 1) + j],
                    sqn_target_coefficients(single, c).data[i * (c + 1) + j], 1e-8);
                ck_assert_double_eq_tol(sqn_target_errors(shared, c).data[i * (c + 1) + j],
                                        sqn_target_errors(single, c).data[i * (c + 1) + j],
                                        1e-8);
            }
        }
        sqn_target_destroy(&shared);
        sqn_target_destroy(&single);
        free(o);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_counts");
    TCase *tcase = tcase_create("fit");

    tcase_add_test(tcase, several_counts_are_each_solved_for_themselves);
    tcase_add_test(tcase, parts_of_a_basis_are_fitted_as_bases_of_their_own);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
