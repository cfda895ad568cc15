/** @file config.c @brief A configuration from its file and the `--set` items. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assign.h"
#include "keys.h"
#include "mem.h"
#include "problems.h"
#include "raise.h"
#include "resolve.h"
#include "tree.h"
#include "where.h"

static sqn_status raise_open(const char *path, sqn_error *err)
{
    const int reason = errno;
    sqn_status status = SQN_OK;

    if (reason == EACCES || reason == EPERM) {
        status = SQN_RAISE(err, E_IN_PERM, "no permission to read the configuration");
    } else if (reason == ENOENT || reason == ENOTDIR) {
        status = SQN_RAISE(err, E_IN_MISSING, "no such configuration");
    } else {
        status = SQN_RAISE(err, E_IN_MISSING, "%s", strerror(reason));
    }
    sqn__error_at(err, path, -1, NULL);
    return status;
}

/* All bytes of a descriptor up to `size`; the number read, or -1. */
static ssize_t read_all(int file, char *bytes, size_t size)
{
    size_t n = 0;

    while (n < size) {
        const ssize_t got = read(file, bytes + n, size - n);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* Data in the place of a configuration: a common slip of those who have just come. */
static sqn_status refuse_data(int file, sqn_error *err)
{
    char begin[9] = "";
    const ssize_t n = pread(file, begin, sizeof begin, 0);

    if (n == (ssize_t)sizeof begin && memcmp(begin, "SIMPLE  =", sizeof begin) == 0) {
        const sqn_status status =
            SQN_RAISE(err, E_CFG_SYNTAX, "this is a FITS file, not a configuration");

        sqn__error_mend(err, "name a YAML file that lists your FITS files, for instance a "
                             "copy of configs/quickstart.yaml");
        return status;
    }
    return SQN_OK;
}

/* The bytes of a regular file that is not too long. */
static sqn_status load(char **bytes, size_t *size, const char *path, sqn_error *err)
{
    sqn_status status = SQN_OK;
    struct stat about;
    const int file =
        open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO must not wait */
    ssize_t n = 0;

    if (file < 0) {
        return raise_open(path, err);
    }
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        SQN_TRY(SQN_RAISE(err, E_IN_NOTFILE, "the configuration is not a regular file"));
    }
    SQN_TRY(refuse_data(file, err));
    if (about.st_size > TREE_MAX_BYTES) {
        SQN_TRY(SQN_RAISE(err, E_CFG_LIMIT, "the file has %lld bytes (at most %d)",
                          (long long)about.st_size, TREE_MAX_BYTES));
    }
    *bytes = sqn__mem_alloc(about.st_size + 1, 1);
    if (*bytes == NULL) {
        SQN_TRY(SQN_RAISE(err, E_MEM, "the text of the configuration"));
    }
    n = read_all(file, *bytes, (size_t)about.st_size);
    if (n < 0) {
        SQN_TRY(SQN_RAISE(err, E_IO, "%s", strerror(errno)));
    }
    *size = (size_t)n;
cleanup:
    (void)close(file);
    return status;
}

/* The required keys by name, for a file without any. */
static void report_empty(problem_list *problems, config_use use)
{
    const problems_place place = {0};

    problems_add(problems, SQN_E_CFG_SCHEMA, &place, NULL,
                 "the file is empty (required: %s)",
                 use == CONFIG_FOR_RUN ? "task, and the files of the task" : "simulate");
}

/* The map of the file becomes the root. */
static sqn_status read_file(yaml_tree *tree, const char *path, config_use use,
                            problem_list *problems, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *bytes = NULL;
    tree_source source = {0};
    int64_t root = TREE_NONE;

    SQN_TRY(load(&bytes, &source.size, path, err));
    source.bytes = bytes;
    SQN_TRY(yaml_parse(&root, tree, &source, problems, err));
    if (root == TREE_NONE || tree_is_null(&tree->node[root])) {
        report_empty(problems, use);
    } else if (tree->node[root].kind != TREE_MAP) {
        const problems_place place = {.line = tree->node[root].line,
                                      .column = tree->node[root].column};

        problems_add(problems, SQN_E_CFG_SCHEMA, &place, "write key: value lines",
                     "the file is a %s, not a map of keys",
                     tree->node[root].kind == TREE_LIST ? "list" : "single value");
    } else {
        tree_adopt(tree, root);
    }
cleanup:
    sqn__mem_free(bytes);
    return status;
}

/* One --set item, `key.path=VALUE` cut at the first '='. */
static sqn_status overlay(yaml_tree *tree, char *item, problem_list *problems,
                          sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *equals = strchr(item, '=');
    tree_source source = {.set = item};
    int64_t value = TREE_NONE;

    if (equals == NULL) {
        return SQN_RAISE(err, E_USAGE, "\"%.60s\" is not key.path=VALUE", item);
    }
    *equals = '\0';
    source.bytes = equals + 1;
    source.size = strlen(source.bytes);
    SQN_TRY(yaml_parse(&value, tree, &source, problems, err));
    if (value == TREE_NONE) {
        SQN_TRY(tree_add(&value, tree, TREE_SCALAR, "", err));
        tree->node[value].plain = true;
        tree->node[value].set = item;
    }
    SQN_TRY(tree_overlay(tree, item, value, err));
cleanup:
    return status;
}

/* A bad item does not hide the next one. */
static sqn_status overlay_all(yaml_tree *tree, char *const *items, int n,
                              problem_list *problems, sqn_error *err)
{
    for (int i = 0; i < n; i++) {
        const sqn_status status = overlay(tree, items[i], problems, err);

        if (status == SQN_ERR_MEMORY) {
            return status;
        }
        if (status != SQN_OK) {
            if (err->where[0] == '\0') {
                (void)snprintf(err->where, sizeof err->where, "--set %s", items[i]);
            }
            problems_take(problems, err);
        }
    }
    return SQN_OK;
}

static sqn_status copy(char **out, const char *text, size_t length, sqn_error *err)
{
    char *own = sqn__mem_alloc((int64_t)length + 1, 1);

    if (own == NULL) {
        return SQN_RAISE(err, E_MEM, "a text of the configuration");
    }
    memcpy(own, text, length);
    *out = own;
    return SQN_OK;
}

/* Path, folder ("" = the current one) and name without suffix. */
static sqn_status name_config(config *c, const char *path, sqn_error *err)
{
    sqn_status status = SQN_OK;
    const char *slash = strrchr(path, '/');
    const char *file = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(file, '.');
    const size_t folder = slash == path ? 1 : slash != NULL ? (size_t)(slash - path) : 0;

    SQN_TRY(copy(&c->path, path, strlen(path), err));
    SQN_TRY(copy(&c->folder, path, folder, err));
    SQN_TRY(copy(&c->name, file,
                 dot != NULL && dot != file ? (size_t)(dot - file) : strlen(file), err));
cleanup:
    return status;
}

static void free_texts(char **texts, int n)
{
    for (int i = 0; texts != NULL && i < n; i++) {
        sqn__mem_free(texts[i]);
    }
    sqn__mem_free(texts);
}

static sqn_status copy_texts(char ***out, const char *const *texts, int n, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = sqn__mem_alloc(n > 0 ? n : 1, sizeof **out);
    if (*out == NULL) {
        return SQN_RAISE(err, E_MEM, "the --set items");
    }
    for (int i = 0; i < n; i++) {
        SQN_TRY(copy(&(*out)[i], texts[i], strlen(texts[i]), err));
    }
cleanup:
    return status;
}

/* Everything that a tree can tell. */
static sqn_status resolve_all(config *c, yaml_tree *tree, config_use use,
                              problem_list *problems, sqn_error *err)
{
    sqn_status status = SQN_OK;
    resolve r = {.tree = tree, .config = c, .problems = problems, .use = use};

    SQN_TRY(resolve_tree(&r, err));
    check_config(&r);
    SQN_TRY(where_keep(&r, err));
cleanup:
    resolve_clear(&r);
    return status;
}

sqn_status config_read(config *out, const char *path, const char *const *sets, int n_set,
                       config_use use, const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_error own = {0};
    config c = {.use = use};
    yaml_tree tree = {0};
    char **items = NULL;
    problem_list problems = {.path = path, .log = log};

    memset(out, 0, sizeof *out);
    SQN_TRY(name_config(&c, path, &own));
    SQN_TRY(copy_texts(&items, sets, n_set, &own));
    SQN_TRY(tree_init(&tree, &own));
    SQN_TRY(read_file(&tree, path, use, &problems, &own));
    if (problems.n == 0 || tree.node[0].n_child > 0) {
        SQN_TRY(overlay_all(&tree, items, n_set, &problems, &own));
        SQN_TRY(resolve_all(&c, &tree, use, &problems, &own));
    }
cleanup:
    if (status != SQN_OK) {
        problems_take(&problems, &own);
    }
    status = problems_finish(&problems, err);
    if (status == SQN_OK) {
        *out = c;
        memset(&c, 0, sizeof c);
    }
    config_clear(&c);
    tree_clear(&tree);
    free_texts(items, n_set);
    return status;
}

void config_clear(config *c)
{
    int n = 0;
    const keys_key *table = keys_table(&n);

    if (c == NULL) {
        return;
    }
    for (int i = 0; i < n; i++) {
        if (table[i].type != KEYS_BLOCK) {
            assign_clear(&table[i], (char *)c + table[i].offset);
        }
    }
    sqn__mem_free(c->path);
    sqn__mem_free(c->folder);
    sqn__mem_free(c->name);
    sqn__mem_free(c->places);
    memset(c, 0, sizeof *c);
}
