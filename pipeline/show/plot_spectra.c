/** @file plot_spectra.c @brief spectra.png: data, model, residual, and the coefficients. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "pictures_spectra.h"
#include "plot_wave.h"
#include "raise.h"
#include "stats.h"

static const double page_width = 1800.0, text_size = 26.0;
static const double top = 120.0, row = 400.0, bottom = 110.0, left = 150.0;
static const double width = 1130.0;        /* of the spectra */
static const double residual_part = 110.0; /* height of the strip of residuals */
static const double bars_left = 1430.0, bars_right = 1760.0;
enum { SHOWN_MAX = 20 }; /* bars that fit */

/** Curves of one spectrum. */
typedef struct curves {
    plot_wave_curve data, model, residual;
} curves;

/* From a little below zero or the lowest value to above the highest of the model and most data;
 * beyond the data the model may leave the axes. */
static void choose_range(plot_axes *axes, const curves *c)
{
    double data[2], model[2] = {NAN, NAN};

    plot_wave_range(data, &c->data);
    for (int i = 0; i < c->model.n; i++) {
        if (isfinite(c->data.y[i]) && isfinite(c->model.y[i])) {
            model[1] = fmax(model[1], c->model.y[i]);
        }
    }
    const double high = fmax(model[1], fmin(data[1], 2.5 * model[1]));
    const double low = fmin(fmax(data[0], -0.3 * high), 0.0);

    axes->y0 = low - 0.04 * (high - low);
    axes->y1 = high + 0.10 * (high - low);
    if (!(axes->y1 > axes->y0) || !isfinite(axes->y1 - axes->y0)) {
        axes->y0 = -1.0;
        axes->y1 = 1.0;
    }
}

static void draw_upper(const plot_page *page, const plot_spectra_data *data, int i,
                       const plot_axes *axes, const curves *c)
{
    const plot_pen grey = {PLOT_MISSING, 2.0, PLOT_SOLID};
    const plot_pen blue = {PLOT_BLUE, 2.5, PLOT_SOLID}, ink = {PLOT_INK, 2.0, PLOT_SOLID};
    const plot_font font = {text_size, PLOT_INK, 1.0, 0.0};
    const plot_box *box = &axes->box;
    char label[256];

    plot_escape(label, sizeof label, data->spectra[i].label);
    if (data->is_rest) {
        plot_wave_lines(page, axes, i == 0);
    }
    plot_axes_curve(page, axes, &grey, c->data.n, c->data.x, c->data.y);
    plot_axes_curve(page, axes, &blue, c->model.n, c->model.x, c->model.y);
    plot_label(page, &font, box->x1 - 14.0, box->y1 - 1.15 * text_size, label);
    plot_line(&ink, 5, (const double[5]){box->x0, box->x1, box->x1, box->x0, box->x0},
              (const double[5]){box->y0, box->y0, box->y1, box->y1, box->y0});
}

static void draw_tick(const plot_page *page, const plot_axes *axes, double value)
{
    const plot_font font = {text_size, PLOT_INK, 1.0, 0.0};
    const plot_pen ink = {PLOT_INK, 2.0, PLOT_SOLID};
    const double y = plot_axes_y(axes, value);
    char label[32];

    (void)snprintf(label, sizeof label, "%.4g", value);
    plot_segment(&ink, axes->box.x0, y, axes->box.x0 - 10.0, y);
    plot_text(page, &font, axes->box.x0 - 18.0, y - 0.36 * text_size, label);
}

/* Numbers beside the upper strip; the lower one carries the axis of wavelengths. */
static void draw_ticks(const plot_page *page, const plot_axes *axes)
{
    const double step = plot_axes_step(axes->y1 - axes->y0, 4);
    const int first = (int)ceil(axes->y0 / step), last = (int)floor(axes->y1 / step);

    for (int k = first; k <= last; k++) {
        draw_tick(page, axes, k * step);
    }
}

static void draw_lower(const plot_page *page, const plot_spectra_data *data, int i,
                       plot_axes *axes, const curves *c)
{
    const plot_pen orange = {PLOT_ORANGE, 2.0, PLOT_SOLID};
    const plot_pen hair = {PLOT_FADED, 1.5, PLOT_SOLID};
    const char *label =
        data->is_rest ? "rest wavelength (Angstrom)" : "wavelength (Angstrom)";
    double range[2];

    plot_wave_range(range, &c->residual);
    const double most = fmax(fabs(range[0]), fabs(range[1]));

    axes->y1 = isfinite(most) && most > 0.0 ? 1.1 * most : 1.0;
    axes->y0 = -axes->y1;
    plot_segment(&hair, axes->box.x0, plot_axes_y(axes, 0.0), axes->box.x1,
                 plot_axes_y(axes, 0.0));
    plot_axes_curve(page, axes, &orange, c->residual.n, c->residual.x, c->residual.y);
    plot_axes_frame(page, axes, i == data->n - 1 ? label : "", "");
    draw_tick(page, axes,
              -0.5 * plot_axes_step(axes->y1, 1)); /* above are those of the data */
}

