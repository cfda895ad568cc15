/** @file plot_imputed.c @brief imputed.png: before, filled, error. */
#include "plot_imputed.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "plot_image.h"
#include "raise.h"

enum { BEFORE, FILLED, ERROR, PANELS };
enum { WINDOW = 40 /* pixels that are enlarged */, STEP_MIN = 4, PLACES = 100 };

static const double panel = 640.0, text_size = 28.0, left = 150.0, between = 150.0;
static const double bar_gap = 14.0, bar_width = 24.0, bar_room = 150.0, right = 20.0;
static const double top = 150.0, under_axes = 100.0, heading_room = 60.0;

/** Part of the image. */
typedef struct window {
    int64_t x, y, nx, ny; /* first pixel, from 0, and size */
} window;

/** One row of panels. */
typedef struct row {
    window of;
    double y0, high; /* on the page */
    const float *pixels[PANELS];
    const char *heading[PANELS];
} row;

static double page_width(void)
{
    return left + PANELS * panel + 2.0 * between + 2.0 * (bar_gap + bar_width + bar_room) +
           right;
}

static plot_box panel_box(const row *r, int number)
{
    const double bar = number == ERROR ? bar_gap + bar_width + bar_room : 0.0;
    const double x0 = left + number * (panel + between) + bar;
    const plot_box room = {x0, r->y0, x0 + panel, r->y0 + r->high};

    return plot_image_fit(&room, r->of.ny, r->of.nx);
}

/* One image with its axes. */
static sqn_status draw_panel(const plot_page *page, const row *r, int number,
                             const plot_stretch *stretch, sqn_error *err)
{
    const plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    const plot_box box = panel_box(r, number);
    const plot_axes axes = {.box = box,
                            .size = text_size,
                            .x0 = (double)r->of.x + 0.5,
                            .y0 = (double)r->of.y + 0.5,
                            .x1 = (double)(r->of.x + r->of.nx) + 0.5,
                            .y1 = (double)(r->of.y + r->of.ny) + 0.5};
    sqn_status status = SQN_OK;

    SQN_TRY(plot_image_draw(&box, r->of.ny, r->of.nx, r->pixels[number], stretch, err));
    plot_axes_frame(page, &axes, "x (pixels)", "y (pixels)");
    plot_text(page, &font, box.x0, box.y1 + 16.0, r->heading[number]);

cleanup:
    return status;
}

static sqn_status draw_bar(const plot_page *page, const row *r, int number,
                           const plot_stretch *stretch, const char *unit, sqn_error *err)
{
    const plot_box box = panel_box(r, number);
    const plot_box bar = {box.x1 + bar_gap, box.y0, box.x1 + bar_gap + bar_width, box.y1};
    char label[96];

    plot_escape(label, sizeof label, unit != NULL && unit[0] != '\0' ? unit : "data units");
    return plot_image_bar(page, &bar, stretch, text_size, label, err);
}

/* Before and filled on one stretch; errors from 0 to nearly the largest. */
typedef struct stretches {
    plot_stretch values, errors;
} stretches;

static sqn_status choose_stretches(stretches *out, const plot_imputed_data *data,
                                   sqn_error *err)
{
    const int64_t n = data->ny * data->nx;
    double high = NAN;
    sqn_status status = SQN_OK;

    SQN_TRY(plot_stretch_noise(&out->values, n, data->before, err));
    SQN_TRY(plot_stretch_quantile(&high, n, data->error, 0.99, err));
    out->errors = (plot_stretch){0.0, isfinite(high) && high > 0.0 ? high : 1.0, INFINITY};

cleanup:
    return status;
}

static sqn_status draw_row(const plot_page *page, const row *r, const stretches *s,
                           const char *unit, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(draw_panel(page, r, BEFORE, &s->values, err));
    SQN_TRY(draw_panel(page, r, FILLED, &s->values, err));
    SQN_TRY(draw_bar(page, r, FILLED, &s->values, unit, err));
    SQN_TRY(draw_panel(page, r, ERROR, &s->errors, err));
    SQN_TRY(draw_bar(page, r, ERROR, &s->errors, unit, err));

cleanup:
    return status;
}

/* ---- The row that is enlarged -------------------------------------------------------------- */

/* Filled pixels of a window, twice those of its middle. */
static int64_t weigh(const window *of, const plot_imputed_data *data)
{
    int64_t n = 0;

    for (int64_t p = 0; p < of->ny * of->nx; p++) {
        const int64_t x = p % of->nx, y = p / of->nx;
        const bool is_middle =
            4 * x >= of->nx && 4 * x < 3 * of->nx && 4 * y >= of->ny && 4 * y < 3 * of->ny;

        if (!isnan(data->error[(of->y + y) * data->nx + of->x + x])) {
            n += is_middle ? 2 : 1;
        }
    }
    return n;
}

