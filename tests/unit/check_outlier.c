/** @file check_outlier.c @brief Outliers of planted data are found, and nothing else. */
#include <omp.h>
#include <string.h>

#include "sequin/outlier.h"
#include "sqn_check.h"
#include "sqn_planted.h"
#include "sqn_wrap.h"

enum { N_FRAME = 40, N_PIX = 500, N_DATA = N_FRAME * N_PIX };

static const sqn_planted_truth scene = {N_FRAME, N_PIX, 3, 0.05, 0.05, 0.0, false, 8};

static sqn_error err;

/* Every 97th datum, `size` sigma and more above where it was. */
static bool is_hit(const sqn_planted *p, int64_t at)
{
    return at % 97 == 5 && p->weight[at] > 0.0F;
}

static void hit(sqn_planted *p, double size)
{
    for (int64_t at = 0; at < N_DATA; at++) {
        if (is_hit(p, at)) {
            const double by =
                size * exp(3.0 * (double)sqn__rng_uniform(1, 7, (uint64_t)at));

            p->value[at] += (float)(by / sqrt((double)p->weight[at]));
        }
    }
}

/* Marks that are right, and marks that are not. */
typedef struct score_card {
    int64_t n_hit, found, wrong;
} score_card;

static score_card compare(const sqn_planted *p, const uint8_t *mask)
{
    score_card card = {0, 0, 0};

    for (int64_t at = 0; at < N_DATA; at++) {
        card.n_hit += is_hit(p, at) ? 1 : 0;
        card.found += is_hit(p, at) && mask[at] != 0 ? 1 : 0;
        card.wrong += !is_hit(p, at) && mask[at] != 0 ? 1 : 0;
    }
    return card;
}

static sqn_outlier_options ask(int64_t n_comp)
{
    sqn_outlier_options options = sqn_outlier_options_default();

    options.nmf.n_comp = n_comp;
    return options;
}

/* 0: errors; 1: weights known but for a factor; 2: errors of half the size; 3: too many components;
   4: 10 frames; 5: negative background */
