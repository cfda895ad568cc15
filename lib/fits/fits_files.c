/** @file fits_files.c @brief Names, patterns and lists to existing files. */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fits_bytes.h"
#include "mem.h"
#include "raise.h"
#include "sequin/fits.h"
#include "warn.h"

enum { PATH_BYTES = 4096, LIST_BYTES = 16 << 20 };

/* A list that grows, and what names a file whatever its path. */
typedef struct growing {
    sqn_fits_files files;
    int64_t capacity;
    struct identity {
        dev_t device;
        ino_t inode;
    } * identity;
} growing;

void sqn_fits_files_clear(sqn_fits_files *files)
{
    if (files != NULL) {
        for (int64_t i = 0; i < files->n; i++) {
            sqn__mem_free(files->path[i]);
        }
        sqn__mem_free(files->path);
        *files = (sqn_fits_files){0};
    }
}

static sqn_status grow(growing *list, sqn_error *err)
{
    if (list->files.n < list->capacity) {
        return SQN_OK;
    }

    const int64_t capacity = 2 * list->capacity + 16;
    char **path = sqn__mem_alloc(capacity, sizeof *path);
    struct identity *identity = sqn__mem_alloc(capacity, sizeof *identity);

    if (path == NULL || identity == NULL) {
        sqn__mem_free(path);
        sqn__mem_free(identity);
        return SQN_RAISE(err, E_MEM, "a list of %" PRId64 " files", capacity);
    }
    if (list->files.n > 0) {
        memcpy(path, list->files.path, (size_t)list->files.n * sizeof *path);
        memcpy(identity, list->identity, (size_t)list->files.n * sizeof *identity);
    }
    sqn__mem_free(list->files.path);
    sqn__mem_free(list->identity);
    list->files.path = path;
    list->identity = identity;
    list->capacity = capacity;
    return SQN_OK;
}

/* Where a shell would see a pattern, say that there is none. */
static void mend_brackets(const char *name, sqn_error *err)
{
    if (strpbrk(name, "[]{}") != NULL) {
        sqn__error_mend(err,
                        "check the path; only * and ? are patterns, and brackets stand "
                        "for themselves");
    }
}

static sqn_status refuse_missing(const char *path, sqn_error *err)
{
    const int code = errno;
    const sqn_status status = code == EACCES
                                  ? SQN_RAISE(err, E_IN_PERM, "%s", strerror(code))
                                  : SQN_RAISE(err, E_IN_MISSING, "%s", strerror(code));

    if (status == SQN_ERR_INPUT) {
        mend_brackets(path, err);
        sqn__fits_bytes_hint(err, path);
    }
    sqn__error_at(err, path, -1, NULL);
    return status;
}

/* Append a copy of a name. */
static sqn_status append_copy(growing *list, const char *path, const struct stat *info,
                              sqn_error *err)
{
    sqn_status status = SQN_OK;
    const size_t size = strlen(path) + 1;
    char *copy = NULL;

    SQN_TRY(grow(list, err));
    copy = sqn__mem_alloc((int64_t)size, 1);
    if (copy == NULL || list->identity == NULL) {
        status = SQN_RAISE(err, E_MEM, "a path of %zu bytes", size);
        goto cleanup;
    }
    memcpy(copy, path, size);
    if (info != NULL) {
        list->identity[list->files.n].device = info->st_dev;
        list->identity[list->files.n].inode = info->st_ino;
    }
    list->files.path[list->files.n++] = copy;
    copy = NULL;

cleanup:
    sqn__mem_free(copy);
    return status;
}

/* Append one existing file; a file that is there already is an error. */
static sqn_status append(growing *list, const char *path, sqn_error *err)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return refuse_missing(path, err);
    }
    for (int64_t i = 0; i < list->files.n; i++) {
        if (list->identity[i].device == info.st_dev &&
            list->identity[i].inode == info.st_ino) {
            const sqn_status status =
                SQN_RAISE(err, E_DUPLICATE, "the same file as %.300s, entry %" PRId64,
                          list->files.path[i], i + 1);

            sqn__error_at(err, path, -1, NULL);
            return status;
        }
    }
    return append_copy(list, path, &info, err);
}

