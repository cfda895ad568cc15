/** @file assign.c @brief Values to fields, type by type, with the reason when one is wrong. */
#include "assign.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "convert.h"
#include "mem.h"
#include "raise.h"
#include "refuse.h"

_Static_assert(sizeof(config_task) == sizeof(int), "words are stored as int");

static const tree_node *value(const assign_target *t)
{
    return &t->tree->node[t->node];
}

/* A text with something in it that a line may hold. */
static bool is_line(const tree_node *node)
{
    if (node->kind != TREE_SCALAR || tree_is_null(node)) {
        return false;
    }
    for (const unsigned char *c = (const unsigned char *)node->text; *c != '\0'; c++) {
        const bool next_line = c[0] == 0xc2 && c[1] < 0xa0;    /* C1 */
        const bool separator = c[0] == 0xe2 && c[1] == 0x80 && /* U+2028, 2029 */
                               (c[2] == 0xa8 || c[2] == 0xa9);

        if (*c < 0x20 || *c == 0x7f || next_line || separator) {
            return false;
        }
    }
    return true;
}

static sqn_status copy(char **out, const char *text, sqn_error *err)
{
    const size_t size = strlen(text) + 1;
    char *own = sqn__mem_alloc((int64_t)size, 1);

    if (own == NULL) {
        return SQN_RAISE(err, E_MEM, "a text of the configuration");
    }
    memcpy(own, text, size);
    *out = own;
    return SQN_OK;
}

static sqn_status assign_text(const assign_target *t, sqn_error *err)
{
    if (!is_line(value(t))) {
        refuse_value(t, value(t), "a text of one line");
        return SQN_OK;
    }
    return value(t)->text[0] == '\0' ? SQN_OK : copy(t->field, value(t)->text, err);
}

static sqn_status assign_path(const assign_target *t, sqn_error *err)
{
    if (!is_line(value(t)) || value(t)->text[0] == '\0') {
        refuse_value(t, value(t), refuse_kind(KEYS_PATH));
        return SQN_OK;
    }
    return copy(t->field, value(t)->text, err);
}

static sqn_status assign_prefix(const assign_target *t, sqn_error *err)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    enum { LENGTH_MAX = 100 };
    const tree_node *node = value(t);

    if (!is_line(node)) {
        refuse_value(t, node, refuse_kind(KEYS_PREFIX));
        return SQN_OK;
    }
    if (strspn(node->text, letters) != strlen(node->text) ||
        strlen(node->text) > LENGTH_MAX) {
        const problems_place place = refuse_place(t, node);
        char shown[PROBLEMS_SHOWN_MAX];

        problems_add(t->problems, SQN_E_PATH, &place, NULL,
                     "\"%s\" cannot begin a file name (at most %d of [A-Za-z0-9._-])",
                     problems_quote(shown, node->text), LENGTH_MAX);
        return SQN_OK;
    }
    return copy(t->field, node->text, err);
}

static sqn_status assign_hdu(const assign_target *t, sqn_error *err)
{
    int64_t whole = 0;
    double number = 0.0;
    const tree_node *node = value(t);

    if (!is_line(node) || node->text[0] == '\0' ||
        (convert_number(&number, node->text) &&
         (!convert_integer(&whole, node->text) || whole < 0))) {
        refuse_value(t, node, refuse_kind(KEYS_HDU));
        return SQN_OK;
    }
    return copy(t->field, node->text, err);
}

static sqn_status assign_word(const assign_target *t, sqn_error *err)
{
    const int word =
        value(t)->kind == TREE_SCALAR ? keys_word_value(t->key, value(t)->text) : -1;

    if (word < 0) {
        refuse_word(t, value(t));
        return SQN_OK;
    }
    if (t->key->type == KEYS_CHOICE) {
        return copy(t->field, value(t)->text, err);
    }
    memcpy(t->field, &word, sizeof word);
    return SQN_OK;
}

static sqn_status assign_boolean(const assign_target *t, sqn_error *err)
{
    bool yes = false;

    (void)err;
    if (value(t)->kind != TREE_SCALAR || !value(t)->plain ||
        !convert_boolean(&yes, value(t)->text)) {
        refuse_value(t, value(t), refuse_kind(KEYS_BOOLEAN));
    } else if (t->key->type == KEYS_SWITCH) {
        *(int *)t->field = yes ? CONFIG_TRUE : CONFIG_FALSE;
    } else {
        *(bool *)t->field = yes;
    }
    return SQN_OK;
}

static bool in_range(const keys_key *key, double number)
{
    return key->low == key->high ||
           (number <= key->high && (key->above ? number > key->low : number >= key->low));
}

