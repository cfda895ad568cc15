/** @file convert.c @brief Strict converters; the C locale is taken for the call only. */
#include "convert.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the run of decimal digits. */
static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

bool convert_integer(int64_t *out, const char *text)
{
    const char *start = text[0] == '-' ? text + 1 : text;
    const size_t n = digits(start);

    if (n == 0 || start[n] != '\0' || (start[0] == '0' && (n > 1 || start != text))) {
        return false;
    }
    errno = 0;
    const long long value = strtoll(text, NULL, 10);

    if (errno != 0) {
        return false;
    }
    *out = value;
    return true;
}

/* -? digits [. digits] [e [+-] digits], one digit before the exponent at least. */
static bool is_decimal(const char *text)
{
    const char *c = text[0] == '-' ? text + 1 : text;
    const size_t whole = digits(c);
    size_t fraction = 0;

    if (whole > 1 && c[0] == '0') {
        return false;
    }
    c += whole;
    if (c[0] == '.') {
        fraction = digits(c + 1);
        c += 1 + fraction;
    }
    if (whole + fraction == 0) {
        return false;
    }
    if (c[0] == 'e' || c[0] == 'E') {
        c += c[1] == '+' || c[1] == '-' ? 2 : 1;
        const size_t exponent = digits(c);

        if (exponent == 0) {
            return false;
        }
        c += exponent;
    }
    return c[0] == '\0';
}

/* The C locale for this thread; leave_plain() gives the old one back. */
static bool enter_plain(locale_t *plain, locale_t *old)
{
    *plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (*plain == (locale_t)0) {
        return false;
    }
    *old = uselocale(*plain);
    return true;
}

static void leave_plain(locale_t plain, locale_t old)
{
    (void)uselocale(old);
    freelocale(plain);
}

bool convert_number(double *out, const char *text)
{
    locale_t plain = (locale_t)0, old = (locale_t)0;

    if (!is_decimal(text) || !enter_plain(&plain, &old)) {
        return false;
    }
    const double value = strtod(text, NULL);

    leave_plain(plain, old);
    if (!isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}

bool convert_boolean(bool *out, const char *text)
{
    const bool yes = strcmp(text, "true") == 0;

    if (!yes && strcmp(text, "false") != 0) {
        return false;
    }
    *out = yes;
    return true;
}

void convert_print(char out[CONVERT_NUMBER_MAX], double number)
{
    locale_t plain = (locale_t)0, old = (locale_t)0;

    out[0] = '\0';
    if (!enter_plain(&plain, &old)) {
        return;
    }
    for (int precision = 6; precision <= 17; precision++) {
        (void)snprintf(out, CONVERT_NUMBER_MAX, "%.*g", precision, number);
        if (strtod(out, NULL) == number) {
            break;
        }
    }
    leave_plain(plain, old);
}
