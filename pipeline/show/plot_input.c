/** @file plot_input.c @brief input.png: what goes in, and which part of it takes part. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "mem.h"
#include "pictures.h"
#include "raise.h"

static const double panel = 520.0, text_size = 28.0, left = 165.0, between = 140.0;
static const double bar_gap = 14.0, bar_width = 24.0, bar_room = 150.0;
static const double top = 130.0, below = 130.0, profile_height = 380.0, bottom = 110.0;

/* Where everything lies. */
typedef struct layout {
    plot_box science, reference, profile;
    double width, height;
} layout;

static layout layout_of(const plot_input_data *data)
{
    const double aspect = (double)data->ny / (double)data->nx;
    const double high = floor(panel * fmin(fmax(aspect, 0.2), 1.6));
    const double second = left + panel + between;
    const double last = data->reference != NULL ? second : left;
    layout l = {.width = last + panel + bar_gap + bar_width + bar_room,
                .height = top + high + below + profile_height + bottom};

    l.science = (plot_box){left, l.height - top - high, left + panel, l.height - top};
    l.reference = (plot_box){second, l.science.y0, second + panel, l.science.y1};
    l.profile = (plot_box){left, bottom, last + panel, bottom + profile_height};
    return l;
}

/* The region's circles; outlined dark so that they are seen on bright ground. */
static void draw_region(const plot_box *box, const plot_input_data *data)
{
    const double radii[2] = {data->inner_radius, data->outer_radius};
    const double scale = (box->x1 - box->x0) / (double)data->nx;
    const double x = plot_image_x(box, data->nx, data->sky.star_x);
    const double y = plot_image_y(box, data->ny, data->sky.star_y);
    const plot_pen dark = {PLOT_INK, 5.0, PLOT_SOLID},
                   light = {PLOT_PAPER, 2.5, PLOT_SOLID};

    for (int k = 0; k < 2; k++) {
        if (radii[k] > 0.0 && isfinite(x) && isfinite(y)) {
            plot_circle(&dark, x, y, radii[k] * scale);
            plot_circle(&light, x, y, radii[k] * scale);
        }
    }
}

static sqn_status draw_panel(const plot_page *page, const plot_input_data *data,
                             const plot_box *room, const float *pixels,
                             const plot_stretch *stretch, sqn_error *err)
{
    const plot_box box = plot_image_fit(room, data->ny, data->nx);
    const bool science = pixels == data->science;
    const plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    sqn_status status = SQN_OK;

    SQN_TRY(plot_image_draw(&box, data->ny, data->nx, pixels, stretch, err));
    plot_clip(page, &box);
    draw_region(&box, data);
    plot_unclip(page);
    if (science && data->excluded != NULL) {
        plot_image_outline(&box, data->ny, data->nx, data->excluded);
    }
    plot_image_star(&box, data->ny, data->nx, &data->sky);
    if (science) {
        plot_image_compass(page, &box, &data->sky, text_size);
    }
    plot_image_axes(page, &box, data->ny, data->nx, &data->sky, text_size);
    plot_text(page, &font, room->x0, room->y1 + 16.0,
              !science ? "mean reference frame"
              : data->sky.turns && data->excluded != NULL
                  ? "mean science frame, first exclusion"
                  : "mean science frame");

cleanup:
    return status;
}

/* Mean of every ring of one pixel about the star; NaN where a ring is empty. */
static sqn_status profile_of(double *mean, int64_t n, const plot_input_data *data,
                             const float *pixels, sqn_error *err)
{
    double *weight = sqn__mem_alloc(n, sizeof *weight);

    if (weight == NULL) {
        return SQN_RAISE(err, E_MEM, "profile of %" PRId64 " rings", n);
    }
    for (int64_t i = 0; i < data->ny * data->nx; i++) {
        const int64_t x = i % data->nx + 1, y = i / data->nx + 1;
        const double dx = (double)x - data->sky.star_x, dy = (double)y - data->sky.star_y;
        const int64_t ring = llround(fmin(hypot(dx, dy), (double)n));

        if (ring < n && isfinite(pixels[i])) {
            mean[ring] += (double)pixels[i];
            weight[ring] += 1.0;
        }
    }
    for (int64_t r = 0; r < n; r++) {
        mean[r] = weight[r] > 0.0 ? mean[r] / weight[r] : (double)NAN;
    }
    sqn__mem_free(weight);
    return SQN_OK;
}

