/** @file check_count.c @brief The held-out curve, its noise, and the count that it chooses. */
#include <omp.h>
#include <string.h>

#include "sequin/count.h"
#include "sqn_fit.h"
#include "sqn_wrap.h"

enum { N_FRAME = 30, N_PIX = 150, N_COMP = 4 };

static const sqn_planted_truth scene = {N_FRAME, N_PIX, 3, 0.1, 0.05, 0.0, false, 5};

static sqn_error err;

/* A build without the hidden entries. */
typedef struct hidden_build {
    sqn_planted p;
    sqn_holdout *holdout;
    sqn_panels *panels;
    sqn_nmf *model;
} hidden_build;

static void build(hidden_build *b, const sqn_planted_truth *truth,
                  const sqn_nmf_options *options)
{
    sqn_holdout_options choice = sqn_holdout_options_default();
    sqn_nmf_options nmf = *options;

    choice.negatives =
        strcmp(options->method, "mu") == 0 ? SQN_NEGATIVES_ZERO : SQN_NEGATIVES_KEEP;
    sqn_planted_init(&b->p, truth);
    SQN_ASSERT_OK(sqn_holdout_create(&b->holdout, &b->p.rows, &choice, &err), err);
    const sqn_rows rows = sqn_holdout_rows(b->holdout);

    SQN_ASSERT_OK(sqn_panels_create(&b->panels, &rows, choice.negatives, &err), err);
    nmf.heldout = b->holdout;
    SQN_ASSERT_OK(sqn_nmf_fit(&b->model, b->panels, &nmf, &err), err);
}

static void clear(hidden_build *b)
{
    sqn_nmf_destroy(&b->model);
    sqn_panels_destroy(&b->panels);
    sqn_holdout_destroy(&b->holdout);
    sqn_planted_clear(&b->p);
}

/* sum V (X - model)^2 and sum V X^2 of the hidden entries but those of frame `out`. */
static double frv_without(const hidden_build *b, int64_t k, int64_t out)
{
    double chi2 = 0.0, total = 0.0;

    for (int64_t e = 0; e < sqn_holdout_count(b->holdout); e++) {
        const sqn_holdout_entry *it = sqn_holdout_entries(b->holdout) + e;
        const double rest = it->value - sqn_fit_value(b->model, k, it->row, it->col);

        if (it->row != out) {
            chi2 += it->weight * rest * rest;
            total += it->weight * it->value * it->value;
        }
    }
    return chi2 / total;
}

/* Whether frame `i` holds a hidden entry. */
static bool holds_any(const hidden_build *b, int64_t i)
{
    for (int64_t e = 0; e < sqn_holdout_count(b->holdout); e++) {
        if (sqn_holdout_entries(b->holdout)[e].row == i) {
            return true;
        }
    }
    return false;
}

/* Jackknife over frames of frv(k) - frv(base), of frv(k) where base is 0. */
static double jackknife(const hidden_build *b, int64_t n_frame, int64_t k, int64_t base)
{
    double sum = 0.0, square = 0.0, n = 0.0;

    for (int64_t i = 0; i < n_frame; i++) {
        if (!holds_any(b, i)) {
            continue;
        }
        n += 1.0;
        const double value =
            frv_without(b, k, i) - (base > 0 ? frv_without(b, base, i) : 0.0);

        sum += value;
        square += value * value;
    }
    return sqrt((n - 1.0) / n * (square - sum * sum / n));
}

/* 0: pixels are long; 1: frames are; 2: with a background; 3: the published method. */
START_TEST(the_curve_and_its_errors_agree_with_a_second_route)
{
    sqn_planted_truth truth = scene;
    sqn_nmf_options options = sqn_fit_ask(N_COMP);
    hidden_build b = {0};
    sqn_count count = {0};

    if (_i == 1) {
        truth = sqn_fit_turned(truth);
        truth.n_pix = 28;
    } else if (_i == 2) {
        truth.sky = -0.2;
        options.background = true;
    } else if (_i == 3) {
        options.method = "mu";
        options.tolerance = 1e-3;
    }
    build(&b, &truth, &options);
    SQN_ASSERT_OK(sqn_count_choose(&count, b.model, &err), err);
    ck_assert_int_eq(count.n, N_COMP);
    ck_assert_int_eq(count.n_hidden, sqn_holdout_count(b.holdout));
    for (int64_t i = 0; i < truth.n_frame; i++) {
        count.n_frame -= holds_any(&b, i) ? 1 : 0;
    }
    ck_assert_int_eq(count.n_frame, 0);
    for (int64_t k = 1; k <= N_COMP; k++) {
        const sqn_count_point *point = count.point + k - 1;
        const double frv = frv_without(&b, k, -1);
        const double excess = frv - frv_without(&b, count.best, -1);

        ck_assert_int_eq(point->n_comp, k);
        /* kept components are single precision */
        ck_assert_double_eq_tol(point->frv, frv, 1e-5 * frv);
        ck_assert_double_eq_tol(point->frv_err, jackknife(&b, truth.n_frame, k, 0),
                                1e-4 * point->frv_err);
        ck_assert_double_eq_tol(point->excess, excess, 1e-5 * frv);
        if (k != count.best) {
            ck_assert_double_eq_tol(point->excess_err,
                                    jackknife(&b, truth.n_frame, k, count.best),
                                    1e-3 * point->excess_err);
            ck_assert_double_gt(point->excess, 0.0);
        }
    }
    sqn_count_clear(&count);
    clear(&b);
}
END_TEST

