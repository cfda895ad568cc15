/** @file check_bits.c @brief Sets of pixels, grown as by a look at every pair. */
#include "bits.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"

enum { NY = 23, NX = 150, N_WORD = 4, N_LINE = (NY * NX + 63) / 64, N_TABLE = 3 };

static uint64_t line[N_LINE], second[NY * N_WORD], work[2 * NY * N_WORD + 4];
static const sqn__bits grown = {NY, NX, second};

static const sqn__bits_loops *table_at(int64_t i)
{
    return i == 0 ? &sqn__bits_base : i == 1 ? sqn__bits_avx2() : sqn__bits_avx512();
}

static void seed_at(int64_t y, int64_t x)
{
    line[(y * NX + x) / 64] |= UINT64_C(1) << ((y * NX + x) % 64);
}

/* True when a seed lies within the radius of the pixel. */
static bool is_near(int64_t y, int64_t x, double radius)
{
    for (int64_t j = 0; j < NY; j++) {
        for (int64_t i = 0; i < NX; i++) {
            if ((line[(j * NX + i) / 64] >> ((j * NX + i) % 64) & 1) != 0 &&
                hypot((double)(y - j), (double)(x - i)) <= radius) {
                return true;
            }
        }
    }
    return false;
}

static bool expected[NY][NX];

/* A look at every pair. */
static void expect(double radius)
{
    for (int64_t y = 0; y < NY; y++) {
        for (int64_t x = 0; x < NX; x++) {
            expected[y][x] = is_near(y, x, radius);
        }
    }
}

static void assert_grown(void)
{
    int64_t n_other = 0;

    for (int64_t y = 0; y < NY; y++) {
        ck_assert(second[(y + 1) * N_WORD - 1] == 0);
        for (int64_t x = 0; x < NX; x++) {
            n_other += sqn__bits_has(&grown, y, x) != expected[y][x];
        }
    }
    ck_assert_int_eq(n_other, 0);
}

START_TEST(a_set_grows_by_a_circle)
{
    ck_assert_int_eq(sqn__bits_work_size(NY, NX), sizeof work / sizeof *work);
    ck_assert_int_eq(sqn__bits_line_size(INT64_C(1) * NY * NX), N_LINE);
    const double radii[] = {0.0, 0.9, 1.0, 2.385, 4.0, 7.3, 12.6, 70.5, 400.0};

    for (uint64_t r = 0; r < sizeof radii / sizeof *radii; r++) {
        memset(line, 0, sizeof line);
        for (uint64_t s = 0; s < (r < 7 ? 6 : 1); s++) {
            seed_at((int64_t)(NY * (double)sqn__rng_uniform(5, r, 2 * s)) % NY,
                    (int64_t)(NX * (double)sqn__rng_uniform(5, r, 2 * s + 1)) % NX);
        }
        seed_at(0, 63); /* at the edges of image and words */
        seed_at(7, NX - 1);
        memset(second, 0xff, sizeof second);
        sqn__bits_grow(&grown, line, radii[r], work);
        expect(radii[r]);
        assert_grown();
        for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
            memset(second, 0xff, sizeof second);
            memset(work, 0xff, sizeof work);
            table_at(t)->grow(&grown, line, radii[r], work);
            assert_grown();
        }
    }
}
END_TEST

START_TEST(nothing_grows_to_nothing)
{
    memset(line, 0, sizeof line);
    memset(second, 0xff, sizeof second);
    sqn__bits_grow(&grown, line, 5.0, work);
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
