/** @file result.h @brief What the stages of task impute leave for its products, pictures and report. */
#ifndef IMPUTE_RESULT_H
#define IMPUTE_RESULT_H

#include "curve.h"
#include "estimate.h"
#include "screen.h"
#include "session.h"
#include "trial.h"

/** Everything but the session. Owned by the run. */
typedef struct imputation {
    images images;
    frames frames;
    screening screening;
    trial trial;
    basis basis;
    curve curve;
    estimate_fit fit;
    estimate estimate;
    uint8_t *fate; /**< [n_all] IMPUTED_* of every pixel. */
    int64_t n_filled, n_left;
} imputation;

/** components.fits. */
SQN_NODISCARD sqn_status result_components(sqn_fits_product **out, const session *s,
                                           const imputation *im, sqn_error *err);

/** imputed.png, components.png, frv.png; one that cannot be drawn is a warning. */
SQN_NODISCARD sqn_status result_pictures(session *s, const imputation *im, sqn_error *err);

/** report.html. */
SQN_NODISCARD sqn_status result_report(session *s, const imputation *im, sqn_error *err);

/** The record of the run with the numbers of its summary. */
SQN_NODISCARD sqn_status result_record(session *s, const imputation *im, sqn_error *err);

#endif
