/** @file check_yaml.c @brief Trees know every place; what a configuration may not be is refused. */
#include <stdio.h>
#include <time.h>

#include "sqn_check.h"
#include "sqn_text.h"
#include "tree.h"

static sqn_error err;
static yaml_tree tree;
static problem_list found;

static void set_up(void)
{
    found = (problem_list){.path = "run.yaml"};
    SQN_ASSERT_OK(tree_init(&tree, &err), err);
}

static void tear_down(void)
{
    tree_clear(&tree);
}

static sqn_status parse_bytes(int64_t *root, const char *bytes, size_t size)
{
    const tree_source source = {bytes, size, NULL};

    return yaml_parse(root, &tree, &source, &found, &err);
}

static const tree_node *parse(const char *text)
{
    int64_t root = TREE_NONE;

    SQN_ASSERT_OK(parse_bytes(&root, text, strlen(text)), err);
    ck_assert_int_ne(root, TREE_NONE);
    return &tree.node[root];
}

/* Refused with this id, and a message that holds `part`. */
static void refuse_bytes(const char *bytes, size_t size, sqn_id id, const char *part)
{
    int64_t root = 0;

    SQN_ASSERT_FAILS(parse_bytes(&root, bytes, size), err, id);
    ck_assert_int_eq(root, TREE_NONE);
    ck_assert_msg(strstr(err.message, part) != NULL || strstr(err.where, part) != NULL,
                  "no \"%s\" in %s: %s", part, err.where, err.message);
}

static void refuse(const char *text, sqn_id id, const char *part)
{
    refuse_bytes(text, strlen(text), id, part);
}

static const tree_node *item(const tree_node *list, int64_t index)
{
    int64_t i = list->first;

    while (index-- > 0) {
        i = tree.node[i].next;
    }
    ck_assert_int_ne(i, TREE_NONE);
    return &tree.node[i];
}

START_TEST(every_key_and_value_knows_its_line_and_column)
{
    const tree_node *root = parse("task: imaging\n"
                                  "model:\n"
                                  "  # a comment\n"
                                  "  counts: [1,\n"
                                  "           \"5\"]\n");
    const tree_node *model = item(root, 1), *counts = item(model, 0);

    ck_assert_int_eq(root->kind, TREE_MAP);
    ck_assert_int_eq(root->n_child, 2);
    ck_assert_str_eq(item(root, 0)->key, "task");
    ck_assert_str_eq(item(root, 0)->text, "imaging");
    ck_assert_int_eq(item(root, 0)->key_column, 1);
    ck_assert_int_eq(item(root, 0)->column, 7);
    ck_assert_int_eq(counts->kind, TREE_LIST);
    ck_assert_int_eq(counts->key_line, 4);
    ck_assert_int_eq(counts->key_column, 3);
    ck_assert_int_eq(counts->column, 11);
    ck_assert(item(counts, 0)->plain && !item(counts, 1)->plain);
    ck_assert_int_eq(item(counts, 1)->line, 5);
    ck_assert_int_eq(item(counts, 1)->column, 12);
}
END_TEST

START_TEST(keys_given_twice_are_reported_with_both_lines_and_the_first_stays)
{
    const tree_node *root = parse("a: 1\nb:\n  c: {x: 1}\n  d: 2\n  c: {x: 2, y: 3}\n");
    const tree_node *b = item(root, 1);

    ck_assert_int_eq(found.n, 1);
    ck_assert_int_eq(found.first.id, SQN_E_CFG_SCHEMA);
    ck_assert_str_eq(found.first.where, "run.yaml:5:3 (b.c)");
    ck_assert_ptr_nonnull(strstr(found.first.message, "in line 3 and in line 5"));
    ck_assert_int_eq(b->n_child, 2);
    ck_assert_str_eq(item(item(b, 0), 0)->text, "1");
}
END_TEST

START_TEST(wrong_yaml_is_named_by_line_and_column)
{
    refuse("a: [1, 2\nb: 3\n", SQN_E_CFG_SYNTAX, "run.yaml:2:");
    refuse("a:\n\tb: 1\n", SQN_E_CFG_SYNTAX, "run.yaml:2:1");
    refuse("a: \"open\n", SQN_E_CFG_SYNTAX, "run.yaml:2:1");
    refuse("a: b: c\n", SQN_E_CFG_SYNTAX, "run.yaml:1:5");
    refuse("{a: 1}}\n", SQN_E_CFG_SYNTAX, "run.yaml:1:7");
}
END_TEST

START_TEST(a_tab_is_called_a_tab)
{
    refuse("a: 1\n\tb: 2\n", SQN_E_CFG_SYNTAX, "a tab stands here");
    ck_assert_ptr_nonnull(strstr(err.where, ":2:1"));
    ck_assert_str_eq(err.fix, "put spaces in place of the tab");
    refuse("\xc3\xa9: \xc3\xa9\na:\n \tb: 2\n", SQN_E_CFG_SYNTAX, "a tab stands here");
    ck_assert_ptr_nonnull(strstr(err.where, ":3:2"));
    refuse("a: @x\n", SQN_E_CFG_SYNTAX, "cannot start");
}
END_TEST

