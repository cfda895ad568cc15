/** @file plot_axes.h @brief Axes: from values to page coordinates, ticks, curves. */
#ifndef PLOT_AXES_H
#define PLOT_AXES_H

#include <stdbool.h>

#include "plot.h"

/** A box on the page and the values at its edges; x0 > x1 is allowed. */
typedef struct plot_axes {
    plot_box box;
    double x0, x1; /**< At the left and right edge. */
    double y0, y1; /**< At the lower and upper edge. */
    bool log_y;
    bool whole_x; /**< Ticks of x at whole numbers only. */
    bool grid;    /**< Hair lines at the ticks of y. */
    bool bare_y;  /**< Neither ticks nor numbers of y. */
    double size;  /**< Of the labels (pixels). */
} plot_axes;

/** Page coordinates; NaN where a logarithm does not exist. */
double plot_axes_x(const plot_axes *axes, double x);
double plot_axes_y(const plot_axes *axes, double y);

/** A step of 1, 2 or 5 times a power of ten that divides `range` into at most `n` parts. */
double plot_axes_step(double range, int n);

/** Box, ticks, numbers and names of the axes, in the language of plot_text(). */
void plot_axes_frame(const plot_page *page, const plot_axes *axes, const char *x_label,
                     const char *y_label);

/** A curve through [n] points, broken where a value is missing. */
void plot_axes_curve(const plot_page *page, const plot_axes *axes, const plot_pen *pen,
                     int n, const double *x, const double *y);

/** Discs at [n] points. */
void plot_axes_discs(const plot_page *page, const plot_axes *axes, plot_colour colour,
                     double radius, int n, const double *x, const double *y);

#endif
