/**
 * @file screen.h
 * @brief Stage 1b: outliers become missing, and errors that are wrong by a factor are mended,
 * where the configuration asks for it.
 *
 * In: images and frames. Out: the same, with NaN where an outlier was and other errors. Library:
 * outlier, misfit. Not of patches, which hold every pixel many times.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "frames.h"
#include "sequin/outlier.h"

/** What was done; all 0 where nothing was asked for. */
typedef struct screening {
    sqn_outlier_tally outliers;
    double factor; /**< Of the errors; 0 = they were not multiplied. */
} screening;

/**
 * @param[in,out] im  Of the frames; their missing pixels are counted anew.
 * @retval SQN_ERR_CONFIG  E_COUNT.
 */
SQN_NODISCARD sqn_status screen_images(screening *out, images *im, frames *f,
                                       const config *settings, const sqn_log *log,
                                       sqn_error *err);

#endif
