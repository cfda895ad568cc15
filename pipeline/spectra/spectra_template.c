/** @file spectra_template.c @brief rrtemplate.fits: templates in the layout of redrock. */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/version.h"
#include "spectra_product.h"

/* The cards that redrock asks for: an even axis, and what the templates are of. */
static sqn_status make_header(sqn_header **out, const spectra_result *r, bool log,
                              sqn_error *err)
{
    const sqn_spectra *s = &r->sample.spectra;
    const config_template *about = &r->settings->spectra.template;
    const double first = log ? log10(s->wave[0]) : s->wave[0];
    const double last = log ? log10(s->wave[s->n_wave - 1]) : s->wave[s->n_wave - 1];
    sqn_header *h = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_header_create(&h, err));
    SQN_TRY(sqn_header_set_text(h, "CTYPE1", log ? "LOGLAM" : "WAVE", "", err));
    SQN_TRY(sqn_header_set_number(h, "CRPIX1", 1.0, "", err));
    SQN_TRY(sqn_header_set_number(h, "CRVAL1", first, log ? "log10(Angstrom)" : "Angstrom",
                                  err));
    SQN_TRY(sqn_header_set_number(h, "CDELT1", (last - first) / (double)(s->n_wave - 1),
                                  "per pixel", err));
    SQN_TRY(sqn_header_set_integer(h, "LOGLAM", log, "1: wavelengths are 10^axis", err));
    SQN_TRY(sqn_header_set_text(h, "RRTYPE", about->type, "type of the templates", err));
    SQN_TRY(sqn_header_set_text(h, "RRSUBTYP", about->subtype != NULL ? about->subtype : "",
                                "subtype", err));
    SQN_TRY(sqn_header_set_text(h, "RRMETHOD", "NMF", "non-negative", err));
    SQN_TRY(
        sqn_header_set_text(h, "RRIGM", about->igm, "absorption still to be applied", err));
    SQN_TRY(sqn_header_set_text(h, "VERSION", sqn_version(), "of Sequin", err));
    *out = h;
    h = NULL;

cleanup:
    sqn_header_destroy(&h);
    return status;
}

/* REDSHIFTS: those at which redrock is to try the templates. */
static sqn_status add_redshifts(sqn_fits_product *product, const spectra_result *r,
                                sqn_error *err)
{
    const config_numbers *range = &r->settings->spectra.template.redshifts;
    sqn_status status = SQN_OK;
    double *z = NULL;

    if (range->n == 0) {
        return SQN_OK;
    }
    const double first = log10(1.0 + range->item[0]), step = range->item[2];
    const int64_t n = (int64_t)ceil((log10(1.0 + range->item[1]) - first) / step - 1e-9);

    z = sqn__mem_alloc(n, sizeof *z);
    if (z == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " redshifts", n);
    }
    for (int64_t i = 0; i < n; i++) {
        z[i] = pow(10.0, first + (double)i * step) - 1.0;
    }
    const sqn_fits_image image = {.extname = "REDSHIFTS",
                                  .type = SQN_FITS_FLOAT64,
                                  .n_axis = 1,
                                  .axes = {n},
                                  .data = z};

    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn__mem_free(z);
    return status;
}

static sqn_status refuse_axis(const spectra_result *r, sqn_error *err)
{
    const sqn_status status = SQN_RAISE(
        err, E_WAVELENGTH, "redrock needs even steps of wavelength or of its logarithm");

    (void)config_where(err->where, r->settings, "spectra.template");
    sqn__error_mend(err, "write spectra.frame: rest, or remove the key");
    return status;
}

sqn_status spectra_product_template(const sqn_fits_sink *sink, const spectra_result *r,
                                    sqn_error *err)
{
    const sqn_matrix_const comp = r->amounts.last;
    const bool log = spectra_product_is_even(&r->sample.spectra, true);
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    sqn_fits_product *product = NULL;
    float *values = NULL;

    if (!log && !spectra_product_is_even(&r->sample.spectra, false)) {
        return refuse_axis(r, err);
    }
    values = sqn__mem_alloc(sqn__mem_product(comp.rows, comp.cols), sizeof *values);
    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " templates", comp.rows);
    }
    for (int64_t a = 0; a < comp.rows; a++) { /* redrock knows no missing values */
        for (int64_t j = 0; j < comp.cols; j++) {
            const float v = comp.data[a * comp.stride + j];

            values[a * comp.cols + j] = isnan(v) ? 0.0F : v;
        }
    }
    SQN_TRY(spectra_product_start(&product, r, "templates as redrock reads them", err));
    SQN_TRY(make_header(&header, r, log, err));
    const sqn_fits_image image = {.extname = "BASIS_VECTORS",
                                  .type = SQN_FITS_FLOAT32,
                                  .n_axis = 2,
                                  .axes = {comp.cols, comp.rows},
                                  .data = values,
                                  .header = header};

    SQN_TRY(sqn_fits_product_image(product, &image, err));
    SQN_TRY(add_redshifts(product, r, err));
    SQN_TRY(sqn_fits_product_write(product, sink, err));

cleanup:
    sqn_fits_product_destroy(&product);
    sqn__mem_free(values);
    sqn_header_destroy(&header);
    return status;
}
