/** @file estimate.c @brief Values for pixels without one, by a basis, and their errors. */
#include "estimate.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

/** One count on its way to values. */
typedef struct pass {
    const estimate_fit *fit;
    const uint8_t *wanted; /* [n_all] */
    int64_t i_count;
    float *model;                /* [n_col] of one row */
    float *from_fit, *from_comp; /* [n_row, n_col], NULL: variances are not asked for */
    double *sum, *weight;        /* [n_all] */
    int64_t *n;                  /* [n_all] rows behind the sums */
} pass;

/* ---- The fit --------------------------------------------------------------------------- */

/* Scatter of the residual of every group over the pixels that were fitted. */
static sqn_status measure_sigma(estimate_fit *fit, sqn_error *err)
{
    const frames *f = fit->frames;
    const int64_t n_group = frames_n_group(f), size = f->images->n_all / n_group;
    const int64_t last = fit->basis->n_count - 1, middle = f->n_col / 2;
    double *scratch = sqn__mem_alloc(size, sizeof *scratch);
    float *model = sqn__mem_alloc(f->n_col, sizeof *model);
    sqn_status status = SQN_OK;
    int64_t n = 0;

    if (scratch == NULL || model == NULL) {
        status = SQN_RAISE(err, E_MEM, "residuals of %" PRId64 " pixels", size);
        goto cleanup;
    }
    for (int64_t row = 0; row < f->n_row; row++) {
        sqn_target_model(model, fit->target, last, row);
        for (int64_t c = f->side > 0 ? middle : 0;
             c < (f->side > 0 ? middle + 1 : f->n_col); c++) {
            const int64_t e = frames_pixel(f, row, c);

            if (frames_is_valid(f, e) && !isnan(model[c])) {
                scratch[n++] = (double)f->images->stack.value.data[e] - (double)model[c];
            }
        }
        if ((row + 1) % (f->side > 0 ? size : 1) == 0) {
            fit->sigma[f->side > 0 ? row / size : row] = sqn_weights_mad_sigma(scratch, n);
            n = 0;
        }
    }

cleanup:
    sqn__mem_free(scratch);
    sqn__mem_free(model);
    return status;
}

sqn_status estimate_fit_make(estimate_fit *out, const frames *f, const basis *b,
                             const config *settings, sqn_error *err)
{
    const int64_t n_group = frames_n_group(f);
    const sqn_rows rows = frames_rows(f);
    sqn_status status = SQN_OK;

    *out = (estimate_fit){
        .frames = f,
        .basis = b,
        .bases = {b->n_count, b->components,
                  settings->components.background == CONFIG_BACKGROUND_FLAT}};
    SQN_TRY(sqn_target_fit(&out->target, &out->bases, &rows, err));
    out->sigma = sqn__mem_alloc(n_group, sizeof *out->sigma);
    if (out->sigma == NULL) {
        status = SQN_RAISE(err, E_MEM, "sigma of %" PRId64 " frames", n_group);
        goto cleanup;
    }
    for (int64_t g = 0; g < n_group; g++) {
        out->sigma[g] = 1.0;
    }
    if (f->images->noise == IMAGES_UNIFORM) {
        SQN_TRY(measure_sigma(out, err));
    }

cleanup:
    if (status != SQN_OK) {
        estimate_fit_clear(out);
    }
    return status;
}

void estimate_fit_clear(estimate_fit *fit)
{
    sqn_target_destroy(&fit->target);
    sqn__mem_free(fit->sigma);
    *fit = (estimate_fit){0};
}

double estimate_sigma(const estimate_fit *fit, int64_t pixel)
{
    return sqrt(frames_variance(fit->frames, pixel)) *
           fit->sigma[frames_group(fit->frames, pixel)];
}

/* ---- Values ---------------------------------------------------------------------------- */

