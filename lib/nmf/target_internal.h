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
    SQN__TARGET_GROUP = 52,              /**< Frames fitted together, at most. */
    SQN__TARGET_SECTION = 8              /**< Blocks whose sums one thread adds up. */
};

/** Frames that are fitted together, borrowed: [n, 2, n_block, block] values and weights, 0 behind
 *  the last pixel. */
typedef struct sqn__target_group {
    const double *frames;  /**< Values are 0 where weights are. */
    const int64_t *n_data; /**< [n, n_block] weights that are not 0. */
    int64_t n, n_block;
    int64_t row;   /**< From frame to frame. */
    int64_t first; /**< The number of the first. */
} sqn__target_group;

/** Blocks of n pixels, of which the last may be shorter. */
static inline int64_t sqn__target_n_block(int64_t n)
{
    return (n + SQN__TARGET_BLOCK - 1) / SQN__TARGET_BLOCK;
}

/** Sections of so many blocks, of which the last may be shorter. */
static inline int64_t sqn__target_n_section(int64_t n_block)
{
    return (n_block + SQN__TARGET_SECTION - 1) / SQN__TARGET_SECTION;
}

/** Frames that are read before they are fitted, as many as there is room for. */
typedef struct sqn__target_ahead {
    int64_t n, n_block;
    int64_t row; /**< From frame to frame. */
    double
        *frames; /**< [n, 2, n_block, block] values and weights, 0 behind the last pixel. */
    int64_t *n_data;    /**< [n, n_block] weights that are not 0. */
    sqn_status *status; /**< [n, n_section] of their reading. */
} sqn__target_ahead;

/** A basis whose Gram matrix is summed, and those that are parts of it. */
typedef struct sqn__target_whole {
    int64_t count;            /**< Its number. */
    int64_t member, n_member; /**< Where the bases that it holds begin in a batch. */
    int64_t row;              /**< Where its unknowns begin in a batch, */
    int64_t column;           /**< and their pairs. */
} sqn__target_whole;

/** A basis that is solved for. */
typedef struct sqn__target_member {
    int64_t count,
        whole; /**< Its number, and that of the basis that holds it in the batch. */
} sqn__target_member;

/** Bases that are fitted together: pixels are read once for all of them. A part of a plan. */
typedef struct sqn__target_batch {
    sqn__target_whole *whole;   /**< [n_whole] */
    sqn__target_member *member; /**< [n_member] those of one basis side by side. */
    sqn__gram_pair *pair;       /**< [n_column] rows whose products are summed. */
    int64_t n_whole, n_member;
    int64_t n_row, n_column; /**< Unknowns, pairs of them; aligned. */
} sqn__target_batch;

/** All bases of a target, batch by batch, and the most that one of these holds. */
typedef struct sqn__target_plan {
    sqn__target_batch *batch; /**< [n_batch] */
    sqn__target_whole *whole;
    sqn__target_member *member;
    sqn__gram_pair *pair;
    int64_t n_batch;
    int64_t n_whole, n_member, n_row;
    int64_t n_unknown; /**< Of one basis. */
    int64_t n_sum;     /**< Of a group: sums over pixels, or misfits. */
} sqn__target_plan;

/** Work space of one thread, for every batch of a plan and a whole group. */
typedef struct sqn__target_desk {
    const sqn__gram_table *sums;
    float *h;          /**< [n_unknown, block] 0 where the basis has no value. */
    float *has_value;  /**< [block] 1 where it has one, else 0. */
    double *wide;      /**< [n_row, block] the components of a batch in double. */
    double *v;         /**< [group, block] weights, 0 where the basis has no value. */
    double *vx;        /**< [group, block] */
    double *small;     /**< [n_unknown, n_unknown] of one small problem. */
    double *small_rhs; /**< [n_unknown] */
    double *work;      /**< Of its solution. */
    double *total;     /**< [n_sum] sums over all pixels: see sqn__target_sum(). */
    double *solution;  /**< [n_whole, group, members, n_unknown aligned] */
    double *chi2;      /**< [n_whole, group, members] */
    uint8_t *passive;  /**< [n_unknown] */
    uint8_t *is_whole; /**< [n_whole, n_block] where a basis has all values. */
} sqn__target_desk;

