/** @file survey_data.h @brief One spectrum as it was read to flux and inverse variance. */
#ifndef SQN_SURVEY_DATA_H
#define SQN_SURVEY_DATA_H

#include "survey_file.h"

/** Planes of one spectrum in double, [n] each. Owned by who reads. */
typedef struct sqn__survey_data {
    int64_t n;
    double *flux;
    double *noise; /* inverse variance, or 1 sigma with `is_error`; NULL = none */
    double *mask;  /* flags as numbers; NULL = none */
    bool is_error;
} sqn__survey_data;

/** Buffers; SQN_ERR_MEMORY. Cleared after failure. */
SQN_NODISCARD sqn_status sqn__survey_data_init(sqn__survey_data *out, int64_t n,
                                               bool has_noise, bool has_mask,
                                               sqn_error *err);
void sqn__survey_data_clear(sqn__survey_data *data);

/**
 * Sift one spectrum into float32, NaN and 0 where missing, counted in the tally of the job. The
 * first with a size decides the exponent.
 *
 * @param[out] flux  [n]
 * @param[out] ivar  [n] or NULL.
 * @retval SQN_ERR_DATA  E_FITS_TYPE: a value leaves float32, a flag is no integer of 32 bits.
 */
SQN_NODISCARD sqn_status sqn__survey_data_store(float *flux, float *ivar,
                                                sqn__survey_data *data,
                                                sqn__survey_job *job, sqn_error *err);

#endif
