/** @file document.c @brief configs/full.yaml: the table of keys, to be read by people. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "keys.h"
#include "write.h"

enum { HELP_COLUMN = 36, LINE_MAX_LENGTH = 100, HELP_MAX = 600 };

static const char introduction[] =
    "# Every key that Sequin knows, with its unit, range "
    "and default. Made from the table in\n"
    "# pipeline/config/keys.c; do not edit.\n"
    "#\n"
    "# Required: task; of task imaging science.files and "
    "references, of task spectra spectra.files.\n"
    "# A key that stands here with a value shows its default "
    "(files and task: an example); a key\n"
    "# behind a # has none, or one that depends on the data, "
    "and shows an example; so do blocks\n"
    "# of other tasks than imaging. Numbers are plain "
    "decimal (10, 1e-5), booleans true or\n"
    "# false. Pixel positions are FITS pixels, x first: the "
    "centre of the first pixel is 1.0.\n"
    "# Input files are relative to the configuration. "
    "`--set model.counts=[1,5]` on the command\n"
    "# line overrules a key.\n";

/* The allowed words, what it is, its unit and range. */
static void describe(char *out, size_t size, const keys_key *key)
{
    char range[KEYS_RANGE_MAX], words[KEYS_RANGE_MAX] = "", facts[2 * KEYS_RANGE_MAX] = "";
    const char *separator = "";
    const char *rest = strstr(key->help, ". Default: "); /* comes last */

    rest = rest != NULL ? rest : key->help + strlen(key->help);
    keys_range_print(range, key);
    separator = key->unit != NULL && range[0] != '\0' ? "; " : "";
    if (key->words != NULL && key->type != KEYS_BLOCK && key->type != KEYS_INTEGER) {
        keys_words_print(words, sizeof words, key, " | ");
    }
    if (key->unit != NULL || range[0] != '\0') {
        (void)snprintf(facts, sizeof facts, " (%s%s%s)", key->unit != NULL ? key->unit : "",
                       separator, range);
    }
    (void)snprintf(out, size, "%s%s%.*s%s%s", words, words[0] != '\0' ? ". " : "",
                   (int)(rest - key->help), key->help, facts, rest);
}

/* The same key of science says it all. */
static bool is_repeated(const keys_key *key)
{
    char twin[64];
    static const char block[] = "references.";

    if (strncmp(key->path, block, sizeof block - 1) != 0) {
        return false;
    }
    (void)snprintf(twin, sizeof twin, "science.%s", key->path + sizeof block - 1);
    return keys_find(twin) >= 0;
}

/* Help behind the value, wrapped at words, each line with its own #. */
static void put_help(write_text *out, int column, const char *help)
{
    while (*help != '\0') {
        const int room =
            LINE_MAX_LENGTH - (column < HELP_COLUMN ? HELP_COLUMN : column + 1) - 2;
        int length = (int)strlen(help);

        if (length > room) {
            length = room;
            while (length > 0 && help[length] != ' ') {
                length--;
            }
            length = length > 0 ? length : (int)strcspn(help, " ");
        }
        write_format(out, "%*s# %.*s\n", column < HELP_COLUMN ? HELP_COLUMN - column : 1,
                     "", length, help);
        help += length;
        help += *help == ' ' ? 1 : 0;
        column = 0;
    }
}

/* Keys without a default stand behind a #, and so does all that their block holds; blocks of
 * other tasks than the one shown too. */
static bool is_commented(const keys_key *key)
{
    int n = 0;
    const int block = keys_block(key->path);
    const bool is_file = key->need == KEYS_IN_BLOCK && key->type == KEYS_PATHS;

    return !keys_serves(key, CONFIG_TASK_IMAGING) || keys_is_choice(key) ||
           (block >= 0 && keys_is_choice(&keys_table(&n)[block])) ||
           (key->type != KEYS_BLOCK && key->standard == NULL && !is_file &&
            key->need != KEYS_FOR_RUN);
}

static void put_key(write_text *out, const keys_key *key)
{
    const char *value = key->standard != NULL ? key->standard : key->example;
    const size_t start = out->length;
    char help[HELP_MAX];

    write_indent(out, key->path);
    write_format(out, "%s%s:", is_commented(key) ? "# " : "", keys_leaf(key->path));
    if (key->type != KEYS_BLOCK) {
        const bool is_text = key->type == KEYS_PREFIX || key->type == KEYS_TEXT;

        write_format(out, " ");
        if (is_text) {
            write_scalar(out, value);
        } else {
            write_format(out, "%s", value);
        }
    }
    describe(help, sizeof help, key);
    put_help(out, (int)(out->length - start), is_repeated(key) ? "As in science" : help);
}

sqn_status config_document(char **text, sqn_error *err)
{
    write_text out = {0};
    int n = 0;
    const keys_key *table = keys_table(&n);

    write_format(&out, "%s", introduction);
    for (int i = 0; i < n; i++) {
        if (strchr(table[i].path, '.') == NULL && (i == 0 || table[i].type == KEYS_BLOCK)) {
            write_format(&out, "\n");
        }
        put_key(&out, &table[i]);
    }
    return write_finish(text, &out, err);
}
