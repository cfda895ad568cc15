/** @file nmf_model.h @brief The result of a fit, as nmf.c fills it. */
#ifndef SQN_NMF_MODEL_H
#define SQN_NMF_MODEL_H

#include "nmf_heldout.h"
#include "nmf_internal.h"

/** Factors of one kept stage, in the units and the shape of the data. */
typedef struct sqn__nmf_kept {
    int64_t n_comp;
    float *comp;           /**< H [n_comp, n_pix] */
    double *coeff;         /**< W [n_frame, n_comp] */
    double *background;    /**< [n_frame] or NULL. */
    uint8_t *undetermined; /**< [n_pix] */
} sqn__nmf_kept;

struct sqn_nmf {
    int64_t n_frame, n_pix, n_stage, n_kept;
    sqn_nmf_stage *stage;      /**< [n_stage] */
    sqn__nmf_kept *kept;       /**< [n_kept] rising. */
    sqn__nmf_heldout *heldout; /**< NULL: nothing was hidden. */
    int n_slot;                /**< Threads that store components side by side. */
    double *along, *across;    /**< Work: [n_slot] columns of each factor, */
    float *squares;            /**< and [n_short, n_comp] of the stage. */
};

/** Everything allocated, nothing filled. */
sqn_status sqn__nmf_model_create(sqn_nmf **out, const sqn_panels *panels,
                                 const sqn_nmf_options *options, sqn_error *err);

/** Normalised copies of the method's factors of stage `n_comp`, if that is to be kept. */
void sqn__nmf_model_store(const sqn_nmf *model, int64_t n_comp, const sqn_panels *panels,
                          const sqn__nmf_method *method, const void *state);

/** The fit ends after `n_stage` stages: the factors of later ones are given up. */
void sqn__nmf_model_cut(sqn_nmf *model, int64_t n_stage);

#endif
