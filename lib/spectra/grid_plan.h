/** @file grid_plan.h @brief The common grid of spectra, and where each of them lies on it. */
#ifndef SQN_GRID_PLAN_H
#define SQN_GRID_PLAN_H

#include "axis.h"
#include "sequin/spectra.h"

/** A grid chosen for blocks of spectra. */
typedef struct sqn__grid_plan {
    sqn__axis *axes;        /* [n_block] owned */
    const double *redshift; /* [n_spectrum of all] or NULL; borrowed */
    bool is_log;            /* pixel i lies at 10^(start + i step); else at all[i] */
    bool is_whole;          /* the blocks have this step themselves */
    double start, step;
    double *all;      /* [n_all] union of all axes; owned, NULL when is_log */
    int64_t n_all;    /* length of `all` */
    int64_t first, n; /* pixels of the grid among these */
} sqn__grid_plan;

/** Choose grid and range. Errors of sqn_spectra_grid(). Free with sqn__grid_plan_clear(). */
SQN_NODISCARD sqn_status sqn__grid_plan_make(sqn__grid_plan *out, const sqn_spectra *blocks,
                                             int64_t n_block,
                                             const sqn_spectra_grid_options *options,
                                             sqn_error *err);
void sqn__grid_plan_clear(sqn__grid_plan *plan);

/** Wavelength of pixel `i` of the grid, from 0 (Angstrom). */
double sqn__grid_plan_wave(const sqn__grid_plan *plan, int64_t i);

/**
 * Pixel of the grid on which the first of block `b` falls, for the spectrum number `spectrum` of
 * all; false when its pixels are not those of the grid.
 */
bool sqn__grid_plan_offset(int64_t *out, const sqn__grid_plan *plan, int64_t b,
                           int64_t spectrum);

/** 1 / (1 + z) of a spectrum; 1 in the observed frame. */
double sqn__grid_plan_factor(const sqn__grid_plan *plan, int64_t spectrum);

#endif
