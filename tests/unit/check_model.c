/** @file check_model.c @brief Models of all frames and counts lie where each alone belongs. */
#include <math.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_frames.h"
#include "sqn_wrap.h"
#include "subtract.h"

enum {
    K = SQN_FRAMES_K,
    N_FRAME = SQN_FRAMES_N_FRAME,
    N_PIX = SQN_FRAMES_N_PIX,
    N_ALL = N_PIX + (N_PIX + 6) / 7, /* every seventh pixel is followed by one outside */
    N_COUNT = 2
};

static sqn_error err;
static int64_t index_of[N_PIX];
static float planes[N_COUNT + 1][N_FRAME * N_ALL]; /* residuals; the model of the largest */
static subtraction counts[N_COUNT];
static subtraction_batch batch;
static observation obs;
static target fitted;
static target_input in;
static sqn_frames *frames;

/* A region of planes of `n_all` pixels. */
static void place(int64_t n_all)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        index_of[p] = n_all == N_PIX ? p : p + p / 7;
    }
    obs.pixels = (sqn_pixels){1, n_all, N_PIX, index_of};
    obs.science = (sqn_fits_stack){.n_frame = N_FRAME, .ny = 1, .nx = n_all};
    batch = (subtraction_batch){.n_max = N_COUNT, .n = N_COUNT, .last = &counts[1]};
    for (int64_t c = 0; c < N_COUNT; c++) {
        counts[c] = (subtraction){.residual = {N_FRAME, 1, n_all, planes[c]}};
        batch.count[c] = &counts[c];
    }
    counts[1].model = (sqn_cube){N_FRAME, 1, n_all, planes[N_COUNT]};
}

static void set_up(void)
{
    static sqn_matrix_const matrices[N_COUNT];
    static sqn_target_basis both;

    frames = sqn_frames_make(1.0, 0.0);
    sqn_frames_component(frames, 1)[17] = NAN;
    matrices[0] = (sqn_matrix_const){frames->basis, 1, N_PIX, N_PIX};
    matrices[1] = (sqn_matrix_const){frames->basis, K, N_PIX, N_PIX};
    both = (sqn_target_basis){N_COUNT, matrices, true};
    obs = (observation){0};
    fitted = (target){0};
    SQN_ASSERT_OK(sqn_target_fit(&fitted.fit, &both, &frames->rows, &err), err);
    in = (target_input){.obs = &obs, .target = &fitted};
}

static void tear_down(void)
{
    sqn_target_destroy(&fitted.fit);
    free(frames);
}

/* Every plane against the model of its frame alone. */
static void check_planes(int64_t n_all)
{
    const float *at[N_COUNT] = {planes[0], planes[N_COUNT]};
    float row[N_PIX], plane[N_ALL];

    for (int64_t e = 0; e < INT64_C(1) * N_COUNT * N_FRAME; e++) {
        const int64_t c = e / N_FRAME, i = e % N_FRAME;

        for (int64_t p = 0; p < n_all; p++) {
            plane[p] = NAN;
        }
        sqn_target_model(row, fitted.fit, c, i);
        sqn_pixels_scatter(plane, &obs.pixels, row);
        for (int64_t p = 0; p < n_all; p++) {
            const float model = at[c][i * n_all + p];

            ck_assert_int_eq(isnan(model), isnan(plane[p]));
            ck_assert(isnan(model) || model == plane[p]);
        }
    }
}

START_TEST(models_fill_a_whole_plane)
{
    place(N_PIX);
    SQN_ASSERT_OK(target_model(&batch, &in, &err), err);
    check_planes(N_PIX);
}
END_TEST

START_TEST(models_of_a_region_are_nan_elsewhere)
{
    place(N_ALL);
    SQN_ASSERT_OK(target_model(&batch, &in, &err), err);
    check_planes(N_ALL);
}
END_TEST

START_TEST(without_memory_a_region_fails)
{
    place(N_ALL);
    sqn_allocations_before_failure = 0;
    ck_assert_int_eq(target_model(&batch, &in, &err), SQN_ERR_MEMORY);
    sqn_allocations_before_failure = -1;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("counts");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, models_fill_a_whole_plane);
    tcase_add_test(tcase, models_of_a_region_are_nan_elsewhere);
    tcase_add_test(tcase, without_memory_a_region_fails);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
