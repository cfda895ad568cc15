/** @file rotate_desk.h @brief Images that are turned together, laid out for it. */
#ifndef SQN_ROTATE_DESK_H
#define SQN_ROTATE_DESK_H

#include "rotate_internal.h"

/** "Wide" planes have a border. */
typedef struct sqn_rotate_stack {
    int64_t ny, nx, n_pix, stride, n_wide;
    int64_t n_image; /**< At a time. */
    int64_t lanes;   /**< Of a pixel, for as many. */
    int n_thread;
    double *work;    /**< [n_thread, ny, nx] */
    float *filled;   /**< [n_image, ny, nx] values, gaps filled. */
    uint8_t *round;  /**< [n_image, ny, nx] 0 = valid. */
    uint8_t *knows;  /**< [n_image, ny, nx] What is known of a pixel. */
    uint8_t *flags;  /**< [n_image, ny, nx] of the input. */
    float *coeffs;   /**< [wide, lanes] */
    float *variance; /**< [wide, lanes] 0 where there is none. */
    float *ratio;    /**< [ny, nx, lanes] shared over all of the variance. */
    float *present;  /**< [wide] 1 where there is a variance. */
    uint8_t
        *along; /**< [wide] 1 where the pixels of the row behind a cell are all present. */
    uint8_t *whole; /**< [wide] of sqn__spline_stack */
    const sqn__spline_lanes *table;
    sqn__spline_stack planes;
} sqn__rotate_desk;

/** Images of the call that are turned together: they know the same pixels and have the same planes. */
typedef struct sqn__rotate_group {
    int64_t n, member[SQN__SPLINE_STACK]; /**< Their numbers in the stack. */
    sqn_image out[SQN__SPLINE_STACK], in[SQN__SPLINE_STACK];
    bool flagged_alike[SQN__SPLINE_STACK]; /**< Flags are those of the first one. */
} sqn__rotate_group;

/** Fill the gaps of `n` images, see what they know, and copy their flags. */
void sqn__rotate_load_images(const sqn__rotate_desk *d, const sqn_image *in, int64_t n);

/** Lay out the planes of a group of them. */
void sqn__rotate_load_group(sqn__rotate_desk *d, const sqn__rotate_group *g);

#endif