/* An item or value as integer; false and reported if it is none. */
static bool take_integer(int64_t *out, const assign_target *t, const tree_node *node)
{
    const bool is_text = node->kind == TREE_SCALAR && node->plain;
    const problems_place place = refuse_place(t, node);
    const int word =
        is_text && t->key->words != NULL ? keys_word_value(t->key, node->text) : -1;

    if (word >= 0) {
        *out = word;
        return true;
    }
    if (!is_text || !convert_integer(out, node->text)) {
        refuse_value(t, node, refuse_kind(KEYS_INTEGER));
        return false;
    }
    if (!in_range(t->key, (double)*out)) {
        refuse_range(t, node);
        return false;
    }
    if (t->key->even && *out % 2 != 0) {
        problems_add(t->problems, SQN_E_CFG_SCHEMA, &place, "write an even number",
                     "%" PRId64 " is odd", *out);
        return false;
    }
    return true;
}

static bool take_number(double *out, const assign_target *t, const tree_node *node)
{
    if (node->kind != TREE_SCALAR || !node->plain || !convert_number(out, node->text)) {
        refuse_value(t, node, refuse_kind(KEYS_NUMBER));
        return false;
    }
    if (!in_range(t->key, *out)) {
        refuse_range(t, node);
        return false;
    }
    return true;
}

static sqn_status assign_integer(const assign_target *t, sqn_error *err)
{
    int64_t number = 0;

    (void)err;
    if (take_integer(&number, t, value(t))) {
        *(int64_t *)t->field = number;
    }
    return SQN_OK;
}

static sqn_status assign_number(const assign_target *t, sqn_error *err)
{
    double number = 0.0;

    (void)err;
    if (take_number(&number, t, value(t))) {
        *(double *)t->field = number;
    }
    return SQN_OK;
}

/* A list of the right length; false and reported if not. */
static bool is_list(const assign_target *t, const tree_node *node, int64_t n_min,
                    int64_t n_max)
{
    const problems_place place = refuse_place(t, node);
    char needed[48];

    if (node->kind != TREE_LIST) {
        refuse_value(t, node, refuse_kind(t->key->type));
        return false;
    }
    if (node->n_child >= n_min && (n_max == 0 || node->n_child <= n_max)) {
        return true;
    }
    (void)snprintf(needed, sizeof needed, "write %s%" PRId64 " value%s",
                   n_min == n_max ? "" : "at least ", n_min, n_min == 1 ? "" : "s");
    problems_add(t->problems, SQN_E_CFG_SCHEMA, &place, needed,
                 "the list has %" PRId64 " value%s", node->n_child,
                 node->n_child == 1 ? "" : "s");
    return false;
}

/* File names, or other texts. */
static sqn_status assign_texts(const assign_target *t, sqn_error *err)
{
    sqn_status status = SQN_OK;
    config_texts list = {0};
    const int64_t n_before = t->problems->n;

    if (!is_list(t, value(t), t->key->n_min, t->key->n_max)) {
        return SQN_OK;
    }
    list.item = sqn__mem_alloc(value(t)->n_child + 1, sizeof *list.item);
    if (list.item == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " texts", value(t)->n_child);
    }
    for (int64_t i = value(t)->first; i != TREE_NONE; i = t->tree->node[i].next) {
        const tree_node *item = &t->tree->node[i];

        if (!is_line(item) || item->text[0] == '\0' || strcmp(item->text, "@") == 0) {
            refuse_value(t, item,
                         refuse_kind(t->key->type == KEYS_PATHS ? KEYS_PATH : KEYS_TEXT));
            continue;
        }
        SQN_TRY(copy(&list.item[list.n], item->text, err));
        list.n++;
    }
    if (t->problems->n == n_before) {
        *(config_texts *)t->field = list;
        list = (config_texts){0};
    }
cleanup:
    assign_clear(t->key, &list);
    return status;
}

static sqn_status assign_integers(const assign_target *t, sqn_error *err)
{
    config_integers list = {0};
    const int64_t n_before = t->problems->n;

    if (!is_list(t, value(t), t->key->n_min, t->key->n_max)) {
        return SQN_OK;
    }
    list.item = sqn__mem_alloc(value(t)->n_child, sizeof *list.item);
    if (list.item == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " integers", value(t)->n_child);
    }
    for (int64_t i = value(t)->first; i != TREE_NONE; i = t->tree->node[i].next) {
        if (take_integer(&list.item[list.n], t, &t->tree->node[i])) {
            list.n++;
        }
    }
    for (int64_t i = 1; t->key->unlike && i < list.n; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (list.item[i] == list.item[j]) {
                const problems_place place = refuse_place(t, value(t));

                problems_add(t->problems, SQN_E_CFG_SCHEMA, &place, "give it once",
                             "%" PRId64 " is given twice", list.item[i]);
                i = list.n;
                break;
            }
        }
    }
    if (t->problems->n != n_before) {
        assign_clear(t->key, &list);
        return SQN_OK;
    }
    *(config_integers *)t->field = list;
    return SQN_OK;
}

/* The numbers of one list, appended. */
static void take_numbers(config_numbers *list, const assign_target *t, int64_t node)
{
    for (int64_t i = t->tree->node[node].first; i != TREE_NONE; i = t->tree->node[i].next) {
        if (take_number(&list->item[list->n], t, &t->tree->node[i])) {
            list->n++;
        }
    }
}

