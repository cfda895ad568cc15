/** @file check_plot_series.c @brief profiles.png and frames.png, with and without values. */
#include <math.h>
#include <unistd.h>

#include "plot_frames.h"
#include "plot_profiles.h"
#include "sqn_check.h"
#include "sqn_picture.h"
#include "sqn_wrap.h"

enum { N = 500 };

static sqn_error err;
static double rising[N], falling[N], wild[N], nothing[N];

static void set_up(void)
{
    for (int i = 0; i < N; i++) {
        rising[i] = (double)i;
        falling[i] = 2385.0 * exp(-0.01 * (double)i);
        wild[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? -1e30 * (double)i : INFINITY;
        nothing[i] = NAN;
    }
}

static plot_profiles_data profiles(int64_t n)
{
    return (plot_profiles_data){.n = n,
                                .radius = rising,
                                .data = falling,
                                .model = falling,
                                .residual = rising,
                                .noise = rising,
                                .pixel_scale = 0.027,
                                .unit = "MJy/sr",
                                .title = "HD 1"};
}

static plot_frames_data frames(int64_t n)
{
    return (plot_frames_data){.n = n,
                              .factor = rising,
                              .chi2_reduced = falling,
                              .sigma = falling,
                              .missing = rising,
                              .shift_x = nothing,
                              .shift_y = nothing,
                              .unit = "MJy/sr",
                              .title = "HD 1"};
}

START_TEST(profiles_of_any_length_are_drawn_the_same_every_time)
{
    static const int64_t lengths[] = {0, 1, 2, 37, N};
    const plot_profiles_data data = profiles(lengths[_i]);

    SQN_ASSERT_OK(plot_profiles("profiles.png", &data, &err), err);
    assert_picture("profiles.png");
    SQN_ASSERT_OK(plot_profiles("again.png", &data, &err), err);
    ck_assert(same_bytes("profiles.png", "again.png"));
}
END_TEST

START_TEST(every_profile_is_seen)
{
    const plot_profiles_data all = profiles(40);
    plot_profiles_data others[6];

    for (int k = 0; k < 6; k++) {
        others[k] = all;
    }
    others[0].data = rising;
    others[1].model = rising;
    others[2].residual = falling;
    others[3].noise = falling;
    others[4].pixel_scale = NAN;
    others[5].unit = "";
    SQN_ASSERT_OK(plot_profiles("profiles.png", &all, &err), err);
    for (int k = 0; k < 6; k++) {
        SQN_ASSERT_OK(plot_profiles("other.png", &others[k], &err), err);
        ck_assert_msg(!same_bytes("profiles.png", "other.png"), "%d", k);
    }
}
END_TEST

START_TEST(values_that_no_axis_has_do_no_harm)
{
    plot_profiles_data data = profiles(N);
    plot_frames_data other = frames(N);

    data.data = data.model = data.residual = data.noise = _i == 0 ? wild : nothing;
    data.title = data.unit = NULL;
    other.factor = other.chi2_reduced = other.sigma = other.missing = data.data;
    other.shift_x = other.shift_y = data.data;
    other.title = other.unit = NULL;
    SQN_ASSERT_OK(plot_profiles("profiles.png", &data, &err), err);
    assert_picture("profiles.png");
    SQN_ASSERT_OK(plot_frames("frames.png", &other, &err), err);
    assert_picture("frames.png");
}
END_TEST

START_TEST(any_number_of_frames_is_drawn_the_same_every_time)
{
    static const int64_t lengths[] = {1, 2, 61, N};
    const plot_frames_data data = frames(lengths[_i]);

    SQN_ASSERT_OK(plot_frames("frames.png", &data, &err), err);
    assert_picture("frames.png");
    SQN_ASSERT_OK(plot_frames("again.png", &data, &err), err);
    ck_assert(same_bytes("frames.png", "again.png"));
}
END_TEST

START_TEST(every_number_of_a_frame_is_seen)
{
    const plot_frames_data all = frames(7);
    plot_frames_data others[7];

    for (int k = 0; k < 7; k++) {
        others[k] = all;
    }
    others[0].factor = falling;
    others[1].chi2_reduced = rising;
    others[2].sigma = rising;
    others[3].missing = falling;
    others[4].shift_x = rising;
    others[5].shift_y = rising;
    others[6].unit = NULL;
    SQN_ASSERT_OK(plot_frames("frames.png", &all, &err), err);
    for (int k = 0; k < 7; k++) {
        SQN_ASSERT_OK(plot_frames("other.png", &others[k], &err), err);
        ck_assert_msg(!same_bytes("frames.png", "other.png"), "%d", k);
    }
}
END_TEST

/* Height of a PNG, big-endian in its first chunk. */
static int height_of(const char *path)
{
    unsigned char begin[24];
    FILE *file = fopen(path, "rb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(begin, 1, sizeof begin, file), sizeof begin);
    ck_assert_int_eq(fclose(file), 0);
    return begin[22] * 256 + begin[23];
}

START_TEST(what_was_not_measured_has_a_line_and_no_panel)
{
    plot_frames_data data = frames(7);

    data.shift_x = data.shift_y = rising;
    SQN_ASSERT_OK(plot_frames("frames.png", &data, &err), err);
    data.shift_x = data.shift_y = nothing;
    SQN_ASSERT_OK(plot_frames("other.png", &data, &err), err);
    ck_assert_int_gt(height_of("frames.png") - height_of("other.png"), 130);
}
END_TEST

START_TEST(what_cannot_be_drawn_is_refused)
{
    const plot_profiles_data none = profiles(-1);
    const plot_frames_data empty = frames(0);

    SQN_ASSERT_FAILS(plot_profiles("none.png", &none, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(plot_frames("none.png", &empty, &err), err, SQN_E_ARG);
    ck_assert(!exists("none.png"));
}
END_TEST

START_TEST(a_folder_or_memory_that_is_not_there_is_an_error)
{
    const plot_profiles_data data = profiles(9);
    const plot_frames_data other = frames(9);

    SQN_ASSERT_FAILS(plot_profiles("nowhere/a.png", &data, &err), err, SQN_E_IO);
    SQN_ASSERT_FAILS(plot_frames("nowhere/a.png", &other, &err), err, SQN_E_IO);
    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(plot_frames("none.png", &other, &err), err, SQN_E_MEM);
    ck_assert(!exists("none.png"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot_series");
    TCase *tcase = tcase_create("series");

    tcase_set_timeout(tcase, 60.0); /* seconds, for a busy machine */
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, profiles_of_any_length_are_drawn_the_same_every_time, 0, 5);
    tcase_add_test(tcase, every_profile_is_seen);
    tcase_add_loop_test(tcase, values_that_no_axis_has_do_no_harm, 0, 2);
    tcase_add_loop_test(tcase, any_number_of_frames_is_drawn_the_same_every_time, 0, 4);
    tcase_add_test(tcase, every_number_of_a_frame_is_seen);
    tcase_add_test(tcase, what_was_not_measured_has_a_line_and_no_panel);
    tcase_add_test(tcase, what_cannot_be_drawn_is_refused);
    tcase_add_test(tcase, a_folder_or_memory_that_is_not_there_is_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
