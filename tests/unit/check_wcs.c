/** @file check_wcs.c @brief Coordinates read from headers, good and bad. */
#include "sequin/wcs.h"

#include "sqn_skies.h"
#include "sqn_wrap.h"

START_TEST(pixels_come_back_from_the_sky)
{
    sqn_wcs *wcs = wcs_of(inputs[_i].lines, inputs[_i].nx, inputs[_i].ny);
    double sky[2], back[2];

    for (int k = 0; k < 25; k++) {
        const int column = k % 5, row = k / 5;
        const double pixel[2] = {1.0 + 0.25 * column * (double)(inputs[_i].nx - 1),
                                 1.0 + 0.25 * row * (double)(inputs[_i].ny - 1)};

        sqn_wcs_sky(sky, wcs, pixel);
        if (isfinite(sky[0])) {
            sqn_wcs_pixel(back, wcs, sky);
            ck_assert_double_eq_tol(back[0], pixel[0], 1e-5);
            ck_assert_double_eq_tol(back[1], pixel[1], 1e-5);
        }
    }
    sqn_wcs_destroy(&wcs);
    ck_assert_ptr_null(wcs);
}
END_TEST

START_TEST(the_reference_pixel_lies_at_crval)
{
    sqn_wcs *wcs = wcs_of(tan_cd, 320, 320);
    double sky[2];

    sqn_wcs_sky(sky, wcs, (double[2]){150.5, 174.25});
    ck_assert_double_eq_tol(sky[0], 237.49, 1e-11);
    ck_assert_double_eq_tol(sky[1], -3.92, 1e-11);
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(angle_scale_and_parity_are_those_planted)
{
    static const double angles[] = {0.0, 23.85, -140.0, 179.5};

    for (int k = 0; k < 8; k++) {
        sqn_wcs *wcs = planted(angles[k / 2], 0.02719, k % 2);
        const double star[2] = {50.0, 50.0};

        ck_assert_double_eq_tol(sqn_wcs_position_angle(wcs, star), angles[k / 2], 1e-5);
        ck_assert_double_eq_tol(sqn_wcs_scale(wcs, star), 0.02719, 1e-9);
        ck_assert_int_eq(sqn_wcs_is_left_handed(wcs), k % 2);
        sqn_wcs_destroy(&wcs);
    }
}
END_TEST

START_TEST(crota_turns_as_in_aips_whichever_axis_is_the_latitude)
{
    /* +y of a latitude axis 2 lies at -CROTA2; +x of a latitude axis 1 at -CROTA1 */
    static const char *const lines[] = {crota,
                                        "CTYPE1 'DEC--SIN'\nCTYPE2 'RA---SIN'\n"
                                        "CRPIX1 226\nCRPIX2 147\nCRVAL1 -37.38\nCRVAL2 "
                                        "50.19\nCDELT1 1.9444e-3\nCDELT2 -1.9444e-3\n"
                                        "CROTA1 32.5\n"};

    for (int i = 0; i < 2; i++) {
        sqn_wcs *wcs = wcs_of(lines[i], 440, 300);
        const double star[2] = {226, 147},
                     beside[2] = {i == 0 ? 226 : 227, i == 0 ? 148 : 147};
        double sky[2];

        sqn_wcs_sky(sky, wcs, beside);
        ck_assert_double_eq_tol((sky[0] - 50.19) * cos(-37.38 * 3.14159265358979 / 180.0),
                                -1.9444e-3 * sin(32.5 * 3.14159265358979 / 180.0), 1e-7);
        ck_assert_double_eq_tol(sky[1] + 37.38,
                                1.9444e-3 * cos(32.5 * 3.14159265358979 / 180.0), 1e-7);
        if (i == 0) {
            ck_assert_double_eq_tol(sqn_wcs_position_angle(wcs, star), -32.5, 1e-4);
        }
        sqn_wcs_destroy(&wcs);
    }
}
END_TEST

/* Headers without a usable WCS; `n_warning` 0 where there is none at all. */
static const struct {
    const char *lines;
    int n_warning;
    const char *says; /* part of the warning */
} refused[] = {
    {"OBJECT 'x'\n", 0, ""},
    {"CTYPE1 'LINEAR'\nCTYPE2 'LINEAR'\nCDELT1 1\n", 0, ""},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'LINEAR'\nCDELT1 1\nCDELT2 1\n", 1, "longitude"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--SIN'\nCDELT1 1\nCDELT2 1\n", 1, "longitude"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'RA---TAN'\nCDELT1 1\nCDELT2 1\n", 1, "longitude"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCD1_1 1e-5\nCD1_2 1e-5\nCD2_1 1e-5\nCD2_2 "
     "1e-5\n",
     1, "singular"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCD1_1 0\nCD2_2 0\n", 1, "singular"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 0\nCDELT2 1e-5\n", 1, "singular"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 1e-5\nCDELT2 1e-5\nCRVAL1 NaN\n", 1,
     "CRVAL1 is not a finite"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 1e-5\nCDELT2 1e-5\nCRPIX1 'a'\n", 1,
     "CRPIX1 is not a finite"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCRVAL1 10\nCRVAL2 10\n", 1, "missing"},
    {"CTYPE1 'RA---QQQ'\nCTYPE2 'DEC--QQQ'\nCDELT1 1e-5\nCDELT2 1e-5\n", 1, "WCSLIB"},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 1e-5\nCDELT2 1e-5\nCUNIT1 'm'\n", 1,
     "CUNIT1"},
    {"CTYPE1 'RA---TAN-SIP'\nCTYPE2 'DEC--TAN-SIP'\nCDELT1 1e-5\nCDELT2 1e-5\nA_ORDER "
     "9999\n",
     1, "A_ORDER"},
    {"CTYPE1 'RA---TAN-SIP'\nCTYPE2 'DEC--TAN-SIP'\nCDELT1 1e-5\nCDELT2 1e-5\nA_ORDER "
     "2\nB_ORDER 2\nA_2_0 1e3\nB_0_2 1e4\nCRPIX1 50.5\nCRPIX2 50.5\n",
     1, "come back"},
    {"CTYPE1 'RA---TAN-TPD'\nCTYPE2 'DEC--TAN-TPD'\nCDELT1 1e-5\nCDELT2 1e-5\n", 1,
     "CTYPE1"},
    {"CTYPE1 'RA---TAB'\nCTYPE2 'DEC--TAB'\nCDELT1 1e-5\nCDELT2 1e-5\n", 1, ""},
};

