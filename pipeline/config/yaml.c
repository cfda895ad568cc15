/** @file yaml.c @brief YAML text to a tree: libyaml's events, and what they may not hold. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "mem.h"
#include "raise.h"
#include "tree.h"

/* Where the next node goes. */
typedef struct builder {
    yaml_tree *tree;
    const tree_source *source;
    problem_list *problems;
    int64_t n_before; /* nodes of earlier texts */
    int64_t root;
    int64_t open; /* innermost list or map, or TREE_NONE */
    int64_t open_depth;
    bool has_key;  /* in a map: the next node is the value of `key` */
    tree_node key; /* its key, key_line and key_column */
    int64_t n_document;
} builder;

static sqn_status raise_at(const builder *b, sqn_error *err, sqn_id id, yaml_mark_t mark,
                           const char *message)
{
    problems_place place = {.set = b->source->set};
    problem_list here = {.path = b->problems->path};

    if (place.set == NULL) {
        place.line = (int64_t)mark.line + 1;
        place.column = (int64_t)mark.column + 1;
    }
    problems_add(&here, id, &place, NULL, "%s", message);
    if (err != NULL) {
        *err = here.first;
    }
    return sqn_error_status(id);
}

/* Bytes of the UTF-8 character at `c`, 0 if there is none or it is not a character. */
static size_t utf8_length(const unsigned char *c, size_t left)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = c[0] < 0x80   ? 1
                          : c[0] < 0xc2 ? 0
                          : c[0] < 0xe0 ? 2
                          : c[0] < 0xf0 ? 3
                          : c[0] < 0xf5 ? 4
                                        : 0;
    uint32_t code = length > 1 ? c[0] & (0x7fU >> length) : c[0];

    if (length == 0 || length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xc0U) != 0x80U) {
            return 0;
        }
        code = code << 6U | (c[i] & 0x3fU);
    }
    if (length > 1 &&
        (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
         code == 0xfffe || code == 0xffff)) {
        return 0;
    }
    return length;
}

/* Control characters but tab, line feed, carriage return; C1 but NEL. */
static bool is_control(const unsigned char *c, size_t length)
{
    if (length == 1) {
        return (c[0] < 0x20 && c[0] != '\t' && c[0] != '\n' && c[0] != '\r') ||
               c[0] == 0x7f;
    }
    return length == 2 && c[0] == 0xc2 && c[1] < 0xa0 && c[1] != 0x85;
}

/* libyaml gives bad bytes the place 1:1; so we look first. */
static sqn_status scan(const builder *b, sqn_error *err)
{
    const unsigned char *c = (const unsigned char *)b->source->bytes;
    const size_t size = b->source->size;
    yaml_mark_t mark = {0};
    char message[160];

    if (size >= 2 && ((c[0] == 0xff && c[1] == 0xfe) || (c[0] == 0xfe && c[1] == 0xff))) {
        return raise_at(b, err, SQN_E_CFG_SYNTAX, mark,
                        "the file is UTF-16, not UTF-8; save it as UTF-8");
    }
    for (size_t i = 0, length = 1; i < size; i += length) {
        length = utf8_length(c + i, size - i);
        if (length == 0 || is_control(c + i, length)) {
            (void)snprintf(message, sizeof message, "byte 0x%02x at offset %zu is %s", c[i],
                           i, length == 0 ? "not UTF-8 text" : "a control character");
            return raise_at(b, err, SQN_E_CFG_SYNTAX, mark, message);
        }
        mark.column = c[i] == '\n' ? 0 : mark.column + 1;
        mark.line += c[i] == '\n' ? 1 : 0;
    }
    return SQN_OK;
}

