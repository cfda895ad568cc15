/** @file plot_components.c @brief components.png: what they are, and how they differ. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "pictures.h"
#include "raise.h"

enum { COMPONENTS_MAX = 30 };
static const double page_width = 1400.0, text_size = 28.0, gap = 12.0, caption = 42.0;
static const double top = 81.0, margin = 24.0, bar_room = 160.0, seam = 4.5;
static const double inset =
    14.0; /* of a colour bar: its numbers do not meet the next one's */

/* How the panels lie: below each component its difference from the mean of all. */
typedef struct grid {
    int n, n_column, n_row;
    double width, height; /* of one image (pixels) */
    double pair;          /* height of one panel without its caption */
} grid;

/* Images of one kind on one stretch. */
typedef struct layer {
    const float *images; /* [n, ny, nx] */
    plot_stretch stretch;
    plot_map map;
    double below; /* top of the image below that of its panel (pixels) */
    const char *label;
} layer;

static grid grid_of(const plot_components_data *data)
{
    const int n = data->n < COMPONENTS_MAX ? (int)data->n : COMPONENTS_MAX;
    const int n_column = n <= 3 ? n : n <= 10 ? (n + 1) / 2 : n <= 18 ? 5 : 6;
    const double room = page_width - 2.0 * margin - bar_room - gap * (n_column - 1);
    /* Few components do not fill the page with one panel. */
    const double width = fmin(floor(room / n_column), 560.0);
    const double shape = fmin(fmax((double)data->ny / (double)data->nx, 0.1), 3.0);
    const double height = floor(width * shape);

    return (grid){n,     n_column, (n + n_column - 1) / n_column,
                  width, height,   n > 1 ? 2.0 * height + seam : height};
}

/* Upper edge of the panels of a row. */
static double row_top(const plot_page *page, const grid *g, int row)
{
    return page->height - top - caption - (g->pair + gap + caption) * row;
}

static void draw_label(const plot_page *page, const plot_components_data *data, int i,
                       double x, double y)
{
    const plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    char label[32];

    if (data->share != NULL && isfinite(data->share[i])) {
        (void)snprintf(label, sizeof label, "%d: %.1f %%", i + 1, 100.0 * data->share[i]);
    } else {
        (void)snprintf(label, sizeof label, "%d", i + 1);
    }
    plot_text(page, &font, x, y + 8.0, label);
}

/* All images of a layer, then its colour bar beside the first row. */
static sqn_status draw_layer(const plot_page *page, const plot_components_data *data,
                             const grid *g, const layer *l, sqn_error *err)
{
    const double right = margin + (g->width + gap) * g->n_column + 12.0;
    const double y1 = row_top(page, g, 0) - l->below;
    const plot_box bar = {right, y1 - g->height + inset, right + 24.0, y1 - inset};
    sqn_status status = SQN_OK;

    plot_colours(l->map);
    for (int i = 0; i < g->n; i++) {
        const double x0 = margin + (g->width + gap) * (i % g->n_column);
        const double above = row_top(page, g, i / g->n_column) - l->below;
        const plot_box room = {x0, above - g->height, x0 + g->width, above};
        const plot_box box = plot_image_fit(&room, data->ny, data->nx);

        if (l->below == 0.0) {
            draw_label(page, data, i, x0, above);
        }
        SQN_TRY(plot_image_draw(&box, data->ny, data->nx,
                                l->images + (int64_t)i * data->ny * data->nx, &l->stretch,
                                err));
    }
    SQN_TRY(plot_image_bar(page, &bar, &l->stretch, text_size, l->label, err));

cleanup:
    plot_colours(PLOT_MAP_FIRE);
    return status;
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

/* Each of the first n components less their mean, out [n, ny, nx]. */
static void subtract_mean(float *out, const plot_components_data *data, int n)
{
    const int64_t n_pix = data->ny * data->nx;

    for (int64_t p = 0; p < n_pix; p++) {
        double sum = 0.0;

        for (int64_t i = 0; i < n; i++) {
            sum += (double)data->components[i * n_pix + p];
        }
        for (int64_t i = 0; i < n; i++) {
            out[i * n_pix + p] =
                (float)((double)data->components[i * n_pix + p] - sum / (double)n);
        }
    }
}

static sqn_status draw_differences(const plot_page *page, const plot_components_data *data,
                                   const grid *g, sqn_error *err)
{
    const int64_t n_value = g->n * data->ny * data->nx;
    double low = NAN, high = NAN;
    sqn_status status = SQN_OK;
    float *difference = sqn__mem_alloc(n_value, sizeof *difference);

    if (difference == NULL) {
        return SQN_RAISE(err, E_MEM, "differences of %d components", g->n);
    }
    subtract_mean(difference, data, g->n);
    SQN_TRY(plot_stretch_quantile(&low, n_value, difference, 0.002, err));
    SQN_TRY(plot_stretch_quantile(&high, n_value, difference, 0.998, err));
    const double most = fmax(-low, high);
    const layer differences = {
        difference,
        {-(most > 0.0 ? most : 1.0), most > 0.0 ? most : 1.0, INFINITY},
        PLOT_MAP_TWO,
        g->height + seam,
        "less mean"};

    SQN_TRY(draw_layer(page, data, g, &differences, err));

cleanup:
    sqn__mem_free(difference);
    return status;
}

static sqn_status draw(const plot_page *page, const plot_components_data *data,
                       const grid *g, sqn_error *err)
{
    const plot_font heading = {1.2 * text_size, PLOT_INK, 0.0, 0.0};
    layer components = {
        .images = data->components, .map = PLOT_MAP_FIRE, .label = "(unit norm)"};
    sqn_status status = SQN_OK;

    plot_title(page, &heading, margin, page->height - 52.0, page->width - 2.0 * margin,
               data->title);
    SQN_TRY(stretch_of(&components.stretch, data, g->n, err));
    SQN_TRY(draw_layer(page, data, g, &components, err));
    if (g->n > 1) {
        SQN_TRY(draw_differences(page, data, g, err));
    }

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
    const double height = top + margin + (g.pair + caption) * g.n_row + gap * (g.n_row - 1);
    const double width = margin + (g.width + gap) * g.n_column + bar_room + margin;

    SQN_TRY(plot_open(&page, png_path, fmax(width, 700.0), fmax(height, 400.0), err));
    status = draw(&page, data, &g, err);
    status = plot_end(&page, status, err);

cleanup:
    return status;
}
