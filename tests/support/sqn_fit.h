/**
 * @file sqn_fit.h
 * @brief Fits of planted matrices, and what they leave, computed from what a model returns.
 */
#ifndef SQN_FIT_H
#define SQN_FIT_H

#include <math.h>
#include <string.h>

#include "sequin/nmf.h"
#include "sqn_check.h"
#include "sqn_planted.h"

static inline sqn_planted_truth sqn_fit_turned(sqn_planted_truth truth)
{
    const int64_t n = truth.n_frame;

    truth.n_frame = truth.n_pix;
    truth.n_pix = n;
    return truth;
}

static inline sqn_panels *sqn_fit_panels(const sqn_planted *p, sqn_negatives negatives)
{
    sqn_panels *panels = NULL;
    sqn_error err;

    SQN_ASSERT_OK(sqn_panels_create(&panels, &p->rows, negatives, &err), err);
    return panels;
}

static inline sqn_nmf *sqn_fit_model(const sqn_planted *p, const sqn_nmf_options *options)
{
    const bool mu = strcmp(options->method, "mu") == 0;
    sqn_panels *panels = sqn_fit_panels(p, mu ? SQN_NEGATIVES_ZERO : SQN_NEGATIVES_KEEP);
    sqn_nmf *model = NULL;
    sqn_error err;

    SQN_ASSERT_OK(sqn_nmf_fit(&model, panels, options, &err), err);
    sqn_panels_destroy(&panels);
    return model;
}

static inline sqn_nmf_options sqn_fit_ask(int64_t n_comp)
{
    sqn_nmf_options options = sqn_nmf_options_default();

    options.n_comp = n_comp;
    return options;
}

/* W H + b of entry (i, j). */
static inline double sqn_fit_value(const sqn_nmf *model, int64_t k, int64_t i, int64_t j)
{
    const sqn_matrix_const h = sqn_nmf_components(model, k);
    const sqn_dmatrix_const w = sqn_nmf_coefficients(model, k);
    const double *b = sqn_nmf_background(model, k);
    double sum = b != NULL ? b[i] : 0.0;

    for (int64_t a = 0; a < k; a++) {
        sum += w.data[i * w.stride + a] * (double)h.data[a * h.stride + j];
    }
    return sum;
}

static inline double sqn_fit_chi2(const sqn_nmf *model, const sqn_planted *p, int64_t k)
{
    const int64_t n = p->pair.value.rows, m = p->pair.value.cols;
    double chi2 = 0.0;

    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < m; j++) {
            const double v = (double)p->weight[i * m + j];
            const double e = (double)p->value[i * m + j] - sqn_fit_value(model, k, i, j);

            chi2 += v > 0.0 ? v * e * e : 0.0;
        }
    }
    return chi2;
}

static inline double sqn_fit_reduced(const sqn_nmf *model, const sqn_planted *p, int64_t k,
                                     double chi2)
{
    const int64_t n = p->pair.value.rows, m = p->pair.value.cols;
    const double free_numbers = (double)(k * (n + m - k)) +
                                (sqn_nmf_background(model, k) != NULL ? (double)n : 0.0);
    double n_data = 0.0;

    for (int64_t at = 0; at < n * m; at++) {
        n_data += p->weight[at] > 0.0F ? 1.0 : 0.0;
    }
    return chi2 / (n_data - free_numbers);
}

#endif
