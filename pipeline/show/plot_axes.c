/** @file plot_axes.c @brief Ticks, numbers and curves. */
#include "plot_axes.h"

#include <math.h>
#include <stdio.h>

static const plot_pen frame_pen = {PLOT_INK, 2.0, PLOT_SOLID};
static const plot_pen grid_pen = {PLOT_HAIR, 1.5, PLOT_SOLID};
static const double tick_long = 10.0, tick_short = 5.0; /* (pixels) */
enum { TICKS_MAX = 400, LABEL_MAX = 64, PIECE_MAX = 512 };
enum { WHOLE_ALL = 16 }; /* so many whole numbers are all written */

double plot_axes_x(const plot_axes *axes, double x)
{
    return axes->box.x0 +
           (x - axes->x0) / (axes->x1 - axes->x0) * (axes->box.x1 - axes->box.x0);
}

double plot_axes_y(const plot_axes *axes, double y)
{
    const double low = axes->log_y ? log10(axes->y0) : axes->y0;
    const double high = axes->log_y ? log10(axes->y1) : axes->y1;
    const double at = !axes->log_y ? y : y > 0.0 ? log10(y) : NAN;

    return axes->box.y0 + (at - low) / (high - low) * (axes->box.y1 - axes->box.y0);
}

double plot_axes_step(double range, int n)
{
    const double least = fabs(range) / n;
    const double decade = pow(10.0, floor(log10(least)));
    const double part = least / decade;

    return decade * (part <= 1.0 ? 1.0 : part <= 2.0 ? 2.0 : part <= 5.0 ? 5.0 : 10.0);
}

/* A number for a tick; a value that is zero but for rounding is zero. */
static void write_number(char *out, size_t size, double value, double step)
{
    (void)snprintf(out, size, "%.6g", fabs(value) < 1e-6 * step ? 0.0 : value);
}

static void tick_x(const plot_page *page, const plot_axes *axes, double value, double step)
{
    const plot_font font = {axes->size, PLOT_INK, 0.5, 0.0};
    const double x = plot_axes_x(axes, value);
    char label[LABEL_MAX];

    write_number(label, sizeof label, value, step);
    plot_segment(&frame_pen, x, axes->box.y0, x, axes->box.y0 - tick_long);
    plot_text(page, &font, x, axes->box.y0 - tick_long - 1.1 * axes->size, label);
}

static void ticks_x(const plot_page *page, const plot_axes *axes)
{
    const double room = (axes->box.x1 - axes->box.x0) / (4.0 * axes->size);
    const double range = fabs(axes->x1 - axes->x0);
    double step = plot_axes_step(range, (int)fmax(2.0, fmin(room, 10.0)));

    if (axes->whole_x) {
        step = range <= WHOLE_ALL ? 1.0 : fmax(step, 1.0);
    }
    const double first = ceil(fmin(axes->x0, axes->x1) / step - 1e-9);
    const double last = floor(fmax(axes->x0, axes->x1) / step + 1e-9);

    for (int i = 0; first + i <= last && i < TICKS_MAX; i++) {
        tick_x(page, axes, (first + i) * step, step);
    }
}

/* Returns how far the number reaches to the left. */
static double tick_y(const plot_page *page, const plot_axes *axes, double value,
                     const char *label)
{
    const plot_font font = {axes->size, PLOT_INK, 1.0, 0.0};
    const double y = plot_axes_y(axes, value);

    if (axes->grid && y > axes->box.y0 + 1.0 && y < axes->box.y1 - 1.0) {
        plot_segment(&grid_pen, axes->box.x0, y, axes->box.x1, y);
    }
    plot_segment(&frame_pen, axes->box.x0, y, axes->box.x0 - tick_long, y);
    plot_text(page, &font, axes->box.x0 - tick_long - 8.0, y - 0.36 * axes->size, label);
    return tick_long + 8.0 + plot_text_width(page, &font, label);
}

static double ticks_linear_y(const plot_page *page, const plot_axes *axes)
{
    const double room = (axes->box.y1 - axes->box.y0) / (2.6 * axes->size);
    const double step =
        plot_axes_step(axes->y1 - axes->y0, (int)fmax(2.0, fmin(room, 10.0)));
    const double first = ceil(axes->y0 / step - 1e-9), last = floor(axes->y1 / step + 1e-9);
    double reach = 0.0;

    for (int i = 0; first + i <= last && i < TICKS_MAX; i++) {
        char label[LABEL_MAX];

        write_number(label, sizeof label, (first + i) * step, step);
        reach = fmax(reach, tick_y(page, axes, (first + i) * step, label));
    }
    return reach;
}

