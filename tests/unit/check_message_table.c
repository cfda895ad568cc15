/** @file check_message_table.c @brief docs/messages.md is the table of messages. */
#include <stdio.h>

#include "sqn_check.h"
#include "sqn_text.h"

static void write_expected(const char *path)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    (void)fputs(
        "# Messages\n\n"
        "Every message of Sequin has one of these codes. Codes are stable, scripts may "
        "rely on them;\nthe text is not. A message is one line:\n\n"
        "    sequin: <error|warning>: <CODE>: <where>: <what>. Fix: <what to do>.\n\n"
        "`exit` is the exit code of the program that an error ends with; warnings (`W_`) "
        "have none,\nunless `--strict` makes errors of them. `fix` is the sentence of the "
        "code; a message may give\na better one.\n\n"
        "| id | exit | fix |\n| --- | --- | --- |\n",
        file);
    for (int id = SQN_NO_ID + 1; id < SQN_ID_COUNT; id++) {
        const sqn_status status = sqn_error_status((sqn_id)id);
        char code[16] = "";

        if (status != SQN_OK) {
            (void)snprintf(code, sizeof code, "%d", sqn_error_exit_code(status));
        }
        (void)fprintf(file, "| %s | %s | %s |\n", sqn_error_name((sqn_id)id), code,
                      sqn_error_fix((sqn_id)id));
    }
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(the_document_lists_every_message)
{
    write_expected("messages.md");
    char *expected = sqn_text_load("messages.md");
    char *committed = sqn_text_load(SQN_SOURCE_DIR "/docs/messages.md");

    ck_assert_msg(
        strcmp(expected, committed) == 0,
        "docs/messages.md is old: copy messages.md from the scratch folder there");
    free(expected);
    free(committed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message_table");
    TCase *tcase = tcase_create("document");

    tcase_add_test(tcase, the_document_lists_every_message);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
