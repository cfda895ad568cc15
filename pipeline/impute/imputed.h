/**
 * @file imputed.h
 * @brief Stage 4: every input file once more, with values where pixels were missing.
 *
 * In: images, estimate. Out: FITS products in memory. Library: fits.
 */
#ifndef IMPUTED_H
#define IMPUTED_H

#include "estimate.h"

/** What became of a pixel: values of the HDU IMPUTED. */
enum { IMPUTED_KEPT, IMPUTED_FILLED, IMPUTED_LEFT };

/** What is written. Borrowed. */
typedef struct imputed_source {
    const images *images;
    const estimate *estimate;
    const config *settings;
    const sqn_log *log;
} imputed_source;

/**
 * The file of planes `first` to `last` of the stack as it was, with the pixels filled and
 * IMPUTED_ERR and IMPUTED behind its last HDU.
 *
 * @param[out] out   Owned by the caller; its bytes by sqn_fits_copy_finish().
 * @param[out] fate  [n_all] IMPUTED_* of the pixels of these planes; others stay.
 */
SQN_NODISCARD sqn_status imputed_make(sqn_fits_copy **out, uint8_t *fate,
                                      const imputed_source *source, int64_t first,
                                      int64_t last, sqn_error *err);

#endif
