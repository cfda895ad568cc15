/** @file check_middle.c @brief Medians of many floats against those of sorted numbers. */
#include "middle.h"

#include <math.h>

#include "rng.h"
#include "sqn_check.h"
#include "stats.h"

enum { N = 40009 };

static float values[N], work[3 * N + SQN__ORDER_SLACK];
static double copy[N];

static double normal(int64_t i)
{
    const double u = sqn__rng_uniform(4, 0, (uint64_t)i);
    const double v = sqn__rng_uniform(4, 1, (uint64_t)i);

    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

/* Distinct, few values, sorted already, all equal, a sample that is unfair, huge ones. */
static double number(int64_t kind, int64_t i)
{
    const double x = normal(i);

    return kind == 0   ? x
           : kind == 1 ? floor(x)
           : kind == 2 ? (double)i
           : kind == 3 ? 2.385
           : kind == 4 ? (i % 39 < 3 ? x : 1e3 * x)
                       : (i % 3 == 0 ? 1e30 : x);
}

static double sorted_median(int64_t n, double origin)
{
    for (int64_t i = 0; i < n; i++) {
        copy[i] =
            isnan(origin) ? (double)values[i] : (double)fabsf(values[i] - (float)origin);
    }
    return sqn__stats_percentile(copy, n, 50.0);
}

START_TEST(a_number_is_found_by_its_rank)
{
    static const float few[] = {3.0F,     -INFINITY, 2.385F, -0.0F, 1e-42F,
                                INFINITY, 2.385F,    -7e30F, 0.0F};
    static const float sorted[] = {-INFINITY, -7e30F, 0.0F, 0.0F,    1e-42F,
                                   2.385F,    2.385F, 3.0F, INFINITY};

    for (int64_t k = 0; k < 9; k++) {
        ck_assert(sqn__middle_select(few, 9, k) == sorted[k]);
        ck_assert(sqn__middle_select(sorted, 9, k) == sorted[k]);
    }
}
END_TEST

static void fill(int64_t kind, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        values[i] = (float)number(kind, i);
    }
}

START_TEST(the_median_is_that_of_sorted_numbers)
{
    ck_assert_int_le(sqn__middle_work_size(N), sizeof work / sizeof *work);
    for (int64_t kind = 0; kind < 6; kind++) {
        for (int64_t n = 1; n <= N; n += n < 20 ? 1 : n < 4000 ? 1985 : N - 4000 - n % 2) {
            fill(kind, n);
            const sqn__order_floats of = {values, n, NAN}, apart = {values, n, 2.5F};

            ck_assert_double_eq(sqn__middle_median(&of, work), sorted_median(n, NAN));
            ck_assert_double_eq(sqn__middle_median(&apart, work), sorted_median(n, 2.5));
            ck_assert(values[n - 1] == (float)number(kind, n - 1)); /* left as they are */
        }
    }
}
END_TEST

/* True where both are found near what is expected: then they are exact. */
static bool is_found(const sqn__middle_desk *desk, const sqn__middle_pair *exact,
                     double median, double distance, double reach)
{
    const double reaches[2] = {reach, reach};
    sqn__middle_pair pair = {median, distance};

    if (!sqn__middle_near(&pair, desk, reaches)) {
        return false;
    }
    ck_assert_double_eq(pair.median, exact->median);
    ck_assert_double_eq(pair.distance, exact->distance);
    return true;
}

START_TEST(both_are_found_near_what_is_expected_or_not_at_all)
{
    for (int64_t n = N - 1; n <= N; n++) {
        fill(0, n);
        const double median = sorted_median(n, NAN), distance = sorted_median(n, median);
        const sqn__middle_pair exact = {median, distance};
        const sqn__order_mix of = {values, NULL, 0.0F, 0.0F, n};
        const sqn__middle_desk desk = sqn__middle_desk_in(work, &of, n);

        for (int k = -30; k <= 30; k += 3) {
            const double off = 0.001 * k * distance;
            const bool close = abs(k) < 20; /* of 0.02 */

            ck_assert(is_found(&desk, &exact, median + off, distance, 0.0201) == close);
            ck_assert(is_found(&desk, &exact, median, distance + off, 0.0201) == close);
        }
        ck_assert(!is_found(&desk, &exact, median, distance, 0.3)); /* zones not apart */
        ck_assert(!is_found(&desk, &exact, NAN, distance, 0.02));
        ck_assert(!is_found(&desk, &exact, median, 0.0, 0.02));
        ck_assert(!is_found(&desk, &exact, median, INFINITY, 0.02));
    }
}
END_TEST

