/** @file spectra_picture.c @brief The pictures of task spectra. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "basis_picture.h"
#include "gallery.h"
#include "mem.h"
#include "pictures_spectra.h"
#include "raise.h"
#include "spectra_present.h"

enum { LABEL_BYTES = 160 };

/** Shares of templates in the light of the models. */
typedef struct shares {
    double *each;  /* [n_spectrum, k] sum 1 over templates, NaN without a model */
    double *total; /* [k] of all spectra together */
} shares;

/* Light of a template of unit coefficient. */
static double light_of(const sqn_matrix_const *comp, int64_t a)
{
    double sum = 0.0;

    for (int64_t j = 0; j < comp->cols; j++) {
        const float v = comp->data[a * comp->stride + j];

        sum += isnan(v) ? 0.0 : (double)v;
    }
    return sum;
}

/* Shares within each spectrum, out of the light of its templates. */
static void divide(double *row, int64_t k)
{
    double sum = 0.0;

    for (int64_t a = 0; a < k; a++) {
        sum += row[a];
    }
    for (int64_t a = 0; a < k; a++) {
        row[a] = sum > 0.0 ? row[a] / sum : (double)NAN;
    }
}

static sqn_status find_shares(shares *out, const spectra_result *r, sqn_error *err)
{
    const sqn_dmatrix_const m = sqn_target_coefficients(r->amounts.fit, 0);

    out->each = sqn__mem_alloc(sqn__mem_product(m.rows, m.cols), sizeof *out->each);
    out->total = sqn__mem_alloc(m.cols, sizeof *out->total);
    if (out->each == NULL || out->total == NULL) {
        return SQN_RAISE(err, E_MEM, "shares of %" PRId64 " templates", m.cols);
    }
    for (int64_t a = 0; a < m.cols; a++) {
        const double light = light_of(&r->amounts.last, a);

        for (int64_t i = 0; i < m.rows; i++) {
            const double amount = light * m.data[i * m.stride + a];

            out->each[i * m.cols + a] = amount;
            out->total[a] += isnan(amount) ? 0.0 : amount;
        }
    }
    for (int64_t i = 0; i < m.rows; i++) {
        divide(out->each + i * m.cols, m.cols);
    }
    divide(out->total, m.cols);
    return SQN_OK;
}

static void shares_clear(shares *s)
{
    sqn__mem_free(s->each);
    sqn__mem_free(s->total);
}

static sqn_status draw_templates(const char *path, const void *of, const char *title,
                                 sqn_error *err)
{
    const spectra_result *r = of;
    const sqn_matrix_const comp = r->amounts.last;
    sqn_status status = SQN_OK;
    shares s = {0};

    SQN_TRY(find_shares(&s, r, err));
    const plot_templates_data data = {.n = comp.rows,
                                      .n_wave = comp.cols,
                                      .wave = r->sample.spectra.wave,
                                      .templates = comp.data,
                                      .share = s.total,
                                      .is_rest = sample_is_rest(r->settings),
                                      .title = title};

    SQN_TRY(plot_templates(path, &data, err));

cleanup:
    shares_clear(&s);
    return status;
}

static sqn_status draw_curve(const char *path, const void *of, const char *title,
                             sqn_error *err)
{
    const spectra_result *r = of;

    return basis_picture_curve(path, &r->basis, &r->curve, title, err);
}

/** A spectrum by the strength of its model over the scatter that is left. */
typedef struct ranked {
    double strength;
    int64_t index;
} ranked;

static int compare(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    return x->strength != y->strength ? (x->strength < y->strength ? 1 : -1)
           : x->index < y->index      ? -1
                                      : x->index > y->index;
}

/* Mean of the model over sigma of the residual. */
static double strength_of(const spectra_result *r, int64_t i, float *model)
{
    double sum = 0.0;
    int64_t n = 0;

    amounts_model(model, &r->amounts, i);
    for (int64_t j = 0; j < r->sample.spectra.n_wave; j++) {
        if (!isnan(model[j])) {
            sum += (double)model[j];
            n++;
        }
    }
    return n > 0 && r->amounts.sigma[i] > 0.0 ? sum / (double)n / r->amounts.sigma[i] : 0.0;
}

