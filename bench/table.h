/**
 * @file table.h
 * @brief The one table that every measurement writes: one quantity a line, CSV.
 *
 * `kind` tells apart what the other columns do not: an instruction set, a method, a stage.
 * `value` is the median of `runs` measurements, `low` and `high` their quartiles.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>

#include "sample.h"

/** What the measurements on a line have in common; "" and 0 where a column does not apply. */
typedef struct table_key {
    const char *measure, *set, *kind;
    int64_t n_frame, n_pix, k; /**< Of the matrix as given to the solver. */
    int threads;
} table_key;

void table_head(void);

/** One line. `unit` is one of s, ms, GF/s, GB/s, MB, MB/s, 1. */
void table_line(const table_key *key, const char *quantity, const char *unit,
                const sample *values);

/** The same for a number that was taken once. */
void table_number(const table_key *key, const char *quantity, const char *unit,
                  double value);

#endif
