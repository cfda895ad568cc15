/** @file raise.h @brief The one way library code raises and passes on errors. */
#ifndef SQN_RAISE_H
#define SQN_RAISE_H

#include "sequin/error.h"

/** Fill `err` (may be NULL) and return the status of `id`, so that callers can return it. */
sqn_status sqn__error_set(sqn_error *err, sqn_id id, const char *func, int line,
                          const char *format, ...) SQN_PRINTF(5, 6);

/**
 * Name the place of an error if it is still empty: `path`, `path:HDU n`, `path:HDU n:KEYWORD`.
 * `hdu` < 0 and `keyword` NULL leave that part out. `err` may be NULL.
 */
void sqn__error_at(sqn_error *err, const char *path, int hdu, const char *keyword);

/** Replace the id's own sentence by a better one. `err` may be NULL. */
void sqn__error_mend(sqn_error *err, const char *format, ...) SQN_PRINTF(2, 3);

/** Raise: `status = SQN_RAISE(err, E_SHAPE, "...", ...)`. */
#define SQN_RAISE(err, id, ...) \
    sqn__error_set((err), SQN_##id, __func__, __LINE__, __VA_ARGS__)

/**
 * Pass a failure on: needs a local `sqn_status status` and a label `cleanup`.
 * The only macro in Sequin that hides control flow.
 */
#define SQN_TRY(call)           \
    do {                        \
        status = (call);        \
        if (status != SQN_OK) { \
            goto cleanup;       \
        }                       \
    } while (0)

#endif
