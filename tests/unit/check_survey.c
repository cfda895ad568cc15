/** @file check_survey.c @brief Spectra as surveys publish them, read from files made here. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sequin/survey.h"
#include "sqn_check.h"
#include "sqn_wrap.h"

enum { N_WAVE = 6, N_ROW = 4 };

static sqn_error err;
static int n_warning[SQN_ID_COUNT];

static void count_warning(void *context, const sqn_error *warning)
{
    (void)context;
    n_warning[warning->id]++;
}

static const sqn_log counting = {.warn = count_warning};

/* A product being written, its name, and the header of the next image. */
static sqn_fits_product *product;

static void begin(void)
{
    sqn_header *primary = NULL;

    SQN_ASSERT_OK(sqn_header_create(&primary, &err), err);
    SQN_ASSERT_OK(sqn_header_set_integer(primary, "PLATE", 3655, "", &err), err);
    SQN_ASSERT_OK(sqn_fits_product_create(&product, primary, NULL, &err), err);
    sqn_header_destroy(&primary);
}

static void add_image(const char *name, int64_t rows, int64_t cols, const float *data,
                      const sqn_header *header)
{
    const sqn_fits_image image = {.extname = name,
                                  .type = SQN_FITS_FLOAT32,
                                  .n_axis = rows > 0 ? 2 : 1,
                                  .axes = {cols, rows},
                                  .data = data,
                                  .unit = strstr(name, "FLUX") != NULL ? "Jy" : NULL,
                                  .header = header};

    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
}

static void add_wave(const char *name, int64_t n, const double *wave)
{
    const sqn_fits_image image = {
        .extname = name, .type = SQN_FITS_FLOAT64, .n_axis = 1, .axes = {n}, .data = wave};

    SQN_ASSERT_OK(sqn_fits_product_image(product, &image, &err), err);
}

static void end(const char *path)
{
    const void *bytes = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    SQN_ASSERT_OK(sqn_fits_product_finish(&bytes, &size, product, &err), err);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    sqn_fits_product_destroy(&product);
}

static const int64_t target_id[N_ROW] = {39627658000000001, 39627658000000002,
                                         39627658000000003, 39627658000000004};
static const double loglam[N_WAVE] = {3.5, 3.5001, 3.5002, 3.5003, 3.5004, 3.5005};

/* FLUX, IVAR, MASK, LOGLAM and a table with TARGETID and Z. */
static void write_stack(const char *path)
{
    static const double z[N_ROW] = {0.5, -2.0, 1.25, 3.0};
    float flux[N_ROW * N_WAVE], ivar[N_ROW * N_WAVE], mask[N_ROW * N_WAVE] = {0};
    const sqn_fits_column columns[] = {{.name = "TARGETID", .integer = target_id},
                                       {.name = "Z", .number = z}};

    for (int e = 0; e < N_ROW * N_WAVE; e++) {
        flux[e] = (float)e + 0.385F;
        ivar[e] = 4.0F;
    }
    flux[1] = NAN;
    ivar[2] = 0.0F;
    ivar[3] = -1.0F;
    mask[4] = 4.0F;
    mask[5] = 8.0F;
    begin();
    add_image("FLUX", N_ROW, N_WAVE, flux, NULL);
    add_image("IVAR", N_ROW, N_WAVE, ivar, NULL);
    add_image("MASK", N_ROW, N_WAVE, mask, NULL);
    add_wave("LOGLAM", N_WAVE, loglam);
    SQN_ASSERT_OK(sqn_fits_product_table(product, "META", columns, 2, N_ROW, &err), err);
    end(path);
}

/* A table of one spectrum, and one with its row of identifiers. */
static void write_single(const char *path, const char *wave_name, const double *wave)
{
    static const double flux[N_WAVE] = {1.5, 2.5, 3.5, 4.5, 5.5, 6.5};
    static const double ivar[N_WAVE] = {1.0, 1.0, 0.0, 1.0, 1.0, 1.0};
    static const int64_t mask[N_WAVE] = {0, 1, 0, 0, 2, 0};
    static const int64_t fiber = 30;
    static const double z = 0.5;
    static const char *const star = "HD 1";
    const sqn_fits_column data[] = {{.name = "FLUX", .unit = "Jy", .number = flux},
                                    {.name = wave_name, .number = wave},
                                    {.name = "IVAR", .number = ivar},
                                    {.name = "AND_MASK", .integer = mask}};
    const sqn_fits_column row[] = {{.name = "FIBERID", .integer = &fiber},
                                   {.name = "Z", .number = &z},
                                   {.name = "STAR", .text = &star}};

    begin();
    SQN_ASSERT_OK(sqn_fits_product_table(product, "COADD", data, 4, N_WAVE, &err), err);
    SQN_ASSERT_OK(sqn_fits_product_table(product, "SPALL", row, 3, 1, &err), err);
    end(path);
}

