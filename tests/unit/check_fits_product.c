/** @file check_fits_product.c @brief Products: what is written is read back, and verifies. */
#include "sequin/fits.h"

#include <fitsio.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fits_product.h"
#include "header.h"
#include "sqn_check.h"
#include "sqn_fitsverify.h"
#include "sqn_wrap.h"

static sqn_error err;

/* Remarks, counted, and searched for a word. */
typedef struct heard {
    int n;
    char all[1 << 14];
} heard;

static void hear(void *context, const char *line)
{
    heard *h = context;

    h->n++;
    (void)strncat(h->all, line, sizeof h->all - strlen(h->all) - 2);
    (void)strncat(h->all, "\n", 2);
}

static void add(sqn_header *header, const char *card)
{
    char text[81];

    (void)snprintf(text, sizeof text, "%-80.80s", card);
    SQN_ASSERT_OK(sqn__header_append(header, text, &err), err);
}

/* Finish into `path` and open it with CFITSIO. */
static fitsfile *finish(sqn_fits_product **product, const char *path)
{
    const void *bytes = NULL;
    size_t size = 0;
    fitsfile *file = NULL;
    int code = 0;

    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, *product, &err), err);
    ck_assert_uint_eq(size % 2880, 0);

    FILE *stream = fopen(path, "wb");

    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
    ck_assert_int_eq(fclose(stream), 0);
    sqn_fits_product_destroy(product);
    ck_assert_ptr_null(*product);
    ck_assert_int_eq(fits_open_diskfile(&file, path, READONLY, &code), 0);
    return file;
}

static void close_file(fitsfile *file)
{
    int code = 0;

    ck_assert_int_eq(fits_close_file(file, &code), 0);
}

static sqn_fits_product *product_of(const sqn_header *primary, const sqn_log *log)
{
    sqn_fits_product *product = NULL;

    SQN_ASSERT_OK(sqn_fits_product_create(&product, primary, log, &err), err);
    return product;
}

/* True when the current HDU has the keyword. */
static int has(fitsfile *file, const char *keyword)
{
    char card[FLEN_CARD];
    int code = 0;

    return fits_read_card(file, keyword, card, &code) == 0;
}

START_TEST(every_type_and_number_of_axes_is_read_back)
{
    const float singles[6] = {1.5F, -2.385F, 0.0F, 3e30F, 1e-30F, 7.25F};
    const double doubles[6] = {1.5, -2.385, 1e-300, 3e300, 0.1, 7.25};
    const int32_t integers[6] = {1, -2, INT32_MAX, INT32_MIN, 0, 77};
    const uint32_t flags[6] = {1, 2, UINT32_MAX, 0x80000000U, 0, 77};
    const uint8_t bytes[6] = {1, 2, 255, 128, 0, 77};
    const sqn_fits_image images[] = {
        {"SCI", SQN_FITS_FLOAT32, 1, {6}, singles, 0, "Jy", NULL},
        {"COEFFICIENTS", SQN_FITS_FLOAT64, 2, {3, 2}, doubles, 0, NULL, NULL},
        {"COVERAGE", SQN_FITS_INT32, 3, {3, 1, 2}, integers, 0, "", NULL},
        {"DQ", SQN_FITS_UINT32, 4, {1, 3, 2, 1}, flags, 0, NULL, NULL},
        {"FLAGS", SQN_FITS_UINT8, 2, {2, 3}, bytes, 0, NULL, NULL},
    };
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    double back[6];
    int code = 0, naxis = 0;

    for (int i = 0; i < 5; i++) {
        SQN_ASSERT_OK(sqn_fits_product_image(product, &images[i], &err), err);
    }
    file = finish(&product, "types.fits");
    for (int i = 0; i < 5; i++) {
        char name[FLEN_VALUE];

        fits_movabs_hdu(file, i + 2, NULL, &code);
        fits_read_key(file, TSTRING, "EXTNAME", name, NULL, &code);
        fits_get_img_dim(file, &naxis, &code);
        fits_read_img(file, TDOUBLE, 1, 6, NULL, back, NULL, &code);
        ck_assert_int_eq(code, 0);
        ck_assert_str_eq(name, images[i].extname);
        ck_assert_int_eq(naxis, images[i].n_axis);
        ck_assert_int_eq(has(file, "BUNIT"), i == 0);
        for (int k = 0; k < 6; k++) {
            const double expected[] = {singles[k], doubles[k], integers[k], flags[k],
                                       bytes[k]};

            ck_assert(back[k] == expected[i]);
        }
    }
    close_file(file);
    sqn_fitsverify_assert("types.fits");
}
END_TEST

