/** @file check_plot.c @brief Pictures are whole, the same every time, and never crash. */
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "pictures.h"
#include "plot_imputed.h"
#include "rng.h"
#include "sqn_check.h"
#include "sqn_picture.h"
#include "sqn_wrap.h"

enum { NY = 23, NX = 31, N_COUNT = 3, N_VALUE = N_COUNT * NY * NX };
enum { N_MANY = 40, SIDE = 6, N_MANY_VALUE = N_MANY * SIDE * SIDE };

static sqn_error err;
static float images[N_COUNT][NY][NX], snr[NY][NX];
static uint8_t excluded[NY][NX];
static const int64_t counts[N_COUNT] = {1, 5, 10};
static const plot_sky sky = {16.0, 12.0, 0.027, 0.0, false, false};

/* A ring, noise, a star-shaped hole and a missing corner. */
static void fill_scene(void)
{
    for (int64_t i = 0; i < N_VALUE; i++) {
        const int64_t c = i / NX / NY, y = i / NX % NY, x = i % NX;
        const double r = hypot((double)x - 15.0, (double)y - 11.0);
        const double value = 3.0 * exp(-pow((r - 7.0) / 1.5, 2.0)) +
                             (double)sqn__rng_uniform(7, 1, (uint64_t)i);
        const bool missing = r < 2.0 || (x > 27 && y > 19);

        images[c][y][x] = missing ? NAN : (float)value;
        snr[y][x] = missing ? NAN : (float)(value * 3.0 - 2.0);
        excluded[y][x] = fabs(r - 7.0) < 3.0;
    }
}

static plot_disk_data disk_data(void)
{
    fill_scene();
    return (plot_disk_data){
        N_COUNT,  NY,     NX, &images[0][0][0], counts, &snr[0][0], &excluded[0][0],
        "MJy/sr", "HD 1", sky};
}

START_TEST(a_disk_is_drawn_the_same_in_any_folder)
{
    const plot_disk_data data = disk_data();

    SQN_ASSERT_OK(plot_disk("disk.png", &data, &err), err);
    assert_picture("disk.png");
    ck_assert(mkdir("a folder", 0700) == 0 || errno == EEXIST);
    SQN_ASSERT_OK(plot_disk("a folder/ other.v2.png", &data, &err), err);
    ck_assert(same_bytes("disk.png", "a folder/ other.v2.png"));
}
END_TEST

START_TEST(what_is_asked_for_is_seen)
{
    plot_disk_data data = disk_data();

    SQN_ASSERT_OK(plot_disk("all.png", &data, &err), err);
    data.excluded = NULL;
    SQN_ASSERT_OK(plot_disk("less.png", &data, &err), err);
    ck_assert(!same_bytes("all.png", "less.png"));
    data.sky.north_angle = 35.0;
    SQN_ASSERT_OK(plot_disk("turned.png", &data, &err), err);
    ck_assert(!same_bytes("less.png", "turned.png"));
    data.sky.mirrored = true;
    SQN_ASSERT_OK(plot_disk("mirrored.png", &data, &err), err);
    ck_assert(!same_bytes("turned.png", "mirrored.png"));
    data.sky.turns = true; /* no arrows, wherever North was */
    SQN_ASSERT_OK(plot_disk("no-arrows.png", &data, &err), err);
    ck_assert(!same_bytes("mirrored.png", "no-arrows.png"));
    data.sky.north_angle = 80.0;
    SQN_ASSERT_OK(plot_disk("still.png", &data, &err), err);
    ck_assert(same_bytes("no-arrows.png", "still.png"));
    data.sky.turns = false;
    data.sky.north_angle = 35.0;
    images[N_COUNT - 1][NY / 2][NX - 3] += 100.0F;
    SQN_ASSERT_OK(plot_disk("planet.png", &data, &err), err);
    ck_assert(!same_bytes("mirrored.png", "planet.png"));
}
END_TEST

