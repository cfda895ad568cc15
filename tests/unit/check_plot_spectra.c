/** @file check_plot_spectra.c @brief spectra.png and components.png of spectra. */
#include <math.h>

#include "pictures_spectra.h"
#include "plot_wave.h"
#include "sqn_check.h"
#include "sqn_picture.h"
#include "sqn_wrap.h"

enum { N = 1500, K = 3, ROWS = 20 };

static sqn_error err;
static double wave[N], share[ROWS * K], unknown[ROWS * K];
static float rows[K * N], other[N], wild[N];

static void set_up(void)
{
    for (int i = 0; i < N; i++) {
        wave[i] = 1000.0 + 2.0 * i;
        for (int a = 0; a < K; a++) {
            rows[a * N + i] =
                (float)exp(-0.5 * pow((wave[i] - 1215.7 - 400.0 * a) / 40.0, 2.0));
        }
        other[i] = rows[i] + 0.3F;
        wild[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? -1e30F * (float)i : INFINITY;
    }
    for (int e = 0; e < ROWS * K; e++) {
        share[e] = (e % 7) / 10.0;
        unknown[e] = NAN;
    }
}

static plot_templates_data templates(void)
{
    return (plot_templates_data){.n = K,
                                 .n_wave = N,
                                 .wave = wave,
                                 .templates = rows,
                                 .share = share,
                                 .is_rest = true,
                                 .title = "quasars"};
}

static plot_spectra_data spectra(void)
{
    return (plot_spectra_data){.n_wave = N,
                               .wave = wave,
                               .n = 2,
                               .spectra = {{rows, other, "a_b"}, {rows + N, other, "c"}},
                               .n_spectrum = ROWS,
                               .n_comp = K,
                               .share = share,
                               .is_rest = true,
                               .unit = "Jy",
                               .title = "quasars"};
}

START_TEST(pictures_are_the_same_every_time)
{
    const plot_templates_data t = templates();
    const plot_spectra_data s = spectra();

    SQN_ASSERT_OK(plot_templates("templates.png", &t, &err), err);
    assert_picture("templates.png");
    SQN_ASSERT_OK(plot_templates("again.png", &t, &err), err);
    ck_assert(same_bytes("templates.png", "again.png"));
    SQN_ASSERT_OK(plot_spectra("spectra.png", &s, &err), err);
    assert_picture("spectra.png");
    SQN_ASSERT_OK(plot_spectra("again.png", &s, &err), err);
    ck_assert(same_bytes("spectra.png", "again.png"));
}
END_TEST

START_TEST(everything_is_seen)
{
    plot_templates_data t[4] = {templates(), templates(), templates(), templates()};
    plot_spectra_data s[7];

    t[1].share = NULL;
    t[2].is_rest = false;
    t[3].n = 2;
    for (int k = 0; k < 7; k++) {
        s[k] = spectra();
    }
    s[1].spectra[0].flux = other;
    s[2].spectra[1].model = rows;
    s[3].spectra[0].label = "ab";
    s[4].share = unknown;
    s[5].is_rest = false;
    s[6].unit = "";
    for (int k = 0; k < 7; k++) {
        SQN_ASSERT_OK(plot_spectra(k == 0 ? "all.png" : "other.png", &s[k], &err), err);
        ck_assert_msg(k == 0 || !same_bytes("all.png", "other.png"), "%d", k);
    }
    for (int k = 0; k < 4; k++) {
        SQN_ASSERT_OK(plot_templates(k == 0 ? "all.png" : "other.png", &t[k], &err), err);
        ck_assert_msg(k == 0 || !same_bytes("all.png", "other.png"), "%d", k);
    }
}
END_TEST

START_TEST(values_that_no_axis_has_do_no_harm)
{
    plot_templates_data t = templates();
    plot_spectra_data s = spectra();

    t.templates = wild;
    t.n = 1;
    t.title = NULL;
    s.spectra[0] = (plot_spectrum){wild, other, "w"};
    s.spectra[1] = (plot_spectrum){other, wild, "w"};
    s.unit = s.title = NULL;
    SQN_ASSERT_OK(plot_templates("wild.png", &t, &err), err);
    assert_picture("wild.png");
    SQN_ASSERT_OK(plot_spectra("wild.png", &s, &err), err);
    assert_picture("wild.png");
}
END_TEST

START_TEST(averages_skip_what_is_missing)
{
    static plot_wave_curve curve;
    double range[2];

    rows[0] = NAN;
    plot_wave_average(&curve, N, wave, rows, NULL);
    ck_assert_int_eq(curve.n, PLOT_WAVE_POINTS);
    ck_assert_double_eq_tol(curve.y[0], (double)rows[1], 1e-6);
    plot_wave_average(&curve, 4, wave, other, rows);
    ck_assert_int_eq(curve.n, 4);
    ck_assert(isnan(curve.y[0]));
    ck_assert_double_eq_tol(curve.y[2], 0.3, 1e-6);
    plot_wave_range(range, &curve);
    ck_assert_double_eq_tol(range[0], 0.3, 1e-6);
}
END_TEST

START_TEST(impossible_shapes_are_refused)
{
    plot_templates_data t = templates();
    plot_spectra_data s = spectra();

    t.n = 0;
    s.n = PLOT_SPECTRA_MAX + 1;
    SQN_ASSERT_FAILS(plot_templates("no.png", &t, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(plot_spectra("no.png", &s, &err), err, SQN_E_ARG);
    ck_assert(!exists("no.png"));
    s.n = 1;
    t.n = 1;
    for (int n = 0; n < 2; n++) {
        sqn_allocations_before_failure = n;
        ck_assert_int_eq(plot_spectra("no.png", &s, &err), SQN_ERR_MEMORY);
        sqn_allocations_before_failure = 0;
        ck_assert_int_eq(plot_templates("no.png", &t, &err), SQN_ERR_MEMORY);
    }
    sqn_allocations_before_failure = INT64_MAX;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot_spectra");
    TCase *tcase = tcase_create("plot_spectra");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_set_timeout(tcase, 60.0);
    tcase_add_test(tcase, pictures_are_the_same_every_time);
    tcase_add_test(tcase, everything_is_seen);
    tcase_add_test(tcase, values_that_no_axis_has_do_no_harm);
    tcase_add_test(tcase, averages_skip_what_is_missing);
    tcase_add_test(tcase, impossible_shapes_are_refused);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
