/** @file check_nmf_mu.c @brief The published rule against its formula, entry by entry. */
#include "nmf_mu.h"

#include <string.h>

#include "sqn_fit.h"

static sqn_error err;

static const sqn_planted_truth scene =
    {.n_frame = 9, .n_pix = 140, .rank = 3, .noise = 0.5, .missing = 0.1, .seed = 23};

enum { K = 3, LARGEST = 200 };

/* W [n, K] and H [K, m] moved by the formula, one sum at a time. */
typedef struct formula {
    const sqn_planted *data;
    int64_t n, m;
    double w[LARGEST * K], h[K * LARGEST];
} formula;

static double value(const formula *f, int64_t i, int64_t j)
{
    const int64_t at = i * f->m + j;

    return f->data->weight[at] > 0.0F ? fmax((double)f->data->value[at], 0.0) : 0.0;
}

static double model(const formula *f, int64_t i, int64_t j)
{
    double sum = 0.0;

    for (int64_t a = 0; a < K; a++) {
        sum += f->w[i * K + a] * f->h[a * f->m + j];
    }
    return sum;
}

static void move_coefficients(formula *f)
{
    double next[LARGEST * K];

    for (int64_t i = 0; i < f->n; i++) {
        for (int64_t a = 0; a < K; a++) {
            double num = 0.0, den = 0.0;

            for (int64_t j = 0; j < f->m; j++) {
                const double v = (double)f->data->weight[i * f->m + j];

                num += v * value(f, i, j) * f->h[a * f->m + j];
                den += v * model(f, i, j) * f->h[a * f->m + j];
            }
            next[i * K + a] = f->w[i * K + a] * num / den;
        }
    }
    memcpy(f->w, next, (size_t)(f->n * K) * sizeof *next);
}

static void move_components(formula *f)
{
    double next[K * LARGEST];

    for (int64_t a = 0; a < K; a++) {
        for (int64_t j = 0; j < f->m; j++) {
            double num = 0.0, den = 0.0;

            for (int64_t i = 0; i < f->n; i++) {
                const double v = (double)f->data->weight[i * f->m + j];

                num += v * value(f, i, j) * f->w[i * K + a];
                den += v * model(f, i, j) * f->w[i * K + a];
            }
            next[a * f->m + j] = f->h[a * f->m + j] * num / den;
        }
    }
    memcpy(f->h, next, (size_t)(K * f->m) * sizeof *next);
}

static void begin(formula *f)
{
    for (int64_t i = 0; i < f->n * K; i++) {
        f->w[i] = (double)sqn__rng_uniform(4, 1, (uint64_t)i);
    }
    for (int64_t i = 0; i < f->m * K; i++) {
        f->h[i] = (double)sqn__rng_uniform(4, 2, (uint64_t)i);
    }
}

/* The state starts from the formula's factors; panel units are those of W. */
static void hand_over(sqn__nmf_mu *state, const formula *f, const sqn_panels *panels)
{
    const bool wide = panels->info.pixels_are_long;
    double w[LARGEST * K], h[LARGEST * K];

    for (int64_t i = 0; i < f->n; i++) {
        for (int64_t a = 0; a < K; a++) {
            w[i * K + a] = ldexp(f->w[i * K + a], -panels->exponent);
        }
    }
    for (int64_t j = 0; j < f->m; j++) {
        for (int64_t a = 0; a < K; a++) {
            h[j * K + a] = f->h[a * f->m + j];
        }
    }
    sqn__nmf_mu_set(state, wide ? h : w, wide ? w : h);
}

static void compare(const sqn__nmf_mu *state, const formula *f, const sqn_panels *panels)
{
    const bool wide = panels->info.pixels_are_long;
    double along[LARGEST], across[LARGEST];

    for (int64_t a = 0; a < K; a++) {
        sqn__nmf_mu_column(state, a, along, across);
        for (int64_t i = 0; i < f->n; i++) {
            const double w = ldexp((wide ? across : along)[i], panels->exponent);

            ck_assert_double_eq_tol(w, f->w[i * K + a], 1e-10 * (1.0 + f->w[i * K + a]));
        }
        for (int64_t j = 0; j < f->m; j++) {
            const double h = (wide ? along : across)[j];

            ck_assert_double_eq_tol(h, f->h[a * f->m + j],
                                    1e-10 * (1.0 + f->h[a * f->m + j]));
        }
    }
}

