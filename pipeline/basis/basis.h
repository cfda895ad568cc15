/**
 * @file basis.h
 * @brief Components and curves from rows of data, whatever the rows are.
 *
 * In: rows, configuration. Out: a basis for every count that is to be modelled, the stages and
 * the curves. Library: panels, nmf, curve.
 */
#ifndef BASIS_H
#define BASIS_H

#include <stdbool.h>

#include "config.h"
#include "sequin/count.h"
#include "sequin/cube.h"
#include "sequin/misfit.h"
#include "sequin/nmf.h"
#include "sequin/panels.h"

/** Bases and curves. Owned by the run. */
typedef struct basis {
    sqn_panels *panels; /**< Whoever needs them last may destroy them. */
    sqn_nmf *nmf;       /**< NULL when loaded. */
    sqn_cube loaded;    /**< Of components.load: [rows, 1, n_pix], the last stage first. */
    int64_t n_comp;     /**< Of the last stage. */
    int64_t n_count;    /**< Counts to model with, */
    int64_t *counts;    /**< rising; owned. */
    sqn_matrix_const *components; /**< [n_count] of [k, n_pix] views; the array is owned. */
    sqn_count heldout;            /**< n = 0: no data were hidden. */
    sqn_misfit misfit;            /**< Of the last stage; empty when loaded. */
    double sum_centered;          /**< Denominator of frv_centered. */
    double *pca;                  /**< [n_comp] frv_pca. */
    double *overlap;              /**< [n_comp, n_comp] of overlap_measure(). */
} basis;

/** What a basis is built from. Borrowed. */
typedef struct basis_source {
    const sqn_rows *rows;
    const char *noun; /**< "reference frames": what rows are called in messages. */
    bool own; /**< The rows are modelled themselves: by default half as many components. */
    bool overlap; /**< Rows hold the same data many times: one that is empty is no loss. */
    void (*packed)(void *owner); /**< Called once nobody reads the rows again; or NULL. */
    void *owner;                 /**< Given to `packed`. */
    const char
        *entries;   /**< What their columns are called; NULL = "pixels of the region". */
    bool last_only; /**< Without model.counts the largest count alone is modelled. */
} basis_source;

/**
 * Build the components.
 *
 * @param[in] hooks  Log and progress of the solver; the rest comes from the configuration.
 * @retval SQN_ERR_CONFIG  E_COUNT.
 */
SQN_NODISCARD sqn_status basis_build(basis *out, const basis_source *source,
                                     const config *settings, const sqn_nmf_options *hooks,
                                     sqn_error *err);

/** What becomes of negative data. */
sqn_negatives basis_negatives(const config *settings);

/** Bring counts into rising order. */
void basis_sort_counts(int64_t *counts, int64_t n);

/** Components of the last stage, [n_comp, n_pix]; borrowed. */
sqn_matrix_const basis_last(const basis *b);

/** Variance of data of weight 1 when it is not known: what a stage leaves per datum; 0 of a loaded
 *  basis. */
double basis_variance(const basis *b, int64_t n_comp);

void basis_clear(basis *b);

#endif
