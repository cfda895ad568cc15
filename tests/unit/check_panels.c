/** @file check_panels.c @brief Rows to panels: shape, units, who takes part. */
#include <string.h>

#include "nmf_internal.h"
#include "panels_internal.h"
#include "sqn_check.h"
#include "sqn_planted.h"
#include "sqn_wrap.h"

static sqn_error err;

static const sqn_planted_truth scene =
    {.n_frame = 11, .n_pix = 300, .rank = 3, .noise = 0.05, .missing = 0.1, .seed = 7};

static sqn_panels *panels_of(const sqn_planted *p, sqn_negatives negatives)
{
    sqn_panels *panels = NULL;

    SQN_ASSERT_OK(sqn_panels_create(&panels, &p->rows, negatives, &err), err);
    return panels;
}

/* Entry (i, j) as stored. */
static float stored(const sqn_panels *panels, const float *what, int64_t i, int64_t j)
{
    const int64_t f = panels->frame[i], p = panels->pixel[j];
    const int64_t l = panels->info.pixels_are_long ? p : f;
    const int64_t s = panels->info.pixels_are_long ? f : p;

    return what[(l / panels->width * panels->n_short + s) * panels->width +
                l % panels->width];
}

static void panels_hold_the_rows(const sqn_planted *p, int64_t n_frame, int64_t n_pix)
{
    sqn_panels *panels = panels_of(p, SQN_NEGATIVES_KEEP);
    double sum = 0.0;
    int64_t n_data = 0;

    for (int64_t i = 0; i < n_frame; i++) {
        for (int64_t j = 0; j < n_pix; j++) {
            const float x = p->value[i * n_pix + j], v = p->weight[i * n_pix + j];
            const float back = ldexpf(stored(panels, panels->x, i, j), panels->exponent);

            ck_assert_float_eq(back, isnan(x) ? 0.0F : x);
            ck_assert_float_eq(
                ldexpf(stored(panels, panels->v, i, j), panels->weight_exponent), v);
            sum += v > 0.0F ? (double)v * x * x : 0.0;
            n_data += v > 0.0F;
        }
    }
    ck_assert_int_eq(sqn_panels_about(panels)->n_data, n_data);
    ck_assert_double_eq_tol(sqn_panels_about(panels)->sum_vx2, sum, 1e-9 * sum);
    sqn_panels_destroy(&panels);
    ck_assert_ptr_null(panels);
}

/* Row `i` of the panels is that of the scene; frame 2 and pixel 3 take no part. */
static void rows_are_those_of_the_scene(const sqn_planted *p, int64_t n_frame,
                                        int64_t n_pix)
{
    sqn_panels *panels = panels_of(p, SQN_NEGATIVES_KEEP);
    const sqn_rows rows = sqn_panels_rows(panels);
    double value[300], weight[300];

    ck_assert_int_eq(rows.n_row, n_frame);
    ck_assert_int_eq(rows.n_col, n_pix);
    for (int64_t i = 0; i < n_frame; i++) {
        SQN_ASSERT_OK(rows.read(rows.context, i, value, weight, &err), err);
        for (int64_t j = 0; j < n_pix; j++) {
            const bool out = i == 2 || j == 3;
            const float x = p->value[i * n_pix + j], v = p->weight[i * n_pix + j];

            ck_assert(out ? isnan(value[j]) : isnan(x) || value[j] == (double)x);
            ck_assert_double_eq(weight[j], (double)v);
        }
    }
    sqn_panels_destroy(&panels);
}

START_TEST(rows_are_read_back_whichever_axis_is_long)
{
    for (int turn = 0; turn < 2; turn++) {
        sqn_planted_truth truth = scene;
        sqn_planted p;

        truth.n_frame = turn ? scene.n_pix : scene.n_frame;
        truth.n_pix = turn ? scene.n_frame : scene.n_pix;
        sqn_planted_init(&p, &truth);
        for (int64_t e = 0; e < truth.n_frame * truth.n_pix; e++) {
            if (e / truth.n_pix == 2 || e % truth.n_pix == 3) {
                p.weight[e] = 0.0F;
            }
            p.value[e] = ldexpf(p.value[e], -60); /* in any unit */
            p.weight[e] = ldexpf(p.weight[e], 80);
        }
        rows_are_those_of_the_scene(&p, truth.n_frame, truth.n_pix);
        sqn_planted_clear(&p);
    }
}
END_TEST

