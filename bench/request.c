/** @file request.c @brief Arguments: COMMAND [SET ...] [--option value ...]. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *kind;
    scene_weights weights;
} weight_names[] = {
    {"general", "anls", SCENE_GENERAL},
    {"separable", "anls separable", SCENE_SEPARABLE},
    {"mask", "anls mask", SCENE_MASK},
    {"uniform", "anls uniform", SCENE_UNIFORM},
};

static bool read_integer(int64_t *out, const char *text, char end_at, const char **end)
{
    char *after = NULL;

    *out = strtoll(text, &after, 10);
    *end = *after == end_at && end_at != '\0' ? after + 1 : after;
    return after != text && *out > 0 && *out <= 1000000 &&
           (*after == '\0' || *after == end_at);
}

/* "1,5,10"; returns how many, 0 when it is no such list. */
static int read_list(int64_t *out, const char *text)
{
    int n = 0;

    while (*text != '\0') {
        if (n == REQUEST_MAX || !read_integer(&out[n], text, ',', &text)) {
            return 0;
        }
        n++;
    }
    return n;
}

static bool read_number(int64_t *out, const char *text)
{
    const char *end = NULL;

    return read_integer(out, text, '\0', &end);
}

static bool read_threads(request *r, const char *text)
{
    int64_t list[REQUEST_MAX];

    r->n_thread = read_list(list, text);
    for (int i = 0; i < r->n_thread; i++) {
        r->threads[i] = (int)list[i];
    }
    return r->n_thread > 0;
}

static bool read_weights(request *r, const char *text)
{
    for (size_t i = 0; i < sizeof weight_names / sizeof weight_names[0]; i++) {
        if (strcmp(weight_names[i].name, text) == 0) {
            r->weights = weight_names[i].weights;
            return true;
        }
    }
    return false;
}

static bool read_runs(request *r, const char *text)
{
    int64_t n = 0;
    const bool good = read_number(&n, text);

    r->runs = (int)n;
    return good;
}

static bool read_counts(request *r, const char *text)
{
    r->n_count = read_list(r->counts, text);
    return r->n_count > 0;
}

static bool read_tolerance(request *r, const char *text)
{
    char *end = NULL;

    r->tolerance = strtod(text, &end);
    return end != text && *end == '\0' && r->tolerance >= 0.0 && r->tolerance < 1.0;
}

static bool read_until(request *r, const char *text)
{
    char *end = NULL;

    r->until = strtod(text, &end);
    return end != text && *end == '\0' && r->until > 0.0;
}

static bool read_construction(request *r, const char *text)
{
    r->joint = strcmp(text, "joint") == 0;
    return r->joint || strcmp(text, "sequential") == 0;
}

static bool read_start(request *r, const char *text)
{
    r->random = strcmp(text, "random") == 0;
    return r->random || strcmp(text, "residual") == 0;
}

static bool read_targets(request *r, const char *text)
{
    return read_number(&r->n_target, text);
}

static bool read_method(request *r, const char *text)
{
    r->method = text;
    return true;
}

static bool read_file(request *r, const char *text)
{
    r->file = text;
    return true;
}

static bool read_program(request *r, const char *text)
{
    r->program = text;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(request *r, const char *text);
} option_names[] = {
    {"--k", read_counts},        {"--threads", read_threads},
    {"--runs", read_runs},       {"--weights", read_weights},
    {"--method", read_method},   {"--tolerance", read_tolerance},
    {"--targets", read_targets}, {"--until", read_until},
    {"--start", read_start},     {"--construction", read_construction},
    {"--file", read_file},       {"--folder", read_file},
    {"--program", read_program},
};

static bool read_option(request *r, const char *name, const char *text)
{
    for (size_t i = 0; i < sizeof option_names / sizeof option_names[0]; i++) {
        if (strcmp(option_names[i].name, name) == 0) {
            return text != NULL && option_names[i].read(r, text);
        }
    }
    return false;
}

static bool read_set(request *r, const char *name)
{
    return r->n_size < REQUEST_MAX && scene_find(&r->sizes[r->n_size++], name);
}

/* What was not asked for. */
static bool complete(request *r)
{
    if (r->n_thread == 0) {
        r->threads[r->n_thread++] = 1;
        r->threads[r->n_thread++] = 2;
    }
    return r->n_size > 0 || read_set(r, r->quick ? "tiny" : "medium");
}

bool request_read(request *out, int argc, char **argv)
{
    request r = {.method = "anls", .tolerance = 1e-5, .self = argv[0]};

    if (argc < 2) {
        return false;
    }
    r.command = argv[1];
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            r.quick = true;
        } else if (argv[i][0] != '-') {
            if (!read_set(&r, argv[i])) {
                return false;
            }
        } else {
            const char *text = i + 1 < argc ? argv[i + 1] : NULL;

            if (!read_option(&r, argv[i], text)) {
                return false;
            }
            i++;
        }
    }
    const bool good = complete(&r);

    *out = r;
    return good;
}

int request_runs(const request *r, int own)
{
    return r->runs > 0 ? r->runs : r->quick ? 1 : own;
}

int request_counts(const request *r, int64_t *out, const int64_t *own, int n_own)
{
    const int n = r->n_count > 0 ? r->n_count : n_own;

    for (int i = 0; i < n; i++) {
        out[i] = r->n_count > 0 ? r->counts[i] : own[i];
    }
    return n;
}

const char *request_kind(const request *r)
{
    size_t i = 0;

    while (weight_names[i].weights != r->weights) {
        i++;
    }
    return weight_names[i].kind;
}
