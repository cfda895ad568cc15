/** @file rescale.c @brief The scale of the errors, out of what models leave. */
#include "rescale.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "scale.h"
#include "sequin/target.h"
#include "sequin/weights.h"
#include "warn.h"
#include "weigh.h"

static bool has_work(const observation *obs, const config *settings)
{
    return settings->noise.rescale &&
           obs->noise != READ_UNIFORM; /* which measures anyway */
}

/* Multiply 1 sigma of a role; false where the factor is no number. */
static bool apply(observation *obs, sqn_fits_stack *stack, double factor)
{
    const int64_t n = stack->n_frame * stack->ny * stack->nx;

    if (!scale_is_usable(factor)) {
        return false;
    }
    if (obs->noise == READ_POISSON) {
        *(stack == &obs->science ? &obs->science_scale : &obs->reference_scale) *= factor;
        return true;
    }
    for (int64_t e = 0; e < n; e++) {
        stack->error.data[e] = (float)((double)stack->error.data[e] * factor);
    }
    return true;
}

static void say(double factor, const char *role, const sqn_log *log)
{
    sqn__log_note(log, "the errors of the %s frames are multiplied by %.4g", role, factor);
}

sqn_status rescale_references(rescale_factors *out, observation *obs,
                              const config *settings, const uint8_t *excluded,
                              const sqn_log *log, sqn_error *err)
{
    sqn_fits_stack *stack =
        obs->references_are_science ? &obs->science : &obs->reference_stack;
    sqn_status status = SQN_OK;
    double *variance = NULL, scale = NAN;

    if (!has_work(obs, settings)) {
        return SQN_OK;
    }
    SQN_TRY(weigh_variance(&variance, stack, obs, settings, err));
    const weigh_frames frames = {stack, &obs->pixels, obs->noise, variance, excluded};
    const sqn_rows rows = weigh_rows(&frames);
    const basis_source source = {
        .rows = &rows, .noun = "reference frames", .own = obs->references_are_science};

    SQN_TRY(scale_measure(&scale, &source, settings, err));
    if (apply(obs, stack, scale)) {
        out->references = scale;
        say(scale, "reference", log);
    }

cleanup:
    sqn__mem_free(variance);
    return status;
}

/* Work space: of one frame, and of all. */
typedef struct scatter {
    double *value, *weight;               /* [n_pix] */
    float *model;                         /* [n_pix] */
    double *of_frame;                     /* [n_frame] */
    sqn_matrix from_fit, from_components; /* [n_frame, n_pix] variances of the model */
} scatter;

static sqn_status scatter_create(scatter *s, const sqn_rows *rows, sqn_error *err)
{
    const int64_t n = rows->n_col, size = sqn__mem_product(rows->n_row, n);

    s->value = sqn__mem_alloc(n, sizeof *s->value);
    s->weight = sqn__mem_alloc(n, sizeof *s->weight);
    s->model = sqn__mem_alloc(n, sizeof *s->model);
    s->of_frame = sqn__mem_alloc(rows->n_row, sizeof *s->of_frame);
    s->from_fit = (sqn_matrix){sqn__mem_alloc(size, sizeof(float)), rows->n_row, n, n};
    s->from_components =
        (sqn_matrix){sqn__mem_alloc(size, sizeof(float)), rows->n_row, n, n};
    return s->value != NULL && s->weight != NULL && s->model != NULL &&
                   s->of_frame != NULL && s->from_fit.data != NULL &&
                   s->from_components.data != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "scatter of %" PRId64 " frames", rows->n_row);
}

static void scatter_clear(scatter *s)
{
    sqn__mem_free(s->from_components.data);
    sqn__mem_free(s->from_fit.data);
    sqn__mem_free(s->of_frame);
    sqn__mem_free(s->model);
    sqn__mem_free(s->weight);
    sqn__mem_free(s->value);
}

