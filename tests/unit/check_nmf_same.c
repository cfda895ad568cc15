/** @file check_nmf_same.c @brief Guarantees of equal bits: threads, masked values, units, absence. */
#include <omp.h>
#include <string.h>

#include "sequin/nmf.h"
#include "sqn_fit.h"

static const sqn_planted_truth scene =
    {.n_frame = 20, .n_pix = 700, .rank = 3, .noise = 0.03, .missing = 0.05, .seed = 11};

/* Equal bits of everything a model holds. */
static void same_bits(const sqn_nmf *a, const sqn_nmf *b)
{
    ck_assert_int_eq(sqn_nmf_n_stage(a), sqn_nmf_n_stage(b));
    for (int64_t s = 0; s < sqn_nmf_n_stage(a); s++) {
        const sqn_nmf_stage *x = sqn_nmf_stage_at(a, s), *y = sqn_nmf_stage_at(b, s);
        const sqn_matrix_const h = sqn_nmf_components(a, x->n_comp);
        const sqn_dmatrix_const w = sqn_nmf_coefficients(a, x->n_comp);

        ck_assert_int_eq(x->iterations, y->iterations);
        ck_assert_int_eq(x->passes, y->passes);
        ck_assert_mem_eq(&x->chi2, &y->chi2, sizeof x->chi2);
        ck_assert_mem_eq(&x->kkt, &y->kkt, sizeof x->kkt);
        ck_assert_mem_eq(h.data, sqn_nmf_components(b, x->n_comp).data,
                         (size_t)(h.rows * h.cols) * sizeof *h.data);
        ck_assert_mem_eq(w.data, sqn_nmf_coefficients(b, x->n_comp).data,
                         (size_t)(w.rows * w.cols) * sizeof *w.data);
    }
}

static void threads_agree(sqn_nmf_options options, sqn_planted_truth truth)
{
    const int threads[] = {1, 2, 4};
    sqn_nmf *first = NULL;
    sqn_planted p;

    sqn_planted_init(&p, &truth);
    for (int i = 0; i < 3; i++) {
        omp_set_num_threads(threads[i]);
        sqn_nmf *model = sqn_fit_model(&p, &options);

        if (first == NULL) {
            first = model;
        } else {
            same_bits(first, model);
            sqn_nmf_destroy(&model);
        }
    }
    sqn_nmf_destroy(&first);
    sqn_planted_clear(&p);
}

START_TEST(any_number_of_threads_gives_the_same_bits)
{
    sqn_planted_truth truth = scene;
    sqn_nmf_options options = sqn_fit_ask(3);

    truth.n_pix = 20000; /* ten groups of panels, and */
    truth.n_frame = 55;  /* enough work for threads, in a sample too */
    options.max_iterations = 4;
    threads_agree(options, truth);
    options.background = true;
    threads_agree(options, truth);
    options.background = false;
    options.method = "mu";
    options.max_iterations = 2;
    threads_agree(options, truth);
    threads_agree(options, sqn_fit_turned(truth));
}
END_TEST

START_TEST(what_lies_under_weight_zero_changes_no_bit)
{
    const float filling[] = {0.0F, 1e30F, NAN, -INFINITY};
    const char *const methods[] = {"anls", "mu"};

    for (int m = 0; m < 2; m++) {
        sqn_nmf_options options = sqn_fit_ask(3);
        sqn_nmf *first = NULL;

        options.method = methods[m];
        options.max_iterations = 30;
        for (int f = 0; f < 4; f++) {
            sqn_planted p;

            sqn_planted_init(&p, &scene);
            for (int64_t i = 0; i < scene.n_frame * scene.n_pix; i++) {
                p.value[i] = p.weight[i] > 0.0F ? p.value[i] : filling[f];
            }
            sqn_nmf *model = sqn_fit_model(&p, &options);

            if (first == NULL) {
                first = model;
            } else {
                same_bits(first, model);
                sqn_nmf_destroy(&model);
            }
            sqn_planted_clear(&p);
        }
        sqn_nmf_destroy(&first);
    }
}
END_TEST

static void scales_exactly(const sqn_nmf_options *options, int exponent)
{
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_nmf *one = sqn_fit_model(&p, options);

    for (int64_t i = 0; i < scene.n_frame * scene.n_pix; i++) {
        p.value[i] = ldexpf(p.value[i], exponent);
        p.weight[i] = ldexpf(p.weight[i], -2 * exponent);
    }
    sqn_nmf *other = sqn_fit_model(&p, options);
    const sqn_dmatrix_const w = sqn_nmf_coefficients(one, 3);
    const sqn_dmatrix_const scaled = sqn_nmf_coefficients(other, 3);
    const sqn_matrix_const h = sqn_nmf_components(one, 3);

    ck_assert_double_eq(sqn_nmf_stage_at(one, 2)->chi2, sqn_nmf_stage_at(other, 2)->chi2);
    ck_assert_int_eq(sqn_nmf_stage_at(one, 2)->passes, sqn_nmf_stage_at(other, 2)->passes);
    ck_assert_mem_eq(h.data, sqn_nmf_components(other, 3).data,
                     (size_t)(h.rows * h.cols) * sizeof *h.data);
    for (int64_t i = 0; i < w.rows * w.cols; i++) {
        ck_assert_double_eq(ldexp(w.data[i], exponent), scaled.data[i]);
    }
    sqn_nmf_destroy(&one);
    sqn_nmf_destroy(&other);
    sqn_planted_clear(&p);
}

