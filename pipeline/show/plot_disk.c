/** @file plot_disk.c @brief disk.png: what is left without the star. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "pictures.h"
#include "raise.h"

enum { STRIP_COLUMNS = 10, STRIP_MAX = 40 };
static const double panel = 640.0, text_size = 28.0, left = 140.0, between = 170.0;
static const double bar_gap = 14.0, bar_width = 24.0, bar_room = 150.0, right = 20.0;
static const double top = 130.0, below = 170.0, under_axes = 100.0, gap = 10.0,
                    caption = 40.0, bottom = 24.0;

/* Where everything lies. */
typedef struct layout {
    plot_box image, snr;
    double width, height;
    int n_strip, n_column, n_row; /* of the strip; n_strip 0 = none */
    double tile, tile_height, strip_top;
} layout;

static layout layout_of(const plot_disk_data *data)
{
    const double aspect = (double)data->ny / (double)data->nx;
    const double high = floor(panel * fmin(fmax(aspect, 0.2), 1.6));
    const double second = left + panel + bar_gap + bar_width + bar_room + between;
    layout l = {.n_strip = data->n_count < 2           ? 0
                           : data->n_count < STRIP_MAX ? (int)data->n_count
                                                       : STRIP_MAX};

    l.width = (data->snr != NULL ? second + panel : left + panel) + bar_gap + bar_width +
              bar_room - 40.0 + right;
    if (l.n_strip > 0) {
        const double room = l.width - left - right;

        l.n_row = (l.n_strip + STRIP_COLUMNS - 1) / STRIP_COLUMNS;
        l.n_column = (l.n_strip + l.n_row - 1) / l.n_row;
        l.tile = fmin(floor((room - gap * (l.n_column - 1)) / l.n_column), 300.0);
        l.tile_height = floor(l.tile * high / panel);
    }
    const double strip = l.n_row * (l.tile_height + caption + gap);

    l.height = top + high + (l.n_strip > 0 ? below : under_axes) + strip + bottom;
    l.image = (plot_box){left, l.height - top - high, left + panel, l.height - top};
    l.snr = (plot_box){second, l.image.y0, second + panel, l.image.y1};
    l.strip_top = l.image.y0 - below;
    return l;
}

static void draw_heading(const plot_page *page, const plot_box *box, const char *text)
{
    const plot_font font = {text_size, PLOT_INK, 0.0, 0.0};

    plot_text(page, &font, box->x0, box->y1 + 16.0, text);
}

/* One large panel with everything on it. */
static sqn_status draw_panel(const plot_page *page, const plot_disk_data *data,
                             const plot_box *room, const float *pixels,
                             const plot_stretch *stretch, const char *label, sqn_error *err)
{
    const plot_box box = plot_image_fit(room, data->ny, data->nx);
    const plot_box bar = {box.x1 + bar_gap, box.y0, box.x1 + bar_gap + bar_width, box.y1};
    sqn_status status = SQN_OK;

    SQN_TRY(plot_image_draw(&box, data->ny, data->nx, pixels, stretch, err));
    if (data->excluded != NULL) {
        plot_image_outline(&box, data->ny, data->nx, data->excluded);
    }
    plot_image_star(&box, data->ny, data->nx, &data->sky);
    plot_image_compass(page, &box, &data->sky, text_size);
    plot_image_axes(page, &box, data->ny, data->nx, &data->sky, text_size);
    SQN_TRY(plot_image_bar(page, &bar, stretch, text_size, label, err));

cleanup:
    return status;
}

/* Symmetric and linear, up to 10 at most: what is brighter is certain anyway. */
static sqn_status stretch_snr(plot_stretch *out, const plot_disk_data *data, sqn_error *err)
{
    double high = NAN;
    const sqn_status status =
        plot_stretch_quantile(&high, data->ny * data->nx, data->snr, 0.998, err);
    const double most = fmin(fmax(isfinite(high) ? high : 5.0, 5.0), 10.0);

    *out = (plot_stretch){-most, most, INFINITY};
    return status;
}

