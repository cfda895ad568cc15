/** @file fits_values.h @brief A list of numbers out of an image, a table or a text. */
#ifndef SQN_FITS_VALUES_H
#define SQN_FITS_VALUES_H

#include "fits_file.h"

/** Numbers and the sum of the bytes they came from. */
typedef struct sqn__fits_values {
    int64_t n;
    double *value; /* [n] finite. Owned. */
    uint32_t datasum;
} sqn__fits_values;

/**
 * Read the first image with at most one axis longer than 1, or a column of the first table
 * (`column` given, or no image), or a text with one number a line and # comments.
 *
 * @retval SQN_ERR_INPUT, SQN_ERR_PERMISSION, SQN_ERR_DATA  E_SHAPE: an image of two axes;
 *         E_FITS_TYPE: what is not a finite number, with its line or place; SQN_ERR_IO,
 *         SQN_ERR_MEMORY.
 */
SQN_NODISCARD sqn_status sqn__fits_values_read(sqn__fits_values *out, const char *path,
                                               const char *column, const sqn_log *log,
                                               sqn_error *err);
void sqn__fits_values_clear(sqn__fits_values *values);

#endif