/* folder/name, or the name itself where it is absolute or there is no folder. */
static sqn_status join(char *out, const char *folder, const char *name, sqn_error *err)
{
    const bool alone = folder == NULL || folder[0] == '\0' || name[0] == '/';
    const int n =
        snprintf(out, PATH_BYTES, "%s%s%s", alone ? "" : folder, alone ? "" : "/", name);

    if (n < 0 || n >= PATH_BYTES) {
        return SQN_RAISE(err, E_IN_MISSING, "the path '%.60s...' is too long", name);
    }
    return SQN_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The value of the digits at `*text`, leading zeros skipped; moves behind them. */
static int compare_digits(const char **a, const char **b)
{
    while (**a == '0') {
        (*a)++;
    }
    while (**b == '0') {
        (*b)++;
    }

    const size_t na = strspn(*a, "0123456789"), nb = strspn(*b, "0123456789");
    const int order = na != nb ? (na < nb ? -1 : 1) : memcmp(*a, *b, na);

    *a += na;
    *b += nb;
    return order;
}

/* As by_bytes(), but runs of digits compare as numbers. */
static int by_numbers(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            const int order = compare_digits(&a, &b);

            if (order != 0) {
                return order;
            }
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return 0;
}

static void warn_order(const glob_t *found, const char *pattern, const sqn_log *log)
{
    for (size_t i = 1; i < found->gl_pathc; i++) {
        if (by_numbers(found->gl_pathv[i - 1], found->gl_pathv[i]) > 0) {
            sqn__log_warn(log, SQN_W_FILES_ORDER, pattern,
                          "files are taken in the order of their bytes, '%.200s' before "
                          "'%.200s'",
                          found->gl_pathv[i - 1], found->gl_pathv[i]);
            return;
        }
    }
}

/* Only * and ? are special: everything else that glob() would take is escaped. */
static bool escape(char *out, const char *pattern)
{
    size_t n = 0;

    for (; *pattern != '\0' && n + 2 < PATH_BYTES; pattern++) {
        if (strchr("[]\\", *pattern) != NULL) {
            out[n++] = '\\';
        }
        out[n++] = *pattern;
    }
    out[n] = '\0';
    return *pattern == '\0';
}

static sqn_status append_matches(growing *list, const char *pattern, const sqn_log *log,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;
    char escaped[PATH_BYTES];
    glob_t found = {0};
    const int code =
        escape(escaped, pattern) ? glob(escaped, GLOB_NOSORT, NULL, &found) : GLOB_NOMATCH;

    if (code == GLOB_NOSPACE) {
        status = SQN_RAISE(err, E_MEM, "a list of files");
        goto cleanup;
    }
    if (code != 0 || found.gl_pathc == 0) {
        status = SQN_RAISE(err, E_IN_MISSING, "no file matches the pattern");
        sqn__error_at(err, pattern, -1, NULL);
        mend_brackets(pattern, err);
        goto cleanup;
    }
    qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    warn_order(&found, pattern, log);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        SQN_TRY(append(list, found.gl_pathv[i], err));
    }

cleanup:
    globfree(&found);
    return status;
}

/* The line at `*at` without its end and trailing blanks; moves behind it. */
static void take_line(char *out, size_t *at, const sqn__fits_file *text)
{
    const unsigned char *line = text->bytes + *at;
    const unsigned char *end = memchr(line, '\n', text->size - *at);
    size_t n = end != NULL ? (size_t)(end - line) : text->size - *at;

    *at += n + 1;
    while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' ')) {
        n--;
    }
    (void)snprintf(out, PATH_BYTES, "%.*s", n < PATH_BYTES ? (int)n : PATH_BYTES,
                   (const char *)line);
}

/* Append the name of one line as it stands there; its file must exist. */
static sqn_status append_line(growing *names, const char *name, const char *folder,
                              sqn_error *err)
{
    char path[PATH_BYTES];
    struct stat info;
    sqn_status status = join(path, folder, name, err);

    if (status == SQN_OK && stat(path, &info) != 0) {
        status = refuse_missing(path, err);
    }
    return status == SQN_OK ? append_copy(names, name, NULL, err) : status;
}

