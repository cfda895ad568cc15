/** @file smooth_sweep.h @brief One component matrix under a penalty on second differences. */
#ifndef SQN_SMOOTH_SWEEP_H
#define SQN_SMOOTH_SWEEP_H

#include <stdint.h>

/** Components and the sums that their quadratic form is made of; arrays borrowed. */
typedef struct sqn__smooth_sums {
    int64_t k, n_pix;
    double *h;           /* [n_pix, k] components, NaN where there is none */
    double *gram;        /* [n_pix, k, k] sum V w w^T */
    double *rhs;         /* [n_pix, k] sum V x w */
    double *price;       /* [k] of a squared second difference: s v c_k */
    double *band;        /* [sqn__smooth_band_work_size()] work space */
    const uint8_t *bend; /* [n_pix] 1 = pixel and both neighbours have components */
} sqn__smooth_sums;

/** Second difference of component `a` at pixel `p`; 0 where it does not exist. */
double sqn__smooth_sweep_bend(const sqn__smooth_sums *s, int64_t p, int64_t a);

/** sum |D h_a|^2 of component `a`. */
double sqn__smooth_sweep_roughness(const sqn__smooth_sums *s, int64_t a);

/** Coordinate descent over all components, `n` times there and back along the pixels. */
void sqn__smooth_sweep(sqn__smooth_sums *s, int n);

#endif
