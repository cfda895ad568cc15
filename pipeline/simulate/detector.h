/** @file detector.h @brief From electrons to a frame: noise, cosmic rays, bad pixels, errors. */
#ifndef DETECTOR_H
#define DETECTOR_H

#include <stdint.h>

#include "config.h"
#include "stream.h"

/** Flags of the DQ plane. */
enum {
    DETECTOR_DQ_BAD = 1,   /**< Bad pixel: the same in every frame. */
    DETECTOR_DQ_COSMIC = 4 /**< Hit by a cosmic ray. */
};

/** Planes of one frame, [size, size]; borrowed. */
typedef struct detector_frame {
    float *value; /**< (adu) the known background taken off. */
    float *error; /**< (adu) true 1 sigma of photon and read noise. */
    int32_t *dq;
} detector_frame;

/** Where the telescope points in a frame (pixels, x first), normal of rms `jitter`. */
void detector_pointing(double tilt[2], const config_simulate *options, stream_role role,
                       int64_t frame);

/**
 * Expose one frame. Every pixel draws from counters of its own, every cosmic ray too: a ray more,
 * or a mean that differs in its last bit, changes nothing elsewhere.
 *
 * @param[in] electrons  [size, size] expected from star and scene.
 */
void detector_expose(const detector_frame *out, const config_simulate *options,
                     const double *electrons, stream_role role, int64_t frame);

#endif
