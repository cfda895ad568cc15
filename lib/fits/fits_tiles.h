/** @file fits_tiles.h @brief Tile-compressed images, checked before CFITSIO inflates them. */
#ifndef SQN_FITS_TILES_H
#define SQN_FITS_TILES_H

#include "fits_file.h"

/**
 * Check codec, tiles, columns and every descriptor of the heap.
 *
 * @retval SQN_ERR_UNAVAILABLE  E_UNAVAILABLE: HCOMPRESS_1 and PLIO_1 are refused.
 * @retval SQN_ERR_DATA         E_FITS_COMPRESS.
 */
SQN_NODISCARD sqn_status sqn__fits_tiles_check(const sqn__fits_file *file,
                                               const sqn__fits_hdu *hdu, sqn_error *err);

/**
 * The HDU as a file of its own: an empty primary HDU, a header of only the cards that
 * decoding needs, and the data. Owned by the caller (sqn__mem_free()).
 */
SQN_NODISCARD sqn_status sqn__fits_tiles_pack(unsigned char **out, size_t *size,
                                              const sqn__fits_file *file,
                                              const sqn__fits_hdu *hdu, sqn_error *err);

#endif
