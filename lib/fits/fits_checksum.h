/** @file fits_checksum.h @brief The checksums of the FITS standard, computed and compared. */
#ifndef SQN_FITS_CHECKSUM_H
#define SQN_FITS_CHECKSUM_H

#include "fits_file.h"

/** Ones' complement of a plain sum of fewer than 2^32 sums. */
uint32_t sqn__fits_checksum_fold(uint64_t sum);

/** Ones' complement sum of two sums. */
uint32_t sqn__fits_checksum_add(uint32_t a, uint32_t b);

/** Sum of bytes as big-endian words; a short last word is filled with zeros. */
uint32_t sqn__fits_checksum_bytes(const unsigned char *bytes, size_t n);

/** Sum of bytes [from, to) of the file, as far as it goes; `from` is a multiple of 4. */
SQN_NODISCARD sqn_status sqn__fits_checksum_range(uint32_t *out, const sqn__fits_file *file,
                                                  size_t from, size_t to, sqn_error *err);

/** What the header of an HDU says of its sums. */
typedef struct sqn__fits_promise {
    bool has_data, has_all; /* cards DATASUM and CHECKSUM are there and used */
    int64_t data;           /* as DATASUM has it */
    uint32_t header;        /* sum of the header itself */
} sqn__fits_promise;

sqn__fits_promise sqn__fits_checksum_promise(const sqn__fits_file *file,
                                             const sqn__fits_hdu *hdu);

/**
 * Compare the sum of the data with what was promised.
 *
 * @retval SQN_ERR_DATA  E_FITS_CHECKSUM.
 */
SQN_NODISCARD sqn_status sqn__fits_checksum_compare(const sqn__fits_promise *promise,
                                                    uint32_t data, const char *path,
                                                    const sqn__fits_hdu *hdu,
                                                    sqn_error *err);

/**
 * Read and sum the data; compare DATASUM and CHECKSUM of an HDU with its bytes, as far as it has them.
 *
 * @param[out] datasum  Of the data; may be NULL.
 * @retval SQN_ERR_DATA  E_FITS_CHECKSUM.
 */
SQN_NODISCARD sqn_status sqn__fits_checksum_verify(uint32_t *datasum,
                                                   const sqn__fits_file *file,
                                                   const sqn__fits_hdu *hdu,
                                                   sqn_error *err);

#endif
