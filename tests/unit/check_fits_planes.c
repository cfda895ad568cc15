/** @file check_fits_planes.c @brief Pixels of every type, plain and in tiles. */
#include "sequin/fits.h"

#include <fitsio.h>
#include <limits.h>
#include <math.h>

#include "sqn_check.h"
#include "sqn_raw.h"
#include "sqn_record.h"

static sqn_error err;
static sqn_record record;
static char path[] = "p.fits";
static char *paths[1] = {path};
static const sqn_fits_files files = {1, paths};

static sqn_status read_file(sqn_fits_stack *stack)
{
    const sqn_fits_source source = {.files = &files};
    const sqn_log log = sqn_record_log(&record);

    return sqn_fits_stack_read(stack, &source, 0, &log, &err);
}

/* Each type with raw values, scaling and blank; 0 blanks: none. */
static const struct typed {
    int bitpix;
    uint64_t raw[3];
    const char *cards[4];
    double truth[3];
} types[] = {
    {8, {0, 200, 255}, {NULL}, {0.0, 200.0, 255.0}},
    {8, {0, 200, 255}, {"BZERO   = -128", "BLANK   = 255", NULL}, {-128.0, 72.0, NAN}},
    {16, {0x8000, 1, 0xffff}, {NULL}, {-32768.0, 1.0, -1.0}},
    {16, {0x8000, 1, 0xffff}, {"BZERO   = 32768", NULL}, {0.0, 32769.0, 32767.0}},
    {16,
     {0x8000, 1, 0xffff},
     {"BSCALE  = 2.5D-1", "BZERO   = 10.", "BLANK   = -32768", NULL},
     {NAN, 10.25, 9.75}},
    {32, {0x80000000, 7, 0xffffffff}, {NULL}, {-2147483648.0, 7.0, -1.0}},
    {32,
     {0x80000000, 7, 0xffffffff},
     {"BZERO   = 2147483648", NULL},
     {0.0, 2147483655.0, 2147483647.0}},
    {64, {1, 0xffffffffffffffff, 1ULL << 40}, {"BLANK   = -1", NULL}, {1.0, NAN, 0x1p40}},
    {64, {0x8000000000000000, 1ULL << 62, 3}, {NULL}, {-0x1p63, 0x1p62, 3.0}},
    {-32, {0x3fc00000, 0x7fc00000, 0xff800000}, {"BLANK   = 5", NULL}, {1.5, NAN, NAN}},
    {-32,
     {0x3fc00000, 0xc2c80000, 0},
     {"BSCALE  = 2", "BZERO   = 1", NULL},
     {4.0, -199.0, 1.0}},
    {-64,
     {0x3ff8000000000000, 0x7ff8000000000001, 0x3fb999999999999a},
     {NULL},
     {1.5, NAN, 0.1}},
};

START_TEST(every_type_is_read_exactly)
{
    const struct typed *t = &types[_i];
    FILE *file = sqn_raw_open(path);
    sqn_fits_stack stack;
    char card[81];

    sqn_raw_card(file, "SIMPLE  =                    T");
    snprintf(card, sizeof card, "BITPIX  = %20d", t->bitpix);
    sqn_raw_card(file, card);
    sqn_raw_card(file, "NAXIS   = 2");
    sqn_raw_card(file, "NAXIS1  = 3");
    sqn_raw_card(file, "NAXIS2  = 1");
    sqn_raw_cards(file, t->cards);
    sqn_raw_end(file);
    for (int i = 0; i < 3; i++) {
        sqn_raw_word(file, t->raw[i], abs(t->bitpix) / 8);
    }
    sqn_raw_pad(file, '\0');
    fclose(file);
    SQN_ASSERT_OK(read_file(&stack), err);
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(isnan(t->truth[i]) ? isnan(stack.value.data[i])
                                         : stack.value.data[i] == (float)t->truth[i],
                      "value %d is %.9g, not %.9g", i, (double)stack.value.data[i],
                      t->truth[i]);
    }
    ck_assert_int_eq(sqn_record_find(&record, SQN_W_PRECISION) != NULL,
                     t->bitpix == 64 && t->truth[0] < 0.0);
    sqn_fits_stack_clear(&stack);
}
END_TEST

enum { NX = 20, NY = 15, NZ = 3, N = NX * NY * NZ };

/* A compressed cube of short or float values. */
static void write_tiles(int codec, int type, void *values)
{
    long axes[3] = {NX, NY, NZ};
    fitsfile *fits = NULL;
    int status = 0, version = 3;
    float missing = -99.0F;
    char name[] = "SCI";

    (void)remove(path);
    fits_create_diskfile(&fits, path, &status);
    fits_set_compression_type(fits, codec, &status);
    fits_set_quantize_level(fits, codec == RICE_1 ? 16.0F : 0.0F, &status);
    fits_create_img(fits, type == TFLOAT ? FLOAT_IMG : SHORT_IMG, 3, axes, &status);
    fits_update_key(fits, TSTRING, "EXTNAME", name, NULL, &status);
    fits_update_key(fits, TINT, "EXTVER", &version, NULL, &status);
    if (type == TFLOAT) {
        fits_write_imgnull(fits, type, 1, N, values, &missing, &status);
    } else {
        fits_write_img(fits, type, 1, N, values, &status);
    }
    fits_write_chksum(fits, &status);
    fits_close_file(fits, &status);
    ck_assert_int_eq(status, 0);
}

