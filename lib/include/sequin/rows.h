/**
 * @file rows.h
 * @brief A matrix and its weights, read row by row from wherever they are.
 *
 * The solver, the curves and the target fit take their data in this form, so that none of
 * them knows whether a row is a frame of a cube, a spectrum, or a line of a file.
 */
#ifndef SEQUIN_ROWS_H
#define SEQUIN_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/matrix.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Memory that rows are read from, and that whoever reads them last may keep: two arrays
 *  [n_row, stride]. Row i is read from its own row alone, column j of it at place j or later, so that
 *  what was read may be overwritten. Of malloc() and the like, on 64-byte boundaries. */
typedef struct sqn_rows_room {
    float *value, *weight; /**< NULL: none; either both or none. */
    int64_t stride;
} sqn_rows_room;

/** X [n_row, n_col] with V [n_row, n_col]; reading a row twice gives the same bits. */
typedef struct sqn_rows {
    int64_t n_row, n_col;
    /**
     * Fill one row. `weight` is inverse variance (1 / unit^2), finite and >= 0; 0 means
     * "takes no part". `value` (unit) may be anything where the weight is 0: a finite value
     * there is kept (excluded, held out), NaN means missing.
     */
    sqn_status (*read)(const void *context, int64_t row, double *value, double *weight,
                       sqn_error *err);
    /** The same of `n` columns from `first` on, of which `value` and `weight` have as many; NULL:
     *  only whole rows can be read. */
    sqn_status (*read_part)(const void *context, int64_t row, int64_t first, int64_t n,
                            double *value, double *weight, sqn_error *err);
    const void *context; /**< Borrowed; outlives every use of the rows. */
    /** Rows 0 .. row will not be read again, so that their memory can go; NULL: keep all.
     *  Only sqn_panels_create() says so. */
    void (*release)(void *owner, int64_t row);
    sqn_rows_room
        room; /**< In place of memory of their own, for panels it is large enough for. */
    /** The room is theirs now, to be freed with free(); what it held is lost. */
    void (*taken)(void *owner);
    void *owner;   /**< Borrowed, given to `release` and `taken`. */
    bool parallel; /**< Several threads may read at a time. */
} sqn_rows;

/** Context of sqn_rows_dense(): two matrices of one shape, borrowed. */
typedef struct sqn_rows_pair {
    sqn_matrix_const value, weight;
} sqn_rows_pair;

/** Rows of a pair of matrices in memory; `pair` is borrowed. */
SQN_API sqn_rows sqn_rows_dense(const sqn_rows_pair *pair);

#ifdef __cplusplus
}
#endif
#endif
