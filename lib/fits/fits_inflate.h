/** @file fits_inflate.h @brief gzip, inflated whole, checked and bounded. */
#ifndef SQN_FITS_INFLATE_H
#define SQN_FITS_INFLATE_H

#include <stddef.h>

#include "sequin/error.h"

/**
 * Inflate all members of a gzip file.
 *
 * @param[out] out   [*out_size] owned by the caller (sqn__mem_free()).
 *
 * @retval SQN_ERR_DATA    E_FITS_COMPRESS: damaged or cut. E_FITS_SIZE: it would grow beyond
 *                         both 256 MiB and 200 times its size.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status sqn__fits_inflate_all(unsigned char **out, size_t *out_size,
                                               const unsigned char *bytes, size_t size,
                                               sqn_error *err);

#endif
