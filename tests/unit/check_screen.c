/** @file check_screen.c @brief Phase screens: variance, spectrum, evolution. */
#include "screen.h"

#include <math.h>

#include "mem.h"
#include "pupil.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { SIDE = 64, N_ELEMENT = SIDE * SIDE, N_SCREEN = 150 };

static sqn_error err;
static double pupil[N_ELEMENT], noise[N_ELEMENT], phase[N_ELEMENT];
static _Alignas(64) double complex work[N_ELEMENT]; /* as the allocator aligns */

/* A pupil without symmetry, so that piston, tip and tilt are not orthogonal of themselves. */
static sqn__fft *start(screen_maker *out, double exponent)
{
    const pupil_shape shape = {14.3, 3.0, 3, 2.0};
    sqn__fft *fft = NULL;

    pupil_draw(pupil, SIDE, &shape);
    SQN_ASSERT_OK(sqn__fft_create(&fft, SIDE, SIDE, &err), err);
    SQN_ASSERT_OK(screen_init(out, SIDE, pupil, exponent, fft, &err), err);
    return fft;
}

static void draw(const screen_maker *screen, const sqn__fft *fft, int64_t k)
{
    screen_step(noise, SIDE, 0.0, 3, (uint64_t)k);
    screen_make(phase, screen, noise, work, fft);
}

START_TEST(the_mean_variance_over_the_pupil_is_1)
{
    const double exponents[] = {-1.5, -2.385, -3.667};
    screen_maker screen;

    for (int e = 0; e < 3; e++) {
        sqn__fft *fft = start(&screen, exponents[e]);
        double sum = 0.0, square = 0.0;

        for (int64_t k = 0; k < N_SCREEN; k++) {
            draw(&screen, fft, k);
            const double variance = screen_rms(phase, &screen) * screen_rms(phase, &screen);

            sum += variance / N_SCREEN;
            square += variance * variance / N_SCREEN;
        }
        ck_assert_double_eq_tol(sum, 1.0, 4.0 * sqrt((square - sum * sum) / N_SCREEN));
        screen_clear(&screen);
        sqn__fft_destroy(&fft);
    }
}
END_TEST

START_TEST(piston_tip_and_tilt_are_taken_out)
{
    screen_maker screen;
    sqn__fft *fft = start(&screen, -3.0);

    for (int64_t k = 0; k < 5; k++) {
        double piston = 0.0, tip = 0.0, tilt = 0.0;

        draw(&screen, fft, k);
        for (int64_t p = 0; p < N_ELEMENT; p++) {
            piston += pupil[p] * phase[p];
            tip += pupil[p] * phase[p] * pupil_coordinate(p % SIDE, SIDE);
            tilt += pupil[p] * phase[p] * pupil_coordinate(p / SIDE, SIDE);
        }
        ck_assert_double_lt(fabs(piston) + fabs(tip) + fabs(tilt), 1e-9);
    }
    screen_clear(&screen);
    sqn__fft_destroy(&fft);
}
END_TEST

/* Least squares slope of ln(power) on ln(f), off the axes, where tip and tilt have no power. */
static double slope(const double *power)
{
    double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;

    for (int64_t p = 0; p < N_ELEMENT; p++) {
        const double fx = pupil_coordinate(p % SIDE, SIDE);
        const double fy = pupil_coordinate(p / SIDE, SIDE), f = hypot(fx, fy);

        if (fx * fy != 0.0 && f < 0.5 * SIDE && fabs(fx * fy) < 900.0) {
            n += 1.0;
            sx += log(f);
            sy += log(power[p]);
            sxx += log(f) * log(f);
            sxy += log(f) * log(power[p]);
        }
    }
    return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

START_TEST(the_power_spectrum_has_the_exponent_asked_for)
{
    static double power[N_ELEMENT];
    screen_maker screen;
    sqn__fft *fft = start(&screen, -2.385);

    for (int64_t k = 0; k < N_SCREEN; k++) {
        draw(&screen, fft, k);
        for (int64_t p = 0; p < N_ELEMENT; p++) {
            work[p] = phase[p];
        }
        sqn__fft_forward(fft, work);
        for (int64_t p = 0; p < N_ELEMENT; p++) {
            power[p] += creal(work[p]) * creal(work[p]) + cimag(work[p]) * cimag(work[p]);
        }
    }
    ck_assert_double_eq_tol(slope(power), -2.385, 0.02);
    screen_clear(&screen);
    sqn__fft_destroy(&fft);
}
END_TEST

START_TEST(evolving_noise_keeps_its_variance_and_has_the_correlation_asked_for)
{
    enum { STEPS = 40 };
    static double before[2][N_ELEMENT];
    double variance = 0.0, one = 0.0, two = 0.0, n = 0.0;

    for (int64_t step = 0; step < STEPS; step++) {
        screen_step(noise, SIDE, step == 0 ? 0.0 : 0.72, 3, (uint64_t)step);
        for (int64_t p = 0; p < N_ELEMENT; p++) {
            if (step >= 2) {
                variance += noise[p] * noise[p];
                one += noise[p] * before[0][p];
                two += noise[p] * before[1][p];
                n += 1.0;
            }
            before[1][p] = before[0][p];
            before[0][p] = noise[p];
        }
    }
    ck_assert_double_eq_tol(variance / n, 1.0, 0.03); /* about 5 sampling errors */
    ck_assert_double_eq_tol(one / n, 0.72, 0.03);
    ck_assert_double_eq_tol(two / n, 0.72 * 0.72, 0.03);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind)
{
    screen_maker screen;
    sqn__fft *fft = start(&screen, -2.0);

    screen_clear(&screen);
    for (int64_t n = 0; n < 3; n++) {
        sqn_allocations_before_failure = n;
        SQN_ASSERT_FAILS(screen_init(&screen, SIDE, pupil, -2.0, fft, &err), err,
                         SQN_E_MEM);
        ck_assert_ptr_null(screen.root);
    }
    sqn_allocations_before_failure = INT64_MAX;
    screen_clear(NULL);
    sqn__fft_destroy(&fft);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("screen");
    TCase *tcase = tcase_create("phase");

    tcase_set_timeout(tcase, 30.0); /* seconds, for a busy machine */
    tcase_add_test(tcase, the_mean_variance_over_the_pupil_is_1);
    tcase_add_test(tcase, piston_tip_and_tilt_are_taken_out);
    tcase_add_test(tcase, the_power_spectrum_has_the_exponent_asked_for);
    tcase_add_test(tcase,
                   evolving_noise_keeps_its_variance_and_has_the_correlation_asked_for);
    tcase_add_test(tcase, no_memory_leaves_nothing_behind);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
