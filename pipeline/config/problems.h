/** @file problems.h @brief All problems of a configuration, reported as they are found. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stddef.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/log.h"

enum { PROBLEMS_SHOWN_MAX = 64, PROBLEMS_PATH_MAX = 200 };

/** Where the problems of one configuration go; the first one is kept. */
typedef struct problem_list {
    const char *path;   /**< Of the configuration, as given. Borrowed. */
    const sqn_log *log; /**< May be NULL. Borrowed. */
    int64_t n;
    sqn_error first;
} problem_list;

/** A place in the configuration. */
typedef struct problems_place {
    const char *set;      /**< Key path of a `--set` item, or NULL: the file. */
    int64_t line, column; /**< Counted from 1; line 0 = not known. */
    const char *key;      /**< Full path of the key, or NULL. */
} problems_place;

/** "path:line:column (key)" or "--set key": how a place is shown. */
void problems_where(char *out, size_t size, const char *path, const problems_place *place);

/** Report a problem. `fix` NULL: the id's own sentence. */
void problems_add(problem_list *problems, sqn_id id, const problems_place *place,
                  const char *fix, const char *format, ...) SQN_PRINTF(5, 6);

/** Report what a lower function raised; the configuration is its place if it has none. */
void problems_take(problem_list *problems, sqn_error *err);

/** Say how many were not shown, hand out the first; SQN_OK if there was none. */
sqn_status problems_finish(const problem_list *problems, sqn_error *err);

/** `text` for a message: at most about 60 bytes, cut between characters. Returns `out`. */
const char *problems_quote(char out[PROBLEMS_SHOWN_MAX], const char *text);

#endif
