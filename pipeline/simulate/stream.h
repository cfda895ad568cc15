/** @file stream.h @brief Which random stream belongs to what, so that no two share numbers. */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>

/** What random numbers are drawn for. */
typedef enum stream_use {
    STREAM_STATIC_SCREEN,
    STREAM_DRIFT_SCREEN,
    STREAM_POINTING,
    STREAM_PHOTONS,
    STREAM_READ_NOISE,
    STREAM_COSMIC_COUNT,
    STREAM_COSMIC_RAY,
    STREAM_BAD_PIXEL
} stream_use;

/** Frames of the simulation; the numbers of one never depend on how many the other has. */
typedef enum stream_role { STREAM_REFERENCE, STREAM_SCIENCE } stream_role;

/** Stream of a use in one frame of a role. */
static inline uint64_t stream_of(stream_use use, stream_role role, int64_t frame)
{
    return ((uint64_t)use << 56) | ((uint64_t)role << 48) | (uint64_t)frame;
}

#endif
