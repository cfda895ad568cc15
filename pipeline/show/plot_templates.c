/** @file plot_templates.c @brief components.png of spectra: templates one below the other. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "pictures_spectra.h"
#include "plot_wave.h"
#include "raise.h"

enum { TEMPLATES_MAX = 12 };
static const double page_width = 1600.0, strip = 190.0, top = 130.0, bottom = 110.0;
static const double left = 90.0, right = 40.0, text_size = 28.0;

static plot_axes axes_of(const plot_page *page, const plot_templates_data *data, int i)
{
    const double y1 = page->height - top - strip * i;

    return (plot_axes){.box = {left, y1 - strip + 14.0, page_width - right, y1},
                       .x0 = data->wave[0],
                       .x1 = data->wave[data->n_wave - 1],
                       .y0 = 0.0,
                       .bare_y = true,
                       .size = text_size};
}

/* Number and share in the upper right corner of the strip. */
static void draw_label(const plot_page *page, const plot_templates_data *data, int i,
                       const plot_axes *axes)
{
    const plot_font font = {text_size, PLOT_INK, 1.0, 0.0};
    char label[48];

    if (data->share != NULL && isfinite(data->share[i])) {
        (void)snprintf(label, sizeof label, "%d: %.1f %%", i + 1, 100.0 * data->share[i]);
    } else {
        (void)snprintf(label, sizeof label, "%d", i + 1);
    }
    plot_label(page, &font, axes->box.x1 - 14.0, axes->box.y1 - 1.1 * text_size, label);
}

/* One strip; the axis of wavelengths stands below the last. */
static void draw_strip(const plot_page *page, const plot_templates_data *data, int i, int n,
                       plot_wave_curve *curve)
{
    const plot_pen pen = {PLOT_BLUE, 2.5, PLOT_SOLID}, edge = {PLOT_INK, 2.0, PLOT_SOLID};
    plot_axes axes = axes_of(page, data, i);
    const plot_box *box = &axes.box;
    double range[2];

    plot_wave_average(curve, data->n_wave, data->wave,
                      data->templates + (int64_t)i * data->n_wave, NULL);
    plot_wave_range(range, curve);
    axes.y1 = range[1] > 0.0 ? 1.3 * range[1] : 1.0;
    if (data->is_rest) {
        plot_wave_lines(page, &axes, i == 0);
    }
    plot_axes_curve(page, &axes, &pen, curve->n, curve->x, curve->y);
    draw_label(page, data, i, &axes);
    if (i == n - 1) {
        plot_axes_frame(
            page, &axes,
            data->is_rest ? "rest wavelength (Angstrom)" : "wavelength (Angstrom)", "");
    } else {
        plot_line(&edge, 5, (const double[5]){box->x0, box->x1, box->x1, box->x0, box->x0},
                  (const double[5]){box->y0, box->y0, box->y1, box->y1, box->y0});
    }
}

static void draw(const plot_page *page, const plot_templates_data *data, int n,
                 plot_wave_curve *curve)
{
    const plot_font heading = {1.2 * text_size, PLOT_INK, 0.0, 0.0};
    const plot_font beside = {text_size, PLOT_INK, 0.5, 90.0};

    plot_title(page, &heading, left, page->height - 56.0, page_width - left - right,
               data->title);
    plot_text(page, &beside, 44.0, 0.5 * (page->height - top + bottom),
              n < 3 ? "templates" : "templates, each on a scale of its own");
    for (int i = 0; i < n; i++) {
        draw_strip(page, data, i, n, curve);
    }
}

sqn_status plot_templates(const char *png_path, const plot_templates_data *data,
                          sqn_error *err)
{
    const int n = data->n < TEMPLATES_MAX ? (int)data->n : TEMPLATES_MAX;
    sqn_status status = SQN_OK;
    plot_wave_curve *curve = NULL;
    plot_page page;

    if (data->n < 1 || data->n_wave < 2) {
        return SQN_RAISE(err, E_ARG, "templates [%" PRId64 ", %" PRId64 "]", data->n,
                         data->n_wave);
    }
    curve = sqn__mem_alloc(1, sizeof *curve);
    if (curve == NULL) {
        return SQN_RAISE(err, E_MEM, "a curve");
    }
    SQN_TRY(plot_open(&page, png_path, page_width, top + bottom + strip * n, err));
    draw(&page, data, n, curve);
    SQN_TRY(plot_close(&page, err));

cleanup:
    sqn__mem_free(curve);
    return status;
}
