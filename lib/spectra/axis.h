/** @file axis.h @brief Axes of wavelengths: their edges, even steps, and what they have in common. */
#ifndef SQN_AXIS_H
#define SQN_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"

/** An axis and whether its steps are even in log10. */
typedef struct sqn__axis {
    int64_t n;
    const double *wave; /* [n] (Angstrom) rising; borrowed */
    bool is_log;
    double start,
        step; /* log10 of the first, and step (dex); also of an uneven axis: its mean */
} sqn__axis;

/** Describe an axis of at least 2 wavelengths. */
sqn__axis sqn__axis_describe(const double *wave, int64_t n);

/** Edge `i` = 0 .. n of the pixels: half way to the neighbour. */
double sqn__axis_edge(const double *wave, int64_t n, int64_t i);

/** All edges, out [n + 1], times `factor`. */
void sqn__axis_edges(double *out, const double *wave, int64_t n, double factor);

/** First index whose value is at least `at`; n when none is. */
int64_t sqn__axis_find(const double *value, int64_t n, double at);

/**
 * Place of `part` in `whole` where its wavelengths are those of the other, to a hundredth of a
 * pixel; -1 when they are not.
 */
int64_t sqn__axis_offset(const sqn__axis *whole, const sqn__axis *part);

/**
 * The wavelengths of the axis that begins first, then of each further one those beyond the end
 * of what is there.
 *
 * @param[out] wave  [*n] owned by the caller.
 */
SQN_NODISCARD sqn_status sqn__axis_union(double **wave, int64_t *n, const sqn__axis *axes,
                                         int64_t n_axis, sqn_error *err);

#endif
