/** @file png.h @brief A picture as a PNG file. */
#ifndef PNG_H
#define PNG_H

#include <stdbool.h>
#include <stdint.h>

/** Pixels as cairo has them: 0xAARRGGBB in the order of the machine. Borrowed. */
typedef struct png_picture {
    int64_t width, height;
    int64_t stride; /**< Bytes from row to row. */
    const unsigned char *pixels;
} png_picture;

/**
 * Write `path` anew: 8-bit RGB, whatever AA is. Pictures of noise hardly compress; the quickest level without a
 * filter makes them smaller than the usual one with filters, in a fifth of the time.
 *
 * @returns false when there is no memory or the file was not written.
 */
bool png_write(const char *path, const png_picture *picture);

/** True when every pixel has the full AA of 255. */
bool png_is_opaque(const png_picture *picture);

/** True when the file ends as a PNG does: what was cut short does not. */
bool png_is_complete(const char *path);

#endif
