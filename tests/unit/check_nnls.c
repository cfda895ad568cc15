/** @file check_nnls.c @brief The active set finds the one minimum, from wherever it starts. */
#include "nnls.h"

#include <math.h>
#include <string.h>

#include "rng.h"
#include "sqn_check.h"

enum { K_MAX = 60, N_DATA = 90, WORK = K_MAX * (K_MAX + 6) };

/* One problem from data: Q = A^T A, c = A^T y - Q s0. */
typedef struct example {
    int64_t k;
    double gram[K_MAX * K_MAX], rhs[K_MAX], s[K_MAX];
    uint8_t passive[K_MAX];
} example;

static double work[WORK];

static double uniform(uint64_t stream, int64_t index)
{
    return (double)sqn__rng_uniform(2385, stream, (uint64_t)index) - 0.5;
}

/* Columns share a part, so that the unknowns hinder each other; y has any sign. */
static example planted(int64_t k, uint64_t seed, double shared)
{
    static double a[N_DATA][K_MAX + 1];
    example out = {.k = k};

    for (int64_t i = 0; i < N_DATA; i++) {
        for (int64_t j = 0; j <= k; j++) {
            a[i][j] = uniform(seed, i * (K_MAX + 1) + j) +
                      (j < k ? shared : 0.3) * uniform(seed + 1000, i);
        }
    }
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < k; j++) {
            for (int64_t l = 0; l < N_DATA; l++) {
                out.gram[i * k + j] += a[l][i] * a[l][j];
            }
        }
        for (int64_t l = 0; l < N_DATA; l++) {
            out.rhs[i] += a[l][i] * a[l][k];
        }
    }
    return out;
}

static double solve(example *problem, bool free_last)
{
    const sqn__nnls_problem view = {problem->k, problem->gram, problem->rhs, free_last};

    return sqn__nnls_solve(problem->s, problem->passive, &view, work);
}

/* 1/2 x^T Q x - c^T x */
static double cost(const example *problem, const double *x)
{
    double sum = 0.0;

    for (int64_t i = 0; i < problem->k; i++) {
        sum -= problem->rhs[i] * x[i];
        for (int64_t j = 0; j < problem->k; j++) {
            sum += 0.5 * x[i] * problem->gram[i * problem->k + j] * x[j];
        }
    }
    return sum;
}

/* x of the unknowns in the set, by Gauss-Jordan on a copy; 0 elsewhere. */
static void solve_on(double *x, const example *problem, unsigned set)
{
    const int64_t k = problem->k;
    double copy[4][5] = {{0}};

    for (int64_t i = 0; i < k; i++) {
        const bool in = (set >> i & 1U) != 0;

        for (int64_t j = 0; j < k; j++) {
            copy[i][j] = in && (set >> j & 1U) != 0 ? problem->gram[i * k + j] : 0.0;
        }
        copy[i][i] = in ? copy[i][i] : 1.0;
        copy[i][k] = in ? problem->rhs[i] : 0.0;
    }
    for (int64_t p = 0; p < k; p++) {
        for (int64_t i = 0; i < k; i++) {
            const double factor = copy[i][p] / copy[p][p];

            for (int64_t j = 0; i != p && j <= k; j++) {
                copy[i][j] -= factor * copy[p][j];
            }
        }
    }
    for (int64_t i = 0; i < k; i++) {
        x[i] = copy[i][k] / copy[i][i];
    }
}

/* The cheapest feasible solution of all 2^k sets. */
static void enumerate(double *best, const example *problem, bool free_last)
{
    double lowest = INFINITY;

    for (unsigned set = 0; set < 1U << problem->k; set++) {
        double x[4];
        bool feasible = true;

        solve_on(x, problem, set);
        for (int64_t j = 0; j < problem->k; j++) {
            feasible = feasible && (x[j] >= 0.0 || (free_last && j == problem->k - 1));
        }
        if (feasible && cost(problem, x) < lowest) {
            lowest = cost(problem, x);
            memcpy(best, x, sizeof x);
        }
    }
}

