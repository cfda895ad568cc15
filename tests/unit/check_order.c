/** @file check_order.c @brief Every table of loops against plain ones. */
#include "order.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"

enum { N = 211, N_TABLE = 3 };

static double a[N], out[N];
static float x[N], y[N], found[N + SQN__ORDER_SLACK], beside[N + SQN__ORDER_SLACK];
static uint64_t set[(N + 63) / 64];

static const sqn__order *table_at(int64_t i)
{
    return i == 0 ? &sqn__order_base : i == 1 ? sqn__order_avx2() : sqn__order_avx512();
}

static void fill(void)
{
    for (int64_t i = 0; i < N; i++) { /* some of them equal, some on the bounds */
        a[i] = floor(40.0 * (double)sqn__rng_uniform(9, 0, (uint64_t)i)) - 17.0;
        x[i] = (float)a[i];
        y[i] = floorf(4.0F * (float)sqn__rng_uniform(9, 1, (uint64_t)i));
    }
}

/* Number i of a mixture: every table forms it without rounding. */
static float mixed(const sqn__order_mix *of, int64_t i)
{
    return of->b == NULL ? of->a[i] : of->p * of->a[i] + of->q * of->b[i];
}

/* Numbers in the zones, one by one. */
static void zones_agree(const sqn__order *table, const sqn__order_mix *of,
                        const sqn__order_zones *zones)
{
    sqn__order_marked marked = {.value = found, .n = 5, .n_below = 7, .n_within = 9};
    int64_t n = 0, n_below = 0, n_within = 0;

    table->mark(&marked, of, zones);
    for (int64_t i = 0; i < of->n; i++) {
        const float v = mixed(of, i), apart = fabsf(v - zones->centre);

        n_below += v < zones->near[0];
        n_within += apart < zones->ring[0];
        if ((v >= zones->near[0] && v <= zones->near[1]) ||
            (apart >= zones->ring[0] && apart <= zones->ring[1])) {
            ck_assert(n < marked.n && found[n] == v);
            n++;
        }
    }
    ck_assert_int_eq(marked.n, n);
    ck_assert_int_eq(marked.n_below, n_below);
    ck_assert_int_eq(marked.n_within, n_within);
}

/* Numbers that may come to lie in the zones, one by one. */
static void lists_agree(const sqn__order *table, const sqn__order_mix *of,
                        const sqn__order_zones *zones, float off)
{
    sqn__order_listed listed = {found, beside, 5, 7, 9};
    int64_t n = 0, n_below = 0, n_within = 0;

    table->list(&listed, of, zones, off);
    for (int64_t i = 0; i < of->n; i++) {
        const float v = mixed(of, i), apart = fabsf(v - zones->centre);
        const float way = off * fabsf(of->b[i] - of->a[i]);
        const bool near = v + way >= zones->near[0] && v - way <= zones->near[1];
        const bool ring = apart + way >= zones->ring[0] && apart - way <= zones->ring[1];

        if (near || ring) {
            ck_assert(n < listed.n && found[n] == of->a[i] && beside[n] == of->b[i]);
            n++;
        } else {
            n_below += v < zones->near[0];
            n_within += apart < zones->ring[0];
        }
    }
    ck_assert_int_eq(listed.n, n);
    ck_assert_int_eq(listed.n_below, n_below);
    ck_assert_int_eq(listed.n_within, n_within);
}

/* Numbers above a limit, one by one. */
static void sets_agree(const sqn__order *table, const sqn__order_mix *of, bool both)
{
    memset(set, 0xff, sizeof set);
    table->above(set, of, 3.0F, both);
    for (int64_t i = 0; i < of->n; i++) {
        const float v = mixed(of, i);
        const bool above = v > 3.0F || (both && v < -3.0F);

        ck_assert(((set[i / 64] >> (i % 64) & 1) != 0) == above);
    }
    for (int64_t i = of->n; i < 64 * sqn__order_set_size(of->n); i++) {
        ck_assert((set[i / 64] >> (i % 64) & 1) == 0);
    }
}

START_TEST(numbers_of_zones_and_beyond_limits_are_found)
{
    const sqn__order_zones zones[] = {{{-1.0F, 2.0F}, 0.5F, {4.0F, 5.5F}},
                                      {{0.5F, 0.5F}, 0.5F, {6.5F, 6.5F}},
                                      {{-INFINITY, INFINITY}, 0.0F, {0.0F, 0.0F}}};

    fill();
    x[3] = x[130] = x[N - 1] = NAN; /* none */
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t n = 0; n <= N; n += n < 70 ? 1 : 47) {
            const sqn__order_mix mix = {x, y, 0.5F, -2.0F, n},
                                 one = {x, NULL, 3.0F, 3.0F, n};

            for (int k = 0; k < 3; k++) {
                zones_agree(table_at(t), &mix, &zones[k]);
                zones_agree(table_at(t), &one, &zones[k]);
                lists_agree(table_at(t), &mix, &zones[k], 0.0F);
                lists_agree(table_at(t), &mix, &zones[k], 0.0625F);
            }
            sets_agree(table_at(t), &mix, false);
            sets_agree(table_at(t), &mix, true);
            sets_agree(table_at(t), &one, false);
            sets_agree(table_at(t), &one, true);
        }
    }
}
END_TEST

/* Numbers, or distances, within bounds, one by one. */
static void parts_agree(const sqn__order *table, int64_t n, const float bounds[2],
                        float origin)
{
    const sqn__order_floats of = {x, n, origin};
    int64_t n_below = -1, below = 0, within = 0;
    const int64_t n_within = table->between(found, &n_below, &of, bounds);

    for (int64_t i = 0; i < n; i++) {
        const float number = isnan(origin) ? x[i] : fabsf(x[i] - origin);

        below += number < bounds[0];
        if (number >= bounds[0] && number <= bounds[1]) {
            ck_assert_int_lt(within, n_within);
            ck_assert(found[within++] == number);
        }
    }
    ck_assert_int_eq(within, n_within);
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
        terms_b[i] = y[i];
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

    tcase_add_test(tcase, numbers_of_zones_and_beyond_limits_are_found);
    tcase_add_test(tcase, parts_of_all_sizes_agree);
    tcase_add_test(tcase, numbers_are_sifted_into_centre_bulk_and_tails);
    tcase_add_test(tcase, numbers_outside_limits_are_left_out);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
