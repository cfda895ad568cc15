/**
 * @file count_choice.c
 * @brief How often the held-out curve finds the rank of planted data: a table in Markdown.
 *
 * Usage: count_choice [N_DRAW [N_FRAME N_PIX]]. Components are speckle fields: non-negative,
 * with the exponential distribution of speckles, overlapping everywhere; coefficients are
 * distributed alike. By default 20 draws of 120 frames of 4000 pixels: two minutes. Exit 1 if a row has more than one
 * draw in ten further than one from the truth.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "rng.h"
#include "sequin/count.h"
#include "sequin/threads.h"

enum { MAX_COUNT = 30 };

/* What is planted. */
typedef struct scene {
    int64_t n_frame, n_pix, rank;
    double snr; /* rms of the signal over sigma */
    uint64_t seed;
} scene;

typedef struct data {
    float *value, *weight;
    double *coeff, *comp;
} data;

static double exponential(uint64_t seed, uint64_t stream, uint64_t index)
{
    return -log(sqn__rng_uniform_double(seed, stream, index));
}

static double signal_at(const data *d, const scene *s, int64_t i, int64_t j)
{
    double sum = 0.0;

    for (int64_t r = 0; r < s->rank; r++) {
        sum += d->coeff[i * s->rank + r] * d->comp[r * s->n_pix + j];
    }
    return sum;
}

static void plant(const data *d, const scene *s)
{
    double square = 0.0;

    for (int64_t r = 0; r < s->rank; r++) {
        for (int64_t j = 0; j < s->n_pix; j++) {
            d->comp[r * s->n_pix + j] = exponential(s->seed, (uint64_t)r, (uint64_t)j);
        }
        for (int64_t i = 0; i < s->n_frame; i++) {
            d->coeff[i * s->rank + r] =
                exponential(s->seed, (uint64_t)(1000 + r), (uint64_t)i);
        }
    }
    for (int64_t i = 0; i < s->n_frame; i++) {
        for (int64_t j = 0; j < s->n_pix; j++) {
            const double x = signal_at(d, s, i, j);

            square += x * x;
        }
    }
    const double sigma = sqrt(square / (double)(s->n_frame * s->n_pix)) / s->snr;

    for (int64_t at = 0; at < s->n_frame * s->n_pix; at++) {
        const double noise = sqn__rng_normal(s->seed, 2000, (uint64_t)at);

        d->value[at] =
            (float)(signal_at(d, s, at / s->n_pix, at % s->n_pix) + sigma * noise);
        d->weight[at] = (float)(1.0 / (sigma * sigma));
    }
}

static sqn_status choose(sqn_count *out, const data *d, const scene *s, sqn_error *err)
{
    const sqn_rows_pair pair = {{d->value, s->n_frame, s->n_pix, s->n_pix},
                                {d->weight, s->n_frame, s->n_pix, s->n_pix}};
    const sqn_rows rows = sqn_rows_dense(&pair);
    sqn_count_options options = {sqn_holdout_options_default(), sqn_nmf_options_default()};

    options.nmf.patience = SQN_COUNT_PATIENCE;
    options.nmf.n_comp = s->n_frame / 2 < MAX_COUNT ? s->n_frame / 2 : MAX_COUNT;
    return sqn_count_search(out, &rows, &options, err);
}

/* The count that a rule with the error of each frv, not of the difference, would choose. */
static int64_t choose_unpaired(const sqn_count *count)
{
    int64_t at = 0;

    while (count->point[at].n_comp != count->best) {
        at++;
    }
    const sqn_count_point *best = count->point + at;

    for (int64_t k = 0; k < count->n; k++) {
        if (count->point[k].frv <= best->frv + best->frv_err) {
            return count->point[k].n_comp;
        }
    }
    return count->best;
}

/* One row: all draws of a rank and a noise. */
static bool measure(const data *d, scene s, int64_t n_draw, sqn_error *err)
{
    int64_t exact = 0, near = 0, unpaired = 0, best = 0, low = INT64_MAX, high = 0;

    for (int64_t draw = 0; draw < n_draw; draw++) {
        sqn_count count = {0};

        s.seed = (uint64_t)(draw + 1);
        plant(d, &s);
        if (choose(&count, d, &s, err) != SQN_OK) {
            return false;
        }
        const int64_t wide = choose_unpaired(&count);

        exact += count.chosen == s.rank;
        near += llabs(count.chosen - s.rank) <= 1;
        unpaired += llabs(wide - s.rank) <= 1;
        best += llabs(count.best - s.rank) <= 1;
        low = count.chosen < low ? count.chosen : low;
        high = count.chosen > high ? count.chosen : high;
        sqn_count_clear(&count);
    }
    (void)printf("| %" PRId64 " | %g | %" PRId64 " | %" PRId64 " | %" PRId64 " .. %" PRId64
                 " | %" PRId64 " | %" PRId64 " |\n",
                 s.rank, s.snr, exact, near, low, high, best, unpaired);
    (void)fflush(stdout);
    return 10 * near >= 9 * n_draw;
}

int main(int argc, char **argv)
{
    static const int64_t ranks[] = {3, 8, 15};
    static const double snrs[] = {3.0, 10.0, 30.0, 100.0};
    const int64_t n_draw = argc > 1 ? strtoll(argv[1], NULL, 10) : 20;
    const scene size = {.n_frame = argc > 3 ? strtoll(argv[2], NULL, 10) : 120,
                        .n_pix = argc > 3 ? strtoll(argv[3], NULL, 10) : 4000};
    const int64_t n = sqn__mem_product(size.n_frame, size.n_pix);
    const data d = {sqn__mem_alloc(n, sizeof *d.value), sqn__mem_alloc(n, sizeof *d.weight),
                    sqn__mem_alloc(15 * size.n_frame, sizeof *d.coeff),
                    sqn__mem_alloc(15 * size.n_pix, sizeof *d.comp)};
    sqn_error err = {0};
    bool good = true;

    sqn_threads_single_blas();
    (void)printf(
        "| rank | S/N | right | right or one off | chosen | best of the curve, right "
        "or one off | error not paired |\n"
        "| --: | --: | --: | --: | --: | --: | --: |\n");
    for (int r = 0; r < 3; r++) {
        for (int q = 0; q < 4; q++) {
            scene s = size;

            s.rank = ranks[r];
            s.snr = snrs[q];
            good = measure(&d, s, n_draw, &err) && good;
        }
    }
    if (err.status != SQN_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
    }
    sqn__mem_free(d.comp);
    sqn__mem_free(d.coeff);
    sqn__mem_free(d.weight);
    sqn__mem_free(d.value);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