START_TEST(odd_images_are_drawn_too)
{
    static const float values[6][4] = {{NAN, NAN, NAN, NAN},
                                       {0.0F, 0.0F, 0.0F, 0.0F},
                                       {2.385F, 2.385F, 2.385F, 2.385F},
                                       {-FLT_MAX, FLT_MAX, INFINITY, -INFINITY},
                                       {FLT_TRUE_MIN, 0.0F, -FLT_TRUE_MIN, NAN},
                                       {1.0e-30F, 2.0e30F, 3.0F, NAN}};
    const float *pixels = values[_i / 3];
    static const int64_t shapes[][2] = {{2, 2}, {1, 1}, {1, 4}, {4, 1}};
    const int64_t one = 1;
    plot_disk_data data = {.n_count = 1,
                           .images = pixels,
                           .counts = &one,
                           .snr = pixels,
                           .sky = {1.0, 1.0, NAN, NAN, false, false}};
    plot_components_data comps = {.n = 1, .components = pixels};
    plot_input_data input = {.science = pixels,
                             .reference = pixels,
                             .inner_radius = 0.5,
                             .outer_radius = 1e6,
                             .sky = data.sky};

    for (int s = 0; s < (_i < 3 ? 4 : 1); s++) {
        data.ny = comps.ny = input.ny = shapes[s][0];
        data.nx = comps.nx = input.nx = shapes[s][1];
        if (_i % 3 == 0) {
            SQN_ASSERT_OK(plot_disk("odd.png", &data, &err), err);
        } else if (_i % 3 == 1) {
            SQN_ASSERT_OK(plot_components("odd.png", &comps, &err), err);
        } else {
            SQN_ASSERT_OK(plot_input("odd.png", &input, &err), err);
        }
        assert_picture("odd.png");
    }
}
END_TEST

START_TEST(a_star_nowhere_or_far_away_does_no_harm)
{
    static const double places[] = {NAN, INFINITY, -1e300, 1e12, 0.0};
    plot_disk_data data = disk_data();
    plot_input_data input = {.ny = NY,
                             .nx = NX,
                             .science = &images[0][0][0],
                             .inner_radius = 3.0,
                             .outer_radius = 10.0};

    data.sky.star_x = places[_i];
    data.sky.north_angle = 123.0;
    input.sky = data.sky;
    if (_i % 2 == 0) {
        SQN_ASSERT_OK(plot_disk("far.png", &data, &err), err);
    } else {
        SQN_ASSERT_OK(plot_input("far.png", &input, &err), err);
    }
    assert_picture("far.png");
}
END_TEST

START_TEST(foreign_text_cannot_stop_the_drawing)
{
    static const char *const texts[] = {
        "",
        "\\",
        "_",
        "^{",
        "\xff\xfe",
        "\xc2\xb5Jy arcsec^-2",
        "\xe5\x85\x89 \xf0\x9f\x94\xad",
        "a\nb\t\x01",
        "%s %n \\u\\d\\x{}",
        "a very long title that goes on and on and on and on and "
        "on and on and on and on and on and on and on and on and on and on and on and on "
        "and on "
        "and on and on and on and on and on and on and on and on and on and on and on and "
        "on"};
    const double n_comp[2] = {1.0, 2.0}, frv[2] = {0.2385, 0.1};
    const plot_frv_data data = {2, n_comp, frv, frv, frv, frv, frv, 1, 2, texts[_i]};
    struct stat about;

    SQN_ASSERT_OK(plot_frv("foreign.png", &data, &err), err);
    assert_picture("foreign.png");
    ck_assert_int_eq(stat("foreign.png", &about), 0);
    /* Bytes that are not UTF-8 would end all drawing of text and leave a much smaller page. */
    ck_assert_int_gt(about.st_size, 30000);
}
END_TEST

