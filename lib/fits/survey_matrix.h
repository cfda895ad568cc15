/** @file survey_matrix.h @brief The rows of an image HDU, one a spectrum, as true values. */
#ifndef SQN_SURVEY_MATRIX_H
#define SQN_SURVEY_MATRIX_H

#include "fits_planes.h"

/** An image [n_row, n_col] being read; keep it where it is while it is open. */
typedef struct sqn__survey_matrix {
    int64_t n_row, n_col;
    sqn__fits_hdu rows; /* the same data as planes of one row each */
    sqn__fits_planes planes;
    double *whole;    /* [n_row, n_col] of a compressed image, else NULL. Owned. */
    uint32_t datasum; /* of the HDU */
} sqn__survey_matrix;

/**
 * Open an image of one or two axes; further ones have length 1.
 *
 * @retval SQN_ERR_DATA  E_SHAPE: more axes; E_FITS_HDU: not an image; and those of
 *                       sqn__fits_planes_open().
 */
SQN_NODISCARD sqn_status sqn__survey_matrix_open(sqn__survey_matrix *out,
                                                 const sqn__fits_file *file,
                                                 const sqn__fits_hdu *hdu, sqn_error *err);

/** Row `row` from 0; out [n_col], NaN where BLANK. */
SQN_NODISCARD sqn_status sqn__survey_matrix_read(double *out, sqn__survey_matrix *matrix,
                                                 int64_t row, sqn_error *err);
void sqn__survey_matrix_close(sqn__survey_matrix *matrix);

/** Rows and columns of an image HDU; false when it has other axes. */
bool sqn__survey_matrix_shape(int64_t shape[2], const sqn__fits_hdu *hdu);

#endif
