/** @file check_rotate_stack.c @brief Images turned together against each of them alone. */
#include "sequin/rotate.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <string.h>

#include "rng.h"
#include "sequin/cube.h"
#include "spline_lanes.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { NY = 13, NX = 67, N_PIX = NY * NX, N_IMAGE = 19 };

static sqn_error err;
static const double center[2] = {37.3, 12.0};

/* Planes of many images. */
typedef struct stack {
    float value[N_IMAGE][N_PIX], variance[N_IMAGE][N_PIX], shared[N_IMAGE][N_PIX];
    uint32_t dq[N_IMAGE][N_PIX];
    uint8_t flags[N_IMAGE][N_PIX];
    sqn_image image[N_IMAGE];
} stack;

static stack in, one, all;

static void view(stack *p)
{
    for (int64_t k = 0; k < N_IMAGE; k++) {
        p->image[k] = (sqn_image){NY,       NX,          p->value[k], p->variance[k],
                                  p->dq[k], p->flags[k], p->shared[k]};
    }
}

static double draw(uint64_t stream, int64_t k, int64_t p)
{
    return (double)sqn__rng_uniform(5, stream, (uint64_t)(k * N_PIX + p));
}

/* Noise with gaps; some images miss a value or a variance more than the others. */
static void fill(void)
{
    memset(&in, 0, sizeof in);
    view(&in);
    view(&one);
    view(&all);
    for (int64_t k = 0; k < N_IMAGE; k++) {
        for (int64_t p = 0; p < N_PIX; p++) {
            const bool gap = draw(0, 0, p) < 0.01 || (k % 7 == 3 && p == 601);
            const double variance = 0.5 + draw(1, k, p);

            in.value[k][p] = gap ? NAN : (float)(draw(2, k, p) - 0.3);
            in.variance[k][p] = gap || (k == 5 && p == 499) ? NAN : (float)variance;
            in.shared[k][p] = (float)(0.2 * variance * draw(3, k, p));
            in.dq[k][p] = (uint32_t)p;
            in.flags[k][p] = (uint8_t)((p + k) % 128);
        }
    }
}

static void alike(const float *a, const float *b, double tolerance)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        ck_assert_int_eq(isnan(a[p]), isnan(b[p]));
        if (!isnan(a[p])) {
            ck_assert_double_eq_tol((double)a[p], (double)b[p], tolerance);
        }
    }
}

/* Turn the first n images of `from`. */
static void turn(sqn_image *out, const sqn_image *from, int64_t n, double theta)
{
    sqn_rotate_stack *s = NULL;

    SQN_ASSERT_OK(sqn_rotate_stack_create(&s, NY, NX, n, &err), err);
    SQN_ASSERT_OK(sqn_rotate_stack_turn(s, out, from, n, center, theta, &err), err);
    sqn_rotate_stack_destroy(&s);
    ck_assert_ptr_null(s);
}

static void compare(int64_t n, double theta)
{
    for (int64_t k = 0; k < n; k++) {
        SQN_ASSERT_OK(sqn_rotate_frame(&one.image[k], &in.image[k], center, theta, &err),
                      err);
    }
    turn(all.image, in.image, n, theta);
    for (int64_t k = 0; k < n; k++) {
        alike(all.value[k], one.value[k], 1e-6); /* numbers of order 1 in float */
        alike(all.variance[k], one.variance[k], 3e-6);
        alike(all.shared[k], one.shared[k], 3e-6);
        ck_assert(memcmp(all.flags[k], one.flags[k], N_PIX) == 0);
        ck_assert(memcmp(all.dq[k], one.dq[k], sizeof one.dq[k]) == 0);
    }
}

START_TEST(images_turn_together_as_each_alone)
{
    const double angles[] = {33.7, 90.0, 720.0};

    fill();
    for (uint64_t a = 0; a < sizeof angles / sizeof *angles; a++) {
        compare(N_IMAGE, angles[a]);
        compare(1, angles[a]);
        compare(5, angles[a]);
        compare(10, angles[a]);
    }
}
END_TEST

