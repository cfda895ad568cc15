/**
 * @file convert.h
 * @brief Text to values and back: strict, and the same in every locale.
 *
 * `010`, `1e3` or `3.7` for an integer, `1.5abc`, `1,5`, `1_0`, `0x0a`, `nan`, `.inf`, `1e999`, `yes` and
 * the like are refused, not guessed at.
 */
#ifndef CONVERT_H
#define CONVERT_H

#include <stdbool.h>
#include <stdint.h>

enum { CONVERT_NUMBER_MAX = 32 };

/** `-`, then decimal digits without leading zeros. False, `out` unchanged, if not. */
bool convert_integer(int64_t *out, const char *text);

/** Decimal digits, one point, an exponent; finite. False, `out` unchanged, if not. */
bool convert_number(double *out, const char *text);

/** `true` or `false`. False, `out` unchanged, if neither. */
bool convert_boolean(bool *out, const char *text);

/** The shortest text that convert_number() turns into the same finite number. */
void convert_print(char out[CONVERT_NUMBER_MAX], double number);

#endif
