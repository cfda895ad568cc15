/** @file provenance.h @brief Where a product comes from, as header cards. */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include "config.h"
#include "sequin/fits.h"

/** What an input is for: "science", "science errors", "angles". Returns `out`. */
enum { PROVENANCE_ROLE_MAX = 48 };
const char *provenance_role(char out[PROVENANCE_ROLE_MAX], const char *role,
                            const sqn_fits_input *input);

/** CREATOR, SEED, and one HISTORY card with the version and what was done. */
SQN_NODISCARD sqn_status provenance_add_step(sqn_header *header, const config *settings,
                                             const char *step, sqn_error *err);

/** One HISTORY card an input, with its DATASUM. */
SQN_NODISCARD sqn_status provenance_add_inputs(sqn_header *header,
                                               const sqn_fits_stack *stack,
                                               const char *role, sqn_error *err);

/** The configuration, one HISTORY card a line. */
SQN_NODISCARD sqn_status provenance_add_configuration(sqn_header *header,
                                                      const config *settings,
                                                      sqn_error *err);

#endif
