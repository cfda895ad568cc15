/** @file smooth.c @brief Components under a penalty on second differences along their pixels. */
#include "sequin/smooth.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "nnls.h"
#include "raise.h"
#include "smooth_band.h"
#include "smooth_sweep.h"

enum { BATCH = 64, SWEEPS = 4 }; /* rows in work; sweeps an iteration */
enum { SMALL = 65536 };          /* products below which threads cost more than they save */

/** Work space of a fit. Owned. */
typedef struct job {
    const sqn_rows *rows; /* borrowed */
    sqn__smooth_sums sums;
    uint8_t *bend;
    double *value, *weight; /* [BATCH, n_pix] */
    double *amount;         /* [BATCH, k] */
    double *misfit;         /* [BATCH] */
    double *work;           /* [BATCH, n_work] small problems */
    uint8_t *passive;       /* [BATCH, k] */
    int64_t n_work;         /* doubles of one */
    double *norm2;          /* [k] c_k of this iteration */
    double mean_weight, strength;
} job;

sqn_smooth_options sqn_smooth_options_default(void)
{
    return (sqn_smooth_options){.strength = 1.0, .tolerance = 1e-5, .max_iterations = 200};
}

static sqn_status check(sqn_matrix components, const sqn_rows *rows,
                        const sqn_smooth_options *o, sqn_error *err)
{
    if (!(o->strength >= 0.0) || !isfinite(o->strength) || !(o->tolerance >= 0.0) ||
        o->max_iterations < 1) {
        return SQN_RAISE(err, E_ARG, "smoothing of strength %g, tolerance %g", o->strength,
                         o->tolerance);
    }
    if (components.cols != rows->n_col || components.rows < 1) {
        return SQN_RAISE(err, E_SHAPE,
                         "components are [%" PRId64 ", %" PRId64 "], rows have %" PRId64
                         " pixels",
                         components.rows, components.cols, rows->n_col);
    }
    return SQN_OK;
}

static sqn_status job_create(job *j, sqn_matrix components, const sqn_rows *rows,
                             sqn_error *err)
{
    const int64_t k = components.rows, n = components.cols;

    j->rows = rows;
    j->n_work = k * k + k + sqn__nnls_work_size(k);
    j->sums = (sqn__smooth_sums){.k = k, .n_pix = n};
    j->sums.h = sqn__mem_alloc(sqn__mem_product(n, k), sizeof *j->sums.h);
    j->sums.gram = sqn__mem_alloc(sqn__mem_product(n, k * k), sizeof *j->sums.gram);
    j->sums.rhs = sqn__mem_alloc(sqn__mem_product(n, k), sizeof *j->sums.rhs);
    j->sums.price = sqn__mem_alloc(k, sizeof *j->sums.price);
    j->bend = sqn__mem_alloc(n, sizeof *j->bend);
    j->value = sqn__mem_alloc(sqn__mem_product(BATCH, n), sizeof *j->value);
    j->weight = sqn__mem_alloc(sqn__mem_product(BATCH, n), sizeof *j->weight);
    j->amount = sqn__mem_alloc(BATCH * k, sizeof *j->amount);
    j->misfit = sqn__mem_alloc(BATCH, sizeof *j->misfit);
    j->work = sqn__mem_alloc(BATCH * j->n_work, sizeof *j->work);
    j->passive = sqn__mem_alloc(BATCH * k, sizeof *j->passive);
    j->sums.band = sqn__mem_alloc(sqn__smooth_band_work_size(n), sizeof *j->sums.band);
    j->norm2 = sqn__mem_alloc(k, sizeof *j->norm2);
    if (j->sums.h == NULL || j->sums.gram == NULL || j->sums.rhs == NULL ||
        j->sums.price == NULL || j->bend == NULL || j->value == NULL || j->weight == NULL ||
        j->amount == NULL || j->misfit == NULL || j->work == NULL || j->passive == NULL ||
        j->sums.band == NULL || j->norm2 == NULL) {
        return SQN_RAISE(err, E_MEM,
                         "smoothing of %" PRId64 " components of %" PRId64 " pixels", k, n);
    }
    return SQN_OK;
}

static void job_clear(job *j)
{
    sqn__mem_free(j->sums.h);
    sqn__mem_free(j->sums.gram);
    sqn__mem_free(j->sums.rhs);
    sqn__mem_free(j->sums.price);
    sqn__mem_free(j->bend);
    sqn__mem_free(j->value);
    sqn__mem_free(j->weight);
    sqn__mem_free(j->amount);
    sqn__mem_free(j->misfit);
    sqn__mem_free(j->work);
    sqn__mem_free(j->passive);
    sqn__mem_free(j->sums.band);
    sqn__mem_free(j->norm2);
}

