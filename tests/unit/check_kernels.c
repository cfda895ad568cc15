/** @file check_kernels.c @brief Every table of kernels against sums in double. */
#include "kernels.h"

#include <math.h>
#include <string.h>

#include "blas.h"
#include "flush.h"
#include "rng.h"
#include "sqn_check.h"

enum {
    N = 37,
    K = 11,
    T = 128,
    PAIRS = K * (K + 1) / 2,
    WIDER = K + 3,
    NK = N * K,
    KT = K * T,
    NT = N * T,
    NW = N * WIDER
};

static float s[NK], u[KT], x[NT], v[NT], r[NT];

/* Numbers of both signs over `decades` powers of ten; never 0. */
static void fill(float *out, int64_t n, uint64_t stream, double decades)
{
    for (int64_t i = 0; i < n; i++) {
        const double a = (double)sqn__rng_uniform(3, stream, (uint64_t)(2 * i));
        const double b = (double)sqn__rng_uniform(3, stream, (uint64_t)(2 * i + 1));

        out[i] = (float)((a < 0.5 ? -1.0 : 1.0) * pow(10.0, decades * (b - 0.5)));
    }
}

enum { N_TABLE = 3 };

static const sqn__kernels *table(int i)
{
    const sqn__kernels *avx2 = sqn__kernels_avx2_table();
    const sqn__kernels *all[N_TABLE] = {&sqn__kernels_ref_table, &sqn__kernels_cblas,
                                        avx2 != NULL ? avx2 : &sqn__kernels_ref_table};

    return all[i];
}

/* |got - sum| within the rounding of `n` float32 terms whose magnitudes add up to `size`. */
static void near(double got, double sum, double size, int64_t n)
{
    ck_assert_double_le(fabs(got - sum), (double)n * 0x1p-23 * size);
}

static void products_agree(const sqn__kernels *k, double decades)
{
    float out[NT], spread[KT], gather[NK];

    fill(s, NK, 1, decades);
    fill(u, KT, 2, decades);
    fill(x, NT, 3, decades);
    fill(spread, KT, 4, decades);
    fill(gather, NK, 5, decades);
    float spread_before[KT], gather_before[NK];
    memcpy(spread_before, spread, sizeof spread);
    memcpy(gather_before, gather, sizeof gather);
    k->product((sqn_matrix){out, N, T, T}, (sqn_matrix_const){s, N, K, K},
               (sqn_matrix_const){u, K, T, T});
    k->spread((sqn_matrix){spread, K, T, T}, (sqn_matrix_const){s, N, K, K},
              (sqn_matrix_const){x, N, T, T});
    k->gather((sqn_matrix){gather, N, K, K}, (sqn_matrix_const){x, N, T, T},
              (sqn_matrix_const){u, K, T, T});
    for (int64_t i = 0; i < N; i++) {
        for (int64_t t = 0; t < T; t++) {
            double sum = 0.0, size = 0.0;

            for (int64_t a = 0; a < K; a++) {
                sum += (double)s[i * K + a] * u[a * T + t];
                size += fabs((double)s[i * K + a] * u[a * T + t]);
            }
            near(out[i * T + t], sum, size, K);
        }
        for (int64_t a = 0; a < K; a++) {
            double sum = gather_before[i * K + a], size = fabs(sum);

            for (int64_t t = 0; t < T; t++) {
                sum += (double)x[i * T + t] * u[a * T + t];
                size += fabs((double)x[i * T + t] * u[a * T + t]);
            }
            near(gather[i * K + a], sum, size, T);
        }
    }
    for (int64_t a = 0; a < K; a++) {
        for (int64_t t = 0; t < T; t++) {
            double sum = spread_before[a * T + t], size = fabs(sum);

            for (int64_t i = 0; i < N; i++) {
                sum += (double)s[i * K + a] * x[i * T + t];
                size += fabs((double)s[i * K + a] * x[i * T + t]);
            }
            near(spread[a * T + t], sum, size, N);
        }
    }
}

START_TEST(products_agree_with_sums_in_double)
{
    for (int i = 0; i < N_TABLE; i++) {
        products_agree(table(i), 1.0);
        products_agree(table(i), 16.0); /* 16 decades within one sum */
    }
}
END_TEST

