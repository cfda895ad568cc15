/** @file cube.h @brief A stack of frames in memory. */
#ifndef SEQUIN_CUBE_H
#define SEQUIN_CUBE_H

#include <stdint.h>

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Sequin's own flags of a pixel (product HDU FLAGS), combined by OR. */
enum {
    SQN_FLAG_NO_SCIENCE = 1,      /**< No valid science datum. */
    SQN_FLAG_NO_REFERENCE = 2,    /**< No reference covers it. */
    SQN_FLAG_OUTSIDE = 4,         /**< Outside the region. */
    SQN_FLAG_EXCLUDED = 8,        /**< Excluded from the fit: the model there is imputed. */
    SQN_FLAG_CLIPPED = 16,        /**< Clipped as an outlier. */
    SQN_FLAG_RANGE = 32,          /**< Outside valid_range. */
    SQN_FLAG_UNDETERMINED = 64,   /**< Fewer valid references than components. */
    SQN_FLAG_TURNED_MISSING = 128 /**< Turned in from missing or from outside. */
};

/** Frames of one detector, ordered as FITS orders them: x varies fastest. */
typedef struct sqn_cube {
    int64_t n_frame, ny, nx; /**< NAXIS3, NAXIS2, NAXIS1. */
    float *data;             /**< [n_frame, ny, nx] (BUNIT), NaN where missing. Owned. */
} sqn_cube;

/**
 * Give `cube` zeroed storage. The cube must be new or cleared.
 *
 * @retval SQN_ERR_MEMORY  Needs 4 n_frame ny nx bytes; the cube is left cleared.
 */
SQN_API SQN_NODISCARD sqn_status sqn_cube_init(sqn_cube *cube, int64_t n_frame, int64_t ny,
                                               int64_t nx, sqn_error *err);

/** Free what the cube owns and zero it. NULL-safe. */
SQN_API void sqn_cube_clear(sqn_cube *cube);

#ifdef __cplusplus
}
#endif
#endif
