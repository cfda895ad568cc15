/** @file log.c @brief Warnings and remarks on their way to the caller. */
#include <stdarg.h>
#include <stdio.h>

#include "warn.h"

void sqn__log_warn(const sqn_log *log, sqn_id id, const char *where, const char *format,
                   ...)
{
    sqn_error warning = {.status = SQN_OK, .id = id};
    va_list args;

    if (log == NULL || log->warn == NULL) {
        return;
    }
    va_start(args, format);
    (void)snprintf(warning.where, sizeof warning.where, "%s", where);
    (void)vsnprintf(warning.message, sizeof warning.message, format, args);
    va_end(args);
    log->warn(log->context, &warning);
}

void sqn__log_note(const sqn_log *log, const char *format, ...)
{
    char line[1024];
    va_list args;

    if (log == NULL || log->note == NULL) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log->note(log->context, line);
}