START_TEST(floating_values_are_scaled_by_a_power_of_two_exactly)
{
    const float values[4] = {1.2345678F, -7.5e-3F, 0.0F, 3.3333333F};
    static const int exponents[] = {-73, -1, 5, 60};
    const char *const names[] = {"A", "B", "C", "D"};
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    float back[4];
    int code = 0;

    for (int i = 0; i < 4; i++) {
        const sqn_fits_image image = {names[i], SQN_FITS_FLOAT32, 1,    {4},
                                      values,   exponents[i],     "ph", NULL};

        SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    }
    file = finish(&product, "scaled.fits");
    for (int i = 0; i < 4; i++) {
        fits_movabs_hdu(file, i + 2, NULL, &code);
        fits_read_img(file, TFLOAT, 1, 4, NULL, back, NULL, &code);
        ck_assert_int_eq(code, 0);
        for (int k = 0; k < 4; k++) {
            ck_assert(back[k] == ldexpf(values[k], exponents[i]));
        }
    }
    close_file(file);
}
END_TEST

START_TEST(values_that_float32_cannot_hold_are_written_as_float64)
{
    const float values[3] = {1.2345678F, NAN, -2e-3F};
    static const int exponents[] = {200, -180, 1030, -1030};
    const char *const names[] = {"A", "B", "C", "D"};
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    double back[3];
    int code = 0, bitpix = 0;

    for (int i = 0; i < 4; i++) {
        const sqn_fits_image image = {names[i], SQN_FITS_FLOAT32, 1,    {3},
                                      values,   exponents[i],     NULL, NULL};

        SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    }
    file = finish(&product, "wide.fits");
    for (int i = 0; i < 4; i++) {
        fits_movabs_hdu(file, i + 2, NULL, &code);
        fits_get_img_type(file, &bitpix, &code);
        fits_read_img(file, TDOUBLE, 1, 3, NULL, back, NULL, &code);
        ck_assert_int_eq(code, 0);
        ck_assert_int_eq(bitpix, DOUBLE_IMG);
        ck_assert(back[0] == ldexp((double)values[0], exponents[i]));
        ck_assert(isnan(back[1]));
    }
    close_file(file);
}
END_TEST

START_TEST(there_is_one_nan)
{
    static const uint32_t patterns[4] = {0x7fc00000U, 0xffc00000U, 0x7f800001U,
                                         0xffffffffU};
    float values[4];
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 1, {4}, values, 0, NULL, NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    const unsigned char *bytes = NULL;
    const void *start = NULL;
    size_t size = 0;

    memcpy(values, patterns, sizeof values);
    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&start, &size, product, &err), err);
    bytes = (const unsigned char *)start + size - 2880;
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(memcmp(bytes + (size_t)i * 4, "\x7f\xc0\x00\x00", 4), 0);
    }
    sqn_fits_product_destroy(&product);
}
END_TEST

