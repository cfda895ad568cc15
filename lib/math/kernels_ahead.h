/** @file kernels_ahead.h @brief What will be read soon, asked for while something else is worked on. */
#ifndef SQN_KERNELS_AHEAD_H
#define SQN_KERNELS_AHEAD_H

#include <stdint.h>

/** Two runs of numbers that products ask the memory for, a line of each per step of theirs. */
typedef struct sqn__kernels_ahead {
    const char *x, *v; /**< The next lines. */
    int64_t n_line;    /**< Lines of each that are left. */
} sqn__kernels_ahead;

enum { SQN__KERNELS_LINE = 64 }; /* bytes */

/** `n` numbers from x and from v on. */
static inline sqn__kernels_ahead sqn__kernels_look_ahead(const float *x, const float *v,
                                                         int64_t n)
{
    return (sqn__kernels_ahead){(const char *)x, (const char *)v,
                                n * (int64_t)sizeof *x / SQN__KERNELS_LINE};
}

#endif
