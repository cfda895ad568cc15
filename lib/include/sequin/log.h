/** @file log.h @brief Where the library's warnings and remarks go. */
#ifndef SEQUIN_LOG_H
#define SEQUIN_LOG_H

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Two callbacks; either may be NULL, and so may every `const sqn_log *`: silence.
 * They are called from the calling thread only, never inside a parallel region.
 */
typedef struct sqn_log {
    void (*warn)(void *context, const sqn_error *warning); /**< Borrowed for the call. */
    void (*note)(void *context, const char *line); /**< What was found or assumed. */
    void *context;                                 /**< Borrowed. */
} sqn_log;

#ifdef __cplusplus
}
#endif
#endif
