/** @file survey_matrix.c @brief Rows of images. */
#include "survey_matrix.h"

#include <inttypes.h>
#include <string.h>

#include "fits_checksum.h"
#include "fits_select.h"
#include "mem.h"
#include "raise.h"

bool sqn__survey_matrix_shape(int64_t shape[2], const sqn__fits_hdu *hdu)
{
    bool is_flat = sqn__fits_select_has_pixels(hdu) && hdu->naxis <= SQN__FITS_AXES;

    for (int a = 2; is_flat && a < hdu->naxis; a++) {
        is_flat = hdu->axes[a] == 1;
    }
    shape[0] = is_flat && hdu->naxis > 1 ? hdu->axes[1] : is_flat;
    shape[1] = is_flat ? hdu->axes[0] : 0;
    return is_flat && shape[0] <= INT32_MAX && shape[1] <= INT32_MAX;
}

/* Tiles are read once and together: they need not be rows. */
static sqn_status read_whole(sqn__survey_matrix *m, const sqn__fits_file *file,
                             const sqn__fits_hdu *hdu, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_planes planes = {0};

    if (hdu->naxis < 2) {
        return SQN_RAISE(err, E_SHAPE, "a compressed spectrum needs two axes");
    }
    m->whole = sqn__mem_alloc(sqn__mem_product(m->n_row, m->n_col), sizeof *m->whole);
    if (m->whole == NULL) {
        return SQN_RAISE(err, E_MEM, "an image of %" PRId64 " x %" PRId64, m->n_col,
                         m->n_row);
    }
    SQN_TRY(sqn__fits_planes_open(&planes, file, hdu, err));
    status = sqn__fits_planes_read(m->whole, &planes, 0, err);
    sqn__fits_planes_close(&planes);

cleanup:
    return status;
}

sqn_status sqn__survey_matrix_open(sqn__survey_matrix *out, const sqn__fits_file *file,
                                   const sqn__fits_hdu *hdu, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t shape[2];
    char text[96];

    *out = (sqn__survey_matrix){.rows = *hdu};
    if (!sqn__survey_matrix_shape(shape, hdu)) {
        sqn__fits_shape_text(text, sizeof text, hdu);
        status =
            hdu->kind != SQN__FITS_IMAGE && hdu->kind != SQN__FITS_TILED
                ? SQN_RAISE(err, E_FITS_HDU, "it is not an image")
                : SQN_RAISE(err, E_SHAPE, "the image is %s, not [n_spectra, n_wave]", text);
        goto cleanup;
    }
    out->n_row = shape[0];
    out->n_col = shape[1];
    SQN_TRY(sqn__fits_checksum_verify(&out->datasum, file, hdu, err));
    if (hdu->kind == SQN__FITS_TILED) {
        SQN_TRY(read_whole(out, file, hdu, err));
    } else {
        out->rows.naxis = 3;
        out->rows.axes[0] = out->n_col;
        out->rows.axes[1] = 1;
        out->rows.axes[2] = out->n_row;
        SQN_TRY(sqn__fits_planes_open(&out->planes, file, &out->rows, err));
    }

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, hdu, NULL);
        sqn__survey_matrix_close(out);
    }
    return status;
}

sqn_status sqn__survey_matrix_read(double *out, sqn__survey_matrix *matrix, int64_t row,
                                   sqn_error *err)
{
    if (matrix->whole != NULL) {
        memcpy(out, matrix->whole + row * matrix->n_col,
               (size_t)matrix->n_col * sizeof *out);
        return SQN_OK;
    }
    return sqn__fits_planes_read(out, &matrix->planes, row, err);
}

void sqn__survey_matrix_close(sqn__survey_matrix *matrix)
{
    sqn__fits_planes_close(&matrix->planes);
    sqn__mem_free(matrix->whole);
    *matrix = (sqn__survey_matrix){0};
}
