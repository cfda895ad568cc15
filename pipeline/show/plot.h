/**
 * @file plot.h
 * @brief Drawing on a page: lines, areas, text and pixels in page coordinates; hides giza.
 *
 * Page coordinates are in units of which three take two pixels of the PNG, x to the right, y up,
 * (0, 0) at the bottom left corner. One page is open at a time in a process.
 */
#ifndef PLOT_H
#define PLOT_H

#include <stdint.h>

#include "sequin/error.h"

/** Colours of lines and text: dark and light neutrals, and hues that the colour-blind tell apart. */
typedef enum plot_colour {
    PLOT_PAPER,
    PLOT_INK,
    PLOT_FADED,   /**< Secondary text. */
    PLOT_HAIR,    /**< Grid lines. */
    PLOT_MISSING, /**< Pixels without a value. */
    PLOT_BLUE,
    PLOT_ORANGE,
    PLOT_GREEN,
    PLOT_SKY,
    PLOT_COLOUR_COUNT
} plot_colour;

/** Colours of pixels, dark to light with even steps. */
typedef enum plot_map {
    PLOT_MAP_FIRE, /**< Black, purple, orange, yellow: from low to high. */
    PLOT_MAP_TWO   /**< Blue below, black at, red above the middle. */
} plot_map;

enum { PLOT_MAP_LEVELS = 256 };
enum { PLOT_PATH_MAX = 240 }; /* giza keeps 256 bytes of a name */

typedef struct plot_box {
    double x0, y0, x1, y1;
} plot_box;

typedef enum plot_dash { PLOT_SOLID = 1, PLOT_DASHED = 2, PLOT_DOTTED = 4 } plot_dash;

typedef struct plot_pen {
    plot_colour colour;
    double width; /**< (units) */
    plot_dash dash;
} plot_pen;

typedef struct plot_font {
    double size; /**< (units) height of the letters with their line. */
    plot_colour colour;
    double align; /**< 0 left, 0.5 centre, 1 right of the given point. */
    double angle; /**< (degrees) counter-clockwise. */
} plot_font;

/** An open page. */
typedef struct plot_page {
    double width, height; /**< (units) */
    int device;
    const char *path; /**< Borrowed. */
    char part[PLOT_PATH_MAX + 16];
} plot_page;

/**
 * Open a page for the file `path`, which appears only with plot_close(). Meanwhile
 * `path`.part.png is there.
 *
 * @retval SQN_ERR_IO  E_IO: the folder cannot be written to, or the name is too long for giza.
 */
SQN_NODISCARD sqn_status plot_open(plot_page *page, const char *path, double width,
                                   double height, sqn_error *err);

/** Write the page. Nothing is left behind on failure. @retval SQN_ERR_IO */
SQN_NODISCARD sqn_status plot_close(plot_page *page, sqn_error *err);

/** plot_close() after a drawing that went well, plot_discard() otherwise; returns the status. */
SQN_NODISCARD sqn_status plot_end(plot_page *page, sqn_status drawn, sqn_error *err);

/** Give a page up; nothing happens after plot_close(). */
void plot_discard(plot_page *page);

/** A line through [n] points. */
void plot_line(const plot_pen *pen, int n, const double *x, const double *y);
void plot_segment(const plot_pen *pen, double x0, double y0, double x1, double y1);
void plot_circle(const plot_pen *pen, double x, double y, double radius);

/** Filled areas. */
void plot_polygon(plot_colour colour, int n, const double *x, const double *y);
void plot_rectangle(plot_colour colour, const plot_box *box);
void plot_disc(plot_colour colour, double x, double y, double radius);

/** Draw only inside the box until plot_unclip(). */
void plot_clip(const plot_page *page, const plot_box *box);
void plot_unclip(const plot_page *page);

/**
 * Text with its base line at (x, y). ASCII; `^{...}` raises, `_{...}` lowers; foreign strings
 * go through plot_escape() first.
 */
void plot_text(const plot_page *page, const plot_font *font, double x, double y,
               const char *text);

/** The same on an area of paper, so that no curve runs through it. */
void plot_label(const plot_page *page, const plot_font *font, double x, double y,
                const char *text);

/** Width of a text (units). */
double plot_text_width(const plot_page *page, const plot_font *font, const char *text);

/** A foreign string as a title of at most `room` units: long ones are set smaller, then cut. */
void plot_title(const plot_page *page, const plot_font *font, double x, double y,
                double room, const char *text);

/** A foreign string made harmless for plot_text(): cut to `size`, non-ASCII to its nearest. */
void plot_escape(char *out, size_t size, const char *text);

/** Pixels of the PNG that a unit takes: the page is laid out finely, and drawn with no more pixels
 *  than a report shows. */
double plot_density(void);

/** The nearest box of whole pixels, at least one on a side. */
plot_box plot_snap(const plot_box *box);

/** Colours for plot_pixels() from now on. */
void plot_colours(plot_map map);

/**
 * Pixels of the PNG with their lower left corner at (x, y), a corner of plot_snap().
 *
 * @param[in] level  [ny, nx] 0..PLOT_MAP_LEVELS - 1, or -1 = missing.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status plot_pixels(double x, double y, int ny, int nx,
                                     const int16_t *level, sqn_error *err);

#endif
