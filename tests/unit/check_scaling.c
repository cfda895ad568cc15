/** @file check_scaling.c @brief Known factors of simulated stars with rings. */
#include "sequin/scaling.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"
#include "sqn_wrap.h"
#include "stats.h"

enum { N = 121, N_PIX = N * N };

static const double pi = 3.14159265358979323846;
static sqn_error err;
static sqn_scaling scaling;

/* A speckled star, an inclined ring, and noise that knows the star. */
typedef struct observation {
    float value[N_PIX], model[N_PIX];
    double weight[N_PIX], peak_snr;
} observation;

static double normal(uint64_t seed, int64_t index)
{
    const double u = sqn__rng_uniform(seed, 0, (uint64_t)index);
    const double v = sqn__rng_uniform(seed, 1, (uint64_t)index);

    return sqrt(-2.0 * log(u)) * cos(2.0 * pi * v);
}

/* Halo times speckles of about 4 pixels: waves of random phase and direction. */
static double star(double dx, double dy)
{
    double re = 1.0, im = 0.0;

    for (uint64_t i = 0; i < 24; i++) {
        const double angle = 2.0 * pi * (double)sqn__rng_uniform(3, 10, i);
        const double phase = 2.0 * pi * (double)sqn__rng_uniform(3, 11, i);
        const double rate = 2.0 * pi / (4.0 + 6.0 * (double)sqn__rng_uniform(3, 12, i));
        const double wave = rate * (dx * cos(angle) + dy * sin(angle)) + phase;

        re += 0.3 * cos(wave);
        im += 0.3 * sin(wave);
    }
    return 400.0 * (re * re + im * im) / pow(1.0 + (dx * dx + dy * dy) / 64.0, 1.25);
}

/* A ring of radius 32 seen at 60 degrees, forward scattering. */
static double ring(double dx, double dy)
{
    const double a = hypot(dx, dy / 0.5);
    const double forward = 1.0 / pow(1.09 - 0.6 * (dy / 0.5) / fmax(a, 1.0), 1.5);

    return forward * exp(-0.5 * (a - 32.0) * (a - 32.0) / 6.25);
}

static observation *observe(double factor, double brightness, uint64_t seed)
{
    observation *scene = calloc(1, sizeof *scene);

    ck_assert_ptr_nonnull(scene);
    for (int64_t p = 0; p < N_PIX; p++) {
        const int64_t x = p % N, y = p / N;
        const double dx = (double)x - 60.0, dy = (double)y - 60.0;
        const double r = hypot(dx, dy), m = star(dx, dy), d = brightness * ring(dx, dy);
        const double sigma = sqrt(25.0 + factor * m + d);

        scene->model[p] = (float)m;
        scene->value[p] = (float)(factor * m + d + sigma * normal(seed, p));
        scene->weight[p] = r < 6.0 || r > 58.0 ? 0.0 : 1.0 / (sigma * sigma);
        scene->peak_snr = fmax(scene->peak_snr, d / sigma);
    }
    return scene;
}

static sqn_scaling_frame frame_of(const observation *scene)
{
    return (sqn_scaling_frame){N, N, scene->value, scene->model, scene->weight, 4.0};
}

START_TEST(our_rule_finds_the_factor_beside_any_ring)
{
    const double rings[] = {0.0, 5.0, 40.0, 300.0}; /* 0, 2, 10 and 29 sigma at the peak */

    for (uint64_t i = 0; i < 4; i++) {
        observation *scene = observe(0.93, rings[i], i);
        const sqn_scaling_frame frame = frame_of(scene);

        SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &frame, &err), err);
        ck_assert_double_eq_tol(scaling.factor, 0.93, 0.005); /* 0.01 is required */
        ck_assert(!scaling.at_edge && scaling.rounds >= 1 && scaling.rounds < 10);
        ck_assert(scaling.curve[scaling.rounds - 1] == scaling.factor);
        ck_assert(isnan(scaling.curve[scaling.rounds]));
        free(scene);
    }
}
END_TEST

START_TEST(equal_weights_do_without_bias)
{
    const double rings[] = {0.0, 5.0, 40.0, 300.0};
    double sum = 0.0;

    for (uint64_t i = 0; i < 12; i++) {
        observation *scene = observe(0.93, rings[i % 4], 100 + i);
        const sqn_scaling_frame frame = frame_of(scene);

        for (int64_t p = 0; p < N_PIX; p++) {
            scene->weight[p] = scene->weight[p] > 0.0 ? 1.0 : 0.0;
        }
        SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &frame, &err), err);
        ck_assert_double_eq_tol(scaling.factor, 0.93, 0.015); /* 3 of its noise of 0.005 */
        ck_assert_int_lt(scaling.rounds, 50);
        sum += scaling.factor;
        free(scene);
    }
    ck_assert_double_eq_tol(sum / 12.0, 0.93, 0.004); /* one tail only: 0.925 */
}
END_TEST