START_TEST(views_into_wider_arrays_touch_nothing_else)
{
    for (int i = 0; i < N_TABLE; i++) {
        float wide[NW];

        fill(wide, NW, 6, 1.0);
        fill(x, NT, 3, 1.0);
        fill(u, KT, 2, 1.0);
        float before[NW];
        memcpy(before, wide, sizeof wide);
        table(i)->gather((sqn_matrix){wide, N, K, WIDER}, (sqn_matrix_const){x, N, T, T},
                         (sqn_matrix_const){u, K, T, T});
        for (int64_t j = 0; j < N; j++) {
            for (int64_t a = 0; a < WIDER; a++) {
                const bool same = wide[j * WIDER + a] == before[j * WIDER + a];

                ck_assert_int_eq(same, a >= K);
            }
        }
    }
}
END_TEST

START_TEST(empty_factors_are_products_of_nothing)
{
    for (int i = 0; i < N_TABLE; i++) {
        fill(r, NT, 8, 1.0);
        fill(x, NT, 3, 1.0);
        table(i)->product((sqn_matrix){r, N, T, T}, (sqn_matrix_const){s, N, 0, K},
                          (sqn_matrix_const){u, 0, T, T});
        for (int64_t t = 0; t < NT; t++) {
            ck_assert_float_eq(r[t], 0.0F);
        }
        table(i)->spread((sqn_matrix){u, 0, T, T}, (sqn_matrix_const){s, N, 0, K},
                         (sqn_matrix_const){x, N, T, T});
        table(i)->gather((sqn_matrix){s, N, 0, 0}, (sqn_matrix_const){x, N, T, T},
                         (sqn_matrix_const){u, 0, T, T});
    }
}
END_TEST

START_TEST(pairs_are_products_of_columns)
{
    for (int i = 0; i < N_TABLE; i++) {
        float out[PAIRS * T];

        fill(u, KT, 2, 3.0);
        table(i)->pairs(out, u, K, T);
        for (int64_t b = 0; b < K; b++) {
            for (int64_t a = 0; a <= b; a++) {
                for (int64_t t = 0; t < T; t++) {
                    ck_assert_float_eq(out[(b * (b + 1) / 2 + a) * T + t],
                                       u[a * T + t] * u[b * T + t]);
                }
            }
        }
    }
}
END_TEST

START_TEST(the_weighted_residual_and_its_sum_are_right_for_any_length)
{
    for (int i = 0; i < N_TABLE; i++) {
        for (int64_t n = 1; n < 80; n += 13) {
            float sum_r[80];
            double sum = 0.0;

            fill(r, n, 9, 2.0);
            fill(x, n, 3, 2.0);
            fill(v, n, 10, 2.0);
            for (int64_t t = 0; t < n; t++) {
                v[t] = t % 5 == 0 ? 0.0F : fabsf(v[t]);
            }
            memcpy(sum_r, r, (size_t)n * sizeof *r);
            const double got = table(i)->weigh_sum(sum_r, x, v, n);

            for (int64_t t = 0; t < n; t++) {
                sum += (double)v[t] * ((double)x[t] - r[t]) * ((double)x[t] - r[t]);
            }
            ck_assert_double_eq_tol(got, sum, 1e-6 * sum + 1e-30);
            float expected[80];
            for (int64_t t = 0; t < n; t++) {
                expected[t] = v[t] * (x[t] - r[t]);
            }
            table(i)->weigh(r, x, v, n);
            ck_assert_mem_eq(r, sum_r, (size_t)n * sizeof *r);
            for (int64_t t = 0; t < n; t++) {
                ck_assert_float_le(fabsf(r[t] - expected[t]), 1e-6F * fabsf(expected[t]));
            }
        }
    }
}
END_TEST

static float gram[PAIRS * T], inverse[KT], g[KT], step[T];

/* A problem per lane from random rows; lane 5 has no data at all. */
static sqn__kernels_lanes lanes_of(int64_t n_bounded)
{
    fill(s, NK, 1, 1.0);
    fill(v, NT, 10, 1.0);
    fill(g, KT, 12, 1.0);
    for (int64_t i = 0; i < NK; i++) {
        s[i] = fabsf(s[i]);
    }
    for (int64_t i = 0; i < KT; i++) {
        g[i] *= 30.0F; /* strong enough to reach the bounds */
    }
    for (int64_t b = 0; b < K; b++) {
        for (int64_t a = 0; a <= b; a++) {
            for (int64_t t = 0; t < T; t++) {
                double sum = 0.0;

                for (int64_t i = 0; i < N && t != 5; i++) {
                    sum += fabs((double)v[i * T + t]) * s[i * K + a] * s[i * K + b];
                }
                gram[(b * (b + 1) / 2 + a) * T + t] = (float)sum;
            }
        }
    }
    for (int64_t a = 0; a < K; a++) {
        for (int64_t t = 0; t < T; t++) {
            const float diagonal = gram[(a * (a + 3) / 2) * T + t];

            inverse[a * T + t] = diagonal > 0.0F ? 1.0F / diagonal : 0.0F;
            u[a * T + t] = a % 2 == 0 ? 0.25F : 0.0F;
        }
    }
    return (sqn__kernels_lanes){.k = K,
                                .n_bounded = n_bounded,
                                .n_lane = T,
                                .gram = gram,
                                .inverse = inverse,
                                .g = g,
                                .u = u,
                                .step = step};
}

