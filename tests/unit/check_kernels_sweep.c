/** @file check_kernels_sweep.c @brief Coordinate descent over lanes, every table of kernels. */
#include "kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_kernels.h"

enum {
    N = 37,
    K = 11,
    T = SQN__KERNELS_WIDTH,
    PAIRS = K * (K + 1) / 2,
    NK = N * K,
    KT = K * T,
    NT = N * T
};

static float s[NK], u[KT], v[NT];
static float gram[PAIRS * T], packed[(PAIRS + K) * T], g[KT],
    work[4 * K * SQN__KERNELS_PART];

/* A problem per lane from random rows; lane 5 has no data at all. */
static sqn__kernels_lanes lanes_of(const sqn__kernels *kernels, int64_t n_bounded)
{
    sqn_kernels_fill(s, NK, 1, 1.0);
    sqn_kernels_fill(v, NT, 10, 1.0);
    sqn_kernels_fill(g, KT, 12, 1.0);
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
            u[a * T + t] = a % 2 == 0 ? 0.25F : 0.0F;
        }
    }
    kernels->pack(packed, gram, K, 0.0F);
    return (sqn__kernels_lanes){K, n_bounded, packed, g, u, work};
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
    const sqn__kernels_lanes lanes = lanes_of(sqn_kernels_at(_i), K - 1);
    float first[KT], first_g[KT];
    double before[T] = {0};
    bool below = false;

    memcpy(first, u, sizeof first);
    memcpy(first_g, g, sizeof first_g);
    for (int sweep = 0; sweep < 2000; sweep++) {
        sqn_kernels_at(_i)->descend(&lanes, 1);
        for (int64_t t = 0; t < T && sweep < 50; t++) {
            const double now = objective(u, first, first_g, t);

            ck_assert_double_le(now, before[t] + 1e-5 * (fabs(before[t]) + 1.0));
            before[t] = now;
        }
    }
    for (int64_t t = 0; t < T; t++) {
        for (int64_t a = 0; a < K && t != 5; a++) {
            const double slack =
                (double)g[a * T + t] * packed[sqn__kernels_packed_inverse(K, a, t)];

            ck_assert(a >= K - 1 || u[a * T + t] >= 0.0F);
            below = below || u[a * T + t] < 0.0F;
            ck_assert_double_le(slack, 2e-3); /* no step up is left */
            ck_assert(a < K - 1 && u[a * T + t] <= 0.0F ? 1 : slack > -2e-3);
        }
    }
    ck_assert(below);                   /* the free unknown uses its freedom */
    ck_assert_float_eq(u[5], first[5]); /* nothing moves a lane without data */
}
END_TEST

/* Diagonal 4 and small numbers beside it: k problems that differ from lane to lane. */
static void fill_easy(int64_t k, float *easy)
{
    sqn_kernels_fill(easy, k * (k + 1) / 2 * T, 20, 1.0);
    for (int64_t i = 0; i < k * (k + 1) / 2 * T; i++) {
        easy[i] *= 0.05F;
    }
    for (int64_t a = 0; a < k; a++) {
        for (int64_t t = 0; t < T; t++) {
            easy[(a * (a + 3) / 2) * T + t] += 4.0F;
        }
    }
}

START_TEST(few_and_many_unknowns_go_where_plain_loops_go)
{
    enum { MOST = 24, MOST_PAIRS = MOST * (MOST + 1) / 2, MANY_T = MOST * T };
    static float easy[MOST_PAIRS * T], easy_packed[(MOST_PAIRS + MOST) * T];
    static float u_of[2][MANY_T], g_of[2][MANY_T], work_of[4 * MOST * SQN__KERNELS_PART];
    const int64_t counts[] = {1, 2, 3, 4, 5, 11, 20, 21, MOST};

    ck_assert_int_le(sqn__kernels_descend_work(MOST), sizeof work_of / sizeof work_of[0]);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const int64_t k = counts[i];

        fill_easy(k, easy);
        for (int which = 0; which < 2; which++) {
            const sqn__kernels *kernels =
                which == 0 ? &sqn__kernels_ref_table : sqn_kernels_at(_i);
            const sqn__kernels_lanes lanes = {k,           k - 1,       easy_packed,
                                              g_of[which], u_of[which], work_of};

            sqn_kernels_fill(g_of[which], k * T, 21, 1.0);
            memset(u_of[which], 0, sizeof u_of[which]);
            kernels->pack(easy_packed, easy, k, 1e-3F);
            kernels->descend(&lanes, 5);
        }
        for (int64_t e = 0; e < k * T; e++) {
            ck_assert_float_eq_tol(u_of[1][e], u_of[0][e],
                                   1e-5F * (1.0F + fabsf(u_of[0][e])));
            ck_assert_float_eq_tol(g_of[1][e], g_of[0][e], 1e-4F);
        }
    }
}
END_TEST

START_TEST(packed_problems_are_the_gram_matrices_with_the_proximal_term)
{
    enum { N_PACKED = PAIRS + K, PART = SQN__KERNELS_PART };

    (void)lanes_of(sqn_kernels_at(_i), K);
    sqn_kernels_at(_i)->pack(packed, gram, K, 0.01F);
    for (int64_t t = 0; t < T; t++) {
        const float *lane = packed + t / PART * PART * N_PACKED + t % PART;
        double mean = 0.0;

        for (int64_t a = 0; a < K; a++) {
            mean += (double)gram[a * (a + 3) / 2 * T + t] / K;
        }
        for (int64_t b = 0; b < K; b++) {
            for (int64_t a = 0; a < b; a++) {
                ck_assert_float_eq(lane[(b * (b + 1) / 2 + a) * PART],
                                   gram[(b * (b + 1) / 2 + a) * T + t]);
            }
            const double diagonal = (double)gram[b * (b + 3) / 2 * T + t] + 0.01 * mean;
            const double inverse = (double)packed[sqn__kernels_packed_inverse(K, b, t)];

            ck_assert_double_eq_tol((double)lane[b * (b + 3) / 2 * PART], diagonal,
                                    1e-6 * diagonal + 1e-30);
            ck_assert_double_eq_tol(inverse, t == 5 ? 0.0 : 1.0 / diagonal,
                                    1e-6 * inverse + 1e-30);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels_sweep");
    TCase *tcase = tcase_create("tables");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, few_and_many_unknowns_go_where_plain_loops_go, 0,
                        SQN_N_KERNELS);
    tcase_add_loop_test(tcase, sweeps_descend_keep_the_bound_and_reach_the_minimum, 0,
                        SQN_N_KERNELS);
    tcase_add_loop_test(tcase, packed_problems_are_the_gram_matrices_with_the_proximal_term,
                        0, SQN_N_KERNELS);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
