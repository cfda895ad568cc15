/** @file check_rotate_variance.c @brief The variance of a turned frame: the scatter of its noise. */
#include <math.h>
#include <omp.h>

#include "rng.h"
#include "sequin/rotate.h"
#include "sqn_check.h"
#include "sqn_planes.h"

static sqn_error err;

/* Over many noise images: mean of the propagated variance, and of the squares themselves. */
static void turn_noise(double theta, double share_of_gaps, double *propagated,
                       double *scatter)
{
    enum { N = 64, N_PIX = N * N };
    const double center[2] = {32.2, 32.9};
    sqn_image in = make(N, N), out = make(N, N);
    double sum = 0.0, sum_var = 0.0;
    int64_t n = 0;

    omp_set_num_threads(1);
    for (int64_t k = 0; k < 10; k++) {
        for (int64_t p = 0; p < N_PIX; p++) {
            const double u = (double)sqn__rng_uniform((uint64_t)k, 7, (uint64_t)p);

            in.value[p] =
                u < share_of_gaps ? NAN : (float)gauss(100 + (uint64_t)k, (uint64_t)p);
        }
        SQN_ASSERT_OK(sqn_rotate_frame(&out, &in, center, theta, &err), err);
        for (int64_t p = 0; p < N_PIX; p++) {
            const int64_t x = p % N, y = p / N;

            if (hypot((double)x - 32.0, (double)y - 32.0) < 25.0 && !isnan(out.value[p])) {
                sum += (double)out.value[p] * (double)out.value[p];
                sum_var += (double)out.variance[p];
                n++;
            }
        }
    }
    *scatter = sum / (double)n;
    *propagated = sum_var / (double)n;
    drop(&in);
    drop(&out);
}

START_TEST(the_variance_is_the_scatter_of_turned_noise)
{
    const double angles[3] = {0.9, 24.0, -45.0};

    for (int64_t k = 0; k < 3; k++) {
        double propagated, scatter;

        turn_noise(angles[k], 0.0, &propagated, &scatter);
        /* 20000 pixels, neighbours correlated: the scatter is known to 1 % */
        ck_assert_double_eq_tol(propagated, scatter, 0.03);
        ck_assert_double_lt(propagated, 0.98); /* resampling smooths */
    }
}
END_TEST

START_TEST(gaps_hardly_spoil_the_variance)
{
    double propagated, scatter;

    turn_noise(24.0, 0.1, &propagated, &scatter);
    /* what fills a gap repeats its neighbours: a little is missing */
    ck_assert_double_gt(propagated, 0.94 * scatter);
    ck_assert_double_lt(propagated, 1.02 * scatter);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotate_variance");
    TCase *tcase = tcase_create("noise");

    tcase_add_test(tcase, the_variance_is_the_scatter_of_turned_noise);
    tcase_add_test(tcase, gaps_hardly_spoil_the_variance);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
