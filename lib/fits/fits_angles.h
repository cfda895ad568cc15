/** @file fits_angles.h @brief The angle of each plane, and the turn that brings North up. */
#ifndef SQN_FITS_ANGLES_H
#define SQN_FITS_ANGLES_H

#include "fits_facts.h"
#include "fits_values.h"

/**
 * Keyword and WCS: what the headers of one HDU say, into `facts`.
 *
 * @retval SQN_ERR_DATA  E_ANGLES: absent; E_FITS_HEADER: no number.
 */
SQN_NODISCARD sqn_status sqn__fits_angles_look(sqn__fits_facts *facts,
                                               const sqn__fits_unit *unit,
                                               const sqn__fits_headers *headers,
                                               const sqn_fits_angles *angles,
                                               const sqn_log *log, sqn_error *err);

/** True when the angles come from a list: the file's or the values. */
bool sqn__fits_angles_are_listed(const sqn_fits_angles *angles);

/**
 * The angle of every plane of all units (degrees).
 *
 * @param[out] out    [units->n_plane, 2] angle as given, theta.
 * @param[in]  facts  [units->n]
 * @param[in]  listed Values where sqn__fits_angles_are_listed(): one per plane in time or
 *                    one per file.
 *
 * @retval SQN_ERR_DATA  E_ANGLES: another number of values.
 */
SQN_NODISCARD sqn_status sqn__fits_angles_spread(
    double (*out)[2], const sqn__fits_units *units, const sqn__fits_facts *facts,
    const sqn_fits_angles *angles, const sqn__fits_values *listed, sqn_error *err);

#endif
