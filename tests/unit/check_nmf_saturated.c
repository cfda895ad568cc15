/**
 * @file check_nmf_saturated.c
 * @brief Equal weights, and bright light that is masked where it is strongest.
 *
 * A component then lives in what a pixel or a frame misses, and what all have in common less
 * what is missing is a difference of equal numbers.
 */
#include <math.h>

#include "sqn_fit.h"

enum { N_FRAME = 40, N_PIX = 3000, CORE = 1500 };

static sqn_error err;
static float value[N_FRAME * N_PIX], weight[N_FRAME * N_PIX];

/* A faint pattern in all frames, and noise of one size. */
static double background_at(int64_t i, int64_t j)
{
    const double faint =
        (1.0 + 0.5 * sin(1.3 * (double)i)) * (1.0 + 0.8 * cos(0.01 * (double)j));

    return faint + 0.01 * sqn_planted_normal(7, (uint64_t)(i * N_PIX + j));
}

static void put(int64_t i, int64_t j, double light, bool masked)
{
    value[i * N_PIX + j] = masked ? NAN : (float)(background_at(i, j) + light);
    weight[i * N_PIX + j] = masked ? 0.0F : 1e4F;
}

/* A few frames hold a bright star, whose core is saturated. */
static void plant_bright_frames(double bright, int64_t n_bright)
{
    for (int64_t i = 0; i < N_FRAME; i++) {
        const double flux = i < n_bright ? bright * (1.0 + 0.37 * (double)i) : 0.0;

        for (int64_t j = 0; j < N_PIX; j++) {
            const double off = (double)(j - CORE) / 300.0;
            const double shape = exp(-off * off) + 0.05;

            put(i, j, flux * shape, i < n_bright && shape > 0.9 && j % 3 == 0);
        }
    }
}

/* A source of few pixels varies; some frames miss it. */
static void plant_bright_pixels(double bright, int64_t n_bright, int64_t n_missing)
{
    for (int64_t i = 0; i < N_FRAME; i++) {
        const double flux = bright * (1.0 + 0.9 * sin(0.77 * (double)i));

        for (int64_t j = 0; j < N_PIX; j++) {
            const bool in = j >= CORE && j < CORE + n_bright;

            put(i, j, in ? flux * (1.0 + 0.3 * (double)(j - CORE)) : 0.0,
                in && i < n_missing);
        }
    }
}

/* chi2 of the last stage; the fit fails where chi2 rises. */
static double fit(int64_t n_comp)
{
    const sqn_rows_pair pair = {{value, N_FRAME, N_PIX, N_PIX},
                                {weight, N_FRAME, N_PIX, N_PIX}};
    const sqn_rows rows = sqn_rows_dense(&pair);
    const sqn_nmf_options options = sqn_fit_ask(n_comp);
    sqn_panels *panels = NULL;
    sqn_nmf *model = NULL;

    SQN_ASSERT_OK(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    SQN_ASSERT_OK(sqn_nmf_fit(&model, panels, &options, &err), err);
    const double chi2 = sqn_nmf_stage_at(model, n_comp - 1)->chi2;

    sqn_nmf_destroy(&model);
    sqn_panels_destroy(&panels);
    return chi2;
}

START_TEST(frames_with_a_saturated_core_are_fitted)
{
    const double bright[] = {30.0, 1e3, 1e5};
    const int64_t n_bright[] = {1, 2, 4};

    for (int b = 0; b < 3; b++) {
        for (int n = 0; n < 3; n++) {
            plant_bright_frames(bright[b], n_bright[n]);
            ck_assert_double_lt(fit(3), 1.5 * N_FRAME * N_PIX);
        }
    }
}
END_TEST

START_TEST(a_source_that_some_frames_miss_is_fitted)
{
    const struct {
        double bright;
        int64_t n_bright, n_missing;
    } scene[] = {{1e3, 1, 1}, {1e4, 3, 3}, {1e5, 3, 3}, {1e5, 10, 3}, {1e6, 3, 3}};

    for (int i = 0; i < 5; i++) {
        plant_bright_pixels(scene[i].bright, scene[i].n_bright, scene[i].n_missing);
        ck_assert_double_lt(fit(2), 1.5 * N_FRAME * N_PIX);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf_saturated");
    TCase *tcase = tcase_create("equal weights");

    tcase_add_test(tcase, frames_with_a_saturated_core_are_fitted);
    tcase_add_test(tcase, a_source_that_some_frames_miss_is_fitted);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
