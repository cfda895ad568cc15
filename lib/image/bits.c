/** @file bits.c @brief Sets of pixels, 64 of a row at a time; the choice of a table. */
#include "bits.h"

#include <stddef.h>

int64_t sqn__bits_work_size(int64_t ny, int64_t nx)
{
    return 2 * (ny * sqn__bits_n_word(nx) + 2);
}

void sqn__bits_grow(const sqn__bits *out, const uint64_t *line, double radius,
                    uint64_t *work)
{
    const sqn__bits_loops *widest = sqn__bits_avx512();

    if (widest == NULL) {
        widest = sqn__bits_avx2();
    }
    (widest != NULL ? widest : &sqn__bits_base)->grow(out, line, radius, work);
}
