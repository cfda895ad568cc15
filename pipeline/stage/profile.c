/** @file profile.c @brief What is left of the light at every distance from the star. */
#include "profile.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"

enum { N_SERIES = 6 };

static int64_t ring_of(const observation *obs, int64_t at)
{
    const int64_t y = at / obs->pixels.nx, x = at - y * obs->pixels.nx;

    return (int64_t)round(
        hypot((double)(x + 1) - obs->center[0], (double)(y + 1) - obs->center[1]));
}

static sqn_status create(profile *out, const observation *obs, sqn_error *err)
{
    int64_t n = 1;

    *out = (profile){0};
    for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
        const int64_t ring = ring_of(obs, obs->pixels.index[p]);

        n = ring < n ? n : ring + 1;
    }
    double *block = sqn__mem_alloc(sqn__mem_product(N_SERIES, n), sizeof *block);

    if (block == NULL) {
        return SQN_RAISE(err, E_MEM, "profiles of %" PRId64 " rings", n);
    }
    *out = (profile){
        n, block, block + n, block + 2 * n, block + 3 * n, block + 4 * n, block + 5 * n};
    return SQN_OK;
}

/** Sums over the valid residuals of one pixel in all frames. */
typedef struct pile {
    double number, data, model, residual, noise; /* the last two: of squares */
} pile;

static pile pile_of(const observation *obs, const subtraction *s, int64_t at)
{
    const int64_t n_pix = obs->pixels.ny * obs->pixels.nx;
    pile sum = {0};

    for (int64_t i = 0; i < s->residual.n_frame; i++) {
        const int64_t e = i * n_pix + at;
        const double residual = s->residual.data[e];

        if (!isnan(residual)) {
            sum.number += 1.0;
            sum.data += obs->science.value.data[e];
            sum.model += s->model.data[e];
            sum.residual += residual * residual;
            sum.noise += s->residual_variance.data[e];
        }
    }
    return sum;
}

static void add_frames(profile *sums, const observation *obs, const subtraction *s)
{
    for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
        const int64_t at = obs->pixels.index[p], ring = ring_of(obs, at);
        const pile sum = pile_of(obs, s, at);

        sums->number[ring] += sum.number;
        sums->data[ring] += sum.data;
        sums->model[ring] += sum.model;
        sums->residual[ring] += sum.residual;
        sums->noise[ring] += sum.noise;
    }
}

/* Means in the unit of the products; NaN where a ring is empty. */
static void finish(profile *sums, int exponent)
{
    const double unit = ldexp(1.0, exponent);

    for (int64_t k = 0; k < sums->n; k++) {
        const double share = sums->number[k] > 0.0 ? 1.0 / sums->number[k] : NAN;

        sums->radius[k] = (double)k;
        sums->data[k] *= share * unit;
        sums->model[k] *= share * unit;
        sums->residual[k] = sqrt(sums->residual[k] * share) * unit;
        sums->noise[k] = sqrt(sums->noise[k] * share) * unit;
    }
}

sqn_status profile_make(profile *out, const observation *obs, const subtraction *s,
                        sqn_error *err)
{
    const sqn_status status = create(out, obs, err);

    if (status == SQN_OK) {
        add_frames(out, obs, s);
        finish(out, obs->science.exponent);
    }
    return status;
}

void profile_clear(profile *p)
{
    sqn__mem_free(p->radius);
    *p = (profile){0};
}
