/** @file nmf_start.c @brief What new columns start from. */
#include "nmf_internal.h"
#include "rng.h"

double sqn__nmf_start_uniform(const sqn__nmf_start_draw *draw, int64_t index)
{
    const uint64_t stream = 2 * (uint64_t)draw->component + (draw->of_frames ? 0 : 1);

    return (double)sqn__rng_uniform(draw->seed, stream, (uint64_t)index);
}

void sqn__nmf_start_weights(double *out, const sqn_panels *panels)
{
    for (int64_t j = 0; j < panels->n_short; j++) {
        out[j] = 0.0;
    }
    for (int64_t p = 0; p < panels->n_panel; p++) {
        const float *v = sqn__panels_v(panels, p);

        for (int64_t j = 0; j < panels->n_short; j++) {
            for (int64_t t = 0; t < panels->width; t++) {
                out[j] += (double)v[j * panels->width + t];
            }
        }
    }
}
