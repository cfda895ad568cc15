/** @file scaling.h @brief Best fraction of the model: leave no starlight, keep the disk. */
#ifndef SEQUIN_SCALING_H
#define SEQUIN_SCALING_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One frame to scale the model of; all arrays [ny, nx], borrowed. */
typedef struct sqn_scaling_frame {
    int64_t ny, nx;
    const float *value; /**< Data; NaN = missing. */
    const float *model; /**< Model; NaN = none. */
    const double *
        weight; /**< Inverse variance; 0 = not used (outside, excluded, missing). For `bff` a pixel
                      whose error no float can hold is not used either. */
    double fwhm; /**< Resolution element (pixels), > 0. */
} sqn_scaling_frame;

enum { SQN_SCALING_N_FRACTION = 201 }; /**< 0.800, 0.801 ... 1.000 of the published rule. */

/** The factor and how it was found. */
typedef struct sqn_scaling {
    double factor;
    int64_t
        rounds;   /**< Of iteration (bff) or clipping at the chosen fraction (published). */
    bool at_edge; /**< The factor lies at the edge of its range. */
    double curve[SQN_SCALING_N_FRACTION]; /**< Published: score of each fraction; bff: the
                                               factor after each round, NaN behind the last. */
} sqn_scaling;

/**
 * f = sum V x m / sum V m^2 over pixels that are neither excluded nor significantly positive,
 * iterated (docs/numerics.md, section 5, "bff"). Significance is judged on sqrt(V) (x - f m),
 * so that the stronger noise near the star is not taken for a disk. Once the factor has
 * settled, significantly negative pixels are left out, too: leaving out one tail of the noise
 * only would make it too low.
 *
 * @retval SQN_ERR_DATA    E_DATA_EMPTY: no pixel to judge by.
 * @retval SQN_ERR_MEMORY  Work space.
 */
SQN_API SQN_NODISCARD sqn_status sqn_scaling_bff(sqn_scaling *out,
                                                 const sqn_scaling_frame *frame,
                                                 sqn_error *err);

/** Doubles of work space for sqn_scaling_prepare() and sqn_scaling_find() on frames of this
 * shape. */
SQN_API int64_t sqn_scaling_work_size(int64_t ny, int64_t nx, double fwhm);

/**
 * What sqn_scaling_find() needs of the data of a frame, for one model or many.
 *
 * @param[out] work   [sqn_scaling_work_size()]
 * @param[in]  frame  Of its model only where it is finite matters.
 */
SQN_API void sqn_scaling_prepare(double *work, const sqn_scaling_frame *frame);

/**
 * sqn_scaling_bff() without memory of its own: for many frames, and many models of each.
 *
 * @param[in]     frame  As it was prepared but for the values of the model, finite in the same
 *                       pixels.
 * @param[in,out] work   Of sqn_scaling_prepare(), which serves any number of calls.
 *
 * @returns false where no pixel is there to judge by.
 */
SQN_API SQN_NODISCARD bool sqn_scaling_find(sqn_scaling *out,
                                            const sqn_scaling_frame *frame, double *work);

/** The rule of the published code (Ren et al. 2018), fraction by fraction. Errors as above. */
SQN_API SQN_NODISCARD sqn_status sqn_scaling_bff_published(sqn_scaling *out,
                                                           const sqn_scaling_frame *frame,
                                                           sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
