/** @file overlap.c @brief Cosines of components, pair by pair. */
#include "overlap.h"

#include <math.h>

enum {
    LANES = 8,  /* partial sums */
    BLOCK = 512 /* pixels at a time */
};

/* Numbers of a block where both rows have one, else 0, and behind them. */
static void load(double *restrict x, double *restrict y, const float *restrict a,
                 const float *restrict b, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        const double one = (double)a[p], other = (double)b[p];

        x[p] = isnan(one) | isnan(other) ? 0.0 : one;
        y[p] = isnan(one) | isnan(other) ? 0.0 : other;
    }
    for (int64_t p = n; p < BLOCK; p++) {
        x[p] = y[p] = 0.0;
    }
}

/* Sums of products of two blocks, side by side. */
static void add_products(double *restrict sum, const double *x, const double *y)
{
    double lane[LANES];

    for (int64_t l = 0; l < LANES; l++) {
        lane[l] = sum[l];
    }
    for (int64_t p = 0; p < BLOCK; p += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            lane[l] += x[p + l] * y[p + l];
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        sum[l] = lane[l];
    }
}

static double total(const double lanes[LANES])
{
    double sum = 0.0;

    for (int64_t l = 0; l < LANES; l++) {
        sum += lanes[l];
    }
    return sum;
}

static double cosine(const float *a, const float *b, int64_t n)
{
    double x[BLOCK], y[BLOCK], xy[LANES] = {0.0}, xx[LANES] = {0.0}, yy[LANES] = {0.0};

    for (int64_t p = 0; p < n; p += BLOCK) {
        load(x, y, a + p, b + p, n - p < BLOCK ? n - p : BLOCK);
        add_products(xy, x, y);
        add_products(xx, x, x);
        add_products(yy, y, y);
    }
    const double aa = total(xx), bb = total(yy);

    return aa > 0.0 && bb > 0.0 ? total(xy) / sqrt(aa * bb) : (double)NAN;
}

void overlap_measure(double *out, const sqn_nmf *nmf, int64_t k)
{
    const sqn_matrix_const last = sqn_nmf_components(nmf, k);

#pragma omp parallel for schedule(dynamic, 1) default(none) shared(out, nmf, k, last)
    for (int64_t e = 0; e < k * k; e++) {
        const int64_t stage = e % k + 1, a = e / k; /* a row of the last stays in cache */
        const sqn_matrix_const comp = sqn_nmf_components(nmf, stage);

        out[(stage - 1) * k + a] = comp.data != NULL && a < stage
                                       ? cosine(comp.data + a * comp.stride,
                                                last.data + a * last.stride, last.cols)
                                       : (double)NAN;
    }
}
