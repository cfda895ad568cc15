/** @file check_combine.c @brief Combining: values, errors against noise, flags, coverage. */
#include "sequin/combine.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "rng.h"
#include "sqn_check.h"
#include "sqn_planes.h"
#include "sqn_wrap.h"

static sqn_error err;

/* Frames of one shape with every plane, and room for the result. */
typedef struct scene {
    int64_t n_frame, n_pix;
    sqn_image *frames;
    sqn_image out;
    int32_t *coverage;
} scene;

/* Frames of Gaussian noise about 2.385; frame f has sigma 1 + f / 4. */
static scene make_scene(int64_t n_frame, int64_t ny, int64_t nx, uint64_t seed)
{
    scene s = {n_frame, ny * nx, sqn__mem_alloc(n_frame, sizeof(sqn_image)), make(ny, nx),
               sqn__mem_alloc(ny * nx, sizeof(int32_t))};

    for (int64_t f = 0; f < n_frame; f++) {
        const double sigma = 1.0 + 0.25 * (double)f;

        s.frames[f] = make(ny, nx);
        for (int64_t p = 0; p < s.n_pix; p++) {
            const uint64_t index = (uint64_t)(f * s.n_pix + p);

            s.frames[f].value[p] = (float)(2.385 + sigma * gauss(seed, index));
            s.frames[f].variance[p] = (float)(sigma * sigma);
        }
    }
    return s;
}

static void drop_scene(scene *s)
{
    for (int64_t f = 0; f < s->n_frame; f++) {
        drop(&s->frames[f]);
    }
    drop(&s->out);
    sqn__mem_free(s->frames);
    sqn__mem_free(s->coverage);
}

static void combine(scene *s, sqn_combine_method method)
{
    SQN_ASSERT_OK(
        sqn_combine_frames(&s->out, s->coverage, s->frames, s->n_frame, method, &err), err);
}

/* Values of `n` frames of one pixel, and their variances, combined. */
static void combine_values(scene *s, const float *values, const float *variances,
                           sqn_combine_method method)
{
    for (int64_t f = 0; f < s->n_frame; f++) {
        s->frames[f].value[0] = values[f];
        s->frames[f].variance[0] = variances[f];
    }
    combine(s, method);
}

START_TEST(methods_give_what_they_are_named_after)
{
    const float values[5] = {3.0F, NAN, -1.0F, 7.5F, 4.0F};
    const float variances[5] = {1.0F, NAN, 4.0F, 2.0F, 0.5F};
    scene s = make_scene(5, 1, 1, 1);

    combine_values(&s, values, variances, SQN_COMBINE_MEAN);
    ck_assert_float_eq_tol(s.out.value[0], 13.5F / 4.0F, 1e-6F);
    ck_assert_float_eq_tol(s.out.variance[0], 7.5F / 16.0F, 1e-6F);
    ck_assert_int_eq(s.coverage[0], 4);

    combine_values(&s, values, variances, SQN_COMBINE_MEDIAN);
    ck_assert_float_eq_tol(s.out.value[0], 3.5F, 1e-6F); /* between 3 and 4 */
    ck_assert_float_eq_tol(s.out.variance[0], 1.1968F * 7.5F / 16.0F, 0.015F);

    combine_values(&s, values, variances, SQN_COMBINE_WEIGHTED);
    ck_assert_float_eq_tol(s.out.value[0], (3.0F - 0.25F + 3.75F + 8.0F) / 3.75F, 1e-6F);
    ck_assert_float_eq_tol(s.out.variance[0], 1.0F / 3.75F, 1e-6F);
    drop_scene(&s);
}
END_TEST

START_TEST(the_median_of_two_has_the_error_of_their_mean)
{
    const float values[2] = {3.0F, 4.5F}, variances[2] = {1.0F, 2.0F};
    scene s = make_scene(2, 1, 1, 1);

    combine_values(&s, values, variances, SQN_COMBINE_MEDIAN);
    ck_assert_float_eq_tol(s.out.value[0], 3.75F, 1e-6F);
    ck_assert_float_eq_tol(s.out.variance[0], 0.75F, 1e-6F);
    drop_scene(&s);

    const float three[3] = {3.0F, 4.5F, -8.0F}, their[3] = {1.0F, 2.0F, 6.0F};

    s = make_scene(3, 1, 1, 1);
    combine_values(&s, three, their, SQN_COMBINE_MEDIAN);
    ck_assert_float_eq(s.out.value[0], 3.0F);
    ck_assert_float_eq_tol(s.out.variance[0], 1.346F, 0.02F); /* three: 3 * 0.4487 */
    drop_scene(&s);
}
END_TEST

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

