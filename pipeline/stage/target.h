/**
 * @file target.h
 * @brief Stage 3: model the science frames and subtract the starlight, count by count.
 *
 * In: observation, basis, configuration. Out: coefficients for all counts; for one count at a
 * time model, residual, their variances, flags. Library: exclude, target, scaling, stats.
 */
#ifndef STAGE_TARGET_H
#define STAGE_TARGET_H

#include "fit.h"
#include "read.h"
#include "sequin/target.h"

/** Fit of all science frames with all counts. Owned by the run. */
typedef struct target {
    sqn_target *fit;
    sqn_target_basis basis; /**< Borrows from the basis stage. */
    double *variance;       /**< Of READ_POISSON for the science frames. */
} target;

/** One frame of one count, as numbers (table FRAMES). */
typedef struct target_frame {
    double factor, background, sigma, chi2_reduced, median;
    int64_t n_valid;
    bool at_edge;
} target_frame;

/** One count: all planes [n_science, ny, nx]. Owned by the run, reused for every count. */
typedef struct subtraction {
    sqn_cube model, residual;                   /**< (stored unit) */
    sqn_cube model_variance, residual_variance; /**< (stored unit^2) */
    sqn_cube component_variance; /**< (stored unit^2) The components' part of both. */
    double *alike; /**< [n_science, n_science] covariance of that part, up to one factor. */
    uint8_t *flags; /**< SQN_FLAG_* */
    double
        *sigma; /**< [n_count, n_science] (stored unit) of every count subtracted so far. */
    target_frame *frames; /**< [n_science] */
} subtraction;

/**
 * Pixels of every science frame that are excluded from fits.
 *
 * @param[out] out  [n_science, ny, nx] 1 = excluded; NULL when nothing is. sqn__mem_free().
 */
SQN_NODISCARD sqn_status target_exclude(uint8_t **out, const observation *obs,
                                        const config *settings, const sqn_log *log,
                                        sqn_error *err);

/** True when the excluded shapes are drawn North up, and turned into each frame. */
bool target_on_sky(const observation *obs, const config *settings);

/** How models are scaled: as written, or what `auto` is for these frames; `excluded` as above. */
config_scaling target_scaling(const observation *obs, const config *settings,
                              const uint8_t *excluded);

/**
 * The excluded shapes as they are drawn, on disk.fits when frames are turned: [ny, nx] 1 = excluded, NULL when nothing is.
 * sqn__mem_free().
 */
SQN_NODISCARD sqn_status target_outline(uint8_t **out, const observation *obs,
                                        const config *settings, sqn_error *err);

/** Coefficients of every science frame for every count. */
SQN_NODISCARD sqn_status target_fit(target *out, const observation *obs, const basis *b,
                                    const config *settings, const uint8_t *excluded,
                                    sqn_error *err);

/** Give a subtraction its planes. */
SQN_NODISCARD sqn_status target_prepare(subtraction *out, const observation *obs,
                                        int64_t n_count, sqn_error *err);

/** Everything a count is subtracted with. Borrowed. */
typedef struct target_input {
    const observation *obs;
    const basis *basis;
    const config *settings;
    const target *target;
    const uint8_t *excluded; /**< Of target_exclude(), may be NULL. */
    const sqn_log *log;
} target_input;

/** Model, scale and subtract with count number `i_count`. */
SQN_NODISCARD sqn_status target_subtract(subtraction *out, const target_input *in,
                                         int64_t i_count, sqn_error *err);

void target_clear(target *t);
void subtraction_clear(subtraction *s);

#endif
