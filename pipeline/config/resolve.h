/** @file resolve.h @brief A tree of values to the configuration, key by key. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "config.h"
#include "problems.h"
#include "tree.h"

/** A configuration being filled. */
typedef struct resolve {
    yaml_tree *tree;        /**< Values as written; defaults are added to it. Borrowed. */
    config *config;         /**< Borrowed. */
    problem_list *problems; /**< Borrowed. */
    config_use use;
    int64_t *node; /**< [n of keys] The node that gave each key, or TREE_NONE. Owned. */
} resolve;

/**
 * Fill the configuration: written values, then defaults. Unknown keys, wrong values and
 * required keys that are missing are reported; every field has a sane value afterwards.
 *
 * @retval SQN_ERR_MEMORY  The only failure.
 */
SQN_NODISCARD sqn_status resolve_tree(resolve *r, sqn_error *err);
void resolve_clear(resolve *r);

/** True when the key with this path (of the table) is written. */
bool resolve_given(const resolve *r, const char *path);

/** Where it is written, or the file where it is not. `path` is borrowed. */
problems_place resolve_place(const resolve *r, const char *path);

/** What no single value can tell: keys that need or exclude each other (check.c). */
void check_config(const resolve *r);

#endif
