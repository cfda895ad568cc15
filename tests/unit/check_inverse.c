/** @file check_inverse.c @brief Inverses side by side against one by one. */
#include "inverse.h"

#include <math.h>

#include "nnls.h"
#include "rng.h"
#include "sqn_check.h"

enum {
    K = 7,
    LANES = SQN__INVERSE_LANES,
    N_PAIR = K * (K + 1) / 2,
    SINGULAR = 5,
    DEPTH = 9
};

static double m[N_PAIR * LANES], active[K * LANES], work[(N_PAIR + 7 * K) * LANES];
static double gram[LANES][K * K];
static uint8_t singular[LANES], set[LANES][K];
static const sqn__inverse_lanes lanes = {K, m, active, 16.0 * K * 2.3e-16, singular, work};

/* Element of the factor whose product with itself is the matrix of a lane. */
static double part(int64_t lane, int64_t a, int64_t i)
{
    const int64_t twin = lane == SINGULAR && a == 4 ? 2 : a; /* two equal rows */

    return (double)sqn__rng_uniform(3, (uint64_t)lane, (uint64_t)(twin * DEPTH + i));
}

static void fill(void)
{
    for (int64_t l = 0; l < LANES; l++) {
        for (int64_t a = 0; a < K; a++) {
            set[l][a] = l % 3 == 0 || (a * 5 + l) % 4 != 0;
            active[a * LANES + l] = set[l][a];
            for (int64_t b = 0; b < K; b++) {
                gram[l][a * K + b] = 0.0;
                for (int64_t i = 0; i < DEPTH; i++) {
                    gram[l][a * K + b] += part(l, a, i) * part(l, b, i);
                }
                m[(a * (a + 1) / 2 + (b <= a ? b : 0)) * LANES + l] = gram[l][a * K + b];
            }
            m[(a * (a + 1) / 2) * LANES + l] = gram[l][a * K];
        }
    }
}

enum { N_TABLE = 3 };

static const sqn__inverse *table_at(int64_t i)
{
    return i == 0   ? &sqn__inverse_base
           : i == 1 ? sqn__inverse_avx2()
                    : sqn__inverse_avx512();
}

static void inverses_agree(const sqn__inverse *table)
{
    static double one[K * K], space[K * (K + 6)];

    fill();
    ck_assert_int_eq(sqn__inverse_work_size(K), sizeof work / sizeof *work);
    table->invert(&lanes);
    for (int64_t l = 0; l < LANES; l++) {
        sqn__nnls_covariance(one, set[l], gram[l], K, space);
        for (int64_t a = 0; a < K && singular[l] == 0; a++) {
            const double size = sqrt(one[a * K + a]);

            for (int64_t b = 0; b <= a; b++) {
                const double d = m[(a * (a + 1) / 2 + b) * LANES + l] - one[a * K + b];

                ck_assert_double_le(fabs(d), 1e-9 * size * sqrt(one[b * K + b]));
            }
        }
    }
}

START_TEST(inverses_are_those_of_single_matrices)
{
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        inverses_agree(table_at(t));
    }
}
END_TEST

/* w m^-1 w^T of one lane, from its inverse. */
static double form(const double *inverse, const double *w)
{
    double sum = 0.0;

    for (int64_t a = 0; a < K; a++) {
        for (int64_t b = 0; b < K; b++) {
            sum += w[a] * inverse[a * K + b] * w[b];
        }
    }
    return sum;
}

static void forms_agree(const sqn__inverse *table, int64_t n)
{
    enum { MOST = 27 }; /* more than two tiles of rows */
    static double one[K * K], space[K * (K + 6)], w[MOST * K];
    static float out[MOST * LANES];
    const sqn__inverse_rows rows = {n, w, 0.25};

    for (int64_t i = 0; i < (int64_t)MOST * K; i++) {
        w[i] = (double)sqn__rng_uniform(5, 0, (uint64_t)i);
    }
    fill();
    active[3 * LANES + 2] = 0.0;
    set[2][3] = 0;
    active[4 * LANES + 7] = NAN;
    table->forms(out, &lanes, &rows);
    for (int64_t l = 0; l < LANES; l++) {
        sqn__nnls_covariance(one, set[l], gram[l], K, space);
        for (int64_t i = 0; i < n && singular[l] == 0; i++) {
            const double wanted = 0.25 * form(one, w + i * K);

            ck_assert_int_eq(isnan(out[i * LANES + l]), l == 7);
            ck_assert(l == 7 || fabs(out[i * LANES + l] - wanted) <= 1e-6 * wanted);
        }
    }
}

