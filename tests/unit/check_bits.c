/** @file check_bits.c @brief Sets of pixels, grown as by a look at every pair. */
#include "bits.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"

enum { NY = 23, NX = 150, N_WORD = 4 };

static uint64_t first[NY * N_WORD], second[NY * N_WORD], work[2 * NY * N_WORD + 4];
static const sqn__bits seed = {NY, NX, first}, grown = {NY, NX, second};

/* True when a seed lies within the radius of the pixel. */
static bool is_near(int64_t y, int64_t x, double radius)
{
    for (int64_t j = 0; j < NY; j++) {
        for (int64_t i = 0; i < NX; i++) {
            if (sqn__bits_has(&seed, j, i) &&
                hypot((double)(y - j), (double)(x - i)) <= radius) {
                return true;
            }
        }
    }
    return false;
}

START_TEST(a_set_grows_by_a_circle)
{
    ck_assert_int_eq(sqn__bits_work_size(NY, NX), sizeof work / sizeof *work);
    const double radii[] = {0.0, 0.9, 1.0, 2.385, 4.0, 7.3, 12.6, 70.5, 400.0};

    for (uint64_t r = 0; r < sizeof radii / sizeof *radii; r++) {
        memset(first, 0, sizeof first);
        memset(second, 0xff, sizeof second);
        for (uint64_t s = 0; s < (r < 7 ? 6 : 1); s++) {
            sqn__bits_set(&seed, (int64_t)(NY * (double)sqn__rng_uniform(5, r, 2 * s)) % NY,
                          (int64_t)(NX * (double)sqn__rng_uniform(5, r, 2 * s + 1)) % NX);
        }
        sqn__bits_set(&seed, 0, 63); /* at the edges of image and words */
        sqn__bits_grow(&grown, &seed, radii[r], work);
        for (int64_t y = 0; y < NY; y++) {
            ck_assert(second[(y + 1) * N_WORD - 1] == 0);
            for (int64_t x = 0; x < NX; x++) {
                ck_assert(sqn__bits_has(&grown, y, x) == is_near(y, x, radii[r]));
            }
        }
    }
}
END_TEST

START_TEST(nothing_grows_to_nothing)
{
    memset(first, 0, sizeof first);
    memset(second, 0xff, sizeof second);
    sqn__bits_grow(&grown, &seed, 5.0, work);
    for (int64_t w = 0; w < INT64_C(1) * NY * N_WORD; w++) {
        ck_assert(second[w] == 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bits");
    TCase *tcase = tcase_create("bits");

    tcase_add_test(tcase, a_set_grows_by_a_circle);
    tcase_add_test(tcase, nothing_grows_to_nothing);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
