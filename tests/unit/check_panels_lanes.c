/** @file check_panels_lanes.c @brief Loops over the data of a row: right, and the same in every table. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "panels_lanes.h"
#include "rng.h"
#include "sqn_check.h"

enum { MOST = 531, LANES = SQN__PANELS_LANES };

static double x[MOST], v[MOST];

static const sqn__panels_lanes *tables[3];

static void choose_tables(void)
{
    tables[0] = &sqn__panels_lanes_base;
    tables[1] = sqn__panels_lanes_avx2();
    tables[2] = sqn__panels_lanes_avx512();
}

/* Data of many sizes; some have no weight, and some of these no value. */
static void make_data(void)
{
    for (uint64_t j = 0; j < MOST; j++) {
        const double u = (double)sqn__rng_uniform(7, 1, j);

        x[j] = ldexp(u - 0.3, (int)(j % 40) - 20);
        v[j] = j % 11 == 3 ? 0.0 : ldexp(0.1 + u, (int)(j % 30) - 15);
        if (j % 33 == 3) {
            x[j] = j % 2 == 0 ? (double)NAN : (double)-INFINITY;
        }
    }
}

static sqn__panels_data first(int64_t n)
{
    return (sqn__panels_data){x, v, n};
}

START_TEST(sums_are_those_of_a_plain_loop_in_every_table)
{
    static const int64_t sizes[] = {0, 1, 7, 8, 9, 512, MOST};

    choose_tables();
    make_data();
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const sqn__panels_data data = first(sizes[s]);
        double expected[2][LANES] = {{0.0}};
        int64_t n[2][LANES] = {{0}};

        for (int64_t j = 0; j < data.n; j++) {
            const bool in = v[j] > 0.0;

            expected[0][j % LANES] += v[j];
            expected[1][j % LANES] += in ? v[j] * x[j] * x[j] : 0.0;
            n[0][j % LANES] += in;
            n[1][j % LANES] += in && x[j] < 0.0;
        }
        for (int t = 0; t < 3; t++) {
            sqn__panels_found found = {.n = {0}};
            double valid[MOST] = {0.0};

            if (tables[t] == NULL) {
                continue;
            }
            tables[t]->add(&found, valid, &data);
            ck_assert_mem_eq(found.v, expected[0], sizeof found.v);
            ck_assert_mem_eq(found.vx2, expected[1], sizeof found.vx2);
            ck_assert_mem_eq(found.n, n[0], sizeof found.n);
            ck_assert_mem_eq(found.n_negative, n[1], sizeof found.n_negative);
            for (int64_t j = 0; j < MOST; j++) {
                ck_assert_double_eq(valid[j], j < data.n && v[j] > 0.0 ? 1.0 : 0.0);
            }
        }
    }
}
END_TEST

START_TEST(whatever_is_wrong_with_one_datum_is_seen_wherever_it_is)
{
    static const double odd[][2] = {{1.0, -1.0},          {1.0, -DBL_MIN}, {1.0, NAN},
                                    {1.0, INFINITY},      {NAN, 1.0},      {INFINITY, 1.0},
                                    {-INFINITY, DBL_MIN}, {NAN, -0.0},     {DBL_MAX, 1.0}};
    const int64_t places[] = {0, 5, 511, MOST - 1};

    choose_tables();
    make_data();
    const sqn__panels_data data = first(MOST);

    for (int t = 0; t < 3; t++) {
        for (size_t k = 0; tables[t] != NULL && k < 4 * sizeof odd / sizeof odd[0]; k++) {
            const int64_t at = places[k % 4];
            const double kept[2] = {x[at], v[at]};

            ck_assert(!tables[t]->is_wrong(&data));
            x[at] = odd[k / 4][0];
            v[at] = odd[k / 4][1];
            ck_assert(tables[t]->is_wrong(&data) == (k / 4 < 7));
            x[at] = kept[0];
            v[at] = kept[1];
        }
    }
}
END_TEST

START_TEST(a_weight_beyond_the_range_is_seen_wherever_it_is)
{
    const double low = 0x1p-20, high = 0x1p20;
    const double weights[] = {0.0, low, high, nextafter(low, 0.0), nextafter(high, 1e30)};

    choose_tables();
    make_data();
    for (int t = 0; t < 3; t++) {
        for (int64_t k = 0; tables[t] != NULL && k < 5L * MOST; k += 7) {
            const double kept = v[k / 5];
            const sqn__panels_data data = first(k / 5 + 1);

            v[k / 5] = weights[k % 5];
            ck_assert(tables[t]->is_beyond(&data, low, high) == (k % 5 > 2));
            v[k / 5] = kept;
        }
    }
}
END_TEST

START_TEST(data_are_stored_in_their_units_and_the_same_in_every_table)
{
    choose_tables();
    make_data();
    x[17] = 1e300; /* leave float32 */
    x[MOST - 1] = -1e200;
    v[17] = v[MOST - 1] = 1.0;
    for (int64_t n = 0; n <= MOST; n += 59) {
        float kept_x[MOST], kept_v[MOST];
        sqn__panels_stored kept = {.n_out = {0}};
        const sqn__panels_data data = first(n);

        for (int t = 0; t < 3; t++) {
            float to_x[MOST] = {0.0F}, to_v[MOST] = {0.0F};
            sqn__panels_stored sums = {.x = {0x1p-3, 0x1p-2}, .v = {0x1p5, 0x1p6}};

            if (tables[t] == NULL) {
                continue;
            }
            tables[t]->store(to_x, to_v, &sums, &data);
            for (int64_t j = 0; j < n; j++) {
                const double scaled = x[j] * 0x1p-5;

                ck_assert_float_eq(to_x[j],
                                   fabs(scaled) <= (double)FLT_MAX ? (float)scaled : 0.0F);
                ck_assert_float_eq(to_v[j], (float)(v[j] * 0x1p11));
            }
            ck_assert_int_eq(sqn__panels_count(sums.n_out), (n > 17) + (n == MOST));
            if (t > 0) {
                ck_assert_mem_eq(&sums, &kept, sizeof sums);
                ck_assert_mem_eq(to_x, kept_x, sizeof to_x);
                ck_assert_mem_eq(to_v, kept_v, sizeof to_v);
            }
            kept = sums;
            memcpy(kept_x, to_x, sizeof to_x);
            memcpy(kept_v, to_v, sizeof to_v);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("panels lanes");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, sums_are_those_of_a_plain_loop_in_every_table);
    tcase_add_test(tcase, whatever_is_wrong_with_one_datum_is_seen_wherever_it_is);
    tcase_add_test(tcase, a_weight_beyond_the_range_is_seen_wherever_it_is);
    tcase_add_test(tcase, data_are_stored_in_their_units_and_the_same_in_every_table);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
