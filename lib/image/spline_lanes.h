/**
 * @file spline_lanes.h
 * @brief Values and variances at many positions: one lane a tap, one table a vector width.
 */
#ifndef SQN_SPLINE_LANES_H
#define SQN_SPLINE_LANES_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "interleave.h"
#include "spline.h"

enum {
    SQN__SPLINE_LANES = 8,  /**< Taps along a row; those behind the last have weight 0. */
    SQN__SPLINE_BORDER = 6, /**< Pixels that planes go on beyond their edges. */
    SQN__SPLINE_STACK = 16  /**< Images turned together, at most. */
};

/** Weights of taps as polynomials of the place in a cell: [power, tap]. */
typedef struct sqn__spline_taps {
    double power[SQN__SPLINE_N_TAP][SQN__SPLINE_LANES];
} sqn__spline_taps;

/** Planes with their borders; pointers are to pixel (0, 0). All borrowed. */
typedef struct sqn__spline_planes {
    int64_t stride;                /**< Pixels from row to row. */
    const double *coeff;           /**< Mirrored beyond the edges. */
    const float *variance;         /**< 0 where there is none, as beyond the edges. */
    const float *present;          /**< 1 where there is a variance, else 0. */
    sqn__spline_taps value, pixel; /**< Of coefficients; of pixels (cardinal). */
} sqn__spline_planes;

/** Lines of n values side by side, `step` from value to value. */
typedef struct sqn__spline_lines {
    int64_t n, step, width;
} sqn__spline_lines;

/** Lines of n pixels of many images side by side. */
typedef struct sqn__spline_beside {
    int64_t n, step;        /**< Pixels of a line, and floats from each to the next. */
    int64_t n_line, across; /**< Lines, and floats from each to the next. */
    int64_t lanes;          /**< Of a pixel: a multiple of the vectors of the table. */
} sqn__spline_beside;

/** Images that are turned together, as planes with their borders; pointers are to pixel (0, 0).
 *  All borrowed. */
typedef struct sqn__spline_stack {
    int64_t stride;                /**< Pixels from row to row. */
    int64_t lanes;                 /**< Of a pixel: 1, 2 or 4 vectors of the table. */
    const float *coeff, *variance; /**< [.., lanes] as above, of each image. */
    const uint8_t *gaps; /**< Bit i of a pixel: 1 where pixel x - 3 + i of its row has no
                                variance, in all of them. */
    const uint8_t
        *broken; /**< Gaps of rows y - 3 to y + 4 together: not 0 where some of the
                                pixels behind a cell have none. */
    sqn__spline_taps value, pixel;
} sqn__spline_stack;

/** Where images that are turned together are needed. */
typedef struct sqn__spline_points {
    int64_t n;
    const double *y, *x;  /**< [n] */
    const int64_t *place; /**< [n] Of the numbers of a point in what is found: in pixels. */
    int64_t ahead; /**< Pixels from what a point needs to what others will need soon. */
} sqn__spline_points;

/** Sums over frames at a pixel, of each lane, as blocks of `lanes` floats. Values, which may
 *  cancel, are added in double. */
typedef enum sqn__sum {
    SQN__SUM_VALUE, /**< In double: two blocks. */
    SQN__SUM_N = 2,
    SQN__SUM_VARIANCE,
    SQN__SUM_SHARED, /**< Covariances. */
    SQN__N_SUM
} sqn__sum;

/** Turned images of a frame at pixels side by side. Borrowed. */
typedef struct sqn__spline_frame {
    const float *value, *variance; /**< [pixel, lanes] The value not finite: missing. */
    const float *ratio; /**< [.., lanes] Covariances over the variance, before the turn; */
    const int32_t *nearest; /**< [pixel] which of them; < 0: none, the pixel is missing. */
    const int32_t *member;  /**< [lanes] -1 = takes part, 0 = does not. */
} sqn__spline_frame;

