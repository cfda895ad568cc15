/** @file check_nmf_support.c @brief Components where the frames that are strong in them miss. */
#include "nmf_support.h"

#include <math.h>

#include "nmf_anls.h"
#include "sequin/nmf.h"
#include "sqn_fit.h"

enum { N_FRAME = 12, N_PIX = 900, N_HOLE = 40, N_WEAK = 4 };

static sqn_error err;
static float value[N_FRAME * N_PIX], weight[N_FRAME * N_PIX];

/* Two patterns; the second is strong in all but the first frames, which have next to nothing of
   it. The first pixels, with something of both, are seen by those frames alone. */
static void plant(void)
{
    for (int64_t i = 0; i < N_FRAME; i++) {
        const double second = i < N_WEAK ? 1e-4 * (double)i : 1.0 + 0.1 * (double)i;

        for (int64_t j = 0; j < N_PIX; j++) {
            const uint64_t pixel = (uint64_t)j;
            const double a = 0.5 + sqn__rng_uniform_double(7, 0, pixel);
            const double b = sqn__rng_uniform_double(7, 1, pixel);
            const double noise = 0.03 * sqn_planted_normal(7, (uint64_t)(i * N_PIX + j));

            value[i * N_PIX + j] =
                (float)((1.0 + 0.05 * (double)(i % 3)) * a + second * b + noise);
            weight[i * N_PIX + j] = j < N_HOLE && i >= N_WEAK ? 0.0F : 1000.0F;
        }
    }
}

static sqn_nmf *fit(void)
{
    const sqn_rows_pair pair = {{value, N_FRAME, N_PIX, N_PIX},
                                {weight, N_FRAME, N_PIX, N_PIX}};
    const sqn_rows rows = sqn_rows_dense(&pair);
    const sqn_nmf_options options = sqn_fit_ask(3);
    sqn_panels *panels = NULL;
    sqn_nmf *model = NULL;

    plant();
    SQN_ASSERT_OK(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    SQN_ASSERT_OK(sqn_nmf_fit(&model, panels, &options, &err), err);
    sqn_panels_destroy(&panels);
    return model;
}

START_TEST(what_is_predicted_where_nothing_supports_it_stays_in_bounds)
{
    sqn_nmf *model = fit();

    for (int64_t k = 1; k <= 3; k++) {
        for (int64_t i = N_WEAK; i < N_FRAME; i++) {
            for (int64_t j = 0; j < N_HOLE; j++) {
                ck_assert_double_lt(fabs(sqn_fit_value(model, k, i, j)),
                                    5.0); /* data: < 4 */
            }
        }
    }
    sqn_nmf_destroy(&model);
}
END_TEST

START_TEST(pixels_without_support_for_a_component_are_undetermined)
{
    sqn_nmf *model = fit();

    for (int64_t j = 0; j < N_PIX; j++) {
        ck_assert_int_eq(sqn_nmf_undetermined(model, 1)[j], 0);
        ck_assert_int_eq(sqn_nmf_undetermined(model, 2)[j], j < N_HOLE);
    }
    sqn_nmf_destroy(&model);
}
END_TEST

START_TEST(support_counts_frames_of_every_block)
{
    const sqn_planted_truth truth = {
        .n_frame = 140, .n_pix = 300, .rank = 2, .noise = 0.02, .seed = 6};
    const sqn_nmf_options options = sqn_fit_ask(2);
    sqn_planted p;

    sqn_planted_init(&p, &truth);
    for (int64_t i = truth.n_frame - 20; i < truth.n_frame; i++) { /* the last block */
        for (int64_t j = 0; j < N_HOLE; j++) {
            p.weight[i * truth.n_pix + j] = 0.0F;
        }
    }
    sqn_nmf *model = sqn_fit_model(&p, &options);

    ck_assert_int_gt(truth.n_frame, SQN__NMF_ANLS_BLOCK);
    ck_assert_int_lt(truth.n_frame - 20, SQN__NMF_ANLS_BLOCK);
    for (int64_t i = 0; i < truth.n_frame; i++) {
        for (int64_t j = 0; j < N_HOLE; j++) { /* those pixels are modelled like others */
            double planted = 0.0;

            for (int64_t a = 0; a < truth.rank; a++) {
                planted += p.coeff[i * truth.rank + a] * p.comp[a * truth.n_pix + j];
            }
            ck_assert_double_eq_tol(sqn_fit_value(model, 2, i, j), planted, 0.05);
        }
    }
    sqn_nmf_destroy(&model);
    sqn_planted_clear(&p);
}
END_TEST

/* A model with background of data times `scale`, in which some pixels are seen by two frames. */
static sqn_nmf *fit_with_background(double scale)
{
    const sqn_planted_truth truth = {
        .n_frame = 40, .n_pix = 600, .rank = 3, .noise = 0.02, .seed = 5};
    sqn_nmf_options options = sqn_fit_ask(4);
    sqn_planted p;

    options.background = true;
    sqn_planted_init(&p, &truth);
    for (int64_t at = 0; at < truth.n_frame * truth.n_pix; at++) {
        const bool unseen = at / truth.n_pix >= 2 && at % truth.n_pix < N_HOLE;

        p.value[at] *= (float)scale;
        p.weight[at] *= unseen ? 0.0F : (float)(1.0 / (scale * scale));
    }
    sqn_nmf *model = sqn_fit_model(&p, &options);

    sqn_planted_clear(&p);
    return model;
}

START_TEST(undetermined_pixels_scale_with_the_data)
{
    const double scale = 1.4; /* panels take powers of 2 off */
    sqn_nmf *one = fit_with_background(1.0), *other = fit_with_background(scale);

    for (int64_t j = 0; j < N_HOLE; j++) {
        ck_assert_int_eq(sqn_nmf_undetermined(one, 4)[j], 1);
        for (int64_t i = 0; i < 40; i++) {
            const double want = scale * sqn_fit_value(one, 4, i, j);

            ck_assert_double_eq_tol(sqn_fit_value(other, 4, i, j), want, 3e-3 * scale);
        }
    }
    sqn_nmf_destroy(&one);
    sqn_nmf_destroy(&other);
}
END_TEST

START_TEST(squares_are_relative_to_their_column_and_zeros_ask_for_nothing)
{
    float s[6] = {3.0F, 0.0F, 0.0F, 0.0F, 4.0F, 0.0F}; /* [3, 2] */

    sqn__nmf_support_squares(s, (sqn_matrix_const){s, 3, 2, 2});
    ck_assert_float_eq_tol(s[0], 27.0F / 25.0F, 1e-6F);
    ck_assert_float_eq(s[2], 0.0F);
    ck_assert_float_eq_tol(s[4], 48.0F / 25.0F, 1e-6F);
    ck_assert(s[1] == 1.0F && s[3] == 1.0F && s[5] == 1.0F);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nmf_support");
    TCase *tcase = tcase_create("support");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, what_is_predicted_where_nothing_supports_it_stays_in_bounds);
    tcase_add_test(tcase, pixels_without_support_for_a_component_are_undetermined);
    tcase_add_test(tcase, support_counts_frames_of_every_block);
    tcase_add_test(tcase, undetermined_pixels_scale_with_the_data);
    tcase_add_test(tcase, squares_are_relative_to_their_column_and_zeros_ask_for_nothing);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
