/** @file plot_profiles.c @brief profiles.png: how far below the star the residual lies. */
#include "plot_profiles.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "plot_axes.h"
#include "raise.h"

static const double page_width = 1400.0, page_height = 900.0, text_size = 30.0;
static const double floor_share = 1e-8; /* of the highest: below there is only rounding */

/* One profile: what it is, and how it looks. */
typedef struct profile {
    const char *name;
    const double *values;
    plot_pen pen;
} profile;

enum { PROFILES = 4 };

static plot_axes axes_for(const plot_profiles_data *data, const profile profiles[PROFILES],
                          double scale)
{
    double low = INFINITY, high = 0.0;
    plot_axes axes = {.box = {190.0, 120.0, page_width - 40.0, page_height - 100.0},
                      .x1 = data->n > 0 ? data->radius[data->n - 1] * scale : 0.0,
                      .log_y = true,
                      .grid = true,
                      .size = text_size};

    for (int k = 0; k < PROFILES; k++) {
        for (int64_t i = 0; i < data->n; i++) {
            const double value = profiles[k].values[i];

            if (value > 0.0 && isfinite(value)) {
                low = fmin(low, value);
                high = fmax(high, value);
            }
        }
    }
    axes.x1 = axes.x1 > 0.0 ? axes.x1 : 1.0;
    axes.y0 = high > 0.0 ? fmax(low, floor_share * high) / 1.5 : 0.1;
    axes.y1 = high > 0.0 ? high * 1.5 : 1.0;
    return axes;
}

/* Above the box, in a row: the profiles may run anywhere inside. */
static void draw_keys(const plot_page *page, const plot_axes *axes,
                      const profile profiles[PROFILES])
{
    const plot_font font = {0.9 * text_size, PLOT_INK, 0.0, 0.0};
    const double y = axes->box.y1 + 16.0;
    double x = axes->box.x0;

    for (int k = 0; k < PROFILES; k++) {
        plot_segment(&profiles[k].pen, x, y + 0.36 * text_size, x + 60.0,
                     y + 0.36 * text_size);
        plot_text(page, &font, x + 70.0, y, profiles[k].name);
        x += 110.0 + plot_text_width(page, &font, profiles[k].name);
    }
}

/* Each radius in the unit of the axis, a piece of the curve at a time. */
static void draw_profile(const plot_page *page, const plot_axes *axes, const profile *p,
                         const plot_profiles_data *data, double scale)
{
    plot_axes in_pixels = *axes;

    in_pixels.x0 /= scale;
    in_pixels.x1 /= scale;
    plot_axes_curve(page, &in_pixels, &p->pen, (int)data->n, data->radius, p->values);
}

static void draw(const plot_page *page, const plot_profiles_data *data)
{
    const profile profiles[PROFILES] = {
        {"science, mean", data->data, {PLOT_BLUE, 4.0, PLOT_SOLID}},
        {"model, mean", data->model, {PLOT_ORANGE, 4.0, PLOT_DASHED}},
        {"residual, rms", data->residual, {PLOT_GREEN, 4.0, PLOT_SOLID}},
        {"noise, rms", data->noise, {PLOT_FADED, 4.0, PLOT_DOTTED}}};
    const bool offsets = isfinite(data->pixel_scale) && data->pixel_scale > 0.0;
    const double scale = offsets ? data->pixel_scale : 1.0;
    const plot_axes axes = axes_for(data, profiles, scale);
    const plot_font heading = {1.2 * text_size, PLOT_INK, 0.0, 0.0};
    char unit[96];

    plot_escape(unit, sizeof unit, data->unit);
    plot_title(page, &heading, axes.box.x0, page_height - 42.0, axes.box.x1 - axes.box.x0,
               data->title);
    plot_axes_frame(page, &axes,
                    offsets ? "distance from the star (arcsec)"
                            : "distance from the star (pixels)",
                    unit[0] != '\0' ? unit : "value of a pixel");
    for (int k = PROFILES - 1; k >= 0; k--) {
        draw_profile(page, &axes, &profiles[k], data, scale);
    }
    draw_keys(page, &axes, profiles);
}

sqn_status plot_profiles(const char *png_path, const plot_profiles_data *data,
                         sqn_error *err)
{
    plot_page page;
    sqn_status status = SQN_OK;

    if (data->n < 0 || data->n > INT32_MAX) {
        return SQN_RAISE(err, E_ARG, "profiles of %" PRId64 " rings", data->n);
    }
    SQN_TRY(plot_open(&page, png_path, page_width, page_height, err));
    draw(&page, data);
    SQN_TRY(plot_close(&page, err));

cleanup:
    return status;
}
