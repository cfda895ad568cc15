/** @file slots.c @brief Strings of a page. */
#include "slots.h"

#include <stdarg.h>
#include <stdio.h>

#include "mem.h"
#include "raise.h"

sqn_status slots_create(slots *out, int64_t capacity, sqn_error *err)
{
    *out = (slots){.capacity = capacity};
    out->text = sqn__mem_alloc(capacity, sizeof *out->text);
    out->pointer = sqn__mem_alloc(capacity, sizeof *out->pointer);
    return out->text != NULL && out->pointer != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "a page of %lld strings", (long long)capacity);
}

void slots_clear(slots *s)
{
    sqn__mem_free(s->text);
    sqn__mem_free(s->pointer);
    *s = (slots){0};
}

const char *slots_put(slots *s, const char *format, ...)
{
    va_list args;

    if (s->n == s->capacity) {
        return "";
    }
    va_start(args, format);
    (void)vsnprintf(s->text[s->n], SLOTS_TEXT_BYTES, format, args);
    va_end(args);
    s->pointer[s->n] = s->text[s->n];
    return s->text[s->n++];
}
