/**
 * @file nmf_internal.h
 * @brief What the files that implement nmf.h share: the task, the methods, start and stop.
 *
 * Legend: A ~ U S^T with U [L, k] on the long axis of the panels and S [s, k] on the short one;
 * chi2 and sums in here are in the panels' own units.
 */
#ifndef SQN_NMF_INTERNAL_H
#define SQN_NMF_INTERNAL_H

#include "panels_internal.h"
#include "sequin/nmf.h"

/** What one fit is about; all borrowed. */
typedef struct sqn__nmf_task {
    const sqn_panels *panels;
    const sqn_nmf_options *options;
} sqn__nmf_task;

/** One way to move the factors; a state belongs to one fit. */
typedef struct sqn__nmf_method {
    const char *name;
    bool any_sign; /**< Takes data below 0 and a background. */
    sqn_status (*create)(void **state, const sqn__nmf_task *task, sqn_error *err);
    /** One more column, started as the options say; `seen` counts the passes it took. */
    sqn_status (*grow)(void *state, int64_t *passes, sqn_error *err);
    /** Iterate all columns until a rule stops it; fills all of `stage` but n_comp. */
    sqn_status (*refine)(void *state, sqn_nmf_stage *stage, sqn_error *err);
    /** Remember the factors, or return to the remembered ones with zero new columns. */
    void (*save)(void *state);
    void (*restore)(void *state);
    /** Column `a` of both factors, long [L] and small [s]; a = k: the background. */
    void (*column)(const void *state, int64_t a, double *along, double *across);
    void (*destroy)(void *state);
} sqn__nmf_method;

extern const sqn__nmf_method sqn__nmf_anls_method;
extern const sqn__nmf_method sqn__nmf_mu_stage_method;

/** The method of that name, or NULL. */
const sqn__nmf_method *sqn__nmf_method_find(const char *name);

/** Tell the caller; SQN_ERR_INTERRUPTED when it asks to stop. `chi2` in panel units. */
sqn_status sqn__nmf_stop_report(const sqn__nmf_task *task, int64_t n_comp,
                                int64_t iteration, double chi2, sqn_error *err);

/** When a stage ends; made once per fit. */
typedef struct sqn__nmf_stop_rule {
    double tolerance;
    int64_t max_iterations;
    int n_small_needed;   /**< Small falls in a row that end a stage. */
    bool small_if_equal;  /**< A fall of exactly the tolerance is small. */
    double total, n_data; /**< A = sum V X^2, N */
} sqn__nmf_stop_rule;

/** Where a stage stands; start with n_small = 0. */
typedef struct sqn__nmf_stop_state {
    double chi2; /**< Of the last accepted iteration. */
    int n_small;
} sqn__nmf_stop_state;

typedef enum sqn__nmf_stop_verdict {
    SQN__NMF_STOP_GO_ON,
    SQN__NMF_STOP_CONVERGED,
    SQN__NMF_STOP_EXACT,
    SQN__NMF_STOP_ROUNDING, /**< Not to be accepted; the stage ends. */
    SQN__NMF_STOP_BROKEN    /**< Not finite, or above all rounding. */
} sqn__nmf_stop_verdict;

/** How much chi2 may rise by rounding (docs/numerics.md, guarantee 2). */
double sqn__nmf_stop_bound(const sqn__nmf_stop_rule *rule, double chi2);

/** Judge the next chi2 of a descending sequence; accepts it where the verdict allows. */
sqn__nmf_stop_verdict sqn__nmf_stop_judge(sqn__nmf_stop_state *state,
                                          const sqn__nmf_stop_rule *rule, double chi2);

/** What the record of a stage says of the verdict that ended it. */
sqn_nmf_stop sqn__nmf_stop_reason(sqn__nmf_stop_verdict verdict);

/** The factor of the draws and what identifies them. */
typedef struct sqn__nmf_start_draw {
    uint64_t seed;
    int64_t component;
    bool of_frames; /**< Frames and pixels have streams of their own. */
} sqn__nmf_start_draw;

/** Uniform in (0, 1], a function of the draw and the index among those that take part. */
double sqn__nmf_start_uniform(const sqn__nmf_start_draw *draw, int64_t index);

/** out[j] = sum of V over the long axis, [s]. */
void sqn__nmf_start_weights(double *out, const sqn_panels *panels);

#endif
