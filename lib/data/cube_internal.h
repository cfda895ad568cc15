/** @file cube_internal.h @brief Cubes whose storage is not cleared. */
#ifndef SQN_CUBE_INTERNAL_H
#define SQN_CUBE_INTERNAL_H

#include "sequin/cube.h"

/** As sqn_cube_init(), of any content: for cubes of which every pixel will be written, and whose
 *  pages come to the threads that write them. */
SQN_NODISCARD sqn_status sqn__cube_reserve(sqn_cube *cube, int64_t n_frame, int64_t ny,
                                           int64_t nx, sqn_error *err);

#endif
