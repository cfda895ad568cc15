/** @file check_fits_preflight.c @brief Broken files are refused with the right id and place. */
#include "fits_preflight.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "sequin/fits.h"
#include "sqn_check.h"
#include "sqn_raw.h"
#include "sqn_record.h"

static sqn_error err;
static sqn_record record;

/* Read a file with every default. */
static sqn_status read_file(const char *path, sqn_fits_stack *stack)
{
    char name[64];
    char *names[1] = {name};
    const sqn_fits_files files = {1, names};
    const sqn_fits_source source = {.files = &files};
    const sqn_log log = sqn_record_log(&record);

    snprintf(name, sizeof name, "%s", path);
    return sqn_fits_stack_read(stack, &source, INT_MIN, &log, &err);
}

static void expect_refused(const char *path, sqn_id id, const char *where)
{
    sqn_fits_stack stack;

    SQN_ASSERT_FAILS(read_file(path, &stack), err, id);
    ck_assert_str_eq(err.where, where);
    ck_assert_ptr_null(stack.value.data);
}

/* A primary header of these cards and n zero bytes. */
static void write_file(const char *path, const char *const *cards, int n)
{
    FILE *file = sqn_raw_open(path);

    sqn_raw_cards(file, cards);
    sqn_raw_end(file);
    for (int i = 0; i < n; i++) {
        fputc(1, file);
    }
    sqn_raw_pad(file, '\0');
    fclose(file);
}

#define SIMPLE "SIMPLE  =                    T"
#define SHORT  "BITPIX  =                   16"
#define FLOATS "BITPIX  =                  -32"
#define TWO    "NAXIS   =                    2"
#define X4     "NAXIS1  =                    4"
#define Y3     "NAXIS2  =                    3"

static const struct broken {
    const char *cards[10];
    sqn_id id;
    const char *where;
} broken[] = {
    {{SIMPLE, "BITPIX  = 17", TWO, X4, Y3}, SQN_E_FITS_HEADER, "b.fits:HDU 0:BITPIX"},
    {{SIMPLE, "BITPIX  = -16", TWO, X4, Y3}, SQN_E_FITS_HEADER, "b.fits:HDU 0:BITPIX"},
    {{SIMPLE, "BITPIX  = '16'", TWO, X4, Y3}, SQN_E_FITS_HEADER, "b.fits:HDU 0:BITPIX"},
    {{SIMPLE, TWO, SHORT, X4, Y3}, SQN_E_FITS_HEADER, "b.fits:HDU 0:BITPIX"},
    {{SIMPLE, SHORT, "NAXIS   = 2.0", X4, Y3}, SQN_E_FITS_HEADER, "b.fits:HDU 0:NAXIS"},
    {{SIMPLE, SHORT, "NAXIS   = -1"}, SQN_E_FITS_HEADER, "b.fits:HDU 0:NAXIS"},
    {{SIMPLE, SHORT, "NAXIS   = 1000"}, SQN_E_FITS_HEADER, "b.fits:HDU 0:NAXIS"},
    {{SIMPLE, SHORT, TWO, X4}, SQN_E_FITS_HEADER, "b.fits:HDU 0:NAXIS2"},
    {{SIMPLE, SHORT, TWO, Y3, X4}, SQN_E_FITS_HEADER, "b.fits:HDU 0:NAXIS1"},
    {{SIMPLE, SHORT, TWO, "NAXIS1  = -4", Y3}, SQN_E_FITS_HEADER, "b.fits:HDU 0:NAXIS1"},
    {{SIMPLE, SHORT, TWO, X4, "NAXIS2  = 3333333333333333333333333333333333333333"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:NAXIS2"},
    {{SIMPLE, SHORT, TWO, X4, Y3, X4}, SQN_E_FITS_HEADER, "b.fits:HDU 0:NAXIS1"},
    {{SIMPLE, SHORT, TWO, X4, Y3, FLOATS}, SQN_E_FITS_HEADER, "b.fits:HDU 0:BITPIX"},
    {{"SIMPLE  =                    F", SHORT, TWO, X4, Y3},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:SIMPLE"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "PCOUNT  = -1"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:PCOUNT"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "PCOUNT  = 2"}, SQN_E_FITS_HEADER, "b.fits:HDU 0:PCOUNT"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "GCOUNT  = 2"}, SQN_E_FITS_HEADER, "b.fits:HDU 0:GCOUNT"},
    {{SIMPLE, SHORT, TWO, "NAXIS1  = 4294967296", "NAXIS2  = 4294967296"},
     SQN_E_FITS_SIZE,
     "b.fits:HDU 0"},
    {{SIMPLE, SHORT, TWO, "NAXIS1  = 9223372036854775807", "NAXIS2  = 2"},
     SQN_E_FITS_SIZE,
     "b.fits:HDU 0"},
    {{SIMPLE, SHORT, TWO, "NAXIS1  = 1000000", "NAXIS2  = 1000000"},
     SQN_E_FITS_TRUNC,
     "b.fits:HDU 0"},
    {{SIMPLE, SHORT, "NAXIS   = 0"}, SQN_E_FITS_HDU, "b.fits"},
    {{SIMPLE, SHORT, TWO, "NAXIS1  = 0", Y3}, SQN_E_FITS_HDU, "b.fits"},
    {{SIMPLE, SHORT, "NAXIS   = 1", X4}, SQN_E_SHAPE, "b.fits:HDU 0"},
    {{SIMPLE, SHORT, "NAXIS   = 4", "NAXIS1  = 2", "NAXIS2  = 2", "NAXIS3  = 2",
      "NAXIS4  = 2"},
     SQN_E_SHAPE,
     "b.fits:HDU 0"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "BSCALE  = 2.0x"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:BSCALE"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "BSCALE  = 0.0"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:BSCALE"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "BZERO   = NaN"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:BZERO"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "BLANK   = 40000"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:BLANK"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "BLANK   = 1.5"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:BLANK"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "BLANK   = 1111111111111111111111111111111111111111"},
     SQN_E_FITS_HEADER,
     "b.fits:HDU 0:BLANK"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "DATASUM = '1       '"},
     SQN_E_FITS_CHECKSUM,
     "b.fits:HDU 0:DATASUM"},
    {{SIMPLE, SHORT, TWO, X4, Y3, "CHECKSUM= 'ABCDABCDABCDABCD'"},
     SQN_E_FITS_CHECKSUM,
     "b.fits:HDU 0:CHECKSUM"},
    {{SIMPLE, SHORT, "NAXIS   = 3", "NAXIS1  = 0", "NAXIS2  = 2", "NAXIS3  = 2",
      "GROUPS  =                    T"},
     SQN_E_FITS_HDU,
     "b.fits"},
};

