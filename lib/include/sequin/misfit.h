/**
 * @file misfit.h
 * @brief How well the errors explain what a model leaves: reduced chi2 by frame and by pixel.
 */
#ifndef SEQUIN_MISFIT_H
#define SEQUIN_MISFIT_H

#include "sequin/error.h"
#include "sequin/nmf.h"
#include "sequin/panels.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Reduced chi2 of a fitted model: chi2 over its degrees of freedom, data minus parameters.
 * Parameters are the numbers above 0 in both factors (what the bound holds at 0 is not free),
 * less the k^2 that turn the factors into each other, and one background a frame. Those of
 * the components are shared out to pixels, those of the coefficients to frames, and the rest
 * evenly. Owned: sqn_misfit_clear().
 */
typedef struct sqn_misfit {
    int64_t n_frame, n_pix;
    double total; /**< Of all data; NaN without degrees of freedom, as the others. */
    double
        scale; /**< By which 1 sigma must be multiplied: median over frames of the scatter
                        of (datum - model) / sigma, 1.4826 MAD, corrected for the parameters.
                        Light that no component holds, in a minority of pixels, is not in it. */
    double *frame;      /**< [n_frame] */
    double *pixel;      /**< [n_pix] */
    double *pixel_free; /**< [n_pix] degrees of freedom; the error of `pixel` is
                             sqrt(2 / pixel_free) for normal noise. */
} sqn_misfit;

/**
 * Measure the misfit of a kept stage.
 *
 * @param[out] out     Zeroed on failure.
 * @param[in]  panels  Of the build, weights 1 / sigma^2. Borrowed.
 * @param[in]  model   Borrowed.
 *
 * @retval SQN_ERR_ARG     The stage with `n_comp` components was not kept.
 * @retval SQN_ERR_MEMORY  Needs 32 bytes per frame, 44 per pixel, and 44 more for each thread.
 * @see docs/numerics.md, section 5
 */
SQN_API SQN_NODISCARD sqn_status sqn_misfit_measure(sqn_misfit *out,
                                                    const sqn_panels *panels,
                                                    const sqn_nmf *model, int64_t n_comp,
                                                    sqn_error *err);

/** Free what it owns and zero it. NULL-safe. */
SQN_API void sqn_misfit_clear(sqn_misfit *misfit);

#ifdef __cplusplus
}
#endif
#endif
