/**
 * @file aperture_scan.h
 * @brief sqn__aperture_flux() for very many circles of one radius, on many planes at a time.
 *
 * Positions as in aperture.h. The centre is moved by at most 1/256 pixel along each axis: for white
 * noise the scatter of the flux that comes with it is 0.24 % of that of the flux at a diameter of 4.
 * Which pixels a circle touches is decided exactly, and circles too large for the table are exact.
 */
#ifndef SQN_APERTURE_SCAN_H
#define SQN_APERTURE_SCAN_H

#include <stdbool.h>

#include "aperture_lanes.h"
#include "sequin/error.h"
#include "sequin/spare.h"

/** Table of overlaps and a copy of the planes. Opaque. */
typedef struct sqn__aperture_scan sqn__aperture_scan;

/**
 * Prepare scans of planes of one size.
 *
 * @param[in] spare  Used before memory of its own.
 *
 * @retval SQN_ERR_MEMORY  Needs 68 bytes per pixel and a table of at most 9.5 MB, twice that to
 *                         make it.
 */
SQN_NODISCARD sqn_status sqn__aperture_scan_create(sqn__aperture_scan **out, int64_t ny,
                                                   int64_t nx, double radius,
                                                   sqn_spare spare, sqn_error *err);

/**
 * Planes to scan, up to SQN__APERTURE_LANES.
 *
 * @param[in] value  [n_plane, ny, nx] NaN = missing. Borrowed.
 * @param[in] level  [n_plane] subtracted from all pixels where there is a table: a background that
 *                   all fluxes have costs digits. NULL = nothing.
 */
void sqn__aperture_scan_load(sqn__aperture_scan *scan, const float *value,
                             const float *level, int64_t n_plane);

/** Find where they are, all of them: x and y are given. */
void sqn__aperture_scan_place(sqn__aperture_places *out, const sqn__aperture_scan *scan);

/** Bits of planes. */
typedef struct sqn__aperture_view {
    uint32_t clear; /**< Circles miss no pixel, */
    uint32_t seen;  /**< some circle may miss none. */
} sqn__aperture_view;

/**
 * What is known under the first `n` of the places and under all circles that are up to half a
 * pixel away from one of them along each axis. True of all or of any, but not complete: planes
 * may be missing in `clear`, and be too many in `seen`.
 */
sqn__aperture_view sqn__aperture_scan_view(const sqn__aperture_scan *scan,
                                           const sqn__aperture_places *places, int64_t n);

/** True when there is a table of overlaps, as for all circles but very large ones. */
bool sqn__aperture_scan_has_table(const sqn__aperture_scan *scan);

/**
 * Flux of all circles on every plane, where there is a table.
 *
 * @param[out] out  [SQN__APERTURE_PLACES, lanes] Any number where a circle touches a missing
 *                  pixel.
 */
void sqn__aperture_scan_flux_all(float *out, const sqn__aperture_scan *scan,
                                 const sqn__aperture_places *places);

/**
 * Flux of circle `i` of those that were placed, on every plane.
 *
 * @param[out] out     [lanes]
 * @param[in]  wanted  Planes that are asked for, a bit each.
 * @returns Those of them that have a flux: the circle touches no missing pixel.
 */
uint32_t sqn__aperture_scan_flux(float *out, const sqn__aperture_scan *scan,
                                 const sqn__aperture_places *places, int64_t i,
                                 uint32_t wanted);

/** A bit for each plane that was loaded. */
uint32_t sqn__aperture_scan_all(const sqn__aperture_scan *scan);

/** The loops that fit the processor. */
const sqn__aperture_lanes *sqn__aperture_scan_lanes(const sqn__aperture_scan *scan);

/** Free and set to NULL. NULL-safe. */
void sqn__aperture_scan_destroy(sqn__aperture_scan **scan);

#endif
