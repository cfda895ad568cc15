/** @file check_panels_refused.c @brief Rows that no panels are made of, and what is said of them. */
#include <string.h>

#include "panels_internal.h"
#include "sqn_check.h"
#include "sqn_planted.h"

static sqn_error err;

static const sqn_planted_truth scene =
    {.n_frame = 11, .n_pix = 300, .rank = 3, .noise = 0.05, .missing = 0.1, .seed = 7};

/* One entry replaced must be refused with `expected`. */
static void refused(float value, float weight, sqn_id expected)
{
    sqn_planted p;
    sqn_panels *panels = NULL;

    sqn_planted_init(&p, &scene);
    p.value[77] = value;
    p.weight[77] = weight;
    SQN_ASSERT_FAILS(sqn_panels_create(&panels, &p.rows, SQN_NEGATIVES_KEEP, &err), err,
                     expected);
    ck_assert_ptr_null(panels);
    sqn_planted_clear(&p);
}

static sqn_status read_failing(const void *context, int64_t row, double *value,
                               double *weight, sqn_error *error)
{
    (void)context;
    (void)row;
    value[0] = weight[0] = NAN;
    *error = (sqn_error){.status = SQN_ERR_IO, .id = SQN_E_IO};
    return SQN_ERR_IO;
}

START_TEST(unusable_values_and_weights_are_refused_by_name)
{
    const sqn_rows unreadable = {.n_row = 2,
                                 .n_col = 2,
                                 .read = read_failing,
                                 .parallel = true},
                   none = {.n_col = 2, .read = read_failing, .parallel = true};
    sqn_panels *panels = NULL;
    sqn_planted p;

    refused(1.0F, -1.0F, SQN_E_ERRPLANE);
    refused(1.0F, NAN, SQN_E_ERRPLANE);
    refused(1.0F, INFINITY, SQN_E_ERRPLANE);
    refused(1.0F, 1e-30F, SQN_E_ERRPLANE);
    refused(NAN, 1.0F, SQN_E_FITS_TYPE);
    refused(INFINITY, 1.0F, SQN_E_FITS_TYPE);
    SQN_ASSERT_FAILS(sqn_panels_create(&panels, &unreadable, SQN_NEGATIVES_KEEP, &err), err,
                     SQN_E_IO);
    SQN_ASSERT_FAILS(sqn_panels_create(&panels, &none, SQN_NEGATIVES_KEEP, &err), err,
                     SQN_E_DATA_EMPTY);
    SQN_ASSERT_FAILS(sqn_panels_create(&panels, NULL, SQN_NEGATIVES_KEEP, &err), err,
                     SQN_E_ARG);
    SQN_ASSERT_FAILS(sqn_panels_create(NULL, &none, SQN_NEGATIVES_KEEP, &err), err,
                     SQN_E_ARG);
    sqn_planted_init(&p, &scene);
    memset(p.weight, 0, (size_t)(scene.n_frame * scene.n_pix) * sizeof *p.weight);
    SQN_ASSERT_FAILS(sqn_panels_create(&panels, &p.rows, SQN_NEGATIVES_KEEP, &err), err,
                     SQN_E_DATA_EMPTY);
    sqn_planted_clear(&p);
}
END_TEST

/* One value whose square leaves double. */
static sqn_status read_wild(const void *context, int64_t row, double *value, double *weight,
                            sqn_error *error)
{
    const sqn_planted *p = context;
    const sqn_status status = p->rows.read(&p->pair, row, value, weight, error);

    if (row == 3) {
        value[5] = 1e200;
        weight[5] = weight[6];
    }
    return status;
}

START_TEST(a_value_out_of_proportion_is_refused)
{
    sqn_planted p;
    sqn_panels *panels = NULL;
    sqn_planted_truth truth = scene;

    truth.missing = 0.0;
    sqn_planted_init(&p, &truth);
    const sqn_rows rows = {.n_row = scene.n_frame,
                           .n_col = scene.n_pix,
                           .read = read_wild,
                           .context = &p,
                           .parallel = true};

    SQN_ASSERT_FAILS(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err,
                     SQN_E_FITS_TYPE);
    ck_assert_ptr_null(panels);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("panels_refused");
    TCase *tcase = tcase_create("refused");

    tcase_add_test(tcase, unusable_values_and_weights_are_refused_by_name);
    tcase_add_test(tcase, a_value_out_of_proportion_is_refused);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