START_TEST(medians_are_those_of_a_sorted_list)
{
    for (int64_t n = 1; n < 40; n++) {
        scene s = make_scene(n, 3, 7, (uint64_t)n);
        float sorted[40];

        for (int64_t f = 0; f < n; f++) { /* with ties */
            for (int64_t p = 0; p < s.n_pix; p += 2) {
                s.frames[f].value[p] = roundf(s.frames[f].value[p]);
            }
        }
        combine(&s, SQN_COMBINE_MEDIAN);
        for (int64_t p = 0; p < s.n_pix; p++) {
            for (int64_t f = 0; f < n; f++) {
                sorted[f] = s.frames[f].value[p];
            }
            qsort(sorted, (size_t)n, sizeof *sorted, ascending);
            ck_assert_float_eq_tol(s.out.value[p],
                                   0.5F * (sorted[(n - 1) / 2] + sorted[n / 2]), 1e-6F);
        }
        drop_scene(&s);
    }
}
END_TEST

/* Scatter of the combined values about the truth over their propagated error. */
static double scatter_over_error(const scene *s)
{
    double sum = 0.0;

    for (int64_t p = 0; p < s->n_pix; p++) {
        const double d = (double)s->out.value[p] - 2.385;

        sum += d * d / (double)s->out.variance[p];
    }
    return sqrt(sum / (double)s->n_pix);
}

START_TEST(errors_are_the_scatter_of_combined_noise)
{
    scene s = make_scene(21, 60, 60, 3);

    /* 3600 pixels: the scatter is known to 1.2 % */
    combine(&s, SQN_COMBINE_MEAN);
    ck_assert_double_eq_tol(scatter_over_error(&s), 1.0, 0.04);
    combine(&s, SQN_COMBINE_WEIGHTED);
    ck_assert_double_eq_tol(scatter_over_error(&s), 1.0, 0.04);
    for (int64_t f = 0; f < s.n_frame; f++) { /* the rule for medians is for equal errors */
        for (int64_t p = 0; p < s.n_pix; p++) {
            float *value = &s.frames[f].value[p];

            *value = 2.385F + (*value - 2.385F) / (1.0F + 0.25F * (float)f);
            s.frames[f].variance[p] = 1.0F;
        }
    }
    combine(&s, SQN_COMBINE_MEDIAN);
    ck_assert_double_eq_tol(scatter_over_error(&s), 1.0, 0.05);
    drop_scene(&s);
}
END_TEST

START_TEST(medians_of_few_frames_have_smaller_errors_than_those_of_many)
{
    for (int64_t n = 3; n <= 12; n++) {
        scene s = make_scene(n, 120, 120, 30 + (uint64_t)n);

        for (int64_t e = 0; e < n * s.n_pix; e++) {
            s.frames[e / s.n_pix].value[e % s.n_pix] =
                (float)(2.385 + gauss(31, (uint64_t)e));
            s.frames[e / s.n_pix].variance[e % s.n_pix] = 1.0F;
        }
        combine(&s, SQN_COMBINE_MEDIAN);
        /* 14400 pixels: the scatter is known to 0.6 % */
        ck_assert_double_eq_tol(scatter_over_error(&s), 1.0, 0.025);
        drop_scene(&s);
    }
}
END_TEST

/* Add noise of variance `common` that all frames have, and say so. */
static void share_noise(scene *s, double common)
{
    for (int64_t f = 0; f < s->n_frame; f++) {
        s->frames[f].shared = sqn__mem_alloc(s->n_pix, sizeof(float));
        ck_assert_ptr_nonnull(s->frames[f].shared);
        for (int64_t p = 0; p < s->n_pix; p++) {
            s->frames[f].value[p] += (float)(sqrt(common) * gauss(77, (uint64_t)p));
            s->frames[f].variance[p] += (float)common;
            s->frames[f].shared[p] = (float)((double)(s->n_frame - 1) * common);
        }
    }
}