/* Two profiles over their radii, in one block. */
typedef struct profiles {
    int64_t n;
    double *radius, *science, *reference; /* [n] */
} profiles;

static sqn_status measure(profiles *out, const plot_input_data *data, sqn_error *err)
{
    const double far_x = fmax(data->sky.star_x - 1.0, (double)data->nx - data->sky.star_x);
    const double far_y = fmax(data->sky.star_y - 1.0, (double)data->ny - data->sky.star_y);
    const int64_t n = (int64_t)ceil(fmin(fmax(fmax(far_x, far_y), 1.0), 1e6)) + 1;
    const bool offsets = isfinite(data->sky.pixel_scale) && data->sky.pixel_scale > 0.0;
    sqn_status status = SQN_OK;

    *out = (profiles){.n = n, .radius = sqn__mem_alloc(3 * n, sizeof(double))};
    if (out->radius == NULL) {
        return SQN_RAISE(err, E_MEM, "profiles of %" PRId64 " rings", n);
    }
    out->science = out->radius + n;
    out->reference = out->science + n;
    for (int64_t r = 0; r < n; r++) {
        out->radius[r] = (double)r * (offsets ? data->sky.pixel_scale : 1.0);
    }
    SQN_TRY(profile_of(out->science, n, data, data->science, err));
    if (data->reference != NULL) {
        SQN_TRY(profile_of(out->reference, n, data, data->reference, err));
    }

cleanup:
    if (status != SQN_OK) {
        sqn__mem_free(out->radius);
        *out = (profiles){0};
    }
    return status;
}

static void widen(double range[2], int64_t n, const double *values)
{
    for (int64_t i = 0; i < n; i++) {
        if (values[i] > 0.0 && isfinite(values[i])) {
            range[0] = fmin(range[0], values[i]);
            range[1] = fmax(range[1], values[i]);
        }
    }
}

/* Vertical lines where the region begins and ends. */
static void draw_limits(const plot_input_data *data, const plot_axes *axes)
{
    const plot_pen pen = {PLOT_FADED, 2.5, PLOT_DOTTED};
    const double radii[2] = {data->inner_radius, data->outer_radius};
    const double scale = isfinite(data->sky.pixel_scale) && data->sky.pixel_scale > 0.0
                             ? data->sky.pixel_scale
                             : 1.0;

    for (int k = 0; k < 2; k++) {
        const double x = plot_axes_x(axes, radii[k] * scale);

        if (radii[k] > 0.0 && x < axes->box.x1) {
            plot_segment(&pen, x, axes->box.y0, x, axes->box.y1);
        }
    }
}

static void draw_key(const plot_page *page, const plot_axes *axes, int line,
                     const plot_pen *pen, const char *name)
{
    const plot_font font = {text_size, PLOT_INK, 0.0, 0.0};
    const double x = axes->box.x1 - 300.0;
    const double y = axes->box.y1 - (1.6 + 1.5 * line) * text_size;

    plot_segment(pen, x, y + 0.36 * text_size, x + 70.0, y + 0.36 * text_size);
    plot_text(page, &font, x + 86.0, y, name);
}

static void draw_keys(const plot_page *page, const plot_axes *axes, const plot_pen *science,
                      const plot_pen *reference)
{
    const plot_box ground = {axes->box.x1 - 314.0, axes->box.y1 - 3.9 * text_size,
                             axes->box.x1 - 4.0, axes->box.y1 - 4.0};

    plot_rectangle(PLOT_PAPER, &ground);
    draw_key(page, axes, 0, science, "science");
    draw_key(page, axes, 1, reference, "reference");
}

