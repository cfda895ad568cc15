/**
 * @file simulate.h
 * @brief A simulated observation with known truth: made in memory, written as FITS products.
 *
 * The star stands at ((NAXIS + 1) / 2, (NAXIS + 1) / 2) in FITS pixels, for odd and even sizes.
 */
#ifndef SIMULATE_H
#define SIMULATE_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "sequin/cube.h"
#include "sequin/error.h"
#include "sequin/fits.h"
#include "sequin/log.h"

/** Frames of one star. */
typedef struct simulate_frames {
    sqn_cube value; /**< (adu) Owned. */
    sqn_cube error; /**< (adu) true 1 sigma. Owned. */
    int32_t *dq;    /**< [n_frame, size, size] flags of detector.h. Owned. */
} simulate_frames;

/** An observation and its truth. */
typedef struct simulation {
    const config_simulate *options; /**< Borrowed. */
    double center;                  /**< Of the star, x and y (FITS pixels). */
    simulate_frames reference;      /**< Another star, without disk. */
    simulate_frames science;
    double *angle; /**< [n_science] (degrees) position angle of +y. Owned. */
    sqn_cube star; /**< [n_science] (adu) noiseless star of the science frames. Owned. */
    sqn_cube disk; /**< [1] (adu) ring and sources, convolved, North up. Owned. */
} simulation;

/** Which product. */
typedef enum simulate_which {
    SIMULATE_REFERENCES,
    SIMULATE_SCIENCE,
    SIMULATE_TRUTH
} simulate_which;

/**
 * Make an observation. The same options give the same bits for any number of threads.
 *
 * @param[out] out      Filled on success, cleared on failure. Free with simulation_clear().
 * @param[in]  options  Borrowed for the life of the simulation.
 * @retval SQN_ERR_CONFIG  E_CFG_SCHEMA: values that cannot stand together.
 * @retval SQN_ERR_MEMORY  Needs 12 bytes a pixel of all frames, and 240 bytes an element of the
 *                         padded grid.
 */
SQN_NODISCARD sqn_status simulate_make(simulation *out, const config_simulate *options,
                                       const sqn_log *log, sqn_error *err);
void simulation_clear(simulation *made);

/**
 * A product as the bytes of a FITS file.
 *
 * @param[out] bytes  Borrowed from `owner`, which the caller destroys.
 */
SQN_NODISCARD sqn_status simulate_product(const void **bytes, size_t *size,
                                          sqn_fits_product **owner, const simulation *made,
                                          simulate_which which, sqn_error *err);

/** angles.txt: one angle a line. @param[out] text  Owned by the caller, free(). */
SQN_NODISCARD sqn_status simulate_angles_text(char **text, const simulation *made,
                                              sqn_error *err);

#endif
