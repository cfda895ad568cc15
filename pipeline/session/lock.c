/** @file lock.c @brief The lock file of an output directory. */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oserror.h"
#include "raise.h"

enum { FILE_MODE = 0666, TRIES_MAX = 1000, WHO_BYTES = 64 };
static const char lock_name[] = ".sequin.lock";

/* The descriptor of the file, there or made; -1 with errno. EEXIST or ENOENT: it came or went
 * in between. */
static int open_file(int folder)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int lock = openat(folder, lock_name, flags);

    if (lock < 0 && errno == ENOENT) {
        lock = openat(folder, lock_name, flags | O_CREAT | O_EXCL, FILE_MODE);
    }
    return lock;
}

/* Is the locked file still the one of that name? A run that ends removes its file: who has
 * opened it before holds a lock on nothing. */
static bool is_current(int lock, int folder)
{
    struct stat mine, named;

    return fstat(lock, &mine) == 0 &&
           fstatat(folder, lock_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

/* Did a run hold it before? */
static bool is_signed(int lock)
{
    struct stat mine;

    return fstat(lock, &mine) == 0 && mine.st_size > 0;
}

static sqn_status refuse(int lock, const char *path, sqn_error *err)
{
    char who[WHO_BYTES] = "";
    const ssize_t n = pread(lock, who, sizeof who - 1, 0);

    who[n > 0 ? n : 0] = '\0';
    const sqn_status status = SQN_RAISE(err, E_LOCK, "another run is writing here (%s)",
                                        n > 0 ? who : "it has just begun");

    sqn__error_at(err, path, -1, NULL);
    return status;
}

static void sign(int lock)
{
    char who[WHO_BYTES];
    const int n = snprintf(who, sizeof who, "pid %ld", (long)getpid());

    (void)!ftruncate(lock, 0);
    (void)!pwrite(lock, who, (size_t)n, 0);
}

sqn_status lock_take(int *lock, bool *found, int folder, const char *path, sqn_error *err)
{
    *lock = -1;
    for (int k = 0; k < TRIES_MAX; k++) {
        const int file = open_file(folder);

        if (file < 0 && (errno == EEXIST || errno == ENOENT)) {
            continue;
        }
        if (file < 0) {
            return oserror_raise(err, path, "cannot write in the directory");
        }
        if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            const sqn_status status = refuse(file, path, err);

            (void)close(file);
            return status;
        }
        if (is_current(file, folder)) {
            *found = is_signed(file); /* else somebody made it and has not got it */
            sign(file);
            *lock = file;
            return SQN_OK;
        }
        (void)close(file);
    }
    const sqn_status status = SQN_RAISE(err, E_LOCK, "other runs come and go here");

    sqn__error_at(err, path, -1, NULL);
    return status;
}

void lock_drop(int lock, int folder, bool forget)
{
    if (forget) {
        (void)unlinkat(folder, lock_name, 0); /* before unlocking: it is still ours */
    }
    (void)close(lock);
}
