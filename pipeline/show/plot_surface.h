/** @file plot_surface.h @brief How the pages of giza become files. */
#ifndef PLOT_SURFACE_H
#define PLOT_SURFACE_H

/**
 * giza leaves the writing of a page to this function of cairo, most of whose time goes into a
 * compression that pictures of noise do not profit from. The one here has its name, so that giza
 * finds it first, and writes the same pixels by png_write(); what it does not know it leaves to
 * cairo.
 *
 * @returns 0, or the status of cairo for an error.
 */
int cairo_surface_write_to_png(void *surface, const char *path);

#endif