START_TEST(tables_have_numbers_integers_and_texts)
{
    const double numbers[3] = {1.25, NAN, -3e200};
    const int64_t integers[3] = {INT64_MAX, -5, 0};
    const char *const texts[3] = {"refs/a.fits", NULL, "caf\xc3\xa9"};
    const sqn_fits_column columns[3] = {{"chi2", NULL, numbers, NULL, NULL},
                                        {"n_data", NULL, NULL, integers, NULL},
                                        {"file", "none", NULL, NULL, texts}};
    sqn_fits_product *product = product_of(NULL, NULL);
    fitsfile *file = NULL;
    double number[3];
    LONGLONG integer[3];
    char text[32];
    char *at = text;
    int code = 0;

    SQN_ASSERT_OK(sqn_fits_product_table(product, "FRV", columns, 3, 3, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_table(product, "EMPTY", columns, 3, 0, &err), err);
    file = finish(&product, "table.fits");
    fits_movabs_hdu(file, 2, NULL, &code);
    fits_read_col(file, TDOUBLE, 1, 1, 1, 3, NULL, number, NULL, &code);
    fits_read_col(file, TLONGLONG, 2, 1, 1, 3, NULL, integer, NULL, &code);
    ck_assert_int_eq(code, 0);
    ck_assert(number[0] == 1.25 && isnan(number[1]) && number[2] == -3e200);
    ck_assert(integer[0] == INT64_MAX && integer[1] == -5 && integer[2] == 0);
    for (int i = 0; i < 3; i++) {
        const char *const expected[] = {"refs/a.fits", " ",
                                        "caf??"}; /* CFITSIO's empty text */

        fits_read_col(file, TSTRING, 3, i + 1, 1, 1, NULL, &at, NULL, &code);
        ck_assert_str_eq(text, expected[i]);
    }
    close_file(file);
    sqn_fitsverify_assert("table.fits");
}
END_TEST

/* Cards as they are met in the wild; `kept` as a verifier likes them. */
static const struct {
    const char *card;
    int kept;
} wild[] = {
    {"OBJECT  = 'beta Pic'           / target", 1},
    {"OBJECT  = 'again'              / a duplicate", 0},
    {"HIERARCH ESO TEL PARANG START = 12.5 / deg", 1},
    {"HIERARCH ESO TEL PARANG START = 12.5 / deg", 1},
    {"HIERARCH lower case name = 'x'", 1},
    {"EXPTIME =                12.5D0 / seconds", 1},
    {"exptime2=                  12.5 / lower-case name", 0},
    {"EXPTIME3=                1.5e-3 / lower-case exponent", 0},
    {"GAIN    =                1.2.3 / two points", 0},
    {"GAIN2   =                   NaN / not a number", 0},
    {"GAIN3   =                       / null", 0},
    {"GAIN4   =", 0},
    {"GAIN5   =                  1.5 no slash", 0},
    {"GAIN6   = 1.5/close", 1},
    {"GAIN7   = (1.5, 2.5) / complex", 1},
    {"GAIN8   = (1.5, 2.5 / complex", 0},
    {"GAIN9   = (1.5) / complex", 0},
    {"GAIN.10 =                   1.5 / a point", 0},
    {"GAIN 11 =                   1.5 / a blank", 0},
    {" GAIN12 =                   1.5 / not left-justified", 0},
    {"GAIN13   1.5", 1},
    {"GAIN14  ='no blank'", 1},
    {"FLAG1   = T", 1},
    {"FLAG2   =                    TRUE / not a logical", 0},
    {"FLAG3   =                    t / not a logical", 0},
    {"NAME1   = 'it''s'              / quotes", 1},
    {"NAME2   = 'unclosed", 0},
    {"NAME3   = ''", 1},
    {"NAME4   = 'a / b'", 1},
    {"LONG1   = 'a long text that goes on and on and on and on and on and on &'", 1},
    {"CONTINUE  'and on &'", 1},
    {"CONTINUE  'to the end' / done", 1},
    {"CONTINUE  'of nothing'", 0},
    {"long2   = 'a long text of a bad name that goes on and on and on and on &'", 0},
    {"CONTINUE  'and on'", 0},
    {"LONG3   = 'a long text &'", 1},
    {"CONTINUE= 'with the sign of a value'", 0},
    {"LONG4   = 'a long text &'", 1},
    {"CONTINUE  no text", 0},
    {"TELESCOP=                    39 / a number for a name", 0},
    {"INSTRUME= T", 0},
    {"ORIGIN  0", 0},
    {"EQUINOX = '2000.0  '           / text for a number", 0},
    {"MJD-OBS = 'unknown'", 0},
    {"EPOCH   =               2000.0 / deprecated", 0},
    {"DATE    = '2014-01-01'         / of the input file", 0},
    {"DATE-OBS= '2013-02-01T01:02:03.4'", 1},
    {"DATE-END= '01/02/93'", 1},
    {"DATE-ALT= '01/02/03'           / which century?", 0},
    {"DATE-BAD= '2013-2-1'", 0},
    {"DATE-NUM=             20130201", 0},
    {"DATE2   = ''", 0},
    {"RADESYS = 'ICRS'", 1},
    {"RADECSYS= 'J2000'", 0},
    {"SPECSYS = 'TOPOCENT'", 1},
    {"SSYSOBS = 'here'", 0},
    {"VELOSYS = 'fast'", 0},
    {"OBSGEO-X=             -5466045.1", 1},
    {"SIMPLE  =                    T", 0},
    {"BITPIX  =                    8", 0},
    {"NAXIS   =                    0", 0},
    {"NAXIS3  =                    4", 0},
    {"EXTEND  =                    F", 0},
    {"PCOUNT  =                    0", 0},
    {"GROUPS  =                    T", 0},
    {"BSCALE  =                  2.0", 0},
    {"BLANK   =               -32768", 0},
    {"DATAMAX =                  2.0", 0},
    {"CHECKSUM= 'abcdefghijklmnop'", 0},
    {"DATASUM = '123'", 0},
    {"ZIMAGE  =                    T", 0},
    {"ZNAXIS1 =                    9", 0},
    {"ZCMPTYPE= 'RICE_1'", 0},
    {"TTYPE1  = 'COMPRESSED_DATA'", 0},
    {"TFIELDS =                    1", 0},
    {"PSCAL1  =                  1.0", 0},
    {"XTENSION= 'IMAGE   '", 0},
    {"INHERIT =                    T", 0},
    {"EXTNAME = 'PRIMARY'", 0},
    {"EXTVER  = 'one'", 0},
    {"BUNIT   = 'adu'", 0},
    {"COMMENT anything 'goes / here =", 1},
    {"HISTORY anything", 1},
    {"        a text without a name", 1},
    {"PS1     = 'a catalogue'        / looks like a parameter", 0},
    {"PCOUNT1 =                    1", 1},
    {"CTYPE1  = 'RA---TAN'", 0},
    {"WCSAXES =                    3", 0},
    {"CRPIX1  =                  1.0", 0},
    {"LONPOLE =                180.0", 0},
    {"A_ORDER =                    2", 0},
    {"A_0_2   =                 1e-6", 0},
    {"A_BAND  = 'K'", 1},
    {"END", 0},
};
enum { N_WILD = sizeof wild / sizeof wild[0] };

START_TEST(only_cards_that_a_verifier_accepts_are_copied)
{
    sqn_header *header = NULL;
    heard h = {0};
    const sqn_log log = {NULL, hear, &h};
    sqn_fits_product *product = NULL;
    fitsfile *file = NULL;
    char card[FLEN_CARD];
    int n_kept = 0, n_card = 0, code = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    for (int i = 0; i < N_WILD; i++) {
        add(header, wild[i].card);
        n_kept += wild[i].kept;
    }
    product = product_of(header, &log);
    file = finish(&product, "wild.fits");
    fits_get_hdrspace(file, &n_card, NULL, &code);
    ck_assert_int_eq(n_card, 4 + 1 + n_kept + 2); /* SIMPLE .. EXTEND, LONGSTRN, sums */
    for (int i = 0, at = 6; i < N_WILD; i++) {
        if (wild[i].kept) {
            fits_read_record(file, at++, card, &code);
            ck_assert_msg(strncasecmp(card, wild[i].card, strlen(card)) == 0, "%s\n%s",
                          card, wild[i].card);
        }
    }
    ck_assert_ptr_nonnull(strstr(h.all, "TELESCOP"));
    ck_assert_ptr_nonnull(strstr(h.all, "it must be text"));
    ck_assert_ptr_null(strstr(h.all, "BITPIX"));
    close_file(file);
    sqn_fitsverify_assert("wild.fits");
    sqn_header_destroy(&header);
}
END_TEST

/* Add an image HDU `name` of two axes with these cards. */
static void add_image(sqn_fits_product *product, const char *name, const char *const *cards,
                      int n_card)
{
    const float values[2] = {1.0F, 2.0F};
    sqn_fits_image image = {name, SQN_FITS_FLOAT32, 2, {2, 1}, values, 0, "Jy", NULL};
    sqn_header *header = NULL;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    for (int i = 0; i < n_card && cards[i] != NULL; i++) {
        add(header, cards[i]);
    }
    image.header = header;
    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    sqn_header_destroy(&header);
}

START_TEST(every_wild_card_by_itself_makes_a_clean_image)
{
    sqn_fits_product *product = product_of(NULL, NULL);

    for (int i = 0; i < N_WILD; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "CARD%d", i);
        add_image(product, name, &wild[i].card, 1);
    }
    close_file(finish(&product, "alone.fits"));
    sqn_fitsverify_assert("alone.fits");
}
END_TEST

