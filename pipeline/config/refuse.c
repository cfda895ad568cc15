/** @file refuse.c @brief What is said of a value that does not fit its key. */
#include "refuse.h"

#include <stdio.h>

static const char *const kinds[] = {
    [KEYS_BLOCK] = "a block of keys",
    [KEYS_TEXT] = "a text",
    [KEYS_PATH] = "a file name",
    [KEYS_PREFIX] = "the beginning of a file name",
    [KEYS_HDU] = "a name or number of an HDU",
    [KEYS_CHOICE] = "a word",
    [KEYS_WORD] = "a word",
    [KEYS_BOOLEAN] = "true or false",
    [KEYS_SWITCH] = "true or false",
    [KEYS_INTEGER] = "an integer",
    [KEYS_NUMBER] = "a number",
    [KEYS_PATHS] = "a list of file names",
    [KEYS_TEXTS] = "a list of texts",
    [KEYS_INTEGERS] = "a list of integers",
    [KEYS_NUMBERS] = "a list of numbers",
    [KEYS_TRIPLES] = "a list of lists of three numbers",
    [KEYS_BOXES] = "a list of lists of four numbers",
};

const char *refuse_kind(keys_type type)
{
    return kinds[type];
}

problems_place refuse_place(const assign_target *t, const tree_node *node)
{
    return (problems_place){node->set, node->line, node->column, t->key->path};
}

/* What stands there, for a message. */
static void describe(char *out, size_t size, const tree_node *node)
{
    char shown[PROBLEMS_SHOWN_MAX];

    if (node->kind != TREE_SCALAR) {
        (void)snprintf(out, size, "%s", node->kind == TREE_LIST ? "a list" : "a block");
    } else if (tree_is_null(node)) {
        (void)snprintf(out, size, "nothing");
    } else {
        (void)snprintf(out, size, "\"%s\"%s", problems_quote(shown, node->text),
                       node->plain ? "" : " in quotes");
    }
}

/* "x" is not an integer (allowed 1 .. 9). Fix: write an integer, for example 3. */
void refuse_value(const assign_target *t, const tree_node *node, const char *kind)
{
    char what[PROBLEMS_SHOWN_MAX + 32], range[KEYS_RANGE_MAX], fix[SQN_ERROR_FIX_MAX];
    const problems_place place = refuse_place(t, node);
    const char *example = t->key->example != NULL ? t->key->example : t->key->standard;

    describe(what, sizeof what, node);
    keys_range_print(range, t->key);
    (void)snprintf(fix, sizeof fix, "write %s%s%s", refuse_kind(t->key->type),
                   example != NULL && example[0] != '\0' ? ", for example " : "",
                   example != NULL ? example : "");
    problems_add(t->problems, SQN_E_CFG_SCHEMA, &place, fix, "%s is not %s%s%s%s", what,
                 kind, range[0] != '\0' ? " (allowed " : "", range,
                 range[0] != '\0' ? ")" : "");
}

/* "medain" is not one of mean, median. Fix: write median. */
void refuse_word(const assign_target *t, const tree_node *node)
{
    char what[PROBLEMS_SHOWN_MAX + 32], near[PROBLEMS_SHOWN_MAX], fix[SQN_ERROR_FIX_MAX];
    char words[SQN_ERROR_FIX_MAX];
    const problems_place place = refuse_place(t, node);
    const bool is_near = node->kind == TREE_SCALAR &&
                         keys_nearest_word(near, sizeof near, t->key, node->text);

    describe(what, sizeof what, node);
    keys_words_print(words, sizeof words, t->key, ", ");
    (void)snprintf(fix, sizeof fix, "write %s", is_near ? near : "one of these words");
    problems_add(t->problems, SQN_E_CFG_SCHEMA, &place, fix, "%s is not one of: %s", what,
                 words);
}

void refuse_range(const assign_target *t, const tree_node *node)
{
    char range[KEYS_RANGE_MAX], shown[PROBLEMS_SHOWN_MAX];
    const problems_place place = refuse_place(t, node);

    keys_range_print(range, t->key);
    problems_add(t->problems, SQN_E_CFG_SCHEMA, &place, "write a number in this range",
                 "%s is out of range (allowed %s)", problems_quote(shown, node->text),
                 range);
}