static sqn_status pass_create(pass *p, bool variances, sqn_error *err)
{
    const frames *f = p->fit->frames;
    const int64_t n_all = f->images->n_all, n = sqn__mem_product(f->n_row, f->n_col);

    p->model = sqn__mem_alloc(f->n_col, sizeof *p->model);
    p->sum = sqn__mem_alloc(n_all, sizeof *p->sum);
    p->weight = sqn__mem_alloc(n_all, sizeof *p->weight);
    p->n = sqn__mem_alloc(n_all, sizeof *p->n);
    p->from_fit = variances ? sqn__mem_alloc(n, sizeof *p->from_fit) : NULL;
    p->from_comp = variances ? sqn__mem_alloc(n, sizeof *p->from_comp) : NULL;
    return p->model != NULL && p->sum != NULL && p->weight != NULL && p->n != NULL &&
                   (!variances || (p->from_fit != NULL && p->from_comp != NULL))
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "values of %" PRId64 " pixels", n_all);
}

static void pass_clear(pass *p)
{
    sqn__mem_free(p->model);
    sqn__mem_free(p->sum);
    sqn__mem_free(p->weight);
    sqn__mem_free(p->n);
    sqn__mem_free(p->from_fit);
    sqn__mem_free(p->from_comp);
}

static sqn_status find_variances(const pass *p, sqn_error *err)
{
    const frames *f = p->fit->frames;
    const basis *b = p->fit->basis;
    const sqn_matrix fit = {p->from_fit, f->n_row, f->n_col, f->n_col};
    const sqn_matrix comp = {p->from_comp, f->n_row, f->n_col, f->n_col};

    return sqn_target_variance(fit, comp, p->fit->target, p->i_count, b->panels,
                               sqn_nmf_coefficients(b->nmf, b->counts[p->i_count]), err);
}

/** What all columns of a row share: variances of data of weight 1, and that of their mean. */
typedef struct row_noise {
    double of_frame, of_build, of_mean;
} row_noise;

static row_noise row_noise_of(const pass *p, int64_t row)
{
    const frames *f = p->fit->frames;
    row_noise noise = {1.0, 1.0, 0.0};
    double weight = 0.0;

    if (f->images->noise == IMAGES_UNIFORM) {
        const double sigma = p->fit->sigma[f->side > 0 ? frames_group(f, row) : row];

        noise.of_frame = sigma * sigma;
        noise.of_build = basis_variance(p->fit->basis, p->fit->basis->counts[p->i_count]);
    }
    for (int64_t c = 0; c < f->n_col; c++) {
        const int64_t e = frames_pixel(f, row, c);

        weight += frames_is_valid(f, e) ? 1.0 / frames_variance(f, e) : 0.0;
    }
    noise.of_mean = weight > 0.0 ? noise.of_frame / weight : 0.0;
    return noise;
}

static const double least = 1e-30; /* variance (stored unit^2: data are near 1) */

/* Add what one row of the matrix says of the wanted pixels in it. */
static void add_row(const pass *p, int64_t row, const uint8_t *undetermined)
{
    const frames *f = p->fit->frames;
    const row_noise noise = row_noise_of(p, row);

    for (int64_t c = 0; c < f->n_col; c++) {
        const int64_t e = frames_pixel(f, row, c), at = row * f->n_col + c;
        double weight = 1.0;

        if (e < 0 || p->wanted[e] == 0 || undetermined[c] != 0 || isnan(p->model[c])) {
            continue;
        }
        if (p->from_fit != NULL) {
            const double variance = fmax(noise.of_frame * (double)p->from_fit[at] +
                                             noise.of_build * (double)p->from_comp[at],
                                         noise.of_mean);

            weight = 1.0 / fmax(variance, least); /* a row of zeros has no noise at all */
        }
        if (isfinite(weight) && weight > 0.0) {
            p->sum[e] += weight * (double)p->model[c];
            p->weight[e] += weight;
            p->n[e]++;
        }
    }
}

static bool wants_row(const pass *p, int64_t row)
{
    const frames *f = p->fit->frames;

    for (int64_t c = 0; c < f->n_col; c++) {
        const int64_t e = frames_pixel(f, row, c);

        if (e >= 0 && p->wanted[e] != 0) {
            return true;
        }
    }
    return false;
}

