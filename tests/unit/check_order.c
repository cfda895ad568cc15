/** @file check_order.c @brief Every table of loops against plain ones. */
#include "order.h"

#include <math.h>

#include "rng.h"
#include "sqn_check.h"

enum { N = 211, N_TABLE = 3 };

static double a[N], b[N], out[N];
static float x[N], found[N], kept[N];
static int32_t place[N];

static const sqn__order *table_at(int64_t i)
{
    return i == 0 ? &sqn__order_base : i == 1 ? sqn__order_avx2() : sqn__order_avx512();
}

static void fill(void)
{
    for (int64_t i = 0; i < N; i++) { /* some of them equal, some on the bounds */
        a[i] = floor(40.0 * (double)sqn__rng_uniform(9, 0, (uint64_t)i)) - 17.0;
        b[i] = (double)sqn__rng_uniform(9, 1, (uint64_t)i);
        x[i] = (float)a[i];
    }
}

/* Differences, and those within bounds, one by one. */
static void differences_are(const sqn__order *table, int64_t n, const float bounds[2])
{
    const sqn__order_scaled of = {a, b, 2.385, n};
    int64_t n_below = -1, below = 0, within = 0;

    found[n < N ? n : 0] = 7.0F;
    const int64_t n_kept = table->subtract(found, kept, &n_below, &of, bounds);

    for (int64_t i = 0; i < n; i++) {
        ck_assert_double_eq_tol((double)found[i], a[i] - 2.385 * b[i], 2e-6);
        below += found[i] < bounds[0];
        if (found[i] >= bounds[0] && found[i] <= bounds[1]) {
            ck_assert_int_lt(within, n_kept);
            ck_assert(kept[within++] == found[i]);
        }
    }
    ck_assert(n == N || found[n] == 7.0F);
    ck_assert_int_eq(within, n_kept);
    ck_assert_int_eq(below, n_below);
}

START_TEST(differences_agree)
{
    const float bounds[][2] = {{-2.0F, 3.0F}, {1.0F, -1.0F}, {-INFINITY, INFINITY}};

    fill();
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t n = 0; n <= N; n += n < 40 ? 1 : 57) {
            for (int k = 0; k < 3; k++) {
                differences_are(table_at(t), n, bounds[k]);
            }
        }
    }
}
END_TEST

/* Numbers, or distances, within and places outside, one by one. */
static void parts_agree(const sqn__order *table, int64_t n, const float bounds[2],
                        float origin)
{
    const sqn__order_floats of = {x, n, origin};
    int64_t n_below = -1, below = 0, within = 0, without = 0;
    const int64_t n_within = table->between(found, &n_below, &of, bounds);
    const int64_t n_without = table->outside(place, x, n, bounds);

    for (int64_t i = 0; i < n; i++) {
        const float number = isnan(origin) ? x[i] : fabsf(x[i] - origin);

        below += number < bounds[0];
        if (number >= bounds[0] && number <= bounds[1]) {
            ck_assert_int_lt(within, n_within);
            ck_assert(found[within++] == number);
        }
        if (x[i] < bounds[0] || x[i] > bounds[1]) {
            ck_assert_int_lt(without, n_without);
            ck_assert_int_eq(place[without++], i);
        }
    }
    ck_assert_int_eq(within, n_within);
    ck_assert_int_eq(without, n_without);
    ck_assert_int_eq(below, n_below);
    ck_assert(!isnan(origin) || table->below(x, n, bounds[0]) == below);
}

START_TEST(parts_of_all_sizes_agree)
{
    const float bounds[][2] = {{-2.0F, 3.0F},
                               {5.5F, 5.6F},
                               {-100.0F, 100.0F},
                               {-INFINITY, 15.0F},
                               {3.0F, INFINITY}};

    fill();
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (uint64_t k = 0; k < 5; k++) {
            for (int64_t n = 0; n <= N; n += n < 40 ? 1 : 57) {
                parts_agree(table_at(t), n, bounds[k], NAN);
                parts_agree(table_at(t), n, bounds[k], 2.385F);
            }
        }
    }
}
END_TEST

START_TEST(bulks_are_added_up_and_the_others_kept)
{
    const double factor = 2.0,
                 origin = 0.385; /* exact: every table gives the same numbers */

    fill();
    for (int64_t i = 0; i < N; i++) {
        b[i] = floor(4.0 * b[i]);
    }
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t n = 0; n <= N; n += n < 40 ? 1 : 57) {
            const sqn__order_terms of = {a, b, factor, n};
            sqn__order_bulk bulk[2] = {{.low = -9.0, .high = -2.0},
                                       {.low = 1.0, .high = 12.0}};
            const int64_t n_kept = table_at(t)->sift(out, bulk, &of, origin);
            double one[2] = {0.0, 0.0}, two[2] = {0.0, 0.0};
            int64_t n_in[2] = {0, 0}, others = 0;

            for (int64_t i = 0; i < n; i++) {
                const double d = a[i] - factor * b[i];
                const int k = d >= -9.0 && d < -2.0 ? 0 : d >= 1.0 && d < 12.0 ? 1 : 2;

                if (k == 2) {
                    ck_assert_int_lt(others, n_kept);
                    ck_assert(out[others++] == d);
                } else {
                    n_in[k]++;
                    one[k] += d - origin;
                    two[k] += (d - origin) * (d - origin);
                }
            }
            ck_assert_int_eq(others, n_kept);
            for (int64_t k = 0; k < 2; k++) {
                ck_assert_int_eq(bulk[k].n, n_in[k]);
                ck_assert_double_eq_tol(bulk[k].sum[0], one[k], 1e-10);
                ck_assert_double_eq_tol(bulk[k].sum[1], two[k], 1e-10);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, differences_agree);
    tcase_add_test(tcase, parts_of_all_sizes_agree);
    tcase_add_test(tcase, bulks_are_added_up_and_the_others_kept);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
