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
    NT = N * T,
    HELD = 2 * T, /* row of the unknown that is held */
    PACKED = (2 * K + (K * (K - 1) / 2 + 1) / 2) * T,
    SIZES = K * SQN__KERNELS_PART /* from the scales of packed problems to the sizes */
};

static float s[NK], u[KT], v[NT];
static float gram[PAIRS * T], packed[PACKED], g[KT], next[KT], to[KT],
    work[2 * (PAIRS + 3 * K) * SQN__KERNELS_PART];

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
    return (sqn__kernels_lanes){K, n_bounded, packed, g, u, to, work};
}

/* 1/2 d^T G d - g^T d of one lane of k unknowns, d = now - from. */
static double objective(const float *matrix, const float *grad, const float *from,
                        const float *now, int64_t k, int64_t t)
{
    double sum = 0.0;

    for (int64_t a = 0; a < k; a++) {
        const double d = (double)now[a * T + t] - from[a * T + t];

        sum -= d * grad[a * T + t];
        for (int64_t b = 0; b < k; b++) {
            const int64_t pair = a <= b ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b;
            const double e = (double)now[b * T + t] - from[b * T + t];

            sum += 0.5 * d * matrix[pair * T + t] * e;
        }
    }
    return sum;
}

/* g - G d of unknown `a` in a lane. */
static double gradient_of(const float *now, int64_t a, int64_t t)
{
    double sum = (double)g[a * T + t];

    for (int64_t b = 0; b < K; b++) {
        const int64_t pair = a <= b ? b * (b + 1) / 2 + a : a * (a + 1) / 2 + b;

        sum -= gram[pair * T + t] * ((double)now[b * T + t] - u[b * T + t]);
    }
    return sum;
}

START_TEST(sweeps_descend_keep_the_bound_and_reach_the_minimum)
{
    const sqn__kernels_lanes lanes = lanes_of(sqn_kernels_at(_i), K - 1);
    double before[T] = {0};
    bool below = false;

    for (int sweep = 1; sweep < 50; sweep++) {
        sqn_kernels_at(_i)->descend(&lanes, sweep);
        for (int64_t t = 0; t < T; t++) {
            const double now = objective(gram, g, u, to, K, t);

            ck_assert_double_le(now, before[t] + 1e-5 * (fabs(before[t]) + 1.0));
            before[t] = now;
        }
    }
    for (int visit = 0; visit < 20; visit++) { /* with the gradient formed anew */
        sqn_kernels_at(_i)->descend(&lanes, 100);
        for (int64_t i = 0; i < KT; i++) {
            next[i] = (float)gradient_of(to, i / T, i % T);
        }
        memcpy(g, next, sizeof g);
        memcpy(u, to, sizeof u);
    }
    for (int64_t t = 0; t < T; t++) {
        for (int64_t a = 0; a < K && t != 5; a++) {
            const double size = sqrt((double)gram[a * (a + 3) / 2 * T + t]);
            const double left = gradient_of(u, a, t) / size;

            ck_assert(a >= K - 1 || u[a * T + t] >= 0.0F);
            below = below || u[a * T + t] < 0.0F;
            ck_assert_double_le(left, 2e-3); /* no step up is left */
            ck_assert(a < K - 1 && u[a * T + t] <= 0.0F ? 1 : left > -2e-3);
        }
    }
    ck_assert(below);                 /* the free unknown uses its freedom */
    ck_assert_float_eq(to[5], 0.25F); /* nothing moves a lane without data */
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
    static float easy[MOST_PAIRS * T], easy_packed[(2 * MOST + MOST * (MOST - 1) / 4) * T];
    static float from[MANY_T], g_of[MANY_T], to_of[2][MANY_T],
        work_of[2 * (MOST_PAIRS + 3 * MOST) * SQN__KERNELS_PART];
    const int64_t counts[] = {1, 2, 3, 4, 5, 11, 20, 21, MOST};

    ck_assert_int_le(sqn__kernels_descend_work(MOST), sizeof work_of / sizeof work_of[0]);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const int64_t k = counts[i];

        fill_easy(k, easy);
        for (int which = 0; which < 2; which++) {
            const sqn__kernels *kernels =
                which == 0 ? &sqn__kernels_ref_table : sqn_kernels_at(_i);
            const sqn__kernels_lanes lanes = {k,    k - 1,        easy_packed, g_of,
                                              from, to_of[which], work_of};

            sqn_kernels_fill(g_of, k * T, 21, 1.0);
            sqn_kernels_fill(from, k * T, 22, 1.0);
            for (int64_t e = 0; e < (k - 1) * T; e++) { /* the last has no bound */
                from[e] = fmaxf(from[e], 0.0F);
            }
            kernels->pack(easy_packed, easy, k, 1e-3F);
            kernels->descend(&lanes, 5);
        }
        for (int64_t e = 0; e < k * T; e++) {
            ck_assert_float_eq_tol(to_of[1][e], to_of[0][e],
                                   2e-5F * (1.0F + fabsf(to_of[0][e])));
        }
    }
}
END_TEST

