/**
 * @file nmf.h
 * @brief Sequential non-negative matrix factorisation with weights and missing data.
 *
 * Minimises chi2 = sum_ij V_ij (X_ij - (W H)_ij)^2 over W, H >= 0, one component after the
 * other, all of them refined after each addition (Ren et al. 2018, ApJ 852, 104).
 *
 * | name   | paper | shape               | meaning                           |
 * | ------ | ----- | ------------------- | --------------------------------- |
 * | value  | X     | [n_frame, n_pix]    | frames, one per row               |
 * | weight | V     | [n_frame, n_pix]    | inverse variance, 0 = no part     |
 * | coeff  | W     | [n_frame, n_comp]   | amount of each component          |
 * | comp   | H     | [n_comp, n_pix]     | components, unit L2 norm per row  |
 */
#ifndef SEQUIN_NMF_H
#define SEQUIN_NMF_H

#include <stdbool.h>

#include "sequin/error.h"
#include "sequin/holdout.h"
#include "sequin/log.h"
#include "sequin/matrix.h"
#include "sequin/panels.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sqn_nmf_construction {
    SQN_NMF_SEQUENTIAL, /**< One stage per component. */
    SQN_NMF_JOINT       /**< One stage of all components. */
} sqn_nmf_construction;

typedef enum sqn_nmf_start {
    SQN_NMF_START_RESIDUAL, /**< Deterministic: what the stage before left over ("mu" begins
                                 with it times 1, because its rule cannot leave 0). */
    SQN_NMF_START_RANDOM    /**< Uniform, counter-based, keyed by the seed. */
} sqn_nmf_start;

/** Why a stage ended. */
typedef enum sqn_nmf_stop {
    SQN_NMF_CONVERGED,
    SQN_NMF_MAX_ITERATIONS,
    SQN_NMF_EXACT,   /**< chi2 at the limit of float32 data. */
    SQN_NMF_ROUNDING /**< chi2 rose by no more than rounding. */
} sqn_nmf_stop;

/** What a fit says while it runs. */
typedef struct sqn_nmf_progress {
    int64_t n_comp, n_comp_total;
    int64_t iteration; /**< From 1; "anls" counts those on a sample before, from 1 too. */
    double chi2;       /**< Of all data; on a sample that of the stage before. */
    bool stage_done;
} sqn_nmf_progress;

/** Controls of sqn_nmf_fit(). Start from sqn_nmf_options_default(). */
typedef struct sqn_nmf_options {
    int64_t n_comp;                    /**< Components, 1..used frames. Default 10. */
    const char *method;                /**< "anls" (default) or "mu" (Zhu 2016). */
    sqn_nmf_construction construction; /**< Default SQN_NMF_SEQUENTIAL. */
    sqn_nmf_start start;               /**< Default SQN_NMF_START_RESIDUAL. */
    uint64_t seed;                     /**< Of the random start, > 0. Default 1. */
    double
        tolerance; /**< Relative fall of chi2 that ends a stage, >= 0; "anls" ends a stage
                           that another follows at ten times as much. Default 1e-5. */
    int64_t
        max_iterations; /**< Per stage, >= 1; of a sample at most 30 before. Default 1000. */
    bool background;    /**< One free constant per frame. Default false. */
    const int64_t *keep; /**< [n_keep] stages whose factors are kept, rising; */
    int64_t n_keep;      /**< the last always is. 0 = all. Borrowed. */
    /** Entries that the panels do not hold, to be predicted by every stage; NULL = none. */
    const sqn_holdout *heldout; /**< Borrowed. */
    /** Stages in a row that predict these clearly worse than the best one, after which the fit
     *  ends early; 0 (default) = never. */
    int64_t patience;
    /** Called after every iteration; a return other than 0 interrupts the fit. */
    int (*progress)(void *context, const sqn_nmf_progress *progress);
    void *progress_context; /**< Borrowed. */
    const sqn_log *log;     /**< Warnings (W_VANISHED, W_STAGE, W_STOP); may be NULL. */
} sqn_nmf_options;

