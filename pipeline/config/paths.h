/** @file paths.h @brief File names of a configuration: lists to names, names made absolute. */
#ifndef PATHS_H
#define PATHS_H

#include <stddef.h>

#include "sequin/error.h"

/**
 * `name` below `folder`, absolute and without "." and "..", which only the system can tell
 * apart from links: what leads to the last ".." is resolved, links behind it stay.
 *
 * @param[out] out     [size] cut when it is too long.
 * @param[in]  folder  Absolute, ends with '/'. Unused when `name` is absolute.
 */
void paths_absolute(char *out, size_t size, const char *folder, const char *name);

#endif