/* Errors of the components, in those of the references as they are by now. */
static sqn_status find_variances(const scatter *s, const sqn_target *fit, const basis *b,
                                 const config *settings, sqn_error *err)
{
    const int64_t count = b->counts[b->n_count - 1];
    sqn_dmatrix_const coefficients = {0};

    if (b->nmf != NULL) {
        coefficients =
            sqn_nmf_coefficients(b->nmf, settings->model.truncate ? b->n_comp : count);
        coefficients.cols = count;
    }
    return sqn_target_variance(s->from_fit, s->from_components, fit, 0,
                               coefficients.data != NULL ? b->panels : NULL, coefficients,
                               err);
}

/* Median over the fitted pixels of frame i of the variance of its components over sigma^2. */
static double share_of_components(const scatter *s, int64_t i)
{
    const sqn_matrix m = s->from_components;

    for (int64_t p = 0; p < m.cols; p++) {
        s->value[p] = s->weight[p] > 0.0 ? (double)m.data[i * m.stride + p] * s->weight[p]
                                         : (double)NAN;
    }
    const double share = sqn_weights_median(s->value, m.cols);

    return isnan(share) ? 0.0 : share;
}

/* Scatter of (datum - model) / sigma, without the part that is of the components. */
static double scale_of_frame(const scatter *s, const sqn_target *fit, int64_t n_comp,
                             int64_t i)
{
    const double n = (double)sqn_target_about(fit, 0, i).n_data;
    const double left = n - (double)n_comp;

    sqn_target_model(s->model, fit, 0, i);
    for (int64_t p = 0; p < s->from_fit.cols; p++) {
        const double rest = s->value[p] - (double)s->model[p];

        s->value[p] = s->weight[p] > 0.0 ? rest * sqrt(s->weight[p]) : (double)NAN;
    }
    const double sigma = sqn_weights_mad_sigma(s->value, s->from_fit.cols);
    const double square = sigma * sigma * n / left - share_of_components(s, i);

    return left >= 1.0 && square > 0.0 ? sqrt(square) : (double)NAN;
}

static sqn_status measure_frames(double *scale, const scatter *s, const sqn_rows *rows,
                                 const sqn_target *fit, int64_t n_comp, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < rows->n_row; i++) {
        SQN_TRY(rows->read(rows->context, i, s->value, s->weight, err));
        s->of_frame[i] = scale_of_frame(s, fit, n_comp, i);
    }
    *scale = sqn_weights_median(s->of_frame, rows->n_row);

cleanup:
    return status;
}

sqn_status rescale_science(rescale_factors *out, observation *obs, const basis *b,
                           const config *settings, const uint8_t *excluded,
                           const sqn_log *log, sqn_error *err)
{
    const sqn_target_basis last = {1, b->components + b->n_count - 1,
                                   settings->components.background ==
                                       CONFIG_BACKGROUND_FLAT};
    sqn_status status = SQN_OK;
    sqn_target *fit = NULL;
    double *variance = NULL, scale = NAN;
    scatter s = {0};

    if (!has_work(obs, settings) || obs->references_are_science) {
        return SQN_OK; /* rescale_references() has done it */
    }
    SQN_TRY(weigh_variance(&variance, &obs->science, obs, settings, err));
    const weigh_frames frames = {&obs->science, &obs->pixels, obs->noise, variance,
                                 excluded};
    const sqn_rows rows = weigh_rows(&frames);

    SQN_TRY(scatter_create(&s, &rows, err));
    SQN_TRY(sqn_target_fit(&fit, &last, &rows, err));
    SQN_TRY(find_variances(&s, fit, b, settings, err));
    SQN_TRY(measure_frames(&scale, &s, &rows, fit, last.components[0].rows, err));
    if (apply(obs, &obs->science, scale)) {
        out->science = scale;
        say(scale, "science", log);
    }

cleanup:
    sqn_target_destroy(&fit);
    scatter_clear(&s);
    sqn__mem_free(variance);
    return status;
}
