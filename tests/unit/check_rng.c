/** @file check_rng.c @brief Random numbers: moments, distributions, independence of draws. */
#include "rng.h"

#include <math.h>

#include "sqn_check.h"

enum { N = 200000 };

/* Mean and variance of N numbers, and the correlation of neighbours. */
typedef struct moments {
    double mean, variance, neighbour;
} moments;

static moments moments_of(double (*draw)(uint64_t index))
{
    double sum = 0.0, square = 0.0, product = 0.0, last = 0.0;

    for (uint64_t i = 0; i < N; i++) {
        const double value = draw(i);

        sum += value;
        square += value * value;
        product += value * last;
        last = value;
    }
    const double mean = sum / N, variance = square / N - mean * mean;

    return (moments){mean, variance, (product / N - mean * mean) / variance};
}

static double uniform(uint64_t index)
{
    return sqn__rng_uniform_double(5, 3, index);
}

static double normal(uint64_t index)
{
    return sqn__rng_normal(5, 3, index);
}

static double normal_of_stream(uint64_t index)
{
    return sqn__rng_normal(5, index, 3);
}

START_TEST(uniform_numbers_have_the_moments_of_an_open_interval)
{
    const moments m = moments_of(uniform);
    int64_t n_outside = 0;

    ck_assert_double_eq_tol(m.mean, 0.5, 5.0 * sqrt(1.0 / 12.0 / N));
    ck_assert_double_eq_tol(m.variance, 1.0 / 12.0, 5.0 * sqrt(1.0 / 180.0 / N));
    ck_assert_double_eq_tol(m.neighbour, 0.0, 5.0 / sqrt(N));
    for (uint64_t i = 0; i < N; i++) {
        n_outside += uniform(i) > 0.0 && uniform(i) < 1.0 ? 0 : 1;
    }
    ck_assert_int_eq(n_outside, 0);
}
END_TEST

START_TEST(normal_numbers_are_normal_along_indices_and_along_streams)
{
    const moments m = moments_of(normal), s = moments_of(normal_of_stream);
    int64_t n_beyond = 0;

    ck_assert_double_eq_tol(m.mean, 0.0, 5.0 / sqrt(N));
    ck_assert_double_eq_tol(m.variance, 1.0, 5.0 * sqrt(2.0 / N));
    ck_assert_double_eq_tol(m.neighbour, 0.0, 5.0 / sqrt(N));
    ck_assert_double_eq_tol(s.mean, 0.0, 5.0 / sqrt(N));
    ck_assert_double_eq_tol(s.variance, 1.0, 5.0 * sqrt(2.0 / N));
    for (uint64_t i = 0; i < N; i++) {
        n_beyond += normal(i) > 2.0 ? 1 : 0;
    }
    ck_assert_double_eq_tol((double)n_beyond / N, 0.0227501, 5.0 * sqrt(0.0227501 / N));
}
END_TEST

START_TEST(poisson_numbers_have_equal_mean_and_variance_on_every_branch)
{
    const double means[] = {0.3, 4.385, 9.99, 10.01, 52.385, 2385.0, 3.1e5, 9.9e7, 2.5e8};

    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        const double mean = means[k];
        double sum = 0.0, square = 0.0;
        int64_t n_odd = 0;

        for (uint64_t i = 0; i < N; i++) {
            const double count = sqn__rng_poisson(mean, 11, k, i), off = count - mean;

            n_odd += count < 0.0 || count != floor(count) ? 1 : 0;
            sum += off;
            square += off * off;
        }
        ck_assert_int_eq(n_odd, 0);
        ck_assert_double_eq_tol(sum / N, 0.0, 5.0 * sqrt(mean / N));
        ck_assert_double_eq_tol(square / N / mean, 1.0, 5.0 * sqrt((2.0 + 1.0 / mean) / N));
    }
}
END_TEST