START_TEST(both_are_found_anywhere_of_mixtures_without_some)
{
    static float a[N], b[N];
    const int64_t sizes[] = {1, 2, 3, 2000, N};

    for (int64_t kind = 0; kind < 6; kind++) {
        for (int k = 0; k < 5; k++) {
            const int64_t n = sizes[k];
            int64_t n_valid = 0;

            for (int64_t i = 0; i < n; i++) {
                const double v = i % 3 == 0 ? NAN : number(kind, i);

                a[i] = (float)(2.0 * v);
                b[i] = (float)v;
                if (!isnan(v)) {
                    values[n_valid++] = 0.25F * a[i] + 0.5F * b[i]; /* no rounding */
                }
            }
            const sqn__order_mix of = {a, b, 0.25F, 0.5F, n};
            const sqn__middle_desk desk = sqn__middle_desk_in(work, &of, n_valid);
            const sqn__middle_pair pair = sqn__middle_anywhere(&desk);
            const double median = sorted_median(n_valid, NAN);

            ck_assert(n_valid > 0 ? pair.median == median : isnan(pair.median));
            ck_assert(n_valid > 0 ? pair.distance == sorted_median(n_valid, median)
                                  : isnan(pair.distance));
        }
    }
}
END_TEST

/* What moves past the bounds of zones as a mixture changes, and what is missing. */
static int64_t fill_mixture(float *a, float *b)
{
    int64_t n_valid = 0;

    for (int64_t i = 0; i < N; i++) {
        const double noise = normal(i), star = 10.0 * normal(N - 1 - i);
        const bool missing = i % 7 == 0;

        a[i] = missing ? NAN : (float)(noise + star);
        b[i] = missing ? NAN : (float)noise;
        n_valid += missing ? 0 : 1;
    }
    return n_valid;
}

START_TEST(both_are_the_same_of_a_list_while_a_mixture_changes_little)
{
    static float a[N], b[N], one[N + SQN__ORDER_SLACK], two[N + SQN__ORDER_SLACK];
    const double reach[2] = {0.03, 0.03}, moves[] = {0.0, 1e-4, -1e-4, 4.5e-3, -4.5e-3};
    const int64_t n_valid = fill_mixture(a, b);
    const sqn__order_mix of = {a, b, 0.1F, 0.9F, N};
    sqn__middle_desk desk = sqn__middle_desk_in(work, &of, n_valid);
    const sqn__middle_pair middle = sqn__middle_anywhere(&desk);
    sqn__middle_list list = {.of = {.a = one, .b = two}};

    sqn__middle_enlist(&list, &desk, &middle, 0.04, 5e-3);
    ck_assert_int_gt(list.of.n, N / 100);
    ck_assert_int_lt(list.of.n, N / 3);
    for (int k = 0; k < 5; k++) {
        sqn__middle_pair exact = middle, pair = middle;

        desk.of.q = (float)(0.9 + moves[k]);
        desk.of.p = (float)(0.1 - moves[k]);
        ck_assert(sqn__middle_near(&exact, &desk, reach));
        ck_assert(sqn__middle_is_listed(&list, &desk, &middle, reach));
        ck_assert(sqn__middle_near_listed(&pair, &list, &desk, reach));
        ck_assert(pair.median == exact.median && pair.distance == exact.distance);
    }
    const sqn__middle_pair off = {middle.median, 1.2 * middle.distance};
    sqn__middle_pair lost = {middle.median + 0.05 * middle.distance, middle.distance};

    ck_assert(!sqn__middle_near_listed(&lost, &list, &desk, reach)); /* is elsewhere */
    ck_assert(!sqn__middle_is_listed(&list, &desk, &off, reach));
    ck_assert(!sqn__middle_is_listed(&list, &desk, &middle, (double[2]){0.11, 0.03}));
    ck_assert(!sqn__middle_is_listed(&list, &desk, &middle, (double[2]){0.03, 0.11}));
    desk.of.q = 0.906F;
    ck_assert(!sqn__middle_is_listed(&list, &desk, &middle, reach));
}
END_TEST

START_TEST(the_distance_is_taken_from_the_median)
{
    const int64_t sizes[] = {1, 2, 7, 2000, N - 1, N};

    for (uint64_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        double median = NAN;

        for (int64_t i = 0; i < sizes[k]; i++) {
            values[i] = (float)(10.0 + 2.385 * normal(i));
        }
        const double sigma = sqn__middle_sigma(&median, values, sizes[k], work);

        ck_assert_double_eq(median, sorted_median(sizes[k], NAN));
        ck_assert_double_eq(sigma,
                            SQN__STATS_MAD_TO_SIGMA * sorted_median(sizes[k], median));
        values[sizes[k] / 2] = NAN;
        const double less =
            sqn__middle_sigma_valid(&median, values, sizes[k], sizes[k] - 1, work);

        values[sizes[k] / 2] = values[sizes[k] - 1];
        const double exact = sorted_median(sizes[k] - 1, NAN);

        ck_assert(sizes[k] == 1 ? isnan(less) : median == exact);
    }
    ck_assert(isnan(sqn__middle_median(&(sqn__order_floats){values, 0, NAN}, work)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("middle");
    TCase *tcase = tcase_create("medians");

    tcase_add_test(tcase, a_number_is_found_by_its_rank);
    tcase_add_test(tcase, the_median_is_that_of_sorted_numbers);
    tcase_add_test(tcase, both_are_found_near_what_is_expected_or_not_at_all);
    tcase_add_test(tcase, both_are_found_anywhere_of_mixtures_without_some);
    tcase_add_test(tcase, both_are_the_same_of_a_list_while_a_mixture_changes_little);
    tcase_add_test(tcase, the_distance_is_taken_from_the_median);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
