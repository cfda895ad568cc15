/** @file messages.c @brief Messages are printed once, logged always, warnings counted. */
#include "messages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

enum { LINE_MAX_BYTES = 2048 };

/** One distinct warning. */
typedef struct warning {
    char *line;
    int64_t count;
} warning;

struct messages {
    FILE *stream; /* borrowed */
    FILE *log;    /* memory stream behind text */
    char *text;
    size_t text_size;
    messages_level level;
    warning *warnings; /* [n_warning], room for `capacity` */
    int64_t n_warning, capacity, n_problem;
};

sqn_status messages_create(messages **out, FILE *stream, messages_level level,
                           sqn_error *err)
{
    messages *m = sqn__mem_alloc(1, sizeof *m);

    *out = NULL;
    if (m == NULL) {
        return SQN_RAISE(err, E_MEM, "message log");
    }
    m->stream = stream;
    m->level = level;
    m->log = open_memstream(&m->text, &m->text_size);
    if (m->log == NULL) {
        sqn__mem_free(m);
        return SQN_RAISE(err, E_MEM, "message log");
    }
    *out = m;
    return SQN_OK;
}

/* To the log always, to the stream if `shown`. */
static void say(messages *m, bool shown, const char *prefix, const char *line)
{
    (void)fprintf(m->log, "%s%s\n", prefix, line);
    if (shown) {
        (void)fprintf(m->stream, "%s%s\n", prefix, line);
    }
}

/* The entry for a line, new or known; NULL without memory. */
static warning *entry(messages *m, const char *line)
{
    for (int64_t i = 0; i < m->n_warning; i++) {
        if (strcmp(m->warnings[i].line, line) == 0) {
            return &m->warnings[i];
        }
    }
    if (m->n_warning == m->capacity) {
        const int64_t capacity = 2 * m->capacity + 8;
        warning *grown = sqn__mem_alloc(capacity, sizeof *grown);

        if (grown == NULL) {
            return NULL;
        }
        if (m->n_warning > 0) {
            memcpy(grown, m->warnings, (size_t)m->n_warning * sizeof *grown);
        }
        sqn__mem_free(m->warnings);
        m->warnings = grown;
        m->capacity = capacity;
    }
    m->warnings[m->n_warning].line = strdup(line);
    return m->warnings[m->n_warning].line != NULL ? &m->warnings[m->n_warning++] : NULL;
}

static void take_warning(void *context, const sqn_error *report)
{
    messages *m = context;
    char line[LINE_MAX_BYTES];

    sqn_error_line(line, sizeof line, report);
    warning *known = entry(m, line);

    if (known == NULL || known->count++ == 0) {
        say(m, true, "sequin: warning: ", line);
    }
}

static void take_note(void *context, const char *line)
{
    messages *m = context;

    say(m, m->level == MESSAGES_VERBOSE, "sequin: ", line);
}

sqn_log messages_log(messages *m)
{
    return (sqn_log){take_warning, take_note, m};
}

void messages_error(messages *m, const sqn_error *error)
{
    char line[LINE_MAX_BYTES];

    sqn_error_line(line, sizeof line, error);
    say(m, true, "sequin: error: ", line);
}

static void take_problem(void *context, const sqn_error *report)
{
    messages *m = context;

    messages_error(m, report);
    m->n_problem++;
}

sqn_log messages_problems(messages *m)
{
    return (sqn_log){take_problem, take_note, m};
}

int64_t messages_n_problem(const messages *m)
{
    return m->n_problem;
}

void messages_note(messages *m, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    take_note(m, line);
}

int64_t messages_n_warning(const messages *m)
{
    return m->n_warning;
}

const char *messages_warning(const messages *m, int64_t index, int64_t *count)
{
    *count = m->warnings[index].count;
    return m->warnings[index].line;
}

void messages_summary(messages *m)
{
    char line[LINE_MAX_BYTES + 64];

    if (m->n_warning > 0 && m->level != MESSAGES_QUIET) {
        (void)snprintf(line, sizeof line, "%" PRId64 " warning%s:", m->n_warning,
                       m->n_warning == 1 ? "" : "s");
        say(m, true, "sequin: ", line);
        for (int64_t i = 0; i < m->n_warning; i++) {
            (void)snprintf(line, sizeof line, "%" PRId64 " x %s", m->warnings[i].count,
                           m->warnings[i].line);
            say(m, true, "sequin:   ", line);
        }
    }
}

const char *messages_text(messages *m)
{
    (void)fflush(m->log);
    return m->text;
}

void messages_destroy(messages **m)
{
    if (m == NULL || *m == NULL) {
        return;
    }
    for (int64_t i = 0; i < (*m)->n_warning; i++) {
        free((*m)->warnings[i].line);
    }
    sqn__mem_free((*m)->warnings);
    (void)fclose((*m)->log);
    free((*m)->text);
    sqn__mem_free(*m);
    *m = NULL;
}