/* Problems of nearly the same columns, from `n` rows; two of them are exactly the same. */
static void fill_alike(float *alike, int64_t k, double apart)
{
    for (int64_t t = 0; t < T; t++) {
        for (int64_t b = 0; b < k; b++) {
            for (int64_t a = 0; a <= b; a++) {
                double sum = 0.0;

                for (uint64_t j = 0; j < 40; j++) {
                    const uint64_t row = 40 * (uint64_t)t + j;
                    const double base = 1.0 + sqn__rng_uniform_double(5, 1, row);
                    const uint64_t first = a == 1 ? 0 : (uint64_t)a;
                    const uint64_t second = b == 1 ? 0 : (uint64_t)b;
                    const double left = sqn__rng_uniform_double(5, 2 + first, row);
                    const double right = sqn__rng_uniform_double(5, 2 + second, row);

                    sum += (base + apart * left) * (base + apart * right);
                }
                alike[(b * (b + 1) / 2 + a) * T + t] = (float)sum;
            }
        }
    }
}

START_TEST(rounded_pairs_of_nearly_the_same_columns_lead_down)
{
    enum {
        MANY = 24,
        MANY_PAIRS = MANY * (MANY + 1) / 2,
        MANY_T = MANY * T,
        BOUND_T = MANY_T - T
    };
    static float alike[MANY_PAIRS * T], many_packed[(2 * MANY + MANY * (MANY - 1) / 4) * T];
    static float grad[MANY_T], from[MANY_T], end[MANY_T];
    static float many_work[2 * (MANY_PAIRS + 3 * MANY) * SQN__KERNELS_PART];
    const double apart[] = {1e-1, 1e-3, 0.0};
    const sqn__kernels_lanes lanes = {MANY, MANY - 1, many_packed, grad,
                                      from, end,      many_work};

    for (int i = 0; i < 3; i++) {
        fill_alike(alike, MANY, apart[i]);
        sqn_kernels_fill(grad, MANY_T, 31, 1.0);
        sqn_kernels_fill(from, MANY_T, 32, 1.0);
        for (int64_t e = 0; e < BOUND_T; e++) {
            from[e] = fmaxf(from[e], 0.0F);
        }
        sqn_kernels_at(_i)->pack(many_packed, alike, MANY, 1e-7F);
        for (int n_sweep = 5; n_sweep <= 10; n_sweep += 5) {
            sqn_kernels_at(_i)->descend(&lanes, n_sweep);
            for (int64_t t = 0; t < T; t++) {
                ck_assert_double_lt(objective(alike, grad, from, end, MANY, t), 0.0);
            }
        }
    }
}
END_TEST

