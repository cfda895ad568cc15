/** @file assign.h @brief One value of the tree to one field of the configuration. */
#ifndef ASSIGN_H
#define ASSIGN_H

#include "keys.h"
#include "problems.h"
#include "tree.h"

typedef struct assign_target {
    const keys_key *key;
    const yaml_tree *tree;
    int64_t node; /**< The value. */
    void *field;  /**< What it fills; must hold nothing yet. */
    problem_list
        *problems; /**< Where wrong values are reported; the field stays as it is. */
} assign_target;

/** Check the value against its key and fill the field. Fails for want of memory only. */
SQN_NODISCARD sqn_status assign_value(const assign_target *target, sqn_error *err);

/** Free what a field owns and set it to "not given". */
void assign_clear(const keys_key *key, void *field);

#endif