START_TEST(anchors_aliases_and_tags_are_refused)
{
    refuse("a: &x 1\n", SQN_E_CFG_SYNTAX, "run.yaml:1:4");
    refuse("a: *x\n", SQN_E_CFG_SYNTAX, "anchors");
    refuse("a: &x [*x]\n", SQN_E_CFG_SYNTAX, "anchors");
    refuse("a: &x {b: 1}\n", SQN_E_CFG_SYNTAX, "anchors");
    refuse("files: *.fits\n", SQN_E_CFG_SYNTAX, "alias"); /* a forgotten quote */
    ck_assert_ptr_nonnull(strstr(err.fix, "in quotes"));
    refuse("a: !!int 1\n", SQN_E_CFG_SYNTAX, "tags");
    refuse("a: !python/object {}\n", SQN_E_CFG_SYNTAX, "tags");
    refuse("!!map {a: 1}\n", SQN_E_CFG_SYNTAX, "tags");
    refuse("&k a: 1\n", SQN_E_CFG_SYNTAX, "anchors");
}
END_TEST

START_TEST(one_document_with_words_as_keys)
{
    refuse("a: 1\n---\nb: 2\n", SQN_E_CFG_SCHEMA, "run.yaml:2:1");
    refuse("? [1, 2]\n: 3\n", SQN_E_CFG_SYNTAX, "a key is a list");
    refuse("{{a: 1}: 2}\n", SQN_E_CFG_SYNTAX, "a key is a list");
    refuse("a: \"x\\0y\"\n", SQN_E_CFG_SYNTAX, "NUL");
    ck_assert_int_eq(parse("---\na: 1\n...\n")->n_child, 1);
}
END_TEST

START_TEST(nothing_gives_no_root)
{
    static const char *const empty[] = {"", "\n\n", "# a comment\n", "\xef\xbb\xbf"};

    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        int64_t root = 0;

        SQN_ASSERT_OK(parse_bytes(&root, empty[i], strlen(empty[i])), err);
        ck_assert_int_eq(root, TREE_NONE);
    }
}
END_TEST

START_TEST(bytes_that_are_no_text_are_named_by_their_offset)
{
    refuse_bytes("a: x\0y\n", 7, SQN_E_CFG_SYNTAX, "byte 0x00 at offset 4");
    refuse("a: 1\nb: \x1b[31m\n", SQN_E_CFG_SYNTAX, "byte 0x1b at offset 8");
    refuse("a: 1\nb: \x1b[31m\n", SQN_E_CFG_SYNTAX, "run.yaml:2:4");
    refuse("a: \x7f\n", SQN_E_CFG_SYNTAX, "byte 0x7f");
    refuse("a: \xc2\x80\n", SQN_E_CFG_SYNTAX, "control");
    refuse("a: \xff\n", SQN_E_CFG_SYNTAX, "offset 3 is not UTF-8");
    refuse("a: \xe4hnlich\n", SQN_E_CFG_SYNTAX, "offset 3 is not UTF-8"); /* Latin-1 */
    refuse("a: \xc0\xaf\n", SQN_E_CFG_SYNTAX, "not UTF-8");               /* overlong */
    refuse("a: \xe0\x80\xaf\n", SQN_E_CFG_SYNTAX, "not UTF-8");
    refuse("a: \xed\xa0\x80\n", SQN_E_CFG_SYNTAX, "not UTF-8"); /* surrogate */
    refuse("a: \xf4\x90\x80\x80\n", SQN_E_CFG_SYNTAX, "not UTF-8");
    refuse("a: \xe2\x82", SQN_E_CFG_SYNTAX, "not UTF-8"); /* cut */
    refuse_bytes("\xff\xfe\x61\x00", 4, SQN_E_CFG_SYNTAX, "UTF-16");
    refuse_bytes("\xfe\xff\x00\x61", 4, SQN_E_CFG_SYNTAX, "UTF-16");
    ck_assert_str_eq(item(parse("a: \xc3\xa9\xe2\x82\xac\xf0\x9f\x94\xad\n"), 0)->text,
                     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\xad");
}
END_TEST

/* `n` times the text. */
static char *repeat(const char *text, size_t n)
{
    const size_t length = strlen(text);
    char *out = malloc(n * length + 1);

    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < n; i++) {
        memcpy(out + i * length, text, length);
    }
    out[n * length] = '\0';
    return out;
}

