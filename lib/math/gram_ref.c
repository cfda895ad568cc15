/** @file gram_ref.c @brief Sums over data: the specification of the fast tables. */
#include <math.h>
#include <string.h>

#include "gram.h"

static void product(sqn_dmatrix out, sqn__gram_factor a, sqn_dmatrix_const b)
{
    for (int64_t i = 0; i < out.rows; i++) {
        for (int64_t j = 0; j < out.cols; j++) {
            double sum = 0.0;

            for (int64_t d = 0; d < b.rows; d++) {
                sum += a.data[i * a.row + d * a.depth] * b.data[d * b.stride + j];
            }
            out.data[i * out.stride + j] += sum;
        }
    }
}

static void product_narrow(sqn_dmatrix out, sqn__gram_factor a, sqn_matrix_const b)
{
    for (int64_t i = 0; i < out.rows; i++) {
        for (int64_t j = 0; j < out.cols; j++) {
            double sum = 0.0;

            for (int64_t d = 0; d < b.rows; d++) {
                sum += a.data[i * a.row + d * a.depth] * (double)b.data[d * b.stride + j];
            }
            out.data[i * out.stride + j] += sum;
        }
    }
}

static void product_single(sqn_dmatrix out, sqn__gram_single a, sqn_matrix_const b)
{
    for (int64_t i = 0; i < out.rows; i++) {
        for (int64_t j = 0; j < out.cols; j++) {
            float sum = 0.0F;

            for (int64_t d = 0; d < b.rows; d++) {
                sum += a.data[i + d * a.depth] * b.data[d * b.stride + j];
            }
            out.data[i * out.stride + j] += (double)sum;
        }
    }
}

static bool turn(sqn_dmatrix out, sqn_matrix_const in)
{
    bool is_finite = true;

    for (int64_t p = 0; p < out.rows; p++) {
        for (int64_t j = 0; j < out.cols; j++) {
            const double h = j < in.rows ? (double)in.data[j * in.stride + p] : 0.0;

            out.data[p * out.stride + j] = h;
            is_finite = is_finite && isfinite(h);
        }
    }
    return is_finite;
}

static bool widen(double *out, sqn_matrix_const in)
{
    bool is_finite = true;

    for (int64_t j = 0; j < in.rows; j++) {
        for (int64_t p = 0; p < SQN__GRAM_BLOCK; p++) {
            const float h = in.data[j * in.stride + p];

            out[j * SQN__GRAM_BLOCK + p] = h;
            is_finite = is_finite && isfinite(h);
        }
    }
    return is_finite;
}

static void misfit(double *sum, const sqn__gram_fit *fit)
{
    for (int64_t i = 0; i < fit->n; i++) {
        for (int64_t p = 0; p < SQN__GRAM_BLOCK; p++) {
            double off = fit->x[i * fit->row_x + p];

            for (int64_t j = 0; j < fit->k; j++) {
                off -= fit->w[i * fit->row_w + j] * (double)fit->h[j * fit->row_h + p];
            }
            sum[i] += fit->v[i * fit->row_v + p] * off * off;
        }
    }
}

static void dots(double *out, sqn_dmatrix_const a, const double *b)
{
    for (int64_t i = 0; i < a.rows; i++) {
        for (int64_t j = 0; j < SQN__GRAM_ALIGN; j++) {
            double sum = 0.0;

            for (int64_t p = 0; p < SQN__GRAM_BLOCK; p++) {
                sum += a.data[i * a.stride + p] * b[j * SQN__GRAM_BLOCK + p];
            }
            out[i * SQN__GRAM_ALIGN + j] += sum;
        }
    }
}

static void weighted_pairs(double *out, sqn_dmatrix_const v, const double *h,
                           const sqn__gram_pair *pair)
{
    for (int64_t i = 0; i < v.rows; i++) {
        for (int64_t j = 0; j < SQN__GRAM_ALIGN; j++) {
            const double *left = h + (int64_t)pair[j].left * SQN__GRAM_BLOCK;
            const double *right = h + (int64_t)pair[j].right * SQN__GRAM_BLOCK;
            double sum = 0.0;

            for (int64_t p = 0; p < SQN__GRAM_BLOCK; p++) {
                sum += v.data[i * v.stride + p] * (left[p] * right[p]);
            }
            out[i * SQN__GRAM_ALIGN + j] += sum;
        }
    }
}

static void scores(const sqn__gram_scores *of)
{
    for (int64_t i = 0; i < of->n; i++) {
        of->chi2[i] = 0.0;
        for (int64_t p = 0; p < SQN__GRAM_BLOCK; p++) {
            const double v = of->v[i * of->row + p];
            double off = (double)of->x[i * of->row + p] - of->level[i];

            for (int64_t j = 0; j < of->k; j++) {
                off -= of->w[i * of->row_w + j] * (double)of->h[j * of->row_h + p];
            }
            const double score = of->unit * sqrt(v) * off;

            of->z[i * of->row_z + p] = v > 0.0 ? (float)score : NAN;
            of->sum[p] += score * score;
            of->chi2[i] += score * score;
            of->count[p] += v > 0.0 ? 1 : 0;
        }
    }
}

static double mean_at(const sqn__gram_center *of, int64_t i, int64_t p)
{
    double sum_v = 0.0, sum = 0.0;

    if (of->mean != NULL) {
        return of->mean[i];
    }
    for (int64_t r = 0; r < of->n; r++) {
        const double v = of->v[r * SQN__GRAM_BLOCK + p];

        sum_v += v;
        sum += v * (double)of->x[r * SQN__GRAM_BLOCK + p];
    }
    return sum_v > 0.0 ? sum / sum_v : 0.0;
}

static double center(float *z, const sqn__gram_center *of)
{
    double sum = 0.0;

    for (int64_t e = 0; e < of->n * SQN__GRAM_BLOCK; e++) {
        const double mean = mean_at(of, e / SQN__GRAM_BLOCK, e % SQN__GRAM_BLOCK);
        const double off = sqrt((double)of->v[e]) * ((double)of->x[e] - mean);

        z[e] = (float)off;
        sum += off * off;
    }
    return sum;
}

const sqn__gram_table sqn__gram_ref = {
    "ref",  product, product_narrow, product_single, turn,  widen,
    misfit, dots,    weighted_pairs, scores,         center};