/* Pixels without a variance, but with a value, come to lie on the grid, or nearly. */
START_TEST(no_variance_comes_of_weights_that_are_rounding)
{
    const double middle[2] = {34.0, 7.0};
    const int64_t at = 6 * NX + 33;

    sqn_rotate_stack *together = NULL;

    fill();
    SQN_ASSERT_OK(sqn_rotate_stack_create(&together, NY, NX, 1, &err), err);
    in.value[0][at] = 1.0F;
    in.variance[0][at] = NAN;
    for (int64_t a = 0; a < 40; a++) {
        const double theta = a < 20 ? 17.0 * (double)a + 1.0 : 90.0 - 1e-7 * (double)a;

        SQN_ASSERT_OK(sqn_rotate_frame(one.image, in.image, middle, theta, &err), err);
        SQN_ASSERT_OK(
            sqn_rotate_stack_turn(together, all.image, in.image, 1, middle, theta, &err),
            err);
        ck_assert(isfinite(all.value[0][at]) && isnan(all.variance[0][at]));
        alike(all.variance[0], one.variance[0], 1e-4);
    }
    sqn_rotate_stack_destroy(&together);
}
END_TEST

START_TEST(planes_may_be_left_out_and_images_differ_in_them)
{
    fill();
    for (int64_t k = 0; k < 4; k++) {
        in.image[k].dq = NULL;
        in.image[k].flags = NULL;
        in.image[k].shared = NULL;
        in.image[k].variance = k < 2 ? NULL : in.image[k].variance;
        SQN_ASSERT_OK(sqn_rotate_frame(&one.image[k], &in.image[k], center, 12.0, &err),
                      err);
    }
    turn(all.image, in.image, 4, 12.0);
    for (int64_t k = 0; k < 4; k++) {
        alike(all.value[k], one.value[k], 1e-6);
        if (k >= 2) {
            alike(all.variance[k], one.variance[k], 3e-6);
        }
    }
}
END_TEST

/* The same numbers in the same places, to the bit. */
static void same(const float *a, const float *b)
{
    for (int64_t e = 0; e < INT64_C(1) * N_IMAGE * N_PIX; e++) {
        ck_assert(a[e] == b[e] || (isnan(a[e]) && isnan(b[e])));
    }
}

START_TEST(an_image_may_turn_where_it_lies)
{
    static stack copy;

    fill();
    turn(all.image, in.image, N_IMAGE, 61.0);
    copy = in;
    view(&copy);
    for (int64_t k = 0; k < N_IMAGE; k++) {
        copy.image[k].dq = NULL;
    }
    turn(copy.image, copy.image, N_IMAGE, 61.0);
    same(&copy.value[0][0], &all.value[0][0]);
    same(&copy.variance[0][0], &all.variance[0][0]);
    same(&copy.shared[0][0], &all.shared[0][0]);
    ck_assert(memcmp(copy.flags, all.flags, sizeof all.flags) == 0);
}
END_TEST

START_TEST(neither_threads_nor_neighbours_change_a_bit)
{
    fill();
    omp_set_num_threads(1);
    turn(all.image, in.image, N_IMAGE, -17.0);
    omp_set_num_threads(3);
    turn(one.image, in.image, N_IMAGE, -17.0);
    same(&one.value[0][0], &all.value[0][0]);
    same(&one.variance[0][0], &all.variance[0][0]);
    turn(one.image, in.image, 2, -17.0); /* as many lanes as a vector has */
    same(&one.value[0][0], &all.value[0][0]);
}
END_TEST

/* Every table against the one that each processor runs. */
START_TEST(tables_agree_to_rounding)
{
    enum { SIDE = 24, N = 40, STACK = SQN__SPLINE_STACK };
    static float lanes[SIDE * SIDE * STACK], variance[SIDE * SIDE * STACK];
    static float found[2][2][N * STACK];
    static uint8_t gaps[SIDE * SIDE], broken[SIDE * SIDE];
    static double y[N], x[N];
    static int64_t place[N];
    const sqn__spline_points points = {N, y, x, place, 1};
    const sqn__spline_lanes *tables[] = {sqn__spline_lanes_avx2(),
                                         sqn__spline_lanes_avx512()};
    const int64_t origin = 6 * SIDE + 6;
    sqn__spline_stack planes = {.stride = SIDE,
                                .lanes = STACK,
                                .coeff = lanes + origin * STACK,
                                .variance = variance + origin * STACK,
                                .gaps = gaps + origin,
                                .broken = broken + origin};

    for (int64_t p = 0; p < INT64_C(1) * SIDE * SIDE; p++) {
        gaps[p] = (uint8_t)(draw(4, 0, p) < 0.5 ? 64.0 * draw(4, 1, p) : 0.0);
        broken[p] = p % 2 == 0;
        for (int64_t l = 0; l < STACK; l++) {
            lanes[p * STACK + l] = (float)draw(5, l, p);
            variance[p * STACK + l] = (float)draw(6, l, p);
        }
    }
    for (int64_t i = 0; i < N; i++) {
        y[i] = 11.0 * draw(7, 0, i);
        x[i] = 11.0 * draw(8, 0, i);
        place[i] = N - 1 - i;
    }
    for (int64_t d = 0; d < SQN__SPLINE_N_TAP; d++) {
        for (int64_t i = 0; i < 8; i++) {
            planes.value.power[d][i] = i < 6 ? draw(9, d, i) : 0.0;
            planes.pixel.power[d][i] = draw(10, d, i);
        }
    }
    sqn__spline_lanes_base.stack(found[0][0], found[0][1], &planes, &points);
    for (int64_t t = 0; t < 2 && tables[t] != NULL; t++) {
        tables[t]->stack(found[1][0], found[1][1], &planes, &points);
        for (int64_t e = 0; e < INT64_C(1) * N * STACK; e++) {
            ck_assert_double_eq_tol(found[1][0][e] / found[0][0][e], 1.0, 1e-5);
            ck_assert_double_eq_tol(found[1][1][e] / found[0][1][e], 1.0, 1e-5);
        }
    }
}
END_TEST