START_TEST(limits_of_size_depth_and_number_are_kept_quickly)
{
    static const struct {
        const char *text;
        size_t n;
        const char *part;
    } cases[] = {
        {"[", 200000, "32 levels"},       {"{a: ", 200000, "32 levels"},
        {"- ", 50000, "32 levels"},       {"x", 8000000, "8000000 bytes (at most 1048576)"},
        {"- 1\n", 10000, "10000 values"}, {"a", 1048577, "1048577 bytes"},
    };
    const clock_t start = clock();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = repeat(cases[i].text, cases[i].n);

        refuse(text, SQN_E_CFG_LIMIT, cases[i].part);
        free(text);
        tree_clear(&tree);
        SQN_ASSERT_OK(tree_init(&tree, &err), err);
    }
    ck_assert_msg((double)(clock() - start) < 2.0 * CLOCKS_PER_SEC, "too slow");
}
END_TEST

START_TEST(the_limits_are_exact)
{
    char *open = repeat("[", TREE_MAX_DEPTH), *close = repeat("]", TREE_MAX_DEPTH);
    char *values = repeat("- 1\n", TREE_MAX_NODES - 1);
    char text[2 * TREE_MAX_DEPTH + 3];

    (void)snprintf(text, sizeof text, "%s%s", open, close);
    ck_assert_int_eq(parse(text)->kind, TREE_LIST);
    (void)snprintf(text, sizeof text, "[%s%s]", open, close);
    refuse(text, SQN_E_CFG_LIMIT, "32 levels");
    ck_assert_int_eq(parse(values)->n_child, TREE_MAX_NODES - 1);
    free(open);
    free(close);
    free(values);
}
END_TEST

START_TEST(thousands_of_equal_keys_cost_no_seconds)
{
    char *text = malloc(9000U * 16U + 1);
    const clock_t start = clock();

    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < 9000; i++) {
        (void)snprintf(text + (size_t)i * 16, 17, "key_%07d: 1\n ", i % 4500);
        text[(size_t)i * 16 + 14] = '\n';
        text[(size_t)i * 16 + 15] = '\n';
    }
    ck_assert_int_eq(parse(text)->n_child, 4500);
    ck_assert_int_eq(found.n, 4500);
    ck_assert_msg((double)(clock() - start) < 2.0 * CLOCKS_PER_SEC, "too slow");
    free(text);
}
END_TEST

START_TEST(overlays_replace_what_was_there)
{
    static const char *const paths[] = {"a.b", "x.y.z", "c", "d.e"};
    int64_t value = TREE_NONE;
    const int64_t root = parse("a: {b: 1, f: 2}\nc: [1, 2]\nd: word\n") - tree.node;

    tree_adopt(&tree, root);
    for (size_t i = 0; i < 4; i++) {
        SQN_ASSERT_OK(tree_add(&value, &tree, TREE_SCALAR, "new", &err), err);
        SQN_ASSERT_OK(tree_overlay(&tree, paths[i], value, &err), err);
    }
    const int64_t a = tree_find(&tree, 0, "a"), d = tree_find(&tree, 0, "d");
    const int64_t y = tree_find(&tree, tree_find(&tree, 0, "x"), "y");

    ck_assert_int_eq(tree.node[0].n_child, 4);
    ck_assert_str_eq(tree.node[tree_find(&tree, a, "b")].text, "new");
    ck_assert_str_eq(tree.node[tree_find(&tree, a, "f")].text, "2");
    ck_assert_str_eq(tree.node[tree_find(&tree, y, "z")].text, "new");
    ck_assert_str_eq(tree.node[tree_find(&tree, 0, "c")].text, "new");
    ck_assert_str_eq(tree.node[tree_find(&tree, d, "e")].text, "new");
    SQN_ASSERT_OK(tree_add(&value, &tree, TREE_SCALAR, "new", &err), err);
    SQN_ASSERT_FAILS(tree_overlay(&tree, "a..b", value, &err), err, SQN_E_USAGE);
    SQN_ASSERT_FAILS(tree_overlay(&tree, "", value, &err), err, SQN_E_USAGE);
    SQN_ASSERT_FAILS(tree_overlay(&tree, "a.", value, &err), err, SQN_E_USAGE);
    char *deep = repeat("a.", 1000);

    SQN_ASSERT_FAILS(tree_overlay(&tree, deep, value, &err), err, SQN_E_CFG_LIMIT);
    free(deep);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tcase = tcase_create("tree");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_key_and_value_knows_its_line_and_column);
    tcase_add_test(tcase,
                   keys_given_twice_are_reported_with_both_lines_and_the_first_stays);
    tcase_add_test(tcase, wrong_yaml_is_named_by_line_and_column);
    tcase_add_test(tcase, a_tab_is_called_a_tab);
    tcase_add_test(tcase, anchors_aliases_and_tags_are_refused);
    tcase_add_test(tcase, one_document_with_words_as_keys);
    tcase_add_test(tcase, nothing_gives_no_root);
    tcase_add_test(tcase, bytes_that_are_no_text_are_named_by_their_offset);
    tcase_add_test(tcase, limits_of_size_depth_and_number_are_kept_quickly);
    tcase_add_test(tcase, the_limits_are_exact);
    tcase_add_test(tcase, thousands_of_equal_keys_cost_no_seconds);
    tcase_add_test(tcase, overlays_replace_what_was_there);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
