/** @file derotation.h @brief Frames of a derotation, and the sums of those that are turned. */
#ifndef SQN_DEROTATION_H
#define SQN_DEROTATION_H

#include "rotate_desk.h"
#include "sequin/derotation.h"

enum { SQN__DEROTATION_SLOTS = 16 }; /**< Frames that are turned together, at most. */

/** A frame, or those of its images that know the same pixels, laid out. */
typedef struct sqn__derotation_slot {
    sqn__rotate_desk desk;
    uint32_t *dq; /**< [ny, nx] a copy; NULL = none. */
    bool as_is;
    sqn__turn turn;
    int32_t member[SQN__SPLINE_STACK]; /**< -1 = takes part, 0 = does not. */
} sqn__derotation_slot;

/** Sums of the frames that were turned, pixel by pixel: columns of tiles one after the other, each
 *  row by row. */
typedef struct sqn__derotation_sums {
    float *sums;    /**< [ny, nx, SQN__N_SUM, lanes] NULL = not needed. */
    uint8_t *flags; /**< [ny, nx, 2, lanes] OR of those behind the pixel, and of all. */
    uint32_t *dq;   /**< Likewise; NULL = none. */
} sqn__derotation_sums;

struct sqn_derotation {
    sqn_derotation_plan plan;
    sqn__arena arena; /**< Of all arrays. */
    int64_t n_pix, lanes;
    const sqn__spline_lanes *table;
    int64_t n_slot, n_used;
    sqn__derotation_slot *slot; /**< [n_slot] Their memory comes with their first use. */
    int64_t n_frame;            /**< Added. */
    bool begun;                 /**< There are sums of frames that have left their slots. */
    sqn__derotation_sums sums;
    int n_thread;
    char *tiles; /**< [n_thread] work space of tiles */
    sqn__rotate_rings rings;
    float *share;              /**< [n_radius, lanes] */
    double *variance, *shared; /**< [n_radius, n_image] of the last frame */
    int64_t *n_ring;
};

/** Bytes of work space for the tiles of a thread. */
int64_t sqn__derotation_tile_size(const sqn_derotation *d);

/** Turn what is in the slots, which are free then, and add it to the sums; `out` not NULL: store
 *  the combination instead. */
void sqn__derotation_flush(sqn_derotation *d, sqn_image *out, int32_t *const *coverage);

#endif