static void draw_spectrum(const plot_page *page, const plot_spectra_data *data, int i,
                          curves *c)
{
    const plot_spectrum *s = &data->spectra[i];
    const double y1 = page->height - top - row * i, y0 = y1 - row + 50.0;
    plot_axes upper = {.box = {left, y0 + residual_part, left + width, y1},
                       .x0 = data->wave[0],
                       .x1 = data->wave[data->n_wave - 1],
                       .size = text_size};
    plot_axes lower = upper;

    lower.box.y0 = y0;
    lower.box.y1 = y0 + residual_part;
    plot_wave_average(&c->data, data->n_wave, data->wave, s->flux, NULL);
    plot_wave_average(&c->model, data->n_wave, data->wave, s->model, NULL);
    plot_wave_average(&c->residual, data->n_wave, data->wave, s->flux, s->model);
    choose_range(&upper, c);
    draw_upper(page, data, i, &upper, c);
    draw_ticks(page, &upper);
    draw_lower(page, data, i, &lower, c);
}

/* Bars from the 5th to the 95th and the 25th to the 75th percentile, a disc at the median. */
static void draw_bar(const plot_axes *axes, int comp, double *scratch, int64_t n)
{
    static const double percents[5] = {5.0, 25.0, 50.0, 75.0, 95.0};
    const plot_pen thin = {PLOT_BLUE, 3.0, PLOT_SOLID},
                   thick = {PLOT_BLUE, 10.0, PLOT_SOLID};
    const double x = plot_axes_x(axes, comp + 1.0);
    double y[5];

    for (int k = 0; k < 5; k++) {
        y[k] = plot_axes_y(axes, sqn__stats_percentile(scratch, n, percents[k]));
    }
    if (isfinite(y[2])) {
        plot_segment(&thin, x, y[0], x, y[4]);
        plot_segment(&thick, x, y[1], x, y[3]);
        plot_disc(PLOT_ORANGE, x, y[2], 7.0);
    }
}

static void draw_shares(const plot_page *page, const plot_spectra_data *data,
                        double *scratch)
{
    const int n = data->n_comp < SHOWN_MAX ? (int)data->n_comp : SHOWN_MAX;
    const plot_axes axes = {
        .box = {bars_left, bottom + 50.0, bars_right, page->height - top},
        .x0 = 0.4,
        .x1 = n + 0.6,
        .y0 = 0.0,
        .y1 = 1.0,
        .whole_x = true,
        .grid = true,
        .size = text_size};

    plot_axes_frame(page, &axes, "template", "share of the model, over all spectra");
    for (int comp = 0; comp < n; comp++) {
        for (int64_t i = 0; i < data->n_spectrum; i++) {
            scratch[i] = data->share[i * data->n_comp + comp];
        }
        draw_bar(&axes, comp, scratch, data->n_spectrum);
    }
}

static void draw(const plot_page *page, const plot_spectra_data *data, curves *c,
                 double *scratch)
{
    const plot_font heading = {1.3 * text_size, PLOT_INK, 0.0, 0.0};
    const plot_font beside = {text_size, PLOT_INK, 0.5, 90.0};
    char unit[96] = "", label[192];

    plot_title(page, &heading, left, page->height - 52.0, page_width - left - 40.0,
               data->title);
    if (data->unit != NULL && data->unit[0] != '\0') {
        plot_escape(unit, sizeof unit, data->unit);
    }
    (void)snprintf(label, sizeof label, "data (grey), model (blue), below: residual%s%s%s",
                   unit[0] != '\0' ? "  [" : "", unit, unit[0] != '\0' ? "]" : "");
    plot_text(page, &beside, 36.0, 0.5 * (page->height - top + bottom), label);
    for (int i = 0; i < data->n; i++) {
        draw_spectrum(page, data, i, c);
    }
    draw_shares(page, data, scratch);
}

sqn_status plot_spectra(const char *png_path, const plot_spectra_data *data, sqn_error *err)
{
    sqn_status status = SQN_OK;
    curves *c = NULL;
    double *scratch = NULL;
    plot_page page;

    if (data->n < 1 || data->n > PLOT_SPECTRA_MAX || data->n_wave < 2 || data->n_comp < 1) {
        return SQN_RAISE(err, E_ARG, "a picture of %d spectra of %" PRId64 " wavelengths",
                         data->n, data->n_wave);
    }
    c = sqn__mem_alloc(1, sizeof *c);
    scratch = sqn__mem_alloc(data->n_spectrum, sizeof *scratch);
    if (c == NULL || scratch == NULL) {
        status = SQN_RAISE(err, E_MEM, "curves of %d spectra", data->n);
        goto cleanup;
    }
    SQN_TRY(plot_open(&page, png_path, page_width, top + bottom + row * data->n, err));
    draw(&page, data, c, scratch);
    SQN_TRY(plot_close(&page, err));

cleanup:
    sqn__mem_free(c);
    sqn__mem_free(scratch);
    return status;
}
