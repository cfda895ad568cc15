/** @file dump.c @brief The resolved configuration as YAML, for run.yaml and for headers. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "convert.h"
#include "keys.h"
#include "paths.h"
#include "raise.h"
#include "write.h"

enum { FLOW_MAX = 8, WORD_MAX = 48 }; /* longer lists: one value a line */

typedef struct dump {
    write_text out;
    const config *config;
    bool absolute;
    char here[4096]; /* folder of the configuration, absolute */
} dump;

static const void *field_of(const dump *d, const keys_key *key)
{
    return (const char *)d->config + key->offset;
}

static bool is_below(const char *path, const char *block)
{
    const size_t length = strlen(block);

    return strncmp(path, block, length) == 0 &&
           (path[length] == '\0' || path[length] == '.');
}

/* A block that was not given, or a key of it. */
static bool is_absent(const dump *d, const keys_key *key)
{
    int n = 0;
    const int block = keys_block(key->path);
    const keys_key *top = block >= 0 ? &keys_table(&n)[block] : key;

    return (keys_is_choice(key) && !*(const bool *)field_of(d, key)) ||
           (keys_is_choice(top) && !*(const bool *)field_of(d, top));
}

/* Keys that this form leaves out whatever their value. */
static bool is_left_out(const dump *d, const keys_key *key)
{
    const config *c = d->config;
    const bool simulate = is_below(key->path, "simulate");

    return (!d->absolute && (is_below(key->path, "output") ||
                             strcmp(key->path, "simulate.directory") == 0 ||
                             simulate != (c->use == CONFIG_FOR_SIMULATE))) ||
           (d->absolute && c->use == CONFIG_FOR_SIMULATE && !simulate &&
            !is_below(key->path, "output")) ||
           (simulate && !c->simulate.given) || is_absent(d, key) ||
           (c->use == CONFIG_FOR_RUN && !keys_serves(key, (int)c->task));
}

static bool has_text(const void *field)
{
    return *(char *const *)field != NULL;
}

/* False where nothing was given and there is no default. */
static bool has_value(const dump *d, const keys_key *key)
{
    const void *field = field_of(d, key);

    switch (key->type) {
    case KEYS_BLOCK:
    case KEYS_BOOLEAN:
        return true;
    case KEYS_TEXT:
    case KEYS_PATH:
    case KEYS_PREFIX:
    case KEYS_HDU:
    case KEYS_CHOICE:
        return has_text(field);
    case KEYS_WORD:
        return *(const int *)field >= key->first_word;
    case KEYS_SWITCH:
        return *(const int *)field != CONFIG_UNSET;
    case KEYS_INTEGER:
        return key->standard != NULL || *(const int64_t *)field != 0;
    case KEYS_NUMBER:
        return !isnan(*(const double *)field);
    case KEYS_PATHS:
    case KEYS_TEXTS:
        return ((const config_texts *)field)->n > 0;
    case KEYS_INTEGERS:
        return ((const config_integers *)field)->n > 0;
    case KEYS_NUMBERS:
    case KEYS_TRIPLES:
    case KEYS_BOXES:
        return ((const config_numbers *)field)->n > 0;
    }
    return false;
}

/* An input file: absolute, or without folders. */
static void put_path(dump *d, const char *path)
{
    const char *slash = strrchr(path, '/');
    char whole[2 * sizeof d->here];

    if (d->absolute) {
        paths_absolute(whole, sizeof whole, d->here, path);
    } else {
        (void)snprintf(whole, sizeof whole, "%s", slash != NULL ? slash + 1 : path);
    }
    write_scalar(&d->out, whole);
}

static void put_number(dump *d, double number)
{
    char text[CONVERT_NUMBER_MAX];

    convert_print(text, number);
    write_format(&d->out, "%s", text);
}

/* What stands before, between and behind the items of a list. */
static void put_separator(dump *d, const keys_key *key, int64_t index, int64_t n)
{
    if (key->type != KEYS_PATHS && n <= FLOW_MAX) {
        write_format(&d->out, index == 0 ? " [" : index < n ? ", " : "]");
    } else if (index < n) {
        write_format(&d->out, "\n");
        write_indent(&d->out, key->path);
        write_format(&d->out, "  - ");
    }
}

