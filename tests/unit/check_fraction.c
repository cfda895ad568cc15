/** @file check_fraction.c @brief Sums behind a best fraction: every table against plain loops. */
#include "fraction.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"

enum { NY = 9, NX = 150, N_PIX = NY * NX, N_WORD = 4, N_TABLE = 3 };

static float root[N_PIX], value[N_PIX], model[N_PIX], out[N_PIX + 1];
static uint64_t first[NY * N_WORD], second[NY * N_WORD];

static const sqn__fraction *table_at(int64_t i)
{
    return i == 0   ? &sqn__fraction_base
           : i == 1 ? sqn__fraction_avx2()
                    : sqn__fraction_avx512();
}

static void fill(void)
{
    for (int64_t p = 0; p < N_PIX; p++) {
        const double u = sqn__rng_uniform(8, 0, (uint64_t)p);

        model[p] = (float)(100.0 * u * u);
        value[p] = (float)(90.0 * u * u + (double)sqn__rng_uniform(8, 1, (uint64_t)p));
        root[p] = p % 11 == 0 ? 0.0F : (float)(0.1 + u);
        value[p] = p % 22 == 0 ? NAN : value[p];
        model[p] = p % 33 == 0 ? NAN : p % 55 == 0 ? 1e30F : model[p];
    }
    for (int64_t w = 0; w < INT64_C(1) * NY * N_WORD; w++) { /* behind the rows, too */
        const uint64_t r = (uint64_t)w * UINT64_C(0x9E3779B97F4A7C15);

        first[w] = w / N_WORD == 3 ? 0 : r ^ r >> 29;
        second[w] = w % 3 == 0 ? first[w] : r >> 7;
    }
}

/* Products of pixel `p`, of the data with a float's rounding. */
static void add_plain(double sum[2], int64_t p, double factor)
{
    if (root[p] > 0.0F) {
        const double m = (double)root[p] * (double)model[p];

        sum[0] += factor * m * (double)root[p] * (double)value[p];
        sum[1] += factor * m * m;
    }
}

START_TEST(residuals_and_sums_agree)
{
    for (int64_t ny = 1; ny <= NY; ny += 8) {
        for (int64_t nx = 1; nx <= NX; nx += nx < 40 ? 1 : 11) {
            const sqn__fraction_image image = {root, value, model, ny, nx};
            double plain[2] = {2.0, 3.0};

            fill();
            for (int64_t p = 0; p < ny * nx; p++) {
                add_plain(plain, p, 1.0);
            }
            for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
                double sum[2] = {2.0, 3.0};

                out[ny * nx] = 7.0F;
                table_at(t)->subtract(out, sum, &image);
                ck_assert(out[ny * nx] == 7.0F);
                ck_assert_double_eq_tol(sum[0], plain[0], 1e-6 * plain[0]);
                ck_assert_double_eq_tol(sum[1], plain[1], 1e-6 * plain[1]);
                for (int64_t p = 0; p < ny * nx; p++) {
                    ck_assert(out[p] ==
                              (root[p] > 0.0F ? root[p] * (value[p] - model[p]) : 0.0F));
                }
            }
        }
    }
}
END_TEST

START_TEST(sums_follow_a_set)
{
    const int64_t widths[] = {150, 149, 145, 144, 137, 128};

    fill();
    for (int k = 0; k < 6; k++) {
        const sqn__fraction_image image = {root, value, model, NY, widths[k]};
        const sqn__bits now = {NY, widths[k], first}, then = {NY, widths[k], second};
        double plain[2] = {1.0, -1.0}, size = 0.0;

        for (int64_t p = 0; p < NY * widths[k]; p++) {
            const int64_t y = p / widths[k], x = p % widths[k];
            const int change = sqn__bits_has(&now, y, x) - sqn__bits_has(&then, y, x);

            if (change != 0) {
                double own[2] = {0.0, 0.0};

                add_plain(own, p, 1.0);
                add_plain(plain, p, change);
                size += own[0] + own[1];
            }
        }
        for (int64_t t = 0; t < N_TABLE && table_at(t) != NULL; t++) {
            double sum[2] = {1.0, -1.0};

            table_at(t)->follow(sum, &image, &now, &then);
            ck_assert_double_eq_tol(sum[0], plain[0], 1e-7 * size);
            ck_assert_double_eq_tol(sum[1], plain[1], 1e-7 * size);
            sum[0] = 4.0;
            table_at(t)->follow(sum, &image, &now, &now);
            ck_assert(sum[0] == 4.0);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fraction");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, residuals_and_sums_agree);
    tcase_add_test(tcase, sums_follow_a_set);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
