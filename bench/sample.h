/** @file sample.h @brief Repeated measurements of one quantity, and the clock. */
#ifndef SAMPLE_H
#define SAMPLE_H

enum { SAMPLE_MAX = 256 };

/** Values in the order they were taken; start with n = 0. More than SAMPLE_MAX are dropped. */
typedef struct sample {
    double value[SAMPLE_MAX];
    int n;
} sample;

/** Seconds of a clock that never steps back. */
double sample_clock(void);

void sample_add(sample *s, double value);

/** Quantile 0..1, interpolated between neighbours in rank; NaN when there is none. */
double sample_quantile(const sample *s, double fraction);

#endif
