/** @file check_wcs_turn.c @brief Coordinates of images turned, and of images with North up. */
#include "sequin/wcs.h"

#include <fitsio.h>
#include <unistd.h>

#include "sqn_skies.h"
#include "sqn_wrap.h"
#include "wcs_parts.h"

/* theta (degrees) about center, counter-clockwise. */
static void turn(double out[2], const double pixel[2], const double center[2], double theta)
{
    const double c = cos(theta * 3.14159265358979323846 / 180.0);
    const double s = sin(theta * 3.14159265358979323846 / 180.0);

    out[0] = center[0] + c * (pixel[0] - center[0]) - s * (pixel[1] - center[1]);
    out[1] = center[1] + s * (pixel[0] - center[0]) + c * (pixel[1] - center[1]);
}

/* Largest shift of any pixel's sky position when cards are made for a turned image. */
static double worst_shift(const sqn_header *cards, const sqn_wcs *wcs, int64_t nx,
                          int64_t ny, const double center[2], double theta)
{
    sqn_wcs *turned = NULL;
    double worst = 0.0;
    int n = 0;

    SQN_ASSERT_OK(sqn_wcs_create(&turned, cards, nx, ny, "turned", NULL, &err), err);
    ck_assert_ptr_nonnull(turned);
    for (int64_t y = 1; y <= ny; y += 5) {
        for (int64_t x = 1; x <= nx; x += 5) {
            const double pixel[2] = {(double)x, (double)y};
            double sky[2], expected[2], found[2];

            sqn_wcs_sky(sky, wcs, pixel);
            if (isfinite(sky[0])) {
                turn(expected, pixel, center, theta);
                sqn_wcs_pixel(found, turned, sky);
                worst = fmax(worst, hypot(found[0] - expected[0], found[1] - expected[1]));
                ck_assert(isfinite(found[0]));
                n++;
            }
        }
    }
    ck_assert_int_gt(n, 15);
    sqn_wcs_destroy(&turned);
    return worst;
}