START_TEST(broken_headers_are_refused_by_keyword)
{
    const struct broken *b = &broken[_i];

    write_file("b.fits", b->cards, 100);
    expect_refused("b.fits", b->id, b->where);
}
END_TEST

START_TEST(values_that_hurt_cfitsio_are_harmless)
{
    static const char *const cards[] = {
        SIMPLE,
        SHORT,
        TWO,
        X4,
        Y3,
        "EXPTIME = 'text where a number belongs, longer than 29 characters'",
        "EXTVER  = 99999999999999999999999999999999999999999999",
        "ZNAXIS  = 4444444444444444444444444444444444444444",
        "SDQFLAGS= 18446744073709551616",
        NULL};
    sqn_fits_stack stack;

    write_file("b.fits", cards, 24);
    SQN_ASSERT_OK(read_file("b.fits", &stack), err);
    ck_assert_float_eq(stack.value.data[11], 257.0F);
    sqn_fits_stack_clear(&stack);
}
END_TEST

START_TEST(files_that_are_not_fits_are_named_for_what_they_are)
{
    static const struct {
        const char *text, *said;
    } files[] = {
        {"<html><body>404</body></html>", "HTML"},
        {"version https://git-lfs.github.com/spec/v1\noid", "Git LFS"},
        {"\x89PNG\r\n", "PNG"},
        {"PK\x03\x04", "ZIP"},
        {"hello, this is a text", "text"},
        {"SIMPLY  =                    T", "damaged"},
        {"x\001\002", "binary"},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        sqn_raw_save("n.fits", (const unsigned char *)files[i].text, strlen(files[i].text));
        expect_refused("n.fits", SQN_E_FITS_NOTFITS, "n.fits");
        if (strncmp(files[i].text, "SIMPLY", 6) != 0) {
            ck_assert_msg(strstr(err.message, files[i].said) != NULL, "%s", err.message);
        }
    }
    sqn_raw_save("n.fits", (const unsigned char *)"", 0);
    expect_refused("n.fits", SQN_E_FITS_NOTFITS, "n.fits");
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_at_once)
{
    (void)mkdir("folder", 0700);
    (void)unlink("pipe");
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    (void)unlink("loop");
    ck_assert_int_eq(symlink("loop", "loop"), 0);
    expect_refused("folder", SQN_E_IN_NOTFILE, "folder");
    expect_refused("pipe", SQN_E_IN_NOTFILE, "pipe");
    expect_refused("/dev/zero", SQN_E_IN_NOTFILE, "/dev/zero");
    expect_refused("loop", SQN_E_IN_MISSING, "loop");
    expect_refused("absent.fits", SQN_E_IN_MISSING, "absent.fits");
}
END_TEST

