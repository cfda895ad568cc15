/** @file check_holdout.c @brief Which entries are hidden, and from whom. */
#include <math.h>
#include <string.h>

#include "sequin/holdout.h"
#include "sqn_check.h"
#include "sqn_planted.h"
#include "sqn_wrap.h"

static const sqn_planted_truth scene = {40, 300, 3, 0.1, 0.1, 0.3, false, 21};

static sqn_error err;

static sqn_holdout *hide(const sqn_rows *rows, double share, uint64_t seed,
                         sqn_negatives negatives)
{
    const sqn_holdout_options options = {share, seed, negatives};
    sqn_holdout *holdout = NULL;

    SQN_ASSERT_OK(sqn_holdout_create(&holdout, rows, &options, &err), err);
    return holdout;
}

static bool same_place(const sqn_holdout_entry *a, const sqn_holdout_entry *b)
{
    return a->row == b->row && a->col == b->col;
}

START_TEST(the_share_of_valid_entries_is_hidden)
{
    const double shares[] = {0.01, 0.05, 0.5};
    sqn_planted p;
    double n_valid = 0.0;

    sqn_planted_init(&p, &scene);
    for (int64_t at = 0; at < scene.n_frame * scene.n_pix; at++) {
        n_valid += p.weight[at] > 0.0F ? 1.0 : 0.0;
    }
    for (int i = 0; i < 3; i++) {
        sqn_holdout *h = hide(&p.rows, shares[i], 1, SQN_NEGATIVES_KEEP);
        const double mean = shares[i] * n_valid, n = (double)sqn_holdout_count(h);

        /* binomial: 5 sigma */
        ck_assert_double_le(fabs(n - mean), 5.0 * sqrt(mean * (1.0 - shares[i])));
        sqn_holdout_destroy(&h);
    }
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(hidden_entries_lose_their_weight_and_nothing_else_changes)
{
    double value[300], weight[300];
    sqn_planted p;
    int64_t n = 0;

    sqn_planted_init(&p, &scene);
    sqn_holdout *h = hide(&p.rows, 0.05, 1, SQN_NEGATIVES_KEEP);
    const sqn_rows rows = sqn_holdout_rows(h);
    const sqn_holdout_entry *entry = sqn_holdout_entries(h);

    for (int64_t i = 0; i < scene.n_frame; i++) {
        SQN_ASSERT_OK(rows.read(rows.context, i, value, weight, &err), err);
        for (int64_t j = 0; j < scene.n_pix; j++) {
            const int64_t at = i * scene.n_pix + j;
            const float x = p.value[at];
            const bool hidden =
                n < sqn_holdout_count(h) && entry[n].row == i && entry[n].col == j;

            ck_assert(isnan(x) ? isnan(value[j]) : value[j] == (double)x);
            ck_assert(weight[j] == (hidden ? 0.0 : (double)p.weight[at]));
            if (hidden) {
                ck_assert(entry[n].value == (double)x);
                ck_assert(entry[n].weight == (double)p.weight[at]);
                ck_assert(entry[n].weight > 0.0);
                n++;
            }
        }
    }
    ck_assert_int_eq(n, sqn_holdout_count(h)); /* by rows, then columns */
    sqn_holdout_destroy(&h);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(the_choice_of_one_entry_does_not_depend_on_others)
{
    sqn_planted p;
    int64_t n = 0;

    sqn_planted_init(&p, &scene);
    sqn_holdout *all = hide(&p.rows, 0.05, 1, SQN_NEGATIVES_KEEP);

    for (int64_t at = 0; at < scene.n_frame * scene.n_pix; at += 7) {
        p.weight[at] = 0.0F;
        p.value[at] = 1e30F;
    }
    sqn_holdout *some = hide(&p.rows, 0.05, 1, SQN_NEGATIVES_KEEP);

    for (int64_t e = 0; e < sqn_holdout_count(all); e++) {
        const sqn_holdout_entry *before = sqn_holdout_entries(all) + e;

        if ((before->row * scene.n_pix + before->col) % 7 != 0) {
            ck_assert(same_place(before, sqn_holdout_entries(some) + n));
            n++;
        }
    }
    ck_assert_int_eq(n, sqn_holdout_count(some));
    ck_assert_int_lt(n, sqn_holdout_count(all));
    sqn_holdout_destroy(&all);
    sqn_holdout_destroy(&some);
    sqn_planted_clear(&p);
}
END_TEST

/* The planted rows with an empty row before them and an empty column in their midst. */
static sqn_status read_gaps(const void *context, int64_t row, double *value, double *weight,
                            sqn_error *error)
{
    enum { GAP = 100 };
    const sqn_planted *p = context;
    double x[300], v[300];
    sqn_status status = SQN_OK;

    memset(x, 0, sizeof x);
    memset(v, 0, sizeof v);
    if (row > 0) {
        status = p->rows.read(p->rows.context, row - 1, x, v, error);
    }
    for (int64_t j = 0; j <= scene.n_pix; j++) {
        value[j] = j == GAP ? (double)NAN : x[j - (j > GAP)];
        weight[j] = j == GAP ? 0.0 : v[j - (j > GAP)];
    }
    return status;
}

START_TEST(rows_and_columns_without_data_change_nothing)
{
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    const sqn_rows rows = {.n_row = scene.n_frame + 1,
                           .n_col = scene.n_pix + 1,
                           .read = read_gaps,
                           .context = &p};
    sqn_holdout *plain = hide(&p.rows, 0.05, 1, SQN_NEGATIVES_KEEP);
    sqn_holdout *gaps = hide(&rows, 0.05, 1, SQN_NEGATIVES_KEEP);

    ck_assert_int_eq(sqn_holdout_count(plain), sqn_holdout_count(gaps));
    for (int64_t e = 0; e < sqn_holdout_count(plain); e++) {
        sqn_holdout_entry expected = sqn_holdout_entries(plain)[e];

        expected.row += 1;
        expected.col += expected.col >= 100 ? 1 : 0;
        ck_assert(same_place(&expected, sqn_holdout_entries(gaps) + e));
    }
    sqn_holdout_destroy(&plain);
    sqn_holdout_destroy(&gaps);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(seeds_choose_other_entries)
{
    sqn_planted p;
    int64_t common = 0, at = 0;

    sqn_planted_init(&p, &scene);
    sqn_holdout *one = hide(&p.rows, 0.05, 1, SQN_NEGATIVES_KEEP);
    sqn_holdout *two = hide(&p.rows, 0.05, 2, SQN_NEGATIVES_KEEP);
    const sqn_holdout_entry *a = sqn_holdout_entries(one), *b = sqn_holdout_entries(two);

    for (int64_t e = 0; e < sqn_holdout_count(one); e++) {
        while (at < sqn_holdout_count(two) &&
               b[at].row * scene.n_pix + b[at].col < a[e].row * scene.n_pix + a[e].col) {
            at++;
        }
        common += at < sqn_holdout_count(two) && same_place(a + e, b + at) ? 1 : 0;
    }
    ck_assert_int_lt(common, sqn_holdout_count(one) / 5); /* 5 % by chance */
    sqn_holdout_destroy(&one);
    sqn_holdout_destroy(&two);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(negative_data_are_treated_as_the_panels_treat_them)
{
    sqn_planted p;
    int64_t n[3] = {0, 0, 0}, n_zero = 0;

    sqn_planted_init(&p, &scene);
    for (int rule = 0; rule < 3; rule++) {
        sqn_holdout *h = hide(&p.rows, 0.5, 1, (sqn_negatives)rule);

        n[rule] = sqn_holdout_count(h);
        for (int64_t e = 0; e < n[rule]; e++) {
            const double value = sqn_holdout_entries(h)[e].value;

            ck_assert(rule == SQN_NEGATIVES_KEEP || value >= 0.0);
            n_zero += rule == SQN_NEGATIVES_ZERO && value == 0.0 ? 1 : 0;
        }
        sqn_holdout_destroy(&h);
    }
    ck_assert_int_eq(n[SQN_NEGATIVES_KEEP], n[SQN_NEGATIVES_ZERO]);
    ck_assert_int_eq(n[SQN_NEGATIVES_MISSING], n[SQN_NEGATIVES_ZERO] - n_zero);
    ck_assert_int_gt(n_zero, 0);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(impossible_wishes_are_refused)
{
    const sqn_holdout_options wishes[] = {{0.0, 1, SQN_NEGATIVES_KEEP},
                                          {0.51, 1, SQN_NEGATIVES_KEEP},
                                          {(double)NAN, 1, SQN_NEGATIVES_KEEP},
                                          {0.05, 0, SQN_NEGATIVES_KEEP}};
    sqn_holdout *h = NULL;
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        SQN_ASSERT_FAILS(sqn_holdout_create(&h, &p.rows, &wishes[i], &err), err, SQN_E_ARG);
        ck_assert_ptr_null(h);
    }
    SQN_ASSERT_FAILS(sqn_holdout_create(&h, NULL, NULL, &err), err, SQN_E_ARG);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(every_allocation_can_fail)
{
    sqn_holdout *h = NULL;
    sqn_planted p;
    int64_t n = 0;

    sqn_planted_init(&p, &scene);
    for (;; n++) {
        sqn_allocations_before_failure = n;
        const sqn_status status = sqn_holdout_create(&h, &p.rows, NULL, &err);

        if (status == SQN_OK) {
            break;
        }
        ck_assert_int_eq(status, SQN_ERR_MEMORY);
        ck_assert_ptr_null(h);
    }
    ck_assert_int_eq(n, 6);
    sqn_holdout_destroy(&h);
    sqn_holdout_destroy(NULL);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("holdout");
    TCase *tcase = tcase_create("choice");

    tcase_add_test(tcase, the_share_of_valid_entries_is_hidden);
    tcase_add_test(tcase, hidden_entries_lose_their_weight_and_nothing_else_changes);
    tcase_add_test(tcase, the_choice_of_one_entry_does_not_depend_on_others);
    tcase_add_test(tcase, rows_and_columns_without_data_change_nothing);
    tcase_add_test(tcase, seeds_choose_other_entries);
    tcase_add_test(tcase, negative_data_are_treated_as_the_panels_treat_them);
    tcase_add_test(tcase, impossible_wishes_are_refused);
    tcase_add_test(tcase, every_allocation_can_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