/* Coordinate cards of images of two axes that need a rule of their own. */
static const char *const sets[][8] = {
    {"WCSAXES =                    3", "CTYPE1  = 'RA---TAN'", "CTYPE3  = 'WAVE'",
     "CRVAL3  =                  1.0", "PC3_1   =                  0.0"},
    {"CRVAL1  =                  3.5", "CDELT1  =                  0.1"},
    {"CTYPE1  = 'LINEAR'", "CTYPE2  = 'LINEAR'"},
    {"CD1_1   =                  1.0", "PC1_1   =                  1.0",
     "PC2_2   =                  1.0", "CDELT1  =                  1.0"},
    {"PC1_1   =                  1.0", "CROTA2  =                  1.0"},
    {"CROTA2  =                  1.0", "CDELT1  =                  0.0"},
    {"PV2_1   =                  1.0", "PV1_7   = 'x'", "PV5_1   =                  1.0"},
    {"CRVAL2A =                  1.0", "CRPIX1A =                  1.0", "WCSAXESA=    2"},
    {"CRDER1  =                 -1.0", "CSYER2  =                  1.0", "CUNIT1  = 3"},
    {"CD1_    =                  1.0", "PC_1_1  =                  1.0",
     "CRPIX0  =    1.0"},
    {"EXTVER  =                    3", "EXTLEVEL=                    1", "DATE    = 'x'"},
};

