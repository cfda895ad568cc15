/**
 * @file aperture_lanes.h
 * @brief Flux in one circle on many planes at a time: one lane a plane, one table a vector width.
 */
#ifndef SQN_APERTURE_LANES_H
#define SQN_APERTURE_LANES_H

#include <stdint.h>

enum { SQN__APERTURE_LANES = 16 };

/** The pixels under a circle, and their overlaps with it. */
typedef struct sqn__aperture_box {
    int64_t side;        /**< Height and width. */
    const float *kernel; /**< [side, side] overlaps. */
    const float *pixels; /**< [side, side, lanes], rows `stride` floats apart; finite. */
    int64_t stride;
} sqn__aperture_box;

/** Sums over circles, of differences to the flux of the first one. */
typedef struct sqn__aperture_sums {
    float origin[SQN__APERTURE_LANES], one[SQN__APERTURE_LANES], two[SQN__APERTURE_LANES];
    int64_t
        n[SQN__APERTURE_LANES]; /**< Circles in lanes that were not all there at a time, */
    int64_t n_whole;            /**< and those in all lanes. */
    uint32_t begun;             /**< Lanes that have an origin. */
} sqn__aperture_sums;

/** A circle, and the sums it is added to. Borrowed. */
typedef struct sqn__aperture_task {
    sqn__aperture_sums *sums;
    const sqn__aperture_box *box;
} sqn__aperture_task;

typedef struct sqn__aperture_lanes {
    /** out [lanes] = sum of overlap times pixel. */
    void (*flux)(float *out, const sqn__aperture_box *box);
    /** Add it to the sums of all lanes, of n circles whose boxes have one side; their n stay. */
    void (*add)(const sqn__aperture_task *task, int64_t n);
} sqn__aperture_lanes;

/** What every processor runs. */
extern const sqn__aperture_lanes sqn__aperture_lanes_base;

/** AVX2 and FMA, AVX-512; NULL where the processor has none. */
const sqn__aperture_lanes *sqn__aperture_lanes_avx2(void);
const sqn__aperture_lanes *sqn__aperture_lanes_avx512(void);

#endif
