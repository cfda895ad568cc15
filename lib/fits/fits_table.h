/**
 * @file fits_table.h
 * @brief Fields of a binary table, and its numbers decoded by our own code.
 *
 * CFITSIO reads no table for us: its string columns trust descriptors in the file.
 */
#ifndef SQN_FITS_TABLE_H
#define SQN_FITS_TABLE_H

#include "fits_file.h"

/** One field of a row. */
typedef struct sqn__fits_field {
    char name[72];  /* TTYPEn */
    char type;      /* letter of TFORMn */
    char element;   /* letter after P or Q, else 0 */
    int64_t repeat; /* elements */
    int64_t offset; /* of the field in a row (bytes) */
    double scale, zero;
    bool has_null;
    int64_t null;
} sqn__fits_field;

/**
 * The fields of a table.
 *
 * @param[out] out  [*n] owned by the caller.
 * @retval SQN_ERR_DATA  E_FITS_HEADER: a TFORM is wrong, or the fields do not fill NAXIS1.
 */
SQN_NODISCARD sqn_status sqn__fits_table_fields(sqn__fits_field **out, int64_t *n,
                                                const sqn__fits_file *file,
                                                const sqn__fits_hdu *hdu, sqn_error *err);

/** Bytes of one element of a type letter; 0 for unknown letters and bits. */
int64_t sqn__fits_table_width(char type);

/** Big-endian integer of `width` bytes, signed unless it is one byte. */
int64_t sqn__fits_table_integer(const unsigned char *at, int64_t width);

/**
 * A numeric column: one value a row, or the n of a single row.
 *
 * @param[in] column  Name (case ignored); NULL = the first numeric one.
 * @retval SQN_ERR_DATA  E_FITS_HDU: no such column, or not numeric.
 */
SQN_NODISCARD sqn_status sqn__fits_table_column(double **out, int64_t *n,
                                                const sqn__fits_file *file,
                                                const sqn__fits_hdu *hdu,
                                                const char *column, sqn_error *err);

#endif