static void draw_profiles(const plot_page *page, const plot_input_data *data,
                          const layout *l, const profiles *p, const char *unit)
{
    const plot_pen science = {PLOT_BLUE, 4.0, PLOT_SOLID};
    const plot_pen reference = {PLOT_ORANGE, 4.0, PLOT_DASHED};
    const bool offsets = isfinite(data->sky.pixel_scale) && data->sky.pixel_scale > 0.0;
    double range[2] = {INFINITY, -INFINITY};
    plot_axes axes = {.box = l->profile,
                      .log_y = true,
                      .grid = true,
                      .size = text_size,
                      .x1 = p->radius[p->n - 1]};

    widen(range, p->n, p->science);
    if (data->reference != NULL) {
        widen(range, p->n, p->reference);
    }
    axes.y0 = range[0] <= range[1] ? fmax(range[0], 1e-8 * range[1]) / 1.5 : 0.1;
    axes.y1 = range[0] <= range[1] ? range[1] * 1.5 : 1.0;
    plot_axes_frame(page, &axes,
                    offsets ? "distance from the star (arcsec)"
                            : "distance from the star (pixels)",
                    unit[0] != '\0' ? unit : "mean of the ring");
    draw_limits(data, &axes);
    if (data->reference != NULL) {
        plot_axes_curve(page, &axes, &reference, (int)p->n, p->radius, p->reference);
    }
    plot_axes_curve(page, &axes, &science, (int)p->n, p->radius, p->science);
    if (data->reference != NULL) {
        draw_keys(page, &axes, &science, &reference);
    }
}

static sqn_status stretch_of(plot_stretch *out, const plot_input_data *data, sqn_error *err)
{
    const int64_t n = data->ny * data->nx;
    plot_stretch other;
    sqn_status status = SQN_OK;

    SQN_TRY(plot_stretch_noise(out, n, data->science, err));
    if (data->reference != NULL) {
        SQN_TRY(plot_stretch_noise(&other, n, data->reference, err));
        out->low = fmin(out->low, other.low);
        out->high = fmax(out->high, other.high);
        out->soft = fmin(out->soft, other.soft);
    }

cleanup:
    return status;
}

static sqn_status draw(const plot_page *page, const plot_input_data *data, const layout *l,
                       sqn_error *err)
{
    const plot_font heading = {1.3 * text_size, PLOT_INK, 0.0, 0.0};
    const plot_box *last = data->reference != NULL ? &l->reference : &l->science;
    const plot_box image = plot_image_fit(last, data->ny, data->nx);
    const plot_box bar = {image.x1 + bar_gap, image.y0, image.x1 + bar_gap + bar_width,
                          image.y1};
    plot_stretch stretch;
    profiles found = {0};
    char unit[96];
    sqn_status status = SQN_OK;

    plot_escape(unit, sizeof unit, data->unit);
    plot_title(page, &heading, left, l->height - 56.0, l->width - left - 20.0, data->title);
    SQN_TRY(stretch_of(&stretch, data, err));
    SQN_TRY(draw_panel(page, data, &l->science, data->science, &stretch, err));
    if (data->reference != NULL) {
        SQN_TRY(draw_panel(page, data, &l->reference, data->reference, &stretch, err));
    }
    SQN_TRY(plot_image_bar(page, &bar, &stretch, text_size, unit, err));
    if (isfinite(data->sky.star_x) && isfinite(data->sky.star_y)) {
        SQN_TRY(measure(&found, data, err));
        draw_profiles(page, data, l, &found, unit);
    }

cleanup:
    sqn__mem_free(found.radius);
    return status;
}

sqn_status plot_input(const char *png_path, const plot_input_data *data, sqn_error *err)
{
    plot_page page;
    sqn_status status = SQN_OK;

    if (data->ny < 1 || data->nx < 1) {
        return SQN_RAISE(err, E_ARG, "frames [%" PRId64 ", %" PRId64 "]", data->ny,
                         data->nx);
    }
    const layout l = layout_of(data);

    SQN_TRY(plot_open(&page, png_path, l.width, l.height, err));
    status = draw(&page, data, &l, err);
    status = plot_end(&page, status, err);

cleanup:
    return status;
}
