/** @file fits_seal.h @brief DATASUM and CHECKSUM put into the bytes of a finished HDU. */
#ifndef SQN_FITS_SEAL_H
#define SQN_FITS_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "sequin/error.h"

/** The cards to be written into each header, filled by sqn__fits_seal_put(). */
extern const char *const sqn__fits_seal_cards[2];

/** Where an HDU lies in the file (bytes). */
typedef struct sqn__fits_seal_span {
    int64_t header, data, end;
} sqn__fits_seal_span;

/**
 * Compute both sums of an HDU and write them into its two cards.
 *
 * @retval SQN_ERR_IO  E_OUT_VERIFY: the cards are not there.
 */
SQN_NODISCARD sqn_status sqn__fits_seal_put(unsigned char *file,
                                            const sqn__fits_seal_span *span,
                                            sqn_error *err);

/** The same where the data stand elsewhere, by their sum. */
SQN_NODISCARD sqn_status sqn__fits_seal_put_sum(unsigned char *file,
                                                const sqn__fits_seal_span *span,
                                                uint32_t data_sum, sqn_error *err);

/** Renew those of the two cards that an HDU has, whatever they hold. */
void sqn__fits_seal_renew(unsigned char *file, const sqn__fits_seal_span *span);

#endif
