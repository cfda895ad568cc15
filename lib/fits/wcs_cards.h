/** @file wcs_cards.h @brief A WCS written as cards of a header. */
#ifndef SQN_WCS_CARDS_H
#define SQN_WCS_CARDS_H

#include "wcs_parts.h"

/** Remove the cards of every WCS of a header. */
void sqn__wcs_cards_remove(sqn_header *header);

/** Set the cards of a celestial WCS; CD, or PC with CDELT, as `parts` has it. */
SQN_NODISCARD sqn_status sqn__wcs_cards_set(sqn_header *header, const sqn__wcs_parts *parts,
                                            sqn_error *err);

/** Set the cards of the linear axes 3 .. n_axis: counted from 1. */
SQN_NODISCARD sqn_status sqn__wcs_cards_set_planes(sqn_header *header, int n_axis,
                                                   bool has_cd, sqn_error *err);

#endif
