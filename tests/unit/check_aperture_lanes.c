/** @file check_aperture_lanes.c @brief Apertures in lanes: all tables against plain loops. */
#include "aperture_kernels.h"
#include "aperture_lanes.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"

enum { NY = 40, NX = 47 };

static double uniform(uint64_t stream, int64_t i)
{
    return (double)sqn__rng_uniform(7, stream, (uint64_t)i);
}

enum {
    LANES = SQN__APERTURE_LANES,
    N_PLACE = 4,
    N_ANGLE = 2,
    N_POINT = 3 * N_ANGLE,
    SIDE = 8,
    ROW = 2 * SIDE,
    N_KERNEL = (SQN__APERTURE_HALF + 1) * (SQN__APERTURE_HALF + 1)
};
static float kernels[3 * SIDE * SIDE], pixels[ROW * ROW * LANES];

static const sqn__aperture_lanes *table_of(int64_t k)
{
    const sqn__aperture_lanes *tables[3] = {&sqn__aperture_lanes_base,
                                            sqn__aperture_lanes_avx2(),
                                            sqn__aperture_lanes_avx512()};

    return tables[k] != NULL ? tables[k] : tables[0];
}

/* Where circles are is decided by the same bits everywhere. */
START_TEST(places_are_the_same_in_all_tables)
{
    const sqn__aperture_field field = {.row = 60,
                                       .radius = 2.0,
                                       .high_y = NY - 0.5,
                                       .high_x = NX - 0.5,
                                       .first = 366,
                                       .begin = -2,
                                       .further = 64};

    for (int64_t k = 0; k < 900; k++) {
        sqn__aperture_places first = {.x = {0.0}}, other;

        for (int64_t i = 0; i < SQN__APERTURE_PLACES; i++) {
            const int64_t number = k * SQN__APERTURE_PLACES + i;

            first.x[i] = k % 3 == 0 ? 2e9 * (uniform(3, number) - 0.5)
                                    : (NX + 34.0) * uniform(1, number) - 17.5;
            first.y[i] = k % 2 == 0 ? (double)(number % NY) : 18.5 - uniform(2, number);
        }
        other = first;
        table_of(0)->place(&first, &field);
        for (int64_t t = 1; t < 3; t++) {
            table_of(t)->place(&other, &field);
            ck_assert_mem_eq(&other, &first, sizeof first);
        }
        for (int64_t i = 0; i < SQN__APERTURE_PLACES; i++) {
            const bool inside = first.x[i] >= 1.5 && first.x[i] <= NX - 2.5 &&
                                first.y[i] >= 1.5 && first.y[i] <= NY - 2.5;
            const int64_t x = (int64_t)floor(first.x[i] + 0.5 + 0.5 / 128.0);
            const int64_t y = (int64_t)floor(first.y[i] + 0.5 + 0.5 / 128.0);

            ck_assert_int_eq(first.margin[i] >= 0.0, inside);
            ck_assert_int_eq(first.under[i], inside ? 366 + y * 60 + x : 366);
            ck_assert_int_ge(first.kernel[i], 0);
            ck_assert_int_lt(first.kernel[i], N_KERNEL);
        }
    }
}
END_TEST

START_TEST(fluxes_agree_to_rounding)
{
    /* from corner to corner, in each direction */
    const sqn__aperture_places places = {
        .pixel = {0, 5, 9 * ROW + 3, 8 * ROW + 14, 12},
        .kernel = {1, 0, 2, 1, 0},
        .step_y = {ROW, ROW, -ROW, -ROW, ROW},
        .step_x = {1, 1, 1, -1, -1},
    };

    for (int64_t i = 0; i < INT64_C(1) * ROW * ROW * LANES; i++) {
        kernels[i % (INT64_C(3) * SIDE * SIDE)] = (float)uniform(8, i);
        pixels[i] = (float)(uniform(9, i) - 0.3);
    }
    for (int64_t k = 0; k < INT64_C(18); k++) {
        const int64_t side = SIDE - k / 3; /* 8 ... 3 */
        const sqn__aperture_field field = {.kernels = kernels,
                                           .kernel_size = side * side,
                                           .pixels = pixels,
                                           .row = ROW,
                                           .side = side};
        float flux[N_PLACE * LANES];

        table_of(k % 3)->flux(flux, &field, &places, 1, N_PLACE);
        for (int64_t i = 0; i < INT64_C(1) * N_PLACE * LANES; i++) {
            const int64_t place = 1 + i / LANES;
            double sum = 0.0;

            for (int64_t t = 0; t < side * side; t++) {
                const int64_t pixel = places.pixel[place] +
                                      t / side * places.step_y[place] +
                                      t % side * places.step_x[place];

                sum += (double)kernels[places.kernel[place] * side * side + t] *
                       (double)pixels[pixel * LANES + i % LANES];
            }
            ck_assert_double_eq_tol(flux[i], sum, 1e-5);
        }
    }
}
END_TEST

