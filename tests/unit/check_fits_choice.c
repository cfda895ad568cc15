/** @file check_fits_choice.c @brief Which cards of any header a product takes over. */
#include "fits_choice.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "sqn_fitsverify.h"
#include "sqn_product.h"

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

/* True when the current HDU has the keyword. */
static int has(fitsfile *file, const char *keyword)
{
    char card[FLEN_CARD];
    int code = 0;

    return fits_read_card(file, keyword, card, &code) == 0;
}

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
    sqn_fits_image image = {name, SQN_FITS_FLOAT32, 2, {2, 1}, values, 0, false, "Jy",
                            NULL};
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
    {"CTYPE2L0= 'Y'", "CRPIX1  =                  1.0", "CDELT2  =                  1.0"},
    {"CRPIX1F3=                  1.0", "PV1_1   =                  1.0", "CD1_1X1 =   1.0"},
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
    sqn_fits_image image = {
        "SCI", SQN_FITS_FLOAT32, 4, {1, 2, 2, 1}, values, 0, false, "Jy", NULL};
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
        char name[32];
        sqn_fits_image image = {
            name, SQN_FITS_FLOAT32, i % 4 + 1, {2, 2, 2, 1}, values, 0, false, "Jy", NULL};

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

int main(void)
{
    Suite *suite = suite_create("fits_choice");
    TCase *tcase = tcase_create("cards");
    TCase *real = tcase_create("real files");

    tcase_add_test(tcase, only_cards_that_a_verifier_accepts_are_copied);
    tcase_add_test(tcase, every_wild_card_by_itself_makes_a_clean_image);
    tcase_add_test(tcase, coordinates_of_an_image_are_made_consistent);
    tcase_add_test(tcase, a_cd_matrix_is_completed_for_further_axes);
    tcase_set_timeout(real, 60.0);
    tcase_add_loop_test(real, headers_of_real_files_make_clean_products, 0,
                        (int)(sizeof files / sizeof files[0]));
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, real);
    return sqn_check_run(suite);
}