enum { SIDE_BY_SIDE = 23, LANES = SQN__SPLINE_STACK, RADII = 5, FRAMES = 3 };

/* What the loops over pixels side by side are given, and what they make of it. */
typedef struct loops {
    float value[FRAMES][SIDE_BY_SIDE * LANES], variance[FRAMES][SIDE_BY_SIDE * LANES];
    float ratio[SIDE_BY_SIDE * LANES], share[RADII * LANES];
    int32_t nearest[SIDE_BY_SIDE], ring[SIDE_BY_SIDE], member[LANES];
    uint8_t outside[SIDE_BY_SIDE], unknown[SIDE_BY_SIDE];
    float sums[SIDE_BY_SIDE * SQN__N_SUM * LANES];
    double rings[RADII * 2 * LANES];
    int64_t n[RADII];
    bool alike, all_alike;
} loops;

static void fill_loops(loops *l)
{
    memset(l, 0, sizeof *l);
    for (int64_t e = 0; e < INT64_C(1) * SIDE_BY_SIDE * LANES; e++) {
        const int64_t x = e / LANES;

        for (int64_t f = 0; f < FRAMES; f++) {
            l->value[f][e] = (x + f) % 5 == 0 ? NAN : (float)draw(20, f, e);
            l->variance[f][e] = x % 7 == 3 ? 0.0F : 0.5F + (float)draw(21, f, e);
        }
        l->value[2][e] = e == 10 * LANES + 1 ? INFINITY : l->value[2][e];
        l->ratio[e] = (float)draw(22, 0, e);
        l->share[e % ((int64_t)RADII * LANES)] = (float)draw(23, 0, e);
        l->nearest[x] = (int32_t)(x * 11 % SIDE_BY_SIDE);
        l->ring[x] = (int32_t)(x % RADII);
        l->member[e % LANES] = e % LANES == 5 ? 0 : -1;
        l->outside[x] = x % 4 == 1;
    }
}

static void run_loops(loops *l, const sqn__spline_lanes *table)
{
    const sqn__spline_rings of = {SIDE_BY_SIDE, LANES,      l->ring,
                                  l->share,     l->outside, l->variance[0]};
    sqn__spline_frame frames[FRAMES];

    for (int64_t f = 0; f < FRAMES; f++) {
        frames[f] = (sqn__spline_frame){l->value[f], l->variance[f], l->ratio, l->nearest,
                                        l->member};
    }
    table->add(l->sums, frames, FRAMES, SIDE_BY_SIDE, LANES);
    table->share(l->ratio, l->rings, l->n, &of);
    l->all_alike = table->know(l->unknown, l->value[0], l->outside, SIDE_BY_SIDE, LANES);
    l->alike = table->know(l->unknown, l->value[2], l->outside, SIDE_BY_SIDE, LANES);
}

static double double_at(const float *at)
{
    double value = 0.0;

    memcpy(&value, at, sizeof value);
    return value;
}

