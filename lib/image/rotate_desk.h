/** @file rotate_desk.h @brief Images that are turned together, laid out for it. */
#ifndef SQN_ROTATE_DESK_H
#define SQN_ROTATE_DESK_H

#include "arena.h"
#include "rotate_internal.h"

/** Images pixel by pixel: a lane is an image. "Wide" planes have a border. */
typedef struct sqn__rotate_desk {
    int64_t ny, nx, n_pix, stride, n_wide;
    int64_t n_image;  /**< At a time. */
    int64_t lanes;    /**< Of a pixel, for as many. */
    float *coeffs;    /**< [wide, lanes] */
    float *variance;  /**< [wide, lanes] 0 where there is none. */
    float *ratio;     /**< [ny, nx, lanes] Covariances over the variance. */
    uint8_t *flagged; /**< [ny, nx] not 0: some image has flags, */
    uint8_t *flags;   /**< [ny, nx, lanes] which are there. */
    uint8_t *round;   /**< [ny, nx] 0 = valid. */
    uint8_t *missing; /**< [ny, nx] not 0 = without a variance. */
    uint8_t *gaps;    /**< [wide] of sqn__spline_stack */
    uint8_t *broken;  /**< [wide] of sqn__spline_stack */
    const sqn__spline_lanes *table;
    sqn__spline_stack planes;
} sqn__rotate_desk;

/** Noise that images share, by distance from the star. Borrowed. */
typedef struct sqn__rotate_rings {
    const int32_t *ring; /**< [ny, nx] distance of a pixel */
    const float *share;  /**< [n_radius, lanes] covariances over the plane `shared` */
    double *
        sums; /**< [SQN__ROTATE_BANDS, n_radius, 2, lanes] of the variances, and of `shared` */
    int64_t *n; /**< [SQN__ROTATE_BANDS, n_radius] pixels behind them */
    int64_t n_radius;
} sqn__rotate_rings;

enum { SQN__ROTATE_BANDS = 8 }; /**< Parts of an image, whatever the number of threads. */

/** Images of a call that are turned together: they know the same pixels and have the same planes.
 *  Lanes of others hold one of them. */
typedef struct sqn__rotate_group {
    const sqn_image *in; /**< [n] */
    int64_t n, first;    /**< Images of the call; the first of the group. */
    bool member[SQN__SPLINE_STACK];
} sqn__rotate_group;

/** Arrays of `d`, whose shape is known, for up to n images; false: no memory. They last as long as the
 *  arena. */
SQN_NODISCARD bool sqn__rotate_desk_fill(sqn__rotate_desk *d, sqn__arena *arena, int64_t n);

/** All images, as if they knew the same pixels; false: they do not even have the same planes. */
bool sqn__rotate_whole_group(sqn__rotate_group *g, const sqn_image *in, int64_t n);

/** The first of the images that are not `done` and those like it, which are done then; false:
 *  all were. */
bool sqn__rotate_next_group(sqn__rotate_group *g, bool *done);

/**
 * Lay out the planes of a group, ready to be turned; `as_is` to be copied: missing values are
 * NaN, and variances what they are.
 *
 * @param[in,out] rings  NULL = `shared` holds the covariances.
 * @returns False where images of the group do not know the same pixels.
 */
bool sqn__rotate_load(sqn__rotate_desk *d, const sqn__rotate_group *g, bool as_is,
                      const sqn__rotate_rings *rings);

/**
 * Turn the `n` pixels of a row from `first` (y, x) on, at most SQN__TURN_POINTS.
 *
 * @param[out] value, variance  [n, lanes] NaN where missing; `variance` may be NULL.
 * @param[out] found            Where the input was needed.
 */
void sqn__rotate_row(float *value, float *variance, sqn__turn_points *found,
                     const sqn__rotate_desk *d, const sqn__turn *turn,
                     const int64_t first[2], int64_t n);

#endif