START_TEST(a_wcs_that_is_not_usable_is_dropped_with_a_warning)
{
    sqn_header *header = header_of(refused[_i].lines);
    sqn_wcs *wcs = NULL;
    heard h = {0};
    const sqn_log log = {hear_warning, hear_note, &h};

    SQN_ASSERT_OK(sqn_wcs_create(&wcs, header, 100, 100, "a.fits:HDU 1", &log, &err), err);
    ck_assert_msg(wcs == NULL, "%s", refused[_i].lines);
    ck_assert_int_eq(h.n_warning, refused[_i].n_warning);
    ck_assert_msg(strstr(h.last, refused[_i].says) != NULL, "%s", h.last);
    sqn_header_destroy(&header);
}
END_TEST

START_TEST(hundreds_of_bad_cards_do_no_harm)
{
    sqn_header *header = header_of(tan_cd);
    sqn_wcs *wcs = NULL;
    char card[81];

    for (int i = 0; i < 600; i++) {
        (void)snprintf(card, sizeof card, "%-80.80s",
                       i % 2 == 0 ? "CRVAL1  = 1.0.0.0.0 'x" : "WCSAXES =  8000 / axes");
        SQN_ASSERT_OK(sqn__header_append(header, card, &err), err);
    }
    SQN_ASSERT_OK(sqn_wcs_create(&wcs, header, 320, 320, "", NULL, &err), err);
    ck_assert_ptr_nonnull(wcs);
    sqn_wcs_destroy(&wcs);
    sqn_header_destroy(&header);
}
END_TEST