START_TEST(one_round_less_clever_would_miss_it)
{
    observation *scene = observe(0.93, 300.0, 3);
    const sqn_scaling_frame frame = frame_of(scene);
    double xm = 0.0, mm = 0.0;

    for (int64_t p = 0; p < N_PIX; p++) {
        const double m = scene->model[p];

        xm += scene->weight[p] * m * (double)scene->value[p];
        mm += scene->weight[p] * m * m;
    }
    ck_assert_double_gt(xm / mm, 1.0); /* the ring inside the fit */
    SQN_ASSERT_OK(sqn_scaling_bff_published(&scaling, &frame, &err), err);
    ck_assert_double_gt(scaling.factor, 0.98); /* as in the literature: near its edge */
    free(scene);
}
END_TEST

START_TEST(what_has_no_weight_is_never_seen)
{
    observation *scene = observe(0.93, 40.0, 5);
    const sqn_scaling_frame frame = frame_of(scene);
    sqn_scaling again;

    scene->model[60 * N + 100] = NAN; /* no model: not used either */
    SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &frame, &err), err);
    for (int64_t p = 0; p < N_PIX; p++) {
        if (!(scene->weight[p] > 0.0)) {
            scene->value[p] = p % 2 == 0 ? 1e30F : NAN;
            scene->model[p] = p % 3 == 0 ? 1e30F : NAN;
        }
    }
    SQN_ASSERT_OK(sqn_scaling_bff(&again, &frame, &err), err);
    ck_assert(again.factor == scaling.factor && again.rounds == scaling.rounds);
    SQN_ASSERT_OK(sqn_scaling_bff_published(&again, &frame, &err), err);
    ck_assert(!isnan(again.curve[0]) && again.curve[0] < 1e3);
    free(scene);
}
END_TEST

START_TEST(the_unit_of_the_data_does_not_matter)
{
    observation *scene = observe(0.85, 40.0, 6);
    const sqn_scaling_frame frame = frame_of(scene);
    sqn_scaling again;

    SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &frame, &err), err);
    ck_assert_double_eq_tol(scaling.factor, 0.85, 0.005);
    for (int64_t p = 0; p < N_PIX; p++) {
        scene->value[p] = ldexpf(scene->value[p], -70);
        scene->model[p] = ldexpf(scene->model[p], -70);
        scene->weight[p] = ldexp(scene->weight[p], 140);
    }
    SQN_ASSERT_OK(sqn_scaling_bff(&again, &frame, &err), err);
    ck_assert(again.factor == scaling.factor);
    free(scene);
}
END_TEST

START_TEST(the_factor_stays_in_its_range_and_says_so)
{
    observation *scene = observe(1.4, 0.0, 7);
    const sqn_scaling_frame frame = frame_of(scene);

    SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &frame, &err), err);
    ck_assert(scaling.factor == 1.1 && scaling.at_edge);
    SQN_ASSERT_OK(sqn_scaling_bff_published(&scaling, &frame, &err), err);
    ck_assert(scaling.factor == 1.0 && scaling.at_edge);
    free(scene);
    scene = observe(0.2, 0.0, 8);
    const sqn_scaling_frame low = frame_of(scene);

    SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &low, &err), err);
    ck_assert(scaling.factor == 0.5 && scaling.at_edge);
    SQN_ASSERT_OK(sqn_scaling_bff_published(&scaling, &low, &err), err);
    ck_assert(scaling.factor == 0.8 && scaling.at_edge);
    free(scene);
}
END_TEST

/* Numbers of the published rule in NumPy (nanmedian, nanstd) on the same frame. */
START_TEST(the_published_rule_is_that_of_numpy)
{
    static float value[1600], model[1600];
    static double weight[1600];
    const sqn_scaling_frame frame = {40, 40, value, model, weight, 4.0};

    for (int64_t p = 0; p < 1600; p++) {
        const double root = sqn__rng_uniform(11, 2, (uint64_t)p);
        const double kind = sqn__rng_uniform(11, 3, (uint64_t)p);
        const double size = sqn__rng_uniform(11, 4, (uint64_t)p);
        const double outlier = kind > 0.95 ? 30.0 * size : kind < 0.03 ? -25.0 * size : 0.0;

        model[p] = (float)(50.0 * root * root);
        value[p] = (float)(0.913 * (double)model[p] + outlier + 2.0 * normal(11, p));
        weight[p] = 1.0;
    }
    SQN_ASSERT_OK(sqn_scaling_bff_published(&scaling, &frame, &err), err);
    ck_assert(scaling.factor == 0.919 && !scaling.at_edge);
    ck_assert_int_eq(scaling.rounds, 4);
    ck_assert_double_eq_tol(scaling.curve[0], 2.766150947196519, 1e-6);
    ck_assert_double_eq_tol(scaling.curve[119], 2.1091767793273544, 1e-6);
    ck_assert_double_eq_tol(scaling.curve[200], 2.4087480151797136, 1e-6);
}
END_TEST

