/** @file weights.c @brief Inverse variances from errors or from the photons themselves. */
#include "sequin/weights.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "stats.h"

enum { MAX_DOUBLES = 1 << 23 }; /* of work space: 64 MiB */

double sqn_weights_of_error(double sigma)
{
    return sigma > 0.0 && isfinite(sigma) ? 1.0 / (sigma * sigma) : 0.0;
}

/* Work space: the values of a share of the pixels, one pixel after the other. */
typedef struct pixel_share {
    int64_t first, n_col;
    double *column;         /* [n_col, n_row] NaN = missing */
    double *value, *weight; /* one row, all pixels */
} pixel_share;

static sqn_status collect(const pixel_share *share, const sqn_rows *rows, sqn_error *err)
{
    for (int64_t i = 0; i < rows->n_row; i++) {
        const sqn_status status =
            rows->read(rows->context, i, share->value, share->weight, err);

        if (status != SQN_OK) {
            return status;
        }
        for (int64_t j = 0; j < share->n_col; j++) {
            const int64_t p = share->first + j;

            share->column[j * rows->n_row + i] =
                share->weight[p] > 0.0 ? share->value[p] : NAN;
        }
    }
    return SQN_OK;
}

static sqn_status fill(double *out, pixel_share *share, const sqn_rows *rows,
                       const sqn_weights_poisson *poisson, sqn_error *err)
{
    const double read_noise = poisson->read_noise / poisson->gain;
    const int64_t step = share->n_col;

    for (share->first = 0; share->first < rows->n_col; share->first += step) {
        const int64_t left = rows->n_col - share->first;

        share->n_col = left < step ? left : step;
        const sqn_status status = collect(share, rows, err);

        if (status != SQN_OK) {
            return status;
        }
        for (int64_t j = 0; j < share->n_col; j++) {
            const double m =
                sqn__stats_median(share->column + j * rows->n_row, rows->n_row);

            out[share->first + j] =
                isnan(m) ? NAN : fmax(m, 0.0) / poisson->gain + read_noise * read_noise;
        }
    }
    return SQN_OK;
}

sqn_status sqn_weights_poisson_variance(double *out, const sqn_rows *rows,
                                        const sqn_weights_poisson *poisson, sqn_error *err)
{
    if (!(poisson->gain > 0.0) || !(poisson->read_noise > 0.0) || rows->n_row < 1) {
        return SQN_RAISE(err, E_ARG, "gain %g, read noise %g, %" PRId64 " frames",
                         poisson->gain, poisson->read_noise, rows->n_row);
    }
    const int64_t room = MAX_DOUBLES / rows->n_row + 1;
    pixel_share share = {.n_col = room < rows->n_col ? room : rows->n_col};
    sqn_status status = SQN_OK;

    share.column =
        sqn__mem_alloc(sqn__mem_product(share.n_col, rows->n_row), sizeof *share.column);
    share.value = sqn__mem_alloc(rows->n_col, sizeof *share.value);
    share.weight = sqn__mem_alloc(rows->n_col, sizeof *share.weight);
    if (share.column == NULL || share.value == NULL || share.weight == NULL) {
        status = SQN_RAISE(err, E_MEM, "medians of %" PRId64 " pixels", rows->n_col);
        goto cleanup;
    }
    SQN_TRY(fill(out, &share, rows, poisson, err));

cleanup:
    sqn__mem_free(share.column);
    sqn__mem_free(share.value);
    sqn__mem_free(share.weight);
    return status;
}

double sqn_weights_median(double *scratch, int64_t n)
{
    return sqn__stats_median(scratch, n);
}

double sqn_weights_mad_sigma(double *scratch, int64_t n)
{
    return sqn__stats_mad_sigma(scratch, n);
}
