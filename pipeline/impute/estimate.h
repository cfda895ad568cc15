/**
 * @file estimate.h
 * @brief Values for pixels without one, by a basis, and their errors.
 *
 * A value estimates what a measurement there would have given without its own noise: its
 * variance is that of the model alone, h C h^T + w M w^T (docs/numerics.md, section 5), and a
 * measurement scatters about it by sqrt(sigma^2 + ERR^2). Errors are conditional on the active
 * sets; none is smaller than that of a mean of the data of its frame, which one active
 * component gives.
 */
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include "basis.h"
#include "frames.h"
#include "sequin/target.h"

/** The exact fit of all frames with all counts. Keep it where it is while it lives. */
typedef struct estimate_fit {
    const frames *frames; /**< Borrowed, as the basis. */
    const basis *basis;
    sqn_target_basis bases; /**< Of the fit. */
    sqn_target *target;     /**< Owned. */
    double *
        sigma; /**< [n_group] measured over the fitted pixels with the largest count; 1 unless
                      IMAGES_UNIFORM (stored unit). Owned. */
} estimate_fit;

SQN_NODISCARD sqn_status estimate_fit_make(estimate_fit *out, const frames *f,
                                           const basis *b, const config *settings,
                                           sqn_error *err);
void estimate_fit_clear(estimate_fit *fit);

/** Values of pixels and their variances; NaN where there are none. */
typedef struct estimate {
    float *value;    /**< [n_all] (stored unit). Owned. */
    float *variance; /**< [n_all] (stored unit^2). Owned. */
} estimate;

/**
 * Values with the largest count of components that the data determine at each pixel.
 *
 * @param[in] wanted  [n_all] 1 = give it a value.
 */
SQN_NODISCARD sqn_status estimate_make(estimate *out, const estimate_fit *fit,
                                       const uint8_t *wanted, sqn_error *err);

/** Values with count number `i_count` alone, without variances. */
SQN_NODISCARD sqn_status estimate_make_count(estimate *out, const estimate_fit *fit,
                                             const uint8_t *wanted, int64_t i_count,
                                             sqn_error *err);
void estimate_clear(estimate *e);

/** Noise of a datum (1 sigma, stored unit). */
double estimate_sigma(const estimate_fit *fit, int64_t pixel);

#endif
