/** @file snr_ratio.h @brief Signal to noise of a flux against others: of one, or a lane of many. */
#ifndef SQN_SNR_RATIO_H
#define SQN_SNR_RATIO_H

#include <math.h>
#include <stdbool.h>

/** Sums over the others, of differences to the origin and of their squares; n of them. */
typedef struct sqn__snr_sums {
    double origin, one, two, n;
} sqn__snr_sums;

/** True where too few of the others on a circle of `n_all` have data: an annulus of which less
 *  than half is seen, as in the corner of a frame, does not say what its noise is. */
static inline bool sqn__snr_is_unknown(double n, double n_all)
{
    return n < 2.0 || 2.0 * n < n_all - 1.0;
}

/** (flux - mean) / (s sqrt(1 + 1/n)); NaN where the others are too few, or differ by no more than
 *  theirs, which are within that part of themselves. */
static inline double sqn__snr_ratio(double flux, const sqn__snr_sums *others, double n_all,
                                    double precision)
{
    const double n = others->n, part = 1.0 / n, mean = others->one * part;
    const double variance = (others->two - others->one * mean) / (n - 1.0);
    const double signal = flux - others->origin - mean;
    const double rounding = precision * fabs(others->origin + mean);
    const double noise = sqrt(variance * (1.0 + part));
    const bool known = !sqn__snr_is_unknown(n, n_all) && variance > rounding * rounding;

    return known ? signal / noise : (double)NAN;
}

#endif
