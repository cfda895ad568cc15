/** @file plot_image.c @brief An image, its colour bar, and what is drawn over it. */
#include "plot_image.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "plot_raster.h"
#include "raise.h"

enum { LABEL_MAX = 96 };
static const double degree = 3.14159265358979323846 / 180.0;
static const plot_pen halo_pen = {PLOT_INK, 5.0, PLOT_SOLID};
static const plot_pen mark_pen = {PLOT_PAPER, 2.5, PLOT_SOLID};

plot_box plot_image_fit(const plot_box *room, int64_t ny, int64_t nx)
{
    const double d = plot_density();
    const double left = ceil(room->x0 * d - 1e-6), low = ceil(room->y0 * d - 1e-6);
    const double width = floor(room->x1 * d + 1e-6) - left;
    const double height = floor(room->y1 * d + 1e-6) - low;
    const double scale = fmin(width / (double)nx, height / (double)ny);
    const double w = fmax(1.0, floor(scale * (double)nx + 1e-6));
    const double h = fmax(1.0, floor(scale * (double)ny + 1e-6));
    const double x0 = left + floor(0.5 * (width - w));
    const double y0 = low + floor(0.5 * (height - h));

    return (plot_box){x0 / d, y0 / d, (x0 + w) / d, (y0 + h) / d};
}

/* Pixels of the page from one side of a box to the other. */
static int points(double from, double to)
{
    return (int)lround((to - from) * plot_density());
}

double plot_image_x(const plot_box *box, int64_t nx, double x)
{
    return box->x0 + (x - 0.5) / (double)nx * (box->x1 - box->x0);
}

double plot_image_y(const plot_box *box, int64_t ny, double y)
{
    return box->y0 + (y - 0.5) / (double)ny * (box->y1 - box->y0);
}

sqn_status plot_image_draw(const plot_box *box, int64_t ny, int64_t nx, const float *pixels,
                           const plot_stretch *stretch, sqn_error *err)
{
    plot_raster r = {points(box->y0, box->y1), points(box->x0, box->x1), NULL};
    sqn_status status = SQN_OK;

    r.level = sqn__mem_alloc(sqn__mem_product(r.height, r.width), sizeof *r.level);
    if (r.level == NULL) {
        return SQN_RAISE(err, E_MEM, "picture of %d x %d pixels", r.height, r.width);
    }
    SQN_TRY(plot_raster_fill(&r, ny, nx, pixels, stretch, err));
    SQN_TRY(plot_pixels(box->x0, box->y0, r.height, r.width, r.level, err));

cleanup:
    sqn__mem_free(r.level);
    return status;
}

/* Write a number of the bar under the power of ten in its label; returns its width. */
static double bar_tick(const plot_page *page, const plot_box *box, double at, double size,
                       double value)
{
    const plot_pen pen = {PLOT_INK, 2.0, PLOT_SOLID};
    const plot_font font = {size, PLOT_INK, 0.0, 0.0};
    const double y = box->y0 + at * (box->y1 - box->y0);
    char label[LABEL_MAX];

    (void)snprintf(label, sizeof label, "%.4g", value);
    plot_segment(&pen, box->x1, y, box->x1 + 8.0, y);
    plot_text(page, &font, box->x1 + 14.0, y - 0.36 * size, label);
    return plot_text_width(page, &font, label);
}

/* Numbers of the bar in the order of their worth: 0, powers of ten, 2 and 5 times those. */
static double bar_candidate(int i, int top)
{
    static const double digits[3] = {1.0, 5.0, 2.0};
    enum { DECADES = 7 };

    if (i == 0) {
        return 0.0;
    }
    const int rank = (i - 1) / (2 * DECADES), within = (i - 1) % (2 * DECADES);
    const int decade = within / 2;

    return (within % 2 == 0 ? 1.0 : -1.0) * digits[rank] * pow(10.0, top - decade);
}

/* The power of ten to take out, so that numbers are short. */
static int bar_power(const plot_stretch *stretch)
{
    const int top =
        (int)floor(log10(fmax(fmax(fabs(stretch->low), fabs(stretch->high)), DBL_MIN)));

    return top >= 4 || top <= -2 ? top : 0;
}

