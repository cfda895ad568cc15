/** @file plot_image.h @brief Images on a page: colour bar, contour, marks on the sky. */
#ifndef PLOT_IMAGE_H
#define PLOT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "plot.h"
#include "plot_axes.h"
#include "plot_stretch.h"

/** Where an image lies on the sky. */
typedef struct plot_sky {
    double star_x, star_y; /**< (FITS pixels) NaN = not marked, axes in pixels. */
    double pixel_scale;    /**< (arcsec) NaN = unknown, axes in pixels. */
    double
        north_angle; /**< Of North, counter-clockwise from +y (degrees); NaN = unknown. */
    bool mirrored;   /**< East lies clockwise from North. */
    bool turns;      /**< A mean of frames with North in several places: no compass. */
} plot_sky;

/** The largest box of an image's shape in the middle of a box. */
plot_box plot_image_fit(const plot_box *room, int64_t ny, int64_t nx);

/**
 * Draw an image. A point of the page shows the mean of the pixels it covers.
 *
 * @param[in] pixels  [ny, nx] NaN = missing, drawn grey.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status plot_image_draw(const plot_box *box, int64_t ny, int64_t nx,
                                         const float *pixels, const plot_stretch *stretch,
                                         sqn_error *err);

/** Draw a colour bar with numbers on its right and a label in the language of plot_text(). */
SQN_NODISCARD sqn_status plot_image_bar(const plot_page *page, const plot_box *box,
                                        const plot_stretch *stretch, double size,
                                        const char *label, sqn_error *err);

/** Outline of what is not 0 in mask [ny, nx]. */
void plot_image_outline(const plot_box *box, int64_t ny, int64_t nx, const uint8_t *mask);

/** Axes around an image: offsets from the star in arcsec where both are known, else pixels. */
void plot_image_axes(const plot_page *page, const plot_box *box, int64_t ny, int64_t nx,
                     const plot_sky *sky, double size);

/** The star as a small cross. */
void plot_image_star(const plot_box *box, int64_t ny, int64_t nx, const plot_sky *sky);

/** North and East arrows in the lower left corner, or a note that they are unknown. */
void plot_image_compass(const plot_page *page, const plot_box *box, const plot_sky *sky,
                        double size);

/** Page coordinates of a FITS pixel position. */
double plot_image_x(const plot_box *box, int64_t nx, double x);
double plot_image_y(const plot_box *box, int64_t ny, double y);

#endif
