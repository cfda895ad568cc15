/** @file check_pupil.c @brief Pupil: areas, edges, vanes. */
#include "pupil.h"

#include <math.h>

#include "sqn_check.h"

enum { SIDE = 128, N_ELEMENT = SIDE * SIDE };

static const double pi = 3.141592653589793;

static double area(const double *pupil)
{
    double sum = 0.0;

    for (int64_t p = 0; p < N_ELEMENT; p++) {
        ck_assert(pupil[p] >= 0.0 && pupil[p] <= 1.0);
        sum += pupil[p];
    }
    return sum;
}

START_TEST(the_open_area_is_that_of_the_ring_for_any_diameter)
{
    static double pupil[N_ELEMENT];

    for (int k = 0; k < 10; k++) {
        const pupil_shape shape = {.outer = 40.0 + 0.1 * (double)k, .inner = 7.385};

        pupil_draw(pupil, SIDE, &shape);
        ck_assert_double_eq_tol(
            area(pupil) / (pi * (shape.outer * shape.outer - shape.inner * shape.inner)),
            1.0, 2e-4);
    }
}
END_TEST

START_TEST(vanes_take_their_width_from_hole_to_rim)
{
    static double pupil[N_ELEMENT];
    const double ring = pi * (50.3 * 50.3 - 9.7 * 9.7);

    for (int64_t n_spider = 1; n_spider <= 5; n_spider++) {
        const pupil_shape shape = {50.3, 9.7, n_spider, 2.385};

        pupil_draw(pupil, SIDE, &shape);
        ck_assert_double_eq_tol(ring - area(pupil), /* a point of 38 */
                                (double)n_spider * 2.385 * (50.3 - 9.7),
                                0.03 * (double)n_spider * 2.385 * 40.6);
    }
}
END_TEST

static double at(const double *pupil, int64_t x, int64_t y)
{
    return pupil[(y + SIDE) % SIDE * SIDE + (x + SIDE) % SIDE];
}

START_TEST(the_first_vane_points_up_and_the_others_follow)
{
    static double pupil[N_ELEMENT];
    const pupil_shape shape = {50.0, 5.0, 3, 4.0};

    pupil_draw(pupil, SIDE, &shape);
    ck_assert(at(pupil, 0, 30) == 0.0);
    ck_assert(at(pupil, 0, -30) == 1.0); /* three vanes are not symmetric */
    ck_assert(at(pupil, 26, -15) == 0.0);
    ck_assert(at(pupil, -26, -15) == 0.0);
}
END_TEST

START_TEST(the_centre_is_element_0_and_negative_coordinates_follow)
{
    static double pupil[N_ELEMENT];
    const pupil_shape shape = {.outer = 20.5};

    pupil_draw(pupil, SIDE, &shape);
    ck_assert(pupil[0] == 1.0 && pupil[20] > 0.0 && pupil[22] == 0.0);
    for (int64_t j = 1; j < SIDE; j++) { /* the same seen from the other side */
        for (int64_t i = 1; i < SIDE; i++) {
            ck_assert_double_eq_tol(pupil[j * SIDE + i],
                                    pupil[(SIDE - j) * SIDE + SIDE - i], 1e-12);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pupil");
    TCase *tcase = tcase_create("transmission");

    tcase_set_timeout(tcase, 30.0); /* seconds, for a busy machine */
    tcase_add_test(tcase, the_open_area_is_that_of_the_ring_for_any_diameter);
    tcase_add_test(tcase, vanes_take_their_width_from_hole_to_rim);
    tcase_add_test(tcase, the_first_vane_points_up_and_the_others_follow);
    tcase_add_test(tcase, the_centre_is_element_0_and_negative_coordinates_follow);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
