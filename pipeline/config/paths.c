/** @file paths.c @brief File names of a configuration: lists to names, names made absolute. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for realpath */
#define _XOPEN_SOURCE 700
#include "paths.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "keys.h"
#include "sequin/fits.h"

const char *config_beside(char *out, size_t size, const config *c, const char *name)
{
    if (name == NULL) {
        return NULL;
    }
    if (name[0] == '/' || c->folder[0] == '\0') {
        (void)snprintf(out, size, "%s", name);
    } else {
        (void)snprintf(out, size, "%s/%s", c->folder, name);
    }
    return out;
}

/* Is the part of a path that begins here this one? */
static bool is_part(const char *at, const char *part)
{
    const size_t length = strlen(part);

    return strncmp(at, part, length) == 0 && (at[length] == '/' || at[length] == '\0');
}

/* Behind the last "/.." of a path; NULL without one. */
static const char *behind_last_parent(const char *path)
{
    const char *found = NULL;

    for (const char *c = path; *c != '\0'; c++) {
        if (*c == '/' && is_part(c + 1, "..")) {
            found = c + 3;
        }
    }
    return found;
}

/* Take out empty parts and ".", in place. */
static void squeeze(char *path)
{
    char *to = path;

    for (const char *from = path; *from != '\0';) {
        if (from[0] == '/' && (from[1] == '/' || is_part(from + 1, "."))) {
            from += from[1] == '/' ? 1 : 2;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

void paths_absolute(char *out, size_t size, const char *folder, const char *name)
{
    char *resolved = NULL;

    (void)snprintf(out, size, "%s%s", name[0] == '/' ? "" : folder, name);
    const char *rest = behind_last_parent(out);

    if (rest != NULL) {
        char *head = strndup(out, (size_t)(rest - out));
        char *tail = strdup(rest);

        resolved = head != NULL ? realpath(head, NULL) : NULL;
        if (resolved != NULL && tail != NULL) { /* else a pattern, or nothing is there */
            (void)snprintf(out, size, "%s%s", strcmp(resolved, "/") == 0 ? "" : resolved,
                           tail);
        }
        free(head);
        free(tail);
    }
    free(resolved);
    squeeze(out);
}

sqn_status config_unlist(config *c, sqn_error *err)
{
    int n = 0;
    const keys_key *table = keys_table(&n);

    for (int i = 0; i < n; i++) {
        if (table[i].type == KEYS_PATHS) {
            config_texts *texts = (config_texts *)(void *)((char *)c + table[i].offset);
            sqn_fits_files names = {0};
            const sqn_status status = sqn_fits_files_unlist(
                &names, (const char *const *)texts->item, texts->n, c->folder, err);

            if (status != SQN_OK) {
                return status;
            }
            sqn_fits_files old = {texts->n, texts->item};

            sqn_fits_files_clear(&old);
            *texts = (config_texts){names.n, names.path};
        }
    }
    return SQN_OK;
}
