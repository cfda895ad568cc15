/**
 * @file weights.h
 * @brief From what is known of the noise to inverse variances.
 *
 * Three models: errors (1 sigma given for each datum), poisson (variance of a pixel from its
 * median over the frames), uniform (weight 1; the sigma of a frame is measured afterwards).
 */
#ifndef SEQUIN_WEIGHTS_H
#define SEQUIN_WEIGHTS_H

#include "sequin/error.h"
#include "sequin/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/** 1 / sigma^2 in double; 0 (missing) where sigma is not finite, or not above 0. */
SQN_API double sqn_weights_of_error(double sigma);

/** Detector of sqn_weights_poisson_variance(). */
typedef struct sqn_weights_poisson {
    double gain;       /**< Electrons per data unit, > 0. */
    double read_noise; /**< Electrons per frame, > 0. */
} sqn_weights_poisson;

/**
 * Variance of one datum of each pixel: max(m, 0) / gain + (read_noise / gain)^2, m the median
 * over the rows. The median, and not the datum itself, so that upward noise does not lower its
 * own weight.
 *
 * @param[out] out      [n_col] (data unit^2); NaN where no row has a positive weight.
 * @param[in]  rows     Frames of one group; data of weight 0 do not count. Read several times
 *                      when they exceed 64 MiB as doubles.
 * @param[in]  poisson  Borrowed.
 *
 * @retval SQN_ERR_ARG     gain or read_noise is not above 0.
 * @retval SQN_ERR_MEMORY  Needs up to 64 MiB of work space, and 16 bytes per pixel.
 */
SQN_API SQN_NODISCARD sqn_status sqn_weights_poisson_variance(
    double *out, const sqn_rows *rows, const sqn_weights_poisson *poisson, sqn_error *err);

/** Median of what is not NaN; NaN when nothing is. Reorders `scratch` [n]. */
SQN_API double sqn_weights_median(double *scratch, int64_t n);

/**
 * 1.4826 times the median distance from the median of what is not NaN: the sigma of a frame
 * under the model uniform, from its residual over the fitted pixels. Replaces `scratch` [n].
 */
SQN_API double sqn_weights_mad_sigma(double *scratch, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