static void check_rising(const assign_target *t, const config_numbers *list)
{
    for (int64_t i = 1; i < list->n; i++) {
        if (!(list->item[i] > list->item[i - 1])) {
            const problems_place place = refuse_place(t, value(t));

            problems_add(
                t->problems, SQN_E_CFG_SCHEMA, &place, "write the smaller number first",
                "the numbers do not rise (%g, then %g)", list->item[i - 1], list->item[i]);
            return;
        }
    }
}

static sqn_status assign_numbers(const assign_target *t, sqn_error *err)
{
    config_numbers list = {0};
    const int64_t n_before = t->problems->n;
    const int64_t width = keys_width(t->key->type);

    if (!is_list(t, value(t), t->key->n_min, t->key->n_max)) {
        return SQN_OK;
    }
    list.item = sqn__mem_alloc(value(t)->n_child * width, sizeof *list.item);
    if (list.item == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " numbers", value(t)->n_child * width);
    }
    if (width == 1) {
        take_numbers(&list, t, t->node);
    }
    for (int64_t i = value(t)->first; width > 1 && i != TREE_NONE;
         i = t->tree->node[i].next) {
        if (is_list(t, &t->tree->node[i], width, width)) {
            take_numbers(&list, t, i);
        } else if (t->tree->node[i].kind == TREE_SCALAR) {
            break; /* brackets are missing: said once */
        }
    }
    if (t->key->rising && t->problems->n == n_before) {
        check_rising(t, &list);
    }
    if (t->problems->n != n_before) {
        assign_clear(t->key, &list);
        return SQN_OK;
    }
    *(config_numbers *)t->field = list;
    return SQN_OK;
}

static sqn_status assign_block(const assign_target *t, sqn_error *err)
{
    const tree_node *node = value(t);
    const bool is_word = t->key->words != NULL && node->kind == TREE_SCALAR &&
                         keys_word_value(t->key, node->text) >= 0;

    (void)err;
    if (!is_word && node->kind != TREE_MAP && !tree_is_null(node)) {
        refuse_value(t, node,
                     t->key->words != NULL ? "a block of keys, nor the word science"
                                           : refuse_kind(KEYS_BLOCK));
    } else if (t->field != NULL) {
        *(bool *)t->field = t->key->words == NULL || is_word;
    }
    return SQN_OK;
}

sqn_status assign_value(const assign_target *target, sqn_error *err)
{
    static sqn_status (*const assigners[])(const assign_target *, sqn_error *) = {
        [KEYS_BLOCK] = assign_block,       [KEYS_TEXT] = assign_text,
        [KEYS_PATH] = assign_path,         [KEYS_PREFIX] = assign_prefix,
        [KEYS_HDU] = assign_hdu,           [KEYS_CHOICE] = assign_word,
        [KEYS_WORD] = assign_word,         [KEYS_BOOLEAN] = assign_boolean,
        [KEYS_SWITCH] = assign_boolean,    [KEYS_INTEGER] = assign_integer,
        [KEYS_NUMBER] = assign_number,     [KEYS_PATHS] = assign_texts,
        [KEYS_INTEGERS] = assign_integers, [KEYS_NUMBERS] = assign_numbers,
        [KEYS_TRIPLES] = assign_numbers,   [KEYS_BOXES] = assign_numbers,
        [KEYS_TEXTS] = assign_texts,
    };

    return assigners[target->key->type](target, err);
}

static void clear_texts(config_texts *list)
{
    for (int64_t i = 0; i < list->n; i++) {
        sqn__mem_free(list->item[i]);
    }
    sqn__mem_free(list->item);
    *list = (config_texts){0};
}

void assign_clear(const keys_key *key, void *field)
{
    switch (key->type) {
    case KEYS_TEXT:
    case KEYS_PATH:
    case KEYS_PREFIX:
    case KEYS_HDU:
    case KEYS_CHOICE:
        sqn__mem_free(*(char **)field);
        *(char **)field = NULL;
        break;
    case KEYS_PATHS:
    case KEYS_TEXTS:
        clear_texts(field);
        break;
    case KEYS_INTEGERS:
        sqn__mem_free(((config_integers *)field)->item);
        *(config_integers *)field = (config_integers){0};
        break;
    case KEYS_NUMBERS:
    case KEYS_TRIPLES:
    case KEYS_BOXES:
        sqn__mem_free(((config_numbers *)field)->item);
        *(config_numbers *)field = (config_numbers){0};
        break;
    case KEYS_SWITCH:
        *(int *)field = CONFIG_UNSET;
        break;
    case KEYS_NUMBER:
        *(double *)field = NAN;
        break;
    case KEYS_INTEGER:
        *(int64_t *)field = 0;
        break;
    case KEYS_WORD:
        memset(field, 0, sizeof(int));
        break;
    case KEYS_BOOLEAN:
        *(bool *)field = false;
        break;
    case KEYS_BLOCK:
        break;
    }
}