START_TEST(coordinates_of_an_image_are_made_consistent)
{
    sqn_fits_product *product = product_of(NULL, NULL);

    for (int i = 0; i < (int)(sizeof sets / sizeof sets[0]); i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "SET%d", i);
        add_image(product, name, sets[i], 8);
    }
    close_file(finish(&product, "axes.fits"));
    sqn_fitsverify_assert("axes.fits");
}
END_TEST

START_TEST(a_cd_matrix_is_completed_for_further_axes)
{
    static const char *const cards[] = {"CD1_1   =                  2.0",
                                        "CD1_2   =                  0.5",
                                        "CTYPE1  = 'LINEAR'"};
    const float values[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 4, {1, 2, 2, 1}, values, 0, "Jy",
                            NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    sqn_header *header = NULL;
    fitsfile *file = NULL;
    double value = 0.0;
    int code = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    for (int i = 0; i < 3; i++) {
        add(header, cards[i]);
    }
    image.header = header;
    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    file = finish(&product, "matrix.fits");
    fits_movabs_hdu(file, 2, NULL, &code);
    fits_read_key(file, TDOUBLE, "CD4_4", &value, NULL, &code);
    ck_assert_int_eq(code, 0);
    ck_assert_double_eq(value, 1.0);
    ck_assert_int_eq(has(file, "CD3_3"), 1);
    ck_assert_int_eq(has(file, "CD2_2"),
                     0); /* named by CD1_2: its absence is a statement */
    close_file(file);
    sqn_fitsverify_assert("matrix.fits");
    sqn_header_destroy(&header);
}
END_TEST

/* Header of the current HDU, as it is. */
static sqn_header *header_of(fitsfile *file)
{
    sqn_header *header = NULL;
    char card[FLEN_CARD];
    int n_card = 0, code = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    fits_get_hdrspace(file, &n_card, NULL, &code);
    for (int i = 1; i <= n_card; i++) {
        fits_read_record(file, i, card, &code);
        add(header, card);
    }
    ck_assert_int_eq(code, 0);
    return header;
}

/* All headers of a file, as they are, become those of images of 1 to 4 axes. */
static void copy_headers(const char *path)
{
    const float values[8] = {1.0F, 2.0F};
    fitsfile *file = NULL;
    sqn_fits_product *product = NULL;
    int code = 0, n_hdu = 0;

    ck_assert_int_eq(fits_open_diskfile(&file, path, READONLY, &code), 0);
    fits_get_num_hdus(file, &n_hdu, &code);
    for (int i = 0; i < 4 * n_hdu && i < 80; i++) {
        sqn_header *header = NULL;
        char name[16];
        sqn_fits_image image = {
            name, SQN_FITS_FLOAT32, i % 4 + 1, {2, 2, 2, 1}, values, 0, "Jy", NULL};

        (void)snprintf(name, sizeof name, "HDU%d_%d", i / 4, i % 4 + 1);
        fits_movabs_hdu(file, i / 4 + 1, NULL, &code);
        header = header_of(file);
        if (product == NULL) {
            product = product_of(header, NULL);
        }
        image.header = header;
        SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
        sqn_header_destroy(&header);
    }
    ck_assert_int_eq(code, 0);
    close_file(file);
    close_file(finish(&product, "copied.fits"));
    sqn_fitsverify_assert("copied.fits");
}

static const char *const files[] = {"images/gmos_cosmicrays.fits",
                                    "images/hsc_cosmos_grizy.fits",
                                    "images/ngc1316_optical.fit",
                                    "images/ngc1316_radio.fit",
                                    "images/skimage_multi.fits",
                                    "images/visir_chop_planes.fits",
                                    "images/xdf_f105w_rms.fits",
                                    "images/xdf_f105w_sci.fits",
                                    "images/xmm_mos1_counts.fits.gz",
                                    "images/xmm_mos1_expmap.fits.gz",
                                    "imaging/jwst_nircam_f090w_star0.fits",
                                    "imaging/jwst_nircam_hd141569a_f300m_combined.fits",
                                    "imaging/jwst_nircam_hd141569a_f300m_mcrdi.fits",
                                    "imaging/naco_betapic_cube.fits",
                                    "imaging/naco_betapic_pa.fits",
                                    "imaging/naco_betapic_psf.fits",
                                    "imaging/sphere_ifs_20230528b_wavelength.fits",
                                    "imaging/sphere_ifs_sci_20230615a_psf_cube.fits",
                                    "imaging/sphere_ifs_v471tau_psf.fits",
                                    "imaging/sphere_satspots_centered.fits",
                                    "spectra/boss3655_qso_obs.fits",
                                    "spectra/boss_spPlate-4055-55359-0020.fits",
                                    "spectra/desi_coadd_quasarnp.fits",
                                    "spectra/indous_stars_31.fits",
                                    "spectra/spec-3655-55240-0002.fits",
                                    "torture/astropy_1904-66_AZP.fits",
                                    "torture/astropy_arange.fits",
                                    "torture/astropy_blank.fits",
                                    "torture/astropy_checksum.fits",
                                    "torture/astropy_compressed_image.fits",
                                    "torture/astropy_scale.fits",
                                    "torture/astropy_sip-wcs.fits",
                                    "torture/astropy_test0.fits",
                                    "torture/midas_tst0002.fits",
                                    "torture/sunpy_gzip_int64.fits.gz"};

START_TEST(headers_of_real_files_make_clean_products)
{
    char path[1024];

    (void)snprintf(path, sizeof path, SQN_SHARED_DATA "/%s", files[_i]);
    if (access(path, R_OK) != 0) {
        printf("SKIPPED: no %s\n", path);
        return;
    }
    copy_headers(path);
}
END_TEST

START_TEST(the_same_calls_give_the_same_bytes_without_a_date)
{
    const float values[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 2, {2, 2}, values, 0, "Jy",
                                  NULL};
    const sqn_fits_column column = {"x", NULL, (const double[]){1.5, 2.5}, NULL, NULL};
    sqn_fits_product *product[2] = {NULL, NULL};
    const void *bytes[2];
    size_t size[2];

    for (int i = 0; i < 2; i++) {
        product[i] = product_of(NULL, NULL);
        SQN_ASSERT_OK(sqn_fits_product_image(product[i], &image, &err), err);
        SQN_ASSERT_OK(sqn_fits_product_table(product[i], "T", &column, 1, 2, &err), err);
        SQN_ASSERT_OK(sqn_fits_product_finish(&bytes[i], &size[i], product[i], &err), err);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_int_eq(memcmp(bytes[0], bytes[1], size[0]), 0);
    for (size_t i = 0; i < size[0]; i += 80) {
        ck_assert_int_ne(memcmp((const char *)bytes[0] + i, "DATE", 4), 0);
        ck_assert_int_ne(memcmp((const char *)bytes[0] + i, "COMMENT", 7), 0);
    }
    sqn_fits_product_destroy(&product[0]);
    sqn_fits_product_destroy(&product[1]);
}
END_TEST

START_TEST(a_damaged_file_does_not_verify)
{
    const float values[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 2, {2, 2}, values, 0, "Jy",
                                  NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    const void *bytes = NULL;
    size_t size = 0;
    char copy[5 * 2880] = {0};

    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, product, &err), err);
    ck_assert_uint_eq(size, (size_t)3 * 2880);
    memcpy(copy, bytes, size);
    SQN_ASSERT_OK(sqn__fits_verify_file(copy, size, 2, &err), err);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size, 3, &err), err, SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size - 80, 2, &err), err,
                     SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size + 2880, 2, &err), err,
                     SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, 2880, 2, &err), err, SQN_E_OUT_VERIFY);
    SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, 0, 0, &err), err, SQN_E_OUT_VERIFY);
    for (size_t at = 7; at < size; at += 611) { /* a bit here and there */
        copy[at] ^= 4;
        SQN_ASSERT_FAILS(sqn__fits_verify_file(copy, size, 2, &err), err, SQN_E_OUT_VERIFY);
        copy[at] ^= 4;
    }
    SQN_ASSERT_OK(sqn__fits_verify_file(copy, size, 2, &err), err);
    sqn_fits_product_destroy(&product);
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
    const float values[2] = {1.0F, 2.0F};
    const int64_t integers[2] = {1, 2};
    const double numbers[2] = {1, 2};
    const sqn_fits_image good = {"SCI", SQN_FITS_FLOAT32, 1, {2}, values, 0, NULL, NULL};
    sqn_fits_image images[6];
    const sqn_fits_column twice[2] = {{"a", NULL, numbers, NULL, NULL},
                                      {"A", NULL, numbers, NULL, NULL}};
    const sqn_fits_column both = {"a", NULL, numbers, integers, NULL};
    const sqn_fits_column none = {"a", NULL, NULL, NULL, NULL};
    const sqn_fits_column dotted = {"a.b", NULL, numbers, NULL, NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    const void *bytes = NULL;
    size_t size = 0;

    for (int i = 0; i < 6; i++) {
        images[i] = good;
    }
    images[0].extname = "";
    images[1].n_axis = 0;
    images[2].n_axis = 5;
    images[3].axes[0] = 0;
    images[4].n_axis = 4;
    images[4].axes[0] = images[4].axes[1] = images[4].axes[2] = images[4].axes[3] = 1 << 20;
    images[5].data = NULL;
    for (int i = 0; i < 6; i++) {
        SQN_ASSERT_FAILS(sqn_fits_product_image(product, &images[i], &err), err, SQN_E_ARG);
    }
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", twice, 2, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", &both, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", &none, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "T", &dotted, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_table(product, "", twice, 1, 2, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_OK(sqn_fits_product_image(product, &good, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, product, &err), err);
    SQN_ASSERT_FAILS(sqn_fits_product_finish(&bytes, &size, product, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_fits_product_image(product, &good, &err), err, SQN_E_ARG);
    sqn_fits_product_destroy(&product);
    sqn_fits_product_destroy(NULL);
}
END_TEST

/* A product with everything; whatever fails is returned. */
static sqn_status build(const sqn_header *header)
{
    const float values[2] = {1.0F, 2.0F};
    const char *const texts[2] = {"a", "b"};
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 1, {2}, values, 3, "Jy", header};
    const sqn_fits_column columns[3] = {{"x", NULL, (const double[]){1, 2}, NULL, NULL},
                                        {"n", NULL, NULL, (const int64_t[]){1, 2}, NULL},
                                        {"t", NULL, NULL, NULL, texts}};
    sqn_fits_product *product = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    sqn_status status = sqn_fits_product_create(&product, header, NULL, &err);

    if (status == SQN_OK) {
        status = sqn_fits_product_image(product, &image, &err);
    }
    if (status == SQN_OK) {
        status = sqn_fits_product_table(product, "T", columns, 3, 2, &err);
    }
    if (status == SQN_OK) {
        status = sqn_fits_product_finish(&bytes, &size, product, &err);
    }
    sqn_fits_product_destroy(&product);
    return status;
}

