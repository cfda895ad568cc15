/** @file check_wcs.c @brief Coordinates: there and back, angles, and images turned. */
#include "sequin/wcs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

static sqn_error err;

/* Warnings and remarks, counted; the last one kept. */
typedef struct heard {
    int n_warning, n_note;
    char last[512];
} heard;

static void hear_warning(void *context, const sqn_error *warning)
{
    heard *h = context;

    ck_assert_int_eq(warning->id, SQN_W_WCS);
    h->n_warning++;
    (void)snprintf(h->last, sizeof h->last, "%s", warning->message);
}

static void hear_note(void *context, const char *line)
{
    heard *h = context;

    h->n_note++;
    (void)snprintf(h->last, sizeof h->last, "%s", line);
}

/* A header of cards "KEYWORD value" on lines; text values are quoted. */
static sqn_header *header_of(const char *lines)
{
    sqn_header *header = NULL;
    char keyword[16], value[64], card[160];
    int used = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    while (sscanf(lines, "%15s %63[^\n]%n", keyword, value, &used) == 2) {
        (void)snprintf(card, sizeof card, "%-8s= %-70s", keyword, value);
        SQN_ASSERT_OK(sqn__header_append(header, card, &err), err);
        lines += used;
    }
    return header;
}

static sqn_wcs *wcs_of(const char *lines, int64_t nx, int64_t ny)
{
    sqn_header *header = header_of(lines);
    sqn_wcs *wcs = NULL;
    heard h = {0};
    const sqn_log log = {hear_warning, hear_note, &h};

    SQN_ASSERT_OK(sqn_wcs_create(&wcs, header, nx, ny, "test", &log, &err), err);
    ck_assert_msg(wcs != NULL, "%s", h.last);
    ck_assert_int_eq(h.n_warning, 0);
    sqn_header_destroy(&header);
    return wcs;
}

static const char tan_cd[] = "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
                             "CRPIX1 150.5\nCRPIX2 174.25\nCRVAL1 237.49\nCRVAL2 -3.92\n"
                             "CD1_1 -4.3e-6\nCD1_2 -1.69e-5\nCD2_1 -1.69e-5\nCD2_2 4.3e-6\n"
                             "RADESYS 'ICRS'\n";
static const char tan_mirrored[] = "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
                                   "CRPIX1 51\nCRPIX2 51\nCRVAL1 0.001\nCRVAL2 60\n"
                                   "CD1_1 7.5e-6\nCD1_2 0\nCD2_1 0\nCD2_2 7.5e-6\n";
static const char pc_cdelt[] =
    "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
    "CRPIX1 30\nCRPIX2 -10.5\nCRVAL1 86.8\nCRVAL2 -51.07\n"
    "CDELT1 -7.6e-6\nCDELT2 8.1e-6\n"
    "PC1_1 0.8\nPC1_2 -0.6\nPC2_1 0.6\nPC2_2 0.8\nEQUINOX 2000.0\n";
static const char crota[] = "CTYPE1 'RA---SIN'\nCTYPE2 'DEC--SIN'\n"
                            "CRPIX1 226\nCRPIX2 147\nCRVAL1 50.19\nCRVAL2 -37.38\n"
                            "CDELT1 -1.9444e-3\nCDELT2 1.9444e-3\nCROTA2 32.5\n";
static const char sip[] =
    "CTYPE1 'RA---TAN-SIP'\nCTYPE2 'DEC--TAN-SIP'\n"
    "CRPIX1 120.5\nCRPIX2 99.5\nCRVAL1 280.5\nCRVAL2 0.11\n"
    "CD1_1 -1.5e-4\nCD1_2 2.5e-5\nCD2_1 2.4e-5\nCD2_2 1.6e-4\n"
    "A_ORDER 3\nB_ORDER 2\nA_2_0 3e-5\nA_1_1 -2e-5\nA_0_2 1e-5\nA_3_0 2e-8\nA_1_2 -3e-8\n"
    "B_2_0 -1e-5\nB_1_1 2.5e-5\nB_0_2 -2e-5\n";
