/** @file scene_light.h @brief Light without noise: speckles of a star, or spectra. */
#ifndef SCENE_LIGHT_H
#define SCENE_LIGHT_H

#include "scene.h"

#define SCENE_LIGHT_READ_NOISE 2.0 /**< (counts) */
#define SCENE_LIGHT_GAIN       1.0 /**< Variance per count. */

/**
 * Fill value [n_frame, ny nx] (counts).
 *
 * @retval SQN_ERR_MEMORY  Fields of one row of pixels per thread, amplitudes of all frames.
 */
SQN_NODISCARD sqn_status scene_light_fill(float *value, const scene_size *size, int epoch,
                                          sqn_error *err);

#endif
