/** @file check_png.c @brief PNG files hold the pixels, and say so in every checksum. */
#include "png.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "rng.h"
#include "sqn_check.h"

enum { WIDTH = 1211, HEIGHT = 41, STRIDE = 4 * WIDTH + 12, ROW = 1 + 3 * WIDTH };
enum { FILE_MAX_BYTES = 200000 };

static unsigned char pixels[HEIGHT * STRIDE], file[FILE_MAX_BYTES], packed[FILE_MAX_BYTES];
static unsigned char raw[HEIGHT * ROW];
static const png_picture picture = {WIDTH, HEIGHT, STRIDE, pixels};

static uint32_t pixel_at(int64_t y, int64_t x)
{
    return 0xff000000U | (uint32_t)(16777216.0 * (double)sqn__rng_uniform(
                                                     6, (uint64_t)y, (uint64_t)(x / 2)));
}

static void fill(void)
{
    for (int64_t i = 0; i < (int64_t)HEIGHT * WIDTH; i++) {
        const uint32_t pixel = pixel_at(i / WIDTH, i % WIDTH);

        memcpy(pixels + i / WIDTH * STRIDE + i % WIDTH * 4, &pixel, sizeof pixel);
    }
}

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           bytes[3];
}

/* Check every chunk; the pieces of IDAT go to `packed`. Returns how many bytes they have. */
static size_t unpack(size_t size)
{
    size_t at = 8, n_packed = 0;

    while (at < size) {
        const uint32_t n = number_at(file + at);
        const unsigned char *type = file + at + 4;

        ck_assert_uint_le(at + 12 + n, size);
        ck_assert_uint_eq(number_at(type + 4 + n), crc32(0, type, 4 + n));
        if (memcmp(type, "IDAT", 4) == 0) {
            memcpy(packed + n_packed, type + 4, n);
            n_packed += n;
        }
        at += 12 + n;
    }
    ck_assert_uint_eq(at, size);
    return n_packed;
}

START_TEST(the_pixels_come_back)
{
    uLongf n_raw = sizeof raw;

    fill();
    ck_assert(png_is_opaque(&picture));
    ck_assert(png_write("picture.png", &picture));
    ck_assert(png_is_complete("picture.png"));
    FILE *stream = fopen("picture.png", "rb");

    ck_assert_ptr_nonnull(stream);
    const size_t size = fread(file, 1, sizeof file, stream);

    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_uint_eq(number_at(file + 16), WIDTH);
    ck_assert_uint_eq(number_at(file + 20), HEIGHT);
    ck_assert_int_eq(file[24], 8); /* bits */
    ck_assert_int_eq(file[25], 2); /* RGB */
    const size_t n_packed = unpack(size);

    ck_assert_uint_gt(n_packed, 1 << 15); /* more than one chunk */
    ck_assert_int_eq(uncompress(raw, &n_raw, packed, n_packed), Z_OK);
    ck_assert_uint_eq(n_raw, sizeof raw);
    for (int64_t i = 0; i < (int64_t)HEIGHT * WIDTH; i++) {
        const unsigned char *rgb = raw + i / WIDTH * ROW + 1 + i % WIDTH * 3;
        const uint32_t found = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];

        ck_assert_uint_eq(found | 0xff000000U, pixel_at(i / WIDTH, i % WIDTH));
    }
}
END_TEST

START_TEST(what_is_seen_through_is_told)
{
    uint32_t pixel = pixel_at(3, 7) & 0x7fffffffU;

    fill();
    memcpy(pixels + INT64_C(3) * STRIDE + INT64_C(7) * 4, &pixel, sizeof pixel);
    ck_assert(!png_is_opaque(&picture));
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
    fill();
    ck_assert(!png_write("no such folder/picture.png", &picture));
    ck_assert(!png_write("/dev/full", &picture));
    ck_assert(!png_is_complete("no such folder/picture.png"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("png");
    TCase *tcase = tcase_create("files");

    tcase_add_test(tcase, the_pixels_come_back);
    tcase_add_test(tcase, what_is_seen_through_is_told);
    tcase_add_test(tcase, what_cannot_be_written_is_told);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
