/** @file check_simulate_product.c @brief Products of a simulation, read back and verified. */
#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate.h"
#include "sqn_check.h"
#include "sqn_observation.h"
#include "sqn_wrap.h"

#define N_PIXEL (INT64_C(25) * 25) /* of one frame */

static sqn_error err;
static sqn_observation observation;
static simulation made;
static fitsfile *file;

static void set_up(void)
{
    sqn_observation_init(&observation);
    observation.options.fwhm = 1.3; /* a small grid */
    observation.options.cosmic_rays = 4.0;
    observation.options.bad_pixels = 0.01;
    observation.options.sources.n = 3;
    observation.source[0] = 9.385;
    observation.source[1] = 247.0;
    observation.source[2] = 3e-5;
    SQN_ASSERT_OK(simulate_make(&made, &observation.options, NULL, &err), err);
}

static void tear_down(void)
{
    simulation_clear(&made);
}

/* Write a product, have it verified, and open it again. */
static void write_and_open(const char *path, simulate_which which)
{
    sqn_fits_product *owner = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    int status = 0;
    char command[128];

    SQN_ASSERT_OK(simulate_product(&bytes, &size, &owner, &made, which, &err), err);
    FILE *out = fopen(path, "wb");

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
    ck_assert_int_eq(fclose(out), 0);
    sqn_fits_product_destroy(&owner);
    (void)snprintf(command, sizeof command, "fitsverify -q %s | grep -q '^verification OK'",
                   path); /* OK = 0 errors and 0 warnings */
    /* NOLINTNEXTLINE(cert-env33-c): the verifier is a program, its argument is ours. */
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(fits_open_file(&file, path, READONLY, &status), 0);
}

static void go_to(int hdu, const char *extname)
{
    char name[72];
    int status = 0;

    fits_movabs_hdu(file, hdu, NULL, &status);
    fits_read_key(file, TSTRING, "EXTNAME", name, NULL, &status);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(name, extname);
}

static void close_file(void)
{
    int status = 0;

    fits_close_file(file, &status);
    ck_assert_int_eq(status, 0);
}

static double number(const char *keyword)
{
    double value = NAN;
    int status = 0;

    fits_read_key(file, TDOUBLE, keyword, &value, NULL, &status);
    ck_assert_msg(status == 0, "%s is missing", keyword);
    return value;
}

static void same_floats(int hdu, const char *extname, const float *expected, int64_t n)
{
    float *read = calloc((size_t)n, sizeof *read);
    int status = 0;

    go_to(hdu, extname);
    fits_read_img(file, TFLOAT, 1, n, NULL, read, NULL, &status);
    ck_assert_int_eq(status, 0);
    ck_assert_mem_eq(read, expected, (size_t)n * sizeof *read);
    free(read);
}

static void same_flags(const int32_t *expected, int64_t n)
{
    int *read = calloc((size_t)n, sizeof *read);
    int status = 0;

    go_to(4, "DQ");
    fits_read_img(file, TINT, 1, n, NULL, read, NULL, &status);
    ck_assert_int_eq(status, 0);
    ck_assert_mem_eq(read, expected, (size_t)n * sizeof *read);
    free(read);
}

/* Sky of the source by the cards of this HDU, for a pixel; small field, so a plane will do. */
static void plane_of(double plane[2], double x, double y)
{
    const double dx = x - number("CRPIX1"), dy = y - number("CRPIX2");

    plane[0] = 3600.0 * (number("CD1_1") * dx + number("CD1_2") * dy); /* East */
    plane[1] = 3600.0 * (number("CD2_1") * dx + number("CD2_2") * dy); /* North */
}

START_TEST(science_holds_values_errors_flags_and_the_sky_of_its_first_frame)
{
    const double pi = 3.141592653589793, turn = (247.0 + 20.5) * pi / 180.0;
    double plane[2];

    write_and_open("science.fits", SIMULATE_SCIENCE);
    same_floats(2, "SCI", made.science.value.data, 2 * N_PIXEL);
    ck_assert_double_eq(number("STARCENX"), 13.0);
    ck_assert_double_eq(number("STARCENY"), 13.0);
    ck_assert_double_eq(number("PA_START"), -20.5);
    ck_assert_double_eq(number("PA_END"), 41.3);
    ck_assert_double_eq(number("CRVAL2"), -51.07);
    ck_assert_double_eq(number("EXPTIME"), 60.0);
    plane_of(plane, 13.0 - 9.385 * sin(turn),
             13.0 + 9.385 * cos(turn)); /* where it is seen */
    ck_assert_double_eq_tol(plane[0], 0.025 * 9.385 * sin(247.0 * pi / 180.0), 1e-9);
    ck_assert_double_eq_tol(plane[1], 0.025 * 9.385 * cos(247.0 * pi / 180.0), 1e-9);
    same_floats(3, "ERR", made.science.error.data, 2 * N_PIXEL);
    same_flags(made.science.dq, 2 * N_PIXEL);
    close_file();
}
END_TEST

START_TEST(references_are_of_another_star)
{
    write_and_open("references.fits", SIMULATE_REFERENCES);
    same_floats(2, "SCI", made.reference.value.data, 3 * N_PIXEL);
    ck_assert_double_eq_tol(number("CRVAL2"), -50.07, 1e-12);
    same_floats(3, "ERR", made.reference.error.data, 3 * N_PIXEL);
    same_flags(made.reference.dq, 3 * N_PIXEL);
    close_file();
}
END_TEST