/** What threads work on together. */
typedef struct sqn__target_task {
    const sqn_target *target;
    const sqn__target_batch *batch;
    const sqn__target_group *group;
    const sqn__target_desk *desk; /**< [n_desk] one for each; results are in the first. */
    int n_desk;
    double
        *part; /**< [room] sums over sections side by side, for n_desk of them at least. */
    int64_t room;
    int64_t wide; /**< From solution to solution: the most unknowns, aligned. */
} sqn__target_task;

struct sqn_target {
    int64_t n_count, n_frame, n_pix;
    bool background;
    sqn__target_count *count;  /**< [n_count] */
    double *numbers;           /**< Slab behind the counts. */
    sqn_target_record *record; /**< [n_count, n_frame] */
};

/** Room for some of so many frames; to be cleared in any case. */
SQN_NODISCARD sqn_status sqn__target_ahead_create(sqn__target_ahead *ahead, int64_t n_frame,
                                                  int64_t n_pix, sqn_error *err);

void sqn__target_ahead_clear(sqn__target_ahead *ahead);

/** Read the `n_here` frames from `first` on, side by side where their rows allow it; E_NUM names the
 *  first pixel whose weight is none, or whose value is not finite. */
SQN_NODISCARD sqn_status sqn__target_ahead_read(const sqn__target_ahead *ahead,
                                                const sqn_rows *rows, int64_t first,
                                                int64_t n_here, int n_thread,
                                                sqn_error *err);

/** Fit a group of frames with a batch of bases: everything of the frames in them. What is found for
 *  a frame depends neither on the others, nor on other bases, nor on the number of desks. */
void sqn__target_frame_fit(const sqn__target_task *task);

/** Sums over all pixels, in the first of the desks: elements of G [n_column, n], those of H V x
 *  [n_row, n], in strips of as many columns as are aligned; how many data take part [n_whole, n]. */
void sqn__target_sum(const sqn__target_task *task);

/** Element `column` of frame `i` in the strips. */
static inline double sqn__target_sum_at(const double *sums, const sqn__target_group *group,
                                        int64_t i, int64_t column)
{
    const int64_t strip = column / SQN__GRAM_ALIGN;

    return sums[(strip * group->n + i) * SQN__GRAM_ALIGN + column % SQN__GRAM_ALIGN];
}

/** Where the numbers of data begin behind them. */
static inline int64_t sqn__target_n_strip_sum(const sqn__target_batch *batch, int64_t n)
{
    return n * (batch->n_column + batch->n_row);
}

/** Sums over the pixels of section `s`. */
typedef void sqn__target_section(double *sums, const sqn__target_desk *desk,
                                 const sqn__target_task *task, int64_t s);

/** total [n] = sums over all pixels: sections side by side, joined in their order. */
void sqn__target_join(double *total, int64_t n, sqn__target_section *add,
                      const sqn__target_task *task);

/** Where the models of frame `i` of a group with a basis and its parts begin among all. */
static inline int64_t sqn__target_place(const sqn__target_whole *whole,
                                        const sqn__target_group *group, int64_t i)
{
    return whole->member * group->n + i * whole->n_member;
}

/** chi2 of all frames and bases, over the fitted pixels, in the first of the desks. */
void sqn__target_judge(const sqn__target_task *task);

/** Order the bases of a target for groups of up to n frames; to be cleared in any case. */
SQN_NODISCARD sqn_status sqn__target_plan_create(sqn__target_plan *plan,
                                                 const sqn_target *target, int64_t n,
                                                 sqn_error *err);

void sqn__target_plan_clear(sqn__target_plan *plan);

/** Numbers of floats, of doubles and of flags of one desk for groups of up to n frames of so many
 *  blocks. */
void sqn__target_desk_size(int64_t size[3], const sqn__target_plan *plan, int64_t n,
                           int64_t n_block);

/** Lay out a desk in them; of any content. */
void sqn__target_desk_carve(sqn__target_desk *desk, float *floats, double *doubles,
                            uint8_t *flags, const sqn__target_plan *plan, int64_t n);

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

/** Ask for the components at a block of pixels: their rows lie too far apart to be foreseen. */
void sqn__target_ask_basis(const sqn__target_count *count, int64_t block);

/** Load the components at a block of pixels, 0 where one has no value; the background, where there
 *  is one, is last. */
void sqn__target_load_basis(const sqn__target_desk *desk, const sqn__target_count *count,
                            int64_t block);

#endif