static sqn_status read(sqn_survey *out, sqn_survey_source source, const char *path)
{
    char name[64];
    char *paths[1] = {name};
    const sqn_fits_files files = {1, paths};

    (void)snprintf(name, sizeof name, "%s", path);
    memset(n_warning, 0, sizeof n_warning);
    source.files = &files;
    return sqn_survey_read(out, &source, &counting, &err);
}

START_TEST(a_stack_is_read_with_what_is_missing)
{
    sqn_survey s;

    write_stack("stack.fits");
    SQN_ASSERT_OK(read(&s, (sqn_survey_source){0}, "stack.fits"), err);
    ck_assert_int_eq(s.n_spectrum, N_ROW);
    ck_assert_int_eq(s.blocks[0].n_wave, N_WAVE);
    ck_assert_double_eq_tol(s.blocks[0].wave[5], pow(10.0, 3.5005), 1e-6);
    ck_assert_float_eq(s.blocks[0].flux[0], 0.385F);
    for (int i = 1; i < N_WAVE; i++) {
        ck_assert(isnan(s.blocks[0].flux[i]) && s.blocks[0].ivar[i] == 0.0F);
    }
    ck_assert_float_eq(s.blocks[0].ivar[7], 4.0F);
    ck_assert_int_eq(s.n_column, 2); /* PLATE of the header holds for all */
    ck_assert_str_eq(s.columns[0].name, "PLATE");
    ck_assert_int_eq(s.columns[0].integer[2], 3655);
    ck_assert_int_eq(s.columns[1].integer[3], target_id[3]);
    ck_assert_double_eq(s.spectra[2].redshift, 1.25);
    ck_assert(isnan(s.spectra[1].redshift));
    ck_assert_int_eq(s.spectra[3].row, 4);
    ck_assert_str_eq(s.unit, "Jy");
    ck_assert_int_eq(n_warning[SQN_W_ERRPLANE], 1);
    sqn_survey_clear(&s);
}
END_TEST

START_TEST(bits_of_the_mask_can_be_chosen)
{
    static const int64_t bits[] = {3, 7};
    sqn_survey s;

    write_stack("bits.fits");
    SQN_ASSERT_OK(read(&s, (sqn_survey_source){.mask_bits = bits, .n_bit = 2}, "bits.fits"),
                  err);
    ck_assert_float_eq(s.blocks[0].flux[4], 4.385F);
    ck_assert(isnan(s.blocks[0].flux[5]));
    ck_assert_int_eq(n_warning[SQN_W_FLAGS_UNUSED], 1);
    sqn_survey_clear(&s);
    SQN_ASSERT_OK(read(&s, (sqn_survey_source){.mask_hdu = "none"}, "bits.fits"), err);
    ck_assert_float_eq(s.blocks[0].flux[5], 5.385F);
    sqn_survey_clear(&s);
}
END_TEST

START_TEST(spectra_are_selected_and_those_without_a_redshift_left_out)
{
    sqn_survey_source source = {.redshift = {.needed = true}};
    sqn_survey s;

    write_stack("select.fits");
    SQN_ASSERT_OK(read(&s, source, "select.fits"), err);
    ck_assert_int_eq(s.n_spectrum, 3);
    ck_assert_int_eq(n_warning[SQN_W_REDSHIFT], 1);
    ck_assert_int_eq(s.columns[1].integer[1], target_id[2]);
    ck_assert_float_eq(s.blocks[0].flux[6], 12.385F);
    sqn_survey_clear(&s);
    source.select_column = "z";
    source.select_range[0] = 1.25;
    source.select_range[1] = 2.0;
    SQN_ASSERT_OK(read(&s, source, "select.fits"), err);
    ck_assert_int_eq(s.n_spectrum, 1);
    ck_assert_int_eq(s.n_unselected, 3);
    sqn_survey_clear(&s);
    source.select_range[0] = 10.0;
    source.select_range[1] = 11.0;
    SQN_ASSERT_FAILS(read(&s, source, "select.fits"), err, SQN_E_DATA_EMPTY);
}
END_TEST