START_TEST(every_allocation_may_fail)
{
    sqn_header *header = NULL;
    sqn_status status = SQN_ERR_MEMORY;
    int n = 0;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    add(header, "OBJECT  = 'x'");
    for (; status == SQN_ERR_MEMORY; n++) {
        sqn_allocations_before_failure = n;
        status = build(header);
        sqn_allocations_before_failure = INT64_MAX;
        ck_assert(status == SQN_OK || err.id == SQN_E_MEM);
    }
    ck_assert_int_eq(status, SQN_OK);
    ck_assert_int_ge(n, 14);
    sqn_header_destroy(&header);
}
END_TEST

START_TEST(memory_that_cfitsio_cannot_have_is_an_error)
{
    enum { N = 1 << 24 };
    float *values = calloc(N, sizeof *values);
    const sqn_fits_image image = {"SCI", SQN_FITS_FLOAT32, 1, {N}, values, 0, "Jy", NULL};
    sqn_fits_product *product = product_of(NULL, NULL);
    struct rlimit limit;

    ck_assert_ptr_nonnull(values);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = 0; /* the test runs in a process of its own */
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    const sqn_status status = sqn_fits_product_image(product, &image, &err);

    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    ck_assert_int_eq(status, SQN_ERR_MEMORY);
    sqn_fits_product_destroy(&product);
    free(values);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_product");
    TCase *tcase = tcase_create("product");
    TCase *real = tcase_create("real files");

    tcase_add_test(tcase, every_type_and_number_of_axes_is_read_back);
    tcase_add_test(tcase, floating_values_are_scaled_by_a_power_of_two_exactly);
    tcase_add_test(tcase, values_that_float32_cannot_hold_are_written_as_float64);
    tcase_add_test(tcase, there_is_one_nan);
    tcase_add_test(tcase, tables_have_numbers_integers_and_texts);
    tcase_add_test(tcase, only_cards_that_a_verifier_accepts_are_copied);
    tcase_add_test(tcase, every_wild_card_by_itself_makes_a_clean_image);
    tcase_add_test(tcase, coordinates_of_an_image_are_made_consistent);
    tcase_add_test(tcase, a_cd_matrix_is_completed_for_further_axes);
    tcase_add_test(tcase, the_same_calls_give_the_same_bytes_without_a_date);
    tcase_add_test(tcase, a_damaged_file_does_not_verify);
    tcase_add_test(tcase, wrong_arguments_are_refused);
    tcase_add_test(tcase, every_allocation_may_fail);
    tcase_add_test(tcase, memory_that_cfitsio_cannot_have_is_an_error);
    tcase_set_timeout(real, 60.0);
    tcase_add_loop_test(real, headers_of_real_files_make_clean_products, 0,
                        (int)(sizeof files / sizeof files[0]));
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, real);
    return sqn_check_run(suite);
}
