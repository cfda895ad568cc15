/** @file check_plot_png.c @brief Files of pages: how they are compressed, and where they end. */
#include <unistd.h>
#include <zlib.h>

#include "plot.h"
#include "plot_png.h"
#include "sqn_check.h"
#include "sqn_picture.h"

enum { WIDTH = 40, HEIGHT = 20 }; /* (pixels) */
enum { ROW = 1 + 3 * WIDTH };     /* (bytes) a row begins with its filter */

static sqn_error err;

/* A page of paper with a rectangle from (6, 4) to (30, 16), counted from its lower left. */
static void draw_page(const char *path)
{
    const double unit = 1.0 / plot_density();
    const plot_box box = {6.0 * unit, 4.0 * unit, 30.0 * unit, 16.0 * unit};
    plot_page page;

    SQN_ASSERT_OK(plot_open(&page, path, WIDTH * unit, HEIGHT * unit, &err), err);
    plot_rectangle(PLOT_BLUE, &box);
    SQN_ASSERT_OK(plot_close(&page, &err), err);
}

static uint32_t big_endian(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What all chunks of pixels hold, one after the other. Returns the bytes. */
static size_t compressed(unsigned char *out, const unsigned char *png, size_t size)
{
    size_t n = 0;

    for (size_t at = 8; at + 12 <= size; at += 12 + big_endian(png + at)) {
        if (memcmp(png + at + 4, "IDAT", 4) == 0) {
            memcpy(out + n, png + at + 8, big_endian(png + at));
            n += big_endian(png + at);
        }
    }
    return n;
}

START_TEST(a_page_is_compressed_at_the_fastest_level_without_filters)
{
    static const unsigned char paper[3] = {255, 255, 255}, blue[3] = {0, 114, 178};
    unsigned char *png = malloc(BYTES_MAX), *packed = malloc(BYTES_MAX);
    unsigned char rows[HEIGHT][ROW];
    uLongf n_byte = sizeof rows;

    ck_assert(png != NULL && packed != NULL);
    draw_page("page.png");
    const size_t n_packed = compressed(packed, png, read_file(png, "page.png"));

    ck_assert_uint_gt(n_packed, 2);
    ck_assert_int_eq(packed[1] >> 6, 0); /* RFC 1950: FLEVEL */
    ck_assert_int_eq(uncompress(&rows[0][0], &n_byte, packed, n_packed), Z_OK);
    ck_assert_uint_eq(n_byte, sizeof rows);
    for (int y = 0; y < HEIGHT; y++) {
        ck_assert_int_eq(rows[y][0], 0);
        for (int x = 0; x < WIDTH; x++) {
            const bool inside = x >= 6 && x < 30 && y >= HEIGHT - 16 && y < HEIGHT - 4;

            ck_assert_mem_eq(&rows[y][1 + 3 * x], inside ? blue : paper, 3);
        }
    }
    free(packed);
    free(png);
}
END_TEST

START_TEST(a_file_cut_short_is_not_complete)
{
    struct stat about;

    draw_page("cut.png");
    ck_assert(plot_png_is_complete("cut.png"));
    ck_assert_int_eq(stat("cut.png", &about), 0);
    ck_assert_int_eq(truncate("cut.png", about.st_size - 1), 0);
    ck_assert(!plot_png_is_complete("cut.png"));
    ck_assert_int_eq(truncate("cut.png", 5), 0);
    ck_assert(!plot_png_is_complete("cut.png"));
    ck_assert_int_eq(unlink("cut.png"), 0);
    ck_assert(!plot_png_is_complete("cut.png"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot_png");
    TCase *tcase = tcase_create("files");

    tcase_add_test(tcase, a_page_is_compressed_at_the_fastest_level_without_filters);
    tcase_add_test(tcase, a_file_cut_short_is_not_complete);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