static void fill(float *out, uint64_t stream, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = (float)(uniform(stream, i) - 0.3);
    }
}

/* The first flux of a lane is its origin, and those that are not known do not count. */
START_TEST(sums_are_those_of_known_fluxes)
{
    for (int64_t k = 0; k < 3; k++) {
        sqn__aperture_sums sums = {.begun = 0};
        double origin[LANES] = {0.0}, one[LANES] = {0.0}, two[LANES] = {0.0};
        int64_t n[LANES] = {0};

        for (int64_t i = 0; i < 9; i++) {
            const uint32_t known = (uint32_t)(65536.0 * uniform(3, i)) & 0xfffeU;
            float flux[LANES];

            fill(flux, 10 + (uint64_t)i, LANES);
            table_of(k)->add(&sums, flux, known);
            for (int64_t l = 0; l < LANES; l++) {
                if ((known >> l & 1U) != 0) {
                    origin[l] = n[l] == 0 ? (double)flux[l] : origin[l];
                    one[l] += (double)flux[l] - origin[l];
                    two[l] += pow((double)flux[l] - origin[l], 2.0);
                    n[l]++;
                }
            }
        }
        ck_assert_int_eq(n[0], 0);
        for (int64_t l = 0; l < LANES; l++) {
            ck_assert_int_eq(sums.n[l], n[l]);
            ck_assert_double_eq((double)sums.origin[l], origin[l]);
            ck_assert_double_eq_tol(sums.one[l], one[l], 1e-5);
            ck_assert_double_eq_tol(sums.two[l], two[l], 1e-5);
        }
    }
}
END_TEST

START_TEST(sums_of_many_are_those_of_lanes_that_are_asked_for)
{
    enum { N = N_POINT * LANES };
    const uint32_t lanes = 0x5a5aU;
    float flux[N], origin[LANES], mean[N];

    fill(flux, 20, N);
    fill(origin, 21, LANES);
    fill(mean, 22, N);
    for (int64_t k = 0; k < 3; k++) {
        float sum[N], squares[N];

        fill(sum, 23, N);
        fill(squares, 24, N);
        table_of(k)->add_all(sum, flux, origin, N_POINT, lanes);
        table_of(k)->square_all(squares, flux, origin, mean, N_POINT, lanes);
        for (int64_t i = 0; i < N; i++) {
            const double d = (double)flux[i] - (double)origin[i % LANES];
            const double in = (lanes >> i % LANES & 1U) != 0 ? 1.0 : 0.0;

            ck_assert_double_eq_tol(sum[i], uniform(23, i) - 0.3 + in * d, 1e-6);
            ck_assert_double_eq_tol(
                squares[i], uniform(24, i) - 0.3 + in * pow(d - (double)mean[i], 2.0),
                1e-6);
        }
    }
}
END_TEST

/* Mean and sum of squares of some values from the first on. */
static void spread_of(double out[2], const double *value, int64_t n, int64_t first)
{
    out[0] = out[1] = 0.0;
    for (int64_t i = first; i < n; i++) {
        out[0] += value[i] / (double)(n - first);
    }
    for (int64_t i = first; i < n; i++) {
        out[1] += pow(value[i] - out[0], 2.0);
    }
}

