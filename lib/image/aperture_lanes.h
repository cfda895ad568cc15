/**
 * @file aperture_lanes.h
 * @brief Flux in circles on many planes at a time, and sums of them: one lane a plane, one table
 * a vector width.
 */
#ifndef SQN_APERTURE_LANES_H
#define SQN_APERTURE_LANES_H

#include <stdint.h>

enum { SQN__APERTURE_LANES = 16 };

/** The planes, and overlaps of their pixels with circles of one radius. Borrowed. */
typedef struct sqn__aperture_field {
    const float
        *kernels; /**< [.., kernel_size] of which [side, side] are used: overlaps. */
    int64_t kernel_size;
    const float *pixels; /**< [.., row, lanes], finite. */
    int64_t row;         /**< Pixels from row to row. */
    int64_t side;        /**< Height and width of a kernel, and of the pixels under it. */
    double radius;
    double high_y, high_x;  /**< Upper edges of the planes; the lower ones are at -0.5. */
    int64_t first;          /**< Number of the pixel (0, 0). */
    int64_t begin, further; /**< Of kernels (aperture_kernels.h). */
} sqn__aperture_field;

enum { SQN__APERTURE_PLACES = 16 };

/** Circles that are placed side by side: about (x, y). */
typedef struct sqn__aperture_places {
    double x[SQN__APERTURE_PLACES], y[SQN__APERTURE_PLACES];
    double margin
        [SQN__APERTURE_PLACES]; /**< To the edge of the planes: below 0 it leaves them. */
    int32_t under[SQN__APERTURE_PLACES];  /**< Number of the pixel under the centre. */
    int32_t kernel[SQN__APERTURE_PLACES]; /**< Its kernel, */
    int32_t pixel[SQN__APERTURE_PLACES];  /**< the pixel that this begins at, */
    int32_t step_y[SQN__APERTURE_PLACES],
        step_x[SQN__APERTURE_PLACES]; /**< and goes on by. */
} sqn__aperture_places;

/** Sums over circles, of differences to the origin. */
typedef struct sqn__aperture_sums {
    float origin[SQN__APERTURE_LANES], one[SQN__APERTURE_LANES], two[SQN__APERTURE_LANES];
    int32_t n[SQN__APERTURE_LANES]; /**< Circles. */
    uint32_t begun;                 /**< A bit for each lane that has an origin. */
} sqn__aperture_sums;

/** What circles near each other have in common, at the points of a lattice. Borrowed. */
typedef struct sqn__aperture_points {
    int64_t n_angle, n_radius;
    const float *by_angle, *by_radius; /**< Weights that interpolate, to be multiplied. */
    const float *mean;   /**< [n_angle, n_radius, lanes] of differences to the origin, */
    const float *spread; /**< the same, sums of squares of differences to that mean; */
    const float *flux;   /**< the same, of the one circle that is to be left out, */
    uint32_t lanes;      /**< in these lanes. */
} sqn__aperture_points;

typedef struct sqn__aperture_lanes {
    /** Find where circles are, all of them: x and y are given. */
    void (*place)(sqn__aperture_places *places, const sqn__aperture_field *field);
    /** out [n, lanes] = sums of overlap times pixel, of `n` circles from `i` on. */
    void (*flux)(float *out, const sqn__aperture_field *field,
                 const sqn__aperture_places *places, int64_t i, int64_t n);
    /** Add a flux [lanes], in the lanes of `known` alone; the first is the origin where none is. */
    void (*add)(sqn__aperture_sums *sums, const float *flux, uint32_t known);
    /** sum [n, lanes] += differences of fluxes [n, lanes] to the origin [lanes], in these lanes. */
    void (*add_all)(float *sum, const float *flux, const float *origin, int64_t n,
                    uint32_t lanes);
    /** sum [n, lanes] += squares of their differences to the mean [n, lanes]. */
    void (*square_all)(float *sum, const float *flux, const float *origin,
                       const float *mean, int64_t n, uint32_t lanes);
    /** Sums between the points; their origin, moved to the mean, and n are those with the circle
     *  to be left out. */
    void (*blend)(sqn__aperture_sums *sums, const sqn__aperture_points *points);
    /** out [lanes] = signal to noise (snr_ratio.h) of a flux [lanes] against others, of n_all
     *  apertures of a circle; NaN in lanes that are not `known`. */
    void (*ratio)(float *out, const float *flux, uint32_t known,
                  const sqn__aperture_sums *others, int64_t n_all);
} sqn__aperture_lanes;

/** What every processor runs. */
extern const sqn__aperture_lanes sqn__aperture_lanes_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__aperture_lanes *sqn__aperture_lanes_avx2(void);
const sqn__aperture_lanes *sqn__aperture_lanes_avx512(void);

#endif
