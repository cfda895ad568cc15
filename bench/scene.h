/**
 * @file scene.h
 * @brief Generated data of the shapes that are measured: frames of speckles, and spectra.
 *
 * Frames: intensity |sqrt(halo) (1 + sum_m c_m(t) phi_m(x))|^2 of 24 fields phi_m made of
 * plane waves (speckles of 4 pixels) under a halo that falls with radius, whose amplitudes fall as 1 / (m + 1) and wander with
 * time, so that the rank is not small; Poisson-like noise and read noise; 0.5 % missing
 * at random, and a masked centre. Spectra: 20 smooth continua with lines, log-normal amounts;
 * 10 % missing, half of it at the ends. Negative data become 0, as the published
 * codes require. Every number is a function of the seed.
 */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>

#include "sequin/error.h"
#include "sequin/rows.h"

/** Shape of a set; spectra have ny = 1. */
typedef struct scene_size {
    char name[32];
    int64_t n_frame, ny, nx;
} scene_size;

/** How the weights vary. The solver may take short cuts for all but the first. */
typedef enum scene_weights {
    SCENE_GENERAL,   /**< 1 / variance of each datum. */
    SCENE_SEPARABLE, /**< a_i b_j, and missing data. */
    SCENE_MASK,      /**< 1, and missing data. */
    SCENE_UNIFORM    /**< 1 */
} scene_weights;

/** Data and weights, [n_frame, ny nx]; weight 0 where missing and behind the mask. Owned. */
typedef struct scene {
    scene_size size;
    int64_t n_pix;
    float *value, *weight;
} scene;

/** The set of that name: small, medium, large, spectra, tiny, tinyspectra, or TxYxX. */
bool scene_find(scene_size *out, const char *name);

/**
 * Make a set. Scenes of equal size share their fields; `epoch` tells apart what wanders.
 *
 * @retval SQN_ERR_MEMORY  8 bytes per element.
 */
SQN_NODISCARD sqn_status scene_make(scene *out, const scene_size *size,
                                    scene_weights weights, int epoch, sqn_error *err);

/** Rows for the library; `pair` must live as long. */
sqn_rows scene_rows(const scene *s, sqn_rows_pair *pair);

/** Bytes of the values and weights that have a positive weight, as float32. */
double scene_bytes(const scene *s);

void scene_clear(scene *s);

#endif