/* Numbers that do not meet; returns the width of the widest. */
static double bar_ticks(const plot_page *page, const plot_box *box,
                        const plot_stretch *stretch, double size)
{
    enum { CANDIDATES = 43, TICKS = 16 };
    const double unit = pow(10.0, bar_power(stretch));
    const double apart = 1.5 * size / (box->y1 - box->y0);
    const double most = fmax(fabs(stretch->low), fabs(stretch->high)) / unit;
    const int top = (int)floor(log10(fmax(most, DBL_MIN)));
    double taken[TICKS];
    double widest = 0.0;
    int n_taken = 0;

    for (int i = 0; i < CANDIDATES && n_taken < TICKS; i++) {
        const double value = bar_candidate(i, top);
        const double at = plot_stretch_level(stretch, value * unit);
        bool free_place = value * unit >= stretch->low && value * unit <= stretch->high;

        for (int k = 0; k < n_taken; k++) {
            free_place = free_place && fabs(at - taken[k]) >= apart;
        }
        if (free_place) {
            taken[n_taken++] = at;
            widest = fmax(widest, bar_tick(page, box, at, size, value));
        }
    }
    return widest;
}

/* Brightness runs evenly from the lower to the upper end of a bar. */
static sqn_status bar_ramp(const plot_box *box, sqn_error *err)
{
    const int width = points(box->x0, box->x1), height = points(box->y0, box->y1);
    int16_t *level = sqn__mem_alloc(sqn__mem_product(height, width), sizeof *level);
    sqn_status status = SQN_OK;

    if (level == NULL) {
        return SQN_RAISE(err, E_MEM, "colour bar of %d x %d pixels", height, width);
    }
    for (int64_t i = 0; i < (int64_t)height * width; i++) {
        level[i] = (int16_t)(i / width * PLOT_MAP_LEVELS / height);
    }
    SQN_TRY(plot_pixels(box->x0, box->y0, height, width, level, err));

cleanup:
    sqn__mem_free(level);
    return status;
}

sqn_status plot_image_bar(const plot_page *page, const plot_box *room,
                          const plot_stretch *stretch, double size, const char *label,
                          sqn_error *err)
{
    const plot_box snapped = plot_snap(room), *box = &snapped;
    const plot_pen pen = {PLOT_INK, 2.0, PLOT_SOLID};
    const plot_font font = {size, PLOT_INK, 0.5, 90.0};
    const int power = bar_power(stretch);
    char text[2 * LABEL_MAX] = "";
    sqn_status status = SQN_OK;

    SQN_TRY(bar_ramp(box, err));
    plot_line(&pen, 5, (const double[5]){box->x0, box->x1, box->x1, box->x0, box->x0},
              (const double[5]){box->y0, box->y0, box->y1, box->y1, box->y0});
    const double reach = fmax(bar_ticks(page, box, stretch, size) + 1.2 * size, 3.4 * size);

    if (power != 0) {
        (void)snprintf(text, sizeof text, "10^{%d} %s", power, label);
    } else {
        (void)snprintf(text, sizeof text, "%s", label);
    }
    plot_text(page, &font, box->x1 + 14.0 + reach, 0.5 * (box->y0 + box->y1), text);

cleanup:
    return status;
}

static bool is_set(const uint8_t *mask, int64_t ny, int64_t nx, int64_t y, int64_t x)
{
    return y >= 0 && y < ny && x >= 0 && x < nx && mask[y * nx + x] != 0;
}

void plot_image_outline(const plot_box *box, int64_t ny, int64_t nx, const uint8_t *mask)
{
    const plot_pen pen = {PLOT_SKY, 2.5, PLOT_SOLID};

    for (int64_t y = 0; y <= ny; y++) {
        for (int64_t x = 0; x <= nx; x++) {
            const bool here = is_set(mask, ny, nx, y, x);
            const double px = plot_image_x(box, nx, (double)x + 0.5);
            const double py = plot_image_y(box, ny, (double)y + 0.5);

            if (x < nx && here != is_set(mask, ny, nx, y - 1, x)) { /* lower edge */
                plot_segment(&pen, px, py, plot_image_x(box, nx, (double)x + 1.5), py);
            }
            if (y < ny && here != is_set(mask, ny, nx, y, x - 1)) { /* left edge */
                plot_segment(&pen, px, py, px, plot_image_y(box, ny, (double)y + 1.5));
            }
        }
    }
}