START_TEST(noise_that_frames_share_does_not_average_out)
{
    const sqn_combine_method methods[3] = {SQN_COMBINE_MEAN, SQN_COMBINE_WEIGHTED,
                                           SQN_COMBINE_MEDIAN};
    scene s = make_scene(9, 60, 60, 3);

    share_noise(&s, 0.7);
    for (int64_t f = 0; f < 5; f++) { /* some have fewer frames */
        for (int64_t p = 0; p < s.n_pix; p += 3) {
            s.frames[f].value[p] = NAN;
        }
    }
    for (int64_t k = 0; k < 2; k++) {
        combine(&s, methods[k]);
        ck_assert_double_eq_tol(scatter_over_error(&s), 1.0, 0.05);
    }
    combine(&s, methods[2]); /* frames of unequal errors: the rule is for equal ones */
    ck_assert_double_eq_tol(scatter_over_error(&s), 1.0, 0.15);
    for (int64_t f = 0; f < s.n_frame; f++) { /* opposite signs leave some variance */
        for (int64_t p = 0; p < s.n_pix; p++) {
            s.frames[f].shared[p] = -1e3F;
        }
    }
    combine(&s, SQN_COMBINE_MEAN);
    ck_assert_float_gt(s.out.variance[1], 0.0F);
    drop_scene(&s);
}
END_TEST

START_TEST(flags_come_from_the_frames_behind_the_pixel)
{
    scene s = make_scene(3, 1, 2, 4);

    for (int64_t f = 0; f < 3; f++) {
        s.frames[f].dq[0] = s.frames[f].dq[1] = UINT32_C(1) << (f + 29);
        s.frames[f].flags[0] = s.frames[f].flags[1] = (uint8_t)(1U << f);
        s.frames[f].value[1] = NAN;
    }
    s.frames[1].value[0] = NAN;
    combine(&s, SQN_COMBINE_MEAN);
    ck_assert_uint_eq(s.out.dq[0], UINT32_C(5) << 29);
    ck_assert_uint_eq(s.out.flags[0], 5);
    ck_assert_int_eq(s.coverage[0], 2);
    ck_assert_uint_eq(s.out.dq[1], UINT32_C(7) << 29); /* nothing valid: all frames */
    ck_assert_uint_eq(s.out.flags[1], 7);
    ck_assert_int_eq(s.coverage[1], 0);
    ck_assert(isnan(s.out.value[1]) && isnan(s.out.variance[1]));
    drop_scene(&s);
}
END_TEST

