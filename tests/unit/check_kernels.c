/** @file check_kernels.c @brief Every table of kernels against sums in double. */
#include "kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "flush.h"
#include "sqn_check.h"
#include "sqn_kernels.h"

enum {
    N = 37,
    K = 27, /* taller than two tiles of any table */
    T = SQN__KERNELS_WIDTH,
    PAIRS = K * (K + 1) / 2,
    COLUMNS = 48, /* N, aligned */
    WIDER = COLUMNS + 16,
    NK = N * K,
    KN = K * WIDER,
    KT = K * T,
    NT = N * T,
    TN = T * WIDER,
    WORK = (SQN__KERNELS_ROWS * K + 2 * SQN__KERNELS_PART) * SQN__KERNELS_PART
};

static float s[NK], u[KT], x[NT], v[NT];

/* |got - sum| within the rounding of `n` float32 terms whose magnitudes add up to `size`. */
static void near(double got, double sum, double size, int64_t n)
{
    const double off = fabs(got - sum), limit = (double)(n + 1) * 0x1p-23 * size;

    if (!(off <= limit)) { /* an assertion takes a thousand times longer */
        ck_assert_double_le(off, limit);
    }
}

/* One sum of products in double: terms a[i] b[i], and their magnitudes. */
typedef struct exact {
    double sum, size;
} exact;

static exact add(exact to, double a, double b)
{
    return (exact){to.sum + a * b, to.size + fabs(a * b)};
}

/* v o (x - s u) of an element, and the size of what rounds in it; s [n, K]. */
static exact weighted(int64_t j, int64_t t, int64_t k)
{
    exact model = {0.0, 0.0};

    for (int64_t a = 0; a < k; a++) {
        model = add(model, s[j * K + a], u[a * T + t]);
    }
    const double weight = v[j * T + t], value = x[j * T + t];

    return (exact){weight * (value - model.sum), weight * (fabs(value) + model.size)};
}

/* Those of n rows, once for all comparisons. */
static exact expected[NT];

static void expect(int64_t n, int64_t k)
{
    sqn_kernels_fill(s, NK, 1, 2.0);
    for (int64_t i = 0; i < n * T; i++) {
        expected[i] = weighted(i / T, i % T, k);
    }
}

static void spread_agrees(const sqn__kernels *kernels, int64_t n, int64_t k, bool to)
{
    static float out[KT], before[KT];
    sqn__kernels_ahead ahead = sqn__kernels_look_ahead(x, v, NT);

    sqn_kernels_fill(s, NK, 1, 2.0);
    sqn_kernels_fill(before, KT, 4, 2.0);
    memcpy(out, before, sizeof out);
    kernels->spread(out, (sqn_matrix_const){s, n, k, K}, x, to, &ahead);
    for (int64_t i = 0; i < KT; i++) {
        exact sum = add((exact){0.0, 0.0}, before[i], to || i >= k * T ? 1.0 : 0.0);

        for (int64_t j = 0; j < n && i < k * T; j++) {
            sum = add(sum, s[j * K + i / T], x[j * T + i % T]);
        }
        near(out[i], sum.sum, i < k * T ? sum.size : 0.0, n);
    }
}

static void gather_agrees(const sqn__kernels *kernels, int64_t n, int64_t k)
{
    static float out[KN], before[KN], work[TN];
    sqn__kernels_ahead ahead = sqn__kernels_look_ahead(x, v, 1000);

    ck_assert_int_le(sqn__kernels_gather_work(n), TN);
    sqn_kernels_fill(work, TN, 5, 2.0);
    sqn_kernels_fill(before, KN, 6, 2.0);
    memcpy(out, before, sizeof out);
    kernels->gather((sqn_matrix){out, k, n, WIDER}, u, x, work, &ahead);
    for (int64_t i = 0; i < KN; i++) {
        const int64_t a = i / WIDER, j = i % WIDER;
        exact sum = add((exact){0.0, 0.0}, before[i], 1.0);

        for (int64_t t = 0; t < T && a < k && j < n; t++) {
            sum = add(sum, u[a * T + t], x[j * T + t]);
        }
        if (j < n || j >= sqn__kernels_aligned(n)) {
            near(out[i], sum.sum, a < k && j < n ? sum.size : 0.0, T);
        }
    }
}

static void along_agrees(const sqn__kernels *kernels, int64_t n, int64_t k)
{
    static float out[KT], before[KT];
    const sqn__kernels_fit fit = {x, v, u, {s, n, k, K}};
    sqn__kernels_ahead ahead = sqn__kernels_look_ahead(x, v, NT);

    sqn_kernels_fill(before, KT, 4, 2.0);
    memcpy(out, before, sizeof out);
    kernels->along(out, &fit, &ahead);
    for (int64_t i = 0; i < KT; i++) {
        exact sum = {before[i], fabs((double)before[i])};

        for (int64_t j = 0; j < n && i < k * T; j++) {
            const exact one = expected[j * T + i % T];

            sum.sum += s[j * K + i / T] * one.sum;
            sum.size += fabs(s[j * K + i / T] * one.size);
        }
        near(out[i], sum.sum, i < k * T ? sum.size : 0.0, n + k);
    }
}

