/** @file check_profile.c @brief Profiles about the star against plain loops. */
#include "profile.h"

#include <math.h>

#include "sqn_check.h"
#include "sqn_wrap.h"

enum { NY = 17, NX = 22, N_FRAME = 3, N_ALL = NY * NX };

static sqn_error err;
static observation obs;
static subtraction last;
static float value[N_FRAME][NY][NX], model[N_FRAME][NY][NX], residual[N_FRAME][NY][NX],
    variance[N_FRAME][NY][NX];
static int64_t index_of[N_ALL];

/* A region without its corner; some pixels missing; values divided by 2^3. */
static void set_up(void)
{
    int64_t n = 0;

    for (int64_t y = 0; y < NY; y++) {
        for (int64_t x = 0; x < NX; x++) {
            for (int64_t i = 0; i < N_FRAME; i++) {
                const bool missing = (x + 2 * y + i) % 11 == 0 || (x == 8 && y == 6);

                value[i][y][x] = missing ? NAN : (float)(x + 3 * y + i) + 0.385F;
                model[i][y][x] = 0.75F * (float)(x + 3 * y + i);
                residual[i][y][x] = value[i][y][x] - model[i][y][x];
                variance[i][y][x] = missing ? NAN : 0.5F + 0.01F * (float)(x * y);
            }
            if (x + y > 5) {
                index_of[n++] = y * NX + x;
            }
        }
    }
    obs.center[0] = 9.0; /* on the pixel that no frame has */
    obs.center[1] = 7.0;
    obs.science.exponent = 3;
    obs.science.value = (sqn_cube){N_FRAME, NY, NX, &value[0][0][0]};
    obs.pixels = (sqn_pixels){NY, NX, n, index_of};
    last.model = (sqn_cube){N_FRAME, NY, NX, &model[0][0][0]};
    last.residual = (sqn_cube){N_FRAME, NY, NX, &residual[0][0][0]};
    last.residual_variance = (sqn_cube){N_FRAME, NY, NX, &variance[0][0][0]};
}

START_TEST(every_ring_has_its_means)
{
    profile p = {0};

    SQN_ASSERT_OK(profile_make(&p, &obs, &last, &err), err);
    ck_assert_int_eq(p.n, 17); /* the far corner is 16.4 pixels away */
    for (int64_t ring = 1; ring < p.n; ring++) {
        double n = 0.0, sums[4] = {0.0};

        for (int64_t k = 0; k < obs.pixels.n_pix * N_FRAME; k++) {
            const int64_t i = k % N_FRAME, at = index_of[k / N_FRAME];
            const int64_t y = at / NX, x = at % NX;
            const double r = hypot((double)(x + 1) - 9.0, (double)(y + 1) - 7.0);
            const double left = residual[i][y][x];

            if (fabs(r - (double)ring) < 0.5 && !isnan(left)) {
                n += 1.0;
                sums[0] += value[i][y][x];
                sums[1] += model[i][y][x];
                sums[2] += left * left;
                sums[3] += variance[i][y][x];
            }
        }
        ck_assert(p.radius[ring] == (double)ring && p.number[ring] == n && n > 0.0);
        ck_assert_double_eq_tol(p.data[ring], 8.0 * sums[0] / n, 1e-9);
        ck_assert_double_eq_tol(p.model[ring], 8.0 * sums[1] / n, 1e-9);
        ck_assert_double_eq_tol(p.residual[ring], 8.0 * sqrt(sums[2] / n), 1e-9);
        ck_assert_double_eq_tol(p.noise[ring], 8.0 * sqrt(sums[3] / n), 1e-9);
    }
    profile_clear(&p);
    ck_assert(p.radius == NULL && p.n == 0);
}
END_TEST

START_TEST(a_ring_without_a_value_is_nan)
{
    profile p = {0};

    SQN_ASSERT_OK(profile_make(&p, &obs, &last, &err), err);
    ck_assert(p.number[0] == 0.0 && isnan(p.data[0]) && isnan(p.model[0]));
    ck_assert(isnan(p.residual[0]) && isnan(p.noise[0]));
    profile_clear(&p);
}
END_TEST

START_TEST(without_memory_there_is_no_profile)
{
    profile p = {.n = 7};

    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(profile_make(&p, &obs, &last, &err), err, SQN_E_MEM);
    ck_assert(p.radius == NULL && p.n == 0);
    profile_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile");
    TCase *tcase = tcase_create("rings");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, every_ring_has_its_means);
    tcase_add_test(tcase, a_ring_without_a_value_is_nan);
    tcase_add_test(tcase, without_memory_there_is_no_profile);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
