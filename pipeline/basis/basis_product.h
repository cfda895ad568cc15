/** @file basis_product.h @brief components.fits: the build and its record. */
#ifndef BASIS_PRODUCT_H
#define BASIS_PRODUCT_H

#include "curve.h"
#include "sequin/fits.h"
#include "sequin/pixels.h"

/** A basis, and what its columns and rows are. Borrowed. */
typedef struct basis_record {
    const basis *basis;
    const curve *curve;
    const sqn_pixels *pixels; /**< Where the columns lie in an image. */
    int64_t n_row;            /**< Of the build. */
    int exponent;     /**< Of the data: coefficients are multiplied by 2^exponent. */
    const char *unit; /**< Of the coefficients. */
    bool write_stages;
    /** Cards of an image of `n_axis` axes, the first two those of the pixels; *out is owned by
     *  the caller. */
    sqn_status (*image_header)(sqn_header **out, const void *context, int n_axis,
                               sqn_error *err);
    const void *context;
} basis_record;

/** Components of the last stage as images [k, ny, nx], NaN outside; sqn_cube_clear(). */
SQN_NODISCARD sqn_status basis_product_images(sqn_cube *out, const basis *b,
                                              const sqn_pixels *pixels, sqn_error *err);

/** COMPONENTS, COEFFICIENTS, OVERLAP, FRV, the stages where asked for, REGION. */
SQN_NODISCARD sqn_status basis_product_fill(sqn_fits_product *product,
                                            const basis_record *r, sqn_error *err);

#endif