START_TEST(values_and_weights_come_back_exactly_whichever_axis_is_long)
{
    sqn_planted p;
    sqn_planted_truth turned = scene;

    sqn_planted_init(&p, &scene);
    panels_hold_the_rows(&p, scene.n_frame, scene.n_pix);
    sqn_planted_clear(&p);
    turned.n_frame = scene.n_pix;
    turned.n_pix = scene.n_frame;
    sqn_planted_init(&p, &turned);
    panels_hold_the_rows(&p, turned.n_frame, turned.n_pix);
    sqn_planted_clear(&p);
    turned.n_frame = 7; /* so wide that most pixels are read and stored in strips */
    turned.n_pix = 2063;
    sqn_planted_init(&p, &turned);
    panels_hold_the_rows(&p, turned.n_frame, turned.n_pix);
    for (int64_t i = 0; i < turned.n_frame; i++) {
        p.weight[i * turned.n_pix + 700] =
            0.0F; /* a pixel that nobody has shifts the rest */
    }
    sqn_panels *panels = panels_of(&p, SQN_NEGATIVES_KEEP);

    for (int64_t i = 0; i < turned.n_frame; i++) {
        for (int64_t j = 690; j < 1400; j++) {
            const float v = p.weight[i * turned.n_pix + j];

            ck_assert(j == 700 || ldexpf(stored(panels, panels->v, i, j),
                                         panels->weight_exponent) == v);
        }
    }
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(the_longer_axis_is_long_and_pixels_are_when_equal)
{
    const int64_t shapes[3][3] = {{5, 6, 1}, {6, 5, 0}, {6, 6, 1}};

    for (int i = 0; i < 3; i++) {
        sqn_planted_truth truth = scene;
        sqn_planted p;

        truth.n_frame = shapes[i][0];
        truth.n_pix = shapes[i][1];
        truth.missing = 0.0;
        sqn_planted_init(&p, &truth);
        sqn_panels *panels = panels_of(&p, SQN_NEGATIVES_KEEP);

        ck_assert_int_eq(panels->info.pixels_are_long, shapes[i][2]);
        ck_assert_int_eq(panels->n_long, 6);
        ck_assert_int_eq(panels->n_panel, 1);
        sqn_panels_destroy(&panels);
        sqn_planted_clear(&p);
    }
}
END_TEST

START_TEST(lanes_past_the_end_have_no_weight)
{
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    sqn_panels *panels = panels_of(&p, SQN_NEGATIVES_KEEP);
    const float *x = sqn__panels_x(panels, panels->n_panel - 1);
    const float *v = sqn__panels_v(panels, panels->n_panel - 1);

    ck_assert_int_eq(panels->n_panel, 3); /* 300 pixels in panels of 128 */
    for (int64_t t = 300 - 2 * 128; t < panels->width; t++) {
        ck_assert_float_eq(x[t], 0.0F);
        ck_assert_float_eq(v[t], 0.0F);
    }
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(threads_that_read_side_by_side_do_not_change_a_bit)
{
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    ck_assert(p.rows.parallel);
    sqn_panels *first = panels_of(&p, SQN_NEGATIVES_ZERO);

    p.rows.parallel = false;
    sqn_panels *again = panels_of(&p, SQN_NEGATIVES_ZERO);
    const size_t n = (size_t)(first->n_panel * first->n_short * first->width);
    double weights[64];

    ck_assert_mem_eq(first->x, again->x, n * sizeof *first->x);
    ck_assert_mem_eq(first->v, again->v, n * sizeof *first->v);
    ck_assert(first->info.sum_vx2 == again->info.sum_vx2);
    ck_assert(first->info.pixels_are_long && first->n_short <= 64);
    sqn__nmf_start_weights(weights, first);
    for (int64_t i = 0; i < scene.n_frame; i++) {
        double sum = 0.0;

        for (int64_t j = 0; j < scene.n_pix; j++) {
            sum += ldexp((double)p.weight[i * scene.n_pix + j], -first->weight_exponent);
        }
        ck_assert_double_eq_tol(first->frame_weight[i], sum, 1e-5 * sum);
        ck_assert(first->frame_weight[i] == again->frame_weight[i]);
    }
    for (int64_t j = 0; j < first->n_short; j++) { /* the same from what is stored */
        double sum = 0.0;

        for (int64_t l = 0; l < first->n_panel * first->width; l++) {
            sum += (double)first->v[sqn__panels_place(first, l, true) + j * first->width];
        }
        ck_assert_double_eq_tol(weights[j], sum, 1e-14 * sum);
    }
    sqn_panels_destroy(&first);
    sqn_panels_destroy(&again);
    sqn_planted_clear(&p);
}
END_TEST

/* Frame 4 and pixels 0, 17 and 299 lose all weight; what lies there is `filling`. */
static void blank(const sqn_planted *p, float filling)
{
    for (int64_t i = 0; i < scene.n_frame; i++) {
        for (int64_t j = 0; j < scene.n_pix; j++) {
            const int64_t at = i * scene.n_pix + j;

            if (i == 4 || j == 0 || j == 17 || j == 299) {
                p->weight[at] = 0.0F;
                p->value[at] = filling;
            }
        }
    }
}

START_TEST(frames_and_pixels_without_weight_leave_no_trace)
{
    sqn_planted full, cut;
    sqn_planted_truth small = scene;

    small.n_frame -= 1;
    small.n_pix -= 3;
    sqn_planted_init(&full, &scene);
    sqn_planted_init(&cut, &small);
    blank(&full, 1e30F);
    for (int64_t i = 0, to = 0; i < scene.n_frame; i++) {
        for (int64_t j = 0; j < scene.n_pix; j++) {
            if (i != 4 && j != 0 && j != 17 && j != 299) {
                cut.value[to] = full.value[i * scene.n_pix + j];
                cut.weight[to++] = full.weight[i * scene.n_pix + j];
            }
        }
    }
    sqn_panels *a = panels_of(&full, SQN_NEGATIVES_KEEP);
    sqn_panels *b = panels_of(&cut, SQN_NEGATIVES_KEEP);
    const size_t bytes = (size_t)(a->n_panel * a->n_short * a->width) * sizeof *a->x;

    ck_assert_int_eq(a->info.n_frame_used, small.n_frame);
    ck_assert_int_eq(a->info.n_pix_used, small.n_pix);
    ck_assert(!sqn_panels_has_frame(a, 4) && sqn_panels_has_frame(a, 5));
    ck_assert(!sqn_panels_has_pixel(a, 299) && sqn_panels_has_pixel(a, 298));
    ck_assert(!sqn_panels_has_pixel(a, -1) && !sqn_panels_has_frame(a, 11));
    ck_assert_int_eq(a->n_panel, b->n_panel);
    ck_assert_int_eq(a->exponent, b->exponent);
    ck_assert_mem_eq(a->x, b->x, bytes);
    ck_assert_mem_eq(a->v, b->v, bytes);
    sqn_panels_destroy(&a);
    sqn_panels_destroy(&b);
    sqn_planted_clear(&full);
    sqn_planted_clear(&cut);
}
END_TEST

START_TEST(an_excluded_entry_keeps_its_value_and_a_missing_one_is_zero)
{
    sqn_planted p;

    sqn_planted_init(&p, &scene);
    p.weight[3 * scene.n_pix + 8] = 0.0F;
    p.value[3 * scene.n_pix + 8] = 2.385F;
    p.weight[3 * scene.n_pix + 9] = 0.0F;
    p.value[3 * scene.n_pix + 9] = NAN;
    sqn_panels *panels = panels_of(&p, SQN_NEGATIVES_KEEP);

    ck_assert_float_eq(ldexpf(stored(panels, panels->x, 3, 8), panels->exponent), 2.385F);
    ck_assert_float_eq(stored(panels, panels->x, 3, 9), 0.0F);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(a_power_of_two_on_the_data_gives_the_same_bits)
{
    sqn_planted p, scaled;

    sqn_planted_init(&p, &scene);
    sqn_planted_init(&scaled, &scene);
    for (int64_t i = 0; i < scene.n_frame * scene.n_pix; i++) {
        scaled.value[i] *= 0x1p-20F;
        scaled.weight[i] *= 0x1p40F; /* of errors scaled alike */
    }
    sqn_panels *a = panels_of(&p, SQN_NEGATIVES_KEEP);
    sqn_panels *b = panels_of(&scaled, SQN_NEGATIVES_KEEP);
    const size_t bytes = (size_t)(a->n_panel * a->n_short * a->width) * sizeof *a->x;

    ck_assert_int_eq(b->exponent, a->exponent - 20);
    ck_assert_mem_eq(a->x, b->x, bytes);
    ck_assert_mem_eq(a->v, b->v, bytes);
    ck_assert_double_eq(a->info.sum_vx2, b->info.sum_vx2);
    sqn_panels_destroy(&a);
    sqn_panels_destroy(&b);
    sqn_planted_clear(&p);
    sqn_planted_clear(&scaled);
}
END_TEST

/* Rows in double, far outside float32. */
static sqn_status read_tiny(const void *context, int64_t row, double *value, double *weight,
                            sqn_error *error)
{
    const sqn_planted *p = context;
    const sqn_status status = p->rows.read(&p->pair, row, value, weight, error);

    for (int64_t j = 0; j < scene.n_pix; j++) {
        value[j] *= 1e-200;
        weight[j] *= 1e300;
    }
    return status;
}

START_TEST(units_outside_float32_are_no_obstacle)
{
    sqn_planted p;
    sqn_panels *panels = NULL;

    sqn_planted_init(&p, &scene);
    const sqn_rows rows = {.n_row = scene.n_frame,
                           .n_col = scene.n_pix,
                           .read = read_tiny,
                           .context = &p,
                           .parallel = true};

    SQN_ASSERT_OK(sqn_panels_create(&panels, &rows, SQN_NEGATIVES_KEEP, &err), err);
    ck_assert_int_le(abs(panels->exponent - ilogb(1e-200)), 2);
    const double v = (double)stored(panels, panels->v, 2, 30);
    const double x = (double)stored(panels, panels->x, 2, 30);

    ck_assert(x > 0.01 && x < 100.0 && v > 1e-3 && v < 2.0);
    ck_assert_double_eq_tol(ldexp(x, panels->exponent),
                            1e-200 * p.value[2 * scene.n_pix + 30], 1e-206);
    sqn_panels_destroy(&panels);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(negative_data_are_kept_zeroed_or_left_out)
{
    sqn_planted p;
    const int64_t at = 2 * scene.n_pix + 40;

    sqn_planted_init(&p, &scene);
    for (int64_t i = 0; i < scene.n_frame * scene.n_pix; i++) {
        p.value[i] = fabsf(p.value[i]);
        p.weight[i] = 1.5F;
        p.value[i] = isnan(p.value[i]) ? 1.0F : p.value[i];
    }
    p.value[at] = -2.385F;
    sqn_panels *keep = panels_of(&p, SQN_NEGATIVES_KEEP);
    sqn_panels *zero = panels_of(&p, SQN_NEGATIVES_ZERO);
    sqn_panels *missing = panels_of(&p, SQN_NEGATIVES_MISSING);

    ck_assert_int_eq(keep->info.n_negative, 1);
    ck_assert_int_eq(zero->info.n_negative, 1);
    ck_assert_int_eq(missing->info.n_negative, 1);
    ck_assert_int_eq(zero->info.n_data, missing->info.n_data + 1);
    ck_assert_float_eq(ldexpf(stored(keep, keep->x, 2, 40), keep->exponent), -2.385F);
    ck_assert_float_eq(stored(zero, zero->x, 2, 40), 0.0F);
    ck_assert_float_gt(stored(zero, zero->v, 2, 40), 0.0F);
    ck_assert_float_eq(stored(missing, missing->v, 2, 40), 0.0F);
    sqn_panels_destroy(&keep);
    sqn_panels_destroy(&zero);
    sqn_panels_destroy(&missing);
    sqn_planted_clear(&p);
}
END_TEST

START_TEST(every_allocation_can_fail)
{
    sqn_planted p;
    sqn_panels *panels = NULL;
    int64_t n = 0;

    sqn_planted_init(&p, &scene);
    for (;; n++) {
        sqn_allocations_before_failure = n;
        const sqn_status status =
            sqn_panels_create(&panels, &p.rows, SQN_NEGATIVES_KEEP, &err);

        if (status == SQN_OK) {
            break;
        }
        ck_assert_int_eq(status, SQN_ERR_MEMORY);
        ck_assert_ptr_null(panels);
    }
    ck_assert_int_eq(n, 17);
    sqn_panels_destroy(&panels);
    sqn_panels_destroy(NULL);
    sqn_planted_clear(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("panels");
    TCase *tcase = tcase_create("create");

    tcase_add_test(tcase, values_and_weights_come_back_exactly_whichever_axis_is_long);
    tcase_add_test(tcase, rows_are_read_back_whichever_axis_is_long);
    tcase_add_test(tcase, the_longer_axis_is_long_and_pixels_are_when_equal);
    tcase_add_test(tcase, lanes_past_the_end_have_no_weight);
    tcase_add_test(tcase, threads_that_read_side_by_side_do_not_change_a_bit);
    tcase_add_test(tcase, frames_and_pixels_without_weight_leave_no_trace);
    tcase_add_test(tcase, an_excluded_entry_keeps_its_value_and_a_missing_one_is_zero);
    tcase_add_test(tcase, a_power_of_two_on_the_data_gives_the_same_bits);
    tcase_add_test(tcase, units_outside_float32_are_no_obstacle);
    tcase_add_test(tcase, negative_data_are_kept_zeroed_or_left_out);
    tcase_add_test(tcase, every_allocation_can_fail);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
