/** @file directory_file.c @brief The way of one product into the output directory. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for renameat2 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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

/* Does the file hold these bytes? */
static bool same_bytes(int fd, const unsigned char *bytes, size_t size)
{
    unsigned char block[65536];
    size_t done = 0;

    for (;;) {
        const ssize_t n = pread(fd, block, sizeof block, (off_t)done);

        if (n == 0) {
            return done == size;
        }
        if (n < 0 || (size_t)n > size - done ||
            memcmp(block, bytes + done, (size_t)n) != 0) {
            return false;
        }
        done += (size_t)n;
    }
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

/** A file being read for its digest. */
typedef struct reading {
    int fd;
    int64_t at; /* bytes read */
    bool failed;
} reading;

static size_t read_block(void *context, void *block, size_t size)
{
    reading *r = context;
    const ssize_t n = pread(r->fd, block, size, (off_t)r->at);

    r->failed = n < 0;
    r->at += n > 0 ? n : 0;
    return n > 0 ? (size_t)n : 0;
}

/* Rename the synced temporary file, and remember the product. */
static sqn_status publish(directory *dir, const char *name, int fd, sqn_error *err)
{
    char part[2 * NAME_BYTES], final[NAME_BYTES];
    directory_product product = {0};
    reading r = {.fd = fd};

    digest_sha256_read(product.sha256, read_block, &r);
    if (r.failed) {
        return oserror_raise(err, name, "cannot read back");
    }
    sqn_status status = forget_old_run(dir, err);

    if (status != SQN_OK) {
        return status;
    }
    part_name(part, sizeof part, dir, name);
    directory__full_name(final, dir, name);
    status = rename_part(dir, part, final, err);
    if (status == SQN_OK && dir->n_product < dir->n_name) {
        (void)snprintf(product.name, sizeof product.name, "%s", final);
        product.size = r.at;
        dir->products[dir->n_product++] = product;
    }
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
    char part[2 * NAME_BYTES];
    sqn_status status = so_far;

    if (status == SQN_OK && fsync(file->fd) != 0) {
        status = oserror_raise(err, file->name, "cannot sync");
    }
    if (status == SQN_OK) {
        status = publish(file->dir, file->name, file->fd, err);
    }
    (void)close(file->fd);
    if (status != SQN_OK) {
        part_name(part, sizeof part, file->dir, file->name);
        (void)unlinkat(file->dir->fd, part, 0);
    }
    file->fd = -1;
    return status;
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
    if (status == SQN_OK && fsync(file.fd) != 0) {
        status = oserror_raise(err, name, "cannot sync");
    }
    if (status == SQN_OK && !same_bytes(file.fd, bytes, size)) {
        status =
            SQN_RAISE(err, E_OUT_VERIFY, "%zu bytes do not read back as written", size);
        sqn__error_at(err, name, -1, NULL);
    }
    return directory_end(&file, status, err);
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