/* Pearson's statistic per degree of freedom against exp(-m) m^k / k!, bins of 10 or more. */
static double chi2_of_poisson(double mean)
{
    enum { N_BIN = 60 };
    int64_t count[N_BIN] = {0};
    double chi2 = 0.0, n_bin = 0.0, probability = exp(-mean);

    for (uint64_t i = 0; i < N; i++) {
        const double k = sqn__rng_poisson(mean, 23, 1, i);

        count[k < N_BIN ? (int)k : N_BIN - 1]++;
    }
    for (int k = 0; k < N_BIN - 1; k++) {
        if (probability * N > 10.0) {
            const double off = (double)count[k] - probability * N;

            chi2 += off * off / (probability * N);
            n_bin += 1.0;
        }
        probability *= mean / (double)(k + 1);
    }
    return chi2 / n_bin;
}

START_TEST(poisson_numbers_follow_the_distribution)
{
    ck_assert_double_lt(chi2_of_poisson(4.385), 2.0); /* inversion */
    ck_assert_double_lt(chi2_of_poisson(11.7), 2.0);  /* rejection */
    ck_assert_double_lt(chi2_of_poisson(25.385), 2.0);
}
END_TEST

START_TEST(without_light_nothing_is_counted)
{
    ck_assert(sqn__rng_poisson(0.0, 1, 2, 3) == 0.0);
    ck_assert(sqn__rng_poisson(-2.385, 1, 2, 3) == 0.0);
    ck_assert(sqn__rng_poisson(NAN, 1, 2, 3) == 0.0);
}
END_TEST

START_TEST(the_last_bit_of_a_mean_changes_at_most_its_own_draw_by_one)
{
    const double means[] = {3.385, 52.385, 2385.0};

    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        int64_t n_changed = 0;
        double largest = 0.0;

        for (uint64_t i = 0; i < 20000; i++) {
            const double a = sqn__rng_poisson(means[k], 1, 2, i);
            const double b = sqn__rng_poisson(nextafter(means[k], 1e9), 1, 2, i);

            largest = fmax(largest, fabs(a - b));
            n_changed += a != b ? 1 : 0;
        }
        ck_assert_int_le(n_changed, 1);
        ck_assert_double_le(largest, 1.0);
    }
}
END_TEST

START_TEST(seed_stream_and_index_each_change_the_number)
{
    ck_assert(sqn__rng_normal(1, 2, 3) == sqn__rng_normal(1, 2, 3));
    ck_assert(sqn__rng_normal(1, 2, 3) != sqn__rng_normal(2, 2, 3));
    ck_assert(sqn__rng_normal(1, 2, 3) != sqn__rng_normal(1, 3, 3));
    ck_assert(sqn__rng_normal(1, 2, 3) != sqn__rng_normal(1, 2, 4));
    ck_assert(sqn__rng_poisson(1e4, 1, 2, 3) != sqn__rng_poisson(1e4, 1, 2, 4));
    ck_assert(sqn__rng_poisson(1e4, 1, 2, 3) != sqn__rng_poisson(1e4, 1, 3, 3));
    ck_assert(sqn__rng_uniform_double(1, 2, 3) == 0x1.dc7768b3d3c50p-5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    TCase *tcase = tcase_create("numbers");

    tcase_set_timeout(tcase, 30.0); /* seconds, for a busy machine */
    tcase_add_test(tcase, uniform_numbers_have_the_moments_of_an_open_interval);
    tcase_add_test(tcase, normal_numbers_are_normal_along_indices_and_along_streams);
    tcase_add_test(tcase, poisson_numbers_have_equal_mean_and_variance_on_every_branch);
    tcase_add_test(tcase, poisson_numbers_follow_the_distribution);
    tcase_add_test(tcase, without_light_nothing_is_counted);
    tcase_add_test(tcase, the_last_bit_of_a_mean_changes_at_most_its_own_draw_by_one);
    tcase_add_test(tcase, seed_stream_and_index_each_change_the_number);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
