/** @file check_target_sections.c @brief Large frames: threads share the pixels of one. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "rng.h"
#include "sequin/target.h"
#include "sqn_check.h"
#include "target_internal.h"

enum {
    K = 4,
    N_FRAME = 3,
    /* two runs of sections, of which the last has a part of a block */
    N_PIX = (SQN__TARGET_GROUP + 3) * SQN__TARGET_SECTION * SQN__TARGET_BLOCK + 300,
    N_BASIS = K * N_PIX,
    N_DATA = N_FRAME * N_PIX,
    TWO = 2 * N_PIX, /* where components begin */
    THREE = 3 * N_PIX,
    UNEVEN = 5000 /* from here to its end a block lacks some components */
};

/* Large frames and a basis with gaps. */
typedef struct large {
    float basis[N_BASIS], value[N_DATA], weight[N_DATA];
    sqn_matrix_const counts[K];
    sqn_rows_pair pair;
    sqn_target_basis of;
} large;

static sqn_error err;

static double uniform(uint64_t stream, int64_t i)
{
    return (double)sqn__rng_uniform(77, stream, (uint64_t)i);
}

/* Most pixels have all components; some none, and where it is uneven a few lack one. */
static large *make(bool background, bool uneven)
{
    large *o = sqn__mem_alloc(1, sizeof *o);

    ck_assert_ptr_nonnull(o);
    for (int64_t e = 0; e < N_BASIS; e++) {
        const int64_t p = e % N_PIX;
        const bool gap = p % 7001 < 40 || (uneven && p >= UNEVEN && (e + p) % 50 == 0);

        o->basis[e] = gap ? NAN : (float)uniform(1, e);
    }
    for (int64_t e = 0; e < N_DATA; e++) {
        const float *h = o->basis + e % N_PIX;
        const double x = 2.385 * h[0] + 1.2 * h[N_PIX] + 0.4 * h[TWO] + 0.7 * h[THREE];

        o->value[e] = (float)(x + uniform(2, e) + (background ? -3.0 : 0.0));
        o->weight[e] = uniform(3, e) < 0.02 || isnan(o->value[e])
                           ? 0.0F
                           : (float)(0.5 + uniform(4, e));
    }
    for (int64_t c = 0; c < K; c++) {
        o->counts[c] = (sqn_matrix_const){o->basis, c + 1, N_PIX, N_PIX};
    }
    o->pair = (sqn_rows_pair){{o->value, N_FRAME, N_PIX, N_PIX},
                              {o->weight, N_FRAME, N_PIX, N_PIX}};
    o->of = (sqn_target_basis){K, o->counts, background};
    return o;
}

static sqn_target *fit(const large *o, int64_t n_frame, int n_thread)
{
    const int before = omp_get_max_threads();
    sqn_rows rows = sqn_rows_dense(&o->pair);
    sqn_target *target = NULL;

    rows.n_row = n_frame;
    omp_set_num_threads(n_thread);
    SQN_ASSERT_OK(sqn_target_fit(&target, &o->of, &rows, &err), err);
    omp_set_num_threads(before);
    return target;
}

/* All that was found of the first frame is equal to the bit. */
static void assert_same(const sqn_target *a, const sqn_target *b)
{
    for (int64_t c = 0; c < K; c++) {
        const size_t size = (size_t)(c + 1) * sizeof(double);
        const sqn_target_record ra = sqn_target_about(a, c, 0);
        const sqn_target_record rb = sqn_target_about(b, c, 0);

        ck_assert_mem_eq(sqn_target_coefficients(a, c).data,
                         sqn_target_coefficients(b, c).data, size);
        ck_assert_mem_eq(sqn_target_errors(a, c).data, sqn_target_errors(b, c).data, size);
        ck_assert(ra.n_data == rb.n_data && ra.chi2 == rb.chi2 && ra.kkt == rb.kkt);
    }
}

START_TEST(threads_that_share_a_frame_do_not_change_a_bit)
{
    for (int kind = 0; kind < 3; kind++) {
        large *o = make(kind == 1, kind == 2);
        sqn_target *first = fit(o, 1, 1), *beside_others = fit(o, N_FRAME, 2);

        assert_same(first, beside_others);
        for (int n = 2; n <= 5; n++) {
            sqn_target *again = fit(o, 1, n);

            assert_same(first, again);
            sqn_target_destroy(&again);
        }
        sqn_target_destroy(&beside_others);
        sqn_target_destroy(&first);
        sqn__mem_free(o);
    }
}
END_TEST

