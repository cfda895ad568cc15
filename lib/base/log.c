/** @file log.c @brief Warnings and remarks on their way to the caller. */
#include <stdarg.h>
#include <stdio.h>

#include "warn.h"

SQN_PRINTF(5, 0)
static void send_warning(const sqn_log *log, sqn_id id, const char *where, const char *fix,
                         const char *format, va_list args)
{
    sqn_error warning = {.status = SQN_OK, .id = id};

    if (log == NULL || log->warn == NULL) {
        return;
    }
    (void)snprintf(warning.where, sizeof warning.where, "%s", where);
    (void)snprintf(warning.fix, sizeof warning.fix, "%s", fix != NULL ? fix : "");
    (void)vsnprintf(warning.message, sizeof warning.message, format, args);
    log->warn(log->context, &warning);
}

void sqn__log_warn(const sqn_log *log, sqn_id id, const char *where, const char *format,
                   ...)
{
    va_list args;

    va_start(args, format);
    send_warning(log, id, where, NULL, format, args);
    va_end(args);
}

void sqn__log_advise(const sqn_log *log, sqn_id id, const char *where, const char *fix,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    send_warning(log, id, where, fix, format, args);
    va_end(args);
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
