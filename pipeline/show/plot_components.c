/** @file plot_components.c @brief components.png: a grid of panels, one stretch. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "pictures.h"
#include "raise.h"

enum { COMPONENTS_MAX = 30 };
static const double page_width = 1600.0, text_size = 28.0, gap = 12.0, caption = 40.0;
static const double top = 80.0, margin = 24.0, bar_room = 150.0;

/* How the panels lie. */
typedef struct grid {
    int n, n_column, n_row;
    double width, height; /* of one panel without its caption (pixels) */
} grid;

static grid grid_of(const plot_components_data *data)
{
    const int n = data->n < COMPONENTS_MAX ? (int)data->n : COMPONENTS_MAX;
    const int n_column = n <= 3 ? n : n <= 10 ? (n + 1) / 2 : n <= 18 ? 5 : 6;
    const double room = page_width - 2.0 * margin - bar_room - gap * (n_column - 1);
    /* Few components do not fill the page with one panel. */
    const double width = fmin(floor(room / n_column), 560.0);
    const double shape = fmin(fmax((double)data->ny / (double)data->nx, 0.1), 3.0);

    return (grid){n, n_column, (n + n_column - 1) / n_column, width, floor(width * shape)};
}

static sqn_status draw_panel(const plot_page *page, const plot_components_data *data,
                             const grid *g, int i, const plot_stretch *stretch,
                             sqn_error *err)
{
    const int row = i / g->n_column, column = i % g->n_column;
    const double x0 = margin + (g->width + gap) * column;
    const double y1 = page->height - top - caption - (g->height + gap + caption) * row;
    const plot_box room = {x0, y1 - g->height, x0 + g->width, y1};
    const plot_box box = plot_image_fit(&room, data->ny, data->nx);
    const plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    char label[32];

    (void)snprintf(label, sizeof label, "%d", i + 1);
    plot_text(page, &font, box.x0, box.y1 + 8.0, label);
    return plot_image_draw(&box, data->ny, data->nx,
                           data->components + (int64_t)i * data->ny * data->nx, stretch,
                           err);
}

/* From zero to the 99.8th percentile, linear up to the typical value. */
static sqn_status stretch_of(plot_stretch *out, const plot_components_data *data, int n,
                             sqn_error *err)
{
    const int64_t n_value = (int64_t)n * data->ny * data->nx;
    double high = NAN, typical = NAN;
    sqn_status status = SQN_OK;

    SQN_TRY(plot_stretch_quantile(&high, n_value, data->components, 0.998, err));
    SQN_TRY(plot_stretch_quantile(&typical, n_value, data->components, 0.5, err));
    if (!(high > 0.0)) {
        high = 1.0;
    }
    *out = (plot_stretch){0.0, high, typical > 0.001 * high ? typical : 0.1 * high};

cleanup:
    return status;
}

static sqn_status draw(const plot_page *page, const plot_components_data *data,
                       const grid *g, sqn_error *err)
{
    const plot_font heading = {1.2 * text_size, PLOT_INK, 0.0, 0.0};
    const double right = margin + (g->width + gap) * g->n_column + 12.0;
    const double length = fmin(page->height - top - caption - margin, 600.0);
    const double y1 = page->height - top - caption;
    const plot_box bar = {right, y1 - floor(length), right + 24.0, y1};
    plot_stretch stretch;
    sqn_status status = SQN_OK;

    plot_title(page, &heading, margin, page->height - 52.0, page->width - 2.0 * margin,
               data->title);
    SQN_TRY(stretch_of(&stretch, data, g->n, err));
    for (int i = 0; i < g->n; i++) {
        SQN_TRY(draw_panel(page, data, g, i, &stretch, err));
    }
    SQN_TRY(plot_image_bar(page, &bar, &stretch, text_size, "(unit norm)", err));

cleanup:
    return status;
}

sqn_status plot_components(const char *png_path, const plot_components_data *data,
                           sqn_error *err)
{
    plot_page page;
    sqn_status status = SQN_OK;

    if (data->n < 1 || data->ny < 1 || data->nx < 1) {
        return SQN_RAISE(err, E_ARG, "components [%" PRId64 ", %" PRId64 ", %" PRId64 "]",
                         data->n, data->ny, data->nx);
    }
    const grid g = grid_of(data);
    const double height =
        top + margin + (g.height + caption) * g.n_row + gap * (g.n_row - 1);
    const double width = margin + (g.width + gap) * g.n_column + bar_room + margin;

    SQN_TRY(plot_open(&page, png_path, fmax(width, 700.0), fmax(height, 400.0), err));
    status = draw(&page, data, &g, err);
    status = plot_end(&page, status, err);

cleanup:
    return status;
}