START_TEST(a_power_of_two_on_data_and_errors_scales_exactly)
{
    sqn_nmf_options options = sqn_fit_ask(3);

    scales_exactly(&options, 20);
    scales_exactly(&options, -20);
    options.start = SQN_NMF_START_RANDOM;
    options.background = true;
    scales_exactly(&options, 20);
    options.background = false;
    options.method = "mu";
    options.max_iterations = 20;
    scales_exactly(&options, -20);
}
END_TEST

/* Frame 6 and pixels 0 and 350 without weight, against the same data without them. */
static void absence_is_weight_zero(const sqn_nmf_options *options)
{
    sqn_planted_truth small = scene;
    sqn_planted full, cut;

    small.n_frame -= 1;
    small.n_pix -= 2;
    sqn_planted_init(&full, &scene);
    sqn_planted_init(&cut, &small);
    for (int64_t i = 0, to = 0; i < scene.n_frame; i++) {
        for (int64_t j = 0; j < scene.n_pix; j++) {
            const int64_t at = i * scene.n_pix + j;

            if (i == 6 || j == 0 || j == 350) {
                full.weight[at] = 0.0F;
            } else {
                cut.value[to] = full.value[at];
                cut.weight[to++] = full.weight[at];
            }
        }
    }
    sqn_nmf *a = sqn_fit_model(&full, options), *b = sqn_fit_model(&cut, options);
    const sqn_matrix_const h = sqn_nmf_components(a, 3), g = sqn_nmf_components(b, 3);
    const sqn_dmatrix_const w = sqn_nmf_coefficients(a, 3), c = sqn_nmf_coefficients(b, 3);

    ck_assert_double_eq(sqn_nmf_stage_at(a, 2)->chi2, sqn_nmf_stage_at(b, 2)->chi2);
    for (int64_t j = 0, to = 0; j < scene.n_pix; j++) {
        if (j == 0 || j == 350) {
            ck_assert_float_nan(h.data[2 * h.stride + j]);
            ck_assert_int_eq(sqn_nmf_undetermined(a, 3)[j], 0);
        } else {
            ck_assert_mem_eq(h.data + 2 * h.stride + j, g.data + 2 * g.stride + to++,
                             sizeof *h.data);
        }
    }
    for (int64_t i = 0, to = 0; i < scene.n_frame; i++) {
        if (i == 6) {
            ck_assert_double_nan(w.data[i * 3 + 1]);
        } else {
            ck_assert_mem_eq(w.data + i * 3, c.data + 3 * to++, 3 * sizeof *w.data);
        }
    }
    sqn_nmf_destroy(&a);
    sqn_nmf_destroy(&b);
    sqn_planted_clear(&full);
    sqn_planted_clear(&cut);
}

START_TEST(weight_zero_everywhere_equals_absence_bit_for_bit)
{
    sqn_nmf_options options = sqn_fit_ask(3);

    absence_is_weight_zero(&options);
    options.start = SQN_NMF_START_RANDOM;
    absence_is_weight_zero(&options);
    options.method = "mu";
    options.max_iterations = 20;
    absence_is_weight_zero(&options);
}
END_TEST

START_TEST(seeds_matter_to_random_starts_only)
{
    sqn_nmf_options options = sqn_fit_ask(2), other = sqn_fit_ask(2);
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    other.seed = 5;
    sqn_nmf *a = sqn_fit_model(&p, &options), *b = sqn_fit_model(&p, &other);

    same_bits(a, b);
    sqn_nmf_destroy(&a);
    sqn_nmf_destroy(&b);
    options.start = other.start = SQN_NMF_START_RANDOM;
    a = sqn_fit_model(&p, &options);
    b = sqn_fit_model(&p, &other);
    ck_assert_double_ne(sqn_nmf_stage_at(a, 1)->chi2, sqn_nmf_stage_at(b, 1)->chi2);
    sqn_nmf_destroy(&a);
    sqn_nmf_destroy(&b);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf_same");
    TCase *tcase = tcase_create("bits");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, any_number_of_threads_gives_the_same_bits);
    tcase_add_test(tcase, what_lies_under_weight_zero_changes_no_bit);
    tcase_add_test(tcase, a_power_of_two_on_data_and_errors_scales_exactly);
    tcase_add_test(tcase, weight_zero_everywhere_equals_absence_bit_for_bit);
    tcase_add_test(tcase, seeds_matter_to_random_starts_only);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
