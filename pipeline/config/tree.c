/** @file tree.c @brief Nodes of a configuration: made, linked, found, replaced. */
#include "tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

static char *copy_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = sqn__mem_alloc((int64_t)size, 1);

    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

/* FNV-1a: maps of thousands of keys must not cost seconds. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    return hash;
}

static sqn_status reserve(yaml_tree *tree, sqn_error *err)
{
    const int64_t capacity = tree->capacity > 0 ? 2 * tree->capacity : 256;
    tree_node *node = NULL;

    if (tree->n < tree->capacity) {
        return SQN_OK;
    }
    node = sqn__mem_alloc(capacity, sizeof *node);
    if (node == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " nodes of the configuration", capacity);
    }
    if (tree->n > 0) {
        memcpy(node, tree->node, (size_t)tree->n * sizeof *node);
    }
    sqn__mem_free(tree->node);
    tree->node = node;
    tree->capacity = capacity;
    return SQN_OK;
}

sqn_status tree_init(yaml_tree *tree, sqn_error *err)
{
    int64_t root = TREE_NONE;

    memset(tree, 0, sizeof *tree);
    return tree_add(&root, tree, TREE_MAP, NULL, err);
}

void tree_clear(yaml_tree *tree)
{
    for (int64_t i = 0; i < tree->n; i++) {
        sqn__mem_free(tree->node[i].key);
        sqn__mem_free(tree->node[i].text);
    }
    sqn__mem_free(tree->node);
    memset(tree, 0, sizeof *tree);
}

sqn_status tree_add(int64_t *out, yaml_tree *tree, tree_kind kind, const char *text,
                    sqn_error *err)
{
    const sqn_status status = reserve(tree, err);
    tree_node node = {.kind = kind,
                      .parent = TREE_NONE,
                      .first = TREE_NONE,
                      .last = TREE_NONE,
                      .next = TREE_NONE};

    *out = TREE_NONE;
    if (status != SQN_OK) {
        return status;
    }
    node.text = text != NULL ? copy_text(text) : NULL;
    if (text != NULL && node.text == NULL) {
        return SQN_RAISE(err, E_MEM, "a value of the configuration");
    }
    *out = tree->n;
    tree->node[tree->n++] = node;
    return SQN_OK;
}

sqn_status tree_name(yaml_tree *tree, int64_t node, const char *key, sqn_error *err)
{
    char *copy = copy_text(key);

    if (copy == NULL) {
        return SQN_RAISE(err, E_MEM, "a key of the configuration");
    }
    sqn__mem_free(tree->node[node].key);
    tree->node[node].key = copy;
    tree->node[node].key_hash = hash_text(key);
    return SQN_OK;
}

void tree_append(yaml_tree *tree, int64_t parent, int64_t child)
{
    tree_node *up = &tree->node[parent];

    tree->node[child].parent = parent;
    if (up->last == TREE_NONE) {
        up->first = child;
    } else {
        tree->node[up->last].next = child;
    }
    up->last = child;
    up->n_child++;
}

void tree_adopt(yaml_tree *tree, int64_t map)
{
    for (int64_t i = tree->node[map].first; i != TREE_NONE; i = tree->node[i].next) {
        tree->node[i].parent = 0;
    }
    tree->node[0].first = tree->node[map].first;
    tree->node[0].last = tree->node[map].last;
    tree->node[0].n_child = tree->node[map].n_child;
}

int64_t tree_find(const yaml_tree *tree, int64_t map, const char *key)
{
    const uint64_t hash = hash_text(key);
    int64_t i = tree->node[map].first;

    while (i != TREE_NONE &&
           (tree->node[i].key_hash != hash || strcmp(tree->node[i].key, key) != 0)) {
        i = tree->node[i].next;
    }
    return i;
}

void tree_path(char *out, size_t size, const yaml_tree *tree, int64_t parent,
               const char *key)
{
    const char *keys[TREE_MAX_DEPTH + 2] = {key};
    int n = key != NULL ? 1 : 0;
    size_t used = 0;

    for (int64_t i = parent; i != TREE_NONE && n < TREE_MAX_DEPTH + 2;
         i = tree->node[i].parent) {
        if (tree->node[i].key != NULL) {
            keys[n++] = tree->node[i].key;
        }
    }
    out[0] = '\0';
    while (n-- > 0 && used < size) {
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", keys[n], n > 0 ? "." : "");
    }
}

bool tree_is_null(const tree_node *node)
{
    return node->kind == TREE_SCALAR && node->plain &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

/* Take the item with this key out of its map; what is behind it moves up. */
static void unlink_key(yaml_tree *tree, int64_t map, const char *key)
{
    const int64_t gone = tree_find(tree, map, key);
    int64_t before = TREE_NONE;

    if (gone == TREE_NONE) {
        return;
    }
    for (int64_t i = tree->node[map].first; i != gone; i = tree->node[i].next) {
        before = i;
    }
    if (before == TREE_NONE) {
        tree->node[map].first = tree->node[gone].next;
    } else {
        tree->node[before].next = tree->node[gone].next;
    }
    if (tree->node[map].last == gone) {
        tree->node[map].last = before;
    }
    tree->node[gone].next = TREE_NONE;
    tree->node[gone].parent = TREE_NONE;
    tree->node[map].n_child--;
}

/* The map under `key`, made if there is none. */
static sqn_status enter(int64_t *out, yaml_tree *tree, int64_t map, const char *key,
                        const char *origin, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t child = tree_find(tree, map, key);

    if (child != TREE_NONE && tree->node[child].kind == TREE_MAP) {
        *out = child;
        return SQN_OK;
    }
    unlink_key(tree, map, key);
    SQN_TRY(tree_add(&child, tree, TREE_MAP, NULL, err));
    SQN_TRY(tree_name(tree, child, key, err));
    tree->node[child].set = origin;
    tree_append(tree, map, child);
    *out = child;
cleanup:
    return status;
}

/* Every part of a path has a name, and there are not too many. */
static sqn_status check_path(const char *path, sqn_error *err)
{
    int n = 1;

    for (const char *part = path; part != NULL; n++) {
        if (part[0] == '\0' || part[0] == '.') {
            return SQN_RAISE(err, E_USAGE, "a key is empty in \"%.60s\"", path);
        }
        if (n > TREE_MAX_DEPTH) {
            return SQN_RAISE(err, E_CFG_LIMIT, "more than %d levels", TREE_MAX_DEPTH);
        }
        part = strchr(part, '.');
        part = part != NULL ? part + 1 : NULL;
    }
    return SQN_OK;
}

sqn_status tree_overlay(yaml_tree *tree, const char *path, int64_t value, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *parts = NULL, *part = NULL;
    int64_t map = 0;

    SQN_TRY(check_path(path, err));
    parts = copy_text(path);
    if (parts == NULL) {
        return SQN_RAISE(err, E_MEM, "the path of a --set item");
    }
    part = parts;
    for (char *dot = strchr(part, '.'); dot != NULL; dot = strchr(part, '.')) {
        *dot = '\0';
        SQN_TRY(enter(&map, tree, map, part, path, err));
        part = dot + 1;
    }
    unlink_key(tree, map, part);
    SQN_TRY(tree_name(tree, value, part, err));
    tree_append(tree, map, value);
cleanup:
    sqn__mem_free(parts);
    return status;
}
