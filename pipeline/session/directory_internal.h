/** @file directory_internal.h @brief What a directory is inside. */
#ifndef DIRECTORY_INTERNAL_H
#define DIRECTORY_INTERNAL_H

#include "directory.h"

enum { DIRECTORY__NAME_BYTES = 128 };

struct directory {
    char path[4096], prefix[65];
    int fd, lock; /* -1 = not open */
    bool overwrite, complete, ours;
    bool replaces; /* a complete run, whose manifest goes before the first product comes */
    const char *const *names; /* of the plan, borrowed: [n_name] */
    int64_t n_name, n_product;
    directory_product *products; /* [n_name] owned, the first n_product are written */
};

extern const char directory__manifest[];

/** A product's name with the prefix of the directory. */
void directory__full_name(char out[DIRECTORY__NAME_BYTES], const directory *dir,
                          const char *name);

#endif