static void put_list(dump *d, const keys_key *key)
{
    const void *field = field_of(d, key);
    const config_texts *texts = field;
    const config_integers *integers = field;
    const config_numbers *numbers = field;
    const int64_t n = key->type == KEYS_PATHS      ? texts->n
                      : key->type == KEYS_TEXTS    ? texts->n
                      : key->type == KEYS_INTEGERS ? integers->n
                                                   : numbers->n / keys_width(key->type);

    for (int64_t i = 0; i < n; i++) {
        put_separator(d, key, i, n);
        if (key->type == KEYS_PATHS) {
            put_path(d, texts->item[i]);
        } else if (key->type == KEYS_TEXTS) {
            write_scalar(&d->out, texts->item[i]);
        } else if (key->type == KEYS_INTEGERS) {
            write_format(&d->out, "%" PRId64, integers->item[i]);
        } else if (key->type == KEYS_NUMBERS) {
            put_number(d, numbers->item[i]);
        } else {
            const int64_t width = keys_width(key->type);

            for (int64_t j = 0; j < width; j++) {
                write_format(&d->out, j == 0 ? "[" : ", ");
                put_number(d, numbers->item[width * i + j]);
            }
            write_format(&d->out, "]");
        }
    }
    put_separator(d, key, n, n);
}

/* A number, or the word in its place. */
static void put_integer(dump *d, const keys_key *key, int64_t number)
{
    char word[WORD_MAX] = "";

    if (key->words != NULL && number >= key->first_word && number <= INT_MAX) {
        keys_word_print(word, sizeof word, key, (int)number);
    }
    if (word[0] != '\0') {
        write_format(&d->out, "%s", word);
    } else {
        write_format(&d->out, "%" PRId64, number);
    }
}

static void put_value(dump *d, const keys_key *key)
{
    const void *field = field_of(d, key);
    char word[WORD_MAX];

    write_format(&d->out, key->type < KEYS_PATHS && key->type != KEYS_BLOCK ? " " : "");
    switch (key->type) {
    case KEYS_BLOCK:
        break;
    case KEYS_TEXT:
    case KEYS_PREFIX:
    case KEYS_HDU:
    case KEYS_CHOICE:
        write_scalar(&d->out, *(char *const *)field);
        break;
    case KEYS_PATH:
        put_path(d, *(char *const *)field);
        break;
    case KEYS_WORD:
        keys_word_print(word, sizeof word, key, *(const int *)field);
        write_format(&d->out, "%s", word);
        break;
    case KEYS_BOOLEAN:
        write_format(&d->out, *(const bool *)field ? "true" : "false");
        break;
    case KEYS_SWITCH:
        write_format(&d->out, *(const int *)field == CONFIG_TRUE ? "true" : "false");
        break;
    case KEYS_INTEGER:
        put_integer(d, key, *(const int64_t *)field);
        break;
    case KEYS_NUMBER:
        put_number(d, *(const double *)field);
        break;
    case KEYS_PATHS:
    case KEYS_TEXTS:
    case KEYS_INTEGERS:
    case KEYS_NUMBERS:
    case KEYS_TRIPLES:
    case KEYS_BOXES:
        put_list(d, key);
        break;
    }
    write_format(&d->out, "\n");
}

static void put_key(dump *d, const keys_key *key)
{
    const bool is_science = d->config->references_are_science;

    if (is_left_out(d, key) ||
        (is_science && (strncmp(key->path, "references.", 11) == 0))) {
        return;
    }
    if (is_science && strcmp(key->path, "references") == 0) {
        write_format(&d->out, "references: science\n");
    } else if (has_value(d, key)) {
        write_indent(&d->out, key->path);
        write_format(&d->out, "%s:", keys_leaf(key->path));
        put_value(d, key);
    }
}

/* "/folder/of/the/configuration/". */
static sqn_status find_folder(dump *d, sqn_error *err)
{
    const char *folder = d->config->folder != NULL ? d->config->folder : "";
    char current[sizeof d->here / 2] = "";
    const char *between = "", *behind = "/";

    if (folder[0] != '/' && getcwd(current, sizeof current) == NULL) {
        return SQN_RAISE(err, E_IO, "the current directory: %s", strerror(errno));
    }
    if (current[0] != '\0' && folder[0] != '\0' && strcmp(current, "/") != 0) {
        between = "/";
    }
    if (strcmp(folder[0] != '\0' ? folder : current, "/") == 0) {
        behind = "";
    }

    const int length =
        snprintf(d->here, sizeof d->here, "%s%s%s%s", current, between, folder, behind);

    if (length < 0 || (size_t)length >= sizeof d->here) {
        return SQN_RAISE(err, E_PATH, "the folder of the configuration has a long name");
    }
    return SQN_OK;
}

sqn_status config_dump(char **text, const config *c, bool absolute, sqn_error *err)
{
    sqn_status status = SQN_OK;
    dump d = {.config = c, .absolute = absolute};
    int n = 0;
    const keys_key *table = keys_table(&n);

    *text = NULL;
    if (absolute) {
        SQN_TRY(find_folder(&d, err));
    }
    for (int i = 0; i < n; i++) {
        put_key(&d, &table[i]);
    }
    SQN_TRY(write_finish(text, &d.out, err));
cleanup:
    return status;
}
