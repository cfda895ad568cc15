/** @file directory_file.c @brief The way of one product into the output directory. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for renameat2, sync_file_range */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "directory_internal.h"
#include "oserror.h"
#include "raise.h"

enum { NAME_BYTES = DIRECTORY__NAME_BYTES, FILE_MODE = 0666 };

static void part_name(char *out, size_t size, const directory *dir, const char *name)
{
    (void)snprintf(out, size, ".%s%s.%ld.part", dir->prefix, name, (long)getpid());
}

void directory_temporary(char *path, size_t size, const directory *dir, const char *name)
{
    char part[2 * NAME_BYTES];

    part_name(part, sizeof part, dir, name);
    (void)snprintf(path, size, "/proc/self/fd/%d/%s", dir->fd, part);
}

/* From the first new product on, the old run is not complete any more. */
static sqn_status forget_old_run(directory *dir, sqn_error *err)
{
    char manifest[NAME_BYTES];

    if (!dir->replaces) {
        return SQN_OK;
    }
    dir->replaces = false;
    directory__full_name(manifest, dir, directory__manifest);
    return unlinkat(dir->fd, manifest, 0) == 0
               ? SQN_OK
               : oserror_raise(err, dir->path, "cannot remove the old manifest");
}

static sqn_status rename_part(const directory *dir, const char *part, const char *final,
                              sqn_error *err)
{
    const unsigned flags = dir->ours ? 0 : RENAME_NOREPLACE;

    if (renameat2(dir->fd, part, dir->fd, final, flags) == 0) {
        (void)fsync(dir->fd);
        return SQN_OK;
    }
    if (errno != EEXIST) {
        return oserror_raise(err, final, "cannot rename");
    }
    const sqn_status status =
        SQN_RAISE(err, E_OUT_EXISTS, "%s appeared while the run went on", final);

    sqn__error_at(err, dir->path, -1, NULL);
    return status;
}

/** A file being read back for its digest, beside what it should hold. */
typedef struct reading {
    int fd;
    int64_t at;                    /* bytes read */
    const unsigned char *expected; /* NULL: whatever it is */
    int64_t size;                  /* of that */
    bool failed, differs;
} reading;

static size_t read_block(void *context, void *block, size_t size)
{
    reading *r = context;
    const ssize_t n = pread(r->fd, block, size, (off_t)r->at);

    r->failed = n < 0;
    if (n > 0 && r->expected != NULL) {
        r->differs = r->differs || n > r->size - r->at ||
                     memcmp(block, r->expected + r->at, (size_t)n) != 0;
    }
    r->at += n > 0 ? n : 0;
    return n > 0 ? (size_t)n : 0;
}

/* Read the file back, all of it, while the system writes it, and wait until it is written. */
static sqn_status take_digest(directory_product *out, reading *r, const char *name,
                              sqn_error *err)
{
    (void)sync_file_range(r->fd, 0, 0,
                          SYNC_FILE_RANGE_WRITE); /* fsync() tells the errors */
    digest_sha256_read(out->sha256, read_block, r);
    if (r->failed) {
        return oserror_raise(err, name, "cannot read back");
    }
    if (r->expected != NULL && (r->differs || r->at != r->size)) {
        const sqn_status status = SQN_RAISE(
            err, E_OUT_VERIFY, "%" PRId64 " bytes do not read back as written", r->size);

        sqn__error_at(err, name, -1, NULL);
        return status;
    }
    if (fsync(r->fd) != 0) {
        return oserror_raise(err, name, "cannot sync");
    }
    out->size = r->at;
    return SQN_OK;
}

/* Where a name stands in the plan. */
static int64_t rank(const directory *dir, const char *final)
{
    char name[NAME_BYTES];

    for (int64_t i = 0; i < dir->n_name; i++) {
        directory__full_name(name, dir, dir->names[i]);
        if (strcmp(name, final) == 0) {
            return i;
        }
    }
    return dir->n_name;
}

/* Remember a product: in the order of the plan, whichever was written first. */
static void list_product(directory *dir, const directory_product *product)
{
    int64_t at = dir->n_product;

    if (dir->n_product == dir->n_name) {
        return;
    }
    for (; at > 0 && rank(dir, dir->products[at - 1].name) > rank(dir, product->name);
         at--) {
        dir->products[at] = dir->products[at - 1];
    }
    dir->products[at] = *product;
    dir->n_product++;
}

