/** @file check_derotation.c @brief Means of turned frames against each frame turned and combined. */
#include "sequin/derotation.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <string.h>

#include "mem.h"
#include "rng.h"
#include "sequin/cube.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum {
    NY = 37,
    NX = 45,
    N_PIX = NY * NX,
    N_FRAME = 7,
    N_IMAGE = 5,
    N_RADIUS = NY + NX,
    SHARES = N_RADIUS * SQN_DEROTATION_IMAGES
};

static sqn_error err;
static const double center[2] = {22.7, 19.0};
static const double angles[N_FRAME] = {0.0, 33.7, -61.0, 90.0, 200.3, 360.0, 5.0};

/* Planes of all frames, and the images that they are. */
typedef struct scene {
    float value[N_FRAME][N_IMAGE][N_PIX], variance[N_FRAME][N_IMAGE][N_PIX];
    float shared[N_FRAME][N_IMAGE][N_PIX];
    uint32_t dq[N_FRAME][N_PIX];
    uint8_t flags[N_FRAME][N_IMAGE][N_PIX];
    float share[N_FRAME][SHARES];
    sqn_image image[N_FRAME][N_IMAGE];
} scene;

/* Combined images. */
typedef struct result {
    float value[N_IMAGE][N_PIX], variance[N_IMAGE][N_PIX];
    uint32_t dq[N_IMAGE][N_PIX];
    uint8_t flags[N_IMAGE][N_PIX];
    int32_t coverage[N_IMAGE][N_PIX], *planes[N_IMAGE];
    sqn_image image[N_IMAGE];
} result;

static scene in, turned;
static result found, expected;
static int32_t ring[N_PIX];

static double draw(uint64_t stream, int64_t i, int64_t k)
{
    return (double)sqn__rng_uniform(11, stream, (uint64_t)(i * 1000003 + k));
}

/* A pixel that image c of frame i misses; image 3 misses some more. */
static bool is_gap(int64_t i, int64_t c, int64_t p)
{
    return draw(0, i, p) < 0.01 || p == 900 || (c == 3 && (p == 611 || p % 97 == i));
}

static void fill_image(int64_t i, int64_t c)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        const double variance = 0.5 + draw(1, i * N_IMAGE + c, p);
        const bool gap = is_gap(i, c, p);

        in.value[i][c][p] = gap ? NAN : (float)(draw(2, i * N_IMAGE + c, p) - 0.3);
        in.variance[i][c][p] = gap || (c == 4 && p == 500) ? NAN : (float)variance;
        in.shared[i][c][p] = (float)(0.2 * variance * draw(3, i * N_IMAGE + c, p));
        in.flags[i][c][p] = (uint8_t)(draw(4, i, p) < 0.05 ? 1 << (p + c) % 7 : 0);
    }
    in.image[i][c] = (sqn_image){NY,
                                 NX,
                                 in.value[i][c],
                                 in.variance[i][c],
                                 in.dq[i],
                                 in.flags[i][c],
                                 in.shared[i][c]};
}

static void fill(void)
{
    memset(&in, 0, sizeof in);
    for (int64_t p = 0; p < N_PIX; p++) {
        ring[p] = (int32_t)hypot((double)(p % NX) - 21.7, (double)p / NX - 18.0);
    }
    for (int64_t i = 0; i < N_FRAME; i++) {
        for (int64_t p = 0; p < N_PIX; p++) {
            in.dq[i][p] = draw(5, i, p) < 0.1 ? (uint32_t)p : 0;
        }
        for (int64_t e = 0; e < SHARES; e++) {
            in.share[i][e] = (float)(0.5 + draw(6, i, e));
        }
        for (int64_t c = 0; c < N_IMAGE; c++) {
            fill_image(i, c);
        }
    }
}

static void view(result *r)
{
    memset(r, 0, sizeof *r);
    for (int64_t c = 0; c < N_IMAGE; c++) {
        r->image[c] =
            (sqn_image){NY, NX, r->value[c], r->variance[c], r->dq[c], r->flags[c], NULL};
        r->planes[c] = r->coverage[c];
    }
}

