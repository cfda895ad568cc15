/** @file messages.c @brief Messages are printed once, logged always, warnings joined. */
#include "messages.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

enum { LINE_MAX_BYTES = 2048, NAMES_SHOWN = 3, LIST_MAX_BYTES = 160 };

/** Warnings of one id and one reason, wherever they were met. */
typedef struct warning {
    sqn_error first;           /* as it came first */
    char **place;              /* [n_place] distinct, in the order of their coming */
    int64_t n_place, capacity; /* room for `capacity` places */
    int64_t count;
    bool differs;                 /* in the numbers of its text */
    char list[LIST_MAX_BYTES];    /* first numbers of its texts, where they are listed */
    int64_t n_listed, n_unlisted; /* in the list, and left out for want of room */
    char line[LINE_MAX_BYTES];    /* all of them, in one */
} warning;

struct messages {
    FILE *stream; /* borrowed */
    FILE *log;    /* memory stream behind text */
    char *text;
    size_t text_size;
    messages_level level;
    warning **warnings; /* [n_warning], room for `capacity` */
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

/* Twice the room for pointers, old ones kept; NULL without memory. */
static void *more_room(void *old, int64_t n, int64_t *capacity)
{
    const int64_t larger = 2 * *capacity + 8;
    void **grown = sqn__mem_alloc(larger, sizeof *grown);

    if (grown != NULL && n > 0) {
        memcpy(grown, old, (size_t)n * sizeof *grown);
    }
    if (grown != NULL) {
        sqn__mem_free(old);
        *capacity = larger;
    }
    return grown;
}

/* What counts as text of a reason: neither digits nor what stands in quotes, which tell one
 * file from another. */
static const char *skip_numbers(const char *text)
{
    const char *end = text;

    if (*text == '\'') {
        end = strchr(text + 1, '\'');
        return end != NULL ? end + 1 : text;
    }
    while (isdigit((unsigned char)*end)) {
        end++;
    }
    return end;
}

static bool is_number(const char *text)
{
    return skip_numbers(text) != text;
}

/* Equal but for numbers and quoted texts. */
static bool is_like(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (is_number(a) && is_number(b)) {
            a = skip_numbers(a);
            b = skip_numbers(b);
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return *a == *b;
}

/* Are the numbers of this message quantities, as many as there are files? Elsewhere they may
 * name what it is about: a bit, a component. */
static bool has_quantities(sqn_id id)
{
    return id == SQN_W_FITS_HEADER || id == SQN_W_FITS_PADDING ||
           id == SQN_W_FITS_TRAILING || id == SQN_W_FITS_HDU;
}

/* Does the first number of this message say which of several things it is about, all of one run?
 * They are listed in one line. */
static bool is_listed(sqn_id id)
{
    return id == SQN_W_STOP || id == SQN_W_SUPPORT;
}

static const char *first_number(const char *text)
{
    return text + strcspn(text, "0123456789");
}

/* Add the first number of a message to the list of its group. */
static void list_number(warning *w, const char *message)
{
    const char *number = first_number(message);
    const int length = (int)strspn(number, "0123456789");
    const size_t used = strlen(w->list);

    if (used + (size_t)length + 24 < sizeof w->list) { /* room for " and n more" */
        (void)snprintf(w->list + used, sizeof w->list - used, "%s%.*s",
                       used > 0 ? ", " : "", length, number);
        w->n_listed++;
    } else {
        w->n_unlisted++;
    }
}

static bool has_place(const warning *w, const char *place)
{
    for (int64_t i = 0; i < w->n_place; i++) {
        if (strcmp(w->place[i], place) == 0) {
            return true;
        }
    }
    return false;
}

/* The group that a warning belongs to, or NULL: the same reason, word for word; of elsewhere
 * also with other quantities. */
static warning *group_of(const messages *m, const sqn_error *report)
{
    for (int64_t i = 0; i < m->n_warning; i++) {
        warning *w = m->warnings[i];

        if (w->first.id == report->id && strcmp(w->first.fix, report->fix) == 0 &&
            (strcmp(w->first.message, report->message) == 0 ||
             (is_listed(report->id) && is_like(w->first.message, report->message)) ||
             (has_quantities(report->id) && !has_place(w, report->where) &&
              is_like(w->first.message, report->message)))) {
            return w;
        }
    }
    return NULL;
}

/* Remember the place; false without memory. */
static bool add_place(warning *w, const char *place)
{
    if (has_place(w, place)) {
        return true;
    }
    if (w->n_place == w->capacity) {
        char **grown = more_room(w->place, w->n_place, &w->capacity);

        if (grown == NULL) {
            return false;
        }
        w->place = grown;
    }
    w->place[w->n_place] = strdup(place);
    return w->place[w->n_place] != NULL && ++w->n_place > 0;
}

static warning *new_group(messages *m, const sqn_error *report)
{
    if (m->n_warning == m->capacity) {
        warning **grown = more_room(m->warnings, m->n_warning, &m->capacity);

        if (grown == NULL) {
            return NULL;
        }
        m->warnings = grown;
    }
    warning *w = sqn__mem_alloc(1, sizeof *w);

    if (w != NULL) {
        w->first = *report;
        m->warnings[m->n_warning++] = w;
        (void)add_place(w, report->where); /* without memory for it: not listed */
    }
    return w;
}

/* "a.fits, b.fits, c.fits and 2 more": the first names, as far as they fit. */
static void join_places(char out[SQN_ERROR_WHERE_MAX], const warning *w)
{
    enum { TAIL = 32 }; /* " and n more" */
    size_t used = 0;
    int64_t n = 0;

    out[0] = '\0';
    for (; n < w->n_place && n < NAMES_SHOWN; n++) {
        const size_t length = strlen(w->place[n]);

        if (n > 0 && used + length + TAIL >= SQN_ERROR_WHERE_MAX) {
            break;
        }
        const int more = snprintf(out + used, SQN_ERROR_WHERE_MAX - used, "%s%s",
                                  n > 0 ? ", " : "", w->place[n]);

        used += more > 0 ? (size_t)more : 0;
    }
    if (n < w->n_place && used < SQN_ERROR_WHERE_MAX) {
        (void)snprintf(out + used, SQN_ERROR_WHERE_MAX - used, " and %" PRId64 " more",
                       w->n_place - n);
    }
}

/* The first message, with all the numbers in place of its first. */
static void compose_list(char out[SQN_ERROR_MESSAGE_MAX], const warning *w)
{
    const char *text = w->first.message, *number = first_number(text);
    char more[32] = "";

    if (w->n_unlisted > 0) {
        (void)snprintf(more, sizeof more, " and %" PRId64 " more", w->n_unlisted);
    }
    (void)snprintf(out, SQN_ERROR_MESSAGE_MAX, "%.*s%s%s%.300s", (int)(number - text), text,
                   w->list, more, number + strspn(number, "0123456789"));
}

static void compose(warning *w)
{
    sqn_error all = w->first;

    if (w->n_place > 1) {
        join_places(all.where, w);
    }
    if (w->n_listed > 1) {
        compose_list(all.message, w);
    } else if (w->differs) {
        (void)snprintf(all.message, sizeof all.message, "%.*s (numbers of the first)",
                       SQN_ERROR_MESSAGE_MAX - 32, w->first.message);
    }
    sqn_error_line(w->line, sizeof w->line, &all);
}

/* The first of a group is said at once, all of them at the end of the run. */
static void take_warning(void *context, const sqn_error *report)
{
    messages *m = context;
    warning *group = group_of(m, report);
    const bool is_kept = group != NULL && add_place(group, report->where);
    char line[LINE_MAX_BYTES];

    if (group == NULL) {
        group = new_group(m, report);
    }
    if (!is_kept) {
        sqn_error_line(line, sizeof line, report);
        say(m, true, "sequin: warning: ", line);
    }
    if (group != NULL) {
        if (is_listed(report->id)) {
            list_number(group, report->message);
        }
        group->differs =
            group->differs || strcmp(group->first.message, report->message) != 0;
        group->count++;
        compose(group);
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
    *count = m->warnings[index]->count;
    return m->warnings[index]->line;
}

/* Without the list, what has been joined is still to be said. */
static void say_joined(messages *m)
{
    for (int64_t i = 0; i < m->n_warning; i++) {
        const warning *w = m->warnings[i];

        if (w->n_place > 1 || w->n_listed > 1) {
            say(m, true, "sequin: warning: ", w->line);
        }
    }
}

void messages_summary(messages *m)
{
    char line[LINE_MAX_BYTES + 64];

    if (m->level == MESSAGES_QUIET) {
        say_joined(m);
    } else if (m->n_warning > 0) {
        (void)snprintf(line, sizeof line, "%" PRId64 " warning%s:", m->n_warning,
                       m->n_warning == 1 ? "" : "s");
        say(m, true, "sequin: ", line);
        for (int64_t i = 0; i < m->n_warning; i++) {
            (void)snprintf(line, sizeof line, "%" PRId64 " x %s", m->warnings[i]->count,
                           m->warnings[i]->line);
            say(m, true, "sequin:   ", line);
        }
    }
}

const char *messages_text(messages *m)
{
    (void)fflush(m->log);
    return m->text;
}

static void warning_free(warning *w)
{
    for (int64_t i = 0; i < w->n_place; i++) {
        free(w->place[i]);
    }
    sqn__mem_free(w->place);
    sqn__mem_free(w);
}

void messages_destroy(messages **m)
{
    if (m == NULL || *m == NULL) {
        return;
    }
    for (int64_t i = 0; i < (*m)->n_warning; i++) {
        warning_free((*m)->warnings[i]);
    }
    sqn__mem_free((*m)->warnings);
    (void)fclose((*m)->log);
    free((*m)->text);
    sqn__mem_free(*m);
    *m = NULL;
}