START_TEST(it_finds_the_best_of_all_active_sets)
{
    int64_t n_bound = 0;

    for (int64_t trial = 0; trial < 400; trial++) {
        const bool free_last = trial % 2 == 1;
        example problem = planted(1 + trial % 4, (uint64_t)trial, 0.7);
        double best[4] = {0};

        enumerate(best, &problem, free_last);
        ck_assert_double_lt(solve(&problem, free_last), 1e-13);
        for (int64_t j = 0; j < problem.k; j++) {
            ck_assert_double_eq_tol(problem.s[j], best[j], 1e-12);
            ck_assert_int_eq(problem.passive[j],
                             problem.s[j] > 0.0 || (free_last && j == problem.k - 1));
            n_bound += problem.s[j] > 0.0 ? 0 : 1;
        }
    }
    ck_assert_int_gt(n_bound, 100); /* the bounds were at work */
}
END_TEST

/* Second route: cyclic coordinate descent, run until nothing moves. */
static void descend(double *x, const example *problem)
{
    const int64_t k = problem->k;

    for (int64_t sweep = 0; sweep < 20000; sweep++) {
        for (int64_t i = 0; i < k; i++) {
            double r = problem->rhs[i];

            for (int64_t j = 0; j < k; j++) {
                r -= problem->gram[i * k + j] * x[j];
            }
            x[i] = fmax(0.0, x[i] + r / problem->gram[i * k + i]);
        }
    }
}

START_TEST(coordinate_descent_ends_at_the_same_solution)
{
    for (uint64_t trial = 0; trial < 5; trial++) {
        example problem = planted(12, 70 + trial, 0.4);
        double x[12] = {0};

        descend(x, &problem);
        ck_assert_double_lt(solve(&problem, false), 1e-13);
        for (int64_t j = 0; j < 12; j++) {
            ck_assert_double_eq_tol(problem.s[j], x[j], 1e-11);
        }
    }
}
END_TEST

START_TEST(start_and_first_guess_do_not_matter)
{
    example cold = planted(20, 5, 0.6);

    ck_assert_double_lt(solve(&cold, false), 1e-13);
    for (int64_t trial = 0; trial < 20; trial++) {
        example warm = planted(20, 5, 0.6);
        double start[20];

        for (int64_t j = 0; j < 20; j++) {
            start[j] = fmax(0.0, uniform(99, trial * 20 + j));
            warm.s[j] = start[j];
            warm.passive[j] = uniform(98, trial * 20 + j) > 0.0;
        }
        for (int64_t i = 0; i < 20; i++) { /* c = A^T y - Q s0 */
            for (int64_t j = 0; j < 20; j++) {
                warm.rhs[i] -= warm.gram[i * 20 + j] * start[j];
            }
        }
        ck_assert_double_lt(solve(&warm, false), 1e-12);
        ck_assert_mem_eq(warm.passive, cold.passive, 20);
        for (int64_t j = 0; j < 20; j++) {
            ck_assert_double_eq_tol(warm.s[j], cold.s[j], 1e-12);
        }
    }
}
END_TEST

/* Largest violation of the optimality conditions, over |c|. */
static double violation(const example *problem)
{
    double worst = 0.0, size = 0.0;

    for (int64_t i = 0; i < problem->k; i++) {
        double r = problem->rhs[i];

        for (int64_t j = 0; j < problem->k; j++) {
            r -= problem->gram[i * problem->k + j] * problem->s[j];
        }
        ck_assert(problem->s[i] >= 0.0);
        worst = fmax(worst, problem->s[i] > 0.0 ? fabs(r) : r);
        size = fmax(size, fabs(problem->rhs[i]));
    }
    return worst / size;
}

START_TEST(many_and_nearly_dependent_unknowns_are_solved_exactly)
{
    const double shared[] = {0.0, 3.0, 1e2, 1e4};

    for (uint64_t i = 0; i < 4; i++) {
        example problem = planted(K_MAX, 300 + i, shared[i]);
        const double kkt = solve(&problem, false);

        ck_assert_double_lt(kkt, 1e-10);
        ck_assert_double_lt(violation(&problem), 1e-10);
    }
}
END_TEST

START_TEST(a_power_of_two_scales_every_bit)
{
    example one = planted(15, 8, 0.9), two = one;

    for (int64_t i = 0; i < 15; i++) {
        two.rhs[i] = ldexp(two.rhs[i], 19);
        for (int64_t j = 0; j < 15; j++) {
            two.gram[i * 15 + j] = ldexp(two.gram[i * 15 + j], -21);
        }
    }
    ck_assert(solve(&one, true) == solve(&two, true));
    for (int64_t j = 0; j < 15; j++) {
        ck_assert(two.s[j] == ldexp(one.s[j], 40));
    }
}
END_TEST