START_TEST(a_source_keeps_its_sky_position_when_the_image_is_turned)
{
    static const double thetas[] = {0.0, 90.0, 107.3, -33.25, 180.0, -250.5};
    const int64_t nx = inputs[_i].nx, ny = inputs[_i].ny;
    const double centers[2][2] = {{0.5 * (double)(nx + 1), 0.5 * (double)(ny + 1)},
                                  {0.4 * (double)nx + 0.37, 0.6 * (double)ny - 0.81}};
    sqn_wcs *wcs = wcs_of(inputs[_i].lines, nx, ny);

    for (int k = 0; k < 12; k++) {
        const double *center = centers[k % 2];
        sqn_header *cards = header_of(inputs[_i].lines);
        heard h = {0};
        const sqn_log log = {hear_warning, hear_note, &h};
        double shift = 0.0;

        SQN_ASSERT_OK(sqn_wcs_turned(cards, wcs, center, thetas[k / 2], 2, &log, &err),
                      err);
        ck_assert_int_eq(h.n_warning, 0);
        shift = worst_shift(cards, wcs, nx, ny, center, thetas[k / 2]);
        ck_assert_msg(shift < 0.01, "%s turned by %g: %g pixels", inputs[_i].name,
                      thetas[k / 2], shift);
        sqn_header_destroy(&cards);
    }
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(the_star_becomes_the_reference_pixel_unless_that_moves_sources)
{
    sqn_wcs *wcs = wcs_of(inputs[_i].lines, inputs[_i].nx, inputs[_i].ny);
    sqn_header *cards = header_of("OBJECT 'HD 1160'\n");
    const double center[2] = {41.25, 60.5};
    double x = 0.0, y = 0.0;
    heard h = {0};
    const sqn_log log = {hear_warning, hear_note, &h};

    SQN_ASSERT_OK(sqn_wcs_turned(cards, wcs, center, 33.0, 2, &log, &err), err);
    ck_assert(sqn_header_number(&x, cards, "CRPIX1"));
    ck_assert(sqn_header_number(&y, cards, "CRPIX2"));
    ck_assert_int_eq(x == center[0] && y == center[1], inputs[_i].on_star);
    ck_assert_int_eq(h.n_note, inputs[_i].on_star ? 0 : 1);
    ck_assert(sqn_header_text(h.last, sizeof h.last, cards, "OBJECT"));
    sqn_header_destroy(&cards);
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(cd_stays_cd_and_pc_stays_pc)
{
    const int has_cd = strstr(inputs[_i].lines, "CD1_1") != NULL;
    sqn_wcs *wcs = wcs_of(inputs[_i].lines, inputs[_i].nx, inputs[_i].ny);
    sqn_header *cards = header_of(inputs[_i].lines);

    SQN_ASSERT_OK(sqn_wcs_turned(cards, wcs, (double[2]){20, 30}, 12.5, 4, NULL, &err),
                  err);
    ck_assert_int_eq(has(cards, "CD2_1"), has_cd);
    ck_assert_int_eq(has(cards, "CD3_3"), has_cd);
    ck_assert_int_eq(has(cards, "CD4_4"), has_cd);
    ck_assert_int_eq(has(cards, "PC2_1"), !has_cd);
    ck_assert_int_eq(has(cards, "CDELT1"), !has_cd);
    ck_assert_int_eq(has(cards, "CDELT4"), !has_cd);
    ck_assert_int_eq(has(cards, "CROTA2"), 0);
    ck_assert_double_eq(value_of(cards, has_cd ? "CD3_3" : "CDELT3"), 1.0);
    ck_assert_int_eq(has(cards, "CTYPE4") && has(cards, "CRPIX4") && has(cards, "CRVAL4"),
                     1);
    sqn_header_destroy(&cards);
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(sip_is_dropped_from_cubes_and_the_largest_shift_is_told)
{
    sqn_wcs *wcs = wcs_of(sip, 240, 201);
    sqn_header *cards = header_of("OBJECT 'x'\n");
    const double center[2] = {118.0, 104.5};
    heard h = {0};
    const sqn_log log = {hear_warning, hear_note, &h};
    double shift = 0.0, told = 0.0;

    SQN_ASSERT_OK(sqn_wcs_turned(cards, wcs, center, 77.0, 3, &log, &err), err);
    ck_assert_int_eq(has(cards, "A_ORDER") + has(cards, "B_0_2"), 0);
    shift = worst_shift(cards, wcs, 240, 201, center, 77.0);
    ck_assert_int_eq(h.n_warning, 1);
    ck_assert_ptr_nonnull(strstr(h.last, "up to "));
    told = strtod(strstr(h.last, "up to ") + 6, NULL);
    ck_assert_double_eq_tol(shift, told, 0.1 * told);
    ck_assert_double_gt(told, 0.05);
    ck_assert_double_lt(told, 2.0);
    sqn_header_destroy(&cards);
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(other_coordinates_and_old_angles_leave_the_header)
{
    sqn_wcs *wcs = wcs_of(crota, 440, 300);
    sqn_header *cards = header_of("CTYPE1A 'XPIXEL'\nCRPIX1A 5\nCD1_1A 2.0\nCROTA2 32.5\n"
                                  "AP_ORDER 2\nAP_2_0 1e-6\nPV2_1 3.0\nEXPTIME 12.5\n"
                                  "WCSAXES 3\nCUNIT3 'm'\nLATPOLE 3.0\n");

    SQN_ASSERT_OK(sqn_wcs_turned(cards, wcs, (double[2]){20, 30}, 12.5, 2, NULL, &err),
                  err);
    ck_assert_int_eq(has(cards, "CTYPE1A") + has(cards, "CRPIX1A") + has(cards, "CD1_1A") +
                         has(cards, "CROTA2") + has(cards, "AP_ORDER") +
                         has(cards, "AP_2_0") + has(cards, "PV2_1") +
                         has(cards, "WCSAXES") + has(cards, "CUNIT3") +
                         has(cards, "LATPOLE"),
                     0);
    ck_assert_double_eq(value_of(cards, "EXPTIME"), 12.5);
    sqn_header_destroy(&cards);
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(turning_by_the_position_angle_brings_north_up)
{
    sqn_wcs *wcs = planted(23.85, 0.1, 1), *turned = NULL;
    sqn_header *cards = header_of("OBJECT 'x'\n");
    const double star[2] = {47.0, 52.5};
    const double angle = sqn_wcs_position_angle(wcs, star);

    SQN_ASSERT_OK(sqn_wcs_turned(cards, wcs, star, angle, 2, NULL, &err), err);
    SQN_ASSERT_OK(sqn_wcs_create(&turned, cards, 99, 99, "", NULL, &err), err);
    ck_assert_double_eq_tol(sqn_wcs_position_angle(turned, star), 0.0, 1e-5);
    ck_assert_int_eq(sqn_wcs_is_left_handed(turned), 1);
    sqn_header_destroy(&cards);
    sqn_wcs_destroy(&turned);
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(offsets_are_arcseconds_from_the_star)
{
    sqn_header *header = header_of("CD1_1 3.0\nOBJECT 'x'\n");

    SQN_ASSERT_OK(sqn_wcs_offsets(header, (double[2]){50.5, 51.25}, 0.02719, 4, &err), err);
    ck_assert_double_eq(value_of(header, "CRPIX1"), 50.5);
    ck_assert_double_eq(value_of(header, "CRPIX2"), 51.25);
    ck_assert_double_eq(value_of(header, "CRVAL1"), 0.0);
    ck_assert_double_eq(value_of(header, "CDELT1"), 0.02719);
    ck_assert_double_eq(value_of(header, "CDELT2"), 0.02719);
    ck_assert_double_eq(value_of(header, "CDELT4"), 1.0);
    ck_assert_int_eq(has(header, "CD1_1"), 0);
    SQN_ASSERT_FAILS(sqn_wcs_offsets(header, (double[2]){1, 1}, 0.0, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_wcs_offsets(header, (double[2]){1, NAN}, 1.0, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_wcs_offsets(header, (double[2]){1, 1}, 1.0, 5, &err), err,
                     SQN_E_ARG);
    sqn_header_destroy(&header);
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    sqn_header *header = header_of(tan_cd);
    sqn_wcs *wcs = wcs_of(tan_cd, 320, 320);

    SQN_ASSERT_FAILS(sqn_wcs_turned(header, wcs, (double[2]){1, NAN}, 0, 2, NULL, &err),
                     err, SQN_E_ARG);
    SQN_ASSERT_FAILS(
        sqn_wcs_turned(header, wcs, (double[2]){1, 1}, INFINITY, 2, NULL, &err), err,
        SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_wcs_turned(header, wcs, (double[2]){1, 1}, 0, 1, NULL, &err), err,
                     SQN_E_ARG);
    ck_assert_double_eq(value_of(header, "CRPIX1"), 150.5); /* untouched */
    sqn_wcs_destroy(&wcs);
    sqn_header_destroy(&header);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    sqn_status status = SQN_ERR_MEMORY;
    int n = 0;

    for (; status == SQN_ERR_MEMORY; n++) {
        sqn_header *header = header_of(sip), *cards = header_of("OBJECT 'x'\n");
        sqn_wcs *wcs = NULL;

        sqn_allocations_before_failure = n;
        status = sqn_wcs_create(&wcs, header, 240, 201, "", NULL, &err);
        if (status == SQN_OK) {
            status = sqn_wcs_turned(cards, wcs, (double[2]){99, 80}, 30, 3, NULL, &err);
        }
        sqn_allocations_before_failure = INT64_MAX;
        sqn_wcs_destroy(&wcs);
        sqn_header_destroy(&header);
        sqn_header_destroy(&cards);
    }
    ck_assert_int_eq(status, SQN_OK);
    ck_assert_int_ge(n, 4);
}
END_TEST

/* Files with coordinates of all sorts. */
static const struct {
    const char *path;
    int hdu;
} files[] = {{"images/ngc1316_optical.fit", 0},
             {"images/skimage_multi.fits", 1},
             {"images/xdf_f105w_sci.fits", 0},
             {"images/xmm_mos1_counts.fits.gz", 0},
             {"imaging/jwst_nircam_f090w_star0.fits", 0},
             {"imaging/jwst_nircam_hd141569a_f300m_mcrdi.fits", 1},
             {"torture/astropy_1904-66_AZP.fits", 0},
             {"torture/astropy_sip-wcs.fits", 0},
             {"torture/astropy_test0.fits", 2},
             {"torture/astropy_scale.fits", 0}};

/* Header and size of an HDU. */
static sqn_header *read_file(long axes[2], const char *path, int hdu)
{
    sqn_header *header = NULL;
    fitsfile *file = NULL;
    int n_card = 0, code = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    ck_assert_int_eq(fits_open_diskfile(&file, path, READONLY, &code), 0);
    fits_movabs_hdu(file, hdu + 1, NULL, &code);
    fits_get_img_size(file, 2, axes, &code);
    fits_get_hdrspace(file, &n_card, NULL, &code);
    for (int i = 1; i <= n_card; i++) {
        char card[FLEN_CARD], text[FLEN_CARD];

        fits_read_record(file, i, card, &code);
        (void)snprintf(text, sizeof text, "%-80.80s", card);
        SQN_ASSERT_OK(sqn__header_append(header, text, &err), err);
    }
    fits_close_file(file, &code);
    ck_assert_int_eq(code, 0);
    return header;
}

START_TEST(sources_of_real_images_keep_their_sky_position)
{
    char path[1024];
    long axes[2] = {0};
    sqn_header *header = NULL;
    sqn_wcs *wcs = NULL;

    (void)snprintf(path, sizeof path, SQN_SHARED_DATA "/%s", files[_i].path);
    if (access(path, R_OK) != 0) {
        printf("SKIPPED: no %s\n", path);
        return;
    }
    header = read_file(axes, path, files[_i].hdu);
    SQN_ASSERT_OK(sqn_wcs_create(&wcs, header, axes[0], axes[1], "", NULL, &err), err);
    ck_assert_ptr_nonnull(wcs);

    const double center[2] = {0.5 * (double)axes[0] + 0.83, 0.45 * (double)axes[1]};

    SQN_ASSERT_OK(sqn_wcs_turned(header, wcs, center, -61.7, 2, NULL, &err), err);
    ck_assert_double_lt(worst_shift(header, wcs, axes[0], axes[1], center, -61.7), 0.01);
    sqn_wcs_destroy(&wcs);
    sqn_header_destroy(&header);
}
END_TEST

/* A number between -1 and 1, another for each call. */
static double draw(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return (double)(*state >> 8) / 8388608.0 - 1.0;
}

START_TEST(moved_and_turned_polynomials_are_the_same_function)
{
    const double shift[2] = {0.37, -0.61}, turn[2][2] = {{0.8, -0.6}, {0.6, 0.8}};
    sqn__wcs_parts in = {.order = 9}, out = {.order = 9};
    double linear[2][2], constant[2], w[2], both[2];
    uint32_t state = 7;

    for (int k = 0; k < 2; k++) {
        for (int i = 0; i <= 9; i++) {
            for (int j = 0; i + j <= 9; j++) {
                in.sip[k].term[i][j] = 0.1 * draw(&state);
            }
        }
    }
    ck_assert(sqn__wcs_sip_turn(out.sip, linear, &in, shift, turn));
    ck_assert(out.sip[0].term[0][0] == 0.0 && out.sip[1].term[1][0] == 0.0);
    sqn__wcs_sip_apply(constant, &in, shift);
    for (int n = 0; n < 20; n++) {
        const double at[2] = {draw(&state), draw(&state)};
        const double u[2] = {shift[0] + 0.8 * at[0] + 0.6 * at[1], /* shift + turn^T w */
                             shift[1] - 0.6 * at[0] + 0.8 * at[1]};

        sqn__wcs_sip_apply(both, &in, u);
        sqn__wcs_sip_apply(w, &out, at);
        for (int k = 0; k < 2; k++) {
            ck_assert_double_eq_tol(constant[k] + linear[k][0] * w[0] + linear[k][1] * w[1],
                                    both[k], 1e-11);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wcs_turn");
    TCase *tcase = tcase_create("turn");

    tcase_add_loop_test(tcase, sources_of_real_images_keep_their_sky_position, 0,
                        (int)(sizeof files / sizeof files[0]));
    tcase_add_loop_test(tcase, a_source_keeps_its_sky_position_when_the_image_is_turned, 0,
                        N_INPUT);
    tcase_add_loop_test(
        tcase, the_star_becomes_the_reference_pixel_unless_that_moves_sources, 0, N_INPUT);
    tcase_add_loop_test(tcase, cd_stays_cd_and_pc_stays_pc, 0, N_INPUT);
    tcase_add_test(tcase, sip_is_dropped_from_cubes_and_the_largest_shift_is_told);
    tcase_add_test(tcase, moved_and_turned_polynomials_are_the_same_function);
    tcase_add_test(tcase, other_coordinates_and_old_angles_leave_the_header);
    tcase_add_test(tcase, turning_by_the_position_angle_brings_north_up);
    tcase_add_test(tcase, offsets_are_arcseconds_from_the_star);
    tcase_add_test(tcase, wrong_arguments_are_refused);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
