/** @file check_gram.c @brief Every table of sums against plain loops. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_gram.h"

enum {
    M = 27, /* taller than two tiles of any table */
    DEPTH = 33,
    COLS = 88,
    STRIDE = 96,
    K = 19,
    B = SQN__GRAM_BLOCK,
    MD = M * DEPTH,
    MS = M * STRIDE,
    DS = DEPTH * STRIDE,
    MK = M * K,
    MB = M * B,
    KB = K * B
};

static double a[MD], b[DS], out[MS], plain[MS];

START_TEST(products_of_narrow_numbers_agree)
{
    enum { WIDE = 48 };
    static float narrow[DS];

    for (int64_t i = 0; i < DS; i++) {
        narrow[i] = (float)number(2, i);
    }
    fill(a, MD, 1);
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t m = 1; m <= M; m++) {
            const sqn_matrix_const right = {narrow, DEPTH, WIDE, STRIDE};

            fill(out, MS, 3);
            fill(plain, MS, 3);
            table_at(t)->product_narrow((sqn_dmatrix){out, m, WIDE, STRIDE},
                                        (sqn__gram_factor){a, DEPTH, 1}, right);
            sqn__gram_ref.product_narrow((sqn_dmatrix){plain, m, WIDE, STRIDE},
                                         (sqn__gram_factor){a, DEPTH, 1}, right);
            for (int64_t i = 0; i < MS; i++) {
                ck_assert_double_eq_tol(out[i], plain[i], 1e-14);
            }
            ck_assert(out[0] != number(3, 0));
        }
    }
}
END_TEST

/* Rounded at every depth in float, and no more than that. */
START_TEST(products_in_float_agree)
{
    enum { WIDE = 48, MOST = 61, MOST_DEPTH = MOST * DEPTH, MOST_WIDE = MOST * WIDE };
    static float left[MOST_DEPTH], narrow[DS];
    static double single[MOST_WIDE], exact[MOST_WIDE];

    for (int64_t i = 0; i < DS; i++) {
        narrow[i] = (float)number(2, i);
    }
    for (int64_t i = 0; i < MOST_DEPTH; i++) {
        left[i] = (float)number(1, i);
    }
    for (int64_t t = 0; t <= N_TABLE; t++) {
        const sqn__gram_table *table = t < N_TABLE ? table_at(t) : &sqn__gram_ref;

        for (int64_t m = 1; m <= MOST && table != NULL; m++) { /* more than two tiles */
            const sqn_matrix_const right = {narrow, DEPTH, WIDE, STRIDE};

            fill(single, MOST_WIDE, 3);
            table->product_single((sqn_dmatrix){single, m, WIDE, WIDE},
                                  (sqn__gram_single){left, MOST}, right);
            for (int64_t e = 0; e < MOST_WIDE; e++) {
                exact[e] = number(3, e);
                for (int64_t d = 0; d < DEPTH && e / WIDE < m; d++) {
                    exact[e] += (double)left[d * MOST + e / WIDE] *
                                (double)narrow[d * STRIDE + e % WIDE];
                }
                ck_assert(fabs(single[e] - exact[e]) <= (e / WIDE < m ? 4e-6 : 0.0));
            }
            ck_assert(single[0] != number(3, 0));
        }
    }
}
END_TEST

static void product_agrees(const sqn__gram_table *table, int64_t m, int64_t cols,
                           bool turned)
{
    const sqn__gram_factor factor = {a, turned ? 1 : DEPTH, turned ? M : 1};
    const sqn_dmatrix_const right = {b, DEPTH, cols, STRIDE};

    fill(out, MS, 3);
    fill(plain, MS, 3);
    table->product((sqn_dmatrix){out, m, cols, STRIDE}, factor, right);
    sqn__gram_ref.product((sqn_dmatrix){plain, m, cols, STRIDE}, factor, right);
    for (int64_t i = 0; i < MS; i++) {
        const bool inside = i / STRIDE < m && i % STRIDE < cols;

        if (!(fabs(out[i] - plain[i]) < 1e-14) || inside == (out[i] == number(3, i))) {
            ck_abort_msg("%s: element %" PRId64 " of %" PRId64 " x %" PRId64, table->name,
                         i, m, cols);
        }
    }
}

START_TEST(products_of_all_shapes_agree)
{
    fill(a, MD, 1);
    fill(b, DS, 2);
    for (int64_t t = 0; t < N_TABLE; t++) {
        for (int64_t m = 0; m <= M && table_at(t) != NULL; m++) {
            for (int64_t cols = 8; cols <= COLS; cols += 40 - 24 * (m % 2)) {
                product_agrees(table_at(t), m, cols, cols % 16 == 0);
            }
        }
    }
}
END_TEST