static sqn_derotation_plan plan_of(int64_t n_image, int64_t n_frame)
{
    return (sqn_derotation_plan){.ny = NY,
                                 .nx = NX,
                                 .n_image = n_image,
                                 .n_frame = n_frame,
                                 .center = {center[0], center[1]},
                                 .has_dq = true,
                                 .ring = ring,
                                 .n_radius = N_RADIUS};
}

static sqn_derotation *create(int64_t n_image, int64_t n_frame)
{
    const sqn_derotation_plan plan = plan_of(n_image, n_frame);
    sqn_derotation *d = NULL;

    SQN_ASSERT_OK(sqn_derotation_create(&d, &plan, &err), err);
    return d;
}

/* Combine the first `n` frames. */
static void derotate(result *out, sqn_derotation *d, int64_t n)
{
    view(out);
    for (int64_t i = 0; i < n; i++) {
        const sqn_derotation_frame frame = {in.image[i], angles[i], in.share[i]};
        sqn_derotation_sums sums;

        SQN_ASSERT_OK(sqn_derotation_add(d, &sums, &frame, &err), err);
    }
    SQN_ASSERT_OK(sqn_derotation_finish(d, out->image, out->planes, &err), err);
}

/* Image `c` of the first `n` frames by the way of planes. */
static void combine_each(int64_t c, int64_t n)
{
    sqn_image frames[N_FRAME];

    for (int64_t i = 0; i < n; i++) {
        sqn_image from = in.image[i][c];

        from.shared = turned.shared[i][0];
        for (int64_t p = 0; p < N_PIX; p++) {
            from.shared[p] = in.shared[i][c][p] *
                             in.share[i][(int64_t)ring[p] * SQN_DEROTATION_IMAGES + c];
        }
        frames[i] = (sqn_image){NY,
                                NX,
                                turned.value[i][c],
                                turned.variance[i][c],
                                turned.dq[i],
                                turned.flags[i][c],
                                turned.shared[i][1]};
        SQN_ASSERT_OK(sqn_rotate_frame(&frames[i], &from, center, angles[i], &err), err);
    }
    SQN_ASSERT_OK(sqn_combine_frames(&expected.image[c], expected.coverage[c], frames, n,
                                     SQN_COMBINE_MEAN, &err),
                  err);
}

static void compare(const float *a, const float *b, double tolerance)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        ck_assert_int_eq(isnan(a[p]), isnan(b[p]));
        if (!isnan(a[p])) {
            ck_assert_double_le(fabs((double)a[p] - (double)b[p]), tolerance);
        }
    }
}

static void compare_all(int64_t n_image, int64_t n)
{
    view(&expected);
    for (int64_t c = 0; c < n_image; c++) {
        combine_each(c, n);
        compare(found.value[c], expected.value[c], 1e-6); /* numbers of order 1 in float */
        compare(found.variance[c], expected.variance[c], 3e-6);
        ck_assert(memcmp(found.flags[c], expected.flags[c], N_PIX) == 0);
        ck_assert(memcmp(found.dq[c], expected.dq[c], sizeof found.dq[c]) == 0);
        ck_assert(
            memcmp(found.coverage[c], expected.coverage[c], sizeof found.coverage[c]) == 0);
    }
}

START_TEST(frames_are_combined_as_each_turned_alone)
{
    sqn_derotation *d = NULL;

    fill();
    for (int64_t n_image = 1; n_image <= N_IMAGE; n_image += 2) {
        d = create(n_image, N_FRAME);
        derotate(&found, d, N_FRAME);
        compare_all(n_image, N_FRAME);
        derotate(&found, d, 2); /* it may be used again */
        compare_all(n_image, 2);
        sqn_derotation_destroy(&d);
        ck_assert_ptr_null(d);
    }
}
END_TEST

