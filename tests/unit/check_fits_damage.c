/** @file check_fits_damage.c @brief Damaged files are read or refused, and never crash us. */
#include <fcntl.h>
#include <fitsio.h>
#include <limits.h>
#include <unistd.h>

#include "sequin/fits.h"
#include "sqn_check.h"
#include "sqn_raw.h"

static sqn_error err;
static char path[] = "d.fits";
static char *paths[1] = {path};
static const sqn_fits_files files = {1, paths};

/* Read or be refused as data; anything else fails the test. */
static sqn_status try_file(const char *what, size_t at)
{
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack stack;
    const sqn_status status = sqn_fits_stack_read(&stack, &source, 0, NULL, &err);

    ck_assert_msg(status == SQN_OK || status == SQN_ERR_DATA ||
                      status == SQN_ERR_UNAVAILABLE,
                  "%s %zu: %s", what, at, err.message);
    ck_assert(status == SQN_OK || err.id != SQN_NO_ID);
    ck_assert(status == SQN_OK || err.where[0] != '\0');
    sqn_fits_stack_clear(&stack);
    return status;
}

static void write_plain(void)
{
    static const char *const cards[] = {"BSCALE  = 1.0", "BZERO   = 0.0", "EXTEND  = T",
                                        "EXPTIME = 2.5", NULL};
    static const float values[24] = {1.0F, 2.385F};
    FILE *file = sqn_raw_open(path);

    sqn_raw_image(file, "SCI", (const int[4]){4, 3, 2, 0}, cards, values);
    sqn_raw_image(file, "ERR", (const int[4]){4, 3, 2, 0}, NULL, values);
    fclose(file);
}

/* Flip one bit after the other of bytes [first, last) with a stride; count the refusals. */
static int flip(size_t first, size_t last, size_t stride)
{
    const int fd = open(path, O_RDWR);
    int n_refused = 0;

    ck_assert_int_ge(fd, 0);
    for (size_t bit = 8 * first; bit < 8 * last; bit += stride) {
        unsigned char byte = 0;
        const off_t at = (off_t)(bit / 8);

        ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
        byte ^= (unsigned char)(1U << bit % 8);
        ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
        n_refused += try_file("bit", bit) != SQN_OK ? 1 : 0;
        byte ^= (unsigned char)(1U << bit % 8);
        ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
    return n_refused;
}

START_TEST(any_flipped_bit_of_a_header_is_survived)
{
    write_plain();
    ck_assert_int_gt(flip(0, 2880, 1), 1000); /* most of the mandatory cards' bits */
    ck_assert_int_eq(try_file("intact", 0), SQN_OK);
}
END_TEST

START_TEST(any_truncation_is_refused)
{
    size_t n = 0;

    write_plain();

    FILE *file = fopen(path, "rb");

    ck_assert_ptr_nonnull(file);
    fseek(file, 0, SEEK_END);
    n = (size_t)ftell(file);
    fclose(file);
    for (size_t cut = n - 1; cut > 0; cut -= cut > 7 ? 7 : cut) {
        ck_assert_int_eq(truncate(path, (off_t)cut), 0);

        const sqn_status status = try_file("cut", cut);

        /* Only padding may be lost, or all of the second HDU but for less than a card. */
        ck_assert(status != SQN_OK || cut >= 8640 + 96 ||
                  (cut >= 2880 + 96 && cut < 5760 + 80));
        ck_assert(status == SQN_OK || err.id == SQN_E_FITS_TRUNC ||
                  err.id == SQN_E_FITS_NOTFITS);
    }
}
END_TEST

/* A tile-compressed cube of shorts. */
static size_t write_tiles(int codec)
{
    short values[20 * 15];
    long axes[2] = {20, 15};
    fitsfile *fits = NULL;
    int status = 0;
    static unsigned char bytes[60000];

    for (int i = 0; i < 300; i++) {
        values[i] = (short)(i * i % 1009);
    }
    (void)remove(path);
    fits_create_diskfile(&fits, path, &status);
    fits_set_compression_type(fits, codec, &status);
    fits_create_img(fits, SHORT_IMG, 2, axes, &status);
    fits_write_img(fits, TSHORT, 1, 300, values, &status);
    fits_close_file(fits, &status);
    ck_assert_int_eq(status, 0);
    return sqn_raw_load(bytes, sizeof bytes, path);
}

START_TEST(flipped_bits_of_tiles_are_survived)
{
    const int codec = _i == 0 ? RICE_1 : GZIP_2;
    const size_t n = write_tiles(codec);

    ck_assert_int_gt(flip(2880, n, 37), 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_damage");
    TCase *tcase = tcase_create("survival");

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, any_flipped_bit_of_a_header_is_survived);
    tcase_add_test(tcase, any_truncation_is_refused);
    tcase_add_loop_test(tcase, flipped_bits_of_tiles_are_survived, 0, 2);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
