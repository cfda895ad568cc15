/** @file fill.h @brief Missing pixels made up from their neighbours, before a filter. */
#ifndef SQN_FILL_H
#define SQN_FILL_H

#include <stdint.h>

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

#endif
