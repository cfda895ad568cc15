/** @file header_edit.c @brief Cards set, added, removed and merged. */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"
#include "raise.h"

enum { TEXT_MAX = 68, REMARK_MAX = 72 };

/* Where a card's value may begin after "KEYWORD = " or "HIERARCH LONG NAME = ". */
static int start_card(char *card, const char *keyword)
{
    const bool plain = strlen(keyword) <= 8 && strchr(keyword, ' ') == NULL;

    return plain ? snprintf(card, SQN__CARD + 1, "%-8.8s= ", keyword)
                 : snprintf(card, SQN__CARD + 1, "HIERARCH %.60s = ", keyword);
}

/* Fill with blanks to 80 characters. */
static void pad(char *card)
{
    const size_t n = strlen(card);

    memset(card + n, ' ', SQN__CARD - n);
    card[SQN__CARD] = '\0';
}

/* Append " / comment" as far as there is room. */
static void add_comment(char *card, const char *comment)
{
    const size_t n = strlen(card);

    if (comment != NULL && comment[0] != '\0' && n + 4 < SQN__CARD) {
        (void)snprintf(card + n, SQN__CARD + 1 - n, " / %.70s", comment);
    }
    pad(card);
}

/* Replace the first card of the keyword, continued or not, by `card`, or append it. */
static sqn_status put(int64_t *index, sqn_header *header, const char *keyword,
                      const char *card, sqn_error *err)
{
    const sqn_status status = sqn__header_append(header, card, err);

    *index = header->n_card - 1;
    if (status == SQN_OK) {
        const int64_t old = sqn__header_find(header, keyword);

        if (old < *index) {
            const int64_t n_gone = sqn__header_span(header, old) - 1;

            memcpy(header->card[old], header->card[*index], SQN__CARD);
            memmove(header->card[old + 1], header->card[old + 1 + n_gone],
                    (size_t)(*index - old - 1 - n_gone) * sizeof *header->card);
            header->n_card -= 1 + n_gone;
            *index = old;
        }
    }
    return status;
}

static sqn_status put_plain(sqn_header *header, const char *keyword, const char *value,
                            const char *comment, sqn_error *err)
{
    char card[SQN__CARD + 1];
    const int n = start_card(card, keyword);
    int64_t index = 0;

    (void)snprintf(card + n, sizeof card - (size_t)n, "%*s", n == 10 ? 20 : 1, value);
    add_comment(card, comment);
    return put(&index, header, keyword, card, err);
}

/* One quoted piece of at most `room` characters between the quotes; returns what is left. */
static const char *quote(char *to, const char *text, int room, bool more)
{
    int n = 0;

    *to++ = '\'';
    while (*text != '\0' && n + (*text == '\'' ? 2 : 1) <= room) {
        if (*text == '\'') {
            *to++ = '\'';
            n++;
        }
        *to++ = *text++;
        n++;
    }
    if (more && *text != '\0') {
        *to++ = '&';
    }
    for (; n < 8 && !more; n++) {
        *to++ = ' '; /* old readers want eight */
    }
    *to++ = '\'';
    *to = '\0';
    return text;
}

static int quoted_length(const char *text)
{
    int n = 0;

    for (; *text != '\0'; text++) {
        n += *text == '\'' ? 2 : 1;
    }
    return n;
}

/* Insert CONTINUE cards with the rest of a long text after card `index`. */
static sqn_status put_rest(sqn_header *header, int64_t index, const char *rest,
                           sqn_error *err)
{
    while (*rest != '\0') {
        char card[SQN__CARD + 1] = "CONTINUE  ";
        const bool more = quoted_length(rest) > TEXT_MAX;

        rest = quote(card + 10, rest, TEXT_MAX - 1 + (more ? 0 : 1), more);
        pad(card);

        const sqn_status status = sqn__header_append(header, card, err);

        if (status != SQN_OK) {
            return status;
        }
        index++;
        memcpy(card, header->card[header->n_card - 1], SQN__CARD);
        memmove(header->card[index + 1], header->card[index],
                (size_t)(header->n_card - 1 - index) * sizeof *header->card);
        memcpy(header->card[index], card, SQN__CARD);
    }
    return SQN_OK;
}

