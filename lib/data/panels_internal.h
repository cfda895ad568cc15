/**
 * @file panels_internal.h
 * @brief What the solver and the curves see of panels.
 *
 * Legend: L, s the used indices of the long and the short axis, T the width of a panel.
 */
#ifndef SQN_PANELS_INTERNAL_H
#define SQN_PANELS_INTERNAL_H

#include <assert.h>

#include "sequin/panels.h"

enum {
    SQN__PANELS_WIDTH = 128,     /**< T: wider ones fall out of the first cache. */
    SQN__PANELS_GROUP_MAX = 16,  /**< Panels whose sums one thread adds up, at most; */
    SQN__PANELS_GROUPS_MIN = 16, /**< fewer where this makes less than so many groups. */
};

struct sqn_panels {
    sqn_panels_info info;
    int64_t n_long, n_short; /**< L >= s, of what takes part. */
    int64_t width, n_panel;  /**< T and ceil(L / T); lanes past L have weight 0. */
    sqn_negatives negatives; /**< The rule that was applied. */
    int exponent;            /**< Value as given = x 2^exponent. */
    int weight_exponent;     /**< Weight as given = v 2^weight_exponent. */
    double chi2_scale;       /**< sum v x^2 as given = sum in stored units times this. */
    float *x, *v;            /**< [n_panel, n_short, width] */
    int64_t *frame,
        *pixel; /**< [n_frame], [n_pix] index among those that take part, or -1. */
    int64_t *pixel_valid;             /**< [n_pix] frames of positive weight. */
    int64_t *frame_valid;             /**< [n_frame] pixels of positive weight. */
    double *frame_weight;             /**< [n_frame] sum of the stored weights. */
    bool lends_values, lends_weights; /**< x, v hold what others put there. */
};

/** Apply the rule for negative data to one entry; 1 if it was one of positive weight. */
static inline int sqn__panels_treat_negative(double *value, double *weight,
                                             sqn_negatives rule)
{
    if (!(*weight > 0.0 && *value < 0.0)) {
        return 0;
    }
    if (rule == SQN_NEGATIVES_ZERO) {
        *value = 0.0;
    } else if (rule == SQN_NEGATIVES_MISSING) {
        *weight = 0.0;
    }
    return 1;
}

/** Where the stored data of a frame or pixel begin, from its index among those that take part:
 *  those of a frame at a pixel are at the sum of both. -1: it takes no part. */
static inline int64_t sqn__panels_place(const sqn_panels *panels, int64_t i, bool is_long)
{
    const int64_t width = panels->width;

    return i < 0     ? -1
           : is_long ? i / width * panels->n_short * width + i % width
                     : i * width;
}

/** X of panel `p`, [n_short, width]. */
static inline const float *sqn__panels_x(const sqn_panels *panels, int64_t p)
{
    assert(p >= 0 && p < panels->n_panel && !panels->lends_values);
    return panels->x + p * panels->n_short * panels->width;
}

/** V of panel `p`, [n_short, width]. */
static inline const float *sqn__panels_v(const sqn_panels *panels, int64_t p)
{
    assert(p >= 0 && p < panels->n_panel && !panels->lends_weights);
    return panels->v + p * panels->n_short * panels->width;
}

/** Rows of pixels where they are stored before they become panels, X and V alike. */
typedef struct sqn__panels_lines {
    int64_t n_line, stride; /**< A line holds a row; the stride is a multiple of T. */
    int64_t *of_frame;      /**< [n_short] line of every frame that takes part, rising. */
    bool in_room;           /**< The lines are those the rows are read from. */
} sqn__panels_lines;

/**
 * From lines [n_line][stride] to panels [n_panel][n_short][T], X and V, in place.
 *
 * @retval SQN_ERR_MEMORY  Needs 9 bytes per row of every panel.
 */
SQN_NODISCARD sqn_status sqn__panels_fold(sqn_panels *panels,
                                          const sqn__panels_lines *lines, sqn_error *err);

/** Panels first .. end. */
typedef struct sqn__panels_range {
    int64_t first, end;
} sqn__panels_range;

/** Groups of `n` panels, the unit of threads: a function of that number alone. */
static inline int64_t sqn__panels_per_group(int64_t n)
{
    const int64_t even = n / SQN__PANELS_GROUPS_MIN;

    return even < 1 ? 1 : even < SQN__PANELS_GROUP_MAX ? even : SQN__PANELS_GROUP_MAX;
}

static inline int64_t sqn__panels_n_group(int64_t n)
{
    const int64_t size = sqn__panels_per_group(n);

    return (n + size - 1) / size;
}

/** Group `g` of `n` panels. */
static inline sqn__panels_range sqn__panels_of_group(int64_t n, int64_t g)
{
    const int64_t size = sqn__panels_per_group(n), end = (g + 1) * size;

    return (sqn__panels_range){g * size, end < n ? end : n};
}

#endif