static const char azp[] = "CTYPE1 'RA---AZP'\nCTYPE2 'DEC--AZP'\n"
                          "CRPIX1 -254.11\nCRPIX2 -11.35\nCRVAL1 0\nCRVAL2 -90\n"
                          "CDELT1 -0.066666667\nCDELT2 0.066666667\nLONPOLE 180\n"
                          "PV2_1 2\nPV2_2 30\n";
static const char polar[] = "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\n"
                            "CRPIX1 20.0\nCRPIX2 40.0\nCRVAL1 10\nCRVAL2 89.9995\n"
                            "CD1_1 -1e-5\nCD1_2 0\nCD2_1 0\nCD2_2 1e-5\n";
static const char galactic[] = "CTYPE1 'GLAT-CAR'\nCTYPE2 'GLON-CAR'\n"
                               "CRPIX1 20.0\nCRPIX2 40.0\nCRVAL1 0\nCRVAL2 120\n"
                               "CDELT1 0.01\nCDELT2 -0.01\n";

/* Every input, with its size; some odd, some even. */
static const struct {
    const char *name, *lines;
    int64_t nx, ny;
    int on_star; /* whether a star far from it can be the reference pixel */
} inputs[] = {
    {"CD", tan_cd, 320, 320, 1},
    {"mirrored", tan_mirrored, 101, 101, 1},
    {"PC", pc_cdelt, 101, 64, 1},
    {"CROTA2", crota, 440, 300, 0},
    {"SIP", sip, 240, 201, 1},
    {"AZP", azp, 192, 192, 0},
    {"near the pole", polar, 101, 100, 1},
    {"galactic", galactic, 60, 61, 1},
};
enum { N_INPUT = sizeof inputs / sizeof inputs[0] };

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
    for (int64_t y = 1; y <= ny; y += 7) {
        for (int64_t x = 1; x <= nx; x += 7) {
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
    ck_assert_int_gt(n, 20);
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

static int has(const sqn_header *header, const char *keyword)
{
    char text[72];

    return sqn_header_text(text, sizeof text, header, keyword) ? 1 : 0;
}

static double value_of(const sqn_header *header, const char *keyword)
{
    double value = 0.0;

    ck_assert_msg(sqn_header_number(&value, header, keyword), "%s", keyword);
    return value;
}

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

/* A plain image: +y points to `angle` East of North, `scale` arcsec, East left or right. */
static sqn_wcs *planted(double angle, double scale, int east_left)
{
    const double a = angle * 3.14159265358979323846 / 180.0, d = scale / 3600.0;
    const double side = east_left ? -1.0 : 1.0;
    char lines[400];

    (void)snprintf(lines, sizeof lines,
                   "CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCRPIX1 50\nCRPIX2 50\n"
                   "CRVAL1 120\nCRVAL2 -65\nCD1_1 %.17g\nCD1_2 %.17g\n"
                   "CD2_1 %.17g\nCD2_2 %.17g\n",
                   side * d * cos(a), d * sin(a), -side * d * sin(a), d * cos(a));
    return wcs_of(lines, 99, 99);
}

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

/* Headers without a usable WCS; `n_warning` 0 where there is none at all. */
static const struct {
    const char *lines;
    int n_warning;
} refused[] = {
    {"OBJECT 'x'\n", 0},
    {"CTYPE1 'LINEAR'\nCTYPE2 'LINEAR'\nCDELT1 1\n", 0},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'LINEAR'\nCDELT1 1\nCDELT2 1\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--SIN'\nCDELT1 1\nCDELT2 1\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'RA---TAN'\nCDELT1 1\nCDELT2 1\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCD1_1 1e-5\nCD1_2 1e-5\nCD2_1 1e-5\nCD2_2 "
     "1e-5\n",
     1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCD1_1 0\nCD2_2 0\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 0\nCDELT2 1e-5\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 1e-5\nCDELT2 1e-5\nCRVAL1 NaN\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 1e-5\nCDELT2 1e-5\nCRPIX1 'a'\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCRVAL1 10\nCRVAL2 10\n", 1},
    {"CTYPE1 'RA---QQQ'\nCTYPE2 'DEC--QQQ'\nCDELT1 1e-5\nCDELT2 1e-5\n", 1},
    {"CTYPE1 'RA---TAN'\nCTYPE2 'DEC--TAN'\nCDELT1 1e-5\nCDELT2 1e-5\nCUNIT1 'm'\n", 1},
    {"CTYPE1 'RA---TAN-SIP'\nCTYPE2 'DEC--TAN-SIP'\nCDELT1 1e-5\nCDELT2 1e-5\nA_ORDER "
     "9999\n",
     1},
    {"CTYPE1 'RA---TAN-SIP'\nCTYPE2 'DEC--TAN-SIP'\nCDELT1 1e-5\nCDELT2 1e-5\nA_ORDER "
     "2\nB_ORDER 2\nA_2_0 1e3\nB_0_2 1e4\nCRPIX1 50.5\nCRPIX2 50.5\n",
     1},
    {"CTYPE1 'RA---TAN-TPD'\nCTYPE2 'DEC--TAN-TPD'\nCDELT1 1e-5\nCDELT2 1e-5\n", 1},
    {"CTYPE1 'RA---TAB'\nCTYPE2 'DEC--TAB'\nCDELT1 1e-5\nCDELT2 1e-5\n", 1},
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
    sqn_wcs *wcs = wcs_of(tan_cd, 320, 320), *none = NULL;

    SQN_ASSERT_FAILS(sqn_wcs_create(&none, header, 0, 320, "", NULL, &err), err, SQN_E_ARG);
    ck_assert_ptr_null(none);
    SQN_ASSERT_FAILS(sqn_wcs_turned(header, wcs, (double[2]){1, NAN}, 0, 2, NULL, &err),
                     err, SQN_E_ARG);
    SQN_ASSERT_FAILS(
        sqn_wcs_turned(header, wcs, (double[2]){1, 1}, INFINITY, 2, NULL, &err), err,
        SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_wcs_turned(header, wcs, (double[2]){1, 1}, 0, 1, NULL, &err), err,
                     SQN_E_ARG);
    ck_assert_double_eq(value_of(header, "CRPIX1"), 150.5); /* untouched */
    sqn_wcs_destroy(&wcs);
    sqn_wcs_destroy(NULL);
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

int main(void)
{
    Suite *suite = suite_create("wcs");
    TCase *tcase = tcase_create("wcs");

    tcase_add_loop_test(tcase, pixels_come_back_from_the_sky, 0, N_INPUT);
    tcase_add_test(tcase, the_reference_pixel_lies_at_crval);
    tcase_add_loop_test(tcase, a_source_keeps_its_sky_position_when_the_image_is_turned, 0,
                        N_INPUT);
    tcase_add_loop_test(
        tcase, the_star_becomes_the_reference_pixel_unless_that_moves_sources, 0, N_INPUT);
    tcase_add_loop_test(tcase, cd_stays_cd_and_pc_stays_pc, 0, N_INPUT);
    tcase_add_test(tcase, sip_is_dropped_from_cubes_and_the_largest_shift_is_told);
    tcase_add_test(tcase, other_coordinates_and_old_angles_leave_the_header);
    tcase_add_test(tcase, angle_scale_and_parity_are_those_planted);
    tcase_add_test(tcase, turning_by_the_position_angle_brings_north_up);
    tcase_add_loop_test(tcase, a_wcs_that_is_not_usable_is_dropped_with_a_warning, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tcase, hundreds_of_bad_cards_do_no_harm);
    tcase_add_test(tcase, pc_beside_cd_is_not_used_and_a_contradiction_is_told);
    tcase_add_test(tcase, units_of_angle_are_converted);
    tcase_add_test(tcase, offsets_are_arcseconds_from_the_star);
    tcase_add_test(tcase, wrong_arguments_are_refused);
    tcase_add_test(tcase, every_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
