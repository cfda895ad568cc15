/** @file plot_wave.c @brief Spectra on axes of wavelengths. */
#include "plot_wave.h"

#include <math.h>

/** Vacuum wavelengths (Angstrom) of lines that quasars and galaxies show; blends by their mean. */
static const struct {
    double wave;
    const char *name;
} lines[] = {
    {1025.7, "Ly\\gb"}, {1215.7, "Ly\\ga"},  {1240.8, "N V"},   {1399.8, "Si IV"},
    {1549.1, "C IV"},   {1908.7, "C III]"},  {2799.1, "Mg II"}, {3728.5, "[O II]"},
    {4862.7, "H\\gb"},  {5008.2, "[O III]"}, {6564.6, "H\\ga"},
};

void plot_wave_average(plot_wave_curve *out, int64_t n, const double *wave,
                       const float *value, const float *minus)
{
    const int64_t n_bin = n < PLOT_WAVE_POINTS ? n : PLOT_WAVE_POINTS;

    out->n = (int)n_bin;
    for (int64_t b = 0; b < n_bin; b++) {
        const int64_t from = b * n / n_bin, to = (b + 1) * n / n_bin;
        double sum = 0.0, x = 0.0;
        int64_t n_valid = 0;

        for (int64_t j = from; j < to; j++) {
            const double v =
                minus == NULL ? (double)value[j] : (double)value[j] - (double)minus[j];

            x += wave[j];
            if (!isnan(v)) {
                sum += v;
                n_valid++;
            }
        }
        out->x[b] = x / (double)(to - from);
        out->y[b] = n_valid > 0 ? sum / (double)n_valid : NAN;
    }
}

void plot_wave_range(double range[2], const plot_wave_curve *curve)
{
    range[0] = range[1] = NAN;
    for (int i = 0; i < curve->n; i++) {
        if (isfinite(curve->y[i])) {
            range[0] = fmin(range[0], curve->y[i]);
            range[1] = fmax(range[1], curve->y[i]);
        }
    }
}

void plot_wave_lines(const plot_page *page, const plot_axes *axes, bool named)
{
    const plot_pen pen = {PLOT_HAIR, 2.0, PLOT_DASHED};
    const plot_font font = {0.8 * axes->size, PLOT_FADED, 0.5, 0.0};
    double last = -INFINITY;

    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        const double x = plot_axes_x(axes, lines[k].wave);

        if (!(lines[k].wave > axes->x0 && lines[k].wave < axes->x1)) {
            continue;
        }
        plot_segment(&pen, x, axes->box.y0, x, axes->box.y1);
        if (named && x - last > 2.6 * font.size) {
            plot_text(page, &font, x, axes->box.y1 + 8.0, lines[k].name);
            last = x;
        }
    }
}