/* Whether an HDU of the open file lies in tiles. */
static bool is_tiled(int hdu)
{
    int status = 0;

    fits_movabs_hdu(file, hdu, NULL, &status);
    const bool tiled = fits_is_compressed_image(file, &status) != 0;

    ck_assert_int_eq(status, 0);
    return tiled;
}

START_TEST(errors_and_flags_are_compressed_when_asked_for)
{
    write_and_open("plain.fits", SIMULATE_SCIENCE);
    ck_assert(!is_tiled(2) && !is_tiled(3) && !is_tiled(4));
    close_file();
    observation.options.compress = CONFIG_COMPRESS_GZIP;
    write_and_open("tiled.fits", SIMULATE_SCIENCE);
    ck_assert(!is_tiled(2) && is_tiled(3) && is_tiled(4));
    same_floats(3, "ERR", made.science.error.data, 2 * N_PIXEL);
    same_flags(made.science.dq, 2 * N_PIXEL);
    close_file();
}
END_TEST

START_TEST(truth_holds_star_disk_and_sources_north_up)
{
    const double turn = 247.0 * 3.141592653589793 / 180.0;
    const double expected[5] = {13.0 - 9.385 * sin(turn), 13.0 + 9.385 * cos(turn), 9.385,
                                247.0, 3e-5 * 1e7 / 1.7};
    int status = 0;

    write_and_open("truth.fits", SIMULATE_TRUTH);
    same_floats(2, "STAR", made.star.data, 2 * N_PIXEL);
    same_floats(3, "DISK", made.disk.data, N_PIXEL);
    ck_assert_double_eq(number("NAXIS"), 2.0);
    ck_assert_double_lt(number("CD1_1"), 0.0);
    ck_assert_double_eq(number("CD1_2"), 0.0);
    go_to(4, "SOURCES");
    for (int column = 1; column <= 5; column++) {
        double value = NAN;

        fits_read_col(file, TDOUBLE, column, 1, 1, 1, NULL, &value, NULL, &status);
        ck_assert_int_eq(status, 0);
        ck_assert_double_eq_tol(value, expected[column - 1], 1e-9);
    }
    close_file();
}
END_TEST

START_TEST(the_primary_header_says_how_it_was_made)
{
    char card[81], unit[72];
    int n_card = 0, status = 0;
    int seen = 0;

    write_and_open("settings.fits", SIMULATE_SCIENCE);
    ck_assert_double_eq(number("SIMSEED"), 7.0);
    fits_get_hdrspace(file, &n_card, NULL, &status);
    for (int k = 1; k <= n_card; k++) {
        fits_read_record(file, k, card, &status);
        seen += strstr(card, "simulate.ring.contrast: 0.002") != NULL ? 1 : 0;
        seen += strstr(card, "simulate.coronagraph: vortex") != NULL ? 1 : 0;
        seen += strstr(card, "simulate.sources[2]: 247") != NULL ? 1 : 0;
        seen += strstr(card, "simulate.rotation[1]: -20.5") != NULL ? 1 : 0;
    }
    ck_assert_int_eq(seen, 4);
    go_to(2, "SCI");
    fits_read_key(file, TSTRING, "BUNIT", unit, NULL, &status);
    ck_assert_str_eq(unit, "adu");
    close_file();
}
END_TEST

START_TEST(equal_simulations_give_equal_files)
{
    sqn_fits_product *one = NULL, *two = NULL;
    const void *bytes[2];
    size_t size[2];
    simulation again;

    SQN_ASSERT_OK(simulate_make(&again, &observation.options, NULL, &err), err);
    SQN_ASSERT_OK(simulate_product(&bytes[0], &size[0], &one, &made, SIMULATE_TRUTH, &err),
                  err);
    SQN_ASSERT_OK(simulate_product(&bytes[1], &size[1], &two, &again, SIMULATE_TRUTH, &err),
                  err);
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    sqn_fits_product_destroy(&one);
    sqn_fits_product_destroy(&two);
    simulation_clear(&again);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    sqn_fits_product *owner = NULL;
    const void *bytes = NULL;
    size_t size = 0;

    for (int which = SIMULATE_REFERENCES; which <= SIMULATE_TRUTH; which++) {
        sqn_status status = SQN_ERR_MEMORY;
        int64_t n = 0;

        for (; status != SQN_OK; n++) {
            sqn_allocations_before_failure = n;
            status =
                simulate_product(&bytes, &size, &owner, &made, (simulate_which)which, &err);
            ck_assert(status == SQN_OK || (err.id == SQN_E_MEM && owner == NULL));
        }
        ck_assert_int_gt(n, 3);
        sqn_fits_product_destroy(&owner);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulate_product");
    TCase *tcase = tcase_create("files");

    tcase_set_timeout(tcase, 30.0); /* seconds, for a busy machine */
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, science_holds_values_errors_flags_and_the_sky_of_its_first_frame);
    tcase_add_test(tcase, references_are_of_another_star);
    tcase_add_test(tcase, errors_and_flags_are_compressed_when_asked_for);
    tcase_add_test(tcase, truth_holds_star_disk_and_sources_north_up);
    tcase_add_test(tcase, the_primary_header_says_how_it_was_made);
    tcase_add_test(tcase, equal_simulations_give_equal_files);
    tcase_add_test(tcase, any_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
