/**
 * @file product.h
 * @brief Stage 5: what a run found, as FITS products.
 *
 * In: everything the stages before left. Out: products ready to be written: most of their images are lent.
 * Library: fits, header, wcs.
 */
#ifndef PRODUCT_H
#define PRODUCT_H

#include "clip.h"
#include "combine.h"
#include "curve.h"
#include "fit.h"
#include "read.h"
#include "rescale.h"
#include "sequin/fits.h"
#include "target.h"

/** What the stages left. Owned by the run; products only look. */
typedef struct result {
    const config *settings;
    const sqn_log *log;
    observation obs;
    uint8_t *excluded; /**< [n_science, ny, nx] or NULL. */
    basis basis;
    clip_tally clipped;
    rescale_factors rescaled;
    curve curve;
    target target;
    double leverage;  /**< Largest of a fitted pixel; NaN where nothing is excluded. */
    subtraction last; /**< Of the largest count. */
    disk disk;
} result;

/** A maker of one product; the table of products names them. */
typedef sqn_status product_maker(sqn_fits_product **out, const result *r, sqn_error *err);

product_maker product_components, product_model, product_residual, product_disk,
    product_derotated;

/** Table FRAMES of the science frames. */
SQN_NODISCARD sqn_status product_add_frames(sqn_fits_product *product, const result *r,
                                            sqn_error *err);

/**
 * A product whose primary HDU carries the first science header, versions, inputs, the
 * configuration and `step` as HISTORY.
 *
 * @param[in] turned  North is up: cards that speak of the old orientation are moved to HISTORY.
 */
SQN_NODISCARD sqn_status product_start(sqn_fits_product **out, const result *r,
                                       const char *step, bool turned, sqn_error *err);

/** Cards of an image HDU: star, WCS turned by `theta`, noise model. Owned by the caller. */
SQN_NODISCARD sqn_status product_image_header(sqn_header **out, const result *r,
                                              double theta, bool north_up, int n_axis,
                                              sqn_error *err);

#endif
