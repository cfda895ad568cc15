/** @file oserror.h @brief What the system refuses in the output directory, as our error. */
#ifndef OSERROR_H
#define OSERROR_H

#include "sequin/error.h"

/**
 * Raise what errno says: E_OUT_NOSPACE, E_OUT_PERM, E_OUT_CREATE, else E_IO.
 *
 * @param[in] path  The place of the error.
 * @param[in] what  What was tried, for instance "cannot write".
 */
sqn_status oserror_raise(sqn_error *err, const char *path, const char *what);

#endif
