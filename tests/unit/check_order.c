/** @file check_order.c @brief Every table of loops against plain ones. */
#include "order.h"

#include <math.h>
#include <string.h>

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

static float terms_a[N], terms_b[N];
static double centre[N], tails[N];

/* Numbers that every table forms alike, in some order. */
static double term(int64_t i, double origin)
{
    return (double)terms_a[i] - 2.0 * (double)terms_b[i] - origin;
}

static void fill_terms(void)
{
    fill();
    for (int64_t i = 0; i < N; i++) {
        terms_a[i] = x[i];
        terms_b[i] = floorf(4.0F * (float)b[i]);
    }
}

/* The parts of the first n numbers, one by one. */
static void assert_parts(const sqn__order_bulk *bulk, int64_t n, double origin)
{
    double one = 0.0, two = 0.0;
    int64_t n_centre = 0, n_tails = 0, n_below = 0;

    for (int64_t i = 0; i < n; i++) {
        const double d = term(i, origin);

        n_below += d < 0.0 && fabs(d) >= bulk->near ? 1 : 0;
        if (fabs(d) < bulk->far) {
            one += d;
            two += d * d;
        }
        if (fabs(d) < bulk->near) {
            ck_assert(n_centre < bulk->n_centre && centre[n_centre] == d);
            n_centre++;
        }
        if (fabs(d) >= bulk->far) {
            ck_assert(n_tails < bulk->n_tails && tails[n_tails] == d);
            n_tails++;
        }
    }
    ck_assert_int_eq(bulk->n_centre, n_centre);
    ck_assert_int_eq(bulk->n_tails, n_tails);
    ck_assert_int_eq(bulk->n, n - n_tails);
    ck_assert_int_eq(bulk->n_below, n_below);
    ck_assert_double_eq_tol(bulk->sum[0], one, 1e-10);
    ck_assert_double_eq_tol(bulk->sum[1], two, 1e-10);
}

START_TEST(numbers_are_sifted_into_centre_bulk_and_tails)
{
    const double reach[][2] = {{2.0, 9.0}, {3.385, 3.385}, {0.0, 0.0}, {100.0, 200.0}};

    fill_terms();
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t n = 0; n <= N; n += n < 40 ? 1 : 57) {
            for (int k = 0; k < 4; k++) {
                const double origin = k == 0 ? 1.0 : 0.385; /* numbers on the bounds */
                sqn__order_bulk bulk = {.near = reach[k][0],
                                        .far = reach[k][1],
                                        .centre = centre,
                                        .tails = tails,
                                        .n_centre = 5,
                                        .n_below = 7};

                table_at(t)->sift(&bulk, &(sqn__order_terms){terms_a, terms_b, 2.0, n},
                                  origin);
                assert_parts(&bulk, n, origin);
            }
        }
    }
}
END_TEST

START_TEST(numbers_outside_limits_are_left_out)
{
    const double limits[][2] = {
        {-INFINITY, INFINITY}, {-9.0, 7.0}, {3.0, 3.0}, {50.0, 60.0}};

    fill();
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t n = 0; n <= N; n += n < 40 ? 1 : 57) {
            for (int k = 0; k < 4; k++) {
                sqn__order_kept left = {.n = n, .n_below = 9};
                double one = 0.0, two = 0.0;
                int64_t n_kept = 0, n_below = 0;

                memcpy(out, a, sizeof out);
                table_at(t)->keep(out, &left, limits[k]);
                for (int64_t i = 0; i < n; i++) {
                    n_below += a[i] < limits[k][0] ? 1 : 0;
                    if (a[i] >= limits[k][0] && a[i] <= limits[k][1]) {
                        ck_assert(n_kept < left.n && out[n_kept] == a[i]);
                        n_kept++;
                        one += a[i];
                        two += a[i] * a[i];
                    }
                }
                ck_assert_int_eq(left.n, n_kept);
                ck_assert_int_eq(left.n_below, n_below);
                ck_assert_double_eq_tol(left.sum[0], one, 1e-10);
                ck_assert_double_eq_tol(left.sum[1], two, 1e-10);
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
    tcase_add_test(tcase, numbers_are_sifted_into_centre_bulk_and_tails);
    tcase_add_test(tcase, numbers_outside_limits_are_left_out);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
