/**
 * @file fit.h
 * @brief Stage 2: components and curves from the references of an observation.
 *
 * In: observation, configuration. Out: a basis. Rooms: pipeline/basis.
 */
#ifndef FIT_H
#define FIT_H

#include "basis.h"
#include "read.h"
#include "weigh.h"

/**
 * Build the components.
 *
 * @param[in,out] obs   Gives up the pixels of its references once the panels hold them.
 * @param[in] excluded  [n_reference, ny, nx] pixels without weight, or NULL.
 * @retval SQN_ERR_CONFIG  E_COUNT.
 */
SQN_NODISCARD sqn_status fit_basis(basis *out, observation *obs, const config *settings,
                                   const uint8_t *excluded, const sqn_nmf_options *hooks,
                                   sqn_error *err);

#endif