START_TEST(curves_are_drawn_with_and_without_values)
{
    const double n_comp[4] = {1.0, 2.0, 3.0, 4.0};
    const double falling[4] = {0.2, 0.02, NAN, 2.385e-4};
    const double exact[4] = {1.0, 1e-200, 0.0, -1e-17};
    const double hidden[4] = {0.3, 0.05, 0.04, NAN}, error[4] = {0.1, 0.06, 1.0, NAN};
    const plot_frv_data sets[] = {
        {4, n_comp, falling, falling, exact, NULL, NULL, 2, 0, "HD 1"},
        {1, n_comp, falling, falling, NULL, NULL, NULL, 1, 0, NULL},
        {4, n_comp, NULL, NULL, NULL, NULL, NULL, 99, 0, NULL},
        {0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
        {4, n_comp, falling, falling, exact, hidden, error, 2, 3, "HD 1"}};

    SQN_ASSERT_OK(plot_frv("frv.png", &sets[_i], &err), err);
    assert_picture("frv.png");
    SQN_ASSERT_OK(plot_frv("frv_again.png", &sets[_i], &err), err);
    ck_assert(same_bytes("frv.png", "frv_again.png"));
}
END_TEST

/* A small image has no second row, a large one where anything is filled. */
START_TEST(filled_images_are_drawn_and_enlarged)
{
    enum { SMALL = 30, LARGE = 90 };
    const int64_t n_large = INT64_C(1) * LARGE * LARGE;
    float *pixels = sqn__mem_alloc(3 * n_large, sizeof *pixels);
    struct stat small, large, whole;

    ck_assert_ptr_nonnull(pixels);
    for (int64_t e = 0; e < n_large; e++) {
        pixels[e] = pixels[n_large + e] = sqn__rng_uniform(5, 1, (uint64_t)e);
        pixels[2 * n_large + e] = NAN;
    }
    plot_imputed_data data = {
        SMALL, SMALL,         pixels,  pixels + n_large, pixels + 2 * n_large,
        "adu", "HD 1 (test)", "a.fits"};

    SQN_ASSERT_OK(plot_imputed("small.png", &data, &err), err);
    data.nx = data.ny = LARGE;
    SQN_ASSERT_OK(plot_imputed("whole.png", &data, &err), err);
    pixels[700] = NAN;
    pixels[2 * n_large + 700] = 0.2385F;
    SQN_ASSERT_OK(plot_imputed("large.png", &data, &err), err);
    data.unit = NULL;
    SQN_ASSERT_OK(plot_imputed("plain.png", &data, &err), err);
    assert_picture("plain.png");
    ck_assert(!same_bytes("large.png", "plain.png"));
    ck_assert(stat("small.png", &small) == 0 && stat("large.png", &large) == 0 &&
              stat("whole.png", &whole) == 0);
    ck_assert_int_gt(large.st_size, whole.st_size + 20000);
    data.nx = 0;
    SQN_ASSERT_FAILS(plot_imputed("none.png", &data, &err), err, SQN_E_ARG);
    sqn__mem_free(pixels);
}
END_TEST

START_TEST(hidden_data_that_are_not_there_leave_no_mark)
{
    const double n_comp[3] = {1.0, 2.0, 3.0}, frv[3] = {0.3, 0.05, 0.04};
    const double none[3] = {NAN, NAN, NAN};
    const plot_frv_data absent = {3, n_comp, frv, frv, frv, NULL, NULL, 2, 0, "HD 1"};
    const plot_frv_data unknown = {3, n_comp, frv, frv, frv, none, none, 2, 0, "HD 1"};

    SQN_ASSERT_OK(plot_frv("absent.png", &absent, &err), err);
    SQN_ASSERT_OK(plot_frv("unknown.png", &unknown, &err), err);
    ck_assert(same_bytes("absent.png", "unknown.png"));
}
END_TEST

START_TEST(thirty_components_of_more_are_drawn)
{
    float *many = sqn__mem_alloc(N_MANY_VALUE, sizeof *many);

    ck_assert_ptr_nonnull(many);
    for (int64_t i = 0; i < N_MANY_VALUE; i++) {
        many[i] = sqn__rng_uniform(3, 1, (uint64_t)i);
    }
    for (int64_t n = 1; n <= N_MANY; n += 13) {
        const double share[N_MANY] = {0.5, NAN, 0.2385}; /* known, unknown, none at all */
        const plot_components_data data = {n,    SIDE,   SIDE,
                                           many, "HD 1", n > 1 ? share : NULL};

        SQN_ASSERT_OK(plot_components("components.png", &data, &err), err);
        assert_picture("components.png");
    }
    sqn__mem_free(many);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_an_error_of_the_file)
{
    const plot_disk_data data = disk_data();
    char long_name[400];

    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    SQN_ASSERT_FAILS(plot_disk("no/such/folder/disk.png", &data, &err), err, SQN_E_IO);
    SQN_ASSERT_FAILS(plot_disk(long_name, &data, &err), err, SQN_E_IO);
    ck_assert(!exists("giza.png"));
}
END_TEST

/* Send both streams to a file and back. */
static int redirect(int kept[2])
{
    const int file = open("streams.txt", O_RDWR | O_CREAT | O_TRUNC, 0600);

    (void)fflush(NULL);
    for (int fd = 1; fd <= 2; fd++) {
        kept[fd - 1] = dup(fd);
        ck_assert_int_eq(dup2(file, fd), fd);
    }
    return file;
}

static off_t restore(int file, const int kept[2])
{
    struct stat about;

    (void)fflush(NULL);
    for (int fd = 1; fd <= 2; fd++) {
        ck_assert_int_eq(dup2(kept[fd - 1], fd), fd);
        (void)close(kept[fd - 1]);
    }
    ck_assert_int_eq(fstat(file, &about), 0);
    (void)close(file);
    return about.st_size;
}

START_TEST(a_full_disk_is_an_error_of_the_file_and_giza_says_nothing)
{
    const plot_disk_data data = disk_data();
    const struct rlimit little = {10000, 10000};
    int kept[2];

    (void)unlink("full.png");
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    const int file = redirect(kept);
    const sqn_status good = plot_disk("quiet.png", &data, &err);

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
    const sqn_status bad = plot_disk("full.png", &data, &err);
    const off_t said = restore(file, kept);

    ck_assert_int_eq(good, SQN_OK);
    SQN_ASSERT_FAILS(bad, err, SQN_E_IO);
    ck_assert_int_eq(said, 0);
    ck_assert(!exists("full.png") && !exists("full.png.part.png"));
}
END_TEST

START_TEST(a_link_in_the_place_of_the_file_is_not_followed)
{
    const plot_disk_data data = disk_data();

    (void)unlink("linked.png.part.png");
    (void)unlink("elsewhere.png");
    ck_assert_int_eq(symlink("elsewhere.png", "linked.png.part.png"), 0);
    SQN_ASSERT_FAILS(plot_disk("linked.png", &data, &err), err, SQN_E_IO);
    ck_assert(!exists("elsewhere.png"));
    (void)unlink("linked.png.part.png");
}
END_TEST

START_TEST(impossible_shapes_are_arguments_at_fault)
{
    plot_disk_data disk = disk_data();
    const plot_components_data comps = {0, NY, NX, &images[0][0][0], NULL, NULL};
    const plot_input_data input = {.ny = -1, .nx = NX, .science = &images[0][0][0]};
    const plot_frv_data frv = {.n = -1};

    disk.nx = 0;
    SQN_ASSERT_FAILS(plot_disk("none.png", &disk, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(plot_components("none.png", &comps, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(plot_input("none.png", &input, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(plot_frv("none.png", &frv, &err), err, SQN_E_ARG);
    ck_assert(!exists("none.png"));
}
END_TEST

/* Draw picture number `which` of three. */
static sqn_status draw(int which)
{
    const plot_disk_data disk = disk_data();
    const plot_components_data comps = {N_COUNT, NY, NX, &images[0][0][0], NULL, NULL};
    const plot_input_data input = {.ny = NY,
                                   .nx = NX,
                                   .science = &images[0][0][0],
                                   .reference = &images[1][0][0],
                                   .sky = sky};

    return which == 0   ? plot_disk("memory.png", &disk, &err)
           : which == 1 ? plot_components("memory.png", &comps, &err)
                        : plot_input("memory.png", &input, &err);
}

START_TEST(every_failed_allocation_is_reported_and_leaves_nothing)
{
    int64_t n = 0;
    sqn_status status = SQN_ERR_MEMORY;

    (void)unlink("memory.png");
    for (; status != SQN_OK && n < 200; n++) {
        sqn_allocations_before_failure = n;
        status = draw(_i);
        if (status != SQN_OK) {
            ck_assert_int_eq(err.id, SQN_E_MEM);
            ck_assert(!exists("memory.png") && !exists("memory.png.part.png"));
        }
    }
    ck_assert_int_eq(status, SQN_OK);
    ck_assert_int_ge(n, 5);
}
END_TEST

START_TEST(a_stretch_follows_the_noise_and_runs_from_black_to_white)
{
    plot_stretch stretch;
    float noisy[2000];
    double previous = -1.0;

    for (int i = 0; i < 2000; i++) { /* Box & Muller, sigma 2.385 about 10 */
        const double u = (double)sqn__rng_uniform(5, 1, (uint64_t)i);
        const double v = (double)sqn__rng_uniform(5, 2, (uint64_t)i);

        noisy[i] = (float)(10.0 + 2.385 * sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
    }
    noisy[7] = NAN;
    noisy[8] = 1e6F;
    SQN_ASSERT_OK(plot_stretch_noise(&stretch, 2000, noisy, &err), err);
    ck_assert_double_eq_tol(stretch.low, 10.0 - 3.0 * 2.385, 0.5);
    ck_assert_double_eq_tol(stretch.soft, 2.0 * 2.385, 0.3);
    ck_assert(stretch.high < 30.0); /* one hot pixel does not decide */
    for (int i = 0; i <= 50; i++) {
        const double value = stretch.low + (stretch.high - stretch.low) * i / 50.0;
        const double level = plot_stretch_level(&stretch, value);

        ck_assert(level > previous && level >= 0.0 && level <= 1.0);
        previous = level;
    }
    ck_assert_double_eq(plot_stretch_level(&stretch, -1e30), 0.0);
    ck_assert_double_eq(plot_stretch_level(&stretch, 1e30), 1.0);
}
END_TEST

START_TEST(positions_of_pixels_on_the_page_follow_fits)
{
    const plot_box room = {100.5, 50.0, 420.0, 210.0};
    const plot_box box = plot_image_fit(&room, 4, 8);

    const double x = box.x0 * plot_density(), y = box.y0 * plot_density();
    const plot_box odd = {10.2, 20.3, 10.3, 31.0}, whole = plot_snap(&odd);

    /* whole pixels inside the room, as many as fit one of an image twice as wide as high */
    ck_assert_double_eq_tol((box.x1 - box.x0) * plot_density(), 212.0, 1e-9);
    ck_assert_double_eq_tol((box.y1 - box.y0) * plot_density(), 106.0, 1e-9);
    ck_assert(box.x0 >= room.x0 - 1e-6 && box.x1 <= room.x1 + 1e-6);
    ck_assert_double_eq_tol(x, round(x), 1e-9);
    ck_assert_double_eq_tol(y, round(y), 1e-9);
    ck_assert_double_eq_tol((whole.x1 - whole.x0) * plot_density(), 1.0, 1e-9);
    ck_assert_double_eq_tol(whole.y1 * plot_density(), 21.0, 1e-9);
    ck_assert_double_eq(plot_image_x(&box, 8, 0.5), box.x0);
    ck_assert_double_eq(plot_image_x(&box, 8, 8.5), box.x1);
    ck_assert_double_eq(plot_image_y(&box, 4, 2.5), 0.5 * (box.y0 + box.y1));
}
END_TEST

START_TEST(steps_of_ticks_are_round)
{
    ck_assert_double_eq_tol(plot_axes_step(10.0, 10), 1.0, 1e-12);
    ck_assert_double_eq_tol(plot_axes_step(0.73, 5), 0.2, 1e-12);
    ck_assert_double_eq_tol(plot_axes_step(-2385.0, 6), 500.0, 1e-9);
    ck_assert_double_eq_tol(plot_axes_step(6.1e-7, 10), 1e-7, 1e-18);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot");
    TCase *tcase = tcase_create("pictures");

    tcase_set_timeout(tcase, 60.0);
    tcase_add_test(tcase, a_disk_is_drawn_the_same_in_any_folder);
    tcase_add_test(tcase, what_is_asked_for_is_seen);
    tcase_add_loop_test(tcase, odd_images_are_drawn_too, 0, 18);
    tcase_add_loop_test(tcase, a_star_nowhere_or_far_away_does_no_harm, 0, 5);
    tcase_add_loop_test(tcase, foreign_text_cannot_stop_the_drawing, 0, 10);
    tcase_add_loop_test(tcase, curves_are_drawn_with_and_without_values, 0, 5);
    tcase_add_test(tcase, filled_images_are_drawn_and_enlarged);
    tcase_add_test(tcase, hidden_data_that_are_not_there_leave_no_mark);
    tcase_add_test(tcase, thirty_components_of_more_are_drawn);
    tcase_add_test(tcase, a_folder_that_is_not_there_is_an_error_of_the_file);
    tcase_add_test(tcase, a_full_disk_is_an_error_of_the_file_and_giza_says_nothing);
    tcase_add_test(tcase, a_link_in_the_place_of_the_file_is_not_followed);
    tcase_add_test(tcase, impossible_shapes_are_arguments_at_fault);
    tcase_add_loop_test(tcase, every_failed_allocation_is_reported_and_leaves_nothing, 0,
                        3);
    tcase_add_test(tcase, a_stretch_follows_the_noise_and_runs_from_black_to_white);
    tcase_add_test(tcase, positions_of_pixels_on_the_page_follow_fits);
    tcase_add_test(tcase, steps_of_ticks_are_round);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
