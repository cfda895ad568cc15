/**
 * @file scales.h
 * @brief Pixel scale, resolution element and angles of an observation.
 */
#ifndef STAGE_SCALES_H
#define STAGE_SCALES_H

#include "read.h"

/** Fill pixel_scale, fwhm, has_angles, derotate. E_ANGLES when turning is asked without angles. */
SQN_NODISCARD sqn_status scales_choose(observation *obs, const config *settings,
                                       const sqn_log *log, sqn_error *err);

#endif