/* The gradient and chi2 of the first frame, pixel by pixel, are those of its minimum. */
static void assert_minimum(const large *o, const sqn_target *target, int64_t c)
{
    const double *w = sqn_target_coefficients(target, c).data;
    const double *sky = sqn_target_background(target, c);
    double gradient[K + 1] = {0.0}, scale[K + 1] = {0.0}, chi2 = 0.0;
    int64_t n_data = 0;

    for (int64_t p = 0; p < N_PIX; p++) {
        double v = o->weight[p], r = v > 0.0 ? o->value[p] : 0.0, h[K + 1];

        for (int64_t j = 0; j <= c; j++) {
            h[j] = o->basis[j * N_PIX + p];
            v = isnan(h[j]) ? 0.0 : v;
        }
        h[c + 1] = 1.0;
        n_data += v > 0.0 ? 1 : 0;
        r -= sky != NULL ? sky[0] : 0.0;
        for (int64_t j = 0; j <= c && v > 0.0; j++) {
            r -= w[j] * h[j];
        }
        for (int64_t j = 0; j <= c + 1 && v > 0.0; j++) {
            gradient[j] += v * h[j] * r;
            scale[j] += v * h[j] * fabs(r);
        }
        chi2 += v > 0.0 ? v * r * r : 0.0;
    }
    for (int64_t j = 0; j <= c + (sky != NULL ? 1 : 0); j++) {
        ck_assert(j > c || w[j] > 0.0);
        ck_assert_double_lt(fabs(gradient[j]), 1e-12 * scale[j]);
    }
    ck_assert_int_eq(sqn_target_about(target, c, 0).n_data, n_data);
    ck_assert_double_eq_tol(sqn_target_about(target, c, 0).chi2 / chi2, 1.0, 1e-13);
}

START_TEST(sums_of_sections_are_those_of_all_pixels)
{
    for (int kind = 0; kind < 3; kind++) {
        large *o = make(kind == 1, kind == 2);
        sqn_target *target = fit(o, 1, 2);

        for (int64_t c = 0; c < K; c++) {
            assert_minimum(o, target, c);
        }
        sqn_target_destroy(&target);
        sqn__mem_free(o);
    }
}
END_TEST

static sqn_status read_some(const void *context, int64_t row, int64_t first, int64_t n,
                            double *value, double *weight, sqn_error *e)
{
    const large *o = context;
    const int64_t at = row * N_PIX + first;

    (void)e;
    for (int64_t p = 0; p < n; p++) {
        value[p] = o->value[at + p];
        weight[p] = o->weight[at + p];
    }
    return SQN_OK;
}

static sqn_status read_all(const void *context, int64_t row, double *value, double *weight,
                           sqn_error *e)
{
    return read_some(context, row, 0, N_PIX, value, weight, e);
}

START_TEST(frames_may_be_read_in_parts)
{
    large *o = make(false, true);
    const sqn_rows rows = {.n_row = N_FRAME,
                           .n_col = N_PIX,
                           .read = read_all,
                           .read_part = read_some,
                           .context = o,
                           .parallel = true};
    sqn_target *first = fit(o, N_FRAME, 2), *again = NULL;

    SQN_ASSERT_OK(sqn_target_fit(&again, &o->of, &rows, &err), err);
    assert_same(first, again);
    sqn_target_destroy(&again);
    o->weight[N_PIX + 40000] = 1.0F;
    o->value[N_PIX + 40000] = INFINITY;
    o->weight[TWO + 5] = -1.0F;
    SQN_ASSERT_FAILS(sqn_target_fit(&again, &o->of, &rows, &err), err, SQN_E_NUM);
    ck_assert_ptr_nonnull(strstr(err.message, "frame 2, pixel 40001: value inf"));
    o->weight[N_PIX + 40000] = NAN;
    SQN_ASSERT_FAILS(sqn_target_fit(&again, &o->of, &rows, &err), err, SQN_E_NUM);
    ck_assert_ptr_nonnull(strstr(err.message, "frame 2, pixel 40001"));
    sqn_target_destroy(&first);
    sqn__mem_free(o);
}
END_TEST

START_TEST(threads_that_share_models_do_not_change_a_bit)
{
    static float one[N_DATA], many[N_DATA];
    const int before = omp_get_max_threads();
    large *o = make(false, false);
    sqn_target *target = fit(o, N_FRAME, 2);

    for (int64_t i = 0; i < N_FRAME; i++) {
        sqn_target_model(one + i * N_PIX, target, K - 1, i);
    }
    omp_set_num_threads(3);
    sqn_target_model_rows((sqn_matrix){many, N_FRAME, N_PIX, N_PIX}, target, K - 1, 0);
    omp_set_num_threads(before);
    ck_assert_mem_eq(one, many, sizeof one);
    sqn_target_destroy(&target);
    sqn__mem_free(o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_sections");
    TCase *tcase = tcase_create("fit");

    tcase_add_test(tcase, threads_that_share_a_frame_do_not_change_a_bit);
    tcase_add_test(tcase, sums_of_sections_are_those_of_all_pixels);
    tcase_add_test(tcase, frames_may_be_read_in_parts);
    tcase_add_test(tcase, threads_that_share_models_do_not_change_a_bit);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
