/** @file fits_checksum.h @brief The checksums of the FITS standard, computed and compared. */
#ifndef SQN_FITS_CHECKSUM_H
#define SQN_FITS_CHECKSUM_H

#include "fits_file.h"

/** Ones' complement sum of two sums. */
uint32_t sqn__fits_checksum_add(uint32_t a, uint32_t b);

/** Sum of bytes as big-endian words; a short last word is filled with zeros. */
uint32_t sqn__fits_checksum_bytes(const unsigned char *bytes, size_t n);

/**
 * Compare DATASUM and CHECKSUM of an HDU with its bytes, as far as it has them.
 *
 * @param[out] datasum  Of the data; may be NULL.
 * @retval SQN_ERR_DATA  E_FITS_CHECKSUM.
 */
SQN_NODISCARD sqn_status sqn__fits_checksum_verify(uint32_t *datasum,
                                                   const sqn__fits_file *file,
                                                   const sqn__fits_hdu *hdu,
                                                   sqn_error *err);

#endif