START_TEST(dependent_unknowns_keep_what_the_data_do_not_say)
{
    /* Two equal columns, both in the set: only their sum is known. */
    example problem = {.k = 3,
                       .gram = {2.0, 2.0, 1.0, 2.0, 2.0, 1.0, 1.0, 1.0, 3.0},
                       .s = {0.75, 0.25, 0.5},
                       .passive = {1, 1, 1}};
    const double wanted[3] = {0.975, 0.475, 0.8}; /* the same 0.225 for both */

    for (int64_t i = 0; i < 3; i++) {
        for (int64_t j = 0; j < 3; j++) {
            problem.rhs[i] += problem.gram[i * 3 + j] * (wanted[j] - problem.s[j]);
        }
    }
    ck_assert_double_lt(solve(&problem, false), 1e-13);
    for (int64_t j = 0; j < 3; j++) {
        ck_assert_double_eq_tol(problem.s[j], wanted[j], 1e-7);
    }
}
END_TEST

START_TEST(unknowns_without_data_keep_their_value)
{
    example problem = {.k = 3,
                       .gram = {2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0},
                       .rhs = {3.0, 0.0, -8.0},
                       .s = {0.5, 2.385, 0.5}};

    ck_assert_double_lt(solve(&problem, false), 1e-15);
    ck_assert(problem.s[0] == 2.0 && problem.s[1] == 2.385 && problem.s[2] == 0.0);
    ck_assert(problem.passive[0] == 1 && problem.passive[1] == 1 &&
              problem.passive[2] == 0);

    memset(problem.gram, 0, sizeof problem.gram);
    memset(problem.rhs, 0, sizeof problem.rhs);
    ck_assert(solve(&problem, false) == 0.0);
    ck_assert(problem.s[0] == 2.0 && problem.s[1] == 2.385 && problem.s[2] == 0.0);
}
END_TEST

START_TEST(covariance_is_the_inverse_on_the_passive_set)
{
    const example problem = planted(7, 44, 0.5);
    const uint8_t passive[7] = {1, 0, 1, 1, 0, 1, 1};
    double c[49];

    sqn__nnls_covariance(c, passive, problem.gram, 7, work);
    for (int64_t i = 0; i < 7; i++) {
        for (int64_t j = 0; j < 7; j++) {
            double sum = 0.0;

            for (int64_t l = 0; l < 7; l++) {
                sum += passive[i] != 0 ? problem.gram[i * 7 + l] * c[l * 7 + j] : 0.0;
            }
            const double wanted = i == j && passive[i] != 0 ? 1.0 : 0.0;

            ck_assert_double_le(fabs(sum - wanted), passive[j] != 0 ? 1e-13 : 0.0);
            ck_assert(c[i * 7 + j] == c[j * 7 + i]);
        }
    }
}
END_TEST

START_TEST(covariance_of_a_singular_set_is_nan_there_only)
{
    const double gram[9] = {2.0, 1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 1.0, 2.0};
    const uint8_t passive[3] = {1, 0, 1};
    double c[9];

    sqn__nnls_covariance(c, passive, gram, 3, work);
    for (int i = 0; i < 9; i++) {
        const bool middle = i / 3 == 1 || i % 3 == 1;

        ck_assert(middle ? c[i] == 0.0 : isnan(c[i]) != 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nnls");
    TCase *tcase = tcase_create("solve");

    tcase_add_test(tcase, it_finds_the_best_of_all_active_sets);
    tcase_add_test(tcase, coordinate_descent_ends_at_the_same_solution);
    tcase_add_test(tcase, start_and_first_guess_do_not_matter);
    tcase_add_test(tcase, many_and_nearly_dependent_unknowns_are_solved_exactly);
    tcase_add_test(tcase, a_power_of_two_scales_every_bit);
    tcase_add_test(tcase, dependent_unknowns_keep_what_the_data_do_not_say);
    tcase_add_test(tcase, unknowns_without_data_keep_their_value);
    tcase_add_test(tcase, covariance_is_the_inverse_on_the_passive_set);
    tcase_add_test(tcase, covariance_of_a_singular_set_is_nan_there_only);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
