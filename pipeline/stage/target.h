/**
 * @file target.h
 * @brief Stage 3: model the science frames and subtract the starlight, some counts at a time.
 *
 * In: observation, basis, configuration. Out: coefficients for all counts; for some counts at a
 * time residual, its variance, flags, for the largest the model, too. Library: exclude, target,
 * scaling.
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
    double factor, background, sigma, median;
    double chi2_reduced; /**< Of the largest count; of others 0. */
    int64_t n_valid;
    bool at_edge;
} target_frame;

/** One count: all planes [n_science, ny, nx]. */
typedef struct subtraction {
    sqn_cube model, model_variance;       /**< Of the largest count; of others empty. */
    sqn_cube residual, residual_variance; /**< (stored unit), (stored unit^2) */
    sqn_cube component_variance; /**< (stored unit^2) The components' part of it. */
    double *alike; /**< [n_science, n_science] covariance of that part, up to one factor. */
    uint8_t *flags;     /**< SQN_FLAG_*; its own, or those of another count of the batch. */
    uint8_t *own_flags; /**< Where its own are. */
    double *sigma;      /**< [n_count, n_science] (stored unit) of every count; with the
                               largest. */
    target_frame *frames; /**< [n_science] */
    float *planes;        /**< What the planes and the flags of the largest lie in. */
} subtraction;

enum { TARGET_BATCH = 16 }; /**< Counts that are subtracted together, at most. */

/** Counts that are subtracted together: as many as fit into a share of memory. */
typedef struct subtraction_batch {
    int64_t n_max;                    /**< Counts at a time. */
    subtraction own[TARGET_BATCH];    /**< Of all counts but the largest, used again, */
    float *planes;                    /**< what their planes and flags lie in. */
    subtraction *last;                /**< Of the largest count. Borrowed. */
    int64_t first, n;                 /**< The counts at work. */
    subtraction *count[TARGET_BATCH]; /**< [n] theirs. */
    sqn_spare spare; /**< Memory that nobody reads while these are at work. */
} subtraction_batch;

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

/**
 * Give a batch its planes, and the subtraction of the largest count, which outlives it.
 *
 * @param[out] last  Owned by the caller.
 */
SQN_NODISCARD sqn_status target_prepare(subtraction_batch *out, subtraction *last,
                                        const observation *obs, int64_t n_count,
                                        sqn_error *err);

/** Go on to the next counts of `n_count`; false after the last. */
bool target_next(subtraction_batch *batch, int64_t n_count);

/** Everything a count is subtracted with. Borrowed. */
typedef struct target_input {
    const observation *obs;
    const basis *basis;
    const config *settings;
    const target *target;
    const uint8_t *excluded; /**< Of target_exclude(), may be NULL. */
    const sqn_log *log;
} target_input;

/** Model, scale and subtract with the counts at work. */
SQN_NODISCARD sqn_status target_subtract(const subtraction_batch *batch,
                                         const target_input *in, sqn_error *err);

/** Variances of model and residual of the counts at work, once they are subtracted. */
SQN_NODISCARD sqn_status target_propagate(const subtraction_batch *batch,
                                          const target_input *in, sqn_error *err);

/** Given or modelled variances of frame `i` at the `n` pixels of the region from number `first`
 *  on; NaN where they are to be measured (uniform). */
void target_data_variances(double *out, const target_input *in, int64_t i, int64_t first,
                           int64_t n);

/** True where a pixel takes part in the fit of its frame. */
static inline bool target_is_fitted(uint8_t flags)
{
    return (flags & (SQN_FLAG_NO_SCIENCE | SQN_FLAG_NO_REFERENCE | SQN_FLAG_OUTSIDE |
                     SQN_FLAG_EXCLUDED)) == 0;
}

/** The stage a count is modelled with: its own, or the last one cut to its first columns. */
int64_t target_stage(const target_input *in, int64_t i_count);

void target_clear(target *t);
void target_end(subtraction_batch *batch);
void subtraction_clear(subtraction *s);

#endif