START_TEST(pc_beside_cd_is_not_used_and_a_contradiction_is_told)
{
    for (int differ = 0; differ < 2; differ++) {
        sqn_header *header = header_of(tan_mirrored);
        sqn_wcs *wcs = NULL;
        heard h = {0};
        const sqn_log log = {hear_warning, hear_note, &h};
        const double star[2] = {50.0, 50.0};

        SQN_ASSERT_OK(
            sqn_header_set_number(header, "PC1_1", differ ? 2e-3 : 7.5e-6, "", &err), err);
        SQN_ASSERT_OK(sqn_header_set_number(header, "CDELT1", 1.0, "", &err), err);
        SQN_ASSERT_OK(sqn_wcs_create(&wcs, header, 101, 101, "", &log, &err), err);
        ck_assert_int_eq(h.n_warning, differ);
        ck_assert_double_eq_tol(sqn_wcs_scale(wcs, star), 0.027, 1e-8);
        sqn_wcs_destroy(&wcs);
        sqn_header_destroy(&header);
    }
}
END_TEST

START_TEST(units_of_angle_are_converted)
{
    sqn_wcs *wcs =
        wcs_of("CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCRPIX1 5\nCRPIX2 5\n"
               "CRVAL1 36000\nCRVAL2 0.5\nCDELT1 -0.2\nCDELT2 9.69627362219e-07\n"
               "CUNIT1 'arcsec'\nCUNIT2 'rad'\n",
               9, 9);
    double sky[2];

    sqn_wcs_sky(sky, wcs, (double[2]){5, 5});
    ck_assert_double_eq_tol(sky[0], 10.0, 1e-10);
    ck_assert_double_eq_tol(sky[1], 28.64788975654116, 1e-10);
    ck_assert_double_eq_tol(sqn_wcs_scale(wcs, (double[2]){5, 5}), 0.2, 1e-8);
    sqn_wcs_destroy(&wcs);
}
END_TEST

START_TEST(an_image_has_pixels)
{
    sqn_header *header = header_of(tan_cd);
    sqn_wcs *none = NULL;

    SQN_ASSERT_FAILS(sqn_wcs_create(&none, header, 0, 320, "", NULL, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_wcs_create(&none, header, 320, 0, "", NULL, &err), err, SQN_E_ARG);
    ck_assert_ptr_null(none);
    sqn_wcs_destroy(NULL);
    sqn_header_destroy(&header);
}
END_TEST

START_TEST(memory_may_fail)
{
    sqn_header *header = header_of(sip);
    sqn_wcs *none = NULL;

    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(sqn_wcs_create(&none, header, 240, 201, "", NULL, &err), err,
                     SQN_E_MEM);
    ck_assert_ptr_null(none);
    sqn_header_destroy(&header);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wcs");
    TCase *tcase = tcase_create("sky");

    tcase_add_loop_test(tcase, pixels_come_back_from_the_sky, 0, N_INPUT);
    tcase_add_test(tcase, the_reference_pixel_lies_at_crval);
    tcase_add_test(tcase, angle_scale_and_parity_are_those_planted);
    tcase_add_test(tcase, crota_turns_as_in_aips_whichever_axis_is_the_latitude);
    tcase_add_loop_test(tcase, a_wcs_that_is_not_usable_is_dropped_with_a_warning, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tcase, hundreds_of_bad_cards_do_no_harm);
    tcase_add_test(tcase, pc_beside_cd_is_not_used_and_a_contradiction_is_told);
    tcase_add_test(tcase, units_of_angle_are_converted);
    tcase_add_test(tcase, an_image_has_pixels);
    tcase_add_test(tcase, memory_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
