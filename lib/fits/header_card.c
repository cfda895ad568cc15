/** @file header_card.c @brief Reading one card, by our own rules and without a locale. */
#include "header_card.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char upper(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    if (c >= 'a' && c <= 'z') {
        c = letters[c - 'a'];
    }
    return c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hierarch(const char *card)
{
    return memcmp(card, "HIERARCH ", 9) == 0 && memchr(card, '=', SQN__CARD) != NULL;
}

/* Offset of the text after the value indicator; 0 when there is none. */
static size_t value_offset(const char *card)
{
    if (is_hierarch(card)) {
        return (size_t)((const char *)memchr(card, '=', SQN__CARD) - card) + 1;
    }
    if (memcmp(card, "CONTINUE  ", 10) == 0) {
        return 10;
    }
    return card[8] == '=' && card[9] == ' ' ? 10 : 0;
}

void sqn__header_card_keyword(char *out, const char *card)
{
    const bool hierarch = is_hierarch(card);
    size_t n = 0;

    for (size_t i = hierarch ? 9 : 0; i < SQN__CARD; i++) {
        if (hierarch ? card[i] == '=' : i == 8) {
            break;
        }
        if (card[i] != ' ' || (n > 0 && out[n - 1] != ' ')) { /* blanks count once */
            out[n++] = upper(card[i]);
        }
    }
    while (n > 0 && out[n - 1] == ' ') {
        n--;
    }
    out[n] = '\0';
}

bool sqn__header_card_is(const char *card, const char *keyword)
{
    char own[SQN__CARD + 1];
    size_t i = 0;

    while (i < 8 && keyword[i] != '\0' && upper(card[i]) == upper(keyword[i])) {
        i++;
    }
    if (i < 8 && keyword[i] != '\0' && keyword[i] != ' ' && card[i] != ' ' &&
        card[0] != 'H') {
        return false; /* nearly all cards: no blanks to be counted, and no HIERARCH */
    }
    sqn__header_card_keyword(own, card);
    for (i = 0; own[i] != '\0' && own[i] == upper(keyword[i]);) {
        i++;
    }
    return own[i] == '\0' && keyword[i] == '\0';
}

bool sqn__header_card_is_remark(const char *card)
{
    return memcmp(card, "COMMENT ", 8) == 0 || memcmp(card, "HISTORY ", 8) == 0 ||
           memcmp(card, "        ", 8) == 0;
}

/* The string that opens at card[at]; false when its closing quote is missing. */
static bool quoted(char *out, size_t size, const char *card, size_t at)
{
    size_t n = 0, i = at + 1;

    for (; i < SQN__CARD; i++) {
        if (card[i] == '\'') {
            if (i + 1 >= SQN__CARD || card[i + 1] != '\'') {
                break;
            }
            i++; /* two quotes stand for one */
        }
        if (n + 1 < size) {
            out[n++] = card[i];
        }
    }
    while (n > 0 && out[n - 1] == ' ') {
        n--;
    }
    out[i < SQN__CARD ? n : 0] = '\0';
    return i < SQN__CARD;
}

bool sqn__header_card_value(char *out, size_t size, const char *card, bool *is_text)
{
    size_t at = value_offset(card), n = 0;

    out[0] = '\0';
    if (is_text != NULL) {
        *is_text = false;
    }
    if (at == 0 || sqn__header_card_is_remark(card)) {
        return false;
    }
    while (at < SQN__CARD && card[at] == ' ') {
        at++;
    }
    if (at < SQN__CARD && card[at] == '\'') {
        if (is_text != NULL) {
            *is_text = true;
        }
        return quoted(out, size, card, at);
    }
    for (; at < SQN__CARD && card[at] != '/' && n + 1 < size; at++) {
        out[n++] = card[at];
    }
    while (n > 0 && out[n - 1] == ' ') {
        n--;
    }
    out[n] = '\0';
    return n > 0;
}

/* Copy digits to `out`, counting them; returns the first character that is none. */
static const char *take_digits(char **out, const char *text, int *n_digit)
{
    while (is_digit(*text)) {
        *(*out)++ = *text++;
        (*n_digit)++;
    }
    return text;
}

static const char *take_sign(char **out, const char *text)
{
    if (*text == '+' || *text == '-') {
        *(*out)++ = *text++;
    }
    return text;
}

bool sqn__header_card_number(double *out, const char *text)
{
    const char *point = localeconv()->decimal_point;
    char plain[160], *to = plain;
    int n_digit = 0, n_exponent = 0;

    *out = NAN;
    if (strlen(text) + strlen(point) >= sizeof plain) {
        return false;
    }
    while (*text == ' ') {
        text++;
    }
    text = take_digits(&to, take_sign(&to, text), &n_digit);
    if (*text == '.') {
        memcpy(to, point, strlen(point)); /* strtod() reads the point of the locale */
        to += strlen(point);
        text = take_digits(&to, text + 1, &n_digit);
    }
    if (n_digit > 0 && *text != '\0' && strchr("EeDd", *text) != NULL) {
        *to++ = 'e';
        text = take_digits(&to, take_sign(&to, text + 1), &n_exponent);
        n_digit = n_exponent; /* an exponent needs digits */
    }
    while (*text == ' ') {
        text++;
    }
    *to = '\0';
    if (n_digit == 0 || *text != '\0') {
        return false;
    }

    const double value = strtod(plain, NULL);

    *out = isfinite(value) ? value : NAN;
    return isfinite(value);
}

bool sqn__header_card_integer(int64_t *out, const char *text)
{
    const bool negative = *text == '-';
    int64_t value = 0;

    *out = 0;
    text += *text == '-' || *text == '+' ? 1 : 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        const int digit = *text - '0';

        if (!is_digit(*text) || value < (INT64_MIN + digit) / 10) {
            return false;
        }
        value = value * 10 - digit; /* downwards: INT64_MIN has no positive */
    }
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *out = negative ? value : -value;
    return true;
}
