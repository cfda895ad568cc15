/**
 * @file flush.h
 * @brief Subnormal numbers as zero inside a kernel: they are 50 times slower and mean nothing.
 *
 * The mode belongs to the calling thread: every worker sets it and restores it. On processors
 * without a known switch nothing happens, at a loss of speed only.
 */
#ifndef SQN_FLUSH_H
#define SQN_FLUSH_H

#if defined(__SSE2__)
#include <xmmintrin.h>

/** FTZ and DAZ on; returns what to restore. */
static inline unsigned sqn__flush_on(void)
{
    const unsigned before = _mm_getcsr();

    _mm_setcsr(before | 0x8040U);
    return before;
}

/** Back to the mode before. */
static inline void sqn__flush_restore(unsigned before)
{
    _mm_setcsr(before);
}
#else
static inline unsigned sqn__flush_on(void)
{
    return 0;
}

static inline void sqn__flush_restore(unsigned before)
{
    (void)before;
}
#endif

#endif