/* 1/2 d^T G d - g^T d of one lane, d = u - u0, with the first g. */
static double objective(const float *now, const float *first, const float *first_g,
                        int64_t t)
{
    double sum = 0.0;

    for (int64_t a = 0; a < K; a++) {
        const double d = (double)now[a * T + t] - first[a * T + t];

        sum -= d * first_g[a * T + t];
        for (int64_t b = 0; b < K; b++) {
            const int64_t pair = a <= b ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b;
            const double e = (double)now[b * T + t] - first[b * T + t];

            sum += 0.5 * d * gram[pair * T + t] * e;
        }
    }
    return sum;
}

START_TEST(sweeps_descend_keep_the_bound_and_reach_the_minimum)
{
    for (int i = 0; i < N_TABLE; i++) {
        const sqn__kernels_lanes lanes = lanes_of(K - 1);
        float first[KT], first_g[KT];
        double before[T] = {0};
        bool below = false;

        memcpy(first, u, sizeof first);
        memcpy(first_g, g, sizeof first_g);
        for (int sweep = 0; sweep < 2000; sweep++) {
            table(i)->sweep(&lanes);
            for (int64_t t = 0; t < T && sweep < 50; t++) {
                const double now = objective(u, first, first_g, t);

                ck_assert_double_le(now, before[t] + 1e-5 * (fabs(before[t]) + 1.0));
                before[t] = now;
            }
        }
        for (int64_t t = 0; t < T; t++) {
            for (int64_t a = 0; a < K && t != 5; a++) {
                const double slack = (double)g[a * T + t] * inverse[a * T + t];

                ck_assert(a >= K - 1 || u[a * T + t] >= 0.0F);
                below = below || u[a * T + t] < 0.0F;
                ck_assert_double_le(slack, 2e-3); /* no step up is left */
                ck_assert(a < K - 1 && u[a * T + t] <= 0.0F ? 1 : slack > -2e-3);
            }
        }
        ck_assert(below);                   /* the free unknown uses its freedom */
        ck_assert_float_eq(u[5], first[5]); /* nothing moves a lane without data */
    }
}
END_TEST

START_TEST(the_portable_table_is_chosen_when_blas_has_threads)
{
    ck_assert_ptr_eq(sqn__kernels_choose(2), &sqn__kernels_ref_table);
    ck_assert_ptr_ne(sqn__kernels_choose(1), &sqn__kernels_ref_table);
    ck_assert_int_eq(sqn__blas_n_thread(), 1); /* as the test's environment asks */
}
END_TEST

START_TEST(subnormals_are_zero_between_on_and_restore_only)
{
    volatile float tiny = 0x1p-126F;
    const unsigned mode = sqn__flush_on();
    const float flushed = tiny * 0.5F;

    sqn__flush_restore(mode);
    const float kept = tiny * 0.5F;

    ck_assert(!(kept > 0x1p-127F) && kept > 0.0F);
#if defined(__SSE2__)
    ck_assert(!(flushed > 0.0F));
#else
    (void)flushed;
#endif
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tcase = tcase_create("tables");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, products_agree_with_sums_in_double);
    tcase_add_test(tcase, views_into_wider_arrays_touch_nothing_else);
    tcase_add_test(tcase, empty_factors_are_products_of_nothing);
    tcase_add_test(tcase, pairs_are_products_of_columns);
    tcase_add_test(tcase, the_weighted_residual_and_its_sum_are_right_for_any_length);
    tcase_add_test(tcase, sweeps_descend_keep_the_bound_and_reach_the_minimum);
    tcase_add_test(tcase, the_portable_table_is_chosen_when_blas_has_threads);
    tcase_add_test(tcase, subnormals_are_zero_between_on_and_restore_only);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