/* Put a finished node into the open list or map, or make it the root. */
static sqn_status place_node(builder *b, int64_t node, const yaml_event_t *event,
                             sqn_error *err)
{
    sqn_status status = SQN_OK;
    tree_node *n = &b->tree->node[node];

    n->line = (int64_t)event->start_mark.line + 1;
    n->column = (int64_t)event->start_mark.column + 1;
    n->set = b->source->set;
    if (b->open == TREE_NONE) {
        b->root = node;
        return SQN_OK;
    }
    if (b->tree->node[b->open].kind == TREE_MAP) {
        const int64_t twin = tree_find(b->tree, b->open, b->key.key);

        n->key_line = b->key.key_line;
        n->key_column = b->key.key_column;
        SQN_TRY(tree_name(b->tree, node, b->key.key, err));
        b->has_key = false;
        if (twin != TREE_NONE) {
            char path[PROBLEMS_PATH_MAX];
            const problems_place at = {b->source->set, n->key_line, n->key_column, path};

            tree_path(path, sizeof path, b->tree, b->open, b->key.key);
            problems_add(b->problems, SQN_E_CFG_SCHEMA, &at, "give it once",
                         "the key is given twice, in line %" PRId64 " and in line %" PRId64,
                         b->tree->node[twin].key_line, n->key_line);
            n->parent = b->open; /* closed like any other, but no item of the map */
            return SQN_OK;
        }
    }
    tree_append(b->tree, b->open, node);
cleanup:
    return status;
}

static sqn_status add(builder *b, int64_t *node, tree_kind kind, const yaml_event_t *event,
                      sqn_error *err)
{
    sqn_status status = SQN_OK;
    const char *text = kind == TREE_SCALAR ? (const char *)event->data.scalar.value : NULL;

    if (b->tree->n - b->n_before >= TREE_MAX_NODES) {
        SQN_TRY(
            raise_at(b, err, SQN_E_CFG_LIMIT, event->start_mark, "more than 10000 values"));
    }
    SQN_TRY(tree_add(node, b->tree, kind, text, err));
    SQN_TRY(place_node(b, *node, event, err));
cleanup:
    return status;
}

static sqn_status begin(builder *b, tree_kind kind, const yaml_event_t *event,
                        sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t node = TREE_NONE;

    if (b->open != TREE_NONE && b->tree->node[b->open].kind == TREE_MAP && !b->has_key) {
        SQN_TRY(raise_at(b, err, SQN_E_CFG_SYNTAX, event->start_mark,
                         "a key is a list or a map, not a word"));
    }
    if (b->open_depth >= TREE_MAX_DEPTH) {
        SQN_TRY(raise_at(b, err, SQN_E_CFG_LIMIT, event->start_mark,
                         "more than 32 levels of lists and maps"));
    }
    SQN_TRY(add(b, &node, kind, event, err));
    b->open = node;
    b->open_depth++;
cleanup:
    return status;
}

static sqn_status end(builder *b)
{
    b->open = b->tree->node[b->open].parent;
    b->open_depth--;
    return SQN_OK;
}

static sqn_status remember_key(builder *b, const yaml_event_t *event, sqn_error *err)
{
    const size_t size = event->data.scalar.length + 1;

    sqn__mem_free(b->key.key);
    b->key.key = sqn__mem_alloc((int64_t)size, 1);
    if (b->key.key == NULL) {
        return SQN_RAISE(err, E_MEM, "a key of the configuration");
    }
    memcpy(b->key.key, event->data.scalar.value, size);
    b->key.key_line = (int64_t)event->start_mark.line + 1;
    b->key.key_column = (int64_t)event->start_mark.column + 1;
    b->has_key = true;
    return SQN_OK;
}

static sqn_status scalar(builder *b, const yaml_event_t *event, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t node = TREE_NONE;

    if (memchr(event->data.scalar.value, '\0', event->data.scalar.length) != NULL) {
        return raise_at(b, err, SQN_E_CFG_SYNTAX, event->start_mark,
                        "a text holds a NUL character");
    }
    if (b->open != TREE_NONE && b->tree->node[b->open].kind == TREE_MAP && !b->has_key) {
        return remember_key(b, event, err);
    }
    SQN_TRY(add(b, &node, TREE_SCALAR, event, err));
    b->tree->node[node].plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
cleanup:
    return status;
}

/* Anchors, aliases and tags: one text, one meaning. */
static sqn_status refuse_magic(const builder *b, const yaml_event_t *event, sqn_error *err)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        anchor = event->data.alias.anchor;
        break;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor != NULL) {
        return raise_at(b, err, SQN_E_CFG_SYNTAX, event->start_mark,
                        "anchors (&) and aliases (*) are not allowed; put a pattern in "
                        "quotes");
    }
    if (tag != NULL) {
        return raise_at(b, err, SQN_E_CFG_SYNTAX, event->start_mark,
                        "tags (!) are not allowed; put such a text in quotes");
    }
    return SQN_OK;
}