/** Pixels of a row of images, before they are turned. Borrowed. */
typedef struct sqn__spline_rings {
    int64_t n, lanes;
    const int32_t *ring; /**< [n] distances from the star; NULL = covariances are given. */
    const float *share;  /**< [n_radius, lanes] covariances over what is given. */
    const uint8_t *unknown; /**< [n] 0 = has a variance. */
    const float *variance;  /**< [n, lanes] */
} sqn__spline_rings;

/** Positions count from 0; their cells (floor) lie within one pixel of the plane. */
typedef struct sqn__spline_lanes {
    int64_t width; /**< Floats of a vector. */
    /** Values of the spline at n positions. */
    void (*values)(float *out, const sqn__spline_planes *planes, const double *y,
                   const double *x, int64_t n);
    /** var = sum w^2 var_i (sum of all w / sum w)^2 over the pixels that have a variance: where
     *  some are missing, the others take over their weight; NaN where it is nearly all, as
     *  these tell nothing (sqn__spline_share()). */
    void (*variances)(float *out, const sqn__spline_planes *planes, const double *y,
                      const double *x, int64_t n);
    /** Both of all images, [place, lanes]; `variance` may be NULL. */
    void (*stack)(float *value, float *variance, const sqn__spline_stack *planes,
                  const sqn__spline_points *points);
    /** 1 / ((1 - z q^-1) (1 - z q)) times `gain` along lines that run side by side: value k of
     *  line i is data[k step + i]. */
    void (*filter)(double *data, const sqn__spline_lines *lines, double z, double gain);
    /** That of two different poles, each times (1 - z)^2, at once and in float, of many images;
     *  lines of at least two pixels. */
    void (*filter_stack)(float *data, const sqn__spline_beside *lines, const double z[2]);
    /** Add frames, in their order, to sums [n, SQN__N_SUM, lanes]. */
    void (*add)(float *sums, const sqn__spline_frame *frames, int64_t n_frame, int64_t n,
                int64_t lanes);
    /** What images share, [n, lanes], becomes covariances over the variance, 0 where there is
     *  none; it and the variances are added to sums [n_radius, 2, lanes] of n [n_radius] pixels. */
    void (*share)(float *shared, double *sums, int64_t *n, const sqn__spline_rings *of);
    /** unknown [n] = 0 where the first lane is finite and `outside` is 0, elsewhere 255; true
     *  where all lanes are finite in the same of the pixels where `outside` is 0. */
    bool (*know)(uint8_t *unknown, const float *pixels, const uint8_t *outside, int64_t n,
                 int64_t lanes);
    /** out [n_pix, lanes]: out[x lanes + l] = row l at x. Lanes behind the last row, up to a
     *  multiple of the width, hold numbers of one of them; those after stay. What follows the
     *  rows in memory is likely to be asked for soon. */
    void (*interleave)(float *out, const sqn__rows_of *rows, int64_t lanes, int64_t n_pix);
    /** Row l at x = in[x lanes + l], of the first lanes; in [n_pix, lanes], lanes a multiple of
     *  the width. */
    void (*interleave_undo)(const sqn__rows_to *rows, const float *in, int64_t lanes,
                            int64_t n_pix);
} sqn__spline_lanes;

/** What every processor runs. */
extern const sqn__spline_lanes sqn__spline_lanes_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__spline_lanes *sqn__spline_lanes_avx2(void);
const sqn__spline_lanes *sqn__spline_lanes_avx512(void);

/** The widest that runs on this processor. */
const sqn__spline_lanes *sqn__spline_lanes_choose(void);

/** Sum of all weights over that of the pixels that have a variance; NaN where these have less than
 *  a thousandth: as a position that is a pixel without one, what they have is rounding there. */
static inline double sqn__spline_share(double all, double known)
{
    const double least = 1e-3;

    return fabs(known) > least * fabs(all) ? all / known : (double)NAN;
}

/** Lanes for `n` images, at most SQN__SPLINE_STACK: as few as the vectors of a table allow. */
static inline int64_t sqn__spline_stack_lanes(const sqn__spline_lanes *table, int64_t n)
{
    int64_t lanes = table->width;

    while (lanes < n) {
        lanes *= 2;
    }
    return lanes;
}

#endif