/* ---- Both rules once more, plainly ------------------------------------------------------ */

/* Set both tails to NaN as long as neither is empty; returns the rounds that did. */
static int64_t plain_tails(double *values, int64_t n)
{
    static double scratch[N_PIX];

    for (int64_t round = 0;; round++) {
        memcpy(scratch, values, (size_t)n * sizeof *values);
        const double median = sqn__stats_percentile(scratch, n, 50.0);
        const double reach = 3.0 * sqn__stats_deviation(values, n);
        int64_t n_above = 0, n_below = 0;

        for (int64_t p = 0; p < n; p++) {
            n_above += values[p] > median + reach;
            n_below += values[p] < median - reach;
        }
        if (n_above == 0 || n_below == 0) {
            return round;
        }
        for (int64_t p = 0; p < n; p++) {
            values[p] = fabs(values[p] - median) > reach ? NAN : values[p];
        }
    }
}

/* Score of a fraction by the published rule. */
static double plain_score(int64_t *rounds, const observation *scene, double fraction)
{
    static double values[N_PIX];
    int64_t n = 0;

    for (int64_t p = 0; p < N_PIX; p++) {
        if (scene->weight[p] > 0.0) {
            values[n++] = (double)scene->value[p] - fraction * (double)scene->model[p];
        }
    }
    *rounds = plain_tails(values, n);
    return sqn__stats_deviation(values, n);
}

START_TEST(the_published_rule_is_that_of_plain_loops)
{
    for (uint64_t i = 0; i < 3; i++) {
        observation *scene = observe(0.9, i == 0 ? 0.0 : 40.0, 20 + i);
        const sqn_scaling_frame frame = frame_of(scene);
        int64_t rounds = 0;

        if (i == 2) { /* beyond all bins */
            scene->value[60 * N + 100] = 1e6F;
            scene->value[60 * N + 20] = -1e6F;
            scene->value[50 * N + 20] = -3e3F;
        }
        SQN_ASSERT_OK(sqn_scaling_bff_published(&scaling, &frame, &err), err);
        for (int64_t f = 0; f < SQN_SCALING_N_FRACTION; f += 8) {
            const double score = plain_score(&rounds, scene, (double)(800 + f) / 1000.0);

            ck_assert_double_eq_tol(scaling.curve[f], score, 1e-12 * score);
        }
        (void)plain_score(&rounds, scene, scaling.factor);
        ck_assert_int_eq(scaling.rounds, rounds);
        free(scene);
    }
}
END_TEST

enum { HALF = 7 }; /* four sigma of a Gaussian of 4 pixels */

/* Weighted mean of the residual over its noise around a pixel, by a Gaussian. */
static double plain_smooth(const double *z, int64_t x, int64_t y, const double *gaussian)
{
    double sum = 0.0, sum_weight = 0.0;

    for (int64_t j = y - HALF; j <= y + HALF; j++) {
        for (int64_t i = x - HALF; i <= x + HALF; i++) {
            if (j >= 0 && j < N && i >= 0 && i < N && !isnan(z[j * N + i])) {
                const double weight = gaussian[llabs(j - y)] * gaussian[llabs(i - x)];

                sum += weight * z[j * N + i];
                sum_weight += weight;
            }
        }
    }
    return sum / sum_weight;
}

/* Smoothed residual over its noise, NaN where nothing is judged. */
static void plain_residual(double *out, const observation *scene, double factor)
{
    static double z[N_PIX];
    double gaussian[HALF + 1];

    for (int64_t d = 0; d <= HALF; d++) {
        gaussian[d] = exp(-4.0 * log(2.0) * (double)(d * d) / 16.0);
    }
    for (int64_t p = 0; p < N_PIX; p++) {
        const double r = (double)scene->value[p] - factor * (double)scene->model[p];

        z[p] = scene->weight[p] > 0.0 ? sqrt(scene->weight[p]) * r : NAN;
    }
    for (int64_t p = 0; p < N_PIX; p++) {
        out[p] = isnan(z[p]) ? NAN : plain_smooth(z, p % N, p / N, gaussian);
    }
}