START_TEST(a_catalogue_is_matched_by_identifiers_beyond_two_to_53)
{
    static const double z[3] = {7.5, 1.5, 2.5};
    const int64_t id[3] = {target_id[3], target_id[0], target_id[1]};
    const sqn_fits_column columns[] = {{.name = "TARGETID", .integer = id},
                                       {.name = "ZBEST", .number = z}};
    sqn_survey_source source = {
        .redshift = {true, "catalogue.fits", "ZCAT", "zbest", "TARGETID"}};
    sqn_survey s;

    write_stack("matched.fits");
    begin();
    SQN_ASSERT_OK(sqn_fits_product_table(product, "ZCAT", columns, 2, 3, &err), err);
    end("catalogue.fits");
    SQN_ASSERT_OK(read(&s, source, "matched.fits"), err);
    ck_assert_int_eq(s.n_spectrum, 3);
    ck_assert_double_eq(s.spectra[0].redshift, 1.5);
    ck_assert_double_eq(s.spectra[1].redshift, 2.5);
    ck_assert_double_eq(s.spectra[2].redshift, 7.5);
    ck_assert_str_eq(s.inputs[1].kind, "redshifts");
    sqn_survey_clear(&s);
    source.redshift.match = NULL; /* 3 rows for 4 spectra: whose are they? */
    SQN_ASSERT_FAILS(read(&s, source, "matched.fits"), err, SQN_E_SHAPE);
}
END_TEST

START_TEST(tables_of_one_spectrum_are_read)
{
    static const char *const id[] = {"FIBERID", "STAR", "PLATE"};
    const sqn_survey_source source = {.id_columns = id, .n_id = 3};
    sqn_survey s;

    write_single("single.fits", "loglam", loglam);
    SQN_ASSERT_OK(read(&s, source, "single.fits"), err);
    ck_assert_int_eq(s.n_spectrum, 1);
    ck_assert_double_eq_tol(s.blocks[0].wave[1], pow(10.0, 3.5001), 1e-6);
    ck_assert_float_eq(s.blocks[0].flux[0], 1.5F);
    ck_assert(isnan(s.blocks[0].flux[1]) && isnan(s.blocks[0].flux[2]) &&
              isnan(s.blocks[0].flux[4]));
    ck_assert_double_eq(s.spectra[0].redshift, 0.5);
    ck_assert_int_eq(s.columns[0].integer[0], 30);
    ck_assert_str_eq(s.columns[1].text[0], "HD 1");
    ck_assert_int_eq(s.columns[2].integer[0], 3655);
    ck_assert_str_eq(s.unit, "Jy");
    sqn_survey_clear(&s);
}
END_TEST

START_TEST(wavelengths_that_fall_or_are_no_numbers)
{
    double wave[N_WAVE];
    sqn_survey s;

    for (int i = 0; i < N_WAVE; i++) {
        wave[i] = 505.0 - i;
    }
    write_single("falling.fits", "wave", wave);
    SQN_ASSERT_OK(read(&s, (sqn_survey_source){.unit = 10.0}, "falling.fits"), err);
    ck_assert_double_eq(s.blocks[0].wave[0], 5000.0);
    ck_assert_float_eq(s.blocks[0].flux[0], 6.5F);
    sqn_survey_clear(&s);
    wave[2] = NAN;
    write_single("nan.fits", "wave", wave);
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){0}, "nan.fits"), err, SQN_E_WAVELENGTH);
    ck_assert_ptr_nonnull(strstr(err.where, "nan.fits"));
}
END_TEST

static void write_arms(const char *path, int64_t n_last)
{
    const double blue[3] = {4000.0, 4001.0, 4002.0}, red[3] = {4002.0, 4003.0, 4004.0};
    const float flux[6] = {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F};
    const float ivar[6] = {1.0F, 1.0F, 3.0F, 1.0F, 1.0F, 1.0F};

    begin();
    add_image("B_FLUX", 2, 3, flux, NULL);
    add_image("B_IVAR", 2, 3, ivar, NULL);
    add_wave("B_WAVELENGTH", 3, blue);
    add_image("R_FLUX", n_last, 3, flux, NULL);
    add_image("R_IVAR", n_last, 3, ivar, NULL);
    add_wave("R_WAVELENGTH", 3, red);
    end(path);
}

