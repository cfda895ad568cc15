/** @file combine.h @brief Frames of one orientation to one image. */
#ifndef SEQUIN_COMBINE_H
#define SEQUIN_COMBINE_H

#include <stdint.h>

#include "sequin/error.h"
#include "sequin/rotate.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What becomes of the valid values of a pixel. */
typedef enum sqn_combine_method {
    SQN_COMBINE_MEAN,
    SQN_COMBINE_MEDIAN,  /**< Of an even number the mean of the two in the middle. */
    SQN_COMBINE_WEIGHTED /**< Mean, weighted by inverse variance. */
} sqn_combine_method;

/**
 * Combine pixel by pixel over the frames that are valid there.
 *
 * The variance of a mean is sum var / n^2, of a median pi n / (2 n + c) times that, c = 0.95 for
 * odd and 2.65 for even n (of one or two frames, which have the mean as median, just that), of a
 * weighted mean 1 / sum (1 / var); frames that have covariances (`shared`) add theirs. FLAGS and DQ
 * are OR-ed over the frames behind the pixel; where no frame is valid, over all, and value and
 * variance are NaN. A weighted mean leaves out what has no positive, finite variance.
 *
 * @param[out] out       Planes [ny, nx] owned by the caller: value (unit of the data),
 *                       variance (its square), dq and flags (bits). Planes that are NULL are
 *                       left out.
 * @param[out] coverage  [ny, nx] number of frames behind each pixel (0 where none). Owned by the
 *                       caller.
 * @param[in]  frames    [n_frame] n_frame >= 1, of the shape and with the planes of `out`; value
 *                       NaN = not valid there. Borrowed.
 * @param[in]  n_frame   Number of frames.
 * @param[in]  method    How values are combined.
 *
 * @retval SQN_ERR_ARG     No frame, another shape, or no variance where one is asked for.
 * @retval SQN_ERR_MEMORY  A median needs 4 ny n_frame bytes of work space.
 * @see docs/numerics.md, section 6
 */
SQN_API SQN_NODISCARD sqn_status sqn_combine_frames(sqn_image *out, int32_t *coverage,
                                                    const sqn_image *frames,
                                                    int64_t n_frame,
                                                    sqn_combine_method method,
                                                    sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
