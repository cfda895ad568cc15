/**
 * @file images.h
 * @brief Stage 1: the images, which of their pixels are missing, and what their frames are.
 *
 * In: configuration and FITS files. Out: one stack of planes. Library: fits, weights.
 */
#ifndef IMAGES_H
#define IMAGES_H

#include "config.h"
#include "sequin/fits.h"

/** Where the weights come from. */
typedef enum images_noise { IMAGES_ERRORS, IMAGES_POISSON, IMAGES_UNIFORM } images_noise;

/** All planes of all files, and what was decided about them. Owned by the run. */
typedef struct images {
    sqn_fits_stack stack; /**< NaN where missing. */
    config_frames frames; /**< Never CONFIG_FRAMES_AUTO. */
    images_noise noise;
    int64_t n_plane, ny, nx;
    int64_t n_all;       /**< Pixels of all planes. */
    int64_t n_missing;   /**< Of them. */
    int64_t file_planes; /**< Planes of a file, the same for all; 0: they differ. */
} images;

/**
 * @retval SQN_ERR_DATA  E_SHAPE: fewer than two frames, or files of different numbers of planes
 *                       as frames; E_ERRPLANE; every error of input_read().
 */
SQN_NODISCARD sqn_status images_read(images *out, const config *settings,
                                     const sqn_log *log, sqn_error *err);

/** "planes", "rows", "files" or "patches": for messages and headers. */
const char *images_noun(const images *im);

/** "errors", "poisson" or "uniform: measured": the card NOISEMOD. */
const char *images_noise_word(const images *im);

void images_clear(images *im);

#endif
