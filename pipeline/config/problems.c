/** @file problems.c @brief Problems on their way to the user, up to a sensible number. */
#include "problems.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "raise.h"

enum { REPORTED_MAX = 50 }; /* more would bury the first */

void problems_where(char *out, size_t size, const char *path, const problems_place *place)
{
    char position[48] = "";

    if (place->set != NULL) {
        (void)snprintf(out, size, "--set %s", place->key != NULL ? place->key : place->set);
        return;
    }
    if (place->line > 0) {
        (void)snprintf(position, sizeof position, ":%" PRId64 ":%" PRId64, place->line,
                       place->column);
    }
    if (place->key != NULL) {
        (void)snprintf(out, size, "%s%s (%s)", path, position, place->key);
    } else {
        (void)snprintf(out, size, "%s%s", path, position);
    }
}

void problems_take(problem_list *problems, sqn_error *err)
{
    sqn__error_at(err, problems->path, -1, NULL);
    if (problems->n == 0) {
        problems->first = *err;
    }
    problems->n++;
    if (problems->n <= REPORTED_MAX && problems->log != NULL &&
        problems->log->warn != NULL) {
        problems->log->warn(problems->log->context, err);
    }
}

void problems_add(problem_list *problems, sqn_id id, const problems_place *place,
                  const char *fix, const char *format, ...)
{
    sqn_error err = {
        .status = sqn_error_status(id), .id = id, .func = __func__, .line = __LINE__};
    va_list args;

    va_start(args, format);
    (void)vsnprintf(err.message, sizeof err.message, format, args);
    va_end(args);
    problems_where(err.where, sizeof err.where, problems->path, place);
    if (fix != NULL) {
        sqn__error_mend(&err, "%s", fix);
    }
    problems_take(problems, &err);
}

sqn_status problems_finish(const problem_list *problems, sqn_error *err)
{
    if (problems->n == 0) {
        return SQN_OK;
    }
    if (problems->n > REPORTED_MAX && problems->log != NULL &&
        problems->log->warn != NULL) {
        sqn_error rest;

        (void)SQN_RAISE(&rest, E_CFG_SCHEMA, "%" PRId64 " more problems",
                        problems->n - REPORTED_MAX);
        sqn__error_at(&rest, problems->path, -1, NULL);
        sqn__error_mend(&rest, "mend the first ones and run again");
        problems->log->warn(problems->log->context, &rest);
    }
    if (err != NULL) {
        *err = problems->first;
    }
    return problems->first.status;
}

const char *problems_quote(char out[PROBLEMS_SHOWN_MAX], const char *text)
{
    size_t length = strlen(text);

    if (length < PROBLEMS_SHOWN_MAX) {
        memcpy(out, text, length + 1);
        return out;
    }
    length = PROBLEMS_SHOWN_MAX - 4;
    while (length > 0 && ((unsigned char)text[length] & 0xC0U) == 0x80U) {
        length--; /* not inside a character */
    }
    (void)snprintf(out, PROBLEMS_SHOWN_MAX, "%.*s...", (int)length, text);
    return out;
}