/* Whether digit 1..9 of a decade carries a number, for so many decades on the axis. */
static bool is_numbered(int digit, int exponent, double decades)
{
    if (decades < 1.2) {
        return true;
    }
    if (decades < 2.5) {
        return digit == 1 || digit == 2 || digit == 5;
    }
    return digit == 1 && (decades < 9.0 || exponent % 3 == 0);
}

static void write_power(char *out, size_t size, const plot_axes *axes, int digit,
                        int exponent)
{
    if (axes->y0 >= 1e-3 && axes->y1 <= 1e4) { /* short enough as they are */
        (void)snprintf(out, size, "%.6g", digit * pow(10.0, exponent));
    } else if (digit == 1) {
        (void)snprintf(out, size, "10^{%d}", exponent);
    } else {
        (void)snprintf(out, size, "%d \\x 10^{%d}", digit, exponent);
    }
}

static double ticks_log_y(const plot_page *page, const plot_axes *axes)
{
    const int first = (int)floor(log10(axes->y0)), last = (int)ceil(log10(axes->y1));
    const double decades = log10(axes->y1 / axes->y0);
    double reach = 0.0;

    for (int i = 0; i < 9 * (last - first) && i < TICKS_MAX; i++) {
        const int digit = i % 9 + 1, exponent = first + i / 9;
        const double value = digit * pow(10.0, exponent);
        const double y = plot_axes_y(axes, value);

        if (value < axes->y0 * (1.0 - 1e-9) || value > axes->y1 * (1.0 + 1e-9)) {
            continue;
        }
        if (is_numbered(digit, exponent, decades)) {
            char label[LABEL_MAX];

            write_power(label, sizeof label, axes, digit, exponent);
            reach = fmax(reach, tick_y(page, axes, value, label));
        } else if (decades < 12.0) {
            plot_segment(&frame_pen, axes->box.x0, y, axes->box.x0 - tick_short, y);
        }
    }
    return reach;
}

void plot_axes_frame(const plot_page *page, const plot_axes *axes, const char *x_label,
                     const char *y_label)
{
    const plot_box *box = &axes->box;
    const plot_font under = {axes->size, PLOT_INK, 0.5, 0.0};
    const plot_font beside = {axes->size, PLOT_INK, 0.5, 90.0};

    const double reach = axes->bare_y  ? 0.0
                         : axes->log_y ? ticks_log_y(page, axes)
                                       : ticks_linear_y(page, axes);

    ticks_x(page, axes);
    plot_line(&frame_pen, 5, (const double[5]){box->x0, box->x1, box->x1, box->x0, box->x0},
              (const double[5]){box->y0, box->y0, box->y1, box->y1, box->y0});
    plot_text(page, &under, 0.5 * (box->x0 + box->x1),
              box->y0 - tick_long - 2.6 * axes->size, x_label);
    plot_text(page, &beside, box->x0 - reach - 0.6 * axes->size, 0.5 * (box->y0 + box->y1),
              y_label);
}

void plot_axes_curve(const plot_page *page, const plot_axes *axes, const plot_pen *pen,
                     int n, const double *x, const double *y)
{
    double xs[PIECE_MAX], ys[PIECE_MAX];
    int held = 0;

    plot_clip(page, &axes->box);
    for (int i = 0; i < n; i++) {
        const double at = plot_axes_y(axes, y[i]);
        const bool valid = isfinite(at);

        if (!valid || held == PIECE_MAX) {
            plot_line(pen, held, xs, ys);
            if (valid) { /* a long curve goes on where it was cut */
                xs[0] = xs[held - 1];
                ys[0] = ys[held - 1];
            }
            held = valid ? 1 : 0;
        }
        if (valid) {
            xs[held] = plot_axes_x(axes, x[i]);
            ys[held++] = at;
        }
    }
    plot_line(pen, held, xs, ys);
    plot_unclip(page);
}

void plot_axes_discs(const plot_page *page, const plot_axes *axes, plot_colour colour,
                     double radius, int n, const double *x, const double *y)
{
    plot_clip(page, &axes->box);
    for (int i = 0; i < n; i++) {
        const double at = plot_axes_y(axes, y[i]);

        if (isfinite(at)) {
            plot_disc(colour, plot_axes_x(axes, x[i]), at, radius);
        }
    }
    plot_unclip(page);
}