START_TEST(one_frame_that_is_not_turned_is_itself)
{
    sqn_derotation *d = NULL;

    fill();
    d = create(N_IMAGE, 1);
    derotate(&found, d, 1);
    for (int64_t c = 0; c < N_IMAGE; c++) {
        compare(found.value[c], in.value[0][c], 0.0);
        compare(found.variance[c], in.variance[0][c], 0.0);
    }
    sqn_derotation_destroy(&d);
}
END_TEST

static void same_bits(int64_t n_image)
{
    for (int64_t c = 0; c < n_image; c++) {
        compare(found.value[c], expected.value[c], 0.0);
        compare(found.variance[c], expected.variance[c], 0.0);
        ck_assert(memcmp(found.flags[c], expected.flags[c], N_PIX) == 0);
        ck_assert(memcmp(found.dq[c], expected.dq[c], sizeof found.dq[c]) == 0);
    }
}

START_TEST(neither_threads_nor_batches_nor_other_images_change_a_bit)
{
    sqn_derotation *d = NULL;

    fill();
    omp_set_num_threads(1);
    d = create(N_IMAGE, N_FRAME);
    derotate(&expected, d, N_FRAME);
    sqn_derotation_destroy(&d);
    omp_set_num_threads(3);
    for (int64_t n_frame = 1; n_frame <= N_FRAME; n_frame += 3) { /* so many together */
        d = create(N_IMAGE, n_frame);
        derotate(&found, d, N_FRAME);
        same_bits(N_IMAGE);
        sqn_derotation_destroy(&d);
    }
    d = create(3, N_FRAME);
    derotate(&found, d, N_FRAME);
    same_bits(3);
    sqn_derotation_destroy(&d);
}
END_TEST

START_TEST(lent_memory_changes_nothing)
{
    enum { BYTES = 1 << 21 };
    char *lent = sqn__mem_reserve(BYTES, 1);
    sqn_derotation *d = NULL;

    fill();
    d = create(N_IMAGE, N_FRAME);
    derotate(&expected, d, N_FRAME);
    sqn_derotation_destroy(&d);
    for (size_t bytes = 64; bytes <= BYTES; bytes *= 8) { /* for few arrays, or many */
        sqn_derotation_plan with = plan_of(N_IMAGE, N_FRAME);

        memset(lent, 0xff, BYTES); /* NaN */
        with.spare = (sqn_spare){{lent + BYTES - bytes}, {bytes}};
        SQN_ASSERT_OK(sqn_derotation_create(&d, &with, &err), err);
        derotate(&found, d, N_FRAME);
        sqn_derotation_destroy(&d);
        same_bits(N_IMAGE);
    }
    sqn__mem_free(lent);
}
END_TEST

/* Sums of image `c` at distance `r`, the plain way. */
static void check_sums(const sqn_derotation_sums *sums, int64_t i, int64_t c, int64_t r)
{
    double variance = 0.0, shared = 0.0;
    int64_t n = 0;

    for (int64_t p = 0; p < N_PIX; p++) {
        if (ring[p] == r && !isnan(in.variance[i][c][p])) {
            variance += (double)in.variance[i][c][p];
            shared += (double)in.shared[i][c][p];
            n++;
        }
    }
    ck_assert_int_eq(sums->n[r * N_IMAGE + c], n);
    ck_assert_double_eq_tol(sums->variance[r * N_IMAGE + c], variance, 1e-10);
    ck_assert_double_eq_tol(sums->shared[r * N_IMAGE + c], shared, 1e-10);
}

