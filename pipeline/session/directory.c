/** @file directory.c @brief The output directory and the way a product gets into it. */
#include "directory_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"
#include "mem.h"
#include "oserror.h"
#include "raise.h"
#include "warn.h"

enum {
    NAME_BYTES = DIRECTORY__NAME_BYTES,
    TAIL_BYTES = 32, /* " and n more" */
    FOLDER_MODE = 0777
};
const char directory__manifest[] = "manifest.json";
static const char log_name[] = "run.log";

/* mkdir -p. */
static sqn_status make_path(const char *path, sqn_error *err)
{
    char part[4096];

    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
        errno = ENAMETOOLONG;
        return oserror_raise(err, path, "output directory");
    }
    for (char *c = part + 1; *c != '\0'; c++) {
        if (*c == '/') {
            *c = '\0';
            if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST) {
                return oserror_raise(err, part, "cannot make the directory");
            }
            *c = '/';
        }
    }
    if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST) {
        return oserror_raise(err, part, "cannot make the directory");
    }
    return SQN_OK;
}

void directory__full_name(char out[DIRECTORY__NAME_BYTES], const directory *dir,
                          const char *name)
{
    (void)snprintf(out, DIRECTORY__NAME_BYTES, "%s%s", dir->prefix, name);
}

static bool exists(const directory *dir, const char *name)
{
    struct stat about;

    return fstatat(dir->fd, name, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Names of the plan that exist, joined by ", ", with the number of those that do not fit;
 * how many there are. */
static int64_t list_existing(char *list, size_t size, const directory *dir)
{
    const size_t room = size - TAIL_BYTES;
    int64_t n = 0, n_listed = 0;
    size_t used = 0;

    list[0] = '\0';
    for (int64_t i = 0; i < dir->n_name; i++) {
        char name[NAME_BYTES];

        directory__full_name(name, dir, dir->names[i]);
        if (exists(dir, name)) {
            if (n_listed == n && used + strlen(name) + 2 < room) {
                used += (size_t)snprintf(list + used, room - used, "%s%s",
                                         n > 0 ? ", " : "", name);
                n_listed++;
            }
            n++;
        }
    }
    if (n_listed < n) {
        (void)snprintf(list + used, size - used, " and %" PRId64 " more", n - n_listed);
    }
    return n;
}

/* All that is left of a run that failed early is its log. */
static bool is_log_alone(const directory *dir, int64_t n_existing)
{
    char name[NAME_BYTES];

    directory__full_name(name, dir, log_name);
    return n_existing == 1 && exists(dir, name);
}

/* May this run write here? A complete run is only replaced on request; what was not written
 * by Sequin never is. */
static sqn_status check_products(directory *dir, const sqn_log *log, sqn_error *err)
{
    char list[400], manifest[NAME_BYTES];
    const int64_t n = list_existing(list, sizeof list, dir);
    sqn_status status = SQN_OK;

    directory__full_name(manifest, dir, directory__manifest);
    if (n == 0) {
        return SQN_OK;
    }
    if (exists(dir, manifest)) {
        if (dir->overwrite) {
            dir->ours = dir->replaces = true;
            return SQN_OK;
        }
        status = SQN_RAISE(err, E_OUT_EXISTS, "holds a complete run: %s", list);
    } else if (dir->ours && is_log_alone(dir, n)) {
        sqn__log_note(log, "the log of a run that failed is replaced");
        return SQN_OK;
    } else if (dir->ours) {
        sqn__log_warn(log, SQN_W_CLEANUP, dir->path,
                      "products of a run that did not end are replaced: %s", list);
        return SQN_OK;
    } else {
        status =
            SQN_RAISE(err, E_OUT_EXISTS, "holds files that Sequin did not write: %s", list);
        sqn__error_mend(err, "choose another directory, or output.prefix");
    }
    sqn__error_at(err, dir->path, -1, NULL);
    return status;
}

sqn_status directory_open(directory **out, const directory_plan *plan, const sqn_log *log,
                          sqn_error *err)
{
    sqn_status status = SQN_OK;
    directory *dir = sqn__mem_alloc(1, sizeof *dir);

    *out = NULL;
    if (dir == NULL) {
        return SQN_RAISE(err, E_MEM, "output directory");
    }
    dir->fd = dir->lock = -1;
    dir->overwrite = plan->overwrite;
    dir->names = plan->products;
    dir->n_name = plan->n_product;
    dir->products = sqn__mem_alloc(plan->n_product, sizeof *dir->products);
    if (dir->products == NULL) {
        status = SQN_RAISE(err, E_MEM, "a list of %" PRId64 " products", plan->n_product);
        goto cleanup;
    }
    (void)snprintf(dir->path, sizeof dir->path, "%s", plan->path);
    (void)snprintf(dir->prefix, sizeof dir->prefix, "%s", plan->prefix);
    SQN_TRY(make_path(plan->path, err));
    dir->fd = open(plan->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir->fd < 0) {
        status = oserror_raise(err, plan->path, "output directory");
        goto cleanup;
    }
    SQN_TRY(lock_take(&dir->lock, &dir->ours, dir->fd, dir->path, err));
    SQN_TRY(check_products(dir, log, err));
    *out = dir;
    dir = NULL;

cleanup:
    directory_close(&dir);
    return status;
}

sqn_status directory_guard(const directory *dir, const char *input, sqn_error *err)
{
    struct stat in, product;

    if (stat(input, &in) != 0) {
        return SQN_OK; /* the reader says what is wrong with it */
    }
    for (int64_t i = 0; i < dir->n_name; i++) {
        char name[NAME_BYTES];

        directory__full_name(name, dir, dir->names[i]);
        if (fstatat(dir->fd, name, &product, 0) == 0 && product.st_dev == in.st_dev &&
            product.st_ino == in.st_ino) {
            const sqn_status status =
                SQN_RAISE(err, E_OUT_EXISTS, "the input %s would be replaced", name);

            sqn__error_at(err, dir->path, -1, NULL);
            sqn__error_mend(err, "choose another output directory");
            return status;
        }
    }
    return SQN_OK;
}

/* The whole of an open file, synced; free() the bytes. */
static sqn_status read_whole(void **bytes, size_t *size, int fd, const char *name,
                             sqn_error *err)
{
    struct stat about;

    if (fd < 0 || fsync(fd) != 0 || fstat(fd, &about) != 0) {
        return oserror_raise(err, name, "cannot read back");
    }
    *size = (size_t)about.st_size;
    *bytes = malloc(*size + 1);
    if (*bytes == NULL) {
        return SQN_RAISE(err, E_MEM, "%zu bytes of %s", *size, name);
    }
    if (pread(fd, *bytes, *size, 0) != (ssize_t)*size) {
        return oserror_raise(err, name, "cannot read back");
    }
    return SQN_OK;
}

sqn_status directory_read(void **bytes, size_t *size, const directory *dir,
                          const char *name, sqn_error *err)
{
    char final[NAME_BYTES];

    *bytes = NULL;
    *size = 0;
    directory__full_name(final, dir, name);
    for (int64_t k = 0; k < dir->n_product; k++) {
        if (strcmp(dir->products[k].name, final) == 0) {
            const int fd = openat(dir->fd, final, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
            const sqn_status status = read_whole(bytes, size, fd, name, err);

            if (fd >= 0) {
                (void)close(fd);
            }
            return status;
        }
    }
    return SQN_OK;
}

int64_t directory_n_product(const directory *dir)
{
    return dir->n_product;
}

const directory_product *directory_product_at(const directory *dir, int64_t index)
{
    return &dir->products[index];
}

const char *directory_path(const directory *dir)
{
    return dir->path;
}

sqn_status directory_list(const directory *dir, sqn_error *err)
{
    for (int64_t k = 0; k < dir->n_product; k++) {
        (void)printf("%s/%s\n", dir->path, dir->products[k].name);
    }
    return fflush(stdout) == 0 && ferror(stdout) == 0
               ? SQN_OK
               : SQN_RAISE(err, E_IO,
                           "the list of products cannot be written to standard output");
}

/* Has this run written the product? */
static bool is_written(const directory *dir, const char *name)
{
    for (int64_t k = 0; k < dir->n_product; k++) {
        if (strcmp(dir->products[k].name, name) == 0) {
            return true;
        }
    }
    return false;
}

void directory_tidy(directory *dir)
{
    for (int64_t i = 0; i < dir->n_name && dir->ours; i++) {
        char name[NAME_BYTES];

        directory__full_name(name, dir, dir->names[i]);
        if (!is_written(dir, name)) {
            (void)unlinkat(dir->fd, name, 0);
        }
    }
}

bool directory_is_complete(const directory *dir)
{
    return dir->complete || dir->replaces;
}

void directory_complete(directory *dir)
{
    dir->complete = true;
}

void directory_close(directory **dir)
{
    if (dir == NULL || *dir == NULL) {
        return;
    }
    if ((*dir)->lock >= 0) {
        lock_drop((*dir)->lock, (*dir)->fd,
                  (*dir)->complete ||
                      ((*dir)->n_product == 0 && ((*dir)->replaces || !(*dir)->ours)));
    }
    if ((*dir)->fd >= 0) {
        (void)fsync((*dir)->fd); /* the names of the last products */
        (void)close((*dir)->fd);
    }
    sqn__mem_free((*dir)->products);
    sqn__mem_free(*dir);
    *dir = NULL;
}
