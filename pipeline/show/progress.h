/** @file progress.h @brief How far a run is: a live line on a terminal, plain lines elsewhere. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#include "sequin/error.h"

/** Opaque. Every function takes NULL and does nothing. */
typedef struct progress progress;

/**
 * @param[out] out     Owned; progress_destroy().
 * @param[in]  stream  Borrowed; NULL: nothing is shown. A live line if it is a terminal.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status progress_create(progress **out, FILE *stream, sqn_error *err);

/** Begin a stage of `total` steps. `name` is borrowed until progress_end(). */
void progress_stage(progress *p, const char *name, int64_t total);

/**
 * Say where the stage is. Plain lines appear when `done` grows; the live line is redrawn at
 * most ten times a second.
 *
 * @param[in] iteration  Within the step; 0 where there is none.
 * @param[in] chi2       Of the last iteration; NaN where there is none.
 */
void progress_update(progress *p, int64_t done, int64_t iteration, double chi2);

/** End the stage: the live line is replaced by a summary and stays. */
void progress_end(progress *p);

/** Take the live line away, so that something else can be printed; the next update brings it back. */
void progress_clear(progress *p);

/** Free and set to NULL. */
void progress_destroy(progress **p);

#endif
