/** @file plot_wave.h @brief Spectra on axes of wavelengths: curves as fine as the page, lines marked. */
#ifndef PLOT_WAVE_H
#define PLOT_WAVE_H

#include "plot_axes.h"

enum { PLOT_WAVE_POINTS = 700 };

/** A spectrum averaged to the points that a page can show. */
typedef struct plot_wave_curve {
    int n;
    double x[PLOT_WAVE_POINTS]; /**< (Angstrom) */
    double y[PLOT_WAVE_POINTS]; /**< NaN where nothing is valid. */
} plot_wave_curve;

/** Means of the valid values of neighbours; of `value` less `minus` unless that is NULL. */
void plot_wave_average(plot_wave_curve *out, int64_t n, const double *wave,
                       const float *value, const float *minus);

/** Smallest and largest finite value; [NaN, NaN] without. */
void plot_wave_range(double range[2], const plot_wave_curve *curve);

/** Hair lines at the emission lines of the axis, with their names above it if `named`. */
void plot_wave_lines(const plot_page *page, const plot_axes *axes, bool named);

#endif