START_TEST(arms_are_joined)
{
    static const char *const arms[] = {"B", "R"};
    const sqn_survey_source source = {.arms = arms, .n_arm = 2};
    sqn_survey s;

    write_arms("arms.fits", 2);
    SQN_ASSERT_OK(read(&s, source, "arms.fits"), err);
    ck_assert_int_eq(s.blocks[0].n_wave, 5);
    ck_assert_float_eq(s.blocks[0].flux[2], (3.0F * 3.0F + 1.0F) / 4.0F);
    ck_assert_float_eq(s.blocks[0].ivar[2], 4.0F);
    ck_assert_float_eq(s.blocks[0].flux[9], 6.0F);
    sqn_survey_clear(&s);
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){0}, "arms.fits"), err, SQN_E_FITS_HDU);
    ck_assert_ptr_nonnull(strstr(err.fix, "arms"));
    write_arms("uneven.fits", 1);
    SQN_ASSERT_FAILS(read(&s, source, "uneven.fits"), err, SQN_E_SHAPE);
}
END_TEST

/* A plain image whose header has these cards. */
static void write_wcs(const char *path, const char *ctype, double crval, double cdelt,
                      const char *keyword)
{
    const float flux[N_WAVE] = {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F};
    const double index[3] = {1.0, 4.0, 7.0}, coordinate[3] = {4000.0, 4030.0, 4090.0};
    const sqn_fits_column columns[] = {{.name = "INDEX", .number = index},
                                       {.name = "WAVES", .number = coordinate}};
    sqn_header *header = NULL;

    SQN_ASSERT_OK(sqn_header_create(&header, &err), err);
    SQN_ASSERT_OK(sqn_header_set_text(header, "CTYPE1", ctype, "", &err), err);
    SQN_ASSERT_OK(sqn_header_set_number(header, "CRPIX1", 1.0, "", &err), err);
    SQN_ASSERT_OK(sqn_header_set_number(header, "CRVAL1", crval, "", &err), err);
    SQN_ASSERT_OK(sqn_header_set_number(header, "CDELT1", cdelt, "", &err), err);
    SQN_ASSERT_OK(sqn_header_set_text(header, "PS1_0", "WCS-TAB", "", &err), err);
    SQN_ASSERT_OK(sqn_header_set_text(header, "PS1_1", "WAVES", "", &err), err);
    SQN_ASSERT_OK(sqn_header_set_text(header, "PS1_2", "INDEX", "", &err), err);
    if (keyword != NULL) {
        SQN_ASSERT_OK(sqn_header_set_integer(header, keyword, 1, "", &err), err);
    }
    begin();
    add_image("DATA", 1, N_WAVE, flux, header);
    SQN_ASSERT_OK(sqn_fits_product_table(product, "WCS-TAB", columns, 2, 3, &err), err);
    end(path);
    sqn_header_destroy(&header);
}

START_TEST(axes_of_the_wcs_are_understood)
{
    static const struct {
        const char *ctype;
        double crval, cdelt;
        const char *keyword;
        double first, fourth;
    } cases[] = {
        {"LINEAR", 3465.0, 0.4, NULL, 3465.0, 3466.2},
        {"WAVE", 3465.0, 0.4, NULL, 3465.0, 3466.2},
        {"LINEAR", 3.5, 1e-3, "DC-FLAG", 3162.2776601684, 3184.1975217},
        {"", 3.5, 1e-3, "LOGLAM", 3162.2776601684, 3184.1975217},
        {"LOGLAM", 3.5, 1e-3, NULL, 3162.2776601684, 3184.1975217},
        {"WAVE-LOG", 3500.0, 2.0, NULL, 3500.0, 3506.0051463},
        {"WAVE-TAB", 1.0, 1.0, NULL, 4000.0, 4030.0},
    };

    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        sqn_survey s;

        write_wcs("wcs.fits", cases[k].ctype, cases[k].crval, cases[k].cdelt,
                  cases[k].keyword);
        SQN_ASSERT_OK(read(&s, (sqn_survey_source){0}, "wcs.fits"), err);
        ck_assert_double_eq_tol(s.blocks[0].wave[0], cases[k].first, 1e-6);
        ck_assert_double_eq_tol(s.blocks[0].wave[3], cases[k].fourth, 1e-6);
        ck_assert_int_eq(n_warning[SQN_W_NOISE_UNIFORM], 1);
        sqn_survey_clear(&s);
    }
}
END_TEST

START_TEST(axes_that_are_no_wavelengths_are_refused)
{
    const float flux[N_WAVE] = {0};
    sqn_survey s;

    write_wcs("frequency.fits", "FREQ", 1e9, 1e6, NULL);
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){0}, "frequency.fits"), err,
                     SQN_E_WAVELENGTH);
    write_wcs("outside.fits", "WAVE-TAB", 5.0, 1.0, NULL); /* index 10 of at most 7 */
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){0}, "outside.fits"), err,
                     SQN_E_WAVELENGTH);
    begin();
    add_image("DATA", 1, N_WAVE, flux, NULL);
    end("plain.fits");
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){0}, "plain.fits"), err, SQN_E_WAVELENGTH);
}
END_TEST

