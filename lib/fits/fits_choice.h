/** @file fits_choice.h @brief Which cards of a header go into an HDU of a product. */
#ifndef SQN_FITS_CHOICE_H
#define SQN_FITS_CHOICE_H

#include <stdbool.h>

#include "sequin/header.h"
#include "sequin/log.h"

/** What was chosen, and what has to be added. */
typedef struct sqn__fits_choice {
    bool *keep; /* [n_card of the header] owned */
    int64_t n_kept;
    bool has_long;  /* long strings are continued: LONGSTRN belongs into the header */
    int n_wcs_axis; /* axes that the kept WCS keywords name, ... */
    /* ... and, for each axis from 1, what is there to complete them. */
    bool reference_pixel[10], reference_value[10], type[10], matrix[10];
    bool has_cd; /* a CD matrix: axes without a card of it would make it singular */
} sqn__fits_choice;

/**
 * Choose the cards that describe an HDU of `n_axis` axes (0: the primary HDU without data)
 * and that a verifier accepts together. What is left out is noted in `log`.
 */
SQN_NODISCARD sqn_status sqn__fits_choice_init(sqn__fits_choice *out,
                                               const sqn_header *header, int n_axis,
                                               const char *where, const sqn_log *log,
                                               sqn_error *err);
void sqn__fits_choice_clear(sqn__fits_choice *choice);

#endif
