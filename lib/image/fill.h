/** @file fill.h @brief Missing pixels made up from their neighbours, before a filter. */
#ifndef SQN_FILL_H
#define SQN_FILL_H

#include <stdint.h>

enum { SQN__FILL_EMPTY = 255 }; /**< Round of a pixel that is not filled. */

/**
 * Copy an image and give every missing pixel the mean of the pixels within 3 of it, weighted
 * by 1 / distance^2. Done four times, each round also from what the last one filled, so that
 * nothing valid has a step within 12 pixels; what is still missing then is 0.
 *
 * @param[out] out    [ny, nx] finite.
 * @param[out] round  [ny, nx] 0 = was valid, 1 ... 4 = filled in that round, 255 = not.
 * @param[in]  image  [ny, nx] not finite = missing.
 */
void sqn__fill_missing(double *out, uint8_t *round, const float *image, int64_t ny,
                       int64_t nx);

/**
 * The same of many images, [ny, nx, lanes], that miss the same pixels, in place; rows are `stride`
 * pixels apart.
 *
 * @param[in,out] round  [ny, nx] 0 = is valid, SQN__FILL_EMPTY = is missing; as above.
 */
void sqn__fill_missing_stack(float *images, uint8_t *round, int64_t ny, int64_t nx,
                             int64_t stride, int64_t lanes);

#endif
