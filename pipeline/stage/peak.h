/**
 * @file peak.h
 * @brief Where the S/N of the combined images is largest.
 *
 * In: the combined images. Out: numbers for verdict, tables and manifest. Library: none.
 */
#ifndef PEAK_H
#define PEAK_H

#include "combine.h"

/** The brightest pixel of S/N maps. */
typedef struct peak {
    double snr;         /**< NaN when no pixel has one. */
    double position[2]; /**< (FITS pixels, x first); NaN as snr. */
    int64_t group;      /**< Counted from 0. */
} peak;

/** Of one plane. */
peak peak_of_group(const disk *d, int64_t group, int64_t i_count);

/** Of all groups; of equal ones the first. */
peak peak_of_count(const disk *d, int64_t i_count);

/** The group in words, "group 2 of 3 (b.fits)"; "" where there is one for all frames. */
void peak_group_text(char *out, size_t size, const disk *d, int64_t group);

#endif
