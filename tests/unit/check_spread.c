/** @file check_spread.c @brief Medians of mixtures in turn against those of each alone. */
#include "spread.h"

#include <math.h>

#include "rng.h"
#include "sqn_check.h"

enum { N = 40007, N_WORK = 3 * N + SQN__ORDER_SLACK };

static float a[N], b[N], work[N_WORK], other[N_WORK];
static float listed[4][N + SQN__ORDER_SLACK];
static uint64_t set[(N + 63) / 64];

static double normal(uint64_t seed, int64_t i)
{
    const double u = sqn__rng_uniform(seed, 0, (uint64_t)i);
    const double v = sqn__rng_uniform(seed, 1, (uint64_t)i);

    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

/* A star of many sigma that a mixture of 0.9 takes away, and pixels that are missing. */
static int64_t fill(void)
{
    int64_t n_valid = 0;

    for (int64_t i = 0; i < N; i++) {
        const double noise = normal(6, i), star = 30.0 * fabs(normal(7, i));

        a[i] = i % 5 == 0 ? NAN : (float)(0.9 * star + noise);
        b[i] = i % 5 == 0 ? NAN : (float)(-0.1 * star + noise);
        n_valid += i % 5 == 0 ? 0 : 1;
    }
    return n_valid;
}

START_TEST(what_was_found_before_changes_nothing)
{
    const double mixtures[] = {0.7,   0.8,    0.82,   0.825,  0.825, 0.824, 1.05,
                               0.951, 0.9501, 0.9502, 0.9502, 0.5,   0.9};
    const double none[2] = {0.0, 0.0};
    const int64_t n_valid = fill();
    const sqn__order_mix of = {a, b, 0.0F, 0.0F, N};
    int n_listed = 0;
    sqn__spread tracked = {.desk = sqn__middle_desk_in(work, &of, n_valid),
                           .list = {.of = {.a = listed[0], .b = listed[1]}}};
    sqn__spread fresh = {.desk = sqn__middle_desk_in(other, &of, n_valid),
                         .list = {.of = {.a = listed[2], .b = listed[3]}}};

    sqn__spread_begin(&tracked);
    for (uint64_t k = 0; k < sizeof mixtures / sizeof *mixtures; k++) {
        sqn__spread_begin(&fresh);
        const sqn__middle_pair one = sqn__spread_measure(&tracked, mixtures[k]);
        const sqn__middle_pair two = sqn__spread_measure(&fresh, mixtures[k]);

        ck_assert(one.median == two.median && one.distance == two.distance);
        ck_assert_double_gt(one.distance, 0.5);
        n_listed += sqn__middle_is_listed(&tracked.list, &tracked.desk, &one, none) ? 1 : 0;
    }
    ck_assert_int_gt(n_listed, 3);         /* and lists */
    ck_assert(tracked.bend != fresh.bend); /* lines were followed */
}
END_TEST

START_TEST(the_set_is_that_of_numbers_many_sigma_off)
{
    const sqn__order_mix of = {a, b, 0.0F, 0.0F, N};
    sqn__spread spread = {.desk = sqn__middle_desk_in(work, &of, fill())};

    sqn__spread_begin(&spread);
    const double sigma = 1.4826 * sqn__spread_measure(&spread, 0.85).distance;

    for (int both = 0; both < 2; both++) {
        int64_t n_set = 0;

        sqn__spread_above(set, &spread, 2.0, both != 0);
        for (int64_t i = 0; i < N; i++) {
            const double v = 0.15 * (double)a[i] + 0.85 * (double)b[i];
            const double excess = (both != 0 ? fabs(v) : v) - 2.0 * sigma;
            const bool in = (set[i / 64] >> (i % 64) & 1) != 0;

            ck_assert(isnan(excess) ? !in : fabs(excess) < 1e-4 || in == (excess > 0.0));
            n_set += in;
        }
        ck_assert_int_gt(n_set, N / 200);
        ck_assert_int_lt(n_set, N / 4);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spread");
    TCase *tcase = tcase_create("mixtures");

    tcase_add_test(tcase, what_was_found_before_changes_nothing);
    tcase_add_test(tcase, the_set_is_that_of_numbers_many_sigma_off);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
