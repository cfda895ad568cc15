/** @file curve.h @brief The curve of a run: one row per stage, as text, table and picture. */
#ifndef CURVE_H
#define CURVE_H

#include "basis.h"
#include "sequin/fits.h"

/** Columns of frv.csv. Owned; curve_clear(). */
typedef struct curve {
    int64_t n; /**< Stages; 0 when the components were loaded. */
    int64_t *n_comp, *n_data, *chosen, *iterations, *passes;
    double *chi2, *chi2_reduced, *frv, *frv_centered, *frv_pca, *kkt;
    double *heldout;   /**< NaN: no entries were hidden from the build. */
    const char **stop; /**< Static words. */
} curve;

SQN_NODISCARD sqn_status curve_make(curve *out, const basis *b, sqn_error *err);
void curve_clear(curve *c);

/** frv.csv as text; free() it. */
SQN_NODISCARD sqn_status curve_text(char **out, const curve *c, sqn_error *err);

/** Table FRV. */
SQN_NODISCARD sqn_status curve_add(sqn_fits_product *product, const curve *c,
                                   sqn_error *err);

#endif
