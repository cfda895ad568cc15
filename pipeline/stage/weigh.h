/** @file weigh.h @brief Frames of a stack as rows of values and weights, for the solver. */
#ifndef WEIGH_H
#define WEIGH_H

#include "read.h"
#include "sequin/rows.h"

/** Frames, and what gives their pixels weight. All borrowed. */
typedef struct weigh_frames {
    const sqn_fits_stack *stack;
    const sqn_pixels *pixels;
    read_noise noise;
    const double *variance; /**< [n_pix] of READ_POISSON, else NULL. */
    const uint8_t
        *excluded; /**< [n_frame, ny, nx] 1 = keep the value, weight 0; NULL = none. */
} weigh_frames;

/** Rows [n_frame, n_pix]; `frames` is borrowed. */
sqn_rows weigh_rows(const weigh_frames *frames);

/**
 * The variance of READ_POISSON for the frames of a stack (stored unit^2); NULL and SQN_OK for
 * other models. Owned by the caller: sqn__mem_free().
 */
SQN_NODISCARD sqn_status weigh_variance(double **out, const sqn_fits_stack *stack,
                                        const observation *obs, const config *settings,
                                        sqn_error *err);

#endif
