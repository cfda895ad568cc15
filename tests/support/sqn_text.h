/** @file sqn_text.h @brief Text files of a test: written, and read back whole. */
#ifndef SQN_TEXT_H
#define SQN_TEXT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** The whole file with a NUL behind it; owned, free(). */
static inline char *sqn_text_load(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, capacity = 1U << 20U;
    char *text = malloc(capacity + 1);

    ck_assert_msg(file != NULL, "%s: not there", path);
    ck_assert_ptr_nonnull(text);
    size = fread(text, 1, capacity, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_lt(size, capacity);
    text[size] = '\0';
    return text;
}

/** A file with exactly these bytes. (Truncating on opening costs milliseconds, so: behind.) */
static inline void sqn_text_save(const char *path, const char *bytes, size_t size)
{
    FILE *old = fopen(path, "r+b");
    FILE *file = old != NULL ? old : fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fflush(file), 0);
    ck_assert_int_eq(ftruncate(fileno(file), (off_t)size), 0);
    ck_assert_int_eq(fclose(file), 0);
}

#endif
