/** @file check_outline.c @brief An outline lies where pixels were excluded. */
#include "outline.h"

#include <string.h>

#include "mem.h"
#include "sqn_check.h"
#include "sqn_record.h"
#include "sqn_wrap.h"

enum { NY = 11, NX = 13, N_PIX = NY * NX, N_FRAME = 4 };

static sqn_error err;
static sqn_fits_frame frames[N_FRAME];
static double circle[3] = {10.0, 6.0, 1.5}; /* x, y, radius */
static int64_t group_of[N_FRAME] = {0, 1, 0, 1}, index_of[N_PIX];
static config settings;
static uint8_t *excluded, flags[N_FRAME * N_PIX];
static char path[] = "it.yaml";
static result all;

/* Two groups: frames that turn from 10 to 55 degrees, frames that stay at -30. */
static void set_up(void)
{
    static const double theta[N_FRAME] = {10.0, -30.0, 55.0, 330.0};

    settings = (config){.path = path, .model = {.exclude_circles = {3, circle}}};
    all = (result){.settings = &settings};
    for (int i = 0; i < N_FRAME; i++) {
        frames[i] = (sqn_fits_frame){.theta = theta[i]};
    }
    for (int64_t p = 0; p < N_PIX; p++) {
        index_of[p] = p;
    }
    all.obs = (observation){.center = {7.0, 6.0}, .has_angles = true};
    all.obs.science = (sqn_fits_stack){
        .n_frame = N_FRAME, .ny = NY, .nx = NX, .frames = frames, .flags = flags};
    all.obs.pixels = (sqn_pixels){NY, NX, N_PIX, index_of};
    all.disk.group_of = group_of;
    SQN_ASSERT_OK(target_exclude(&excluded, &all.obs, &settings, NULL, &err), err);
    all.excluded = excluded;
}

static void tear_down(void)
{
    sqn__mem_free(excluded);
    excluded = NULL;
}

static uint8_t at(const uint8_t *outline, int x, int y) /* FITS pixels */
{
    return outline[(y - 1) * NX + x - 1];
}

START_TEST(a_turned_image_shows_the_shape_as_drawn)
{
    uint8_t *outline = NULL;

    all.obs.derotate = true;
    SQN_ASSERT_OK(outline_make(&outline, &all, 0, &err), err);
    ck_assert_ptr_nonnull(outline);
    ck_assert_int_eq(at(outline, 10, 6), 1);
    ck_assert_int_eq(at(outline, 4, 6), 0);
    sqn__mem_free(outline);
}
END_TEST

START_TEST(frames_that_stay_show_the_shape_where_it_is)
{
    uint8_t *outline = NULL;

    SQN_ASSERT_OK(outline_make(&outline, &all, 1, &err), err);
    ck_assert_ptr_nonnull(outline);
    ck_assert_int_eq(memcmp(outline, excluded + N_PIX, N_PIX), 0);
    ck_assert_int_eq(at(outline, 10, 8), 1); /* turned back by 30 degrees */
    sqn__mem_free(outline);
}
END_TEST

START_TEST(frames_that_turn_have_no_outline)
{
    uint8_t *outline = NULL;

    ck_assert(outline_turns(&all, 0) && outline_turns(&all, -1) && !outline_turns(&all, 1));
    SQN_ASSERT_OK(outline_make(&outline, &all, 0, &err), err);
    ck_assert_ptr_null(outline);
}
END_TEST

START_TEST(shapes_of_the_detector_do_not_turn_with_the_sky)
{
    uint8_t *outline = NULL;

    settings.model.exclude_frame = CONFIG_FRAME_DETECTOR;
    SQN_ASSERT_OK(outline_make(&outline, &all, 0, &err), err);
    ck_assert_ptr_nonnull(outline);
    sqn__mem_free(outline);
    all.obs.derotate = true;
    SQN_ASSERT_OK(outline_make(&outline, &all, 0, &err), err);
    ck_assert_ptr_null(outline);
}
END_TEST

START_TEST(shapes_that_exclude_nothing_are_told)
{
    static double circles[2][3] = {{10.0, 6.0, 1.5}, {0.4, -0.3, 0.1}}; /* one in arcsec */
    static double annulus[2] = {30.0, 40.0};
    uint8_t *out = NULL;
    sqn_record record;
    const sqn_log log = sqn_record_log(&record);

    settings.model.exclude_circles = (config_numbers){6, &circles[0][0]};
    settings.model.exclude_annulus = (config_numbers){2, annulus};
    SQN_ASSERT_OK(target_exclude(&out, &all.obs, &settings, &log, &err), err);
    ck_assert_int_eq(record.n_warning, 2);
    ck_assert_int_eq(record.warning[0].id, SQN_W_EXCLUDE);
    ck_assert_str_eq(record.warning[0].where, "it.yaml (model.exclude_annulus)");
    ck_assert_str_eq(record.warning[1].message,
                     "the circle [0.4, -0.3, 0.1] excludes no pixel of the region "
                     "(143 of 13 x 11 pixels, star at (7, 6))");
    ck_assert_int_eq(memcmp(out, excluded, (size_t)N_FRAME * N_PIX), 0);
    sqn__mem_free(out);
}
END_TEST

START_TEST(without_exclusion_or_memory_there_is_none)
{
    uint8_t *outline = NULL;

    sqn_allocations_before_failure = 0;
    ck_assert_int_eq(outline_make(&outline, &all, 1, &err), SQN_ERR_MEMORY);
    sqn_allocations_before_failure = -1;
    ck_assert_ptr_null(outline);
    all.excluded = NULL;
    SQN_ASSERT_OK(outline_make(&outline, &all, 1, &err), err);
    ck_assert_ptr_null(outline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outline");
    TCase *tcase = tcase_create("frames");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_turned_image_shows_the_shape_as_drawn);
    tcase_add_test(tcase, frames_that_stay_show_the_shape_where_it_is);
    tcase_add_test(tcase, frames_that_turn_have_no_outline);
    tcase_add_test(tcase, shapes_of_the_detector_do_not_turn_with_the_sky);
    tcase_add_test(tcase, shapes_that_exclude_nothing_are_told);
    tcase_add_test(tcase, without_exclusion_or_memory_there_is_none);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