/* The window with the most filled pixels; false where it would show no more than the whole. */
static bool find_window(window *out, const plot_imputed_data *data)
{
    window at = {0, 0, data->nx < WINDOW ? data->nx : WINDOW,
                 data->ny < WINDOW ? data->ny : WINDOW};
    const int64_t large = data->nx > data->ny ? data->nx : data->ny;
    const int64_t fine = large / PLACES > STEP_MIN ? large / PLACES : STEP_MIN;
    const int64_t step = fine < WINDOW / 2 ? fine : WINDOW / 2;
    int64_t most = 0;

    for (at.y = 0; at.y + at.ny <= data->ny; at.y += step) {
        for (at.x = 0; at.x + at.nx <= data->nx; at.x += step) {
            const int64_t n = weigh(&at, data);

            if (n > most) {
                most = n;
                *out = at;
            }
        }
    }
    return most > 0 && large / 2 >= WINDOW;
}

static void cut(float *out, const window *of, const float *pixels, int64_t nx)
{
    for (int64_t p = 0; p < of->ny * of->nx; p++) {
        out[p] = pixels[(of->y + p / of->nx) * nx + of->x + p % of->nx];
    }
}

static sqn_status draw_enlarged(const plot_page *page, const plot_imputed_data *data,
                                const window *of, const stretches *s, sqn_error *err)
{
    const int64_t n = of->ny * of->nx;
    sqn_status status = SQN_OK;
    float *pixels = sqn__mem_alloc(PANELS * n, sizeof *pixels);
    const row r = {*of,
                   under_axes,
                   panel,
                   {pixels, pixels + n, pixels + 2 * n},
                   {"before, where most is filled", "filled", "error of what is filled"}};

    if (pixels == NULL) {
        return SQN_RAISE(err, E_MEM, "a part of %" PRId64 " pixels", n);
    }
    cut(pixels, of, data->before, data->nx);
    cut(pixels + n, of, data->filled, data->nx);
    cut(pixels + 2 * n, of, data->error, data->nx);
    SQN_TRY(draw_row(page, &r, s, data->unit, err));

cleanup:
    sqn__mem_free(pixels);
    return status;
}

/* ---- The page ------------------------------------------------------------------------------ */

static sqn_status draw(const plot_page *page, const plot_imputed_data *data, double high,
                       const window *enlarged, sqn_error *err)
{
    const plot_font heading = {1.3 * text_size, PLOT_INK, 0.0, 0.0};
    const plot_font note = {text_size, PLOT_FADED, 0.0, 0.0};
    const row whole = {{0, 0, data->nx, data->ny},
                       page->height - top - high,
                       high,
                       {data->before, data->filled, data->error},
                       {"before", "filled", "error of what is filled"}};
    stretches s;
    sqn_status status = SQN_OK;

    plot_title(page, &heading, left, page->height - 56.0, page->width - left - right,
               data->title);
    plot_title(page, &note, left, page->height - 92.0, page->width - left - right,
               data->which);
    SQN_TRY(choose_stretches(&s, data, err));
    SQN_TRY(draw_row(page, &whole, &s, data->unit, err));
    if (enlarged->nx > 0) {
        SQN_TRY(draw_enlarged(page, data, enlarged, &s, err));
    }

cleanup:
    return status;
}

sqn_status plot_imputed(const char *png_path, const plot_imputed_data *data, sqn_error *err)
{
    plot_page page;
    window enlarged = {0};
    sqn_status status = SQN_OK;

    if (data->ny < 1 || data->nx < 1) {
        return SQN_RAISE(err, E_ARG, "an image of %" PRId64 " x %" PRId64 " pixels",
                         data->nx, data->ny);
    }
    const double aspect = (double)data->ny / (double)data->nx;
    const double high = floor(panel * fmin(fmax(aspect, 0.2), 1.6));
    const bool is_cut = find_window(&enlarged, data);

    enlarged.nx = is_cut ? enlarged.nx : 0;
    SQN_TRY(plot_open(
        &page, png_path, page_width(),
        top + high + under_axes + (is_cut ? heading_room + panel + under_axes : 0.0), err));
    status = draw(&page, data, high, &enlarged, err);
    status = plot_end(&page, status, err);

cleanup:
    return status;
}
