/** @file fits_facts.h @brief What the headers of a frame say of it. */
#ifndef SQN_FITS_FACTS_H
#define SQN_FITS_FACTS_H

#include "fits_units.h"
#include "sequin/fits.h"

/** Facts of one image HDU, from its own header, then the primary one. */
typedef struct sqn__fits_facts {
    char date[32], filter[32], unit[72];
    double exposure; /* (s) NaN when unknown */
    double divisor;  /* 1 without divide_by */
    bool has_bits;   /* the flags that mean missing are known: */
    uint32_t bits;
    double angle[2];    /* of the angles' keyword or WCS: at the beginning and at the end */
    double sense;       /* theta = sense * (angle + offset) */
    bool angle_of_file; /* found in the primary header: for all HDUs of the file */
} sqn__fits_facts;

/** Both headers of an HDU; the same object twice for the primary one. */
typedef struct sqn__fits_headers {
    const sqn_header *image, *primary;
} sqn__fits_headers;

/** Text of a keyword of the image, then of the primary header. */
bool sqn__fits_facts_text(char *out, size_t size, const sqn__fits_headers *headers,
                          const char *keyword);

/**
 * Collect the facts; angles are left to sqn__fits_angles_look().
 *
 * @retval SQN_ERR_DATA  E_FITS_HEADER: divide_by is absent, no number or not positive.
 */
SQN_NODISCARD sqn_status sqn__fits_facts_find(sqn__fits_facts *out,
                                              const sqn__fits_unit *unit,
                                              const sqn__fits_headers *headers,
                                              const sqn_fits_source *source,
                                              const sqn_log *log, sqn_error *err);

#endif