void plot_image_axes(const plot_page *page, const plot_box *box, int64_t ny, int64_t nx,
                     const plot_sky *sky, double size)
{
    const bool offsets = isfinite(sky->star_x) && isfinite(sky->star_y) &&
                         isfinite(sky->pixel_scale) && sky->pixel_scale > 0.0;
    const bool north_up = isfinite(sky->north_angle) && fabs(sky->north_angle) < 1e-6;
    plot_axes axes = {.box = *box,
                      .size = size,
                      .x0 = 0.5,
                      .y0 = 0.5,
                      .x1 = (double)nx + 0.5,
                      .y1 = (double)ny + 0.5};

    if (offsets) {
        const double scale = sky->pixel_scale;
        const double scale_x = north_up && !sky->mirrored ? -scale : scale;

        axes.x0 = (axes.x0 - sky->star_x) * scale_x;
        axes.x1 = (axes.x1 - sky->star_x) * scale_x;
        axes.y0 = (axes.y0 - sky->star_y) * scale;
        axes.y1 = (axes.y1 - sky->star_y) * scale;
    }
    plot_axes_frame(page, &axes,
                    !offsets   ? "x (pixels)"
                    : north_up ? "East of the star (arcsec)"
                               : "x from the star (arcsec)",
                    !offsets   ? "y (pixels)"
                    : north_up ? "North of the star (arcsec)"
                               : "y from the star (arcsec)");
}

void plot_image_star(const plot_box *box, int64_t ny, int64_t nx, const plot_sky *sky)
{
    static const double inner = 5.0, outer = 16.0; /* (pixels) */
    static const double directions[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    const double x = plot_image_x(box, nx, sky->star_x),
                 y = plot_image_y(box, ny, sky->star_y);

    if (!(x > box->x0 && x < box->x1 && y > box->y0 && y < box->y1)) {
        return;
    }
    for (int k = 0; k < 8; k++) { /* first the dark rim of all four */
        const double *d = directions[k % 4];

        plot_segment(k < 4 ? &halo_pen : &mark_pen, x + inner * d[0], y + inner * d[1],
                     x + outer * d[0], y + outer * d[1]);
    }
}

/* Text that is read on any ground. */
static void text_with_halo(const plot_page *page, const plot_font *font, double x, double y,
                           const char *text)
{
    const plot_font dark = {font->size, PLOT_INK, font->align, font->angle};

    for (int k = 0; k < 8; k++) {
        plot_text(page, &dark, x + 2.0 * cos(45.0 * k * degree),
                  y + 2.0 * sin(45.0 * k * degree), text);
    }
    plot_text(page, font, x, y, text);
}

static void arrow(const plot_page *page, double x, double y, double angle, const char *name,
                  double size)
{
    const double length = 2.4 * size, head = 0.5 * size;
    const double dx = -sin(angle * degree), dy = cos(angle * degree);
    const double tip_x = x + length * dx, tip_y = y + length * dy;
    const plot_font font = {size, PLOT_PAPER, 0.5, 0.0};
    const double xs[3] = {tip_x, tip_x - head * dx + 0.5 * head * dy,
                          tip_x - head * dx - 0.5 * head * dy};
    const double ys[3] = {tip_y, tip_y - head * dy - 0.5 * head * dx,
                          tip_y - head * dy + 0.5 * head * dx};

    plot_segment(&halo_pen, x, y, tip_x - 0.7 * head * dx, tip_y - 0.7 * head * dy);
    plot_segment(&mark_pen, x, y, tip_x - 0.7 * head * dx, tip_y - 0.7 * head * dy);
    plot_polygon(PLOT_PAPER, 3, xs, ys);
    text_with_halo(page, &font, x + (length + 0.7 * size) * dx,
                   y + (length + 0.7 * size) * dy - 0.36 * size, name);
}

void plot_image_compass(const plot_page *page, const plot_box *box, const plot_sky *sky,
                        double size)
{
    static const double margin = 14.0; /* (pixels) */

    if (sky->turns) {
        return;
    }
    if (!isfinite(sky->north_angle)) {
        const plot_font font = {0.8 * size, PLOT_PAPER, 1.0, 0.0};

        text_with_halo(page, &font, box->x1 - margin, box->y0 + margin, "North unknown");
        return;
    }
    const double east = sky->north_angle + (sky->mirrored ? -90.0 : 90.0);
    const double reach = 3.6 * size;
    /* The corner of the arrows stands so that both stay within the box. */
    const double north_x = -sin(sky->north_angle * degree), east_x = -sin(east * degree);
    const double north_y = cos(sky->north_angle * degree), east_y = cos(east * degree);
    const double x = box->x1 - margin - reach * fmax(fmax(north_x, east_x), 0.15);
    const double y = box->y0 + margin - reach * fmin(fmin(north_y, east_y), -0.15);

    arrow(page, x, y, sky->north_angle, "N", size);
    arrow(page, x, y, east, "E", size);
}