/* Rename the temporary file, which was read back and synced, and remember the product. */
static sqn_status publish(directory *dir, const char *name, directory_product *product,
                          sqn_error *err)
{
    char part[2 * NAME_BYTES], final[NAME_BYTES];
    sqn_status status = forget_old_run(dir, err);

    if (status != SQN_OK) {
        return status;
    }
    part_name(part, sizeof part, dir, name);
    directory__full_name(final, dir, name);
    status = rename_part(dir, part, final, err);
    if (status == SQN_OK) {
        (void)snprintf(product->name, sizeof product->name, "%s", final);
        list_product(dir, product);
    }
    return status;
}

/* Make the file the product if it holds what it should, else remove it. */
static sqn_status finish(directory_file *file, sqn_status so_far,
                         const unsigned char *expected, size_t size, sqn_error *err)
{
    char part[2 * NAME_BYTES];
    directory_product product = {0};
    reading r = {.fd = file->fd, .expected = expected, .size = (int64_t)size};
    sqn_status status = so_far;

    if (status == SQN_OK) {
        status = take_digest(&product, &r, file->name, err);
    }
    if (status == SQN_OK) {
#pragma omp critical /* a named one is a global */
        status = publish(file->dir, file->name, &product, err);
    }
    (void)close(file->fd);
    if (status != SQN_OK) {
        part_name(part, sizeof part, file->dir, file->name);
        (void)unlinkat(file->dir->fd, part, 0);
    }
    file->fd = -1;
    return status;
}

sqn_status directory_begin(directory_file *out, directory *dir, const char *name,
                           sqn_error *err)
{
    char part[2 * NAME_BYTES];

    part_name(part, sizeof part, dir, name);
    (void)unlinkat(dir->fd, part, 0);
    *out = (directory_file){.dir = dir,
                            .name = name,
                            .fd = openat(dir->fd, part,
                                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                         FILE_MODE)};
    return out->fd >= 0 ? SQN_OK : oserror_raise(err, dir->path, "cannot create a file");
}

sqn_status directory_put(const directory_file *file, int64_t offset, const void *bytes,
                         size_t size, sqn_error *err)
{
    const unsigned char *from = bytes;

    for (size_t done = 0; done < size;) {
        const ssize_t n =
            pwrite(file->fd, from + done, size - done, (off_t)(offset + (int64_t)done));

        if (n < 0 && errno != EINTR) {
            return oserror_raise(err, file->name, "cannot write");
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return SQN_OK;
}

sqn_status directory_get(const directory_file *file, int64_t offset, void *bytes,
                         size_t size, sqn_error *err)
{
    unsigned char *to = bytes;

    for (size_t done = 0; done < size;) {
        const ssize_t n =
            pread(file->fd, to + done, size - done, (off_t)(offset + (int64_t)done));

        if (n == 0) {
            const sqn_status status =
                SQN_RAISE(err, E_OUT_VERIFY, "%zu of %zu bytes read back", done, size);

            sqn__error_at(err, file->name, -1, NULL);
            return status;
        }
        if (n < 0 && errno != EINTR) {
            return oserror_raise(err, file->name, "cannot read back");
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return SQN_OK;
}

sqn_status directory_end(directory_file *file, sqn_status so_far, sqn_error *err)
{
    return finish(file, so_far, NULL, 0, err);
}

sqn_status directory_write(directory *dir, const char *name, const void *bytes, size_t size,
                           sqn_error *err)
{
    directory_file file;
    sqn_status status = directory_begin(&file, dir, name, err);

    if (status != SQN_OK) {
        return status;
    }
    status = directory_put(&file, 0, bytes, size, err);
    return finish(&file, status, bytes, size, err);
}

sqn_status directory_keep(directory *dir, const char *name, sqn_error *err)
{
    char part[2 * NAME_BYTES];

    part_name(part, sizeof part, dir, name);
    directory_file file = {.dir = dir,
                           .name = name,
                           .fd = openat(dir->fd, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};

    return file.fd >= 0 ? directory_end(&file, SQN_OK, err)
                        : oserror_raise(err, name, "cannot read back");
}
