/** @file header.h @brief Cards of a FITS header: those read, and those to be written. */
#ifndef SEQUIN_HEADER_H
#define SEQUIN_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An ordered list of 80-character cards. Opaque; grows by the sqn_header_add functions. */
typedef struct sqn_header sqn_header;

SQN_API SQN_NODISCARD sqn_status sqn_header_create(sqn_header **out, sqn_error *err);

/** Number of cards, END not counted. */
SQN_API int64_t sqn_header_n_card(const sqn_header *header);

/** Card `index`, 80 characters and a final NUL; borrowed. */
SQN_API const char *sqn_header_card(const sqn_header *header, int64_t index);

/**
 * Text of a keyword's value without quotes and trailing blanks (numbers as written; CONTINUE
 * joined). HIERARCH keywords are named without the word ("ESO TEL PARANG START").
 *
 * @retval false  The keyword is absent; `out` is "".
 */
SQN_API bool sqn_header_text(char *out, size_t size, const sqn_header *header,
                             const char *keyword);

/**
 * Value of a keyword as a number, converted by our own code (D exponents allowed).
 *
 * @retval false  Absent or not a finite number; `*out` is NaN.
 */
SQN_API bool sqn_header_number(double *out, const sqn_header *header, const char *keyword);

/**
 * Append a card; replaces the first card of the same keyword if there is one. Long texts are
 * continued; a number that is not finite is written as undefined (no value).
 */
SQN_API SQN_NODISCARD sqn_status sqn_header_set_text(sqn_header *header,
                                                     const char *keyword, const char *value,
                                                     const char *comment, sqn_error *err);
SQN_API SQN_NODISCARD sqn_status sqn_header_set_number(sqn_header *header,
                                                       const char *keyword, double value,
                                                       const char *comment, sqn_error *err);
SQN_API SQN_NODISCARD sqn_status sqn_header_set_integer(sqn_header *header,
                                                        const char *keyword, int64_t value,
                                                        const char *comment,
                                                        sqn_error *err);
SQN_API SQN_NODISCARD sqn_status sqn_header_set_logical(sqn_header *header,
                                                        const char *keyword, bool value,
                                                        const char *comment,
                                                        sqn_error *err);

/** Append HISTORY cards; long text is cut into several. */
SQN_API SQN_NODISCARD sqn_status sqn_header_add_history(sqn_header *header,
                                                        const char *text, sqn_error *err);

/** Remove every card of a keyword; true if there was one. */
SQN_API bool sqn_header_remove(sqn_header *header, const char *keyword);

/** Append every card of `other` whose keyword is not there yet (HISTORY, COMMENT: all). */
SQN_API SQN_NODISCARD sqn_status sqn_header_merge(sqn_header *header,
                                                  const sqn_header *other, sqn_error *err);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_header_destroy(sqn_header **header);

#ifdef __cplusplus
}
#endif
#endif
