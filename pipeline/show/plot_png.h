/**
 * @file plot_png.h
 * @brief The file of a page: how its pixels are compressed, and whether it is whole.
 */
#ifndef PLOT_PNG_H
#define PLOT_PNG_H

#include <stdbool.h>

/** Whether a PNG was written to its end: what was cut short lacks the last chunk. */
bool plot_png_is_complete(const char *path);

#endif