static void follows_the_formula(sqn_planted_truth truth)
{
    sqn_nmf_options options = sqn_fit_ask(K);
    sqn__nmf_mu *state = NULL;
    sqn_planted p;

    sqn_planted_init(&p, &truth);
    formula f = {.data = &p, .n = truth.n_frame, .m = truth.n_pix};
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_ZERO);
    const sqn__nmf_task task = {panels, &options};

    ck_assert_int_gt(panels->info.n_negative, 0);
    SQN_ASSERT_OK(sqn__nmf_mu_create(&state, &task, &err), err);
    begin(&f);
    hand_over(state, &f, panels);
    for (int iteration = 0; iteration < 20; iteration++) {
        const double chi2 = sqn__nmf_mu_iterate(state) * panels->chi2_scale;
        double sum = 0.0;

        move_coefficients(&f);
        move_components(&f);
        compare(state, &f, panels);
        for (int64_t i = 0; i < f.n; i++) {
            for (int64_t j = 0; j < f.m; j++) {
                const double e = value(&f, i, j) - model(&f, i, j);

                sum += (double)p.weight[i * f.m + j] * e * e;
            }
        }
        ck_assert_double_eq_tol(chi2, sum, 1e-9 * sum);
    }
    sqn__nmf_mu_destroy(state);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}

START_TEST(iterates_follow_the_formula_whichever_axis_is_long)
{
    sqn_planted_truth blocks = scene;

    blocks.n_frame = 70; /* more than two blocks of rows */
    follows_the_formula(scene);
    follows_the_formula(sqn_fit_turned(scene));
    follows_the_formula(blocks);
    follows_the_formula(sqn_fit_turned(blocks));
}
END_TEST

static void reads_once_per_iteration(sqn_planted_truth truth)
{
    sqn_nmf_options options = sqn_fit_ask(3);
    sqn_planted p;

    options.method = "mu";
    options.tolerance = 1e-3;
    sqn_planted_init(&p, &truth);
    sqn_nmf *model = sqn_fit_model(&p, &options);

    for (int64_t stage = 0; stage < 3; stage++) {
        const sqn_nmf_stage *record = sqn_nmf_stage_at(model, stage);
        const int64_t first = stage == 0 ? 1 : 0; /* what nothing leaves over */

        ck_assert_int_ge(record->iterations, 2);
        ck_assert_int_eq(record->passes, record->iterations + 2 + first);
    }
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}

START_TEST(an_iteration_reads_the_data_once)
{
    reads_once_per_iteration(scene);
    reads_once_per_iteration(sqn_fit_turned(scene));
}
END_TEST

START_TEST(an_entry_without_denominator_keeps_its_value)
{
    sqn_nmf_options options = sqn_fit_ask(2);
    double along[280] = {0}, across[18] = {0}, column[140], short_column[9];
    sqn__nmf_mu *state = NULL;
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_panels *panels = sqn_fit_panels(&p, SQN_NEGATIVES_ZERO);
    const sqn__nmf_task task = {panels, &options};

    SQN_ASSERT_OK(sqn__nmf_mu_create(&state, &task, &err), err);
    for (int64_t i = 0; i < 9; i++) {
        across[2 * i] = 1.0;
        across[2 * i + 1] = 2.385; /* its component is 0: nothing can move it */
    }
    for (int64_t l = 0; l < 140; l++) {
        along[2 * l] = 1.0;
    }
    sqn__nmf_mu_set(state, along, across);
    (void)sqn__nmf_mu_iterate(state);
    sqn__nmf_mu_column(state, 1, column, short_column);
    for (int64_t i = 0; i < 9; i++) {
        ck_assert_double_eq(short_column[i], 2.385);
    }
    ck_assert_double_eq(column[7], 0.0);
    sqn__nmf_mu_destroy(state);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_stage_ends_at_the_first_small_fall)
{
    sqn_nmf_options options = sqn_fit_ask(1);
    sqn_planted p;

    options.method = "mu";
    options.tolerance = 1e-3;
    sqn_planted_init(&p, &scene);
    sqn_nmf *model_1 = sqn_fit_model(&p, &options);
    const int64_t n = sqn_nmf_stage_at(model_1, 0)->iterations;

    /* One iteration less and the fall was not small yet. */
    ck_assert_int_ge(n, 2);
    ck_assert_int_eq(sqn_nmf_stage_at(model_1, 0)->stop, SQN_NMF_CONVERGED);
    options.max_iterations = n - 1;
    sqn_nmf *model_2 = sqn_fit_model(&p, &options);
    const double fall =
        sqn_nmf_stage_at(model_2, 0)->chi2 - sqn_nmf_stage_at(model_1, 0)->chi2;

    ck_assert_int_eq(sqn_nmf_stage_at(model_2, 0)->stop, SQN_NMF_MAX_ITERATIONS);
    ck_assert_double_le(fall, 1e-3 * sqn_nmf_stage_at(model_2, 0)->chi2);
    sqn_nmf_destroy(&model_1);
    sqn_nmf_destroy(&model_2);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf_mu");
    TCase *tcase = tcase_create("rule");

    tcase_add_test(tcase, iterates_follow_the_formula_whichever_axis_is_long);
    tcase_add_test(tcase, an_iteration_reads_the_data_once);
    tcase_add_test(tcase, an_entry_without_denominator_keeps_its_value);
    tcase_add_test(tcase, a_stage_ends_at_the_first_small_fall);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