/* Components to [n_pix, k]; a pixel without any has none. */
static void take(job *j, sqn_matrix components)
{
    const int64_t k = j->sums.k, n = j->sums.n_pix;

    for (int64_t p = 0; p < n; p++) {
        for (int64_t a = 0; a < k; a++) {
            j->sums.h[p * k + a] = (double)components.data[a * components.stride + p];
        }
    }
    for (int64_t p = 1; p + 1 < n; p++) {
        j->bend[p] = !isnan(j->sums.h[(p - 1) * k]) && !isnan(j->sums.h[p * k]) &&
                     !isnan(j->sums.h[(p + 1) * k]);
    }
    j->sums.bend = j->bend;
}

static void give(sqn_matrix components, const job *j)
{
    for (int64_t a = 0; a < j->sums.k; a++) {
        for (int64_t p = 0; p < j->sums.n_pix; p++) {
            components.data[a * components.stride + p] =
                (float)j->sums.h[p * j->sums.k + a];
        }
    }
}

/* Unit norm: the coefficients of the next iteration make up for it. */
static void normalise(job *j)
{
    const int64_t k = j->sums.k, n = j->sums.n_pix;

    for (int64_t a = 0; a < k; a++) {
        double sum = 0.0;

        for (int64_t p = 0; p < n; p++) {
            const double h = j->sums.h[p * k + a];

            sum += isnan(h) ? 0.0 : h * h;
        }
        for (int64_t p = 0; p < n && sum > 0.0; p++) {
            j->sums.h[p * k + a] /= sqrt(sum);
        }
    }
}

/* Row `r` of the batch: its exact coefficients, the penalty a ridge for them, and its misfit. */
static void solve_row(const job *j, int64_t r, const double *ridge)
{
    const int64_t k = j->sums.k, n = j->sums.n_pix;
    const double *x = j->value + r * n, *v = j->weight + r * n;
    double *gram = j->work + r * j->n_work, *rhs = gram + k * k, *w = j->amount + r * k;
    const sqn__nnls_problem problem = {.k = k, .gram = gram, .rhs = rhs};

    memset(gram, 0, (size_t)(k * k + k) * sizeof *gram);
    for (int64_t p = 0; p < n; p++) {
        const double *h = j->sums.h + p * k;

        for (int64_t a = 0; a < k && v[p] > 0.0; a++) {
            for (int64_t b = 0; b < k; b++) {
                gram[a * k + b] += v[p] * h[a] * h[b];
            }
            rhs[a] += v[p] * x[p] * h[a];
        }
    }
    for (int64_t a = 0; a < k; a++) {
        gram[a * k + a] += ridge[a];
        w[a] = 0.0;
        j->passive[r * k + a] = 0;
    }
    (void)sqn__nnls_solve(w, j->passive + r * k, &problem, rhs + k);
    j->misfit[r] = 0.0;
    for (int64_t p = 0; p < n; p++) {
        double residual = x[p];

        for (int64_t a = 0; a < k && v[p] > 0.0; a++) {
            residual -= w[a] * j->sums.h[p * k + a];
        }
        j->misfit[r] += v[p] > 0.0 ? v[p] * residual * residual : 0.0;
    }
}

/* The batch into the sums of pixel `p`, row after row. */
static void add_pixel(const job *j, int64_t p, int64_t n_row)
{
    const int64_t k = j->sums.k, n = j->sums.n_pix;
    double *gram = j->sums.gram + p * k * k, *rhs = j->sums.rhs + p * k;

    for (int64_t r = 0; r < n_row; r++) {
        const double v = j->weight[r * n + p], x = j->value[r * n + p];
        const double *w = j->amount + r * k;

        for (int64_t a = 0; a < k && v > 0.0; a++) {
            for (int64_t b = 0; b < k; b++) {
                gram[a * k + b] += v * w[a] * w[b];
            }
            rhs[a] += v * x * w[a];
        }
    }
}

static sqn_status read_batch(const job *j, int64_t first, int64_t n_row, sqn_error *err)
{
    const int64_t n = j->sums.n_pix;
    sqn_status status = SQN_OK;

    for (int64_t r = 0; r < n_row && status == SQN_OK; r++) {
        double *v = j->weight + r * n;

        status = j->rows->read(j->rows->context, first + r, j->value + r * n, v, err);
        for (int64_t p = 0; p < n; p++) { /* no component, no part */
            v[p] = isnan(j->sums.h[p * j->sums.k]) ? 0.0 : v[p];
        }
    }
    return status;
}

