/** @file check_nmf_lane.c @brief A pixel with fewer data than components. */
#include "nmf_anls_lane.h"

#include <math.h>

#include "rng.h"
#include "sqn_check.h"

enum { K = 4, PAIRS = K * (K + 1) / 2, WORK = K * (K + 5) };

/* G = sum over `n` data of h h^T and g = sum (x - h u) h, pairs as the lane wants them. */
static void form(float *gram, float *g, double h[][K], const double *x, const float *u,
                 int n)
{
    for (int b = 0; b < K; b++) {
        double sum_g = 0.0;

        for (int a = 0; a <= b; a++) {
            double sum = 0.0;

            for (int i = 0; i < n; i++) {
                sum += h[i][a] * h[i][b];
            }
            gram[b * (b + 1) / 2 + a] = (float)sum;
        }
        for (int i = 0; i < n; i++) {
            double r = x[i];

            for (int c = 0; c < K; c++) {
                r -= h[i][c] * (double)u[c];
            }
            sum_g += r * h[i][b];
        }
        g[b] = (float)sum_g;
    }
}

START_TEST(an_undetermined_pixel_finds_the_solution_nearest_to_its_anchor)
{
    double h[2][K] = {{1.0, 2.0, 0.5, 1.5}, {2.0, 1.0, 1.5, 0.5}};
    const double x[2] = {4.0, 5.0};
    const float anchor[K] = {0.5F, 0.7F, 0.9F, 0.4F}, support[K] = {1.0F, 1.0F, 1.0F, 1.0F};
    float gram[PAIRS], g[K], u[K] = {1.0F, 0.0F, 2.0F, 0.3F};
    double work[WORK];

    form(gram, g, h, x, u, 2);
    const sqn__nmf_anls_lane lane = {.k = K,
                                     .n_bounded = K,
                                     .width = 1,
                                     .gram = gram,
                                     .g = g,
                                     .n_anchor = K,
                                     .anchor = anchor,
                                     .support = support,
                                     .u = u,
                                     .work = work};

    ck_assert_int_eq(sqn__nmf_anls_lane_work_size(K), WORK);
    sqn__nmf_anls_lane_descend(&lane);
    for (int i = 0; i < 2; i++) { /* both data are met */
        double sum = 0.0;

        for (int a = 0; a < K; a++) {
            sum += h[i][a] * (double)u[a];
        }
        ck_assert_double_eq_tol(sum, x[i], 1e-5);
    }
    /* D (u - anchor) lies in the span of the two rows, D the diagonal of G: nothing that
       the data do not see has moved. The residual of fitting the rows to it is nothing. */
    double d[K], hh[3] = {0}, hd[2] = {0}, left = 0.0;

    for (int a = 0; a < K; a++) {
        d[a] = (double)gram[a * (a + 3) / 2] * ((double)u[a] - (double)anchor[a]);
        hh[0] += h[0][a] * h[0][a];
        hh[1] += h[0][a] * h[1][a];
        hh[2] += h[1][a] * h[1][a];
        hd[0] += h[0][a] * d[a];
        hd[1] += h[1][a] * d[a];
    }
    const double det = hh[0] * hh[2] - hh[1] * hh[1];
    const double y0 = (hd[0] * hh[2] - hd[1] * hh[1]) / det;
    const double y1 = (hd[1] * hh[0] - hd[0] * hh[1]) / det;

    for (int a = 0; a < K; a++) {
        const double e = d[a] - y0 * h[0][a] - y1 * h[1][a];

        left += e * e;
    }
    ck_assert_double_lt(sqrt(left), 1e-4);
}
END_TEST

START_TEST(an_undetermined_pixel_keeps_the_bound_and_never_rises)
{
    for (uint64_t trial = 0; trial < 500; trial++) {
        double h[3][K], x[3], work[WORK], before = 0.0, after = 0.0;
        const float support[K] = {1.0F, 1.0F, 1.0F, 1.0F};
        float gram[PAIRS], g[K], u[K], anchor[K];

        for (uint64_t i = 0; i < 3; i++) {
            x[i] = 3.0 * (double)sqn__rng_uniform(8, trial, 90 + i) - 1.5;
            for (uint64_t a = 0; a < K; a++) {
                h[i][a] = (double)sqn__rng_uniform(8, trial, i * K + a);
            }
        }
        for (uint64_t a = 0; a < K; a++) {
            u[a] = sqn__rng_uniform(8, trial, 50 + a);
            anchor[a] = a == 3 ? 1e3F /* that of the newest does not count */
                               : sqn__rng_uniform(8, trial, 60 + a);
        }
        form(gram, g, h, x, u, 3);
        const sqn__nmf_anls_lane lane = {K, K, 1, gram, g, K - 1, anchor, support, u, work};

        for (int pass = 0; pass < 2; pass++) {
            double *chi2 = pass == 0 ? &before : &after;

            for (int i = 0; i < 3; i++) {
                double r = x[i];

                for (int a = 0; a < K; a++) {
                    r -= h[i][a] * (double)u[a];
                    ck_assert_float_ge(u[a], 0.0F);
                }
                *chi2 += r * r;
            }
            if (pass == 0) {
                sqn__nmf_anls_lane_descend(&lane);
            }
        }
        ck_assert_double_le(after, before + 1e-5);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf_lane");
    TCase *tcase = tcase_create("nearest to the stage before");

    tcase_add_test(tcase, an_undetermined_pixel_finds_the_solution_nearest_to_its_anchor);
    tcase_add_test(tcase, an_undetermined_pixel_keeps_the_bound_and_never_rises);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
