/**
 * @file plot_profiles.h
 * @brief profiles.png: data, model, residual and noise against the distance from the star.
 */
#ifndef PLOT_PROFILES_H
#define PLOT_PROFILES_H

#include <stdint.h>

#include "sequin/error.h"

/** One value a ring about the star; what is not positive is not drawn. All borrowed. */
typedef struct plot_profiles_data {
    int64_t n;
    const double *radius;   /**< [n] (pixels) rising. */
    const double *data;     /**< [n] mean of the science frames. */
    const double *model;    /**< [n] mean of their starlight. */
    const double *residual; /**< [n] root of the mean square. */
    const double *noise;    /**< [n] root of the mean variance. */
    double pixel_scale;     /**< (arcsec) NaN = unknown: the axis is in pixels. */
    const char *unit;       /**< NULL or "" = none. */
    const char *title;      /**< May be NULL. */
} plot_profiles_data;

/** @retval SQN_ERR_IO; @retval SQN_ERR_ARG  A number of rings that cannot be. */
SQN_NODISCARD sqn_status plot_profiles(const char *png_path, const plot_profiles_data *data,
                                       sqn_error *err);

#endif