/* Values of the wanted pixels. Patches that cover a pixel share most of their data: what they
 * say is averaged by weight, but its variance does not fall with their number. */
static sqn_status run_pass(estimate *out, const pass *p, sqn_error *err)
{
    const basis *b = p->fit->basis;
    const uint8_t *undetermined = sqn_nmf_undetermined(b->nmf, b->counts[p->i_count]);

    const int64_t n_all = p->fit->frames->images->n_all;
    sqn_status status = SQN_OK;

    if (p->from_fit != NULL) {
        SQN_TRY(find_variances(p, err));
    }
    for (int64_t row = 0; row < p->fit->frames->n_row; row++) {
        if (wants_row(p, row)) {
            sqn_target_model(p->model, p->fit->target, p->i_count, row);
            add_row(p, row, undetermined);
        }
    }
    for (int64_t e = 0; e < n_all; e++) {
        if (p->n[e] > 0) {
            out->value[e] = (float)(p->sum[e] / p->weight[e]);
            out->variance[e] = (float)((double)p->n[e] / p->weight[e]);
        }
    }

cleanup:
    return status;
}

static sqn_status estimate_create(estimate *out, int64_t n_all, sqn_error *err)
{
    *out = (estimate){0};
    out->value = sqn__mem_alloc(n_all, sizeof *out->value);
    out->variance = sqn__mem_alloc(n_all, sizeof *out->variance);
    if (out->value == NULL || out->variance == NULL) {
        return SQN_RAISE(err, E_MEM, "values of %" PRId64 " pixels", n_all);
    }
    for (int64_t e = 0; e < n_all; e++) {
        out->value[e] = out->variance[e] = NAN;
    }
    return SQN_OK;
}

sqn_status estimate_make_count(estimate *out, const estimate_fit *fit,
                               const uint8_t *wanted, int64_t i_count, sqn_error *err)
{
    pass p = {.fit = fit, .wanted = wanted, .i_count = i_count};
    sqn_status status = SQN_OK;

    SQN_TRY(estimate_create(out, fit->frames->images->n_all, err));
    SQN_TRY(pass_create(&p, false, err));
    SQN_TRY(run_pass(out, &p, err));

cleanup:
    pass_clear(&p);
    if (status != SQN_OK) {
        estimate_clear(out);
    }
    return status;
}

/* What is wanted and has no value yet; their number. */
static int64_t list_left(uint8_t *left, const uint8_t *wanted, const float *value,
                         int64_t n)
{
    int64_t count = 0;

    for (int64_t e = 0; e < n; e++) {
        left[e] = wanted[e] != 0 && isnan(value[e]);
        count += left[e];
    }
    return count;
}

sqn_status estimate_make(estimate *out, const estimate_fit *fit, const uint8_t *wanted,
                         sqn_error *err)
{
    const int64_t n_all = fit->frames->images->n_all;
    sqn_status status = SQN_OK;
    uint8_t *left = NULL;
    pass p = {.fit = fit};

    SQN_TRY(estimate_create(out, n_all, err));
    SQN_TRY(pass_create(&p, true, err));
    left = sqn__mem_alloc(n_all, 1);
    if (left == NULL) {
        status = SQN_RAISE(err, E_MEM, "a list of %" PRId64 " pixels", n_all);
        goto cleanup;
    }
    p.wanted = left;
    for (p.i_count = fit->basis->n_count - 1;
         p.i_count >= 0 && list_left(left, wanted, out->value, n_all) > 0; p.i_count--) {
        memset(p.n, 0, (size_t)n_all * sizeof *p.n);
        memset(p.sum, 0, (size_t)n_all * sizeof *p.sum);
        memset(p.weight, 0, (size_t)n_all * sizeof *p.weight);
        SQN_TRY(run_pass(out, &p, err));
    }

cleanup:
    sqn__mem_free(left);
    pass_clear(&p);
    if (status != SQN_OK) {
        estimate_clear(out);
    }
    return status;
}

void estimate_clear(estimate *e)
{
    sqn__mem_free(e->value);
    sqn__mem_free(e->variance);
    *e = (estimate){0};
}
