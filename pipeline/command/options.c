/** @file options.c @brief The command line, taken apart. */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "raise.h"
#include "spelling.h"

enum { THREADS_MAX = 1024 };

/** The options that take a value, and those that do not. */
typedef enum option_kind {
    OPTION_SET,
    OPTION_OUTPUT,
    OPTION_THREADS,
    OPTION_OVERWRITE,
    OPTION_STRICT,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_HELP
} option_kind;

static const struct {
    const char *name;
    option_kind kind;
    bool has_value;
} known[] = {
    {"--set", OPTION_SET, true},         {"--output", OPTION_OUTPUT, true},
    {"--threads", OPTION_THREADS, true}, {"--overwrite", OPTION_OVERWRITE, false},
    {"--strict", OPTION_STRICT, false},  {"-q", OPTION_QUIET, false},
    {"-v", OPTION_VERBOSE, false},       {"--help", OPTION_HELP, false},
    {"-h", OPTION_HELP, false},
};
enum { N_KNOWN = sizeof known / sizeof known[0] };

/* Index into `known` of an argument, `--name value` or `--name=value`; -1 if unknown. */
static int find(const char *argument, const char **value)
{
    for (int k = 0; k < N_KNOWN; k++) {
        const size_t length = strlen(known[k].name);

        *value = NULL;
        if (strcmp(argument, known[k].name) == 0) {
            return k;
        }
        if (known[k].has_value && strncmp(argument, known[k].name, length) == 0 &&
            argument[length] == '=') {
            *value = argument + length + 1;
            return k;
        }
    }
    return -1;
}

/* Say which option may have been meant. */
static sqn_status refuse_unknown(const char *argument, sqn_error *err)
{
    const size_t length = strcspn(argument, "=");
    const sqn_status status = SQN_RAISE(err, E_USAGE, "unknown option '%s'", argument);
    int least = spelling_tolerated(length) + 1;

    for (int k = 0; k < N_KNOWN; k++) {
        const size_t n = strlen(known[k].name);
        const int d = spelling_distance(argument, length, known[k].name, n);

        if (n > 2 && d < least) { /* every pair of letters is near -q */
            least = d;
            sqn__error_mend(err, "write %s, if you mean that option", known[k].name);
        }
    }
    return status;
}

static sqn_status take_threads(options *out, const char *value, sqn_error *err)
{
    char *end = NULL;

    assert(value != NULL);
    errno = 0;
    const long n = strtol(value, &end, 10);

    if (errno != 0 || end == value || *end != '\0' || n < 1 || n > THREADS_MAX) {
        return SQN_RAISE(err, E_USAGE, "--threads '%s' is not a number in 1..%d", value,
                         THREADS_MAX);
    }
    out->threads = (int)n;
    return SQN_OK;
}

/* Quiet and verbose at once is neither. */
static sqn_status take_level(options *out, messages_level level, sqn_error *err)
{
    if (out->level != MESSAGES_NORMAL && out->level != level) {
        const sqn_status status = SQN_RAISE(err, E_USAGE, "-q and -v exclude each other");

        sqn__error_mend(err, "keep one of the two");
        return status;
    }
    out->level = level;
    return SQN_OK;
}

static sqn_status take(options *out, option_kind kind, const char *value, sqn_error *err)
{
    switch (kind) {
    case OPTION_SET:
        assert(value != NULL);
        if (strchr(value, '=') == NULL) {
            const sqn_status status =
                SQN_RAISE(err, E_USAGE, "--set '%.60s': KEY=VALUE is expected", value);

            sqn__error_mend(err,
                            "write --set KEY=VALUE, for instance --set components.count=5");
            return status;
        }
        if (out->n_set == OPTIONS_SETS_MAX) {
            return SQN_RAISE(err, E_USAGE, "more than %d --set", OPTIONS_SETS_MAX);
        }
        out->sets[out->n_set++] = value;
        break;
    case OPTION_OUTPUT:
        out->output = value;
        break;
    case OPTION_THREADS:
        return take_threads(out, value, err);
    case OPTION_OVERWRITE:
        out->overwrite = true;
        break;
    case OPTION_STRICT:
        out->strict = true;
        break;
    case OPTION_QUIET:
        return take_level(out, MESSAGES_QUIET, err);
    case OPTION_VERBOSE:
        return take_level(out, MESSAGES_VERBOSE, err);
    case OPTION_HELP:
        out->help = true;
        break;
    }
    return SQN_OK;
}

sqn_status options_parse(options *out, int argc, const char *const *argv, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = (options){.level = MESSAGES_NORMAL};
    for (int a = 2; a < argc; a++) {
        const char *value = NULL;

        if (argv[a][0] != '-' || argv[a][1] == '\0') {
            if (out->config != NULL) {
                return SQN_RAISE(err, E_USAGE, "two configurations: '%s' and '%s'",
                                 out->config, argv[a]);
            }
            out->config = argv[a];
            continue;
        }
        const int k = find(argv[a], &value);

        if (k < 0) {
            return refuse_unknown(argv[a], err);
        }
        if (known[k].has_value && value == NULL) {
            value = ++a < argc ? argv[a] : NULL;
        }
        if (known[k].has_value && value == NULL) {
            return SQN_RAISE(err, E_USAGE, "%s needs a value", known[k].name);
        }
        SQN_TRY(take(out, known[k].kind, value, err));
    }
    if (out->config == NULL && !out->help) {
        status = SQN_RAISE(err, E_USAGE, "no configuration is named");
    }

cleanup:
    return status;
}
