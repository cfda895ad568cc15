/**
 * @file profile.h
 * @brief What is left of the light at every distance from the star.
 *
 * In: observation, one subtraction. Out: a number a ring, for profiles.png. Library: none.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "target.h"

/**
 * Rings of one pixel about the star, ring k from k - 0.5 to k + 0.5 pixels; NaN where no frame
 * has a valid residual. Owned; one block, that `radius` points to.
 */
typedef struct profile {
    int64_t n;
    double *radius;   /**< [n] (pixels) */
    double *number;   /**< [n] valid residuals of all frames. */
    double *data;     /**< [n] (unit of the data) mean. */
    double *model;    /**< [n] (unit of the data) mean. */
    double *residual; /**< [n] (unit of the data) root of the mean square. */
    double *noise;    /**< [n] (unit of the data) root of the mean variance. */
} profile;

/** Over the region and all science frames. @retval SQN_ERR_MEMORY */
SQN_NODISCARD sqn_status profile_make(profile *out, const observation *obs,
                                      const subtraction *s, sqn_error *err);

void profile_clear(profile *p);

#endif
