/** @file check_exclude.c @brief Shapes exclude what lies in them, on the sky and in the frame. */
#include "sequin/exclude.h"

#include <math.h>
#include <string.h>

#include "sqn_check.h"

enum { NY = 64, NX = 71, N_PIX = NY * NX };

static const double pi = 3.14159265358979323846;
static const double center[2] = {36.3, 32.5}; /* not on a pixel */
static uint8_t out[N_PIX];

static int64_t count(void)
{
    int64_t n = 0;

    for (int64_t p = 0; p < N_PIX; p++) {
        n += out[p];
    }
    return n;
}

/* Position of a pixel relative to the star, turned counter-clockwise by theta. */
static void place(double *x, double *y, int64_t p, double theta)
{
    const int64_t column = p % NX, row = p / NX;
    const double dx = (double)(column + 1) - center[0], dy = (double)(row + 1) - center[1];
    const double c = cos(theta * pi / 180.0), s = sin(theta * pi / 180.0);

    *x = c * dx - s * dy;
    *y = s * dx + c * dy;
}

START_TEST(nothing_given_excludes_nothing)
{
    const sqn_exclude none = {0};

    ck_assert(!sqn_exclude_any(&none));
    memset(out, 7, sizeof out);
    sqn_exclude_frame(out, NY, NX, &none, center, 33.0);
    ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(an_annulus_grows_at_both_edges_and_does_not_turn)
{
    const sqn_exclude exclude = {.has_annulus = true, .annulus = {10.0, 15.0}};

    ck_assert(sqn_exclude_any(&exclude));
    sqn_exclude_frame(out, NY, NX, &exclude, center, 77.0);
    for (int64_t p = 0; p < N_PIX; p++) {
        double x, y;

        place(&x, &y, p, 0.0);
        ck_assert_int_eq(out[p], hypot(x, y) >= 10.0 - 0.71 && hypot(x, y) <= 15.0 + 0.71);
    }
}
END_TEST

/* Second route: the ellipse as many points. Distance to it, negative inside. */
static double distance(double u, double v, double a, double b)
{
    static double c[4000], s[4000];
    double nearest = INFINITY;

    for (int i = 0; c[0] < 1.0 && i < 4000; i++) {
        c[3999 - i] = cos(2.0 * pi * (3999 - i) / 4000.0); /* c[0] = 1 comes last */
        s[3999 - i] = sin(2.0 * pi * (3999 - i) / 4000.0);
    }
    for (int i = 0; i < 4000; i++) {
        const double x = u - a * c[i], y = v - b * s[i];

        nearest = fmin(nearest, x * x + y * y);
    }
    return hypot(u / a, v / b) < 1.0 ? -sqrt(nearest) : sqrt(nearest);
}

START_TEST(an_elliptical_ring_grows_by_true_distance)
{
    const double ratios[] = {1.0, 0.3, 0.03};
    const double angle = 107.0 * pi / 180.0;

    for (int i = 0; i < 3; i++) {
        const sqn_exclude exclude = {.has_ellipse = true,
                                     .semi_major = {12.0, 24.0},
                                     .axis_ratio = ratios[i],
                                     .position_angle = 107.0};
        int64_t n_unclear = 0;

        sqn_exclude_frame(out, NY, NX, &exclude, center, 19.0);
        for (int64_t p = 0; p < N_PIX; p += 7) {
            double x, y;

            place(&x, &y, p, 19.0);
            const double u = -x * sin(angle) + y * cos(angle);
            const double v = x * cos(angle) + y * sin(angle);
            const double outer = distance(u, v, 24.0, 24.0 * ratios[i]);
            const double inner = distance(u, v, 12.0, 12.0 * ratios[i]);

            if (fabs(outer - 0.71) < 1e-3 || fabs(inner + 0.71) < 1e-3) {
                n_unclear++;
            } else {
                ck_assert_int_eq(out[p], outer <= 0.71 && inner >= -0.71);
            }
        }
        ck_assert_int_lt(n_unclear, 5);
    }
}
END_TEST

START_TEST(position_angles_run_from_up_to_the_left)
{
    const sqn_exclude exclude = {.has_ellipse = true,
                                 .semi_major = {0.0, 20.0},
                                 .axis_ratio = 0.05,
                                 .position_angle = 90.0};

    sqn_exclude_frame(out, NY, NX, &exclude, center, 0.0); /* a bar along x */
    ck_assert_int_eq(out[31 * NX + 20], 1);
    ck_assert_int_eq(out[31 * NX + 50], 1);
    ck_assert_int_eq(out[20 * NX + 35], 0);
    sqn_exclude_frame(out, NY, NX, &exclude, center, 90.0); /* along y in the frame */
    ck_assert_int_eq(out[31 * NX + 20], 0);
    ck_assert_int_eq(out[20 * NX + 35], 1);
}
END_TEST

START_TEST(a_frame_turned_counter_clockwise_finds_the_circle_clockwise)
{
    const double circles[2][3] = {{36.3, 52.5, 2.0}, {10.0, 10.0, 1.0}};
    const sqn_exclude exclude = {.n_circle = 2, .circles = circles};
    int64_t n = 0;

    ck_assert(sqn_exclude_any(&exclude));
    sqn_exclude_frame(out, NY, NX, &exclude, center, 90.0);
    for (int64_t p = 0; p < N_PIX; p++) { /* 20 above the star lies 20 to its right */
        double x, y;

        place(&x, &y, p, 0.0);
        const bool first = hypot(x - 20.0, y) <= 2.71;

        place(&x, &y, p, 90.0);
        const bool second = hypot(x + 26.3, y + 22.5) <= 1.71;

        ck_assert_int_eq(out[p], first || second);
        n += out[p];
    }
    ck_assert_int_gt(n, 25);
}
END_TEST

START_TEST(a_mask_on_the_detector_is_taken_as_it_is)
{
    static float mask[N_PIX];
    const sqn_exclude exclude = {.mask = mask};

    for (int64_t p = 0; p < N_PIX; p++) {
        mask[p] = p % 7 == 0 ? NAN : p % 3 == 0 ? -2.385F : 0.0F;
    }
    ck_assert(sqn_exclude_any(&exclude));
    sqn_exclude_frame(out, NY, NX, &exclude, center, 0.0);
    for (int64_t p = 0; p < N_PIX; p++) {
        ck_assert_int_eq(out[p], p % 7 != 0 && p % 3 == 0);
    }
}
END_TEST

START_TEST(a_turned_mask_excludes_where_its_footprint_reaches)
{
    static float mask[N_PIX];
    const sqn_exclude exclude = {.mask = mask};
    const double centre_of_pixel[2] = {36.0, 33.0};

    mask[(32 + 10) * NX + 35 - 4] = 1.0F; /* at (-4, +10) from the star */
    sqn_exclude_frame(out, NY, NX, &exclude, centre_of_pixel, 90.0);
    ck_assert_int_eq(count(), 1); /* exact quarter: one pixel, at (10, 4) */
    ck_assert_int_eq(out[(32 + 4) * NX + 35 + 10], 1);

    sqn_exclude_frame(out, NY, NX, &exclude, centre_of_pixel, 45.0);
    for (int64_t p = 0; p < N_PIX; p++) {
        const int64_t column = p % NX, row = p / NX;
        const double dx = (double)(column - 35), dy = (double)(row - 32), h = sqrt(0.5);
        const double wx = 1.0 - fabs(h * (dx - dy) + 4.0);
        const double wy = 1.0 - fabs(h * (dx + dy) - 10.0);

        ck_assert_int_eq(out[p], fmax(wx, 0.0) * fmax(wy, 0.0) > 0.01);
    }
    ck_assert_int_gt(count(), 2);
}
END_TEST

START_TEST(shapes_are_united)
{
    static float mask[N_PIX];
    const double circle[1][3] = {{60.0, 10.0, 3.0}};
    sqn_exclude parts[4] = {{.has_annulus = true, .annulus = {3.0, 5.0}},
                            {.has_ellipse = true,
                             .semi_major = {20.0, 25.0},
                             .axis_ratio = 0.4,
                             .position_angle = 30.0},
                            {.n_circle = 1, .circles = circle},
                            {.mask = mask}};
    sqn_exclude whole = parts[1];
    static uint8_t sum[N_PIX];

    mask[5] = 1.0F;
    whole.has_annulus = true;
    memcpy(whole.annulus, parts[0].annulus, sizeof whole.annulus);
    whole.n_circle = 1;
    whole.circles = circle;
    whole.mask = mask;
    for (int i = 0; i < 4; i++) {
        sqn_exclude_frame(out, NY, NX, &parts[i], center, 12.0);
        for (int64_t p = 0; p < N_PIX; p++) {
            sum[p] |= out[p];
        }
    }
    sqn_exclude_frame(out, NY, NX, &whole, center, 12.0);
    ck_assert_mem_eq(out, sum, N_PIX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exclude");
    TCase *tcase = tcase_create("shapes");

    tcase_add_test(tcase, nothing_given_excludes_nothing);
    tcase_add_test(tcase, an_annulus_grows_at_both_edges_and_does_not_turn);
    tcase_add_test(tcase, an_elliptical_ring_grows_by_true_distance);
    tcase_add_test(tcase, position_angles_run_from_up_to_the_left);
    tcase_add_test(tcase, a_frame_turned_counter_clockwise_finds_the_circle_clockwise);
    tcase_add_test(tcase, a_mask_on_the_detector_is_taken_as_it_is);
    tcase_add_test(tcase, a_turned_mask_excludes_where_its_footprint_reaches);
    tcase_add_test(tcase, shapes_are_united);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
