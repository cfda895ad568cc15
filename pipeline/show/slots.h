/** @file slots.h @brief Strings of a page: slots of fixed size, filled one after the other. */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdint.h>

#include "sequin/error.h"

enum { SLOTS_TEXT_BYTES = 320 };

/** Strings with a place of their own, and pointers to them as tables want them. */
typedef struct slots {
    int64_t n, capacity;
    char (*text)[SLOTS_TEXT_BYTES];
    const char **pointer; /**< [capacity], the first n are set. */
} slots;

/** @retval SQN_ERR_MEMORY */
SQN_NODISCARD sqn_status slots_create(slots *out, int64_t capacity, sqn_error *err);
void slots_clear(slots *s);

/** Fill the next slot; "" when all are taken. Borrowed from the slots. */
SQN_PRINTF(2, 3)
const char *slots_put(slots *s, const char *format, ...);

#endif
