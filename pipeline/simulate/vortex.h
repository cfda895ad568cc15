/** @file vortex.h @brief Focal-plane mask of a vortex coronagraph, free of aliases. */
#ifndef VORTEX_H
#define VORTEX_H

#include <complex.h>
#include <stdint.h>

#include "sequin/error.h"

/**
 * exp(i charge theta) about element 0 as the optics see it.
 *
 * Near its singularity the phase turns faster than elements can follow. Its plain values there
 * would send light of an aliased mask through the stop (half a percent of the star at charge
 * 4), so within 24 elements it is drawn 8 times finer and low-passed before it is sampled.
 *
 * @param[out] mask  [n, n] grid as in pupil.h, n >= 64.
 * @retval SQN_ERR_MEMORY  Needs 0.5 MB.
 */
SQN_NODISCARD sqn_status vortex_draw(double complex *mask, int64_t n, int64_t charge,
                                     sqn_error *err);

#endif
