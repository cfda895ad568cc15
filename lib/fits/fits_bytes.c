/** @file fits_bytes.c @brief The bytes of a file, read when they are asked for. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for MAP_ANONYMOUS and MAP_NORESERVE */
#define _DEFAULT_SOURCE
#include "fits_bytes.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fits_inflate.h"
#include "mem.h"
#include "raise.h"

static sqn_status raise_errno(sqn_error *err, int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return SQN_RAISE(err, E_IN_MISSING, "%s", strerror(code));
    case EACCES:
    case EPERM:
        return SQN_RAISE(err, E_IN_PERM, "%s", strerror(code));
    case ENXIO: /* a socket */
        return SQN_RAISE(err, E_IN_NOTFILE, "%s", strerror(code));
    default:
        return SQN_RAISE(err, E_IO, "%s", strerror(code));
    }
}

void sqn__fits_bytes_hint(sqn_error *err, const char *path)
{
    char name[4096];
    struct stat info;

    if (err != NULL && snprintf(name, sizeof name, "%s.gz", path) < (int)sizeof name &&
        stat(name, &info) == 0) {
        sqn__error_mend(err, "name the file that is there, '%.200s'", name);
    }
}

static const char *what_it_is(mode_t mode)
{
    return S_ISDIR(mode)    ? "a directory"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISCHR(mode)  ? "a device"
                            : "not a regular file";
}

/* A descriptor of a regular file and its size; nothing blocks, nothing is claimed. */
static sqn_status open_regular(int *out, size_t *size, const char *path, sqn_error *err)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    sqn_status status = SQN_OK;
    struct stat info;

    if (fd < 0) {
        const int why = errno;

        status = raise_errno(err, why);
        if (why == ENOENT) {
            sqn__fits_bytes_hint(err, path);
        }
        return status;
    }
    if (fstat(fd, &info) != 0) {
        status = raise_errno(err, errno);
    } else if (!S_ISREG(info.st_mode)) {
        status = SQN_RAISE(err, E_IN_NOTFILE, "it is %s", what_it_is(info.st_mode));
    } else if (info.st_size <= 0) {
        status = SQN_RAISE(err, E_FITS_NOTFITS, "the file is empty");
    }
    if (status != SQN_OK) {
        (void)close(fd);
        return status;
    }
    *size = (size_t)info.st_size;
    *out = fd;
    return SQN_OK;
}

/* The file is shorter than it was, or cannot be read. */
static sqn_status raise_short(const sqn__fits_file *file, ssize_t n, sqn_error *err)
{
    const int code = errno;
    struct stat info = {0};
    sqn_status status = SQN_OK;

    if (n < 0) {
        status = raise_errno(err, code);
    } else {
        (void)fstat(file->fd, &info);
        status = SQN_RAISE(
            err, E_IO, "the file was cut while it was read (it had %zu bytes, now %lld)",
            file->size, (long long)info.st_size);
        sqn__error_mend(err, "run again when nobody writes to the file");
    }
    sqn__fits_file_at(err, file->path, NULL, NULL);
    return status;
}

/* pread() to the end. */
static sqn_status read_fully(unsigned char *to, const sqn__fits_file *file, size_t offset,
                             size_t n, sqn_error *err)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = pread(file->fd, to + done, n - done, (off_t)(offset + done));

        if (got == 0 || (got < 0 && errno != EINTR)) {
            return raise_short(file, got, err);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return SQN_OK;
}

/* The pages that hold [offset, offset + n), or with `inside` those that hold nothing else. */
static void page_range(size_t *first, size_t *length, size_t offset, size_t n, bool inside)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t low = inside ? (offset + page - 1) / page * page : offset / page * page;
    const size_t high =
        inside ? (offset + n) / page * page : (offset + n + page - 1) / page * page;

    *first = low;
    *length = high > low ? high - low : 0;
}

sqn_status sqn__fits_bytes_need(const sqn__fits_file *file, size_t offset, size_t n,
                                sqn_error *err)
{
    size_t first = 0, length = 0;
    unsigned char *map = file->map;

    assert(offset <= file->size && n <= file->size - offset);
    if (map == NULL || n == 0) {
        return SQN_OK; /* inflated */
    }
    page_range(&first, &length, offset, n, false);
    if (mprotect(map + first, length, PROT_READ | PROT_WRITE) != 0) {
        const sqn_status status = SQN_RAISE(err, E_MEM, "%zu bytes of a file", n);

        sqn__fits_file_at(err, file->path, NULL, NULL);
        return status;
    }
    return read_fully(map + offset, file, offset, n, err);
}

void sqn__fits_bytes_drop(const sqn__fits_file *file, size_t offset, size_t n)
{
    size_t first = 0, length = 0;
    unsigned char *map = file->map;

    page_range(&first, &length, offset, n, true);
    if (map != NULL && length > 0) {
        (void)madvise(map + first, length, MADV_DONTNEED);
        (void)mprotect(map + first, length, PROT_NONE);
    }
}

sqn_status sqn__fits_bytes_read(unsigned char *to, const sqn__fits_file *file,
                                size_t offset, size_t n, sqn_error *err)
{
    assert(offset <= file->size && n <= file->size - offset);
    if (file->map == NULL) {
        memcpy(to, file->bytes + offset, n);
        return SQN_OK;
    }
    return read_fully(to, file, offset, n, err);
}

/* Room for the whole file, which takes memory only where it is asked for. */
static sqn_status reserve(sqn__fits_file *file, sqn_error *err)
{
    void *map = mmap(NULL, file->size, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (map == MAP_FAILED) {
        (void)close(file->fd);
        file->fd = -1;
        return SQN_RAISE(err, E_MEM, "room for %zu bytes of a file", file->size);
    }
    file->map = map;
    file->bytes = map;
    return sqn__fits_bytes_need(file, 0, file->size < SQN__BLOCK ? file->size : SQN__BLOCK,
                                err);
}

/* In place of the compressed bytes, which are not kept. */
static sqn_status inflate_all(sqn__fits_file *file, sqn_error *err)
{
    sqn__fits_file packed = *file;
    sqn_status status = SQN_OK;

    file->map = NULL;
    file->bytes = NULL;
    file->size = 0;
    SQN_TRY(sqn__fits_bytes_need(&packed, 0, packed.size, err));
    SQN_TRY(sqn__fits_inflate_all(&file->inflated, &file->size, packed.bytes, packed.size,
                                  err));
    file->bytes = file->inflated;

cleanup:
    sqn__fits_bytes_close(&packed);
    return status;
}

sqn_status sqn__fits_bytes_open(sqn__fits_file *file, const char *path, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *file = (sqn__fits_file){.path = path, .fd = -1};
    SQN_TRY(open_regular(&file->fd, &file->size, path, err));
    SQN_TRY(reserve(file, err));
    if (file->size > 2 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b) {
        SQN_TRY(inflate_all(file, err));
    }

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, path, NULL, NULL);
        sqn__fits_bytes_close(file);
        file->path = path;
    }
    return status;
}

void sqn__fits_bytes_close(sqn__fits_file *file)
{
    sqn__mem_free(file->inflated);
    if (file->map != NULL) {
        (void)munmap(file->map, file->size);
        (void)close(file->fd);
    }
    file->inflated = NULL;
    file->map = NULL;
    file->bytes = NULL;
    file->size = 0;
}
