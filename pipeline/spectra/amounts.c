/** @file amounts.c @brief Stage 4 of task spectra: coefficients, and the variances they bring. */
#include "amounts.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

static const double least = 0.01; /* of the variance of the data: what a residual keeps */

void amounts_model(float *out, const amounts *a, int64_t i)
{
    sqn_target_model(out, a->fit, 0, i);
}

sqn_status amounts_room_for(amounts_room *room, const amounts *a, int64_t n, sqn_error *err)
{
    const int64_t n_wave = a->data.n_col, size = sqn__mem_product(n, n_wave);

    if (room->n >= n) {
        return SQN_OK;
    }
    amounts_room_clear(room);
    room->fit = (sqn_matrix){sqn__mem_alloc(size, sizeof(float)), n, n_wave, n_wave};
    room->comp = (sqn_matrix){sqn__mem_alloc(size, sizeof(float)), n, n_wave, n_wave};
    room->value = sqn__mem_alloc(n_wave, sizeof *room->value);
    room->weight = sqn__mem_alloc(n_wave, sizeof *room->weight);
    if (room->fit.data == NULL || room->comp.data == NULL || room->value == NULL ||
        room->weight == NULL) {
        amounts_room_clear(room);
        return SQN_RAISE(err, E_MEM, "variances of %" PRId64 " spectra", n);
    }
    room->n = n;
    return SQN_OK;
}

void amounts_room_clear(amounts_room *room)
{
    sqn__mem_free(room->fit.data);
    sqn__mem_free(room->comp.data);
    sqn__mem_free(room->value);
    sqn__mem_free(room->weight);
    *room = (amounts_room){0};
}

static sqn_status create(amounts *a, sqn_error *err)
{
    const int64_t n = a->data.n_row;

    a->sigma = sqn__mem_alloc(n, sizeof *a->sigma);
    a->chi2 = sqn__mem_alloc(n, sizeof *a->chi2);
    a->n_valid = sqn__mem_alloc(n, sizeof *a->n_valid);
    return a->sigma != NULL && a->chi2 != NULL && a->n_valid != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "models of %" PRId64 " spectra", n);
}

/* The stage that the largest count is modelled with: its own, or the last one cut. */
static int64_t stage_of(const basis *b, bool truncate)
{
    return truncate ? b->n_comp : b->counts[b->n_count - 1];
}

/* n_valid, chi2 and the measured sigma of a spectrum; `room` holds its data, and one model. */
static void measure(amounts *a, amounts_room *room, int64_t i)
{
    const sqn_target_record record = sqn_target_about(a->fit, 0, i);
    const float *model = room->fit.data;
    int64_t n = 0;

    assert(room->value != NULL && room->weight != NULL);
    amounts_model(room->fit.data, a, i);
    for (int64_t j = 0; j < a->data.n_col; j++) {
        if (room->weight[j] > 0.0 && !isnan(model[j])) {
            room->value[n++] = room->value[j] - (double)model[j];
        }
    }
    a->n_valid[i] = record.n_data;
    a->sigma[i] = sqn_weights_mad_sigma(room->value, n);
    a->chi2[i] = record.n_data == 0 ? (double)NAN : record.chi2;
    if (!a->has_noise && a->sigma[i] > 0.0) {
        a->chi2[i] /= a->sigma[i] * a->sigma[i];
    }
}

static sqn_status measure_all(amounts *a, sqn_error *err)
{
    amounts_room room = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(amounts_room_for(&room, a, 1, err));
    for (int64_t i = 0; i < a->data.n_row; i++) {
        SQN_TRY(a->data.read(a->data.context, i, room.value, room.weight, err));
        measure(a, &room, i);
    }

cleanup:
    amounts_room_clear(&room);
    return status;
}

/* Errors of templates that were built from the spectra: with equal weights in units of what the
 * build leaves per datum. */
