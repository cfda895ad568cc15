/** @file check_middle.c @brief Medians of many floats against those of sorted numbers. */
#include "middle.h"

#include <math.h>

#include "rng.h"
#include "sqn_check.h"
#include "stats.h"

enum { N = 40009 };

static float values[N], work[2 * N];
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

static int64_t n_below, n_kept;

/* Numbers within `reach` of the guess, to the front of the work space. */
static void keep_within(int64_t n, double guess, double reach)
{
    n_below = n_kept = 0;
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)values[i] - (isnan(guess) ? 0.0 : guess);

        n_below += d < -reach;
        if (fabs(d) <= reach) {
            work[n_kept++] = values[i];
        }
    }
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

START_TEST(the_median_is_that_of_sorted_numbers_whatever_the_guess)
{
    const double guesses[] = {0.0, 0.004, -0.3, 5.0, NAN, INFINITY};

    for (int64_t kind = 0; kind < 6; kind++) {
        for (int64_t n = 1; n <= N; n += n < 20 ? 1 : n < 4000 ? 1985 : N - 4000 - n % 2) {
            for (int64_t i = 0; i < n; i++) {
                values[i] = (float)number(kind, i);
            }
            const double median = sorted_median(n, NAN);

            for (uint64_t g = 0; g < sizeof guesses / sizeof *guesses; g++) {
                const sqn__order_floats of = {values, n, NAN};
                const double reach = g == 3 ? 0.0 : 0.03;

                ck_assert_double_eq(sqn__middle_median(&of, guesses[g], reach, work),
                                    median);
                keep_within(n, guesses[g], g == 4 ? 1e31 : 0.3);
                ck_assert_double_eq(sqn__middle_of_kept(&of, n_below, n_kept, work),
                                    median);
            }
            ck_assert(values[n - 1] == (float)number(kind, n - 1)); /* left as they are */
        }
    }
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
    }
    ck_assert(
        isnan(sqn__middle_median(&(sqn__order_floats){values, 0, NAN}, 0.0, 0.0, work)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("middle");
    TCase *tcase = tcase_create("medians");

    tcase_add_test(tcase, a_number_is_found_by_its_rank);
    tcase_add_test(tcase, the_median_is_that_of_sorted_numbers_whatever_the_guess);
    tcase_add_test(tcase, the_distance_is_taken_from_the_median);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