/* The circle left out is much brighter than the others. */
START_TEST(sums_at_points_are_blended_without_the_circle_left_out)
{
    enum { N = N_POINT * LANES, N_FLUX = 9 };
    const uint32_t left_out = 0x0ff1U;
    float flux[N], mean[N], spread[N], by_angle[N_ANGLE], by_radius[3];
    double sums[LANES][2] = {{0.0}};

    fill(by_angle, 22, N_ANGLE);
    fill(by_radius, 23, 3);
    for (int64_t i = 0; i < N; i++) {
        double value[N_FLUX], all[2], others[2];

        for (int64_t j = 0; j < N_FLUX; j++) {
            value[j] = uniform(40 + (uint64_t)j, i) + (j == 0 ? 50.0 : 0.0);
        }
        spread_of(all, value, N_FLUX, 0);
        spread_of(others, value, N_FLUX, (left_out >> i % LANES & 1U) != 0 ? 1 : 0);
        flux[i] = (float)(value[0] + 3.0);
        mean[i] = (float)all[0];
        spread[i] = (float)all[1];
        const int64_t point = i / LANES;
        const double weight = (double)by_angle[point / 3] * (double)by_radius[point % 3];

        sums[i % LANES][0] += weight * others[0];
        sums[i % LANES][1] += weight * others[1];
    }
    for (int64_t k = 0; k < 3; k++) {
        const sqn__aperture_points points = {N_ANGLE, 3,      by_angle, by_radius,
                                             mean,    spread, flux,     left_out};
        sqn__aperture_sums blended = {.begun = 0};

        for (int64_t l = 0; l < LANES; l++) {
            blended.origin[l] = 3.0F;
            blended.n[l] = N_FLUX;
        }
        table_of(k)->blend(&blended, &points);
        for (int64_t l = 0; l < LANES; l++) {
            ck_assert_int_eq(blended.n[l], (left_out >> l & 1U) != 0 ? N_FLUX - 1 : N_FLUX);
            ck_assert_double_eq_tol((double)blended.origin[l] - 3.0, sums[l][0], 2e-5);
            ck_assert_double_eq((double)blended.one[l], 0.0);
            ck_assert_double_eq_tol((double)blended.two[l], sums[l][1], 2e-3); /* of 2200 */
        }
    }
}
END_TEST

START_TEST(ratios_are_those_of_the_definition)
{
    for (int64_t k = 0; k < 3; k++) {
        sqn__aperture_sums sums = {.n = {9, 8, 1, 9, 9, 9}};
        float flux[LANES], ratio[LANES];

        fill(flux, 30, LANES);
        fill(sums.origin, 31, LANES);
        fill(sums.one, 32, LANES);
        for (int64_t l = 0; l < LANES; l++) {
            sums.two[l] = l == 4 ? 0.0F : 3.0F + (float)l;
        }
        table_of(k)->ratio(ratio, flux, 0x0fff7U, &sums, 18);
        for (int64_t l = 0; l < LANES; l++) {
            const double n = (double)sums.n[l], mean = (double)sums.one[l] / n;
            const double variance =
                ((double)sums.two[l] - (double)sums.one[l] * mean) / (n - 1.0);
            const double signal = (double)flux[l] - (double)sums.origin[l] - mean;

            /* too few of 17, not asked for, without noise */
            ck_assert_int_eq(isnan(ratio[l]), l != 0 && l != 5);
            ck_assert(isnan(ratio[l]) ||
                      fabs((double)ratio[l] - signal / sqrt(variance * (1.0 + 1.0 / n))) <
                          1e-6);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aperture lanes");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, places_are_the_same_in_all_tables);
    tcase_add_test(tcase, fluxes_agree_to_rounding);
    tcase_add_test(tcase, sums_are_those_of_known_fluxes);
    tcase_add_test(tcase, sums_of_many_are_those_of_lanes_that_are_asked_for);
    tcase_add_test(tcase, sums_at_points_are_blended_without_the_circle_left_out);
    tcase_add_test(tcase, ratios_are_those_of_the_definition);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
