/**
 * @file frames.h
 * @brief The matrix that is factorised: planes, rows, files or patches as its rows.
 *
 * A pixel of the images has one number, its place in the stack of planes; the matrix holds it
 * once, or with patches once for every patch that covers it.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "basis.h"
#include "images.h"
#include "sequin/pixels.h"
#include "sequin/rows.h"

/** Rows and columns over the pixels of images. */
typedef struct frames {
    const images *images; /**< Borrowed. */
    int64_t n_row, n_col;
    int64_t side;      /**< Of patches (pixels); 0: rows are consecutive pixels. */
    double *variance;  /**< [n_col] of IMAGES_POISSON (stored unit^2), else NULL. Owned. */
    sqn_pixels pixels; /**< A row as an image. Owned. */
    const uint8_t *hidden; /**< [n_all] 1 = as if missing; NULL = none. Borrowed. */
} frames;

SQN_NODISCARD sqn_status frames_init(frames *out, const images *im, const config *settings,
                                     sqn_error *err);
void frames_clear(frames *f);

/** Rows for the solver; `f` is borrowed. */
sqn_rows frames_rows(const frames *f);

/** What components are built from; `rows` of frames_rows() is borrowed. */
basis_source frames_source(const frames *f, const sqn_rows *rows);

/** Number of the pixel in row and column of the matrix; -1: outside of its image. */
int64_t frames_pixel(const frames *f, int64_t row, int64_t col);

/** True where the pixel has a value that may be used. */
bool frames_is_valid(const frames *f, int64_t pixel);

/** The variance that is known of a pixel (stored unit^2); 1 with IMAGES_UNIFORM. */
double frames_variance(const frames *f, int64_t pixel);

/** Frames that share one measured sigma: rows of the matrix, or the planes of patches. */
int64_t frames_n_group(const frames *f);
int64_t frames_group(const frames *f, int64_t pixel);

#endif
