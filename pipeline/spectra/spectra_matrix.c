/** @file spectra_matrix.c @brief model.fits and residual.fits: all spectra, a few at a time. */
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "spectra_product.h"

/** Who makes the images of one product. */
typedef struct maker {
    const spectra_result *r;
    bool residual;
    amounts_room room;
} maker;

/* What the model leaves of a spectrum, in its place. */
static sqn_status subtract(float *row, maker *m, int64_t i, sqn_error *err)
{
    const amounts *a = &m->r->amounts;
    const sqn_status status =
        a->data.read(a->data.context, i, m->room.value, m->room.weight, err);

    for (int64_t j = 0; status == SQN_OK && j < a->data.n_col; j++) {
        row[j] = m->room.weight[j] > 0.0
                     ? (float)(m->r->sample.norm[i] * (m->room.value[j] - (double)row[j]))
                     : NAN;
    }
    return status;
}

/* Model or residual of a spectrum, normalisation undone. */
static sqn_status fill_row(float *row, maker *m, int64_t i, sqn_error *err)
{
    const double norm = m->r->sample.norm[i];

    amounts_model(row, &m->r->amounts, i);
    if (m->residual) {
        return subtract(row, m, i, err);
    }
    for (int64_t j = 0; j < m->r->amounts.data.n_col; j++) {
        row[j] = (float)(norm * (double)row[j]);
    }
    return SQN_OK;
}

static sqn_status make_values(void *context, void *values, int64_t first, int64_t n,
                              sqn_error *err)
{
    maker *m = context;
    const int64_t n_wave = m->r->amounts.data.n_col;
    sqn_status status = amounts_room_for(&m->room, &m->r->amounts, 1, err);

    for (int64_t i = 0; status == SQN_OK && i < n; i++) {
        status = fill_row((float *)values + i * n_wave, m, first + i, err);
    }
    return status;
}

/* 1 sigma of the same. */
static sqn_status make_errors(void *context, void *values, int64_t first, int64_t n,
                              sqn_error *err)
{
    maker *m = context;
    const int64_t n_wave = m->r->amounts.data.n_col;
    const sqn_status status = amounts_variances(&m->room, &m->r->amounts, first, n, err);

    for (int64_t i = 0; status == SQN_OK && i < n; i++) {
        const sqn_matrix from = m->residual ? m->room.comp : m->room.fit;
        float *row = (float *)values + i * n_wave;

        for (int64_t j = 0; j < n_wave; j++) {
            const double variance = (double)from.data[i * from.stride + j];

            row[j] = (float)(m->r->sample.norm[first + i] * sqrt(variance));
        }
    }
    return status;
}

static sqn_status make_flags(void *context, void *values, int64_t first, int64_t n,
                             sqn_error *err)
{
    maker *m = context;
    const int64_t n_wave = m->r->amounts.data.n_col;
    const uint8_t *clipped = m->r->sample.clipped;
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < n; i++) {
        uint8_t *row = (uint8_t *)values + i * n_wave;

        SQN_TRY(amounts_flags(row, &m->room, &m->r->amounts, first + i, err));
        for (int64_t j = 0; clipped != NULL && j < n_wave; j++) {
            row[j] |= clipped[(first + i) * n_wave + j] != 0 ? SQN_FLAG_CLIPPED : 0;
        }
    }

cleanup:
    return status;
}

typedef sqn_status row_maker(void *context, void *values, int64_t first, int64_t n,
                             sqn_error *err);

static sqn_status add(sqn_fits_product *product, const char *extname, maker *m,
                      row_maker *make, sqn_error *err)
{
    enum { AT_ONCE = 1 << 20 /* values: rows enough for all threads */ };
    const amounts *a = &m->r->amounts;
    const bool is_flags = make == make_flags;
    const sqn_fits_maker rows = {
        .make = make, .context = m, .n_row = AT_ONCE / a->data.n_col + 1};
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    SQN_TRY(spectra_product_axis(&header, m->r, err));
    const sqn_fits_image image = {.extname = extname,
                                  .type = is_flags ? SQN_FITS_UINT8 : SQN_FITS_FLOAT32,
                                  .n_axis = 2,
                                  .axes = {a->data.n_col, a->data.n_row},
                                  .exponent = is_flags ? 0 : m->r->sample.survey.exponent,
                                  .unit = is_flags ? NULL : m->r->sample.survey.unit,
                                  .header = is_flags ? NULL : header};

    SQN_TRY(sqn_fits_product_made_image(product, &image, &rows, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

static sqn_status write_matrices(const sqn_fits_sink *sink, const spectra_result *r,
                                 const char *step, bool residual, sqn_error *err)
{
    maker m = {.r = r, .residual = residual};
    sqn_fits_product *product = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(spectra_product_start(&product, r, step, err));
    SQN_TRY(add(product, "SCI", &m, make_values, err));
    SQN_TRY(add(product, "ERR", &m, make_errors, err));
    SQN_TRY(add(product, "FLAGS", &m, make_flags, err));
    SQN_TRY(spectra_product_wavelengths(product, r, err));
    SQN_TRY(sqn_fits_product_write(product, sink, err));

cleanup:
    sqn_fits_product_destroy(&product);
    amounts_room_clear(&m.room);
    return status;
}

sqn_status spectra_product_model(const sqn_fits_sink *sink, const spectra_result *r,
                                 sqn_error *err)
{
    return write_matrices(sink, r, "model of the spectra, gaps filled", false, err);
}

sqn_status spectra_product_residual(const sqn_fits_sink *sink, const spectra_result *r,
                                    sqn_error *err)
{
    return write_matrices(sink, r, "spectra less their model", true, err);
}
