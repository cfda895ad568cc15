/** @file plot_frv.c @brief frv.png: how much variance is left with every component. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "pictures.h"
#include "raise.h"

static const double page_width = 1400.0, page_height = 960.0, text_size = 30.0;
static const double legend_line = 86.0, legend_gap = 40.0; /* at that size */

/* One curve: what it is, and how it looks. */
typedef struct curve {
    const char *name;
    const double *values;
    plot_pen pen;
    double radius; /* of its discs; 0 = none */
} curve;

enum { CURVES = 4 };

/* Smallest and largest positive value of all curves. */
static void widen(double range[2], int64_t n, const double *values)
{
    for (int64_t i = 0; values != NULL && i < n; i++) {
        if (isfinite(values[i]) && values[i] > 0.0) {
            range[0] = fmin(range[0], values[i]);
            range[1] = fmax(range[1], values[i]);
        }
    }
}

static plot_axes axes_for(const plot_frv_data *data, const curve curves[CURVES])
{
    double range[2] = {INFINITY, -INFINITY};
    plot_axes axes = {.box = {170.0, 180.0, page_width - 40.0, page_height - 130.0},
                      .log_y = true,
                      .whole_x = true,
                      .grid = true,
                      .size = text_size};

    for (int c = 0; c < CURVES; c++) {
        widen(range, data->n, curves[c].values);
    }
    if (!(range[0] <= range[1])) {
        range[0] = 0.1;
        range[1] = 1.0;
    }
    range[0] = fmax(range[0], 1e-12 * range[1]); /* below there is only rounding */
    const double room = fmax(0.06 * log10(range[1] / range[0]), 0.05);

    axes.y0 = pow(10.0, log10(range[0]) - room);
    axes.y1 = pow(10.0, log10(range[1]) + room);
    axes.x0 = data->n > 0 ? data->n_comp[0] : 1.0;
    axes.x1 = data->n > 0 ? data->n_comp[data->n - 1] : 10.0;
    const double side = fmax(0.03 * (axes.x1 - axes.x0), axes.x1 > axes.x0 ? 0.2 : 0.8);

    axes.x0 -= side;
    axes.x1 += side;
    return axes;
}

static bool has_values(const curve *c, int64_t n)
{
    double range[2] = {INFINITY, -INFINITY};

    widen(range, n, c->values);
    return range[0] <= range[1];
}

/* Width of the row of the legend with text of one size (pixels). */
static double legend_width(const plot_page *page, const plot_font *font,
                           const curve curves[CURVES], int64_t n)
{
    double width = 0.0;

    for (int c = 0; c < CURVES; c++) {
        if (has_values(&curves[c], n)) {
            width += legend_line + legend_gap + plot_text_width(page, font, curves[c].name);
        }
    }
    return width;
}

/* In a row below the axes, where no curve can be; smaller where it would leave the page. */
static void draw_legend(const plot_page *page, const plot_axes *axes,
                        const curve curves[CURVES], int64_t n)
{
    plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    double x = axes->box.x0 - 60.0;
    const double room = page_width - x;
    const double y = 36.0, middle = y + 0.36 * text_size;

    font.size *= fmin(1.0, room / legend_width(page, &font, curves, n));
    const double line = legend_line * font.size / text_size;
    const double gap = legend_gap * font.size / text_size;

    for (int c = 0; c < CURVES; c++) {
        if (!has_values(&curves[c], n)) {
            continue;
        }
        plot_segment(&curves[c].pen, x, middle, x + 0.81 * line, middle);
        if (curves[c].radius > 0.0) {
            plot_disc(curves[c].pen.colour, x + 0.405 * line, middle, curves[c].radius);
        }
        plot_text(page, &font, x + line, y, curves[c].name);
        x += line + plot_text_width(page, &font, curves[c].name) + gap;
    }
}