/* What across() adds to c [n, k] in a row, and to the sums of what is positive. */
static void across_agrees(const sqn__kernels *kernels, int64_t n, int64_t k, bool positive)
{
    static double c[NK], before[NK], above[N];
    static float work[WORK];
    const sqn__kernels_fit fit = {x, v, u, {s, n, k, K}};
    const sqn__kernels_sums to = {c, positive ? above : NULL, work};
    double chi2 = 0.0;

    for (int64_t i = 0; i < NK; i++) {
        before[i] = c[i] = 0.25 * (double)(i % 7) - 1.0;
    }
    for (int64_t j = 0; j < N; j++) {
        above[j] = 2.385;
    }
    ck_assert_int_le(sqn__kernels_across_work(k), WORK);
    sqn_kernels_fill(work, WORK, 7, 2.0);
    const double got = kernels->across(&to, &fit, NULL);

    for (int64_t j = 0; j < N; j++) {
        exact sum = {2.385, 2.385};

        for (int64_t t = 0; t < T && j < n; t++) {
            const exact one = expected[j * T + t];
            const double weight = v[j * T + t];

            chi2 += weight > 0.0 ? one.sum * one.sum / weight : 0.0;
            sum.sum += positive ? fmax(one.sum, 0.0) : 0.0;
            sum.size += positive ? fabs(one.size) : 0.0;
        }
        near(above[j], sum.sum, j < n ? sum.size : 0.0, T + k);
    }
    for (int64_t i = 0; i < NK; i++) { /* and nothing after the rows */
        exact sum = {before[i], fabs(before[i])};

        for (int64_t t = 0; t < T && i < n * k; t++) {
            const exact one = expected[i / k * T + t];

            sum.sum += one.sum * u[i % k * T + t];
            sum.size += fabs(one.size * u[i % k * T + t]);
        }
        near(c[i], sum.sum, i < n * k ? sum.size : 0.0, T + k);
    }
    ck_assert_double_eq_tol(got, chi2, 1e-5 * chi2);
}

START_TEST(products_agree_with_sums_in_double_for_any_size)
{
    const sqn__kernels *kernels = sqn_kernels_at(_i);
    const int64_t sizes[] = {1, 3, 6, 12, 16, 18, 19, 20, 31, N};

    sqn_kernels_fill(u, KT, 2, 2.0);
    sqn_kernels_fill(x, NT, 3, 2.0);
    sqn_kernels_fill(v, NT, 10, 2.0);
    for (int64_t i = 0; i < NT; i++) {
        v[i] = i % 5 == 0 ? 0.0F : fabsf(v[i]);
    }
    for (int64_t k = 0; k <= K; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            if (k < 14 || sizes[i] == N) {
                expect(sizes[i], k);
                spread_agrees(kernels, sizes[i], k, i % 2 == 0);
                gather_agrees(kernels, sizes[i], k);
                along_agrees(kernels, sizes[i], k);
                across_agrees(kernels, sizes[i], k, i % 2 == 0);
            }
        }
    }
}
END_TEST

START_TEST(a_turned_block_is_the_block_and_then_zero)
{
    static float out[TN];

    sqn_kernels_fill(x, NT, 3, 1.0);
    memset(out, 0x7f, sizeof out);
    sqn_kernels_at(_i)->turn((sqn_matrix){out, T, COLUMNS, WIDER}, x, N);
    for (int64_t t = 0; t < T; t++) {
        for (int64_t j = 0; j < WIDER; j++) {
            const float got = out[t * WIDER + j];

            ck_assert(j < N         ? got == x[j * T + t]
                      : j < COLUMNS ? got == 0.0F
                                    : got > 1e38F);
        }
    }
}
END_TEST

START_TEST(pairs_are_products_of_columns)
{
    static float out[PAIRS * T];
    const int64_t widths[] = {1, T};

    sqn_kernels_fill(u, KT, 2, 3.0);
    for (int i = 0; i < 2; i++) {
        const int64_t n = widths[i];

        sqn_kernels_at(_i)->pairs(out, u, K, n);
        for (int64_t b = 0; b < K; b++) {
            for (int64_t at = 0; at < (b + 1) * n; at++) {
                ck_assert_float_eq(out[b * (b + 1) / 2 * n + at],
                                   u[at] * u[b * n + at % n]);
            }
        }
    }
}
END_TEST

START_TEST(the_widest_table_of_the_processor_is_chosen)
{
    const sqn__kernels *chosen = sqn__kernels_choose();

    ck_assert_ptr_ne(chosen, &sqn__kernels_ref_table);
    ck_assert(sqn__kernels_avx512_table() == NULL || chosen == sqn__kernels_avx512_table());
    ck_assert(sqn__kernels_avx512_table() != NULL || sqn__kernels_avx2_table() == NULL ||
              chosen == sqn__kernels_avx2_table());
}
END_TEST

/* By a call: what is multiplied in place may be moved past the change of mode. */
static __attribute__((noinline)) float halve(const volatile float *value)
{
    return *value * 0.5F;
}

START_TEST(subnormals_are_zero_between_on_and_restore_only)
{
    volatile float tiny = 0x1p-126F;
    const unsigned mode = sqn__flush_on();
    const float flushed = halve(&tiny);

    sqn__flush_restore(mode);
    const float kept = halve(&tiny);

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
    tcase_add_loop_test(tcase, products_agree_with_sums_in_double_for_any_size, 0,
                        SQN_N_KERNELS);
    tcase_add_loop_test(tcase, a_turned_block_is_the_block_and_then_zero, 0, SQN_N_KERNELS);
    tcase_add_loop_test(tcase, pairs_are_products_of_columns, 0, SQN_N_KERNELS);
    tcase_add_test(tcase, the_widest_table_of_the_processor_is_chosen);
    tcase_add_test(tcase, subnormals_are_zero_between_on_and_restore_only);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