/* An uneven scene with one missing pixel. */
static void make_scene(float *scene, short *rounded)
{
    for (int i = 0; i < N; i++) {
        scene[i] = 100.0F + 40.0F * sinf(0.7F * (float)i) + 0.01F * (float)(i * i % 97);
        rounded[i] = (short)scene[i];
    }
    scene[77] = -99.0F;
}

START_TEST(tiles_are_read_like_plain_images)
{
    static const int codecs[] = {RICE_1, GZIP_1, GZIP_2};
    static float scene[N];
    static short rounded[N];
    sqn_fits_stack stack;
    char text[80];

    make_scene(scene, rounded);
    for (int c = 0; c < 3; c++) {
        write_tiles(codecs[c], TSHORT, rounded);
        SQN_ASSERT_OK(read_file(&stack), err);
        ck_assert(stack.n_frame == NZ && stack.ny == NY && stack.nx == NX);
        ck_assert_int_eq(stack.frames[2].extver, 3);
        for (int i = 0; i < N; i++) {
            ck_assert_float_eq(stack.value.data[i], (float)rounded[i]);
        }
        ck_assert(!sqn_header_text(text, sizeof text, stack.image, "ZCMPTYPE"));
        ck_assert(sqn_header_text(text, sizeof text, stack.image, "EXTNAME"));
        sqn_fits_stack_clear(&stack);
        write_tiles(codecs[c], TFLOAT, scene);
        SQN_ASSERT_OK(read_file(&stack), err);
        ck_assert(isnan(stack.value.data[77]));
        ck_assert_int_eq(stack.frames[0].n_missing, 1);
        for (int i = 0; i < N; i++) { /* RICE quantizes to a sixteenth of the noise */
            ck_assert(i == 77 || fabsf(stack.value.data[i] - scene[i]) <=
                                     (codecs[c] == RICE_1 ? 2.0F : 0.0F));
        }
        sqn_fits_stack_clear(&stack);
    }
}
END_TEST

START_TEST(codecs_that_are_not_safe_are_unavailable)
{
    static float scene[N];
    static short rounded[N];
    sqn_fits_stack stack;

    make_scene(scene, rounded);
    write_tiles(HCOMPRESS_1, TSHORT, rounded);
    SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_UNAVAILABLE);
    ck_assert_str_eq(err.where, "p.fits:HDU 1 (SCI)");
    write_tiles(PLIO_1, TSHORT, rounded);
    SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_UNAVAILABLE);
}
END_TEST

/* Replace a card of the file, wherever it stands; CHECKSUM and DATASUM lose their meaning. */
static void damage(const unsigned char *good, size_t n, const char *keyword,
                   const char *card)
{
    static unsigned char bytes[60000];

    ck_assert_uint_le(n, sizeof bytes);
    memcpy(bytes, good, n);
    for (size_t at = 0; at + 80 <= n; at += 80) {
        if (memcmp(bytes + at, keyword, strlen(keyword)) == 0) {
            char padded[81];

            snprintf(padded, sizeof padded, "%-80.80s", card);
            memcpy(bytes + at, padded, 80);
        }
        if (memcmp(bytes + at, "CHECKSUM", 8) == 0 ||
            memcmp(bytes + at, "DATASUM ", 8) == 0) {
            memcpy(bytes + at, "COMMENT ", 8);
        }
    }
    sqn_raw_save(path, bytes, n);
}