/* True where a pixel within one fwhm stands out. */
static bool plain_disk(const double *z, int64_t pixel, double limit, bool both)
{
    const int64_t x = pixel % N, y = pixel / N;

    for (int64_t j = y - 4; j <= y + 4; j++) {
        for (int64_t i = x - 4; i <= x + 4; i++) {
            const bool inside = j >= 0 && j < N && i >= 0 && i < N;
            const double of = inside ? z[j * N + i] : 0.0;

            if (hypot((double)(i - x), (double)(j - y)) <= 4.0 &&
                (of > limit || (both && of < -limit))) {
                return true;
            }
        }
    }
    return false;
}

/* The factor that follows on `factor`. */
static double plain_step(const observation *scene, double factor, bool both)
{
    static double z[N_PIX], scratch[N_PIX];
    double xm = 0.0, mm = 0.0;

    plain_residual(z, scene, factor);
    memcpy(scratch, z, sizeof z);
    const double limit = 3.0 * sqn__stats_mad_sigma(scratch, N_PIX);

    for (int64_t p = 0; p < N_PIX; p++) {
        if (scene->weight[p] > 0.0 && !plain_disk(z, p, limit, both)) {
            const double m = scene->model[p], vm = scene->weight[p] * m;

            xm += vm * (double)scene->value[p];
            mm += vm * m;
        }
    }
    return xm / mm;
}

START_TEST(our_rule_is_that_of_plain_loops)
{
    observation *scene = observe(0.93, 40.0, 2);
    const sqn_scaling_frame frame = frame_of(scene);

    SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &frame, &err), err);
    ck_assert_int_ge(scaling.rounds, 3);
    ck_assert_double_eq_tol(plain_step(scene, scaling.curve[0], false), scaling.curve[1],
                            2e-7);
    ck_assert_double_eq_tol(plain_step(scene, scaling.curve[scaling.rounds - 2], true),
                            scaling.factor, 2e-7);
    free(scene);
}
END_TEST

START_TEST(a_bright_star_loses_no_digits)
{
    observation *scene = observe(0.93, 40.0, 2);
    const sqn_scaling_frame frame = frame_of(scene);
    double brightest = 0.0;

    for (int64_t p = 0; p < N_PIX; p++) { /* 60 times as bright a star, no brighter noise */
        scene->value[p] += 0.93F * 59.0F * scene->model[p];
        scene->model[p] *= 60.0F;
        brightest = fmax(brightest, scene->weight[p] > 0.0 ? (double)scene->model[p] : 0.0);
        scene->weight[p] = scene->weight[p] > 0.0 ? 0.04 : 0.0;
    }
    ck_assert_double_gt(brightest / 5.0, 2e4); /* sigma */
    SQN_ASSERT_OK(sqn_scaling_bff(&scaling, &frame, &err), err);
    ck_assert_double_eq_tol(plain_step(scene, scaling.curve[0], false), scaling.curve[1],
                            1e-7);
    ck_assert_double_eq_tol(scaling.factor, 0.93, 1e-3);
    free(scene);
}
END_TEST

START_TEST(no_pixel_and_no_memory_are_errors)
{
    observation *scene = observe(0.93, 0.0, 9);
    const sqn_scaling_frame frame = frame_of(scene);

    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(sqn_scaling_bff(&scaling, &frame, &err), err, SQN_E_MEM);
    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(sqn_scaling_bff_published(&scaling, &frame, &err), err, SQN_E_MEM);
    memset(scene->weight, 0, sizeof scene->weight);
    SQN_ASSERT_FAILS(sqn_scaling_bff(&scaling, &frame, &err), err, SQN_E_DATA_EMPTY);
    SQN_ASSERT_FAILS(sqn_scaling_bff_published(&scaling, &frame, &err), err,
                     SQN_E_DATA_EMPTY);
    ck_assert(scaling.factor == 0.0);
    free(scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scaling");
    TCase *tcase = tcase_create("bff");

    tcase_set_timeout(tcase, 60.0); /* a second, when the machine is not shared */
    tcase_add_test(tcase, our_rule_finds_the_factor_beside_any_ring);
    tcase_add_test(tcase, equal_weights_do_without_bias);
    tcase_add_test(tcase, one_round_less_clever_would_miss_it);
    tcase_add_test(tcase, what_has_no_weight_is_never_seen);
    tcase_add_test(tcase, the_unit_of_the_data_does_not_matter);
    tcase_add_test(tcase, the_factor_stays_in_its_range_and_says_so);
    tcase_add_test(tcase, the_published_rule_is_that_of_numpy);
    tcase_add_test(tcase, the_published_rule_is_that_of_plain_loops);
    tcase_add_test(tcase, our_rule_is_that_of_plain_loops);
    tcase_add_test(tcase, a_bright_star_loses_no_digits);
    tcase_add_test(tcase, no_pixel_and_no_memory_are_errors);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