START_TEST(forms_are_those_of_inverses)
{
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t n = 1; n <= 27; n++) {
            forms_agree(table_at(t), n);
        }
    }
}
END_TEST

/* Lanes of two numbers with a condition of 1e6: what is lost is what double loses. */
START_TEST(nearly_dependent_rows_keep_their_forms)
{
    static float out[LANES];
    const double w[2] = {1.0, -1.0}; /* along the small axis: 2 / (1 - c) */
    const sqn__inverse_rows rows = {1, w, 1.0};
    const sqn__inverse_lanes two = {2, m, active, 1e-14, singular, work};

    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t l = 0; l < LANES; l++) {
            m[l] = m[INT64_C(2) * LANES + l] = 1.0;
            m[LANES + l] = 1.0 - 2e-6 * (double)(l + 1);
            active[l] = active[LANES + l] = 1.0;
        }
        table_at(t)->forms(out, &two, &rows);
        for (int64_t l = 0; l < LANES; l++) {
            ck_assert_int_eq(singular[l], 0);
            ck_assert_double_eq_tol((double)out[l] * 1e-6 * (double)(l + 1), 1.0, 1e-7);
        }
    }
}
END_TEST

START_TEST(numbers_are_widened_and_rounded)
{
    enum { N = 3, STRIDE = 21 };
    static float in[N * STRIDE], back[N * LANES];

    for (int64_t i = 0; i < (int64_t)N * STRIDE; i++) {
        in[i] = sqn__rng_uniform(6, 0, (uint64_t)i);
    }
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        table_at(t)->widen(work, in, STRIDE, N);
        table_at(t)->narrow(back, work, N);
        for (int64_t e = 0; e < (int64_t)N * LANES; e++) {
            ck_assert(work[e] == (double)in[e / LANES * STRIDE + e % LANES]);
            ck_assert(back[e] == in[e / LANES * STRIDE + e % LANES]);
        }
        work[1] = 1.0 + 1e-9;
        table_at(t)->narrow(back, work, 1);
        ck_assert(back[1] == 1.0F);
    }
}
END_TEST

START_TEST(pairs_are_products)
{
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t i = 0; i < (int64_t)K * LANES; i++) {
            active[i] = (double)sqn__rng_uniform(4, 0, (uint64_t)i);
        }
        table_at(t)->pairs(m, active, K);
        for (int64_t i = 0; i < (int64_t)K * K * LANES; i++) {
            const int64_t a = i / LANES / K, b = i / LANES % K, l = i % LANES;

            if (b <= a) {
                ck_assert(m[(a * (a + 1) / 2 + b) * LANES + l] ==
                          active[a * LANES + l] * active[b * LANES + l]);
            }
        }
    }
}
END_TEST

START_TEST(a_lost_pivot_is_told_and_hurts_no_other_lane)
{
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        fill();
        active[2 * LANES + SINGULAR] = active[4 * LANES + SINGULAR] = 1.0;
        table_at(t)->invert(&lanes);
        for (int64_t l = 0; l < LANES; l++) {
            ck_assert_int_eq(singular[l], l == SINGULAR);
            ck_assert(isfinite(m[INT64_C(3) * LANES + l]));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inverse");
    TCase *tcase = tcase_create("lanes");

    tcase_add_test(tcase, inverses_are_those_of_single_matrices);
    tcase_add_test(tcase, forms_are_those_of_inverses);
    tcase_add_test(tcase, nearly_dependent_rows_keep_their_forms);
    tcase_add_test(tcase, numbers_are_widened_and_rounded);
    tcase_add_test(tcase, pairs_are_products);
    tcase_add_test(tcase, a_lost_pivot_is_told_and_hurts_no_other_lane);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
