/**
 * @file report.h
 * @brief report.html: one self-contained page about a run. Strings in, text out.
 *
 * The page loads nothing and runs nothing. Every string is escaped: none can add a tag.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "sequin/error.h"

/** Everything is borrowed; NULL strings count as "". */
typedef struct report_row {
    const char *key, *value;
} report_row;

typedef struct report_table {
    const char *caption; /**< May be NULL. */
    int64_t n_column, n_row;
    const char *const *headers; /**< [n_column] */
    const char *const *cells;   /**< [n_row, n_column]; numbers are set to the right. */
} report_table;

/** A part of the page: rows, then tables, then text as it is. Empty parts are left out. */
typedef struct report_section {
    const char *title;
    const char *note; /**< A sentence under the title; may be NULL. */
    int64_t n_row, n_table;
    const report_row *rows;
    const report_table *tables;
    const char *text; /**< Shown line by line, for instance YAML; may be NULL. */
} report_section;

typedef struct report_warning {
    const char *line; /**< As printed. */
    int64_t count;
} report_warning;

typedef struct report_picture {
    const char *name;    /**< Of the file. */
    const char *caption; /**< What is to be seen. */
    const void *png;     /**< [size] bytes of the file. */
    size_t size;         /**< 0: the picture is left out. */
} report_picture;

typedef struct report {
    const char *title;    /**< Of the observation. */
    const char *subtitle; /**< One line: telescope, filter, frames. */
    const char *version;  /**< Of Sequin. */
    const char *verdict;  /**< One sentence: what was found. */
    int64_t n_finding, n_warning, n_picture, n_section;
    const char *const *findings; /**< [n_finding] sentences under the verdict. */
    const report_warning *warnings;
    const report_picture *pictures; /**< The first is the most important. */
    const report_section *sections; /**< Inputs, result, diagnostics, assumptions ... */
    const char *settings;           /**< The resolved configuration (YAML). */
    const char *command;            /**< As typed. */
    int64_t n_version;
    const report_row *versions; /**< Libraries and their versions. */
} report;

/**
 * The page.
 *
 * @param[out] html  UTF-8, owned by the caller, free().
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status report_text(char **html, const report *data, sqn_error *err);

#endif
