/** @file check_interleave.c @brief Rows of planes pixel by pixel, against plain loops. */
#include "interleave.h"

#include "spline_lanes.h"
#include "sqn_check.h"

enum { N_PIX = 23, MOST = SQN__INTERLEAVE_MOST, LANES = 16 };

static float rows[MOST][N_PIX], lanes[N_PIX * LANES], again[MOST][N_PIX];

/* Those that run here; NULL: not. */
static const sqn__spline_lanes *table_of(int i)
{
    return i == 0   ? &sqn__spline_lanes_base
           : i == 1 ? sqn__spline_lanes_avx2()
                    : sqn__spline_lanes_avx512();
}

static void fill(void)
{
    for (int64_t l = 0; l < MOST; l++) {
        for (int64_t x = 0; x < N_PIX; x++) {
            rows[l][x] = (float)(1000 * l + x);
            again[l][x] = -2.385F;
        }
    }
}

START_TEST(pixels_of_all_planes_lie_side_by_side)
{
    const int64_t n_pix[] = {1, 4, N_PIX};
    const sqn__spline_lanes *table = table_of(_i);

    for (int64_t n = 1; n <= MOST && table != NULL; n++) {
        sqn__rows_of from = {.n = n};

        fill();
        for (int64_t l = 0; l < n; l++) {
            from.row[l] = rows[l];
        }
        for (int k = 0; k < 3; k++) {
            table->interleave(lanes, &from, LANES, n_pix[k]);
            for (int64_t e = 0; e < n_pix[k] * LANES; e++) {
                ck_assert(e % LANES >= n || lanes[e] == rows[e % LANES][e / LANES]);
            }
        }
    }
}
END_TEST

START_TEST(and_go_back_where_they_were)
{
    const sqn__spline_lanes *table = table_of(_i);

    for (int64_t n = 1; n <= MOST && table != NULL; n++) {
        sqn__rows_to to = {.n = n};

        fill();
        for (int64_t l = 0; l < MOST; l++) {
            to.row[l] = again[l];
            for (int64_t x = 0; x < N_PIX; x++) {
                lanes[x * LANES + l] = rows[l][x];
            }
        }
        table->interleave_undo(&to, lanes, LANES, N_PIX - 1);
        for (int64_t e = 0; e < INT64_C(1) * MOST * N_PIX; e++) {
            const int64_t l = e / N_PIX, x = e % N_PIX;

            ck_assert(again[l][x] == (l < n && x < N_PIX - 1 ? rows[l][x] : -2.385F));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interleave");
    TCase *tcase = tcase_create("interleave");

    tcase_add_loop_test(tcase, pixels_of_all_planes_lie_side_by_side, 0, 3);
    tcase_add_loop_test(tcase, and_go_back_where_they_were, 0, 3);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
