/** @file resolve.c @brief Every key of the tree is looked up, every field gets its value. */
#include "resolve.h"

#include <stdio.h>
#include <string.h>

#include "assign.h"
#include "keys.h"
#include "mem.h"
#include "raise.h"

static void *field_of(const resolve *r, const keys_key *key)
{
    return key->type == KEYS_BLOCK && key->offset == 0 ? NULL
                                                       : (char *)r->config + key->offset;
}

static sqn_status assign_node(const resolve *r, const keys_key *key, int64_t node,
                              sqn_error *err)
{
    const assign_target target = {key, r->tree, node, field_of(r, key), r->problems};

    return assign_value(&target, err);
}

static sqn_status assign_standard(const resolve *r, const keys_key *key, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t node = TREE_NONE;

    if (key->standard == NULL) {
        return SQN_OK;
    }
    if (key->standard[0] == '[') {
        const tree_source source = {key->standard, strlen(key->standard), key->path};

        SQN_TRY(yaml_parse(&node, r->tree, &source, r->problems, err));
    } else {
        SQN_TRY(tree_add(&node, r->tree, TREE_SCALAR, key->standard, err));
        r->tree->node[node].plain = key->standard[0] != '\0'; /* "" is not null */
    }
    SQN_TRY(assign_node(r, key, node, err));
cleanup:
    return status;
}

static void report_unknown(const resolve *r, const tree_node *node, const char *path)
{
    const keys_key *near = keys_nearest(path);
    const problems_place place = {node->set, node->key_line, node->key_column, path};
    char fix[SQN_ERROR_FIX_MAX], shown[PROBLEMS_SHOWN_MAX];

    if (near != NULL) {
        (void)snprintf(fix, sizeof fix, "write %s, if you mean that key",
                       (size_t)(keys_leaf(near->path) - near->path) ==
                               (size_t)(keys_leaf(path) - path)
                           ? keys_leaf(near->path)
                           : near->path);
    }
    problems_add(r->problems, SQN_E_CFG_SCHEMA, &place, near != NULL ? fix : NULL,
                 "unknown key \"%s\"", problems_quote(shown, node->key));
}

/* One written key; `*inside` says whether its own keys are next. */
static sqn_status take_key(const resolve *r, int64_t node, bool *inside, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int n = 0;
    char path[PROBLEMS_PATH_MAX];
    const int64_t n_before = r->problems->n;

    tree_path(path, sizeof path, r->tree, node, NULL);
    const int index = keys_find(path);

    *inside = false;
    if (index < 0) {
        report_unknown(r, &r->tree->node[node], path);
        return SQN_OK;
    }
    const keys_key *key = &keys_table(&n)[index];

    r->node[index] = node;
    *inside = key->type == KEYS_BLOCK && r->tree->node[node].kind == TREE_MAP;
    SQN_TRY(assign_node(r, key, node, err));
    if (r->problems->n != n_before) {
        SQN_TRY(assign_standard(r, key, err));
    }
cleanup:
    return status;
}

/* All keys in the order of the file: blocks are entered, not their lists. */
static sqn_status take_keys(const resolve *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t node = r->tree->node[0].first;

    while (node != TREE_NONE) {
        bool inside = false;

        SQN_TRY(take_key(r, node, &inside, err));
        if (inside && r->tree->node[node].first != TREE_NONE) {
            node = r->tree->node[node].first;
            continue;
        }
        while (node > 0 && r->tree->node[node].next == TREE_NONE) {
            node = r->tree->node[node].parent;
        }
        node = node > 0 ? r->tree->node[node].next : TREE_NONE;
    }
cleanup:
    return status;
}

static const char *const tasks[] = {[CONFIG_TASK_IMAGING] = "imaging",
                                    [CONFIG_TASK_SPECTRA] = "spectra",
                                    [CONFIG_TASK_IMPUTE] = "impute"};

/* The task whose block is there. */
static config_task likely_task(const resolve *r)
{
    return resolve_given(r, "images")    ? CONFIG_TASK_IMPUTE
           : resolve_given(r, "spectra") ? CONFIG_TASK_SPECTRA
                                         : CONFIG_TASK_IMAGING;
}

static void check_required(const resolve *r, const keys_key *key)
{
    const int block = key->need == KEYS_IN_BLOCK ? keys_block(key->path) : -1;
    const int64_t at = block >= 0 ? r->node[block] : TREE_NONE;
    problems_place place = {.key = key->path};
    char fix[SQN_ERROR_FIX_MAX];

    if (key->need == KEYS_OPTIONAL ||
        (r->use == CONFIG_FOR_RUN && !keys_serves(key, (int)r->config->task)) ||
        (key->need == KEYS_FOR_SIMULATE) != (r->use == CONFIG_FOR_SIMULATE) ||
        (key->need == KEYS_IN_BLOCK &&
         (at == TREE_NONE ||
          (r->tree->node[at].kind != TREE_MAP && !tree_is_null(&r->tree->node[at]))))) {
        return;
    }
    if (at != TREE_NONE) {
        place.set = r->tree->node[at].set;
        place.line = r->tree->node[at].key_line;
        place.column = r->tree->node[at].key_column;
    }
    if (key->type == KEYS_BLOCK) {
        (void)snprintf(fix, sizeof fix, "add the block %s:%s%s", key->path,
                       key->words != NULL ? ", or write references: " : "",
                       key->words != NULL ? key->words : "");
    } else {
        const char *value = key->example;

        if (strcmp(key->path, "task") == 0) { /* what else is missing depends on it */
            r->config->task = likely_task(r);
            value = tasks[r->config->task];
        }
        (void)snprintf(fix, sizeof fix, "write %s: %s", keys_leaf(key->path), value);
    }
    problems_add(r->problems, SQN_E_CFG_SCHEMA, &place, fix, "a required key is missing");
}

/* Defaults of what is not written. */
static sqn_status take_standards(const resolve *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int n = 0;
    const keys_key *table = keys_table(&n);

    for (int i = 0; i < n && status == SQN_OK; i++) {
        if (r->node[i] == TREE_NONE) {
            status = assign_standard(r, &table[i], err);
            check_required(r, &table[i]);
        }
    }
    return status;
}

sqn_status resolve_tree(resolve *r, sqn_error *err)
{
    int n = 0;
    const keys_key *table = keys_table(&n);
    sqn_status status = SQN_OK;
    int64_t *node = sqn__mem_alloc(n, sizeof *node);

    r->node = node;
    if (node == NULL) {
        return SQN_RAISE(err, E_MEM, "the keys of the configuration");
    }
    for (int i = 0; i < n; i++) {
        node[i] = TREE_NONE;
        if (table[i].type != KEYS_BLOCK) {
            assign_clear(&table[i], field_of(r, &table[i]));
        }
    }
    status = take_keys(r, err);
    return status == SQN_OK ? take_standards(r, err) : status;
}

void resolve_clear(resolve *r)
{
    sqn__mem_free(r->node);
    r->node = NULL;
}

bool resolve_given(const resolve *r, const char *path)
{
    const int index = keys_find(path);

    return index >= 0 && r->node[index] != TREE_NONE;
}

problems_place resolve_place(const resolve *r, const char *path)
{
    const int index = keys_find(path);
    problems_place place = {.key = path};

    if (index >= 0 && r->node[index] != TREE_NONE) {
        const tree_node *node = &r->tree->node[r->node[index]];

        place.set = node->set;
        place.line = node->line;
        place.column = node->column;
    }
    return place;
}