static sqn_status take(builder *b, const yaml_event_t *event, sqn_error *err)
{
    const sqn_status status = refuse_magic(b, event, err);

    if (status != SQN_OK) {
        return status;
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->n_document++ > 0) {
            return raise_at(b, err, SQN_E_CFG_SCHEMA, event->start_mark,
                            "a second document begins here; one file is one configuration");
        }
        return SQN_OK;
    case YAML_SCALAR_EVENT:
        return scalar(b, event, err);
    case YAML_SEQUENCE_START_EVENT:
        return begin(b, TREE_LIST, event, err);
    case YAML_MAPPING_START_EVENT:
        return begin(b, TREE_MAP, event, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end(b);
    default:
        return SQN_OK;
    }
}

/* Does a tab stand at the mark, whose column counts characters? */
static bool is_tab(const builder *b, yaml_mark_t mark)
{
    const char *c = b->source->bytes, *end = c + b->source->size;

    for (size_t line = 0; line < mark.line && c < end; c++) {
        line += *c == '\n' ? 1 : 0;
    }
    for (size_t column = 0; c < end && column < mark.column; column++) {
        c += utf8_length((const unsigned char *)c,
                         (size_t)(end - c)); /* checked by scan() */
    }
    return c < end && *c == '\t';
}

static sqn_status raise_parser(const builder *b, const yaml_parser_t *parser,
                               sqn_error *err)
{
    char message[300];

    if (parser->error == YAML_MEMORY_ERROR) {
        return SQN_RAISE(err, E_MEM, "the YAML parser");
    }
    if (is_tab(b, parser->problem_mark)) {
        const sqn_status status =
            raise_at(b, err, SQN_E_CFG_SYNTAX, parser->problem_mark,
                     "a tab stands here, where YAML takes spaces only");

        sqn__error_mend(err, "put spaces in place of the tab");
        return status;
    }
    (void)snprintf(message, sizeof message, "%s%s%s",
                   parser->context != NULL ? parser->context : "",
                   parser->context != NULL ? ": " : "",
                   parser->problem != NULL ? parser->problem : "not YAML");
    const sqn_status status =
        raise_at(b, err, SQN_E_CFG_SYNTAX, parser->problem_mark, message);

    if (strstr(message, "an alias") != NULL || strstr(message, "an anchor") != NULL) {
        sqn__error_mend(err, "put a text that begins with * or & in quotes");
    }
    return status;
}

static sqn_status read_events(builder *b, yaml_parser_t *parser, sqn_error *err)
{
    sqn_status status = SQN_OK;
    bool ended = false;

    while (status == SQN_OK && !ended) {
        yaml_event_t event;

        if (yaml_parser_parse(parser, &event) == 0) {
            return raise_parser(b, parser, err);
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        status = take(b, &event, err);
        yaml_event_delete(&event);
    }
    return status;
}

sqn_status yaml_parse(int64_t *root, yaml_tree *tree, const tree_source *source,
                      problem_list *problems, sqn_error *err)
{
    sqn_status status = SQN_OK;
    yaml_parser_t parser;
    builder b = {.tree = tree,
                 .source = source,
                 .problems = problems,
                 .n_before = tree->n,
                 .root = TREE_NONE,
                 .open = TREE_NONE};
    bool started = false;

    *root = TREE_NONE;
    if (source->size > TREE_MAX_BYTES) {
        SQN_TRY(SQN_RAISE(err, E_CFG_LIMIT, "%zu bytes (at most %d)", source->size,
                          TREE_MAX_BYTES));
    }
    SQN_TRY(scan(&b, err));
    started = yaml_parser_initialize(&parser) != 0;
    if (!started) {
        SQN_TRY(SQN_RAISE(err, E_MEM, "the YAML parser"));
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->bytes,
                                 source->size);
    SQN_TRY(read_events(&b, &parser, err));
    *root = b.root;
cleanup:
    if (started) {
        yaml_parser_delete(&parser);
    }
    sqn__mem_free(b.key.key);
    return status;
}
