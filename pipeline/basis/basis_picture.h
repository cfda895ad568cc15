/** @file basis_picture.h @brief frv.png and components.png. */
#ifndef BASIS_PICTURE_H
#define BASIS_PICTURE_H

#include "curve.h"

/** The curve, its largest modelled count marked. */
SQN_NODISCARD sqn_status basis_picture_curve(const char *path, const basis *b,
                                             const curve *c, const char *title,
                                             sqn_error *err);

/** Components [k, ny, nx] with their shares of the light of the build. */
SQN_NODISCARD sqn_status basis_picture_components(const char *path, const basis *b,
                                                  const sqn_cube *images, const char *title,
                                                  sqn_error *err);

#endif
