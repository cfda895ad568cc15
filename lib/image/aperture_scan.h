/**
 * @file aperture_scan.h
 * @brief sqn__aperture_flux() for very many circles of one radius, on many planes at a time.
 *
 * Positions as in aperture.h. The centre is moved by at most 1/128 pixel along each axis: for white
 * noise the scatter of the flux that comes with it is 0.3 % of that of the flux at a diameter of 4.
 * Which pixels a circle touches is decided exactly, and circles too large for the table are exact.
 */
#ifndef SQN_APERTURE_SCAN_H
#define SQN_APERTURE_SCAN_H

#include <stdbool.h>

#include "aperture_lanes.h"
#include "sequin/error.h"

/** Table of overlaps and a copy of the planes. Opaque. */
typedef struct sqn__aperture_scan sqn__aperture_scan;

/**
 * Prepare scans of planes of one size.
 *
 * @retval SQN_ERR_MEMORY  Needs 68 bytes per pixel and a table of at most 9.5 MB.
 */
SQN_NODISCARD sqn_status sqn__aperture_scan_create(sqn__aperture_scan **out, int64_t ny,
                                                   int64_t nx, double radius,
                                                   sqn_error *err);

/** Planes to scan, up to SQN__APERTURE_LANES: value [n_plane, ny, nx], borrowed, NaN = missing. */
void sqn__aperture_scan_load(sqn__aperture_scan *scan, const float *value, int64_t n_plane);

/** True where a circle about (x, y) leaves the planes. */
bool sqn__aperture_scan_leaves(const sqn__aperture_scan *scan, double x, double y);

enum { SQN__APERTURE_PLACES = 16 };

/** Circles that are placed side by side: about (x, y). */
typedef struct sqn__aperture_places {
    double x[SQN__APERTURE_PLACES], y[SQN__APERTURE_PLACES];
    double margin
        [SQN__APERTURE_PLACES]; /**< To the edge of the planes: below 0 it leaves them. */
    int32_t begin[SQN__APERTURE_PLACES],
        offset[SQN__APERTURE_PLACES]; /**< Of the tables. */
} sqn__aperture_places;

/** Find where they are, all of them: x and y are given. */
void sqn__aperture_scan_place(sqn__aperture_places *out, const sqn__aperture_scan *scan);

/** A circle, and where the numbers for its flux lie. */
typedef struct sqn__aperture_spot {
    double x, y;
    sqn__aperture_box box; /**< Where there is a table of overlaps. */
    uint32_t
        known; /**< A bit for each plane that may have a flux: with a table, those of which
                         the circle touches no missing pixel. */
} sqn__aperture_spot;

/** Circle `i` of those that were placed, and a request for its overlaps: to be used a little
 *  later. False where no plane has a flux. */
bool sqn__aperture_scan_find(sqn__aperture_spot *out, const sqn__aperture_scan *scan,
                             const sqn__aperture_places *places, int64_t i);

/**
 * Flux of a circle on every plane.
 *
 * @param[out] out  [lanes]
 * @returns A bit for each plane that has one: the circle touches no missing pixel of it.
 */
uint32_t sqn__aperture_scan_flux(float *out, const sqn__aperture_scan *scan,
                                 const sqn__aperture_spot *spot);

/**
 * Add the fluxes of circles to the sums of the planes that have them.
 *
 * @param[in,out] sums  [n] Where each goes: all different.
 * @param[in]     n     At most SQN__APERTURE_PLACES.
 */
void sqn__aperture_scan_add(sqn__aperture_sums *const *sums, const sqn__aperture_scan *scan,
                            const sqn__aperture_spot *spot, int64_t n);

/** Add a flux [lanes] to the sums of the planes in `known` alone. */
void sqn__aperture_sums_add(sqn__aperture_sums *sums, const float *flux, uint32_t known);

/** Free and set to NULL. NULL-safe. */
void sqn__aperture_scan_destroy(sqn__aperture_scan **scan);

#endif
