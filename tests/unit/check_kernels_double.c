/** @file check_kernels_double.c @brief Every table of products in double against plain sums. */
#include "kernels_double.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_kernels.h"

enum {
    N = 29, /* taller than two tiles of any table */
    M = 40, /* two and a half tiles */
    K = 15,
    STRIDE = M + 3,
    WIDER = 2 * M + 5,
    LARGEST = N * WIDER,
};

static float x[LARGEST], v[LARGEST], numbers[LARGEST];
static double a[LARGEST], b[LARGEST], before[LARGEST], out[LARGEST];

static const sqn__kernels_double *table_at(int i)
{
    const sqn__kernels_double *all[SQN_N_KERNELS] = {
        &sqn__kernels_double_ref_table, &sqn__kernels_double_base_table,
        sqn__kernels_double_avx2_table(), sqn__kernels_double_avx512_table()};

    return all[i] != NULL ? all[i] : &sqn__kernels_double_base_table;
}

/* Doubles that are no floats. */
static void fill(double *to, uint64_t stream)
{
    sqn_kernels_fill(numbers, LARGEST, stream, 2.0);
    for (int64_t i = 0; i < LARGEST; i++) {
        to[i] = (double)numbers[i] * (1.0 + 0x1p-40 * (double)(i % 1000));
    }
}

/* |got - sum| within the rounding of `n` terms whose magnitudes add up to `size`. */
static bool near(double got, double sum, double size, int64_t n)
{
    return fabs(got - sum) <= (double)(n + 1) * 0x1p-52 * size;
}

/* Row r of a b at column c, and the magnitudes of its terms. */
static void multiply(double *sum, double *size, sqn__kernels_double_factor left,
                     sqn_dmatrix_const right, const int64_t at[2])
{
    for (int64_t i = 0; i < right.rows; i++) {
        const double term = left.data[at[0] * left.row + i * left.depth] *
                            right.data[i * right.stride + at[1]];

        *sum += term;
        *size += fabs(term);
    }
}

static void product_agrees(const sqn__kernels_double *table,
                           sqn__kernels_double_factor left, sqn_dmatrix_const right,
                           int64_t n)
{
    bool good = true;

    memcpy(out, before, sizeof out);
    table->add_product((sqn_dmatrix){out, n, right.cols, WIDER}, left, right);
    for (int64_t i = 0; i < LARGEST; i++) {
        const int64_t at[2] = {i / WIDER, i % WIDER};

        if (at[0] < n && at[1] < right.cols) {
            double sum = before[i], size = fabs(sum);

            multiply(&sum, &size, left, right, at);
            good = good && near(out[i], sum, size, right.rows + 1);
        } else {
            good = good && out[i] == before[i]; /* nothing beside the product */
        }
    }
    ck_assert(good);
}

static void weigh_agrees(const sqn__kernels_double *table, sqn__kernels_double_factor left,
                         sqn_dmatrix_const right, int64_t n)
{
    const int64_t m = right.cols;
    const sqn__kernels_double_fit fit = {x, v, STRIDE, left, right};
    double chi2 = 0.0;
    bool good = true;

    memcpy(out, before, sizeof out);
    const double got = table->weigh((sqn_dmatrix){out, n, 2 * m, WIDER}, &fit);

    for (int64_t i = 0; i < n * m; i++) {
        const int64_t at[2] = {i / m, i % m};
        const double weight = (double)v[at[0] * STRIDE + at[1]];
        const double value = (double)x[at[0] * STRIDE + at[1]];
        const double *row = out + at[0] * WIDER;
        double model = 0.0, size = 0.0;

        multiply(&model, &size, left, right, at);
        good = good && row[at[1]] == weight * value &&
               near(row[m + at[1]], weight * model, weight * size, right.rows + 1);
        chi2 += weight * (value - model) * (value - model);
    }
    ck_assert_double_eq_tol(got, chi2, 1e-12 * chi2);
    ck_assert(good);
    ck_assert_double_eq(out[2 * m], before[2 * m]);
}

START_TEST(products_agree_with_plain_sums_for_any_size_and_either_order)
{
    const sqn__kernels_double *table = table_at(_i);
    const int64_t heights[] = {1, 5, 12, 13, 24, N}, widths[] = {8, 24, M};

    fill(a, 1);
    fill(b, 2);
    fill(before, 4);
    sqn_kernels_fill(x, LARGEST, 3, 2.0);
    sqn_kernels_fill(v, LARGEST, 6, 2.0);
    for (int64_t i = 0; i < LARGEST; i++) {
        v[i] = i % 5 == 0 ? 0.0F : fabsf(v[i]);
    }
    for (int64_t i = 0; i < INT64_C(6) * 3 * K; i++) {
        const int64_t n = heights[i % 6], m = widths[i / 6 % 3], k = i / 18;
        const sqn_dmatrix_const right = {b, k, m, WIDER};

        product_agrees(table, (sqn__kernels_double_factor){a, K, 1}, right, n);
        product_agrees(table, (sqn__kernels_double_factor){a, 1, N}, right, n);
        weigh_agrees(table, (sqn__kernels_double_factor){a, K, 1}, right, n);
        weigh_agrees(table, (sqn__kernels_double_factor){a, 1, N}, right, n);
    }
}
END_TEST

START_TEST(the_widest_table_is_chosen)
{
    const sqn__kernels_double *chosen = sqn__kernels_double_choose();

    ck_assert(sqn__kernels_double_avx512_table() == NULL ||
              chosen == sqn__kernels_double_avx512_table());
    ck_assert(chosen == sqn__kernels_double_avx512_table() ||
              chosen == sqn__kernels_double_avx2_table() ||
              chosen == &sqn__kernels_double_base_table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels_double");
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, products_agree_with_plain_sums_for_any_size_and_either_order,
                        0, SQN_N_KERNELS);
    tcase_add_test(tcase, the_widest_table_is_chosen);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
