/** @file refuse.h @brief What is said of a value that does not fit its key. */
#ifndef REFUSE_H
#define REFUSE_H

#include "assign.h"

/** "an integer": what a value of this type is. */
const char *refuse_kind(keys_type type);

/** Where a value, or an item of it, stands. */
problems_place refuse_place(const assign_target *t, const tree_node *node);

/** `node` is not `kind`. */
void refuse_value(const assign_target *t, const tree_node *node, const char *kind);

/** `node` is none of the key's words. */
void refuse_word(const assign_target *t, const tree_node *node);

/** `node`, a number, is out of the key's range. */
void refuse_range(const assign_target *t, const tree_node *node);

#endif
