/** @file check_curve.c @brief Variance about the mean and its principal components. */
#include "sequin/curve.h"

#include <math.h>
#include <omp.h>

#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { N_FRAME = 9, N_PIX = 4500, N_DATA = N_FRAME * N_PIX }; /* three groups of panels */

static sqn_error err;
static float value[N_DATA], weight[N_DATA];

static double uniform(uint64_t stream, int64_t index)
{
    return (double)sqn__rng_uniform(4242, stream, (uint64_t)index);
}

/* Three patterns of falling strength about a mean frame, and noise; a fifth is missing. */
static void observe(double noise)
{
    for (int64_t e = 0; e < N_DATA; e++) {
        const int64_t i = e / N_PIX, p = e % N_PIX;
        double x = 50.0 + 10.0 * uniform(1, p) + noise * (uniform(9, e) - 0.5);

        for (uint64_t j = 0; j < 3; j++) {
            x += pow(0.3, (double)j) * (uniform(2 + j, i) - 0.5) * 20.0 * uniform(5 + j, p);
        }
        value[e] = (float)x;
        weight[e] = uniform(8, e) < 0.2 ? 0.0F : (float)(0.01 + uniform(10, e));
    }
}

/* Panels of [n_row, n_col]; transposed: pixels become frames. */
static sqn_panels *create(int64_t n_row, int64_t n_col)
{
    const sqn_rows_pair pair = {{value, n_row, n_col, n_col},
                                {weight, n_row, n_col, n_col}};
    const sqn_rows rows = sqn_rows_dense(&pair);
    sqn_panels *panels = NULL;

    SQN_ASSERT_OK(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    return panels;
}

/* Z Z^T over frames or over pixels, by definition. Returns the trace. */
static double square(double *out, int64_t n_row, int64_t n_col)
{
    const bool by_row = n_row <= n_col;
    const int64_t n = by_row ? n_row : n_col;
    double *z = calloc((size_t)(n_row * n_col), sizeof *z);
    double trace = 0.0;

    ck_assert_ptr_nonnull(z);
    for (int64_t p = 0; p < n_col; p++) {
        double sum_vx = 0.0, sum_v = 0.0;

        for (int64_t i = 0; i < n_row; i++) {
            const double v = weight[i * n_col + p];

            sum_vx += v > 0.0 ? v * (double)value[i * n_col + p] : 0.0;
            sum_v += v;
        }
        for (int64_t i = 0; i < n_row && sum_v > 0.0; i++) {
            const double v = weight[i * n_col + p];

            z[i * n_col + p] =
                v > 0.0 ? sqrt(v) * ((double)value[i * n_col + p] - sum_vx / sum_v) : 0.0;
            trace += z[i * n_col + p] * z[i * n_col + p];
        }
    }
    for (int64_t a = 0; a < n * n; a++) {
        const int64_t first = a / n, second = a % n;

        out[a] = 0.0;
        for (int64_t l = 0; l < n_row * n_col / n; l++) {
            out[a] += by_row ? z[first * n_col + l] * z[second * n_col + l]
                             : z[l * n_col + first] * z[l * n_col + second];
        }
    }
    free(z);
    return trace;
}

/* One rotation of Jacobi that makes a[p][q] zero. */
static void rotate(double *a, int64_t n, int64_t p, int64_t q)
{
    const double angle = 0.5 * atan2(2.0 * a[p * n + q], a[q * n + q] - a[p * n + p]);
    const double c = cos(angle), s = sin(angle);

    for (int64_t k = 0; k < n; k++) {
        const double x = a[k * n + p], y = a[k * n + q];

        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (int64_t k = 0; k < n; k++) {
        const double x = a[p * n + k], y = a[q * n + k];

        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
}

/* Second route: eigenvalues by Jacobi, largest first, to frv_pca. */
static void by_jacobi(double *out, double *a, int64_t n)
{
    double total = 0.0, used = 0.0;

    for (int64_t sweep = 0; sweep < 30; sweep++) {
        for (int64_t p = 0; p < n; p++) {
            for (int64_t q = p + 1; q < n; q++) {
                rotate(a, n, p, q);
            }
        }
    }
    for (int64_t i = 0; i < n; i++) {
        total += a[i * n + i];
    }
    for (int64_t k = 0; k < n; k++) {
        int64_t best = 0;

        for (int64_t i = 0; i < n; i++) {
            best = a[i * n + i] > a[best * n + best] ? i : best;
        }
        used += a[best * n + best];
        a[best * n + best] = -1.0;
        out[k] = 1.0 - used / total;
    }
}

/* Both curves of [n_row, n_col] against their definitions. */
static void assert_curves(int64_t n_row, int64_t n_col)
{
    static double direct[N_FRAME * N_FRAME];
    double curve[N_FRAME + 2], wanted[N_FRAME], centered = 0.0;
    sqn_panels *panels = create(n_row, n_col);
    const double trace = square(direct, n_row, n_col);

    SQN_ASSERT_OK(sqn_curve_centered(&centered, panels, &err), err);
    ck_assert_double_eq_tol(centered / trace, 1.0, 1e-6); /* weights are float32 */
    SQN_ASSERT_OK(sqn_curve_pca(curve, NULL, N_FRAME + 2, panels, &err), err);
    by_jacobi(wanted, direct, N_FRAME);
    for (int64_t k = 0; k < N_FRAME; k++) {
        ck_assert_double_eq_tol(curve[k], wanted[k], 1e-6 * wanted[k] + 1e-13);
        ck_assert(curve[k] >= 0.0 && (k == 0 || curve[k] <= curve[k - 1]));
    }
    ck_assert(curve[N_FRAME] == 0.0 && curve[N_FRAME + 1] == 0.0);
    ck_assert(curve[0] > 0.01); /* there is something to see */
    sqn_panels_destroy(&panels);
}

START_TEST(both_curves_equal_their_definition_whichever_axis_is_long)
{
    for (int64_t c = 0; c < 2; c++) {
        observe(c == 0 ? 1.0 : 0.1);
        assert_curves(N_FRAME, N_PIX);
        assert_curves(N_PIX, N_FRAME); /* many frames of few pixels */
    }
}
END_TEST

/* Large numbers are of sums in float, small ones of sums in double: whatever is asked for. */
START_TEST(numbers_do_not_depend_on_how_many_are_wanted)
{
    double all[N_FRAME], some[N_FRAME];

    observe(0.1); /* of either kind */
    sqn_panels *panels = create(N_FRAME, N_PIX);

    SQN_ASSERT_OK(sqn_curve_pca(all, NULL, N_FRAME, panels, &err), err);
    ck_assert(all[0] > 1e-2 && all[7] < 1e-2 && all[7] > 1e-5);
    for (int64_t n = 0; n < N_FRAME; n++) {
        SQN_ASSERT_OK(sqn_curve_pca(some, NULL, n, panels, &err), err);
        ck_assert_mem_eq(some, all, (size_t)n * sizeof *all);
    }
    sqn_panels_destroy(&panels);
}
END_TEST

START_TEST(planted_components_are_counted)
{
    double curve[5];

    observe(0.0);
    for (int64_t e = 0; e < N_DATA; e++) { /* complete data of rank 3 about the mean */
        weight[e] = 1.0F;
    }
    sqn_panels *panels = create(N_FRAME, N_PIX);

    SQN_ASSERT_OK(sqn_curve_pca(curve, NULL, 5, panels, &err), err);
    ck_assert(curve[0] > 1e-2 && curve[1] > 1e-4);
    ck_assert(curve[2] < 1e-10 && curve[4] < 1e-10); /* float32 data */
    sqn_panels_destroy(&panels);
}
END_TEST

START_TEST(identical_frames_have_nothing_to_explain)
{
    double curve[2] = {7.0, 7.0}, centered = 7.0;

    for (int64_t e = 0; e < N_DATA; e++) {
        value[e] = (float)(e % N_PIX % 64);
        weight[e] = 1.0F;
    }
    sqn_panels *panels = create(N_FRAME, N_PIX);

    SQN_ASSERT_OK(sqn_curve_centered(&centered, panels, &err), err);
    SQN_ASSERT_OK(sqn_curve_pca(curve, NULL, 2, panels, &err), err);
    ck_assert(centered == 0.0 && curve[0] == 0.0 && curve[1] == 0.0);
    sqn_panels_destroy(&panels);
}
END_TEST

START_TEST(missing_values_and_units_do_not_change_a_bit)
{
    double first[4], again[4], centered[2];

    observe(1.0);
    for (int64_t e = 0; e < N_DATA; e++) { /* pixel 11 and frame 5 have no data */
        weight[e] = e % N_PIX == 11 || e / N_PIX == 5 ? 0.0F : weight[e];
    }
    sqn_panels *panels = create(N_FRAME, N_PIX);

    SQN_ASSERT_OK(sqn_curve_pca(first, NULL, 4, panels, &err), err);
    SQN_ASSERT_OK(sqn_curve_centered(&centered[0], panels, &err), err);
    sqn_panels_destroy(&panels);
    for (int64_t e = 0; e < N_DATA; e++) {
        value[e] = weight[e] > 0.0F ? ldexpf(value[e], -20) : e % 2 == 0 ? NAN : 1e30F;
        weight[e] = ldexpf(weight[e], 41); /* not twice 20: chi2 doubles */
    }
    panels = create(N_FRAME, N_PIX);
    SQN_ASSERT_OK(sqn_curve_pca(again, NULL, 4, panels, &err), err);
    SQN_ASSERT_OK(sqn_curve_centered(&centered[1], panels, &err), err);
    sqn_panels_destroy(&panels);
    ck_assert_mem_eq(first, again, sizeof first);
    ck_assert(centered[1] == 2.0 * centered[0]);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    double first[N_FRAME], again[N_FRAME], centered[2];

    for (int64_t c = 0; c < 16;
         c++) { /* what depends on addresses shows in some data only */
        observe(0.1 * (double)c);
        sqn_panels *panels = c % 2 == 0 ? create(N_FRAME, N_PIX) : create(N_PIX, N_FRAME);

        for (int n = 1; n <= 4; n++) {
            omp_set_num_threads(n);
            SQN_ASSERT_OK(
                sqn_curve_pca(n == 1 ? first : again, NULL, N_FRAME, panels, &err), err);
            SQN_ASSERT_OK(sqn_curve_centered(&centered[n == 1 ? 0 : 1], panels, &err), err);
            for (int64_t k = 0; k < N_FRAME && n > 1; k++) {
                ck_assert(first[k] == again[k]);
            }
            ck_assert(n == 1 || centered[0] == centered[1]);
        }
        sqn_panels_destroy(&panels);
    }
}
END_TEST

START_TEST(the_sum_comes_with_the_curve)
{
    double curve[N_FRAME], centered[2];

    observe(1.0);
    for (int64_t c = 0; c < 2; c++) {
        sqn_panels *panels = c == 0 ? create(N_FRAME, N_PIX) : create(N_PIX, N_FRAME);

        SQN_ASSERT_OK(sqn_curve_pca(curve, &centered[0], N_FRAME, panels, &err), err);
        SQN_ASSERT_OK(sqn_curve_centered(&centered[1], panels, &err), err);
        ck_assert(centered[0] == centered[1]);
        sqn_panels_destroy(&panels);
    }
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    double curve[2], centered;

    observe(1.0);
    sqn_panels *panels = create(N_FRAME, N_PIX);

    for (int64_t i = 0; i < 2; i++) {
        sqn_allocations_before_failure = i;
        SQN_ASSERT_FAILS(sqn_curve_pca(curve, NULL, 2, panels, &err), err, SQN_E_MEM);
        sqn_allocations_before_failure = i;
        SQN_ASSERT_FAILS(sqn_curve_centered(&centered, panels, &err), err, SQN_E_MEM);
    }
    sqn_panels_destroy(&panels);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curve");
    TCase *tcase = tcase_create("frv");

    tcase_add_test(tcase, both_curves_equal_their_definition_whichever_axis_is_long);
    tcase_add_test(tcase, numbers_do_not_depend_on_how_many_are_wanted);
    tcase_add_test(tcase, planted_components_are_counted);
    tcase_add_test(tcase, identical_frames_have_nothing_to_explain);
    tcase_add_test(tcase, missing_values_and_units_do_not_change_a_bit);
    tcase_add_test(tcase, threads_do_not_change_a_bit);
    tcase_add_test(tcase, the_sum_comes_with_the_curve);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
