/** @file panels_read.h @brief The two readings of the rows that panels are made from. */
#ifndef SQN_PANELS_READ_H
#define SQN_PANELS_READ_H

#include "panels_internal.h"
#include "panels_lanes.h"
#include "sequin/rows.h"

/** The range of positive weights. */
typedef struct sqn__panels_bounds {
    double low, high;
} sqn__panels_bounds;

/** What the first reading finds. */
typedef struct sqn__panels_survey {
    double sum_v, sum_vx2;
    int64_t n_data, n_negative;
    sqn__panels_bounds v; /**< Of all rows together. */
} sqn__panels_survey;

/** A row that could not be taken; once it was begun, it may not be there to be read again. */
typedef struct sqn__panels_failure {
    sqn_status status; /**< SQN_OK: none. */
    int64_t row;
    sqn_error why;
} sqn__panels_failure;

/** Threads that read rows side by side, where these allow it. */
typedef struct sqn__panels_readers {
    const sqn__panels_lanes *lanes;
    int n_thread;
    int64_t n_chunk;            /**< Rows that are under way at a time. */
    double *line;               /**< [n_thread, 2, n_col] values and weights of one row. */
    double *valid;              /**< [n_thread, n_col] of sqn_panels.pixel_valid. */
    sqn__panels_survey *found;  /**< [n_chunk] of each row. */
    double *sum_vx2;            /**< [n_chunk] as stored, of each row. */
    sqn__panels_bounds *bounds; /**< [n_thread] of the weights that each has seen. */
    sqn__panels_failure *failure; /**< [n_thread] the first row that each could not take. */
} sqn__panels_readers;

/** @retval SQN_ERR_MEMORY  Needs 24 bytes per column and thread. */
SQN_NODISCARD sqn_status sqn__panels_readers_create(sqn__panels_readers *out,
                                                    const sqn_rows *rows, sqn_error *err);

void sqn__panels_readers_clear(sqn__panels_readers *readers);

/** One row as read. Borrowed. */
typedef struct sqn__panels_line {
    double *value, *weight; /**< [n_pix] */
} sqn__panels_line;

/** The line of thread number `thread`. */
sqn__panels_line sqn__panels_line_of(const sqn__panels_readers *readers, int64_t n_col,
                                     int64_t thread);

enum { SQN__PANELS_STRIP = 512 /**< Data of a row that stay in the first cache. */ };

/**
 * The strip of row `i` that begins with column `first`; those of a row are asked for in order.
 *
 * @param[out] strip  Read there.
 * @param[in]  line   Room for the row; of the thread.
 */
SQN_NODISCARD sqn_status sqn__panels_read_strip(sqn__panels_line *strip,
                                                const sqn_rows *rows, int64_t i,
                                                int64_t first, const sqn__panels_line *line,
                                                sqn_error *err);

/** Columns of that strip. */
static inline int64_t sqn__panels_strip(const sqn_rows *rows, int64_t first)
{
    const int64_t left = rows->n_col - first;

    return left < SQN__PANELS_STRIP ? left : SQN__PANELS_STRIP;
}

/** Apply the rule for negative data; returns how many were changed. */
int64_t sqn__panels_treat(const sqn__panels_line *row, int64_t n, sqn_negatives negatives);

/** One reading of all rows: what is done with each, in any thread, and with those of a chunk. */
typedef struct sqn__panels_reading {
    const sqn__panels_readers *readers;
    sqn_panels *panels;
    const sqn_rows *rows;
    sqn__panels_survey *out;        /**< Of the first reading. */
    const sqn__panels_lines *lines; /**< Of the second, where pixels are long. */
    /** Read row `i`, number `k` of its chunk. */
    sqn_status (*take)(const struct sqn__panels_reading *r, int64_t i, int64_t k,
                       sqn_error *err);
    /** Join what the `n` rows from `first` on hold, in their order. */
    void (*join)(const struct sqn__panels_reading *r, int64_t first, int64_t n);
} sqn__panels_reading;

SQN_NODISCARD sqn_status sqn__panels_read_all(const sqn__panels_reading *r, sqn_error *err);

/** First reading: sums, extremes, and who takes part. Errors name the first row that is wrong. */
SQN_NODISCARD sqn_status sqn__panels_survey_rows(sqn__panels_survey *out,
                                                 const sqn__panels_readers *readers,
                                                 sqn_panels *panels, const sqn_rows *rows,
                                                 sqn_error *err);

/** Second reading: X and V, in the room of the rows where they lend one that is large enough. */
SQN_NODISCARD sqn_status sqn__panels_store_rows(sqn_panels *panels,
                                                const sqn__panels_readers *readers,
                                                const sqn_rows *rows, sqn_error *err);

#endif