START_TEST(outliers_above_ten_sigma_are_found_at_few_false_alarms)
{
    static const int64_t counts[] = {3, 3, 3, 12, 3, 3};
    sqn_planted_truth truth = scene;
    sqn_outlier_options options = ask(counts[_i]);
    sqn_outlier_tally tally;
    uint8_t mask[N_DATA];
    sqn_planted p;

    truth.sky = _i == 5 ? -0.2 : 0.0;
    options.nmf.background = _i == 5;
    sqn_planted_init(&p, &truth);
    hit(&p, _i == 2 ? 20.0 : 10.0);
    for (int64_t at = 0; at < N_DATA; at++) {
        p.weight[at] *= _i == 1 ? 1e-12F : _i == 2 ? 4.0F : 1.0F;
        p.weight[at] = _i == 4 && at >= INT64_C(10) * N_PIX ? 0.0F : p.weight[at];
    }
    options.rule.relative = _i == 1;
    SQN_ASSERT_OK(sqn_outlier_search(mask, &tally, &p.rows, &options, &err), err);
    const score_card card = compare(&p, mask);

    ck_assert_int_gt(card.n_hit, _i == 4 ? 40 : 150);
    /* Many components for the frames follow an outlier in part. */
    ck_assert_msg(100 * card.found >= (_i == 3 || _i == 4 ? 80 : 95) * card.n_hit,
                  "%d of %d", (int)card.found, (int)card.n_hit);
    ck_assert_msg(1000 * card.wrong <= tally.n_valid, "%d wrong", (int)card.wrong);
    ck_assert_int_eq(tally.n_outlier, card.found + card.wrong);
    ck_assert_int_eq(tally.n_capped, 0);
    ck_assert_int_eq(tally.first_capped, -1);
    ck_assert_int_eq(tally.n_changed, 0);
    ck_assert_int_lt(tally.rounds, options.max_rounds);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(data_without_outliers_lose_nothing)
{
    const sqn_outlier_options options = ask(3);
    sqn_outlier_tally tally;
    uint8_t mask[N_DATA];
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    SQN_ASSERT_OK(sqn_outlier_search(mask, &tally, &p.rows, &options, &err), err);
    ck_assert_int_le(tally.n_outlier, 2); /* of 19000, five sigma */
    ck_assert_int_gt(tally.n_valid, 18000);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(components_that_are_missing_make_no_outliers)
{
    const sqn_outlier_options options = ask(1); /* of 3 */
    sqn_outlier_tally tally;
    uint8_t mask[N_DATA];
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    SQN_ASSERT_OK(sqn_outlier_search(mask, &tally, &p.rows, &options, &err), err);
    ck_assert_int_le(tally.n_outlier, tally.n_valid / 1000);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(the_largest_of_too_many_are_marked_and_the_row_is_named)
{
    sqn_outlier_options options = ask(3);
    sqn_outlier_tally tally;
    uint8_t mask[N_DATA];
    sqn_planted p;
    int64_t n = 0, least = 0;

    sqn_planted_init(&p, &scene);
    options.rule.max_fraction = 0.02;
    for (int64_t j = 0; j < 40; j++) { /* 8 % of row 7, rising */
        float *x = p.value + INT64_C(7) * N_PIX + 10 * j;

        *x += (float)(0.5 + 0.03 * (double)j);
    }
    SQN_ASSERT_OK(sqn_outlier_search(mask, &tally, &p.rows, &options, &err), err);
    ck_assert_int_eq(tally.n_capped, 1);
    ck_assert_int_eq(tally.first_capped, 7);
    for (int64_t j = 40; j-- > 0;) {
        if (mask[INT64_C(7) * N_PIX + 10 * j] != 0) {
            n++;
            least = j;
        }
    }
    ck_assert_int_eq(n, 9);      /* 2 % of some 475 valid ones */
    ck_assert_int_ge(least, 10); /* smaller data differ in their sigma */
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_column_that_varies_is_spared)
{
    enum { COLUMN = 20 };
    sqn_outlier_tally tally;
    const sqn_outlier_rule rule = {.n_sigma = 5.0, .max_fraction = 0.5};
    uint8_t mask[200];
    float score[200];

    memset(mask, 0, sizeof mask);
    for (int64_t at = 0; at < 200; at++) {
        score[at] = (float)sqn_planted_normal(3, (uint64_t)at);
    }
    for (int64_t i = 0; i < 10; i++) {
        score[i * COLUMN + 3] = i < 5 ? 100.0F : 0.0F;   /* half of them */
        score[i * COLUMN + 4] = 50.0F + (float)i;        /* all: shared, not outliers */
        score[i * COLUMN + 5] = i == 2 ? -100.0F : 0.0F; /* one */
        score[i * COLUMN + 6] = (float)NAN;              /* not judged */
    }
    SQN_ASSERT_OK(sqn_outlier_mark(mask, &tally, (sqn_matrix){score, 10, COLUMN, COLUMN},
                                   &rule, &err),
                  err);
    for (int64_t at = 0; at < 200; at++) {
        ck_assert_int_eq(mask[at], at == 2 * COLUMN + 5);
    }
    ck_assert_int_eq(tally.n_outlier, 1);
    ck_assert_int_eq(tally.n_changed, 1);
    ck_assert_int_eq(tally.n_valid, 190);
}
END_TEST

/* Takes 100 off the first score. */
static sqn_status take_first(const void *context, sqn_matrix score, sqn_error *error)
{
    (void)error;
    score.data[0] -= *(const float *)context;
    return SQN_OK;
}

START_TEST(what_is_known_of_a_score_is_taken_off_before_it_is_judged)
{
    const float known = 100.0F;
    const sqn_outlier_rule rule = {
        .n_sigma = 5.0, .max_fraction = 0.5, .reduce = take_first, .context = &known};
    uint8_t mask[100];
    float score[100];

    memset(mask, 0, sizeof mask);
    for (int64_t at = 0; at < 100; at++) {
        score[at] = (float)sqn_planted_normal(3, (uint64_t)at);
    }
    score[0] = 101.0F;
    score[1] = 101.0F;
    SQN_ASSERT_OK(
        sqn_outlier_mark(mask, NULL, (sqn_matrix){score, 10, 10, 10}, &rule, &err), err);
    ck_assert_int_eq(mask[0], 0);
    ck_assert_int_eq(mask[1], 1);
}
END_TEST

START_TEST(threads_and_what_lies_under_weight_0_change_no_mark)
{
    const sqn_outlier_options options = ask(3);
    const int n_thread = omp_get_max_threads();
    uint8_t one[N_DATA], three[N_DATA];
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    hit(&p, 4.0);
    omp_set_num_threads(1);
    SQN_ASSERT_OK(sqn_outlier_search(one, NULL, &p.rows, &options, &err), err);
    for (int64_t at = 0; at < N_DATA; at++) {
        p.value[at] = p.weight[at] > 0.0F ? p.value[at] : 1e30F;
    }
    omp_set_num_threads(3);
    SQN_ASSERT_OK(sqn_outlier_search(three, NULL, &p.rows, &options, &err), err);
    omp_set_num_threads(n_thread);
    ck_assert_mem_eq(one, three, N_DATA);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(marked_entries_have_no_weight_in_the_masked_rows)
{
    double value[N_PIX], weight[N_PIX];
    uint8_t mask[N_DATA];
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (int64_t at = 0; at < N_DATA; at++) {
        mask[at] = at % 3 == 1;
    }
    const sqn_outlier_masked masked = {&p.rows, mask};
    const sqn_rows rows = sqn_outlier_rows(&masked);

    for (int64_t i = 0; i < N_FRAME; i++) {
        SQN_ASSERT_OK(rows.read(rows.context, i, value, weight, &err), err);
        for (int64_t j = 0; j < N_PIX; j++) {
            const int64_t at = i * N_PIX + j;

            ck_assert(weight[j] == (at % 3 == 1 ? 0.0 : (double)p.weight[at]));
        }
    }
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(impossible_wishes_are_refused)
{
    const double wishes[][2] = {{0.0, 0.05}, {(double)NAN, 0.05}, {5.0, 0.0}, {5.0, 1.1}};
    sqn_outlier_options options = ask(3);
    uint8_t mask[N_DATA];
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        options.rule.n_sigma = wishes[i][0];
        options.rule.max_fraction = wishes[i][1];
        SQN_ASSERT_FAILS(sqn_outlier_search(mask, NULL, &p.rows, &options, &err), err,
                         SQN_E_ARG);
    }
    options = ask(3);
    options.max_rounds = 0;
    SQN_ASSERT_FAILS(sqn_outlier_search(mask, NULL, &p.rows, &options, &err), err,
                     SQN_E_ARG);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(every_allocation_can_fail)
{
    const sqn_outlier_options options = ask(1);
    uint8_t mask[N_DATA];
    sqn_planted p;
    int64_t n = 0;

    sqn_planted_init(&p, &scene);
    omp_set_num_threads(1);
    for (;; n++) {
        sqn_allocations_before_failure = n;
        const sqn_status status = sqn_outlier_search(mask, NULL, &p.rows, &options, &err);

        if (status == SQN_OK) {
            break;
        }
        ck_assert_int_eq(status, SQN_ERR_MEMORY);
    }
    ck_assert_int_gt(n, 30);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outlier");
    TCase *tcase = tcase_create("marks");

    tcase_set_timeout(tcase, 60.0);
    tcase_add_loop_test(tcase, outliers_above_ten_sigma_are_found_at_few_false_alarms, 0,
                        6);
    tcase_add_test(tcase, data_without_outliers_lose_nothing);
    tcase_add_test(tcase, components_that_are_missing_make_no_outliers);
    tcase_add_test(tcase, the_largest_of_too_many_are_marked_and_the_row_is_named);
    tcase_add_test(tcase, a_column_that_varies_is_spared);
    tcase_add_test(tcase, what_is_known_of_a_score_is_taken_off_before_it_is_judged);
    tcase_add_test(tcase, threads_and_what_lies_under_weight_0_change_no_mark);
    tcase_add_test(tcase, marked_entries_have_no_weight_in_the_masked_rows);
    tcase_add_test(tcase, impossible_wishes_are_refused);
    tcase_add_test(tcase, every_allocation_can_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