static sqn_status draw_snr(const plot_page *page, const plot_disk_data *data,
                           const layout *l, sqn_error *err)
{
    plot_stretch stretch;
    sqn_status status = SQN_OK;

    SQN_TRY(stretch_snr(&stretch, data, err));
    plot_colours(PLOT_MAP_TWO);
    SQN_TRY(draw_panel(page, data, &l->snr, data->snr, &stretch, "", err));
    draw_heading(page, &l->snr, "S/N");

cleanup:
    plot_colours(PLOT_MAP_FIRE);
    return status;
}

/* Tiles of the strip are spread evenly over the counts when there are too many. */
static int64_t count_of_tile(const layout *l, int64_t n_count, int tile)
{
    return (int64_t)floor((double)tile * (double)(n_count - 1) / (l->n_strip - 1) + 0.5);
}

static sqn_status draw_strip(const plot_page *page, const plot_disk_data *data,
                             const layout *l, const plot_stretch *stretch, sqn_error *err)
{
    const plot_font font = {0.9 * text_size, PLOT_INK, 0.0, 0.0};
    const plot_font note = {text_size, PLOT_FADED, 0.0, 0.0};
    sqn_status status = SQN_OK;

    if (l->n_strip > 0) {
        plot_text(page, &note, left, l->strip_top + 14.0,
                  "by number of components, colours as above");
    }
    for (int t = 0; t < l->n_strip; t++) {
        const int64_t c = count_of_tile(l, data->n_count, t);
        const int row = t / l->n_column, column = t % l->n_column;
        const double x0 = left + (l->tile + gap) * column;
        const double y1 = l->strip_top - caption - (l->tile_height + caption + gap) * row;
        const plot_box room = {x0, y1 - l->tile_height, x0 + l->tile, y1};
        const plot_box box = plot_image_fit(&room, data->ny, data->nx);
        char label[32];

        SQN_TRY(plot_image_draw(&box, data->ny, data->nx,
                                data->images + c * data->ny * data->nx, stretch, err));
        (void)snprintf(label, sizeof label, "%" PRId64, data->counts[c]);
        plot_text(page, &font, box.x0, box.y1 + 8.0, label);
    }

cleanup:
    return status;
}

static sqn_status draw(const plot_page *page, const plot_disk_data *data, const layout *l,
                       sqn_error *err)
{
    const int64_t last = data->n_count - 1, n_pix = data->ny * data->nx;
    const plot_font heading = {1.3 * text_size, PLOT_INK, 0.0, 0.0};
    const float *image = data->images + last * n_pix;
    plot_stretch stretch;
    char unit[96], label[64];
    sqn_status status = SQN_OK;

    plot_escape(unit, sizeof unit, data->unit);
    plot_title(page, &heading, left, l->height - 56.0, l->width - left - 20.0, data->title);
    SQN_TRY(plot_stretch_noise(&stretch, n_pix, image, err));
    SQN_TRY(draw_panel(page, data, &l->image, image, &stretch, unit, err));
    (void)snprintf(label, sizeof label, "%" PRId64 " component%s", data->counts[last],
                   data->counts[last] == 1 ? "" : "s");
    draw_heading(page, &l->image, label);
    if (data->snr != NULL) {
        SQN_TRY(draw_snr(page, data, l, err));
    }
    SQN_TRY(draw_strip(page, data, l, &stretch, err));

cleanup:
    return status;
}

sqn_status plot_disk(const char *png_path, const plot_disk_data *data, sqn_error *err)
{
    plot_page page;
    sqn_status status = SQN_OK;

    if (data->n_count < 1 || data->ny < 1 || data->nx < 1) {
        return SQN_RAISE(err, E_ARG, "images [%" PRId64 ", %" PRId64 ", %" PRId64 "]",
                         data->n_count, data->ny, data->nx);
    }
    const layout l = layout_of(data);

    SQN_TRY(plot_open(&page, png_path, l.width, l.height, err));
    status = draw(&page, data, &l, err);
    status = plot_end(&page, status, err);

cleanup:
    return status;
}
