/**
 * @file plot_frames.h
 * @brief frames.png: what is known of every science frame, one under the other.
 */
#ifndef PLOT_FRAMES_H
#define PLOT_FRAMES_H

#include <stdint.h>

#include "sequin/error.h"

/** One value a frame, NaN = none. All borrowed. */
typedef struct plot_frames_data {
    int64_t n;
    const double *factor;            /**< [n] of the model. */
    const double *chi2_reduced;      /**< [n] */
    const double *sigma;             /**< [n] of the residual. */
    const double *missing;           /**< [n] (pixels) */
    const double *shift_x, *shift_y; /**< [n] (pixels); all NaN: not measured. */
    const char *unit;                /**< Of sigma; NULL or "" = none. */
    const char *title;               /**< May be NULL. */
} plot_frames_data;

/** @retval SQN_ERR_IO; @retval SQN_ERR_ARG  No frame. */
SQN_NODISCARD sqn_status plot_frames(const char *png_path, const plot_frames_data *data,
                                     sqn_error *err);

#endif
