/** @file spelling.h @brief How far one word is from another: for suggestions. */
#ifndef SPELLING_H
#define SPELLING_H

#include <stddef.h>

/** Edits (insert, delete, replace, swap of neighbours) between a[n_a] and b[n_b]. */
int spelling_distance(const char *a, size_t n_a, const char *b, size_t n_b);

/** More edits than this make another word of a word of this length. */
int spelling_tolerated(size_t length);

#endif
