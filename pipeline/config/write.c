/** @file write.c @brief A growing text and the quoting of YAML. */
#include "write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raise.h"

static bool reserve(write_text *out, size_t more)
{
    const size_t needed = out->length + more + 1;
    size_t capacity = out->capacity > 0 ? out->capacity : 4096;
    char *text = NULL;

    if (out->status != SQN_OK) {
        return false;
    }
    if (needed <= out->capacity) {
        return true;
    }
    while (capacity < needed) {
        capacity *= 2;
    }
    text = realloc(out->text, capacity);
    if (text == NULL) {
        out->status = SQN_ERR_MEMORY;
        return false;
    }
    out->text = text;
    out->capacity = capacity;
    return true;
}

void write_format(write_text *out, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);

    if (length >= 0 && reserve(out, (size_t)length)) {
        (void)vsnprintf(out->text + out->length, (size_t)length + 1, format, again);
        out->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

/* Letters first, nothing that YAML or a reader could take for something else. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off"};
    const char first = text[0];

    if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
          first == '/' || first == '_') ||
        text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                          "0123456789._/-")] != '\0') {
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            return false;
        }
    }
    return true;
}

void write_scalar(write_text *out, const char *text)
{
    if (is_plain(text)) {
        write_format(out, "%s", text);
        return;
    }
    write_format(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        write_format(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    }
    write_format(out, "\"");
}

void write_indent(write_text *out, const char *path)
{
    for (const char *c = strchr(path, '.'); c != NULL; c = strchr(c + 1, '.')) {
        write_format(out, "  ");
    }
}

sqn_status write_finish(char **text, write_text *out, sqn_error *err)
{
    *text = NULL;
    if (out->status != SQN_OK) {
        free(out->text);
        out->text = NULL;
        return SQN_RAISE(err, E_MEM, "the text of the configuration");
    }
    *text = out->text;
    out->text = NULL;
    return SQN_OK;
}
