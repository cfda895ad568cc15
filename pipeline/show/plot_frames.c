/** @file plot_frames.c @brief frames.png: a panel for each number, a disc for each frame. */
#include "plot_frames.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "mem.h"
#include "plot_axes.h"
#include "raise.h"

static const double page_width = 1400.0, text_size = 24.0, tick_size = 22.0;
static const double top = 80.0, panel = 230.0, between = 90.0, bottom = 110.0;
static const double left = 190.0, right = 40.0, line = 36.0;

enum { PANELS = 5, SERIES = 2, SIGMA_MAX = 160 };

/* One panel; `mark` is where a perfect frame would lie, NaN = nowhere. */
typedef struct strip {
    const char *name;
    double mark;
    const double *values[SERIES]; /* NULL = one series */
    bool is_measured;             /* else it has no panel */
} strip;

static const plot_colour colours[SERIES] = {PLOT_BLUE, PLOT_ORANGE};
static const char *const names[SERIES] = {"x", "y"};

/* From the smallest to the largest value, with some room, between round numbers; false without
   any. */
static bool range_of(double range[2], const strip *s, int64_t n)
{
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (int k = 0; k < SERIES && s->values[k] != NULL; k++) {
        for (int64_t i = 0; i < n; i++) {
            if (isfinite(s->values[k][i])) {
                range[0] = fmin(range[0], s->values[k][i]);
                range[1] = fmax(range[1], s->values[k][i]);
            }
        }
    }
    if (!(range[0] <= range[1])) {
        return false;
    }
    const double size = fmax(fabs(range[0]), fabs(range[1]));
    const double room = fmax(0.12 * (range[1] - range[0]), size > 0.0 ? 0.02 * size : 1.0);

    const double step = plot_axes_step(range[1] - range[0] + 2.0 * room, 2);

    const double least = range[0] < 0.0 ? -INFINITY : 0.0; /* no room below what can be */

    range[0] = fmax(step * floor((range[0] - room) / step), least);
    range[1] = step * ceil((range[1] + room) / step);
    return true;
}

/* A line in place of a panel. */
static void draw_nothing(const plot_page *page, double y, const strip *s)
{
    const plot_font font = {text_size, PLOT_FADED, 0.0, 0.0};
    char text[192];

    (void)snprintf(text, sizeof text, "%s: not measured", s->name);
    plot_text(page, &font, left, y, text);
}

static void draw_values(const plot_page *page, const plot_axes *axes, const strip *s,
                        const double *frame, int64_t n)
{
    const plot_pen pen = {PLOT_FADED, 2.5, PLOT_DOTTED};
    const double radius = n <= 60 ? 7.0 : n <= 300 ? 5.0 : 3.0;
    const double y = plot_axes_y(axes, s->mark);

    if (y > axes->box.y0 && y < axes->box.y1) {
        plot_segment(&pen, axes->box.x0, y, axes->box.x1, y);
    }
    for (int k = 0; k < SERIES && s->values[k] != NULL; k++) {
        plot_axes_discs(page, axes, colours[k], radius, (int)n, frame, s->values[k]);
    }
}

/* The name above the panel; of two series also which is which. */
static void draw_name(const plot_page *page, const plot_box *box, const strip *s)
{
    plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    double x = box->x0 + plot_text_width(page, &font, s->name) + 24.0;

    plot_text(page, &font, box->x0, box->y1 + 12.0, s->name);
    for (int k = 0; k < SERIES && s->values[1] != NULL; k++) {
        font.colour = colours[k];
        plot_text(page, &font, x, box->y1 + 12.0, names[k]);
        x += 34.0;
    }
}

/* One panel below the height `y1`. */
static void draw_panel(const plot_page *page, const strip *s, double y1,
                       const double *frame, int64_t n)
{
    plot_axes axes = {.box = {left, y1 - panel, page_width - right, y1},
                      .x0 = 0.5,
                      .x1 = (double)n + 0.5,
                      .whole_x = true,
                      .grid = true,
                      .size = tick_size};
    double range[2];

    draw_name(page, &axes.box, s);
    (void)range_of(range, s, n);
    axes.y0 = range[0];
    axes.y1 = range[1];
    plot_axes_frame(page, &axes, "", "");
    draw_values(page, &axes, s, frame, n);
}

/* The panels of the data, `sigma` for the name of one; returns the height of the page. */
static double strips_of(strip strips[PANELS], char sigma[SIGMA_MAX],
                        const plot_frames_data *data)
{
    double height = top + bottom;
    double range[2];
    char unit[96];

    plot_escape(unit, sizeof unit, data->unit);
    (void)snprintf(sigma, SIGMA_MAX, "sigma of the residual%s%s%s",
                   unit[0] != '\0' ? " (" : "", unit, unit[0] != '\0' ? ")" : "");
    const strip all[PANELS] = {
        {"factor of the model", 1.0, {data->factor, NULL}, false},
        {"reduced chi2", 1.0, {data->chi2_reduced, NULL}, false},
        {sigma, NAN, {data->sigma, NULL}, false},
        {"missing pixels", NAN, {data->missing, NULL}, false},
        {"shift (pixels)", 0.0, {data->shift_x, data->shift_y}, false}};

    for (int i = 0; i < PANELS; i++) {
        strips[i] = all[i];
        strips[i].is_measured = range_of(range, &all[i], data->n);
        height += strips[i].is_measured ? panel + between : line;
    }
    return height - 0.5 * between;
}

static void draw(const plot_page *page, const plot_frames_data *data,
                 const strip strips[PANELS], const double *frame)
{
    const plot_font heading = {1.3 * text_size, PLOT_INK, 0.0, 0.0};
    const plot_font under = {text_size, PLOT_INK, 0.5, 0.0};
    double y = page->height - top - 0.5 * between;

    plot_title(page, &heading, left, page->height - 52.0, page_width - left - right,
               data->title);
    for (int i = 0; i < PANELS; i++) {
        if (strips[i].is_measured) {
            draw_panel(page, &strips[i], y, frame, data->n);
            y -= panel + between;
        }
    }
    plot_text(page, &under, 0.5 * (left + page_width - right), y + between - 76.0,
              "science frame");
    for (int i = 0; i < PANELS; i++) {
        if (!strips[i].is_measured) {
            draw_nothing(page, y - 24.0, &strips[i]);
            y -= line;
        }
    }
}

sqn_status plot_frames(const char *png_path, const plot_frames_data *data, sqn_error *err)
{
    strip strips[PANELS];
    char sigma[SIGMA_MAX];
    plot_page page;
    sqn_status status = SQN_OK;
    double *frame = NULL;

    if (data->n < 1 || data->n > INT32_MAX) {
        return SQN_RAISE(err, E_ARG, "a picture of %" PRId64 " frames", data->n);
    }
    frame = sqn__mem_alloc(data->n, sizeof *frame);
    if (frame == NULL) {
        return SQN_RAISE(err, E_MEM, "a picture of %" PRId64 " frames", data->n);
    }
    for (int64_t i = 0; i < data->n; i++) {
        frame[i] = (double)i + 1.0;
    }
    const double height = strips_of(strips, sigma, data);

    SQN_TRY(plot_open(&page, png_path, page_width, height, err));
    draw(&page, data, strips, frame);
    SQN_TRY(plot_close(&page, err));

cleanup:
    sqn__mem_free(frame);
    return status;
}