static sqn_status find_covariance(amounts *a, const basis *b, bool truncate, sqn_error *err)
{
    const int64_t k = a->last.rows;
    const int64_t n = sqn__mem_product(k * (k + 1) / 2, a->data.n_col);
    const double unit = a->has_noise ? 1.0 : basis_variance(b, stage_of(b, truncate));
    sqn_dmatrix_const coefficients = {0};
    sqn_status status = SQN_OK;

    if (b->nmf == NULL) {
        return SQN_OK;
    }
    coefficients = sqn_nmf_coefficients(b->nmf, stage_of(b, truncate));
    coefficients.cols = k;
    a->covariance = sqn__mem_alloc(n, sizeof *a->covariance);
    if (a->covariance == NULL) {
        return SQN_RAISE(err, E_MEM, "errors of %" PRId64 " templates", k);
    }
    SQN_TRY(sqn_target_pixel_covariance(a->covariance, a->fit, 0, b->panels, coefficients,
                                        err));
    for (int64_t e = 0; e < n; e++) {
        a->covariance[e] *= unit;
    }

cleanup:
    return status;
}

/* From the two parts to the variances of model and residual of a spectrum, in place. A spectrum
 * of the build is in its templates itself: their error counts where it took no part alone. */
static void propagate(float *fit, float *comp, const amounts *a, const double *weight,
                      int64_t i)
{
    const double sigma2 = a->has_noise ? 1.0 : a->sigma[i] * a->sigma[i];

    for (int64_t j = 0; j < a->data.n_col; j++) {
        const bool is_fitted = weight[j] > 0.0;
        const double own = sigma2 * (double)fit[j];
        const double data = sigma2 / weight[j];

        fit[j] = (float)(own + (is_fitted ? 0.0 : (double)comp[j]));
        comp[j] = is_fitted ? (float)fmax(data - own, least * data) : NAN;
    }
}

sqn_status amounts_variances(amounts_room *room, const amounts *a, int64_t first, int64_t n,
                             sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(amounts_room_for(room, a, n, err));
    sqn_matrix fit = room->fit, comp = room->comp;

    fit.rows = comp.rows = n;
    sqn_target_variance_rows(fit, comp, a->fit, 0, first, a->covariance);
    for (int64_t i = 0; i < n; i++) {
        SQN_TRY(a->data.read(a->data.context, first + i, room->value, room->weight, err));
        propagate(fit.data + i * fit.stride, comp.data + i * comp.stride, a, room->weight,
                  first + i);
    }

cleanup:
    return status;
}

sqn_status amounts_flags(uint8_t *out, amounts_room *room, const amounts *a, int64_t i,
                         sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(amounts_room_for(room, a, 1, err));
    SQN_TRY(a->data.read(a->data.context, i, room->value, room->weight, err));
    for (int64_t j = 0; j < a->data.n_col; j++) {
        const bool undetermined = a->undetermined != NULL && a->undetermined[j] != 0;

        out[j] = (uint8_t)((room->weight[j] > 0.0 ? 0 : SQN_FLAG_NO_SCIENCE) |
                           (isnan(a->last.data[j]) ? SQN_FLAG_NO_REFERENCE : 0) |
                           (undetermined ? SQN_FLAG_UNDETERMINED : 0));
    }

cleanup:
    return status;
}

sqn_status amounts_fit(amounts *out, const sqn_rows *data, bool has_noise, const basis *b,
                       const config *settings, sqn_error *err)
{
    const bool truncate = settings->model.truncate;
    sqn_status status = SQN_OK;

    *out = (amounts){
        .last = b->components[b->n_count - 1], .data = *data, .has_noise = has_noise};
    /* The fit keeps a pointer to the basis: it must be where it stays. */
    out->of = (sqn_target_basis){1, &b->components[b->n_count - 1],
                                 settings->components.background == CONFIG_BACKGROUND_FLAT};
    if (b->nmf != NULL) {
        out->undetermined = sqn_nmf_undetermined(b->nmf, stage_of(b, truncate));
    }
    SQN_TRY(sqn_target_fit(&out->fit, &out->of, data, err));
    SQN_TRY(create(out, err));
    SQN_TRY(measure_all(out, err));
    SQN_TRY(find_covariance(out, b, truncate, err));

cleanup:
    if (status != SQN_OK) {
        amounts_clear(out);
    }
    return status;
}

void amounts_clear(amounts *a)
{
    sqn_target_destroy(&a->fit);
    sqn__mem_free(a->sigma);
    sqn__mem_free(a->chi2);
    sqn__mem_free(a->n_valid);
    sqn__mem_free(a->covariance);
    *a = (amounts){0};
}
