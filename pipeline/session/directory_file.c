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

enum {
    NAME_BYTES = DIRECTORY__NAME_BYTES,
    FILE_MODE = 0666,
    READ_BYTES = 1 << 16, /* at a time: they stay in cache */
    SEND_BYTES = 1 << 21, /* sent to the disk together */
    PAGE_BYTES = 1 << 12
};

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

/* What a file should hold; NULL: whatever it does. */
typedef struct content {
    const unsigned char *bytes;
    int64_t size;
} content;

/* Let the system write what will not change, meanwhile; a page that is being written is not
   touched again. */
static void send_part(directory_file *file)
{
    const int64_t end = file->n_summed / PAGE_BYTES * PAGE_BYTES;

    if (end - file->n_sent >= SEND_BYTES) {
        (void)sync_file_range(file->fd, (off_t)file->n_sent, (off_t)(end - file->n_sent),
                              SYNC_FILE_RANGE_WRITE); /* fsync() tells the errors */
        file->n_sent = end;
    }
}

/* Bytes that were read back, if they are the next ones. */
static void sum_next(directory_file *file, int64_t offset, const void *bytes, size_t size)
{
    if (offset == file->n_summed) {
        digest_add(file->sum, bytes, size);
        file->n_summed += (int64_t)size;
        send_part(file);
    }
}

/* What is put where the digest has been is not in it. */
static void forget_sum(directory_file *file, int64_t offset)
{
    if (offset < file->n_summed) {
        digest_again(file->sum);
        file->n_summed = file->n_sent = 0;
    }
}

/* Read back what is not in the digest yet; false where it differs from what was put. */
static sqn_status read_rest(bool *same, directory_file *file, const content *expected,
                            sqn_error *err)
{
    unsigned char block[READ_BYTES];
    ssize_t n = 0;

    *same = true;
    do {
        const int64_t at = file->n_summed;

        n = pread(file->fd, block, sizeof block, (off_t)at);
        if (n < 0) {
            return oserror_raise(err, file->name, "cannot read back");
        }
        if (expected->bytes != NULL) {
            *same = *same && n <= expected->size - at &&
                    memcmp(block, expected->bytes + at, (size_t)n) == 0;
        }
        sum_next(file, at, block, (size_t)n);
    } while (n > 0);
    *same = *same && (expected->bytes == NULL || file->n_summed == expected->size);
    return SQN_OK;
}

/* Let the system write all of the file, and read back what is not in the digest yet. */
static sqn_status send_all(directory_file *file, const content *expected, sqn_error *err)
{
    sqn_status status = SQN_OK;
    bool same = false;

    (void)sync_file_range(file->fd, 0, 0,
                          SYNC_FILE_RANGE_WRITE); /* fsync() tells the errors */
    status = read_rest(&same, file, expected, err);
    if (status == SQN_OK && !same) {
        status = SQN_RAISE(err, E_OUT_VERIFY,
                           "%" PRId64 " bytes do not read back as written", expected->size);
        sqn__error_at(err, file->name, -1, NULL);
    }
    return status;
}

/* The digest of all of the file, and wait until it is written. */
static sqn_status take_digest(directory_product *out, directory_file *file,
                              const content *expected, sqn_error *err)
{
    const sqn_status status = send_all(file, expected, err);

    if (status != SQN_OK) {
        return status;
    }
    if (fsync(file->fd) != 0) {
        return oserror_raise(err, file->name, "cannot sync");
    }
    digest_text(out->sha256, file->sum);
    out->size = file->n_summed;
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
    if (strcmp(name, directory__manifest) == 0) {
        (void)fsync(dir->fd); /* all that it lists has its name */
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
static sqn_status finish(directory_file *file, sqn_status so_far, const content *expected,
                         sqn_error *err)
{
    char part[2 * NAME_BYTES], final[NAME_BYTES];
    directory_product product = {0};
    sqn_status status = so_far;
    int replaced = -1;

    if (status == SQN_OK) {
        status = take_digest(&product, file, expected, err);
    }
    if (status == SQN_OK) {
        directory__full_name(final, file->dir, file->name);
        replaced = openat(file->dir->fd, final, O_PATH | O_NOFOLLOW | O_CLOEXEC);
#pragma omp critical /* a named one is a global */
        status = publish(file->dir, file->name, &product, err);
    }
    if (replaced >=
        0) { /* the system takes the old product apart now, not while others wait */
        (void)close(replaced);
    }
    (void)close(file->fd);
    if (status != SQN_OK) {
        part_name(part, sizeof part, file->dir, file->name);
        (void)unlinkat(file->dir->fd, part, 0);
    }
    file->fd = -1;
    digest_end(&file->sum);
    return status;
}

/* The temporary file of a product, opened; `problem` is what cannot be done at `where`. */
static sqn_status open_part(directory_file *out, directory *dir, const char *name,
                            int flags, const char *where, const char *problem,
                            sqn_error *err)
{
    char part[2 * NAME_BYTES];

    part_name(part, sizeof part, dir, name);
    *out = (directory_file){.dir = dir, .name = name, .fd = -1, .sum = digest_begin()};
    if (out->sum == NULL) {
        return SQN_RAISE(err, E_MEM, "a digest");
    }
    out->fd = openat(dir->fd, part, flags | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (out->fd < 0) {
        const sqn_status status = oserror_raise(err, where, problem);

        digest_end(&out->sum);
        return status;
    }
    return SQN_OK;
}

sqn_status directory_begin(directory_file *out, directory *dir, const char *name,
                           sqn_error *err)
{
    char part[2 * NAME_BYTES];

    part_name(part, sizeof part, dir, name);
    (void)unlinkat(dir->fd, part, 0);
    return open_part(out, dir, name, O_RDWR | O_CREAT | O_EXCL, dir->path,
                     "cannot create a file", err);
}

sqn_status directory_put(directory_file *file, int64_t offset, const void *bytes,
                         size_t size, sqn_error *err)
{
    const unsigned char *from = bytes;

    forget_sum(file, offset);
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

sqn_status directory_get(directory_file *file, int64_t offset, void *bytes, size_t size,
                         sqn_error *err)
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
    sum_next(file, offset, bytes, size);
    return SQN_OK;
}

/* What was put is known to be there. */
static const content any = {NULL, 0};

sqn_status directory_send(directory_file *file, sqn_error *err)
{
    return send_all(file, &any, err);
}

sqn_status directory_end(directory_file *file, sqn_status so_far, sqn_error *err)
{
    return finish(file, so_far, &any, err);
}

sqn_status directory_write(directory *dir, const char *name, const void *bytes, size_t size,
                           sqn_error *err)
{
    const content expected = {bytes, (int64_t)size};
    directory_file file;
    sqn_status status = directory_begin(&file, dir, name, err);

    if (status != SQN_OK) {
        return status;
    }
    status = directory_put(&file, 0, bytes, size, err);
    return finish(&file, status, &expected, err);
}

sqn_status directory_keep(directory *dir, const char *name, sqn_error *err)
{
    directory_file file;
    const sqn_status status =
        open_part(&file, dir, name, O_RDONLY, name, "cannot read back", err);

    return status == SQN_OK ? directory_end(&file, SQN_OK, err) : status;
}
