/**
 * @file pictures.h
 * @brief The pictures of a run: arrays in, one PNG out.
 *
 * Every picture appears under its name only when it is complete. The bytes depend on the data
 * and on the fonts of the machine, not on time, folder or threads. Failures are harmless to the
 * run: the caller warns (W_PLOT) and goes on.
 *
 * Common to all: @retval SQN_ERR_IO the file cannot be written; @retval SQN_ERR_MEMORY;
 * @retval SQN_ERR_ARG an empty or impossible shape.
 */
#ifndef PICTURES_H
#define PICTURES_H

#include <stdint.h>

#include "plot_image.h"
#include "sequin/error.h"

/** frv.png: fractional residual variance against the number of components. */
typedef struct plot_frv_data {
    int64_t n;            /**< Rows; 0 (components were loaded) gives an empty frame. */
    const double *n_comp; /**< [n] rising */
    const double *frv;    /**< [n] NaN or NULL = none, as the other two. */
    const double *frv_centered; /**< [n] */
    const double *frv_pca;      /**< [n] */
    const double *heldout;      /**< [n] of hidden data, */
    const double *heldout_err;  /**< [n] and its standard error; NULL where heldout is. */
    int64_t chosen;             /**< Count to mark; 0 = none. */
    int64_t best;      /**< Count that predicts hidden data best; 0 = nothing was hidden. */
    const char *title; /**< May be NULL. */
} plot_frv_data;

/** components.png: all components on one stretch, and what sets each apart from their mean. */
typedef struct plot_components_data {
    int64_t n, ny, nx;
    const float *components; /**< [n, ny, nx] NaN = missing; the first 30 are drawn. */
    const char *title;       /**< May be NULL. */
    const double *share;     /**< [n] of the modelled light, 0..1; NULL or NaN = unknown. */
} plot_components_data;

/** disk.png: the combined image, its S/N, and a strip of all counts. */
typedef struct plot_disk_data {
    int64_t n_count, ny, nx;
    const float *images;   /**< [n_count, ny, nx] rising count; the last is shown large. */
    const int64_t *counts; /**< [n_count] */
    const float *snr;      /**< [ny, nx] of the last count; NULL = none. */
    const uint8_t *excluded; /**< [ny, nx] outlined; NULL = none. */
    const char *unit;        /**< NULL or "" = none. */
    const char *title;       /**< May be NULL. */
    plot_sky sky;
} plot_disk_data;

/** input.png: mean science and reference frame, region, exclusion, profiles. */
typedef struct plot_input_data {
    int64_t ny, nx;
    const float *science; /**< [ny, nx] */
    const float
        *reference; /**< [ny, nx]; NULL when the references are the science frames. */
    const uint8_t *excluded; /**< [ny, nx] outlined on the science frame; NULL = none. */
    double inner_radius, outer_radius; /**< (pixels) of the region; 0 = no limit. */
    const char *unit;                  /**< NULL or "" = none. */
    const char *title;                 /**< May be NULL. */
    plot_sky sky;
} plot_input_data;

SQN_NODISCARD sqn_status plot_frv(const char *png_path, const plot_frv_data *data,
                                  sqn_error *err);
SQN_NODISCARD sqn_status plot_components(const char *png_path,
                                         const plot_components_data *data, sqn_error *err);
SQN_NODISCARD sqn_status plot_disk(const char *png_path, const plot_disk_data *data,
                                   sqn_error *err);
SQN_NODISCARD sqn_status plot_input(const char *png_path, const plot_input_data *data,
                                    sqn_error *err);

#endif