/* Spectra with data, the strongest first; their number. */
static sqn_status rank(ranked **out, int64_t *n, const spectra_result *r, sqn_error *err)
{
    const int64_t n_all = r->sample.spectra.n_spectrum;
    float *model = sqn__mem_alloc(r->sample.spectra.n_wave, sizeof *model);

    *n = 0;
    *out = sqn__mem_alloc(n_all, sizeof **out);
    if (*out == NULL || model == NULL) {
        sqn__mem_free(model);
        return SQN_RAISE(err, E_MEM, "the order of %" PRId64 " spectra", n_all);
    }
    for (int64_t i = 0; i < n_all; i++) {
        if (r->amounts.n_valid[i] > 0) {
            (*out)[(*n)++] = (ranked){strength_of(r, i, model), i};
        }
    }
    qsort(*out, (size_t)*n, sizeof **out, compare);
    sqn__mem_free(model);
    return SQN_OK;
}

/* Flux and model of a spectrum in its own unit, [2, n_wave]. */
static sqn_status fill_pair(float *pair, const spectra_result *r, int64_t i, sqn_error *err)
{
    const int64_t n_wave = r->data.n_col;
    const double unit = sample_unit(&r->sample, i);
    amounts_room room = {0};
    sqn_status status = SQN_OK;

    SQN_TRY(amounts_room_for(&room, &r->amounts, 1, err));
    SQN_TRY(r->data.read(r->data.context, i, room.value, room.weight, err));
    amounts_model(pair + n_wave, &r->amounts, i);
    for (int64_t j = 0; j < n_wave; j++) {
        pair[j] = room.weight[j] > 0.0 ? (float)(unit * room.value[j]) : NAN;
        pair[n_wave + j] = (float)(unit * (double)pair[n_wave + j]);
    }

cleanup:
    amounts_room_clear(&room);
    return status;
}

static void write_label(char label[LABEL_BYTES], const spectra_result *r, int64_t i)
{
    const double z = r->sample.survey.spectra[i].redshift;
    char name[96], shift[32] = "";

    spectra_present_name(name, sizeof name, r, i);
    if (!isnan(z)) {
        (void)snprintf(shift, sizeof shift, "  z = %.3f", z);
    }
    (void)snprintf(label, LABEL_BYTES, "%.80s%s  chi2/n = %.2f", name, shift,
                   spectra_present_chi2(r, i));
}

static sqn_status draw_spectra(const char *path, const void *of, const char *title,
                               sqn_error *err)
{
    const spectra_result *r = of;
    static const double places[PLOT_SPECTRA_MAX] = {0.05, 0.35, 0.75};
    const int64_t n_wave = r->sample.spectra.n_wave;
    char label[PLOT_SPECTRA_MAX][LABEL_BYTES];
    sqn_status status = SQN_OK;
    ranked *order = NULL;
    float *pairs = NULL;
    shares s = {0};
    int64_t n = 0;

    SQN_TRY(rank(&order, &n, r, err));
    SQN_TRY(find_shares(&s, r, err));
    pairs = sqn__mem_alloc(2 * n_wave * PLOT_SPECTRA_MAX, sizeof *pairs);
    if (pairs == NULL) {
        status = SQN_RAISE(err, E_MEM, "%d spectra", PLOT_SPECTRA_MAX);
        goto cleanup;
    }
    plot_spectra_data data = {.n_wave = n_wave,
                              .wave = r->sample.spectra.wave,
                              .n = n < PLOT_SPECTRA_MAX ? (int)n : PLOT_SPECTRA_MAX,
                              .n_spectrum = r->sample.spectra.n_spectrum,
                              .n_comp = r->amounts.last.rows,
                              .share = s.each,
                              .is_rest = sample_is_rest(r->settings),
                              .unit = r->sample.survey.unit,
                              .title = title};

    for (int k = 0; k < data.n; k++) {
        const int64_t at =
            n <= PLOT_SPECTRA_MAX ? k : (int64_t)(places[k] * (double)(n - 1) + 0.5);
        float *pair = pairs + 2 * n_wave * k;

        SQN_TRY(fill_pair(pair, r, order[at].index, err));
        write_label(label[k], r, order[at].index);
        data.spectra[k] = (plot_spectrum){pair, pair + n_wave, label[k]};
    }
    SQN_TRY(plot_spectra(path, &data, err));

cleanup:
    sqn__mem_free(order);
    sqn__mem_free(pairs);
    shares_clear(&s);
    return status;
}

static const gallery_picture pictures[] = {
    {"spectra.png", draw_spectra},
    {"components.png", draw_templates},
    {"frv.png", draw_curve},
};

sqn_status spectra_present_pictures(session *s, const spectra_result *r, sqn_error *err)
{
    char title[128];
    const gallery all = {pictures, sizeof pictures / sizeof pictures[0], r, title};

    spectra_present_title(title, sizeof title, r);
    return gallery_draw(s->directory, &all, r->log, err);
}