START_TEST(an_element_does_not_depend_on_its_neighbours)
{
    static double alone[STRIDE];

    fill(a, MD, 1);
    fill(b, DS, 2);
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        const sqn__gram_table *table = table_at(t);

        memset(out, 0, sizeof out);
        table->product((sqn_dmatrix){out, M, COLS, STRIDE}, (sqn__gram_factor){a, DEPTH, 1},
                       (sqn_dmatrix_const){b, DEPTH, COLS, STRIDE});
        for (int64_t i = 0; i < M; i++) {
            memset(alone, 0, sizeof alone);
            table->product((sqn_dmatrix){alone, 1, COLS, STRIDE},
                           (sqn__gram_factor){a + i * DEPTH, DEPTH, 1},
                           (sqn_dmatrix_const){b, DEPTH, COLS, STRIDE});
            ck_assert_mem_eq(alone, out + i * STRIDE, COLS * sizeof *alone);
        }
    }
}
END_TEST

START_TEST(depths_may_come_in_parts)
{
    fill(a, MD, 1);
    fill(b, DS, 2);
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t m = 1; m <= M; m += 2) {
            const int64_t first = 2 + m % (DEPTH - 3);
            const sqn_dmatrix_const whole = {b, DEPTH, COLS, STRIDE};
            const sqn_dmatrix_const front = {b, first, COLS, STRIDE};
            const sqn_dmatrix_const back = {b + first * STRIDE, DEPTH - first, COLS,
                                            STRIDE};

            fill(out, MS, 3);
            fill(plain, MS, 3);
            table_at(t)->product((sqn_dmatrix){out, m, COLS, STRIDE},
                                 (sqn__gram_factor){a, DEPTH, 1}, whole);
            table_at(t)->product((sqn_dmatrix){plain, m, COLS, STRIDE},
                                 (sqn__gram_factor){a, DEPTH, 1}, front);
            table_at(t)->product((sqn_dmatrix){plain, m, COLS, STRIDE},
                                 (sqn__gram_factor){a + first, DEPTH, 1}, back);
            ck_assert_mem_eq(out, plain, sizeof out);
        }
    }
}
END_TEST

START_TEST(columns_become_rows)
{
    enum { WIDE = 24, LARGE = WIDE * B };
    static double turned[LARGE], expected[LARGE];
    static float in[KB + K];

    for (int64_t i = 0; i < KB + K; i++) {
        in[i] = (float)number(8, i);
    }
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t k = 1; k <= K; k++) {
            const int64_t wide = sqn__gram_aligned(k), odd = k * 37 % (k * B);
            const int64_t at = odd / B * (B + 1) + odd % B;
            const sqn_matrix_const rows = {in, k, B, B + 1};
            const sqn_dmatrix to = {turned, B, wide, wide};
            const float was = in[at];

            memset(turned, 0x7f, sizeof turned);
            memset(expected, 0x7f, sizeof expected);
            ck_assert(sqn__gram_ref.turn((sqn_dmatrix){expected, B, wide, wide}, rows));
            ck_assert(table_at(t)->turn(to, rows));
            ck_assert_mem_eq(turned, expected, sizeof turned);
            in[at] = k % 2 == 0 ? NAN : INFINITY;
            ck_assert(!sqn__gram_ref.turn(to, rows));
            ck_assert(!table_at(t)->turn(to, rows));
            in[at] = was;
        }
    }
}
END_TEST

START_TEST(misfits_agree_and_stand_alone)
{
    enum { ROW = B + 8, KROW = K * ROW };
    static double w[MK], x[MB], v[M * ROW], sum[M], expected[M];
    static float h[KROW];

    fill(w, MK, 4);
    fill(x, MB, 5);
    for (int64_t i = 0; i < INT64_C(1) * M * ROW; i++) {
        v[i] = i % 7 == 0 ? 0.0 : 1.0 + number(6, i);
    }
    for (int64_t i = 0; i < KROW; i++) {
        h[i] = (float)number(7, i);
    }
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t n = 1; n <= M; n++) {
            for (int64_t row = 0; row <= B; row += B) {
                const int64_t row_v = row > 0 ? ROW : 0;
                const sqn__gram_fit fit = {n, K, w, h, x, v, K, ROW, row, row_v};

                for (int64_t i = 0; i < n; i++) {
                    sum[i] = expected[i] = 2.385;
                }
                table_at(t)->misfit(sum, &fit);
                sqn__gram_ref.misfit(expected, &fit);
                for (int64_t i = 0; i < n; i++) {
                    double one = 2.385;
                    const sqn__gram_fit alone = {
                        1, K, w + i * K, h, x + i * row, v + i * row_v, K, ROW, row, row_v};

                    table_at(t)->misfit(&one, &alone);
                    ck_assert_double_eq_tol(sum[i] / expected[i], 1.0, 1e-13);
                    ck_assert(sum[i] == one);
                }
            }
        }
    }
}
END_TEST

