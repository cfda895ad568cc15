/** @file check_clip.c @brief Clipped standard deviations of all kinds of numbers. */
#include "clip.h"

#include <math.h>
#include <stdlib.h>

#include "mem.h"
#include "rng.h"
#include "sqn_check.h"

enum { N = 6000, N_KIND = 10, N_SHELL = 10 };

static float numbers[N], zeros[N];
static double sorted[N];

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Shells of 8 % at 4, 16, 64 ... that are clipped one by one: what is left is far narrower than the
   quartiles were. */
static double in_shells(double normal, int64_t i)
{
    for (int s = N_SHELL; s > 0; s--) {
        if (sqn__rng_uniform(13, (uint64_t)s + 2, (uint64_t)i) < 0.08F) {
            return ldexp(i % 2 == 0 ? 1.0 : -1.0, 2 * s) * (1.0 + 1e-3 * normal);
        }
    }
    return 0.3 * normal;
}

/* More numbers are above than below, and clipped in turn: the median wanders. */
static double wandering(double normal, int64_t i)
{
    const int64_t part = i * 37 % 100;
    const double sign = part == 9 || part == 18 || part == 26 ? -1.0 : 1.0;

    return normal + sign * (part < 10   ? 1000.0
                            : part < 19 ? 100.0
                            : part < 27 ? 15.0
                                        : 0.0);
}

/* One tail is long; two peaks; few values; all equal; the centre is clipped away; no deviation of its
   own; the limits are near, or come near; the median wanders. */
static double number(int64_t kind, int64_t i)
{
    const double u = (double)sqn__rng_uniform(13, 0, (uint64_t)i);
    const double v = (double)sqn__rng_uniform(13, 1, (uint64_t)i);
    const double normal = sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);

    switch (kind) {
    case 0:
        return 2.385 * normal;
    case 1:
        return normal + (i % 5 == 0 ? exp(4.0 * v) : 0.0);
    case 2:
        return normal + (i % 5 < 2 ? 9.0 : 0.0);
    case 3:
        return floor(normal);
    case 4:
        return 7.0;
    case 5:
        return i % 9 < 5 ? normal : i % 9 == 8 ? -300.0 * v : 60.0 + 90.0 * v;
    case 6:
        return tan(3.1 * (v - 0.5));
    case 7:
        return u < 0.98 ? 4.0 * v - 2.0 : v < 0.5 ? -3.95 : 3.95;
    case 8:
        return in_shells(normal, i);
    default:
        return wandering(normal, i);
    }
}

/* Clip by the rule, number by number. */
static double clip_plainly(int64_t *rounds, int64_t n)
{
    int64_t first = 0, end = n;

    for (*rounds = 0;; ++*rounds) {
        const double middle =
            0.5 * (sorted[(first + end - 1) / 2] + sorted[(first + end) / 2]);
        double mean = 0.0, square = 0.0;
        int64_t low = first, high = end;

        for (int64_t i = first; i < end; i++) {
            mean += sorted[i] / (double)(end - first);
        }
        for (int64_t i = first; i < end; i++) {
            square += (sorted[i] - mean) * (sorted[i] - mean);
        }
        const double sigma = sqrt(square / (double)(end - first));

        while (low < end && sorted[low] < middle - 3.0 * sigma) {
            low++;
        }
        while (high > first && sorted[high - 1] > middle + 3.0 * sigma) {
            high--;
        }
        if (low == first || high == end) {
            return sigma;
        }
        first = low;
        end = high;
    }
}

START_TEST(numbers_of_all_kinds_are_clipped_by_the_rule)
{
    double *work = sqn__mem_alloc(sqn__clip_work_size(N), sizeof *work);

    for (int64_t kind = 0; kind < N_KIND; kind++) {
        for (int64_t n = 1; n <= N; n = n < 8 ? n + 1 : 3 * n) {
            int64_t rounds = -1, expected_rounds = -1;

            for (int64_t i = 0; i < n; i++) {
                numbers[i] = (float)number(kind, i);
                sorted[i] = numbers[i];
            }
            qsort(sorted, (size_t)n, sizeof *sorted, compare);
            const double sigma = sqn__clip_tails(
                &rounds, work, &(sqn__order_terms){numbers, zeros, 1.0, n}, 3.0);
            const double expected = clip_plainly(&expected_rounds, n);

            ck_assert_double_eq_tol(sigma, expected, 1e-9 * expected + 1e-11);
            ck_assert_int_eq(rounds, expected_rounds);
        }
    }
    sqn__mem_free(work);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clip");
    TCase *tcase = tcase_create("tails");

    tcase_add_test(tcase, numbers_of_all_kinds_are_clipped_by_the_rule);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
