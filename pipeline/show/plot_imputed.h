/** @file plot_imputed.h @brief imputed.png: an image before and after, and the errors of what is new. */
#ifndef PLOT_IMPUTED_H
#define PLOT_IMPUTED_H

#include <stdint.h>

#include "sequin/error.h"

/** Everything is borrowed. */
typedef struct plot_imputed_data {
    int64_t ny, nx;
    const float *before; /**< [ny, nx] NaN = missing. */
    const float *filled; /**< [ny, nx] NaN = still missing. */
    const float *error;  /**< [ny, nx] NaN where not filled. */
    const char *unit;    /**< NULL or "" = none. */
    const char *title;   /**< May be NULL. */
    const char *which;   /**< The image that is shown; may be NULL. */
} plot_imputed_data;

/** Failures as in pictures.h. */
SQN_NODISCARD sqn_status plot_imputed(const char *png_path, const plot_imputed_data *data,
                                      sqn_error *err);

#endif
