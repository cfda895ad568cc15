/** @file check_plot_raster.c @brief Points of a page show what lies under them. */
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "plot.h"
#include "plot_raster.h"
#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { MOST = 40, N_MOST = MOST * MOST }; /* pixels, and points, on a side; and in all */

static sqn_error err;
static float pixels[N_MOST];
static int16_t level[N_MOST];
static const plot_stretch stretch = {-0.5, 3.0, 0.4};

/* Noise, with pixels that are missing in several ways. */
static void fill_pixels(uint64_t seed)
{
    for (uint64_t i = 0; i < N_MOST; i++) {
        const double chance = (double)sqn__rng_uniform(seed, 2, i);

        pixels[i] = chance < 0.1   ? NAN
                    : chance < 0.2 ? (chance < 0.15 ? INFINITY : -INFINITY)
                                   : 4.0F * sqn__rng_uniform(seed, 1, i) - 0.7F;
    }
}

/* How much of a pixel lies under a point. */
static double overlap(int point, int n_point, int64_t pixel, int64_t n_pix)
{
    const double scale = (double)n_pix / n_point;
    const double from = fmax((double)pixel, point * scale);
    const double to = fmin((double)pixel + 1.0, (point + 1) * scale);

    return fmax(to - from, 0.0);
}

/* Mean of all valid pixels by their overlap with a point, and the share of it that is valid. */
static double mean_of(double *share, const plot_raster *r, int64_t ny, int64_t nx,
                      int point)
{
    double sum = 0.0, weight = 0.0, whole = 0.0;

    for (int64_t i = 0; i < ny * nx; i++) {
        const double area = overlap(point / r->width, r->height, i / nx, ny) *
                            overlap(point % r->width, r->width, i % nx, nx);

        whole += area;
        if (isfinite(pixels[i])) {
            sum += area * (double)pixels[i];
            weight += area;
        }
    }
    *share = weight / whole;
    return sum / weight;
}

static void compare(int height, int width, int64_t ny, int64_t nx)
{
    const plot_raster r = {height, width, level};
    int n_shown = 0;

    SQN_ASSERT_OK(plot_raster_fill(&r, ny, nx, pixels, &stretch, &err), err);
    for (int p = 0; p < height * width; p++) {
        double share = 0.0;
        const double mean = mean_of(&share, &r, ny, nx, p);

        if (share < 0.5 - 1e-6) {
            ck_assert_int_eq(level[p], -1);
        } else if (share > 0.5 + 1e-6) {
            const double exact = (PLOT_MAP_LEVELS - 1) * plot_stretch_level(&stretch, mean);

            ck_assert_double_le(fabs(level[p] - exact), 0.5 + 1e-9);
            n_shown++;
        }
    }
    ck_assert_int_gt(n_shown, 0);
}

START_TEST(a_point_shows_the_mean_of_what_it_covers)
{
    static const int shapes[][4] = {{40, 40, 23, 31}, {23, 31, 40, 40}, {40, 7, 9, 40},
                                    {5, 40, 38, 3},   {17, 17, 17, 17}, {40, 40, 5, 8},
                                    {40, 39, 2, 1},   {1, 2, 39, 40}};
    const int *s = shapes[_i];

    fill_pixels((uint64_t)_i);
    pixels[0] = 1.0F; /* something is valid */
    compare(s[0], s[1], s[2], s[3]);
}
END_TEST

START_TEST(pixels_that_are_enlarged_stay_squares)
{
    const plot_raster r = {24, 35, level};

    fill_pixels(11);
    SQN_ASSERT_OK(plot_raster_fill(&r, 6, 7, pixels, &stretch, &err), err);
    for (int p = 0; p < 24 * 35; p++) {
        const float value = pixels[p / 35 / 4 * 7 + p % 35 / 5];
        const double exact =
            (PLOT_MAP_LEVELS - 1) * plot_stretch_level(&stretch, (double)value);

        ck_assert_int_eq(level[p], isfinite(value) ? (int)lround(exact) : -1);
    }
}
END_TEST

START_TEST(half_of_a_point_is_enough)
{
    const plot_raster r = {1, 1, level};

    for (int i = 0; i < 4; i++) {
        pixels[i] = i < 2 ? 3.0F : NAN;
    }
    SQN_ASSERT_OK(plot_raster_fill(&r, 2, 2, pixels, &stretch, &err), err);
    ck_assert_int_eq(level[0], PLOT_MAP_LEVELS - 1);
    pixels[1] = NAN;
    SQN_ASSERT_OK(plot_raster_fill(&r, 2, 2, pixels, &stretch, &err), err);
    ck_assert_int_eq(level[0], -1);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    const plot_raster r = {8, 8, level};

    fill_pixels(3);
    for (int64_t n = 0; n < 2; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(plot_raster_fill(&r, 4, 4, pixels, &stretch, &err), err,
                         SQN_E_MEM);
    }
    sqn_allocations_before_failure = 2;
    SQN_ASSERT_OK(plot_raster_fill(&r, 4, 4, pixels, &stretch, &err), err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot_raster");
    TCase *tcase = tcase_create("points");

    tcase_add_loop_test(tcase, a_point_shows_the_mean_of_what_it_covers, 0, 8);
    tcase_add_test(tcase, pixels_that_are_enlarged_stay_squares);
    tcase_add_test(tcase, half_of_a_point_is_enough);
    tcase_add_test(tcase, every_failed_allocation_is_reported);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