/* One a line, blank lines are skipped. */
static sqn_status append_lines(growing *names, const sqn__fits_file *text,
                               const char *folder, sqn_error *err)
{
    const int64_t n_before = names->files.n;
    sqn_status status = SQN_OK;

    for (size_t at = 0; at < text->size && status == SQN_OK;) {
        char name[PATH_BYTES];

        take_line(name, &at, text);
        status = name[0] != '\0' ? append_line(names, name, folder, err) : SQN_OK;
    }
    return status == SQN_OK && names->files.n == n_before
               ? SQN_RAISE(err, E_IN_MISSING, "the list names no file")
               : status;
}

/* Append the names of a list. */
static sqn_status append_listed(growing *names, const char *list_path, const char *folder,
                                sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_file text = {0};

    SQN_TRY(sqn__fits_bytes_open(&text, list_path, err));
    if (text.size > LIST_BYTES) {
        status = SQN_RAISE(err, E_FITS_SIZE, "a list of files has %zu bytes", text.size);
        goto cleanup;
    }
    SQN_TRY(sqn__fits_bytes_need(&text, 0, text.size, err));
    SQN_TRY(append_lines(names, &text, folder, err));

cleanup:
    if (status != SQN_OK) {
        sqn__error_at(err, list_path, -1, NULL);
    }
    sqn__fits_file_close(&text);
    return status;
}

/* Append one existing file, or what a pattern finds. */
static sqn_status append_name(growing *list, const char *name, const char *folder,
                              const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char path[PATH_BYTES];
    struct stat info;

    SQN_TRY(join(path, folder, name, err));
    if (strpbrk(name, "*?") != NULL && lstat(path, &info) != 0) {
        SQN_TRY(append_matches(list, path, log, err));
    } else {
        SQN_TRY(append(list, path, err));
    }

cleanup:
    return status;
}

static void clear_growing(growing *list)
{
    sqn_fits_files_clear(&list->files);
    sqn__mem_free(list->identity);
}

/* Append one name, or those of the list it names. */
static sqn_status append_unlisted(growing *list, const char *name, const char *folder,
                                  sqn_error *err)
{
    sqn_status status = SQN_OK;
    char path[PATH_BYTES];
    struct stat info;

    SQN_TRY(join(path, folder, name, err));
    if (name[0] == '@' && lstat(path, &info) != 0) {
        SQN_TRY(join(path, folder, name + 1, err));
        SQN_TRY(append_listed(list, path, folder, err));
    } else {
        SQN_TRY(append_copy(list, name, NULL, err));
    }

cleanup:
    return status;
}

sqn_status sqn_fits_files_unlist(sqn_fits_files *out, const char *const *names,
                                 int64_t n_name, const char *folder, sqn_error *err)
{
    sqn_status status = SQN_OK;
    growing list = {0};

    *out = (sqn_fits_files){0};
    for (int64_t i = 0; i < n_name; i++) {
        SQN_TRY(append_unlisted(&list, names[i], folder, err));
    }
    *out = list.files;
    list.files = (sqn_fits_files){0};

cleanup:
    clear_growing(&list);
    return status;
}

sqn_status sqn_fits_files_expand(sqn_fits_files *out, const char *const *names,
                                 int64_t n_name, const char *folder, const sqn_log *log,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;
    growing list = {0};
    sqn_fits_files plain = {0};

    *out = (sqn_fits_files){0};
    SQN_TRY(sqn_fits_files_unlist(&plain, names, n_name, folder, err));
    for (int64_t i = 0; i < plain.n; i++) {
        SQN_TRY(append_name(&list, plain.path[i], folder, log, err));
    }
    if (list.files.n == 0) {
        status = SQN_RAISE(err, E_IN_MISSING, "no file is named");
        goto cleanup;
    }
    *out = list.files;
    list.files = (sqn_fits_files){0};

cleanup:
    clear_growing(&list);
    sqn_fits_files_clear(&plain);
    return status;
}
