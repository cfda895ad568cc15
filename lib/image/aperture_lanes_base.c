/** @file aperture_lanes_base.c @brief Fluxes on many planes, on every processor. */
#define SQN__LANES_WIDTH 4
#include "aperture_lanes_body.h"

const sqn__aperture_lanes sqn__aperture_lanes_base = {place,      flux,  add,  add_all,
                                                      square_all, blend, ratio};