/* Data and weights of M rows as stored; every seventh weight is 0, and those of one column. */
static void fill_stored(float *x, float *v)
{
    for (int64_t i = 0; i < MB; i++) {
        const bool missing = i % 7 == 3 || i % B == 5;

        x[i] = missing ? 0.0F : (float)(100.0 * number(21, i));
        v[i] = missing ? 0.0F : (float)(0.4 + number(22, i));
    }
}

/** What the scores of M models are made of, and what is made of them. */
typedef struct scoring {
    double w[MK], level[M], sum[B], chi2[M];
    float h[KB], x[MB], v[MB], z[MB];
    int32_t count[B];
} scoring;

static void fill_scoring(scoring *s)
{
    fill(s->w, MK, 23);
    fill(s->level, M, 24);
    fill(s->sum, B, 25);
    fill_stored(s->x, s->v);
    for (int64_t i = 0; i < KB; i++) {
        s->h[i] = (float)number(26, i);
    }
    for (int64_t p = 0; p < B; p++) {
        s->count[p] = (int32_t)p;
    }
}

/* Scores of `n` models from `first` on. */
static void score(scoring *s, const sqn__gram_table *table, int64_t first, int64_t n)
{
    table->scores(&(sqn__gram_scores){.n = n,
                                      .k = K,
                                      .w = s->w + first * K,
                                      .level = s->level + first,
                                      .h = s->h,
                                      .x = s->x + first * B,
                                      .v = s->v + first * B,
                                      .row_w = K,
                                      .row_h = B,
                                      .row = B,
                                      .unit = 1.7,
                                      .z = s->z + first * B,
                                      .row_z = B,
                                      .sum = s->sum,
                                      .count = s->count,
                                      .chi2 = s->chi2 + first});
}

START_TEST(scores_agree_and_their_sums_come_model_by_model)
{
    static scoring all, one, wanted;

    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t m = 1; m <= M; m++) {
            fill_scoring(&all);
            fill_scoring(&one);
            fill_scoring(&wanted);
            score(&all, table_at(t), 0, m);
            score(&wanted, &sqn__gram_ref, 0, m);
            for (int64_t i = 0; i < m; i++) {
                score(&one, table_at(t), i, 1);
            }
            ck_assert_mem_eq(&all, &one, sizeof all); /* NaN and all */
            for (int64_t i = 0; i < m * B; i++) {     /* roots are those of floats */
                ck_assert_int_eq(isnan(all.z[i]), all.v[i] == 0.0F);
                ck_assert(isnan(all.z[i]) ||
                          fabs((double)all.z[i] - (double)wanted.z[i]) < 2e-5);
            }
            for (int64_t i = 0; i < m; i++) {
                ck_assert_double_eq_tol(all.chi2[i], wanted.chi2[i], 1e-7 * wanted.chi2[i]);
            }
            for (int64_t p = 0; p < B; p++) {
                ck_assert_double_eq_tol(all.sum[p], wanted.sum[p],
                                        3e-7 * (1.0 + wanted.sum[p]));
                ck_assert_int_eq(all.count[p], wanted.count[p]);
            }
        }
    }
    ck_assert(wanted.sum[0] > 1e3 && wanted.sum[5] < 1.0);
}
END_TEST

START_TEST(data_less_their_means_agree)
{
    static float x[MB], v[MB], z[MB], wanted[MB];
    static double mean[M];
    const sqn__gram_center of = {M, x, v, _i == 0 ? NULL : mean};

    fill_stored(x, v);
    fill(mean, M, 27);
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        const double sum = table_at(t)->center(z, &of);
        const double right = sqn__gram_ref.center(wanted, &of);

        ck_assert_double_eq_tol(sum, right, 1e-8 * right);
        for (int64_t i = 0; i < MB; i++) {
            ck_assert(fabs((double)z[i] - (double)wanted[i]) < 2e-5);
            ck_assert(v[i] > 0.0F ? z[i] != 0.0F : z[i] == 0.0F);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gram");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, products_of_narrow_numbers_agree);
    tcase_add_test(tcase, products_in_float_agree);
    tcase_add_test(tcase, products_of_all_shapes_agree);
    tcase_add_test(tcase, an_element_does_not_depend_on_its_neighbours);
    tcase_add_test(tcase, depths_may_come_in_parts);
    tcase_add_test(tcase, columns_become_rows);
    tcase_add_test(tcase, misfits_agree_and_stand_alone);
    tcase_add_test(tcase, scores_agree_and_their_sums_come_model_by_model);
    tcase_add_loop_test(tcase, data_less_their_means_agree, 0, 2);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
