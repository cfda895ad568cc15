/** @file fits_select.h @brief Which HDUs of a file are meant. */
#ifndef SQN_FITS_SELECT_H
#define SQN_FITS_SELECT_H

#include "fits_file.h"

/** True for an image, tiled or not, with at least one pixel. */
bool sqn__fits_select_has_pixels(const sqn__fits_hdu *hdu);

/**
 * The HDUs meant by `want`.
 *
 * @param[out] out   [*n] numbers, a name's in the order of EXTVER. Owned by the caller.
 * @param[in]  want  Name (case ignored) or number; NULL: `usual` where an image of that name
 *                   is present, else the first image.
 *
 * @retval SQN_ERR_DATA  E_FITS_HDU: absent (those present are listed), twice with one EXTVER,
 *                       or a table; or what broke the file.
 */
SQN_NODISCARD sqn_status sqn__fits_select_all(int **out, int64_t *n,
                                              const sqn__fits_file *file, const char *want,
                                              const char *usual, sqn_error *err);

/** The first of those. */
SQN_NODISCARD sqn_status sqn__fits_select_one(int *out, const sqn__fits_file *file,
                                              const char *want, const char *usual,
                                              sqn_error *err);

/** The image of a name and an EXTVER with pixels, or NULL. */
const sqn__fits_hdu *sqn__fits_select_companion(const sqn__fits_file *file,
                                                const char *name, int64_t extver);

#endif
