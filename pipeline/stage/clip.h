/**
 * @file clip.h
 * @brief Outliers become missing: of the references before the build, of the science frames
 * before they are modelled for good.
 *
 * In: observation, configuration, for the science frames the basis. Out: the observation, with
 * NaN and SQN_FLAG_CLIPPED where an outlier was. Library: outlier, target.
 */
#ifndef STAGE_CLIP_H
#define STAGE_CLIP_H

#include "fit.h"
#include "read.h"
#include "sequin/outlier.h"

/** What was clipped; all 0 without noise.clip_sigma. */
typedef struct clip_tally {
    sqn_outlier_tally references, science;
} clip_tally;

/**
 * Outliers of the references against a model of themselves; of the science frames where they
 * are the references.
 *
 * @param[in] excluded  [n_reference, ny, nx] pixels that are not judged, or NULL.
 */
SQN_NODISCARD sqn_status clip_references(clip_tally *out, observation *obs,
                                         const config *settings, const uint8_t *excluded,
                                         const sqn_log *log, sqn_error *err);

/**
 * Outliers of the science frames against their models, excluded pixels too. What other frames
 * show at the same place of the detector or of the sky is none. Frames that are also the
 * references are judged where clip_references() did not.
 *
 * @param[in] excluded  [n_science, ny, nx] not fitted, or NULL.
 */
SQN_NODISCARD sqn_status clip_science(clip_tally *out, observation *obs, const basis *b,
                                      const config *settings, const uint8_t *excluded,
                                      const sqn_log *log, sqn_error *err);

#endif
