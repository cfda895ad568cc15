/** @file sqn_observation.h @brief A small observation for the tests of the simulator. */
#ifndef SQN_OBSERVATION_H
#define SQN_OBSERVATION_H

#include "config.h"

/**
 * Fill the lists of a block with storage of the caller: two angles, a place on the sky, and room
 * for one source (separation, position angle, contrast).
 */
typedef struct sqn_observation {
    double rotation[2], sky[2], source[3];
    config_simulate options; /**< Lists point into this structure: do not copy it. */
} sqn_observation;

/** Quiet by default: no noise beyond photons, no rays, no bad pixels, no source. */
static inline void sqn_observation_init(sqn_observation *out)
{
    *out = (sqn_observation){.rotation = {-20.5, 41.3}, .sky = {86.82, -51.07}};
    out->options = (config_simulate){
        .given = true,
        .size = 25,
        .n_references = 3,
        .n_science = 2,
        .seed = 7,
        .fwhm = 2.4,
        .pixel_scale = 0.025,
        .obstruction = 0.14,
        .spiders = 3,
        .spider_width = 0.02,
        .static_rms = 0.3,
        .drift_rms = 0.05,
        .drift_correlation = 0.6,
        .power_law = -2.0,
        .coronagraph = CONFIG_CORONAGRAPH_VORTEX,
        .mask_radius = 2.0,
        .lyot_stop = 0.9,
        .charge = 2,
        .star_flux = 1e7,
        .reference_flux = 1.0,
        .exposure = 60.0,
        .background = 30.0,
        .gain = 1.7,
        .read_noise = 8.0,
        .rotation = {2, out->rotation},
        .sky = {2, out->sky},
        .ring_contrast = 2e-3,
        .ring_radius = 8.0,
        .ring_width = 2.0,
        .ring_axis_ratio = 0.6,
        .ring_position_angle = 35.0,
        .ring_g = 0.3,
        .sources = {0, out->source},
    };
}

#endif