START_TEST(a_name_is_never_taken_for_another_file)
{
    static const char *const names[] = {"~nosuchuser/x",     "g.fits[0]", "!g.fits",
                                        " g.fits",           "mem://x",   "-",
                                        "http://localhost/g"};
    static const char *const cards[] = {SIMPLE, SHORT, TWO, X4, Y3, NULL};

    write_file("g.fits", cards, 24);
    write_file("shadow.fits.gz", cards, 24);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        expect_refused(names[i], SQN_E_IN_MISSING, names[i]);
    }
    expect_refused("shadow.fits", SQN_E_IN_MISSING, "shadow.fits");
    ck_assert_ptr_nonnull(strstr(err.fix, "shadow.fits.gz"));
}
END_TEST

START_TEST(padding_and_trailing_bytes_are_warnings)
{
    static const char *const cards[] = {SIMPLE, SHORT, TWO, X4, Y3, NULL};
    static unsigned char bytes[20000];
    sqn_fits_stack stack;

    write_file("p.fits", cards, 24);

    const size_t n = sqn_raw_load(bytes, sizeof bytes, "p.fits");

    sqn_raw_save("p.fits", bytes, n - 100);
    SQN_ASSERT_OK(read_file("p.fits", &stack), err);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_FITS_PADDING));
    sqn_fits_stack_clear(&stack);
    sqn_raw_save("p.fits", bytes, n + 2880);
    SQN_ASSERT_OK(read_file("p.fits", &stack), err);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_FITS_TRAILING));
    sqn_fits_stack_clear(&stack);
}
END_TEST

START_TEST(a_broken_second_hdu_is_a_warning_unless_it_is_wanted)
{
    static const float values[12] = {2.385F, 1.0F};
    FILE *file = sqn_raw_open("s.fits");
    sqn_fits_stack stack;

    sqn_raw_image(file, NULL, (const int[4]){4, 3, 0, 0}, NULL, values);
    sqn_raw_card(file, "XTENSION= 'IMAGE   '");
    sqn_raw_card(file, "BITPIX  = 99");
    sqn_raw_end(file);
    fclose(file);
    SQN_ASSERT_OK(read_file("s.fits", &stack), err);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_FITS_HDU));
    ck_assert_str_eq(sqn_record_find(&record, SQN_W_FITS_HDU)->where,
                     "s.fits:HDU 1:BITPIX");
    sqn_fits_stack_clear(&stack);
}
END_TEST

START_TEST(odd_bytes_in_a_header_are_a_warning)
{
    static const char *const cards[] = {SIMPLE, SHORT, TWO, X4, Y3, "OBJECT  = 'a\033[31m'",
                                        NULL};
    sqn_fits_stack stack;
    char text[80];

    write_file("o.fits", cards, 24);
    SQN_ASSERT_OK(read_file("o.fits", &stack), err);
    ck_assert_ptr_nonnull(sqn_record_find(&record, SQN_W_FITS_HEADER));
    ck_assert(sqn_header_text(text, sizeof text, stack.primary, "OBJECT"));
    ck_assert_str_eq(text, "a?[31m");
    sqn_fits_stack_clear(&stack);
}
END_TEST

static void write_gzip(const char *path, const unsigned char *bytes, size_t n)
{
    gzFile file = gzopen(path, "wb");

    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)n), (int)n);
    gzclose(file);
}

START_TEST(gzip_is_inflated_and_checked)
{
    static const char *const cards[] = {SIMPLE, SHORT, TWO, X4, Y3, NULL};
    static unsigned char bytes[20000], packed[20000];
    sqn_fits_stack stack;

    write_file("z.fits", cards, 24);

    const size_t n = sqn_raw_load(bytes, sizeof bytes, "z.fits");

    write_gzip("z.fits.gz", bytes, n);
    SQN_ASSERT_OK(read_file("z.fits.gz", &stack), err);
    ck_assert_float_eq(stack.value.data[0], 257.0F);
    sqn_fits_stack_clear(&stack);

    const size_t n_packed = sqn_raw_load(packed, sizeof packed, "z.fits.gz");

    for (size_t cut = 3; cut < n_packed; cut++) {
        sqn_raw_save("c.gz", packed, cut);
        expect_refused("c.gz", SQN_E_FITS_COMPRESS, "c.gz");
    }
    for (size_t i = n_packed - 8; i < n_packed; i++) { /* CRC, then size */
        packed[i] ^= 0x10;
        sqn_raw_save("c.gz", packed, n_packed);
        expect_refused("c.gz", SQN_E_FITS_COMPRESS, "c.gz");
        packed[i] ^= 0x10;
    }
}
END_TEST

