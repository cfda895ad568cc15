/** @file fits_shape.c @brief Axes of an image HDU to planes. */
#include "fits_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "raise.h"

void sqn__fits_shape_text(char *out, size_t size, const sqn__fits_hdu *hdu)
{
    size_t n = 0;

    (void)snprintf(out, size, "[]");
    for (int a = hdu->naxis < SQN__FITS_AXES ? hdu->naxis : SQN__FITS_AXES; a-- > 0;) {
        const int wrote = snprintf(out + n, size - n, "%s%" PRId64 "%s",
                                   n == 0 ? "[" : ", ", hdu->axes[a], a == 0 ? "]" : "");

        if (wrote < 0 || (size_t)wrote >= size - n) {
            return;
        }
        n += (size_t)wrote;
    }
}

static sqn_status refuse_kind(const sqn__fits_hdu *hdu, sqn_error *err)
{
    static const char *const names[] = {
        [SQN__FITS_IMAGE] = "an image",       [SQN__FITS_TILED] = "an image",
        [SQN__FITS_TABLE] = "a binary table", [SQN__FITS_ASCII] = "an ASCII table",
        [SQN__FITS_GROUPS] = "random groups", [SQN__FITS_OTHER] = "of an unknown type",
    };

    return SQN_RAISE(err, E_FITS_HDU, "it is %s, not an image", names[hdu->kind]);
}

/* Extents and their product within what a plane in memory can have. */
static sqn_status check_extents(const sqn__fits_hdu *hdu, sqn_error *err)
{
    char text[256];

    sqn__fits_shape_text(text, sizeof text, hdu);
    for (int a = 0; a < hdu->naxis; a++) {
        if (hdu->axes[a] == 0) {
            return SQN_RAISE(err, E_DATA_EMPTY, "the image is %s: it has no pixels", text);
        }
        if (hdu->axes[a] > INT32_MAX) {
            return SQN_RAISE(err, E_FITS_SIZE, "the image is %s: an axis exceeds %d", text,
                             INT32_MAX);
        }
    }
    if (hdu->axes[0] * hdu->axes[1] > INT32_MAX) {
        return SQN_RAISE(err, E_FITS_SIZE, "the image is %s: a plane exceeds %d pixels",
                         text, INT32_MAX);
    }
    return SQN_OK;
}

sqn_status sqn__fits_shape_of(sqn__fits_shape *out, const sqn__fits_hdu *hdu, bool spectral,
                              sqn_error *err)
{
    int64_t further[2] = {1, 1};
    int n_further = 0;
    char text[256];

    sqn__fits_shape_text(text, sizeof text, hdu);
    if (hdu->kind != SQN__FITS_IMAGE && hdu->kind != SQN__FITS_TILED) {
        return refuse_kind(hdu, err);
    }
    if (hdu->naxis == 0) {
        return SQN_RAISE(err, E_FITS_HDU, "it holds no image (NAXIS = 0)");
    }
    if (hdu->naxis < 2 || hdu->naxis > SQN__FITS_AXES) {
        return SQN_RAISE(err, E_SHAPE, "the image has %d axes, %s; 2 to 4 are understood",
                         hdu->naxis, text);
    }

    const sqn_status status = check_extents(hdu, err);

    if (status != SQN_OK) {
        return status;
    }
    for (int a = 2; a < hdu->naxis; a++) {
        if (hdu->axes[a] > 1 && n_further < 2) {
            further[n_further] = hdu->axes[a];
        }
        n_further += hdu->axes[a] > 1 ? 1 : 0;
    }
    if (n_further > (spectral ? 2 : 1)) {
        sqn_status refused =
            SQN_RAISE(err, E_SHAPE, "the image is %s: more than 3 axes", text);

        sqn__error_mend(err,
                        "for [wavelength, time, y, x] give wavelengths, else split it");
        return refused;
    }
    *out = (sqn__fits_shape){1, further[0], hdu->axes[1], hdu->axes[0]};
    if (n_further == 2) {
        out->n_wave = further[1];
    } else if (spectral) {
        out->n_wave = further[0];
        out->n_time = 1;
    }
    return SQN_OK;
}
