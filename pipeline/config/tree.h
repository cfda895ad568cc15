/**
 * @file tree.h
 * @brief A YAML document as a small tree that knows the line and column of everything.
 *
 * Nodes live in one array and name each other by index. Scalars stay text.
 */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problems.h"
#include "sequin/error.h"

enum {
    TREE_NONE = -1,
    TREE_MAX_NODES = 10000,
    TREE_MAX_DEPTH = 32,
    TREE_MAX_BYTES = 1048576
};

typedef enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP } tree_kind;

typedef struct tree_node {
    tree_kind kind;
    bool plain;                   /**< A scalar without quotes. */
    char *key;                    /**< In a map, else NULL. Owned. */
    char *text;                   /**< Of a scalar, else NULL. Owned. */
    uint64_t key_hash;            /**< Equal keys have equal ones. */
    int64_t key_line, key_column; /**< Counted from 1. */
    int64_t line, column;         /**< Of the value, counted from 1. */
    const char *set;              /**< The `--set` item it came by, or NULL. Borrowed. */
    int64_t parent, first, last, next; /**< Indices or TREE_NONE. */
    int64_t n_child;
} tree_node;

typedef struct yaml_tree {
    tree_node *node; /**< Owned; node 0 is the root, a map. */
    int64_t n, capacity;
} yaml_tree;

/** The tree of an empty map. */
SQN_NODISCARD sqn_status tree_init(yaml_tree *tree, sqn_error *err);
void tree_clear(yaml_tree *tree);

/**
 * Add a node that nothing refers to yet.
 *
 * @param[in] text  Copied; NULL for lists and maps.
 */
SQN_NODISCARD sqn_status tree_add(int64_t *out, yaml_tree *tree, tree_kind kind,
                                  const char *text, sqn_error *err);

/** Make `map`, a map that nothing refers to, the root in place of the empty one. */
void tree_adopt(yaml_tree *tree, int64_t map);

/** Give a node its key (copied). */
SQN_NODISCARD sqn_status tree_name(yaml_tree *tree, int64_t node, const char *key,
                                   sqn_error *err);

/** Make `child` the last item of `parent`. */
void tree_append(yaml_tree *tree, int64_t parent, int64_t child);

/** The item of a map with this key, or TREE_NONE. */
int64_t tree_find(const yaml_tree *tree, int64_t map, const char *key);

/** `block.key`: the keys from the root down to `parent`, then `key` (NULL: none); may be cut. */
void tree_path(char *out, size_t size, const yaml_tree *tree, int64_t parent,
               const char *key);

/** True for a scalar that YAML calls null: nothing, ~ or null. */
bool tree_is_null(const tree_node *node);

/**
 * Put `value` where `path` (`block.key`) points, in place of what was there; maps on the way
 * are made.
 *
 * @param[in] path  Also kept as the origin of the nodes that are made. Borrowed.
 * @retval SQN_ERR_CONFIG  E_CFG_LIMIT: too deep. SQN_ERR_USAGE: an empty part.
 */
SQN_NODISCARD sqn_status tree_overlay(yaml_tree *tree, const char *path, int64_t value,
                                      sqn_error *err);

/** What yaml_parse() reads. */
typedef struct tree_source {
    const char *bytes;
    size_t size;
    const char *set; /**< Path of a `--set` item, or NULL: a file. Borrowed by the nodes. */
} tree_source;

/**
 * Add the one document of `source` to the tree (yaml.c).
 *
 * Refused: more than TREE_MAX_BYTES, NUL, control characters, text that is not UTF-8, anchors, aliases,
 * tags, a second document, more than TREE_MAX_DEPTH levels or TREE_MAX_NODES nodes. Keys
 * given twice are reported to `problems`, the first one stays.
 *
 * @param[out] root  Its topmost node, not yet referred to; TREE_NONE if there is none.
 */
SQN_NODISCARD sqn_status yaml_parse(int64_t *root, yaml_tree *tree,
                                    const tree_source *source, problem_list *problems,
                                    sqn_error *err);

#endif
