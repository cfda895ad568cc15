/** @file threads.h @brief The one call with an effect on the whole process. */
#ifndef SEQUIN_THREADS_H
#define SEQUIN_THREADS_H

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Set the linked OpenBLAS to one thread, for the whole process. Sequin parallelises outside
 * BLAS; where a curve finds more than one BLAS thread it uses loops of its own,
 * which are slower, because the bits of a product split over threads depend on their number.
 */
SQN_API void sqn_threads_single_blas(void);

#ifdef __cplusplus
}
#endif
#endif