/** Record of one stage. */
typedef struct sqn_nmf_stage {
    int64_t n_comp;
    int64_t iterations; /**< Accepted ones, without those on a sample. */
    /** Reads of the data: those lost to extrapolation and the last too, of a sample by its share. */
    int64_t passes;
    double chi2; /**< Of the factors kept, from a last pass. */
    double
        kkt; /**< max over short indices of |p| / |Q s + C| (docs/numerics.md, guarantee 7). */
    sqn_nmf_stop stop;
} sqn_nmf_stage;

/** A fitted model: the stages and the factors of those that were kept. Opaque. */
typedef struct sqn_nmf sqn_nmf;

/** Defaults documented field by field in sqn_nmf_options. */
SQN_API sqn_nmf_options sqn_nmf_options_default(void);

/**
 * Build components one at a time. The result depends only on the arguments: not on threads
 * or time.
 *
 * @param[out] out      New model, owned by the caller; NULL on failure.
 * @param[in]  panels   Data and weights; borrowed during the call.
 * @param[in]  options  Controls, or NULL for the defaults.
 *
 * @retval SQN_ERR_ARG          An option is out of range, or an unknown method; "mu" with a
 *                              background or with panels that keep negative data.
 * @retval SQN_ERR_CONFIG       E_COUNT: more components than used frames.
 * @retval SQN_ERR_NUMERIC      chi2 not finite, or rose beyond rounding.
 * @retval SQN_ERR_MEMORY       Needs 4 n_pix + 8 n_frame bytes per component of every kept
 *                              stage, and for the factors in work 12 (anls) or 16 (mu; 24
 *                              along a longer axis of frames) bytes per component of
 *                              each pixel and frame; anls also up to 160 MiB or half of
 *                              the panels, 1 byte per component of each index of the
 *                              longer axis, and 10 k (k + 1) bytes per one of the shorter,
 *                              of every thread 2 k (k + 1) + 8 k.
 * @retval SQN_ERR_INTERRUPTED  The progress callback asked for it.
 */
SQN_API SQN_NODISCARD sqn_status sqn_nmf_fit(sqn_nmf **out, const sqn_panels *panels,
                                             const sqn_nmf_options *options,
                                             sqn_error *err);

/** Number of stages (joint: 1). */
SQN_API int64_t sqn_nmf_n_stage(const sqn_nmf *model);

/** Record of stage `index` = 0 .. n_stage - 1; borrowed. */
SQN_API const sqn_nmf_stage *sqn_nmf_stage_at(const sqn_nmf *model, int64_t index);

/**
 * Components of the stage with `n_comp` components, [n_comp, n_pix], unit norm, NaN at pixels
 * that take no part; borrowed. data == NULL if that stage was not kept.
 */
SQN_API sqn_matrix_const sqn_nmf_components(const sqn_nmf *model, int64_t n_comp);

/** Coefficients [n_frame, n_comp] (data unit), NaN for frames that take no part; borrowed. */
SQN_API sqn_dmatrix_const sqn_nmf_coefficients(const sqn_nmf *model, int64_t n_comp);

/** Background per frame [n_frame] (data unit) of a kept stage, or NULL without; borrowed. */
SQN_API const double *sqn_nmf_background(const sqn_nmf *model, int64_t n_comp);

/** [n_pix] 1 where some, but fewer valid frames than n_comp, or valid frames that hold next to
 *  nothing of a component determine the pixel; borrowed. */
SQN_API const uint8_t *sqn_nmf_undetermined(const sqn_nmf *model, int64_t n_comp);

/** Free `*model` and set it to NULL. NULL-safe in both senses. */
SQN_API void sqn_nmf_destroy(sqn_nmf **model);

#ifdef __cplusplus
}
#endif
#endif
