/** @file circle.h @brief Apertures that share a circle about the star: how many, and where. */
#ifndef SQN_CIRCLE_H
#define SQN_CIRCLE_H

#include <stdint.h>

/** Apertures that share the circle through d (x, y) from the star; 0 inside one `fwhm`. */
int64_t sqn__circle_n(const double d[2], double fwhm);

/** Cosine and sine of `k` nths of a turn. */
void sqn__circle_turn(double out[2], int64_t k, int64_t n);

/** Where d (x, y) comes by a turn: cosine and sine. */
void sqn__circle_go(double out[2], const double d[2], const double turn[2]);

#endif
