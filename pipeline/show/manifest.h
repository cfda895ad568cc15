/** @file manifest.h @brief manifest.json: what a complete run made, for scripts. */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdint.h>

#include "sequin/error.h"

/** Every string is borrowed. */
typedef struct manifest_product {
    const char *name;
    int64_t size;       /**< (bytes) */
    const char *sha256; /**< Hexadecimal; NULL or "" where none is taken (run.log). */
} manifest_product;

typedef struct manifest_warning {
    const char *line; /**< As printed. */
    int64_t count;    /**< How often. */
} manifest_warning;

/** One number of the summary; NaN and infinities become null. */
typedef struct manifest_number {
    const char *name;
    double value;
} manifest_number;

/** A column of the summary, for instance chi2 of every count. */
typedef struct manifest_series {
    const char *name;
    int64_t n;
    const double *values; /**< [n] */
} manifest_series;

typedef struct manifest {
    const char *version; /**< Of Sequin. */
    const char *task;
    const char *title;
    int64_t n_product, n_warning, n_number, n_series;
    const manifest_product *products;
    const manifest_warning *warnings;
    const manifest_number *numbers;
    const manifest_series *series;
} manifest;

/**
 * The text of manifest.json: UTF-8, one product, warning or number a line.
 *
 * Keys: format ("sequin-manifest 1"), version, task, title, products [{name, size, sha256}],
 * warnings [{message, count}], summary {name: number or list}. Numbers have 17 significant
 * digits; whole numbers below 2^53 are written without a point.
 *
 * @param[out] text  Owned by the caller, free().
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status manifest_text(char **text, const manifest *data, sqn_error *err);

#endif
