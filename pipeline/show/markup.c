/** @file markup.c @brief Text that grows, and the two ways to escape. */
#include "markup.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "raise.h"

enum { FIRST_CAPACITY = 4096 };

/* Room for `more` bytes and the end. */
static bool reserve(markup *m, size_t more)
{
    if (m->failed || more >= SIZE_MAX / 4 - m->length) {
        m->failed = true;
        return false;
    }
    if (m->length + more + 1 > m->capacity) {
        size_t capacity = m->capacity > 0 ? m->capacity : FIRST_CAPACITY;

        while (capacity < m->length + more + 1) {
            capacity *= 2;
        }
        char *text = realloc(m->text, capacity);

        if (text == NULL) {
            m->failed = true;
            return false;
        }
        m->text = text;
        m->capacity = capacity;
    }
    return true;
}

static void append(markup *m, const char *text, size_t length)
{
    if (reserve(m, length)) {
        memcpy(m->text + m->length, text, length);
        m->length += length;
        m->text[m->length] = '\0';
    }
}

void markup_raw(markup *m, const char *text)
{
    append(m, text, strlen(text));
}

void markup_format(markup *m, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);

    if (length < 0) {
        m->failed = true;
    } else if (reserve(m, (size_t)length)) {
        (void)vsnprintf(m->text + m->length, (size_t)length + 1, format, again);
        m->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

/* Length of the UTF-8 character at `text`, 0 if there is none: overlong forms, surrogates and
   numbers above U+10FFFF are none. */
static size_t utf8_length(const char *text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
                 {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                 {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
                 {0xf4, 0xf4, 0x80, 0x8f, 4}};
    const unsigned char *byte = (const unsigned char *)text;

    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        if (byte[0] < forms[f].first_low || byte[0] > forms[f].first_high) {
            continue;
        }
        if (forms[f].length > 1 &&
            (byte[1] < forms[f].second_low || byte[1] > forms[f].second_high)) {
            return 0;
        }
        for (size_t i = 2; i < forms[f].length; i++) {
            if ((byte[i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return forms[f].length;
    }
    return 0;
}

/* The reference that stands for a character in HTML, or NULL. */
static const char *html_reference(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

void markup_html(markup *m, const char *text)
{
    for (const char *c = text == NULL ? "" : text; *c != '\0';) {
        const char *reference = html_reference(*c);
        const size_t length = utf8_length(c);

        if (reference != NULL) {
            markup_raw(m, reference);
        } else if (length == 0 || (is_control(*c) && *c != '\n' && *c != '\t')) {
            markup_format(m, "\\x%02x", (unsigned)(unsigned char)*c);
        } else {
            append(m, c, length);
        }
        c += length > 0 ? length : 1;
    }
}

void markup_json(markup *m, const char *text)
{
    markup_raw(m, "\"");
    for (const char *c = text == NULL ? "" : text; *c != '\0';) {
        const size_t length = utf8_length(c);

        if (length == 0) {
            markup_raw(m, "\\ufffd");
        } else if (is_control(*c)) {
            markup_format(m, "\\u%04x", (unsigned)(unsigned char)*c);
        } else {
            if (*c == '"' || *c == '\\') {
                append(m, "\\", 1);
            }
            append(m, c, length);
        }
        c += length > 0 ? length : 1;
    }
    markup_raw(m, "\"");
}

void markup_base64(markup *m, const void *bytes, size_t size)
{
    const size_t length = digest_base64_max(size) - 1;

    if (size > SIZE_MAX / 8) {
        m->failed = true;
    } else if (reserve(m, length)) {
        digest_base64(m->text + m->length, bytes, size);
        m->length += length;
    }
}

sqn_status markup_finish(char **text, markup *m, sqn_error *err)
{
    const bool failed = m->failed || !reserve(m, 0);
    const size_t length = m->length;

    *text = NULL;
    if (failed) {
        free(m->text);
    } else {
        m->text[length] = '\0';
        *text = m->text;
    }
    *m = (markup){0};
    return failed ? SQN_RAISE(err, E_MEM, "text of more than %zu bytes", length) : SQN_OK;
}