START_TEST(hidden_entries_are_predicted_worse_than_fitted_ones)
{
    hidden_build b = {0};
    sqn_nmf_options options = sqn_fit_ask(12);

    build(&b, &scene, &options);
    double chi2[2] = {0.0, 0.0}, n[2] = {0.0, 0.0};
    int64_t e = 0;

    for (int64_t at = 0; at < INT64_C(1) * N_FRAME * N_PIX; at++) {
        const sqn_holdout_entry *it = sqn_holdout_entries(b.holdout) + e;
        const bool hidden =
            e < sqn_holdout_count(b.holdout) && at == it->row * N_PIX + it->col;
        const double rest =
            (double)b.p.value[at] - sqn_fit_value(b.model, 12, at / N_PIX, at % N_PIX);

        e += hidden ? 1 : 0;
        if (b.p.weight[at] > 0.0F) {
            chi2[hidden] += (double)b.p.weight[at] * rest * rest;
            n[hidden] += 1.0;
        }
    }
    /* 12 components of 30 frames take (1 - 12/30)(1 - 12/150) of the noise away, and add to it
       where they never saw it */
    ck_assert_double_lt(chi2[0] / n[0], 0.75);
    ck_assert_double_gt(chi2[1] / n[1], 1.25);
    clear(&b);
}
END_TEST

static sqn_count search(const sqn_rows *rows, int64_t limit, int64_t patience)
{
    sqn_count_options options = {sqn_holdout_options_default(), sqn_fit_ask(limit)};
    sqn_count count = {0};

    options.nmf.patience = patience;
    SQN_ASSERT_OK(sqn_count_search(&count, rows, &options, &err), err);
    return count;
}

/* bench/count_choice.c does the same on larger data, up to rank 15. */
START_TEST(the_rank_of_planted_data_is_found)
{
    static const int64_t ranks[] = {3, 8};
    static const double noises[] = {0.2, 0.1, 0.03, 0.01};
    enum { DRAWS = 4 };
    int64_t n_near = 0;

    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        const sqn_planted_truth truth = {60,  400, ranks[_i / 4], noises[_i % 4],
                                         0.1, 0.0, false,         100 + draw};
        sqn_planted p;

        sqn_planted_init(&p, &truth);
        sqn_count count = search(&p.rows, 20, SQN_COUNT_PATIENCE);

        n_near += llabs(count.chosen - truth.rank) <= 1 ? 1 : 0;
        sqn_count_clear(&count);
        sqn_planted_clear(&p);
    }
    ck_assert_int_eq(n_near, DRAWS);
}
END_TEST

