/**
 * @file trial.h
 * @brief Stage 3: good pixels hidden, predicted, and compared with what they are.
 *
 * In: frames, configuration. Out: how well our values, the median of the neighbours and the mean
 * over the frames predict pixels that none of them saw; and whether our errors say so.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "frames.h"
#include "sequin/nmf.h"

enum { TRIAL_OURS, TRIAL_NEIGHBOURS, TRIAL_FRAMES, TRIAL_METHODS };

/** How far predictions are from data, over the noise of the data. */
typedef struct trial_score {
    double rms;    /**< Root mean square. */
    double robust; /**< 1.4826 times the median distance. */
} trial_score;

/** Owned; trial_clear(). */
typedef struct trial {
    int64_t n_hidden; /**< 0: no trial was made. */
    int64_t n;        /**< Of them, those that every method predicts. */
    trial_score score[TRIAL_METHODS];
    trial_score
        pull; /**< Ours, over sqrt(sigma^2 + ERR^2): 1 where the errors are right. */
    int64_t n_count;
    int64_t *counts;       /**< [n_count] components. */
    trial_score *of_count; /**< [n_count] ours with so many components throughout. */
} trial;

/**
 * Hide pixels, build components without them, predict them.
 *
 * @param[in,out] f       Its `hidden` is set during the call.
 * @param[in]     n_comp  Components of the build that fills, however they were chosen.
 * @param[in]     hooks   Log and progress of the solver.
 */
SQN_NODISCARD sqn_status trial_run(trial *out, frames *f, int64_t n_comp,
                                   const config *settings, const sqn_nmf_options *hooks,
                                   sqn_error *err);
void trial_clear(trial *t);

/** "our values", "the median of the neighbours", "the mean over frames". */
const char *trial_method(int method);

#endif