START_TEST(weights_need_a_variance_that_can_be_one)
{
    const float values[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    const float variances[4] = {0.0F, NAN, INFINITY, 0.5F};
    scene s = make_scene(4, 1, 1, 5);

    combine_values(&s, values, variances, SQN_COMBINE_WEIGHTED);
    ck_assert_float_eq(s.out.value[0], 4.0F);
    ck_assert_int_eq(s.coverage[0], 1);
    drop_scene(&s);
}
END_TEST

START_TEST(one_frame_is_itself_and_planes_may_be_absent)
{
    const sqn_combine_method methods[3] = {SQN_COMBINE_MEAN, SQN_COMBINE_MEDIAN,
                                           SQN_COMBINE_WEIGHTED};
    scene s = make_scene(1, 4, 5, 6);

    for (int64_t k = 0; k < 3; k++) {
        combine(&s, methods[k]);
        ck_assert_mem_eq(s.out.value, s.frames[0].value, 20 * sizeof(float));
        ck_assert_mem_eq(s.out.variance, s.frames[0].variance, 20 * sizeof(float));
    }

    sqn_image bare = {.ny = 4, .nx = 5, .value = s.out.value};
    const sqn_image frame = {.ny = 4, .nx = 5, .value = s.frames[0].value};

    memset(bare.value, 0, 20 * sizeof(float));
    SQN_ASSERT_OK(
        sqn_combine_frames(&bare, s.coverage, &frame, 1, SQN_COMBINE_MEDIAN, &err), err);
    ck_assert_mem_eq(bare.value, s.frames[0].value, 20 * sizeof(float));
    drop_scene(&s);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    const sqn_combine_method methods[3] = {SQN_COMBINE_MEAN, SQN_COMBINE_MEDIAN,
                                           SQN_COMBINE_WEIGHTED};
    enum { NY = 17, NX = 13, N_PIX = NY * NX };
    float value[N_PIX], variance[N_PIX];
    scene s = make_scene(11, NY, NX, 8);

    for (int64_t k = 0; k < 3; k++) {
        omp_set_num_threads(1);
        combine(&s, methods[k]);
        memcpy(value, s.out.value, sizeof value);
        memcpy(variance, s.out.variance, sizeof variance);
        omp_set_num_threads(3);
        combine(&s, methods[k]);
        ck_assert_mem_eq(s.out.value, value, sizeof value);
        ck_assert_mem_eq(s.out.variance, variance, sizeof variance);
    }
    drop_scene(&s);
}
END_TEST

/* Pixel `p` of an image alone. */
static sqn_image pixel_of(const sqn_image *image, int64_t p)
{
    return (sqn_image){1,
                       1,
                       image->value + p,
                       image->variance + p,
                       image->dq + p,
                       image->flags + p,
                       image->shared != NULL ? image->shared + p : NULL};
}

START_TEST(pixels_side_by_side_are_combined_as_each_alone)
{
    const sqn_combine_method methods[3] = {SQN_COMBINE_MEAN, SQN_COMBINE_MEDIAN,
                                           SQN_COMBINE_WEIGHTED};
    enum { NY = 2, NX = 150, N_FRAME = 5 };
    static float shared[NY * NX];
    scene s = make_scene(N_FRAME, NY, NX, 9);
    scene alone = make_scene(N_FRAME, 1, 1, 9);
    sqn_image single[N_FRAME], *whole = alone.frames;

    for (int64_t e = 0; e < N_FRAME * s.n_pix; e++) {
        sqn_image *frame = &s.frames[e / s.n_pix];
        const int64_t p = e % s.n_pix;

        frame->shared = e / s.n_pix % 2 == 0 ? shared : NULL;
        shared[p] = 0.1F * (float)(p % 5);
        frame->flags[p] = (uint8_t)(1U << e % 7);
        frame->dq[p] = 1U << e % 31;
        frame->value[p] = e % 3 == 0 || p == 77 ? NAN : frame->value[p];
        frame->variance[p] = e % 11 == 4 ? INFINITY : frame->variance[p];
    }
    alone.frames = single;
    for (int64_t k = 0; k < 3; k++) {
        combine(&s, methods[k]);
        for (int64_t p = 0; p < s.n_pix; p++) {
            for (int64_t f = 0; f < N_FRAME; f++) {
                single[f] = pixel_of(&s.frames[f], p);
            }
            combine(&alone, methods[k]);
            ck_assert_mem_eq(alone.out.value, s.out.value + p, sizeof(float));
            ck_assert_mem_eq(alone.out.variance, s.out.variance + p, sizeof(float));
            ck_assert_uint_eq(alone.out.flags[0], s.out.flags[p]);
            ck_assert_uint_eq(alone.out.dq[0], s.out.dq[p]);
            ck_assert_int_eq(alone.coverage[0], s.coverage[p]);
        }
    }
    for (int64_t f = 0; f < N_FRAME; f++) {
        s.frames[f].shared = NULL;
    }
    alone.frames = whole;
    drop_scene(&alone);
    drop_scene(&s);
}
END_TEST

START_TEST(wrong_arguments_and_no_memory_are_errors)
{
    scene s = make_scene(2, 3, 4, 7);
    sqn_image *frames = s.frames;
    float *variance = frames[1].variance;

    SQN_ASSERT_FAILS(
        sqn_combine_frames(&s.out, s.coverage, frames, 0, SQN_COMBINE_MEAN, &err), err,
        SQN_E_ARG);
    frames[1].variance = NULL;
    SQN_ASSERT_FAILS(
        sqn_combine_frames(&s.out, s.coverage, frames, 2, SQN_COMBINE_WEIGHTED, &err), err,
        SQN_E_ARG);
    frames[1].variance = variance;
    frames[1].nx = 5;
    SQN_ASSERT_FAILS(
        sqn_combine_frames(&s.out, s.coverage, frames, 2, SQN_COMBINE_MEAN, &err), err,
        SQN_E_ARG);
    frames[1].nx = 4;
    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(
        sqn_combine_frames(&s.out, s.coverage, frames, 2, SQN_COMBINE_MEDIAN, &err), err,
        SQN_E_MEM);
    drop_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("combine");
    TCase *tcase = tcase_create("frames");

    tcase_add_test(tcase, methods_give_what_they_are_named_after);
    tcase_add_test(tcase, the_median_of_two_has_the_error_of_their_mean);
    tcase_add_test(tcase, medians_are_those_of_a_sorted_list);
    tcase_add_test(tcase, errors_are_the_scatter_of_combined_noise);
    tcase_add_test(tcase, medians_of_few_frames_have_smaller_errors_than_those_of_many);
    tcase_add_test(tcase, noise_that_frames_share_does_not_average_out);
    tcase_add_test(tcase, flags_come_from_the_frames_behind_the_pixel);
    tcase_add_test(tcase, weights_need_a_variance_that_can_be_one);
    tcase_add_test(tcase, one_frame_is_itself_and_planes_may_be_absent);
    tcase_add_test(tcase, threads_do_not_change_a_bit);
    tcase_add_test(tcase, pixels_side_by_side_are_combined_as_each_alone);
    tcase_add_test(tcase, wrong_arguments_and_no_memory_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
