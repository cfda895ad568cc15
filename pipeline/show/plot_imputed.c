/** @file plot_imputed.c @brief imputed.png: before, filled, error. */
#include "plot_imputed.h"

#include <inttypes.h>
#include <math.h>

#include "plot_image.h"
#include "raise.h"

enum { BEFORE, FILLED, ERROR, PANELS };

static const double panel = 640.0, text_size = 28.0, left = 150.0, between = 150.0;
static const double bar_gap = 14.0, bar_width = 24.0, bar_room = 150.0, right = 20.0;
static const double top = 150.0, under_axes = 100.0;

static double page_width(void)
{
    return left + PANELS * panel + 2.0 * between + 2.0 * (bar_gap + bar_width + bar_room) +
           right;
}

static plot_box panel_box(int number, double width_before, double height, double high)
{
    const double x0 = left + number * (panel + between) + width_before;

    return (plot_box){x0, height - top - high, x0 + panel, height - top};
}

/* One image with its axes; the bar where `label` is not NULL. */
static sqn_status draw_panel(const plot_page *page, const plot_imputed_data *data,
                             const plot_box *room, const float *pixels,
                             const plot_stretch *stretch, const char *heading,
                             sqn_error *err)
{
    const plot_sky pixels_only = {
        .star_x = NAN, .star_y = NAN, .pixel_scale = NAN, .north_angle = NAN};
    const plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    const plot_box box = plot_image_fit(room, data->ny, data->nx);
    sqn_status status = SQN_OK;

    SQN_TRY(plot_image_draw(&box, data->ny, data->nx, pixels, stretch, err));
    plot_image_axes(page, &box, data->ny, data->nx, &pixels_only, text_size);
    plot_text(page, &font, box.x0, box.y1 + 16.0, heading);

cleanup:
    return status;
}

static sqn_status draw_bar(const plot_page *page, const plot_imputed_data *data,
                           const plot_box *room, const plot_stretch *stretch,
                           sqn_error *err)
{
    const plot_box box = plot_image_fit(room, data->ny, data->nx);
    const plot_box bar = {box.x1 + bar_gap, box.y0, box.x1 + bar_gap + bar_width, box.y1};
    char unit[96];

    plot_escape(unit, sizeof unit, data->unit);
    return plot_image_bar(page, &bar, stretch, text_size, unit, err);
}

/* Errors from 0 to nearly the largest. */
static sqn_status stretch_errors(plot_stretch *out, const plot_imputed_data *data,
                                 sqn_error *err)
{
    double high = NAN;
    const sqn_status status =
        plot_stretch_quantile(&high, data->ny * data->nx, data->error, 0.99, err);

    *out = (plot_stretch){0.0, isfinite(high) && high > 0.0 ? high : 1.0, INFINITY};
    return status;
}

static sqn_status draw(const plot_page *page, const plot_imputed_data *data, double high,
                       sqn_error *err)
{
    const plot_font heading = {1.3 * text_size, PLOT_INK, 0.0, 0.0};
    const plot_font note = {text_size, PLOT_FADED, 0.0, 0.0};
    const double bar = bar_gap + bar_width + bar_room, height = page->height;
    const plot_box before = panel_box(BEFORE, 0.0, height, high);
    const plot_box filled = panel_box(FILLED, 0.0, height, high);
    const plot_box error = panel_box(ERROR, bar, height, high);
    plot_stretch values, errors;
    sqn_status status = SQN_OK;

    plot_title(page, &heading, left, height - 56.0, page->width - left - right,
               data->title);
    plot_title(page, &note, left, height - 92.0, page->width - left - right, data->which);
    SQN_TRY(plot_stretch_noise(&values, data->ny * data->nx, data->before, err));
    SQN_TRY(stretch_errors(&errors, data, err));
    SQN_TRY(draw_panel(page, data, &before, data->before, &values, "before", err));
    SQN_TRY(draw_panel(page, data, &filled, data->filled, &values, "filled", err));
    SQN_TRY(draw_bar(page, data, &filled, &values, err));
    SQN_TRY(draw_panel(page, data, &error, data->error, &errors, "error of what is filled",
                       err));
    SQN_TRY(draw_bar(page, data, &error, &errors, err));

cleanup:
    return status;
}

sqn_status plot_imputed(const char *png_path, const plot_imputed_data *data, sqn_error *err)
{
    plot_page page;
    sqn_status status = SQN_OK;

    if (data->ny < 1 || data->nx < 1) {
        return SQN_RAISE(err, E_ARG, "an image of %" PRId64 " x %" PRId64 " pixels",
                         data->nx, data->ny);
    }
    const double aspect = (double)data->ny / (double)data->nx;
    const double high = floor(panel * fmin(fmax(aspect, 0.2), 1.6));

    SQN_TRY(plot_open(&page, png_path, page_width(), top + high + under_axes, err));
    status = draw(&page, data, high, err);
    status = plot_end(&page, status, err);

cleanup:
    return status;
}
