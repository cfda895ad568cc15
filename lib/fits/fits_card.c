/** @file fits_card.c @brief One header card taken apart, its form judged. */
#include "fits_card.h"

#include <string.h>

enum { CARD = 80, NAME = 8, VALUE = 10 /* first column of a value, from 0 */ };

bool sqn__fits_card_is_remark(const char *name)
{
    static const char *const names[] = {"", "COMMENT", "HISTORY", "HIERARCH", "CONTINUE"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " ");
}

static const char *skip_digits(const char *p)
{
    while (is_digit(*p)) {
        p++;
    }
    return p;
}

/* The end of the decimal number at `p`, or NULL if there is none. */
static const char *skip_number(const char *p, bool *is_integer)
{
    const char *start = *p == '+' || *p == '-' ? p + 1 : p;
    const char *end = skip_digits(start);
    bool any = end > start;

    *is_integer = true;
    if (*end == '.') {
        const char *fraction = end + 1;

        end = skip_digits(fraction);
        any = any || end > fraction;
        *is_integer = false;
    }
    if (any && (*end == 'E' || *end == 'D')) {
        const char *power = end + (end[1] == '+' || end[1] == '-' ? 2 : 1);

        end = skip_digits(power);
        any = end > power;
        *is_integer = false;
    }
    return any ? end : NULL;
}

static const char *read_text(sqn__fits_card *out, const char *p)
{
    const char *end = p + 1;
    size_t n = 0;

    while (*end != '\0' && (end[0] != '\'' || end[1] == '\'')) {
        end += *end == '\'' ? 2 : 1; /* '' stands for one quote */
    }
    if (*end == '\0') {
        out->fault = "the closing quote is missing";
        return NULL;
    }
    n = (size_t)(end - p - 1);
    memcpy(out->value, p + 1, n);
    while (n > 0 && out->value[n - 1] == ' ') {
        n--;
    }
    out->value[n] = '\0';
    out->kind = SQN__FITS_TEXT;
    return end + 1;
}

static const char *read_complex(sqn__fits_card *out, const char *p)
{
    bool is_integer = false;
    const char *end = skip_number(skip_blanks(p + 1), &is_integer);

    if (end != NULL && *(end = skip_blanks(end)) == ',') {
        end = skip_number(skip_blanks(end + 1), &is_integer);
        if (end != NULL && *(end = skip_blanks(end)) == ')') {
            out->kind = SQN__FITS_COMPLEX;
            return end + 1;
        }
    }
    out->fault = "the complex number is malformed";
    return NULL;
}

static const char *read_number(sqn__fits_card *out, const char *p)
{
    bool is_integer = false;
    const char *end = skip_number(p, &is_integer);

    if (end == NULL) {
        out->fault = "the value is neither text nor a number nor T or F";
        return NULL;
    }
    memcpy(out->value, p, (size_t)(end - p));
    out->value[end - p] = '\0';
    out->kind = is_integer ? SQN__FITS_INTEGER : SQN__FITS_REAL;
    return end;
}

static void read_value(sqn__fits_card *out, const char *card)
{
    const char *p = skip_blanks(card + VALUE);
    const char *end = p + 1;

    if (*p == '\0' || *p == '/') {
        out->fault = "there is no value";
        return;
    }
    if (*p == '\'') {
        end = read_text(out, p);
    } else if (*p == '(') {
        end = read_complex(out, p);
    } else if (*p == 'T' || *p == 'F') {
        out->kind = SQN__FITS_LOGICAL;
        out->value[0] = *p;
    } else {
        end = read_number(out, p);
    }
    if (end != NULL && *(end = skip_blanks(end)) != '\0' && *end != '/') {
        out->fault = "no slash between value and comment";
    }
}

/* The name without trailing blanks; false if it has characters that names may not have. */
static bool read_name(sqn__fits_card *out, const char *card)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t n = NAME;

    while (n > 0 && card[n - 1] == ' ') {
        n--;
    }
    memcpy(out->name, card, n);
    out->name[n] = '\0';
    return strspn(out->name, allowed) == n;
}

void sqn__fits_card_read(sqn__fits_card *out, const char *card)
{
    char text[CARD + 1];

    *out = (sqn__fits_card){.kind = SQN__FITS_REMARK};
    for (int i = 0; i < CARD; i++) {
        if (card[i] < ' ' || card[i] > '~') {
            out->fault = "there are characters other than printable ASCII";
        }
        text[i] = card[i];
        if (text[i] == '\0') {
            text[i] = ' ';
        }
    }
    text[CARD] = '\0';
    if (!read_name(out, text)) {
        out->fault = "the name has characters other than A-Z, 0-9, - and _";
    }
    if (out->fault == NULL && !sqn__fits_card_is_remark(out->name) &&
        strncmp(text + NAME, "= ", 2) == 0) {
        read_value(out, text);
    }
}