static void draw_chosen(const plot_page *page, const plot_axes *axes,
                        const plot_frv_data *data)
{
    const plot_pen pen = {PLOT_FADED, 2.5, PLOT_DOTTED};
    const double x = plot_axes_x(axes, (double)data->chosen);
    const double along = (x - axes->box.x0) / (axes->box.x1 - axes->box.x0);
    const plot_font font = {text_size, PLOT_FADED, along, 0.0};
    char label[96];

    if (x < axes->box.x0 || x > axes->box.x1) {
        return;
    }
    if (data->best > 0 && data->best != data->chosen) {
        (void)snprintf(label, sizeof label,
                       "chosen: %" PRId64 " (hidden data: as good as %" PRId64
                       ", the best)",
                       data->chosen, data->best);
    } else {
        (void)snprintf(label, sizeof label, "chosen: %" PRId64 "%s", data->chosen,
                       data->best > 0 ? " (hidden data: the best)" : "");
    }
    plot_segment(&pen, x, axes->box.y0, x, axes->box.y1 + 8.0);
    plot_text(page, &font, x, axes->box.y1 + 14.0, label);
}

/* Bars of one standard error of hidden data, cut at the axes. */
static void draw_errors(const plot_axes *axes, const plot_frv_data *data)
{
    const plot_pen pen = {PLOT_GREEN, 2.5, PLOT_SOLID};

    for (int64_t k = 0; data->heldout != NULL && k < data->n; k++) {
        if (!isfinite(data->heldout[k]) || !isfinite(data->heldout_err[k])) {
            continue; /* fmax() would make an axis of what is not known */
        }
        const double low = fmax(data->heldout[k] - data->heldout_err[k], axes->y0);
        const double high = fmin(data->heldout[k] + data->heldout_err[k], axes->y1);
        const double x = plot_axes_x(axes, data->n_comp[k]);

        if (low < high) {
            plot_segment(&pen, x, plot_axes_y(axes, low), x, plot_axes_y(axes, high));
        }
    }
}

static void draw(const plot_page *page, const plot_frv_data *data)
{
    const curve curves[CURVES] = {
        {"NMF, all variance", data->frv, {PLOT_FADED, 2.5, PLOT_SOLID}, 0.0},
        {"PCA, about the mean", data->frv_pca, {PLOT_ORANGE, 4.0, PLOT_DASHED}, 8.0},
        {"NMF, about the mean", data->frv_centered, {PLOT_BLUE, 4.0, PLOT_SOLID}, 8.0},
        {"NMF, hidden data", data->heldout, {PLOT_GREEN, 4.0, PLOT_SOLID}, 6.0}};
    const plot_axes axes = axes_for(data, curves);
    const plot_font heading = {1.2 * text_size, PLOT_INK, 0.0, 0.0};

    plot_title(page, &heading, axes.box.x0, page_height - 52.0, axes.box.x1 - axes.box.x0,
               data->title);
    plot_axes_frame(page, &axes, "number of components", "fractional residual variance");
    if (data->chosen > 0) {
        draw_chosen(page, &axes, data);
    }
    for (int c = 0; c < CURVES; c++) {
        if (curves[c].values != NULL) {
            plot_axes_curve(page, &axes, &curves[c].pen, (int)data->n, data->n_comp,
                            curves[c].values);
            plot_axes_discs(page, &axes, curves[c].pen.colour, curves[c].radius,
                            (int)data->n, data->n_comp, curves[c].values);
        }
    }
    draw_errors(&axes, data);
    draw_legend(page, &axes, curves, data->n);
}

sqn_status plot_frv(const char *png_path, const plot_frv_data *data, sqn_error *err)
{
    plot_page page;
    sqn_status status = SQN_OK;

    if (data->n < 0 || data->n > INT32_MAX) {
        return SQN_RAISE(err, E_ARG, "a curve of %" PRId64 " rows", data->n);
    }
    SQN_TRY(plot_open(&page, png_path, page_width, page_height, err));
    draw(&page, data);
    SQN_TRY(plot_close(&page, err));

cleanup:
    return status;
}
