/**
 * @file target_internal.h
 * @brief What the files of targets share.
 *
 * Legend: w [k] coefficients of a frame, b its background, h [k] the components at a pixel,
 * G the weighted Gram matrix of a frame, C its inverse on the active set. "Unknowns" are the
 * coefficients and, last, the background where there is one.
 */
#ifndef SQN_TARGET_INTERNAL_H
#define SQN_TARGET_INTERNAL_H

#include "gram.h"
#include "sequin/target.h"

/** Results of all frames with one basis; carved from the slabs of the target. */
typedef struct sqn__target_count {
    sqn_matrix_const basis;
    int64_t
        whole; /**< The count whose Gram matrix holds that of this one; its own number. */
    int64_t n_unknown;
    double *coefficients, *errors; /**< [n_frame, k] */
    double *background;            /**< [n_frame] or NULL. */
    double *covariance;            /**< [n_frame, n_unknown, n_unknown] */
    sqn_target_record *record;     /**< [n_frame] */
} sqn__target_count;

enum {
    SQN__TARGET_BLOCK = SQN__GRAM_BLOCK, /**< Pixels summed together. */
    SQN__TARGET_PART = 64,  /**< Pixels of a block whose pairs are formed together. */
    SQN__TARGET_GROUP = 52, /**< Frames fitted together, at most. */
    SQN__TARGET_SECTION = 8 /**< Blocks whose sums one thread adds up. */
};

/** Frames that are fitted together, borrowed: [n, 3, n_pix] values, weights, their products. */
typedef struct sqn__target_group {
    const double *frames;  /**< Values are 0 where weights are. */
    const int64_t *n_data; /**< [n, sqn__target_n_block()] weights that are not 0. */
    int64_t n, n_pix;
    int64_t row;   /**< From frame to frame. */
    int64_t first; /**< The number of the first. */
} sqn__target_group;

/** Blocks of n pixels, of which the last may be shorter. */
static inline int64_t sqn__target_n_block(int64_t n)
{
    return (n + SQN__TARGET_BLOCK - 1) / SQN__TARGET_BLOCK;
}

/** How many of n weights are above 0. */
int64_t sqn__target_count_data(const double *weight, int64_t n);

/** A share of the pixels: 0 behind the last, and where the basis has no value. */
typedef struct sqn__target_block {
    float *h;         /**< [n_unknown, block] */
    float *has_value; /**< [block] 1 where the basis has one, else 0. */
    double *wide;     /**< [block, n_unknown aligned] turned, in double. */
    double *pairs;    /**< [part of a block, n_pair] */
    double *x, *v;    /**< [group, block] of a share that is not whole. */
    double *vx;       /**< [group, block] */
} sqn__target_block;

/** Data and weights of the frames of a group at a block: where they lie, or copied. */
typedef struct sqn__target_view {
    const double *x, *v, *vx;
    int64_t row; /**< From frame to frame. */
} sqn__target_view;

/** Work space of one thread, for the widest of the bases and a whole group. */
typedef struct sqn__target_desk {
    const sqn__gram_table *sums;
    sqn__target_block block;
    double *gram;      /**< [group, n_pair] of the whole basis. */
    double *rhs;       /**< [group, n_unknown aligned] */
    double *part;      /**< [group (n_pair + n_unknown aligned)] the same of sections. */
    double *small;     /**< [n_unknown, n_unknown] of one small problem. */
    double *small_rhs; /**< [n_unknown] */
    double *work;      /**< Of its solution. */
    double *solution;  /**< [group, n_count, n_unknown aligned] of the bases at work. */
    double *chi2;      /**< [group, n_count] */
    double *chi2_part; /**< [group, n_count] of sections. */
    int64_t *member;   /**< [n_count] the bases at work. */
    int64_t *n_data;   /**< [group] */
    int64_t *n_part;   /**< [group] of sections. */
    uint8_t *passive;  /**< [n_unknown] */
    uint8_t *is_whole; /**< [n_block] where the basis at work has all values. */
} sqn__target_desk;

struct sqn_target {
    int64_t n_count, n_frame, n_pix;
    bool background;
    sqn__target_count *count;  /**< [n_count] */
    double *numbers;           /**< Slab behind the counts. */
    sqn_target_record *record; /**< [n_count, n_frame] */
};

/**
 * Fit a group of frames with every basis whose `whole` is `whole`: everything of the frames in
 * them. What is found for a frame depends neither on the others nor on the number of desks.
 *
 * @param[in] desk  [n_desk] for as many threads; results pass through the first.
 */
void sqn__target_frame_fit(const sqn__target_desk *desk, int n_desk,
                           const sqn_target *target, const sqn__target_group *group,
                           int64_t whole);

/** Numbers of floats, of doubles and of integers of one desk for up to n unknowns. */
void sqn__target_desk_size(int64_t size[3], int64_t n, int64_t n_count);

/** Lay out a desk; flags [n]. */
void sqn__target_desk_carve(sqn__target_desk *desk, float *floats, double *doubles,
                            int64_t *integers, int64_t n, int64_t n_count);

/** Largest V h C h^T of the pixels of a frame; work [sqn__target_leverage_size()]. */
double sqn__target_frame_leverage(const sqn__target_count *count, int64_t frame,
                                  const double *weight, int64_t n_pix, double *work);

/** Doubles of work space for a leverage with n unknowns. */
int64_t sqn__target_leverage_size(int64_t n);

/**
 * Inverse of a Gram matrix on the active set; where it is singular there, that of the
 * matrix with 1e-7 of its diagonal added: what the data do not determine gets a large, finite
 * variance. `gram` is changed in that case.
 */
void sqn__target_frame_covariance(double *out, const uint8_t *active, double *gram,
                                  int64_t n, double *work);

/** E_SHAPE where references, their coefficients and k components do not belong together. */
SQN_NODISCARD sqn_status sqn__target_check_references(const sqn_target *target, int64_t k,
                                                      const sqn_panels *references,
                                                      sqn_dmatrix_const coefficients,
                                                      sqn_error *err);

/** Load the components of the n pixels from `first` on, 0 where one has no value; the background,
 *  where there is one, is last. */
void sqn__target_load_basis(const sqn__target_block *block, const sqn__target_count *count,
                            int64_t first, int64_t n);

/** The data of a block: where they lie if the basis is `whole` there, else copied for the values
 *  of the basis that was just loaded. */
sqn__target_view sqn__target_view_frames(const sqn__target_block *block,
                                         const sqn__target_group *group, int64_t first,
                                         bool whole);

#endif
