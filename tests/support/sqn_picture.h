/** @file sqn_picture.h @brief Pictures that were drawn: whole, and like or unlike each other. */
#ifndef SQN_PICTURE_H
#define SQN_PICTURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sqn_check.h"

enum { BYTES_MAX = 4000000 };

static inline size_t read_file(unsigned char *bytes, const char *path)
{
    FILE *file = fopen(path, "rb");

    ck_assert_msg(file != NULL, "%s is missing", path);
    const size_t size = fread(bytes, 1, BYTES_MAX, file);

    ck_assert_int_eq(fclose(file), 0);
    return size;
}

static inline bool exists(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0;
}

/* A PNG of a sensible size, with nothing left beside it. */
static inline void assert_picture(const char *path)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a};
    unsigned char *bytes = malloc(BYTES_MAX);
    char part[128];

    ck_assert_ptr_nonnull(bytes);
    const size_t size = read_file(bytes, path);

    ck_assert_uint_gt(size, 1000);
    ck_assert_int_eq(memcmp(bytes, signature, sizeof signature), 0);
    ck_assert_int_eq(memcmp(bytes + size - 8, "IEND", 4), 0);
    (void)snprintf(part, sizeof part, "%s.part.png", path);
    ck_assert(!exists(part));
    free(bytes);
}

/* The same bytes, and something on them: the tests of one picture against another. */
static inline bool same_bytes(const char *a, const char *b)
{
    unsigned char *first = malloc(BYTES_MAX), *second = malloc(BYTES_MAX);

    ck_assert(first != NULL && second != NULL);
    const size_t size = read_file(first, a), other = read_file(second, b);
    const bool same = size == other && memcmp(first, second, size) == 0;

    free(first);
    free(second);
    return same;
}

#endif