START_TEST(an_early_end_cuts_the_curve_and_changes_no_bit_of_it)
{
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_count whole = search(&p.rows, 15, 0), cut = search(&p.rows, 15, 2);

    ck_assert_int_eq(whole.n, 15);
    ck_assert_int_lt(cut.n, 15);
    ck_assert_int_ge(cut.n, cut.best + 2);
    ck_assert_int_eq(cut.chosen, whole.chosen);
    ck_assert_mem_eq(cut.point, whole.point, (size_t)cut.n * sizeof *cut.point);
    sqn_count_clear(&whole);
    sqn_count_clear(&cut);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(an_early_end_leaves_the_stages_that_were_built)
{
    hidden_build b = {0};
    sqn_nmf_options options = sqn_fit_ask(15);

    options.patience = 2;
    build(&b, &scene, &options);
    const int64_t last = sqn_nmf_n_stage(b.model);

    ck_assert_int_lt(last, 15);
    ck_assert_ptr_nonnull(sqn_nmf_components(b.model, last).data);
    ck_assert_ptr_null(sqn_nmf_components(b.model, last + 1).data);
    ck_assert_ptr_null(sqn_nmf_coefficients(b.model, 15).data);
    clear(&b);
}
END_TEST

START_TEST(threads_and_what_lies_under_weight_0_change_no_bit)
{
    sqn_planted p;
    const int n_thread = omp_get_max_threads();

    sqn_planted_init(&p, &scene);
    omp_set_num_threads(1);
    sqn_count one = search(&p.rows, 5, 0);

    for (int64_t at = 0; at < INT64_C(1) * N_FRAME * N_PIX; at++) {
        p.value[at] = p.weight[at] > 0.0F ? p.value[at] : 1e30F;
    }
    omp_set_num_threads(3);
    sqn_count three = search(&p.rows, 5, 0);

    omp_set_num_threads(n_thread);
    ck_assert_mem_eq(one.point, three.point, (size_t)one.n * sizeof *one.point);
    sqn_count_clear(&one);
    sqn_count_clear(&three);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_power_of_two_on_the_data_changes_no_choice)
{
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_count plain = search(&p.rows, 5, 0);

    for (int64_t at = 0; at < INT64_C(1) * N_FRAME * N_PIX; at++) {
        p.value[at] = ldexpf(p.value[at], 20);
        p.weight[at] = ldexpf(p.weight[at], -40);
    }
    sqn_count scaled = search(&p.rows, 5, 0);

    ck_assert_mem_eq(plain.point, scaled.point, (size_t)plain.n * sizeof *plain.point);
    sqn_count_clear(&plain);
    sqn_count_clear(&scaled);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(pixels_that_few_frames_determine_predict_nothing)
{
    sqn_planted p;
    sqn_count count = {0};
    sqn_count_options ask = {sqn_holdout_options_default(), sqn_fit_ask(N_COMP)};

    /* Pixel 0 is seen by four frames, some of which will be hidden: no model of 4 holds there. */
    sqn_planted_init(&p, &scene);
    ask.holdout.share = 0.5;
    for (int64_t i = 0; i < N_FRAME; i++) {
        p.weight[i * N_PIX] = i < N_COMP ? p.weight[i * N_PIX] : 0.0F;
    }
    p.value[0] *= 1e6F; /* whatever is hidden there would outweigh all else */
    p.weight[0] = p.weight[1] > 0.0F ? p.weight[1] : 1.0F;
    SQN_ASSERT_OK(sqn_count_search(&count, &p.rows, &ask, &err), err);
    ck_assert_double_lt(count.point[2].frv, 0.2);
    sqn_count_clear(&count);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(curves_without_hidden_entries_are_refused)
{
    sqn_planted_truth truth = scene;
    sqn_planted p;
    sqn_count count = {0};
    sqn_nmf_options options = sqn_fit_ask(2);
    sqn_count_options ask = {sqn_holdout_options_default(), options};

    sqn_planted_init(&p, &truth);
    sqn_nmf *model = sqn_fit_model(&p, &options);

    SQN_ASSERT_FAILS(sqn_count_choose(&count, model, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_count_choose(&count, NULL, &err), err, SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_count_search(&count, NULL, &ask, &err), err, SQN_E_ARG);
    ask.holdout.share = 1e-9; /* of 4500 entries: none */
    SQN_ASSERT_FAILS(sqn_count_search(&count, &p.rows, &ask, &err), err, SQN_E_HOLDOUT);
    ck_assert_ptr_null(count.point);
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(every_allocation_can_fail)
{
    sqn_planted p;
    sqn_count count = {0};
    const sqn_count_options ask = {sqn_holdout_options_default(), sqn_fit_ask(2)};
    int64_t n = 0;

    sqn_planted_init(&p, &scene);
    for (;; n++) {
        sqn_allocations_before_failure = n;
        const sqn_status status = sqn_count_search(&count, &p.rows, &ask, &err);

        if (status == SQN_OK) {
            break;
        }
        ck_assert_int_eq(status, SQN_ERR_MEMORY);
        ck_assert_ptr_null(count.point);
    }
    ck_assert_int_gt(n, 25);
    sqn_count_clear(&count);
    sqn_count_clear(NULL);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("count");
    TCase *tcase = tcase_create("choice");

    tcase_set_timeout(tcase, 60.0);
    tcase_add_loop_test(tcase, the_curve_and_its_errors_agree_with_a_second_route, 0, 4);
    tcase_add_test(tcase, hidden_entries_are_predicted_worse_than_fitted_ones);
    tcase_add_loop_test(tcase, the_rank_of_planted_data_is_found, 0, 8);
    tcase_add_test(tcase, an_early_end_cuts_the_curve_and_changes_no_bit_of_it);
    tcase_add_test(tcase, an_early_end_leaves_the_stages_that_were_built);
    tcase_add_test(tcase, threads_and_what_lies_under_weight_0_change_no_bit);
    tcase_add_test(tcase, a_power_of_two_on_the_data_changes_no_choice);
    tcase_add_test(tcase, pixels_that_few_frames_determine_predict_nothing);
    tcase_add_test(tcase, curves_without_hidden_entries_are_refused);
    tcase_add_test(tcase, every_allocation_can_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
