/** @file shared.c @brief Noise that frames share. */
#include "shared.h"

#include <math.h>

#include "sequin/rotate.h"

/* Add the share of frame `i`'s variance that is covariance with frame `j`, radius by radius. */
static void add_frame(double *share, int64_t n_radius, const observation *obs,
                      const subtraction *s, int64_t i, int64_t j, const shared_rule *rule)
{
    const double pi = 3.14159265358979323846;
    const sqn_fits_frame *frames = obs->science.frames;
    const double half_turn =
        obs->derotate ? 0.5 * (frames[j].theta - frames[i].theta) * pi / 180.0 : 0.0;
    const double *alike = s->alike + i * obs->science.n_frame;
    const double step = 2.0 * fabs(sin(half_turn));

    for (int64_t r = 0; r < n_radius && (double)r * step < rule->reach && alike[i] > 0.0;
         r++) {
        share[r] += alike[j] / alike[i] * rule->overlap(rule->context, (double)r * step);
    }
}

void shared_sum(double *share, const disk *d, const observation *obs, const subtraction *s,
                int64_t i, const shared_rule *rule)
{
    const int64_t n_radius = d->ny + d->nx;

    for (int64_t r = 0; r < n_radius; r++) {
        share[r] = 0.0;
    }
    for (int64_t j = 0; j < obs->science.n_frame; j++) {
        if (j != i && d->group_of[j] == d->group_of[i] && s->frames[j].n_valid > 0) {
            add_frame(share, n_radius, obs, s, i, j, rule);
        }
    }
}

static double overlap_of_pixels(const void *context, double distance)
{
    (void)context;
    return sqn_rotate_overlap(distance);
}

const shared_rule shared_pixels = {overlap_of_pixels, NULL, SQN_ROTATE_REACH};

void shared_rings(int32_t *ring, const observation *obs)
{
    const int64_t ny = obs->science.ny, nx = obs->science.nx;
    const double last = (double)(ny + nx - 1);

    for (int64_t y = 0; y < ny; y++) {
        const double dy = (double)y + 1.0 - obs->center[1];

        for (int32_t x = 0; x < (int32_t)nx; x++) {
            const double dx = (double)x + 1.0 - obs->center[0];
            const double r = sqrt(dx * dx + dy * dy) + 0.5;

            ring[y * nx + x] = (int32_t)(r < last ? r : last);
        }
    }
}

void shared_fill(subtraction *s, const disk *d, const observation *obs, int64_t i,
                 double *work)
{
    const int64_t n_pix = d->ny * d->nx;
    float *plane = s->component_variance.data + i * n_pix;

    shared_sum(work, d, obs, s, i, &shared_pixels);
    for (int64_t e = 0; e < n_pix; e++) {
        plane[e] = (float)(work[d->ring[e]] * plane[e]);
    }
}