START_TEST(variances_are_summed_by_distance)
{
    sqn_derotation *d = NULL;

    fill();
    d = create(N_IMAGE, N_FRAME);
    for (int64_t i = 0; i < 2; i++) {
        const sqn_derotation_frame frame = {in.image[i], angles[i], in.share[i]};
        sqn_derotation_sums sums;

        SQN_ASSERT_OK(sqn_derotation_add(d, &sums, &frame, &err), err);
        for (int64_t e = 0; e < INT64_C(1) * N_IMAGE * N_RADIUS; e++) {
            check_sums(&sums, i, e % N_IMAGE, e / N_IMAGE);
        }
    }
    sqn_derotation_destroy(&d);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    sqn_derotation_plan plan = {
        .ny = NY, .nx = NX, .n_image = 2, .n_frame = 1, .has_dq = true, .ring = ring};
    const sqn_derotation_frame frame = {in.image[1], 3.0, in.share[1]};
    sqn_derotation_sums sums;
    sqn_derotation *d = NULL;
    int64_t k = 0;
    sqn_status status = SQN_ERR_MEMORY;

    fill();
    plan.n_radius = N_RADIUS;
    for (; k < 17; k++) { /* each array takes two */
        sqn_allocations_before_failure = k;
        SQN_ASSERT_FAILS(sqn_derotation_create(&d, &plan, &err), err, SQN_E_MEM);
        ck_assert_ptr_null(d);
    }
    sqn_allocations_before_failure = -1;
    SQN_ASSERT_OK(sqn_derotation_create(&d, &plan, &err), err);
    for (k = 0; status != SQN_OK && k < 40; k++) { /* a slot */
        sqn_allocations_before_failure = k;
        status = sqn_derotation_add(d, &sums, &frame, &err);
    }
    ck_assert_int_eq(k, 21);
    sqn_allocations_before_failure = 2;
    SQN_ASSERT_FAILS(sqn_derotation_add(d, &sums, &frame, &err), err, SQN_E_MEM);
    sqn_allocations_before_failure = -1;
    SQN_ASSERT_OK(sqn_derotation_add(d, &sums, &frame, &err), err);
    sqn_derotation_destroy(&d);
}
END_TEST

static void refuse(sqn_derotation_plan plan)
{
    sqn_derotation *d = NULL;

    SQN_ASSERT_FAILS(sqn_derotation_create(&d, &plan, &err), err, SQN_E_ARG);
    ck_assert_ptr_null(d);
}

START_TEST(wrong_arguments_are_errors)
{
    const sqn_derotation_plan good = {
        .ny = NY, .nx = NX, .n_image = 2, .n_frame = 1, .ring = ring, .n_radius = N_RADIUS};
    sqn_derotation_plan bad = good;
    sqn_derotation_frame frame = {in.image[1], (double)NAN, in.share[1]};
    sqn_derotation_sums sums;
    sqn_derotation *d = NULL;

    fill();
    bad.n_image = SQN_DEROTATION_IMAGES + 1;
    refuse(bad);
    bad = good;
    bad.nx = 0;
    refuse(bad);
    bad = good;
    bad.center[1] = (double)INFINITY;
    refuse(bad);
    d = create(2, 1);
    view(&found);
    SQN_ASSERT_FAILS(sqn_derotation_finish(d, found.image, found.planes, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_derotation_add(d, &sums, &frame, &err), err, SQN_E_ARG);
    frame.theta = 2.0;
    in.image[1][1].variance = NULL;
    SQN_ASSERT_FAILS(sqn_derotation_add(d, &sums, &frame, &err), err, SQN_E_ARG);
    in.image[1][1] = in.image[1][0];
    in.image[1][0].dq = NULL;
    SQN_ASSERT_FAILS(sqn_derotation_add(d, &sums, &frame, &err), err, SQN_E_ARG);
    sqn_derotation_destroy(&d);
    sqn_derotation_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("derotation");
    TCase *tcase = tcase_create("means");

    tcase_add_test(tcase, frames_are_combined_as_each_turned_alone);
    tcase_add_test(tcase, one_frame_that_is_not_turned_is_itself);
    tcase_add_test(tcase, neither_threads_nor_batches_nor_other_images_change_a_bit);
    tcase_add_test(tcase, lent_memory_changes_nothing);
    tcase_add_test(tcase, variances_are_summed_by_distance);
    tcase_add_test(tcase, no_memory_is_an_error);
    tcase_add_test(tcase, wrong_arguments_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
