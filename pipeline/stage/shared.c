/** @file shared.c @brief Noise that frames share. */
#include "shared.h"

#include <math.h>

#include "sequin/rotate.h"

int64_t shared_radius(const observation *obs, int64_t x, int64_t y)
{
    return (
        int64_t)(hypot((double)x + 1.0 - obs->center[0], (double)y + 1.0 - obs->center[1]) +
                 0.5);
}

/* Add the share of frame `i`'s variance that is covariance with frame `j`, radius by radius. */
static void add_frame(double *share, int64_t n_radius, const observation *obs,
                      const subtraction *s, int64_t i, int64_t j, const shared_rule *rule)
{
    const double pi = 3.14159265358979323846;
    const sqn_fits_frame *frames = obs->science.frames;
    const double half_turn =
        obs->derotate ? 0.5 * (frames[j].theta - frames[i].theta) * pi / 180.0 : 0.0;
    const double *alike = s->alike + i * s->model.n_frame;
    const double step = 2.0 * fabs(sin(half_turn));

    for (int64_t r = 0; r < n_radius && (double)r * step < rule->reach && alike[i] > 0.0;
         r++) {
        share[r] += alike[j] / alike[i] * rule->overlap(rule->context, (double)r * step);
    }
}

void shared_sum(double *share, int64_t n_radius, const observation *obs,
                const subtraction *s, const int64_t *group_of, int64_t i,
                const shared_rule *rule)
{
    for (int64_t r = 0; r < n_radius; r++) {
        share[r] = 0.0;
    }
    for (int64_t j = 0; j < s->model.n_frame; j++) {
        if (j != i && group_of[j] == group_of[i] && s->frames[j].n_valid > 0) {
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

void shared_fill(float *plane, const observation *obs, const subtraction *s,
                 const int64_t *group_of, int64_t i, double *work)
{
    const int64_t ny = s->model.ny, nx = s->model.nx, n_radius = ny + nx;
    const float *variance = s->component_variance.data + i * ny * nx;

    shared_sum(work, n_radius, obs, s, group_of, i, &shared_pixels);
    for (int64_t y = 0; y < ny; y++) {
        for (int64_t x = 0; x < nx; x++) {
            const int64_t r = shared_radius(obs, x, y);
            const double share = work[r < n_radius ? r : n_radius - 1];

            plane[y * nx + x] = (float)(share * variance[y * nx + x]);
        }
    }
}
