/** @file smooth_band.h @brief One smooth component at a time: a pentadiagonal problem. */
#ifndef SQN_SMOOTH_BAND_H
#define SQN_SMOOTH_BAND_H

#include "smooth_sweep.h"

/** Doubles of `band` in the sums. */
int64_t sqn__smooth_band_work_size(int64_t n_pix);

/**
 * Move component `a` towards the solution of its problem without bound, cut at 0, as far as the
 * quadratic form falls: what reaches far along the pixels, where sweeps would take long.
 */
void sqn__smooth_band(sqn__smooth_sums *s, int64_t a);

#endif