START_TEST(tiles_that_hurt_cfitsio_are_refused)
{
    static const struct {
        const char *keyword, *card;
        sqn_id id;
    } cases[] = {
        {"ZTILE1", "ZTILE1  = 0", SQN_E_FITS_COMPRESS},
        {"ZTILE2", "ZTILE2  = 99", SQN_E_FITS_COMPRESS},
        {"ZTILE1", "ZTILE1  = 1234567890123456789012345678901234567890",
         SQN_E_FITS_COMPRESS},
        {"ZNAXIS ", "ZNAXIS  = 4444444444444444444444444444444444444444",
         SQN_E_FITS_HEADER},
        {"ZNAXIS2", "ZNAXIS2 = 16", SQN_E_FITS_COMPRESS},
        {"ZNAXIS1", "ZNAXIS1 = -20", SQN_E_FITS_HEADER},
        {"ZBITPIX", "ZBITPIX = 17", SQN_E_FITS_HEADER},
        {"ZCMPTYPE", "ZCMPTYPE= 'LZMA_1  '", SQN_E_FITS_COMPRESS},
        {"ZNAME1", "ZNAME1  = 'BYTEPIX '",
         SQN_E_FITS_COMPRESS}, /* a block size of pixels */
        {"ZVAL1", "ZVAL1   = 0", SQN_E_FITS_COMPRESS},
        {"TTYPE1", "TTYPE1  = 'SURPRISE'", SQN_E_FITS_COMPRESS},
        {"TFORM1", "TFORM1  = '1PD(99) '", SQN_E_FITS_COMPRESS},
        {"TFORM1", "TFORM1  = '2PB(99) '", SQN_E_FITS_HEADER},
        {"XTENSION", "XTENSION= 'BINTABLE'", SQN_NO_ID}, /* nothing broken: read */
    };
    static unsigned char good[60000];
    static float scene[N];
    static short rounded[N];
    sqn_fits_stack stack;

    make_scene(scene, rounded);
    write_tiles(RICE_1, TSHORT, rounded);

    const size_t n = sqn_raw_load(good, sizeof good, path);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        damage(good, n, cases[i].keyword, cases[i].card);

        const sqn_status status = read_file(&stack);

        ck_assert_msg((status == SQN_OK ? SQN_NO_ID : err.id) == cases[i].id, "%s: %s",
                      cases[i].card, err.message);
        sqn_fits_stack_clear(&stack);
    }
    damage(good, n, "EXTVER ", "ZDITHER0= 0");
    SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_FITS_COMPRESS);
    damage(good, n, "EXTVER ", "ZDITHER0= 10001");
    SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_FITS_COMPRESS);
    damage(good, n, "EXTVER ", "THEAP   = 3");
    SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_FITS_COMPRESS);
}
END_TEST

START_TEST(a_descriptor_outside_the_heap_is_refused)
{
    static unsigned char good[60000];
    static float scene[N];
    static short rounded[N];
    sqn_fits_stack stack;
    size_t data = 2880;

    make_scene(scene, rounded);
    write_tiles(RICE_1, TSHORT, rounded);

    const size_t n = sqn_raw_load(good, sizeof good, path);

    while (memcmp(good + data, "END     ", 8) != 0) {
        data += 80;
    }
    data = (data / 2880 + 1) * 2880;
    for (size_t i = 0; i < 8; i += 4) { /* length, then offset of the second tile */
        good[data + 8 + i] ^= 0x40;
        damage(good, n, "COMMENT ", "COMMENT");
        SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_FITS_COMPRESS);
        ck_assert_ptr_nonnull(strstr(err.message, "tile 2 "));
        good[data + 8 + i] ^= 0x40;
    }
}
END_TEST

START_TEST(a_tile_that_ends_too_early_is_refused)
{
    static unsigned char good[60000];
    static float scene[N];
    static short rounded[N];
    sqn_fits_stack stack;

    make_scene(scene, rounded);
    for (int c = 0; c < 2; c++) {
        size_t data = 2880;

        write_tiles(c == 0 ? RICE_1 : GZIP_2, TSHORT, rounded);

        const size_t n = sqn_raw_load(good, sizeof good, path);

        while (memcmp(good + data, "END     ", 8) != 0) {
            data += 80;
        }
        data = (data / 2880 + 1) * 2880;
        good[data + 8 + 3]--; /* length of the second tile */
        damage(good, n, "COMMENT ", "COMMENT");
        SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_FITS_COMPRESS);
        ck_assert_ptr_nonnull(strstr(err.message, "tile 2 of COMPRESSED_DATA is damaged"));
    }
}
END_TEST

START_TEST(a_changed_byte_does_not_pass_the_checksum)
{
    static unsigned char bytes[60000];
    static float scene[N];
    static short rounded[N];
    sqn_fits_stack stack;

    make_scene(scene, rounded);
    write_tiles(GZIP_1, TSHORT, rounded);

    const size_t n = sqn_raw_load(bytes, sizeof bytes, path);

    bytes[n - 2000] ^= 0x04;
    sqn_raw_save(path, bytes, n);
    SQN_ASSERT_FAILS(read_file(&stack), err, SQN_E_FITS_CHECKSUM);
    ck_assert_str_eq(err.where, "p.fits:HDU 1:DATASUM");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_planes");
    TCase *tcase = tcase_create("pixels");

    tcase_add_loop_test(tcase, every_type_is_read_exactly, 0,
                        (int)(sizeof types / sizeof types[0]));
    tcase_add_test(tcase, tiles_are_read_like_plain_images);
    tcase_add_test(tcase, codecs_that_are_not_safe_are_unavailable);
    tcase_add_test(tcase, tiles_that_hurt_cfitsio_are_refused);
    tcase_add_test(tcase, a_descriptor_outside_the_heap_is_refused);
    tcase_add_test(tcase, a_tile_that_ends_too_early_is_refused);
    tcase_add_test(tcase, a_changed_byte_does_not_pass_the_checksum);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
