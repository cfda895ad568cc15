/**
 * @file crew.h
 * @brief Jobs side by side in processes of their own: for what has one state in a process, as
 * giza has.
 */
#ifndef CREW_H
#define CREW_H

#include <stdint.h>

#include "sequin/error.h"

/** Do job number `k`; what it leaves must be files. */
typedef sqn_status crew_job(const void *context, int64_t k, sqn_error *err);

/**
 * Do all jobs, each once and the first ones first, in this process and up to `n_process` - 1
 * copies of it; where there are copies, each process uses one thread meanwhile. Jobs of a copy
 * that dies are done again in this one; without memory or processes all of them are.
 *
 * @param[out] why  [n] Of each job that fails; its status says whether.
 */
void crew_run(sqn_error *why, crew_job *job, const void *context, int64_t n,
              int64_t n_process);

#endif
