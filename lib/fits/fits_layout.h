/** @file fits_layout.h @brief All that will be read of one role, before a pixel is. */
#ifndef SQN_FITS_LAYOUT_H
#define SQN_FITS_LAYOUT_H

#include "fits_facts.h"

/** Rows of planes of one role: each has one plane for each plane of `data`, but for masks. */
typedef struct sqn__fits_layout {
    sqn__fits_pool pool;
    sqn__fits_units data;
    sqn__fits_units noise;   /* n = 0: none */
    sqn__fits_units quality; /* n = 0: none; units without a path have no flags */
    sqn__fits_units mask;    /* n = 0: none; 1 plane: for all */
    sqn__fits_facts *facts;  /* [data.n] */
    int64_t facts_capacity;
    sqn_header *primary, *image; /* of the first frame; image may be NULL: the primary */
} sqn__fits_layout;

/**
 * Open every file, choose its HDUs, check shapes and units.
 *
 * @param[out] out  Zeroed before; cleared by sqn__fits_layout_clear() also after failure.
 */
SQN_NODISCARD sqn_status sqn__fits_layout_make(sqn__fits_layout *out,
                                               const sqn_fits_source *source,
                                               const sqn_log *log, sqn_error *err);

/** Compare checksums, as sqn__fits_units_verify() does, of all rows. */
SQN_NODISCARD sqn_status sqn__fits_layout_verify(sqn__fits_layout *layout, sqn_error *err);

void sqn__fits_layout_clear(sqn__fits_layout *layout);

#endif
