/** @file check_plot_stretch.c @brief Brightness is asinh of a value, ranges are of ranks. */
#include <math.h>
#include <stdlib.h>

#include "plot_stretch.h"
#include "rng.h"
#include "sqn_check.h"

enum { N = 5001 };

static sqn_error err;
static float values[N], sorted[N];

START_TEST(brightness_is_that_of_asinh)
{
    static const plot_stretch stretches[] = {
        {-2.385, 100.0, 0.7}, {0.0, 1e6, 1e-3}, {-1e30, 1e38, 1e-40}, {5.0, 5.5, 1e9}};
    const plot_stretch *s = &stretches[_i];
    const double low = asinh(s->low / s->soft), high = asinh(s->high / s->soft);

    for (int i = 0; i <= 1000; i++) {
        const double share =
            pow((double)i / 1000.0, 1 + i % 9); /* both ends are met closely */
        const double value = s->low + share * (s->high - s->low);
        const double exact = (asinh(value / s->soft) - low) / (high - low);
        /* asinh() is known to 1e-16 of 1, of which the last range is a small part */
        const double near = 1e-15 / (high - low) + 1e-14;

        ck_assert_double_eq_tol(plot_stretch_level(s, value), exact, near);
    }
    ck_assert_double_eq(plot_stretch_level(s, s->low), 0.0);
    ck_assert_double_eq(plot_stretch_level(s, s->high), 1.0);
    ck_assert_double_eq(plot_stretch_level(s, -INFINITY), 0.0);
    ck_assert_double_eq(plot_stretch_level(s, INFINITY), 1.0);
}
END_TEST

START_TEST(a_linear_stretch_is_linear)
{
    const plot_stretch linear = {-2.0, 6.0, INFINITY};

    for (int i = 0; i <= 8; i++) {
        ck_assert_double_eq(plot_stretch_level(&linear, i - 2.0), i / 8.0);
    }
}
END_TEST

static int by_size(const void *a, const void *b)
{
    const float first = *(const float *)a, second = *(const float *)b;

    return (first > second) - (first < second);
}

START_TEST(a_quantile_is_a_number_of_its_rank)
{
    int64_t n = 0;

    for (int i = 0; i < N; i++) {
        const float u = sqn__rng_uniform(5, 1, (uint64_t)i) - 0.5F;

        values[i] = i % 7 == 0 ? NAN : i % 11 == 0 ? INFINITY : i % 5 == 0 ? 0.25F : u;
        if (isfinite(values[i])) {
            sorted[n++] = values[i];
        }
    }
    qsort(sorted, (size_t)n, sizeof *sorted, by_size);
    for (int k = 0; k <= 20; k++) {
        double found = NAN;

        SQN_ASSERT_OK(plot_stretch_quantile(&found, N, values, k / 20.0, &err), err);
        ck_assert_double_eq(found, (double)sorted[lround(k / 20.0 * (double)(n - 1))]);
    }
}
END_TEST

START_TEST(there_is_no_quantile_of_nothing)
{
    double found = 2.385;

    values[0] = NAN;
    values[1] = -INFINITY;
    SQN_ASSERT_OK(plot_stretch_quantile(&found, 2, values, 0.5, &err), err);
    ck_assert(isnan(found));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot_stretch");
    TCase *tcase = tcase_create("stretches");

    tcase_add_loop_test(tcase, brightness_is_that_of_asinh, 0, 4);
    tcase_add_test(tcase, a_linear_stretch_is_linear);
    tcase_add_test(tcase, a_quantile_is_a_number_of_its_rank);
    tcase_add_test(tcase, there_is_no_quantile_of_nothing);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