/* Lane `l` of pixel `x`, the plain way. */
static void check_lane(const loops *found, const loops *given, int64_t x, int64_t l)
{
    const float *sums = found->sums + x * SQN__N_SUM * LANES;
    double value = 0.0, n = 0.0, variance = 0.0, shared = 0.0;

    for (int64_t f = 0; f < FRAMES; f++) {
        const int64_t at = x * LANES + l;

        if (isfinite(given->value[f][at]) && given->member[l] != 0) {
            value += (double)given->value[f][at];
            n += 1.0;
            variance += (double)given->variance[f][at];
            shared += (double)given->ratio[given->nearest[x] * (int64_t)LANES + l] *
                      (double)given->variance[f][at];
        }
    }
    ck_assert_double_eq_tol(double_at(sums + 2 * l), value, 1e-12);
    ck_assert_double_eq_tol(sums[(int64_t)SQN__SUM_N * LANES + l], n, 1e-12);
    ck_assert_double_eq_tol(sums[(int64_t)SQN__SUM_VARIANCE * LANES + l], variance, 1e-6);
    ck_assert_double_eq_tol(sums[(int64_t)SQN__SUM_SHARED * LANES + l], shared, 1e-6);

    const float below = given->variance[0][x * LANES + l];
    const float above =
        given->ratio[x * LANES + l] * given->share[given->ring[x] * (int64_t)LANES + l];

    ck_assert_double_eq_tol(found->ratio[x * LANES + l], below > 0.0F ? above / below : 0.0,
                            1e-6);
}

START_TEST(loops_over_pixels_do_what_they_say_in_every_table)
{
    static loops given, found, base;
    const sqn__spline_lanes *tables[] = {&sqn__spline_lanes_base, sqn__spline_lanes_avx2(),
                                         sqn__spline_lanes_avx512()};

    fill_loops(&given);
    for (int64_t t = 0; t < 3 && tables[t] != NULL; t++) {
        found = given;
        run_loops(&found, tables[t]);
        for (int64_t e = 0; e < INT64_C(1) * SIDE_BY_SIDE * LANES; e++) {
            check_lane(&found, &given, e / LANES, e % LANES);
        }
        ck_assert(found.all_alike && !found.alike); /* one lane is infinite */
        for (int64_t x = 0; x < SIDE_BY_SIDE; x++) {
            const bool known = isfinite(given.value[2][x * LANES]) && given.outside[x] == 0;

            ck_assert_int_eq(found.unknown[x], known ? 0 : UINT8_MAX);
        }
        base = t == 0 ? found : base;
        for (int64_t e = 0; e < INT64_C(2) * RADII * LANES; e++) {
            ck_assert(found.rings[e] == base.rings[e] && found.rings[e] > 0.0);
        }
        for (int64_t r = 0; r < RADII; r++) {
            int64_t n = 0;

            for (int64_t x = r; x < SIDE_BY_SIDE; x += RADII) {
                n += given.outside[x] == 0 ? 1 : 0;
            }
            ck_assert_int_eq(found.n[r], n);
        }
    }
}
END_TEST

START_TEST(wrong_arguments_and_no_memory_are_errors)
{
    sqn_rotate_stack *s = NULL;

    fill();
    for (int64_t k = 0; k < 9; k++) {
        sqn_allocations_before_failure = k;
        SQN_ASSERT_FAILS(sqn_rotate_stack_create(&s, NY, NX, 2, &err), err, SQN_E_MEM);
    }
    SQN_ASSERT_FAILS(sqn_rotate_stack_create(&s, NY, NX, 0, &err), err, SQN_E_ARG);
    ck_assert_ptr_null(s);
    sqn_rotate_stack_destroy(&s);
    SQN_ASSERT_OK(sqn_rotate_stack_create(&s, NY, NX, 2, &err), err);
    all.image[2].nx = NX - 1;
    SQN_ASSERT_FAILS(sqn_rotate_stack_turn(s, all.image, in.image, 3, center, 1.0, &err),
                     err, SQN_E_ARG);
    in.image[2].nx = NX - 1;
    SQN_ASSERT_FAILS(sqn_rotate_stack_turn(s, all.image, in.image, 3, center, 1.0, &err),
                     err, SQN_E_ARG);
    SQN_ASSERT_FAILS(
        sqn_rotate_stack_turn(s, all.image, in.image, 2, center, (double)NAN, &err), err,
        SQN_E_ARG);
    SQN_ASSERT_OK(sqn_rotate_stack_turn(s, all.image, in.image, 0, center, 1.0, &err), err);
    sqn_rotate_stack_destroy(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotate_stack");
    TCase *tcase = tcase_create("turns");

    tcase_add_test(tcase, images_turn_together_as_each_alone);
    tcase_add_test(tcase, no_variance_comes_of_weights_that_are_rounding);
    tcase_add_test(tcase, planes_may_be_left_out_and_images_differ_in_them);
    tcase_add_test(tcase, an_image_may_turn_where_it_lies);
    tcase_add_test(tcase, neither_threads_nor_neighbours_change_a_bit);
    tcase_add_test(tcase, tables_agree_to_rounding);
    tcase_add_test(tcase, loops_over_pixels_do_what_they_say_in_every_table);
    tcase_add_test(tcase, wrong_arguments_and_no_memory_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
