/** @file check_target_together.c @brief Bases that are fitted together, and those that hardly differ. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "rng.h"
#include "sequin/target.h"
#include "sqn_check.h"

enum {
    N_BASIS = 14, /* 105 components: more than one batch holds */
    N_FRAME = 5,
    N_PIX = 1200, /* two sections, the last with a part of a block */
    N_ROW = N_BASIS * (N_BASIS + 1) / 2,
    N_NUMBER = N_ROW * N_PIX,
    N_DATA = N_FRAME * N_PIX
};

static sqn_error err;

static double uniform(uint64_t stream, int64_t i)
{
    return (double)sqn__rng_uniform(91, stream, (uint64_t)i);
}

/* Bases of 1, 2, 3, ... components, each with its own numbers, and frames. */
typedef struct scene {
    float basis[N_NUMBER], value[N_DATA], weight[N_DATA];
    sqn_matrix_const bases[N_BASIS];
    sqn_rows_pair pair;
} scene;

static scene *make(void)
{
    scene *o = sqn__mem_alloc(1, sizeof *o);
    float *basis = NULL;

    ck_assert_ptr_nonnull(o);
    basis = o->basis;
    for (int64_t e = 0; e < N_NUMBER; e++) {
        basis[e] = (float)(0.1 + uniform(1, e));
    }
    for (int64_t c = 0; c < N_BASIS; c++) {
        o->bases[c] = (sqn_matrix_const){basis, c + 1, N_PIX, N_PIX};
        basis[c * 37] = c % 3 == 0 ? NAN : basis[c * 37]; /* not the same for all */
        basis += (c + 1) * N_PIX;
    }
    for (int64_t e = 0; e < N_DATA; e++) {
        o->value[e] = (float)(3.0 + uniform(2, e) + o->basis[N_NUMBER - 1 - e % N_PIX]);
        o->weight[e] = uniform(3, e) < 0.1 ? 0.0F : (float)(0.5 + uniform(4, e));
    }
    o->pair = (sqn_rows_pair){{o->value, N_FRAME, N_PIX, N_PIX},
                              {o->weight, N_FRAME, N_PIX, N_PIX}};
    return o;
}

static sqn_target *fit(const scene *o, const sqn_target_basis *of, int n_thread)
{
    const sqn_rows rows = sqn_rows_dense(&o->pair);
    const int before = omp_get_max_threads();
    sqn_target *target = NULL;

    omp_set_num_threads(n_thread);
    SQN_ASSERT_OK(sqn_target_fit(&target, of, &rows, &err), err);
    omp_set_num_threads(before);
    return target;
}

/* Basis `c` of one fit is to the bit the only basis of another. */
static void assert_same(const sqn_target *all, int64_t c, const sqn_target *alone)
{
    const size_t size = (size_t)(N_FRAME * (c + 1)) * sizeof(double);

    ck_assert_mem_eq(sqn_target_coefficients(all, c).data,
                     sqn_target_coefficients(alone, 0).data, size);
    for (int64_t i = 0; i < N_FRAME; i++) {
        const sqn_target_record one = sqn_target_about(all, c, i);
        const sqn_target_record other = sqn_target_about(alone, 0, i);

        ck_assert(one.n_data > 0 && one.n_data == other.n_data);
        ck_assert(one.chi2 == other.chi2 && one.kkt == other.kkt);
        for (int64_t j = 0; j <= c; j++) {
            const int64_t e = i * (c + 1) + j;
            const double sigma = sqn_target_errors(all, c).data[e];

            ck_assert(sigma >= 0.0 && sigma == sqn_target_errors(alone, 0).data[e]);
        }
    }
}

START_TEST(bases_fitted_together_are_fitted_as_if_alone)
{
    const bool background = _i == 1;
    scene *o = make();
    const sqn_target_basis together = {N_BASIS, o->bases, background};
    sqn_target *all = fit(o, &together, 3);

    for (int64_t c = 0; c < N_BASIS; c++) {
        const sqn_target_basis one = {1, &o->bases[c], background};
        sqn_target *alone = fit(o, &one, 1);

        assert_same(all, c, alone);
        sqn_target_destroy(&alone);
    }
    sqn_target_destroy(&all);
    sqn__mem_free(o);
}
END_TEST

/* Of one frame and two components: [2] without bounds, from sums in long double. */
static void solve_reference(double w[2], const float *h, const float *x, const float *v)
{
    long double g00 = 0.0L, g01 = 0.0L, g11 = 0.0L, b0 = 0.0L, b1 = 0.0L;

    for (int64_t p = 0; p < N_PIX; p++) {
        const long double a = h[p], b = h[N_PIX + p], weight = v[p];

        g00 += weight * a * a;
        g01 += weight * a * b;
        g11 += weight * b * b;
        b0 += weight * a * (long double)x[p];
        b1 += weight * b * (long double)x[p];
    }
    const long double det = g00 * g11 - g01 * g01;

    w[0] = (double)((g11 * b0 - g01 * b1) / det);
    w[1] = (double)((g00 * b1 - g01 * b0) / det);
}

/* With a share of 1e-3 the condition of G is above 1e7: sums in float would leave nothing. */
START_TEST(components_that_hardly_differ_have_the_coefficients_of_exact_sums)
{
    static const double shares[] = {1.0, 0.1, 1e-2, 1e-3};
    static float h[2 * N_PIX], x[N_DATA], v[N_DATA];
    const sqn_matrix_const basis = {h, 2, N_PIX, N_PIX};
    const sqn_target_basis of = {1, &basis, false};
    const sqn_rows_pair pair = {{x, N_FRAME, N_PIX, N_PIX}, {v, N_FRAME, N_PIX, N_PIX}};
    const sqn_rows rows = sqn_rows_dense(&pair);

    for (int s = 0; s < 4; s++) {
        const double share = shares[s], tolerance = 3e-14 / (share * share);
        sqn_target *target = NULL;

        for (int64_t p = 0; p < N_PIX; p++) {
            h[p] = (float)(0.5 + uniform(5, p));
            h[N_PIX + p] = (float)((double)h[p] * (1.0 + share * (uniform(6, p) - 0.5)));
        }
        for (int64_t e = 0; e < N_DATA; e++) {
            const double noise = share * (uniform(7, e) - 0.5);

            x[e] = (float)(2.385 * h[e % N_PIX] + 1.7 * h[N_PIX + e % N_PIX] + noise);
            v[e] = (float)(0.5 + uniform(8, e));
        }
        SQN_ASSERT_OK(sqn_target_fit(&target, &of, &rows, &err), err);
        for (int64_t i = 0; i < N_FRAME; i++) {
            const double *w = sqn_target_coefficients(target, 0).data + 2 * i;
            double expected[2];

            solve_reference(expected, h, x + i * N_PIX, v + i * N_PIX);
            ck_assert(expected[0] > 1.0 && expected[1] > 1.0);
            ck_assert_double_eq_tol(w[0], expected[0], tolerance);
            ck_assert_double_eq_tol(w[1], expected[1], tolerance);
        }
        sqn_target_destroy(&target);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_together");
    TCase *tcase = tcase_create("fit");

    tcase_add_loop_test(tcase, bases_fitted_together_are_fitted_as_if_alone, 0, 2);
    tcase_add_test(tcase,
                   components_that_hardly_differ_have_the_coefficients_of_exact_sums);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