sqn_status sqn_header_set_text(sqn_header *header, const char *keyword, const char *value,
                               const char *comment, sqn_error *err)
{
    char card[SQN__CARD + 1];
    const int n = start_card(card, keyword);
    const bool more = quoted_length(value) > SQN__CARD - n - 2;
    int64_t index = 0;
    const char *rest = quote(card + n, value, SQN__CARD - n - (more ? 3 : 2), more);

    if (more) {
        pad(card);
    } else {
        add_comment(card, comment);
    }

    const sqn_status status = put(&index, header, keyword, card, err);

    return status == SQN_OK ? put_rest(header, index, rest, err) : status;
}

/* The shortest decimal text that reads back as `value`, with a point or an exponent. */
static void print_number(char *out, size_t size, double value)
{
    const char *point = localeconv()->decimal_point;

    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(out, size, "%.*G", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }

    char *at = strstr(out, point);

    if (at != NULL) {
        memmove(at + 1, at + strlen(point), strlen(at + strlen(point)) + 1);
        *at = '.';
    } else if (strchr(out, 'E') == NULL) {
        (void)strncat(out, ".0", size - strlen(out) - 1);
    }
}

sqn_status sqn_header_set_number(sqn_header *header, const char *keyword, double value,
                                 const char *comment, sqn_error *err)
{
    char text[40] = ""; /* FITS has no NaN: an undefined value */

    if (isfinite(value)) {
        print_number(text, sizeof text, value);
    }
    return put_plain(header, keyword, text, comment, err);
}

sqn_status sqn_header_set_integer(sqn_header *header, const char *keyword, int64_t value,
                                  const char *comment, sqn_error *err)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, value);
    return put_plain(header, keyword, text, comment, err);
}

sqn_status sqn_header_set_logical(sqn_header *header, const char *keyword, bool value,
                                  const char *comment, sqn_error *err)
{
    return put_plain(header, keyword, value ? "T" : "F", comment, err);
}

sqn_status sqn_header_add_history(sqn_header *header, const char *text, sqn_error *err)
{
    do {
        char card[SQN__CARD + 1];
        const int n = snprintf(card, sizeof card, "HISTORY %.*s", (int)REMARK_MAX, text);

        pad(card);

        const sqn_status status = sqn__header_append(header, card, err);

        if (status != SQN_OK) {
            return status;
        }
        text += n > SQN__CARD ? REMARK_MAX : n - 8;
    } while (*text != '\0');
    return SQN_OK;
}

bool sqn_header_remove(sqn_header *header, const char *keyword)
{
    int64_t kept = 0, n = 1;

    for (int64_t i = 0; i < header->n_card; i += n) {
        n = sqn__header_span(header, i);
        if (!sqn__header_card_is(header->card[i], keyword)) {
            memmove(header->card[kept], header->card[i], (size_t)n * sizeof *header->card);
            kept += n;
        }
    }

    const bool removed = kept < header->n_card;

    header->n_card = kept;
    return removed;
}

sqn_status sqn_header_merge(sqn_header *header, const sqn_header *other, sqn_error *err)
{
    const int64_t n_own = header->n_card; /* a keyword twice in `other` stays so */
    int64_t n = 1;

    for (int64_t i = 0; i < other->n_card; i += n) {
        char keyword[SQN__CARD + 1];
        bool known = false;

        n = sqn__header_span(other, i);
        sqn__header_card_keyword(keyword, other->card[i]);
        for (int64_t j = 0; j < n_own && !known; j++) {
            known = !sqn__header_card_is_remark(other->card[i]) &&
                    sqn__header_card_is(header->card[j], keyword);
        }
        for (int64_t j = i; j < i + n && !known; j++) {
            const sqn_status status = sqn__header_append(header, other->card[j], err);

            if (status != SQN_OK) {
                return status;
            }
        }
    }
    return SQN_OK;
}
