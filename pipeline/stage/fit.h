/**
 * @file fit.h
 * @brief Stage 2: components and curves from the references.
 *
 * In: observation, configuration. Out: a basis for every count that is to be modelled, the
 * stages and the curves. Library: panels, nmf, curve.
 */
#ifndef FIT_H
#define FIT_H

#include "read.h"
#include "sequin/count.h"
#include "sequin/misfit.h"
#include "sequin/nmf.h"
#include "sequin/panels.h"
#include "weigh.h"

/** Bases and curves. Owned by the run. */
typedef struct basis {
    sqn_panels *panels;
    sqn_nmf *nmf;     /**< NULL when loaded. */
    sqn_cube loaded;  /**< Of components.load: [rows, 1, n_pix], the last stage first. */
    double *variance; /**< Of READ_POISSON for the references. */
    int64_t n_comp;   /**< Of the last stage. */
    int64_t n_count;  /**< Counts to model with, */
    int64_t *counts;  /**< rising; owned. */
    sqn_matrix_const *components; /**< [n_count] of [k, n_pix] views; the array is owned. */
    sqn_count heldout;            /**< n = 0: no data were hidden. */
    sqn_misfit misfit;            /**< Of the last stage; empty when loaded. */
    double sum_centered;          /**< Denominator of frv_centered. */
    double *pca;                  /**< [n_comp] frv_pca. */
} basis;

/**
 * Build (or load) the components.
 *
 * @param[in,out] obs   Gives up the pixels of its references once the panels hold them.
 * @param[in] excluded  [n_reference, ny, nx] pixels without weight, or NULL.
 * @retval SQN_ERR_CONFIG  E_COUNT.
 */
SQN_NODISCARD sqn_status fit_basis(basis *out, observation *obs, const config *settings,
                                   const uint8_t *excluded, const sqn_nmf_options *hooks,
                                   sqn_error *err);

/** What becomes of negative data. */
sqn_negatives fit_negatives(const config *settings);

/** Bring counts into rising order. */
void fit_sort_counts(int64_t *counts, int64_t n);

/** Components of the last stage, [n_comp, n_pix]; borrowed. */
sqn_matrix_const fit_last(const basis *b);

void fit_clear(basis *b);

#endif