START_TEST(a_gzip_of_two_members_is_one_file)
{
    static const char *const cards[] = {SIMPLE, SHORT, TWO, X4, Y3, NULL};
    static unsigned char bytes[20000], packed[20000];
    sqn_fits_stack stack;

    write_file("z.fits", cards, 24);

    const size_t n = sqn_raw_load(bytes, sizeof bytes, "z.fits");

    write_gzip("z1.gz", bytes, 2880);
    write_gzip("z2.gz", bytes + 2880, n - 2880);

    const size_t n1 = sqn_raw_load(packed, sizeof packed, "z1.gz");
    const size_t n2 = sqn_raw_load(packed + n1, sizeof packed - n1, "z2.gz");

    sqn_raw_save("z.fits.gz", packed, n1 + n2);
    SQN_ASSERT_OK(read_file("z.fits.gz", &stack), err);
    ck_assert_float_eq(stack.value.data[11], 257.0F);
    sqn_fits_stack_clear(&stack);
}
END_TEST

START_TEST(a_gzip_bomb_is_refused)
{
    static unsigned char zeros[1 << 20], packed[20000];

    write_gzip("z1.gz", zeros, sizeof zeros);

    const size_t n = sqn_raw_load(packed, sizeof packed, "z1.gz");
    FILE *file = sqn_raw_open("bomb.gz");

    for (int i = 0; i < 260; i++) { /* as many members of 1 MiB of zeros */
        ck_assert_uint_eq(fwrite(packed, 1, n, file), n);
    }
    fclose(file);
    expect_refused("bomb.gz", SQN_E_FITS_SIZE, "bomb.gz");
}
END_TEST

START_TEST(long_headers_and_many_hdus_are_read)
{
    static const float values[4] = {1.0F, 2.0F, 3.0F, 2.385F};
    FILE *file = sqn_raw_open("long.fits");
    sqn_fits_stack stack;
    char text[100];

    sqn_raw_card(file, SIMPLE);
    sqn_raw_card(file, FLOATS);
    sqn_raw_card(file, "NAXIS   = 0");
    for (int i = 0; i < 10000; i++) {
        snprintf(text, sizeof text, "K%d      = %d", i % 9999, i);
        sqn_raw_card(file, i % 2 == 0 ? "HISTORY nothing" : text);
    }
    sqn_raw_end(file);
    for (int i = 0; i < 1200; i++) {
        sqn_raw_image(file, "EMPTY", (const int[4]){0, 0, 0, 0}, NULL, NULL);
    }
    sqn_raw_image(file, "SCI", (const int[4]){2, 2, 0, 0}, NULL, values);
    fclose(file);
    SQN_ASSERT_OK(read_file("long.fits", &stack), err);
    ck_assert_int_eq(stack.frames[0].hdu, 1201);
    ck_assert_float_eq(stack.value.data[3], 2.385F);
    sqn_fits_stack_clear(&stack);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_preflight");
    TCase *tcase = tcase_create("refusals");

    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, broken_headers_are_refused_by_keyword, 0,
                        (int)(sizeof broken / sizeof broken[0]));
    tcase_add_test(tcase, values_that_hurt_cfitsio_are_harmless);
    tcase_add_test(tcase, files_that_are_not_fits_are_named_for_what_they_are);
    tcase_add_test(tcase, what_is_no_regular_file_is_refused_at_once);
    tcase_add_test(tcase, a_name_is_never_taken_for_another_file);
    tcase_add_test(tcase, padding_and_trailing_bytes_are_warnings);
    tcase_add_test(tcase, a_broken_second_hdu_is_a_warning_unless_it_is_wanted);
    tcase_add_test(tcase, odd_bytes_in_a_header_are_a_warning);
    tcase_add_test(tcase, gzip_is_inflated_and_checked);
    tcase_add_test(tcase, a_gzip_of_two_members_is_one_file);
    tcase_add_test(tcase, a_gzip_bomb_is_refused);
    tcase_add_test(tcase, long_headers_and_many_hdus_are_read);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