/* Coefficients of all rows with these components; sums for the pixels, chi2, norms. */
static sqn_status pass(double *chi2, job *j, const double *ridge, sqn_error *err)
{
    const int64_t k = j->sums.k, n = j->sums.n_pix;
    const bool many = BATCH * n * k > SMALL;
    sqn_status status = SQN_OK;

    *chi2 = 0.0;
    memset(j->sums.gram, 0, (size_t)(n * k * k) * sizeof *j->sums.gram);
    memset(j->sums.rhs, 0, (size_t)(n * k) * sizeof *j->sums.rhs);
    memset(j->norm2, 0, (size_t)k * sizeof *j->norm2);
    for (int64_t first = 0; first < j->rows->n_row; first += BATCH) {
        const int64_t left = j->rows->n_row - first, n_row = left < BATCH ? left : BATCH;

        SQN_TRY(read_batch(j, first, n_row, err));
#pragma omp parallel for schedule(dynamic, 1) if (many) default(none) \
    shared(j, ridge, n_row)
        for (int64_t r = 0; r < n_row; r++) {
            solve_row(j, r, ridge);
        }
#pragma omp parallel for schedule(static) if (many) default(none) shared(j, n, n_row)
        for (int64_t p = 0; p < n; p++) {
            add_pixel(j, p, n_row);
        }
        for (int64_t r = 0; r < n_row; r++) {
            *chi2 += j->misfit[r];
            for (int64_t a = 0; a < k; a++) {
                j->norm2[a] += j->amount[r * k + a] * j->amount[r * k + a];
            }
        }
    }

cleanup:
    return status;
}

static sqn_status find_mean_weight(job *j, sqn_error *err)
{
    const int64_t n = j->sums.n_pix;
    sqn_status status = SQN_OK;
    double sum = 0.0;
    int64_t n_data = 0;

    for (int64_t r = 0; r < j->rows->n_row; r++) {
        SQN_TRY(read_batch(j, r, 1, err));
        for (int64_t p = 0; p < n; p++) {
            sum += j->weight[p];
            n_data += j->weight[p] > 0.0;
        }
    }
    if (n_data == 0) {
        status = SQN_RAISE(err, E_DATA_EMPTY, "no datum has a weight and a component");
        goto cleanup;
    }
    j->mean_weight = sum / (double)n_data;

cleanup:
    return status;
}

/* Price of the coefficients' squares: what makes the penalty a ridge for them. */
static void find_ridge(double *ridge, const job *j)
{
    for (int64_t a = 0; a < j->sums.k; a++) {
        ridge[a] = j->strength * j->mean_weight * sqn__smooth_sweep_roughness(&j->sums, a);
    }
}

static sqn_status iterate(sqn_smooth_record *out, job *j, const sqn_smooth_options *o,
                          double *ridge, sqn_error *err)
{
    sqn_status status = SQN_OK;
    double before = INFINITY;

    for (out->iterations = 1; !out->converged; out->iterations++) {
        normalise(j);
        find_ridge(ridge, j);
        SQN_TRY(pass(&out->chi2, j, ridge, err));
        out->penalty = 0.0;
        for (int64_t a = 0; a < j->sums.k; a++) {
            out->penalty += ridge[a] * j->norm2[a];
            j->sums.price[a] = j->strength * j->mean_weight * j->norm2[a];
        }
        const double now = out->chi2 + out->penalty;

        out->converged = before - now <= o->tolerance * now;
        if (out->converged || out->iterations == o->max_iterations) {
            break; /* chi2 and penalty are those of these components */
        }
        before = now;
        for (int64_t a = 0; a < j->sums.k; a++) {
            sqn__smooth_band(&j->sums, a);
        }
        sqn__smooth_sweep(&j->sums, SWEEPS);
    }

cleanup:
    return status;
}

sqn_status sqn_smooth_fit(sqn_smooth_record *out, sqn_matrix components,
                          const sqn_rows *rows, const sqn_smooth_options *options,
                          sqn_error *err)
{
    const sqn_smooth_options o = options != NULL ? *options : sqn_smooth_options_default();
    sqn_status status = SQN_OK;
    double *ridge = NULL;
    job j = {.strength = o.strength};

    *out = (sqn_smooth_record){0};
    SQN_TRY(check(components, rows, &o, err));
    SQN_TRY(job_create(&j, components, rows, err));
    ridge = sqn__mem_alloc(components.rows, sizeof *ridge);
    if (ridge == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " components", components.rows);
        goto cleanup;
    }
    take(&j, components);
    SQN_TRY(find_mean_weight(&j, err));
    SQN_TRY(iterate(out, &j, &o, ridge, err));
    give(components, &j);

cleanup:
    sqn__mem_free(ridge);
    job_clear(&j);
    return status;
}
