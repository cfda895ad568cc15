/**
 * @file rescale.h
 * @brief Errors that are wrong by a factor: measured, and multiplied where that is asked for.
 *
 * One factor for the references, one for the science frames: a factor for each frame would call
 * a frame noisy that is only badly modelled. In: observation, configuration, for the science
 * frames the basis. Out: the errors of the observation. Library: misfit, target.
 */
#ifndef STAGE_RESCALE_H
#define STAGE_RESCALE_H

#include "fit.h"
#include "read.h"

/** Factors by which the errors were multiplied; 0 = they were not. */
typedef struct rescale_factors {
    double references, science;
} rescale_factors;

/** Of the references, by a model of their own (of the science frames where they are these). */
SQN_NODISCARD sqn_status rescale_references(rescale_factors *out, observation *obs,
                                            const config *settings, const uint8_t *excluded,
                                            const sqn_log *log, sqn_error *err);

/** Of the science frames, by their fits with the largest count. */
SQN_NODISCARD sqn_status rescale_science(rescale_factors *out, observation *obs,
                                         const basis *b, const config *settings,
                                         const uint8_t *excluded, const sqn_log *log,
                                         sqn_error *err);

#endif
