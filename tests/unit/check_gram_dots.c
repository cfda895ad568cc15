/** @file check_gram_dots.c @brief Products of rows with rows: every table against plain loops. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "sqn_check.h"
#include "sqn_gram.h"

enum {
    M = 27, /* more than two tiles of any table */
    K = 19,
    B = SQN__GRAM_BLOCK,
    ALIGN = SQN__GRAM_ALIGN,
    ROW = B + 8,
    MR = M * ROW,
    MA = M * ALIGN,
    KB = K * B
};

START_TEST(numbers_are_widened)
{
    static double wide[KB], expected[KB];
    static float in[KB + K];

    for (int64_t i = 0; i < KB + K; i++) {
        in[i] = (float)number(8, i);
    }
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t k = 1; k <= K; k++) {
            const int64_t odd = k * 37 % (k * B), at = odd / B * (B + 1) + odd % B;
            const sqn_matrix_const rows = {in, k, B, B + 1};
            const float was = in[at];

            memset(wide, 0x7f, sizeof wide);
            memset(expected, 0x7f, sizeof expected);
            ck_assert(sqn__gram_ref.widen(expected, rows));
            ck_assert(table_at(t)->widen(wide, rows));
            ck_assert_mem_eq(wide, expected, sizeof wide);
            in[at] = k % 2 == 0 ? NAN : INFINITY;
            ck_assert(!sqn__gram_ref.widen(wide, rows));
            ck_assert(!table_at(t)->widen(wide, rows));
            in[at] = was;
        }
    }
}
END_TEST

/* Rows of weights and of components, in one strip of columns. */
typedef struct strip {
    double v[MR], h[KB];
    double got[MA], expected[MA], alone[MA];
} strip;

/* The first m rows, side by side and each alone, are those of the plain loops. */
static void assert_strips(const strip *s, int64_t m)
{
    for (int64_t e = 0; e < MA; e++) {
        ck_assert((e < m * ALIGN) == (s->got[e] != number(3, e)));
        ck_assert_double_eq_tol(s->got[e], s->expected[e], 3e-14);
    }
    ck_assert_mem_eq(s->got, s->alone, sizeof s->got);
}

START_TEST(products_of_rows_agree_and_stand_alone)
{
    static strip s;
    fill(s.v, MR, 20);
    fill(s.h, KB, 21);
    for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
        for (int64_t m = 1; m <= M; m++) {
            fill(s.got, MA, 3);
            fill(s.expected, MA, 3);
            fill(s.alone, MA, 3);
            table_at(t)->dots(s.got, (sqn_dmatrix_const){s.v, m, B, ROW}, s.h);
            sqn__gram_ref.dots(s.expected, (sqn_dmatrix_const){s.v, m, B, ROW}, s.h);
            for (int64_t i = 0; i < m; i++) {
                table_at(t)->dots(s.alone + i * ALIGN,
                                  (sqn_dmatrix_const){s.v + i * ROW, 1, B, ROW}, s.h);
            }
            assert_strips(&s, m);
        }
    }
}
END_TEST

/* Pairs of any rows, of one row with some that follow each other, and what lies between. */
static void fill_pairs(sqn__gram_pair pair[ALIGN], int64_t kind)
{
    for (int32_t c = 0; c < ALIGN; c++) {
        pair[c] = kind == 0   ? (sqn__gram_pair){9, 3 + c}
                  : kind == 1 ? (sqn__gram_pair){c < 5 ? 7 : 8, c < 5 ? 3 + c : c - 5}
                              : (sqn__gram_pair){(7 * c + 2) % K, (5 * c + 11) % K};
    }
}

START_TEST(weighted_products_of_pairs_agree_and_stand_alone)
{
    static strip s;
    sqn__gram_pair pair[ALIGN];

    fill(s.v, MR, 20);
    fill(s.h, KB, 21);
    for (int64_t run = 0; run < INT64_C(3) * N_TABLE * M; run++) {
        const sqn__gram_table *table = table_at(run / (INT64_C(3) * M));
        const int64_t m = 1 + run % M;

        if (table == NULL) {
            continue;
        }
        fill_pairs(pair, run / M % 3);
        fill(s.got, MA, 3);
        fill(s.expected, MA, 3);
        fill(s.alone, MA, 3);
        table->weighted_pairs(s.got, (sqn_dmatrix_const){s.v, m, B, ROW}, s.h, pair);
        sqn__gram_ref.weighted_pairs(s.expected, (sqn_dmatrix_const){s.v, m, B, ROW}, s.h,
                                     pair);
        for (int64_t i = 0; i < m; i++) {
            table->weighted_pairs(s.alone + i * ALIGN,
                                  (sqn_dmatrix_const){s.v + i * ROW, 1, B, ROW}, s.h, pair);
        }
        assert_strips(&s, m);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gram_dots");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, numbers_are_widened);
    tcase_add_test(tcase, products_of_rows_agree_and_stand_alone);
    tcase_add_test(tcase, weighted_products_of_pairs_agree_and_stand_alone);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