START_TEST(an_unknown_whose_diagonal_is_rounding_stays_where_it_is)
{
    const float diagonals[] = {0.0F, -6e-6F, -1.0F};
    const sqn__kernels_lanes lanes = lanes_of(sqn_kernels_at(_i), K);

    for (int64_t t = 0; t < T; t++) {
        gram[HELD + t] = diagonals[t % 3]; /* of unknown 1 */
    }
    sqn_kernels_at(_i)->pack(packed, gram, K, 0.0F);
    sqn_kernels_at(_i)->descend(&lanes, 3);
    for (int64_t i = 0; i < KT; i++) {
        ck_assert(isfinite(to[i]));
        ck_assert(i / T != 1 || (to[i] <= u[i] && to[i] >= u[i]));
    }
    ck_assert(to[0] < u[0] || to[0] > u[0]);
}
END_TEST

/* Row `row` of 16-bit pairs of lane `t`. */
static int16_t pair_at(const float *from, int64_t k, int64_t row, int64_t t)
{
    enum { PART = SQN__KERNELS_PART };
    const int64_t first = t / PART * PART * sqn__kernels_packed_rows(k) + 2 * k * PART;
    int16_t pair;

    memcpy(&pair, (const char *)(from + first) + (row * PART + t % PART) * 2, sizeof pair);
    return pair;
}

START_TEST(packed_problems_are_the_scaled_gram_matrices_with_the_proximal_term)
{
    (void)lanes_of(sqn_kernels_at(_i), K);
    for (int64_t t = 0; t < T; t++) {
        gram[T + t] *= t % 3 == 0 ? -1.0F : 1.0F;
        gram[INT64_C(4) * T + t] *=
            t % 5 == 0 ? 100.0F : 1.0F; /* what cannot be, stays inside */
    }
    sqn_kernels_at(_i)->pack(packed, gram, K, 0.01F);
    for (int64_t t = 0; t < T; t++) {
        double mean = 0.0, scale[K];

        for (int64_t a = 0; a < K; a++) {
            mean += (double)gram[a * (a + 3) / 2 * T + t] / K;
        }
        for (int64_t b = 0; b < K; b++) {
            const double diagonal = (double)gram[b * (b + 3) / 2 * T + t] + 0.01 * mean;
            const int64_t at = sqn__kernels_packed_scale(K, b, t);

            scale[b] = t == 5 ? 0.0 : 1.0 / sqrt(diagonal);
            ck_assert_double_eq_tol(packed[at], scale[b], 1e-6 * scale[b] + 1e-30);
            ck_assert_double_eq_tol(packed[at + SIZES], sqrt(diagonal),
                                    1e-6 * sqrt(diagonal) + 1e-30);
            for (int64_t a = 0; a < b; a++) {
                const double pair = (double)gram[(b * (b + 1) / 2 + a) * T + t];
                const double scaled = 32768.0 * pair * scale[a] * scale[b];
                const double inside = fmax(fmin(scaled, 32767.0), -32767.0);

                ck_assert_double_eq_tol(pair_at(packed, K, b * (b - 1) / 2 + a, t), inside,
                                        0.51);
            }
        }
    }
}
END_TEST

START_TEST(what_has_no_scale_stays_where_it_is)
{
    const sqn__kernels_lanes lanes = lanes_of(sqn_kernels_at(_i), K);

    for (int64_t t = 0; t < T; t += 2) {
        packed[sqn__kernels_packed_scale(K, 2, t)] = 0.0F;
    }
    sqn_kernels_at(_i)->descend(&lanes, 3);
    for (int64_t t = 0; t < T; t++) {
        const bool moved = to[HELD + t] < u[HELD + t] || to[HELD + t] > u[HELD + t];

        ck_assert_int_eq(moved, t % 2 == 1 && t != 5);
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
    tcase_add_loop_test(tcase,
                        packed_problems_are_the_scaled_gram_matrices_with_the_proximal_term,
                        0, SQN_N_KERNELS);
    tcase_add_loop_test(tcase, what_has_no_scale_stays_where_it_is, 0, SQN_N_KERNELS);
    tcase_add_loop_test(tcase, an_unknown_whose_diagonal_is_rounding_stays_where_it_is, 0,
                        SQN_N_KERNELS);
    tcase_add_loop_test(tcase, rounded_pairs_of_nearly_the_same_columns_lead_down, 0,
                        SQN_N_KERNELS);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