START_TEST(names_that_are_not_there_are_said)
{
    static const char *const id[] = {"NOTHING"};
    sqn_survey s;

    write_stack("names.fits");
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){.ivar_hdu = "WEIGHT"}, "names.fits"), err,
                     SQN_E_FITS_HDU);
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){.ivar_hdu = "LOGLAM"}, "names.fits"), err,
                     SQN_E_SHAPE);
    SQN_ASSERT_FAILS(
        read(&s, (sqn_survey_source){.id_columns = id, .n_id = 1}, "names.fits"), err,
        SQN_E_FITS_HDU);
    SQN_ASSERT_FAILS(
        read(&s, (sqn_survey_source){.select_column = "NOTHING"}, "names.fits"), err,
        SQN_E_FITS_HDU);
    SQN_ASSERT_FAILS(read(&s, (sqn_survey_source){.flux_column = "FLUX"}, "names.fits"),
                     err, SQN_E_FITS_HDU);
    SQN_ASSERT_FAILS(
        read(&s, (sqn_survey_source){.redshift = {.needed = true, .column = "REDSHIFT"}},
             "names.fits"),
        err, SQN_E_FITS_HDU);
}
END_TEST

START_TEST(small_fluxes_keep_their_weights)
{
    float flux[2 * N_WAVE], ivar[2 * N_WAVE];
    sqn_survey s;

    for (int e = 0; e < 2 * N_WAVE; e++) {
        flux[e] = 2.385e-20F;
        ivar[e] = 1e38F;
    }
    begin();
    add_image("FLUX", 2, N_WAVE, flux, NULL);
    add_image("IVAR", 2, N_WAVE, ivar, NULL);
    add_wave("LOGLAM", N_WAVE, loglam);
    end("small.fits");
    SQN_ASSERT_OK(read(&s, (sqn_survey_source){0}, "small.fits"), err);
    ck_assert_int_eq(s.exponent, -66);
    ck_assert_double_eq_tol((double)s.blocks[0].flux[0] * 0x1p-66, 2.385e-20, 1e-26);
    ck_assert_double_eq_tol((double)s.blocks[0].ivar[0] * 0x1p66 * 0x1p66, 1e38, 1e31);
    sqn_survey_clear(&s);
}
END_TEST

START_TEST(memory_that_is_not_there_is_said)
{
    static const char *const arms[] = {"B", "R"};
    const sqn_survey_source sources[] = {
        {.redshift = {.needed = true}, .select_column = "Z", .select_range = {0.0, 2.0}},
        {.arms = arms, .n_arm = 2},
        {.redshift = {false, "memory_2.fits", NULL, "Z", NULL}},
    };

    write_stack("memory_0.fits");
    write_arms("memory_1.fits", 2);
    write_single("memory_2.fits", "loglam", loglam);
    for (int k = 0; k < 3; k++) {
        sqn_status status = SQN_ERR_MEMORY;
        int64_t n = 0;
        char path[32];

        (void)snprintf(path, sizeof path, "memory_%d.fits", k);
        while (status != SQN_OK) {
            sqn_survey s = {0};

            sqn_allocations_before_failure = n++;
            status = read(&s, sources[k], path);
            sqn_allocations_before_failure = INT64_MAX;
            ck_assert_msg(status == SQN_OK || err.id == SQN_E_MEM, "%s", err.message);
            sqn_survey_clear(&s);
        }
        ck_assert_int_gt(n, 20);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("survey");
    TCase *survey = tcase_create("survey");

    tcase_add_test(survey, a_stack_is_read_with_what_is_missing);
    tcase_add_test(survey, bits_of_the_mask_can_be_chosen);
    tcase_add_test(survey, spectra_are_selected_and_those_without_a_redshift_left_out);
    tcase_add_test(survey, a_catalogue_is_matched_by_identifiers_beyond_two_to_53);
    tcase_add_test(survey, tables_of_one_spectrum_are_read);
    tcase_add_test(survey, wavelengths_that_fall_or_are_no_numbers);
    tcase_add_test(survey, arms_are_joined);
    tcase_add_test(survey, axes_of_the_wcs_are_understood);
    tcase_add_test(survey, axes_that_are_no_wavelengths_are_refused);
    tcase_add_test(survey, names_that_are_not_there_are_said);
    tcase_add_test(survey, small_fluxes_keep_their_weights);
    tcase_add_test(survey, memory_that_is_not_there_is_said);
    suite_add_tcase(suite, survey);
    return sqn_check_run(suite);
}
