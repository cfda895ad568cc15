/** @file fits_product_header.c @brief The header of one HDU of a product. */
#include <stdio.h>
#include <string.h>

#include "fits_choice.h"
#include "fits_product.h"

/* CD1_1 = 1 and so on for axes that the matrix leaves out, which would make it singular. */
static sqn_status complete_matrix(sqn_fits_product *product, const sqn__fits_choice *choice,
                                  int n_axis, sqn_error *err)
{
    char card[FLEN_CARD];
    sqn_status status = SQN_OK;

    for (int axis = 1; choice->has_cd && axis <= n_axis && status == SQN_OK; axis++) {
        if (!choice->matrix[axis]) {
            (void)snprintf(card, sizeof card, "CD%d_%d   = %20s / an axis of its own", axis,
                           axis, "1.0");
            status = sqn__fits_product_card(product, card, err);
        }
    }
    return status;
}

/* CRPIX, CRVAL and CTYPE of axes that other WCS keywords name: the standard's defaults. */
static sqn_status complete_axes(sqn_fits_product *product, const sqn__fits_choice *choice,
                                sqn_error *err)
{
    static const char *const roots[] = {"CRPIX", "CRVAL", "CTYPE"};
    static const char *const values[] = {"0.0", "0.0", "'        '"};
    const bool *const seen[] = {choice->reference_pixel, choice->reference_value,
                                choice->type};
    char card[FLEN_CARD];
    sqn_status status = SQN_OK;

    for (int axis = 1; axis <= choice->n_wcs_axis; axis++) {
        for (int i = 0; i < 3 && status == SQN_OK; i++) {
            if (!seen[i][axis]) {
                (void)snprintf(card, sizeof card, "%s%d  = %20s / default", roots[i], axis,
                               values[i]);
                status = sqn__fits_product_card(product, card, err);
            }
        }
    }
    return status;
}

sqn_status sqn__fits_product_header_write(sqn_fits_product *product,
                                          const sqn_header *header, int n_axis,
                                          const char *where, sqn_error *err)
{
    sqn__fits_choice choice;
    sqn_status status =
        sqn__fits_choice_init(&choice, header, n_axis, where, &product->log, err);

    if (status == SQN_OK && choice.has_long) {
        status = sqn__fits_product_card(
            product, "LONGSTRN= 'OGIP 1.0'           / long strings go on in CONTINUE",
            err);
    }
    for (int64_t i = 0; status == SQN_OK && choice.n_kept > 0; i++) {
        if (choice.keep[i]) {
            status = sqn__fits_product_card(product, sqn_header_card(header, i), err);
            choice.n_kept--;
        }
    }
    if (status == SQN_OK) {
        status = complete_axes(product, &choice, err);
    }
    if (status == SQN_OK) {
        status = complete_matrix(product, &choice, n_axis, err);
    }
    sqn__fits_choice_clear(&choice);
    return status;
}
