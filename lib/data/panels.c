/**
 * @file panels.c
 * @brief X and V, scaled by exact powers of two and cut into panels along the longer axis.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "panels_internal.h"
#include "raise.h"

static const double span_max = 1e24; /* of the weights: 2^80, half the range of float32 */

/* What the first reading finds. */
typedef struct survey {
    double sum_v, sum_vx2, v_min, v_max;
    int64_t n_data, n_negative;
    int64_t *frame_valid; /* [n_frame] data of positive weight */
} survey;

/* One row as read, checked and with `negatives` applied. */
typedef struct line {
    double *value, *weight; /* [n_pix] */
} line;

static sqn_status check_row(const line *row, int64_t i, int64_t n_pix, sqn_error *err)
{
    for (int64_t j = 0; j < n_pix; j++) {
        const double v = row->weight[j];

        if (!(v >= 0.0) || isinf(v)) {
            return SQN_RAISE(err, E_ERRPLANE,
                             "weight %g in frame %" PRId64 ", pixel %" PRId64
                             " (from 1): weights are finite and not negative",
                             v, i + 1, j + 1);
        }
        if (v > 0.0 && !isfinite(row->value[j])) {
            return SQN_RAISE(err, E_FITS_TYPE,
                             "value %g with weight %g in frame %" PRId64 ", pixel %" PRId64
                             " (from 1)",
                             row->value[j], v, i + 1, j + 1);
        }
    }
    return SQN_OK;
}

/* Apply the rule for negative data; returns how many there were. */
static int64_t treat_negatives(const line *row, int64_t n_pix, sqn_negatives negatives)
{
    int64_t n = 0;

    for (int64_t j = 0; j < n_pix; j++) {
        if (row->weight[j] > 0.0 && row->value[j] < 0.0) {
            n++;
            if (negatives == SQN_NEGATIVES_ZERO) {
                row->value[j] = 0.0;
            } else if (negatives == SQN_NEGATIVES_MISSING) {
                row->weight[j] = 0.0;
            }
        }
    }
    return n;
}

static void survey_row(survey *found, sqn_panels *panels, const line *row, int64_t i)
{
    for (int64_t j = 0; j < panels->info.n_pix; j++) {
        const double x = row->value[j], v = row->weight[j];

        if (v > 0.0) {
            found->sum_v += v;
            found->sum_vx2 += v * x * x;
            found->v_min = fmin(found->v_min, v);
            found->v_max = fmax(found->v_max, v);
            found->frame_valid[i]++;
            panels->pixel_valid[j]++;
        }
    }
    found->n_data += found->frame_valid[i];
}

/* First reading: sums, extremes, and who takes part. */
static sqn_status survey_rows(survey *found, sqn_panels *panels, const sqn_rows *rows,
                              const line *row, sqn_negatives negatives, sqn_error *err)
{
    sqn_status status = SQN_OK;

    found->v_min = INFINITY;
    for (int64_t i = 0; i < rows->n_row; i++) {
        SQN_TRY(rows->read(rows->context, i, row->value, row->weight, err));
        SQN_TRY(check_row(row, i, rows->n_col, err));
        found->n_negative += treat_negatives(row, rows->n_col, negatives);
        survey_row(found, panels, row, i);
    }
    if (found->n_data == 0) {
        status = SQN_RAISE(err, E_DATA_EMPTY,
                           "no datum of %" PRId64 " frames of %" PRId64
                           " pixels has a positive weight",
                           rows->n_row, rows->n_col);
    } else if (found->v_max / found->v_min > span_max) {
        status = SQN_RAISE(err, E_ERRPLANE, "weights span %g to %g, more than a factor %g",
                           found->v_min, found->v_max, span_max);
    }

cleanup:
    return status;
}

/* index[i] = rank of i among those with data, or -1; returns how many have any. */
static int64_t enumerate(int64_t *index, const int64_t *n_valid, int64_t n)
{
    int64_t used = 0;

    for (int64_t i = 0; i < n; i++) {
        index[i] = n_valid[i] > 0 ? used++ : -1;
    }
    return used;
}

static void choose_shape(sqn_panels *panels, const survey *found)
{
    sqn_panels_info *info = &panels->info;

    info->n_data = found->n_data;
    info->n_negative = found->n_negative;
    info->n_frame_used = enumerate(panels->frame, found->frame_valid, info->n_frame);
    info->n_pix_used = enumerate(panels->pixel, panels->pixel_valid, info->n_pix);
    info->pixels_are_long = info->n_pix_used >= info->n_frame_used;
    panels->n_long = info->pixels_are_long ? info->n_pix_used : info->n_frame_used;
    panels->n_short = info->pixels_are_long ? info->n_frame_used : info->n_pix_used;
    panels->width = SQN__PANELS_WIDTH;
    panels->n_panel = (panels->n_long + panels->width - 1) / panels->width;
}

/* Powers of two that bring the rms of X and the largest weight to 1..2. */
static void choose_units(sqn_panels *panels, const survey *found)
{
    const double rms = sqrt(found->sum_vx2) / sqrt(found->sum_v);

    panels->exponent = rms > 0.0 && isfinite(rms) ? ilogb(rms) : 0;
    panels->weight_exponent = ilogb(found->v_max);
    panels->equal_v = found->v_min < found->v_max
                          ? 0.0F
                          : (float)ldexp(found->v_max, -panels->weight_exponent);
    panels->chi2_scale = ldexp(1.0, panels->weight_exponent + 2 * panels->exponent);
}

/* x 2^exponent in two steps, neither of which leaves the range of double. */
typedef struct power {
    double first, second;
} power;

static power power_of_two(int exponent)
{
    return (power){ldexp(1.0, exponent / 2), ldexp(1.0, exponent - exponent / 2)};
}

static sqn_status narrow_value(float *out, double x, double v, power scale, sqn_error *err)
{
    const double scaled = x * scale.first * scale.second;
    const bool fits = fabs(scaled) <= (double)FLT_MAX; /* false for NaN */

    *out = fits ? (float)scaled : 0.0F;
    if (v > 0.0 && !fits) {
        return SQN_RAISE(err, E_FITS_TYPE,
                         "value %g is out of proportion to the weighted rms", x);
    }
    return SQN_OK;
}

/* Where entry (l, s) is while rows are stored. Where frames are short, row after row: the
 * pages of the panels fill up in the order in which those of the frames can go. */
static int64_t place(const sqn_panels *panels, int64_t l, int64_t s)
{
    const int64_t width = panels->width;

    return panels->info.pixels_are_long
               ? s * panels->n_panel * width + l
               : (l / width * panels->n_short + s) * width + l % width;
}

/* Lanes past L, which no row fills. */
static void zero_rest(const sqn_panels *panels)
{
    const int64_t end = panels->n_panel * panels->width;

    for (int64_t s = 0; s < panels->n_short; s++) {
        for (int64_t l = panels->n_long; l < end; l++) {
            panels->x[place(panels, l, s)] = panels->v[place(panels, l, s)] = 0.0F;
        }
    }
}

/* Second reading: row i of the data. */
static sqn_status store_row(sqn_panels *panels, const line *row, int64_t i, sqn_error *err)
{
    const power unit_x = power_of_two(-panels->exponent);
    const power unit_v = power_of_two(-panels->weight_exponent);
    const bool wide = panels->info.pixels_are_long;
    const int64_t frame = panels->frame[i];
    double sum_vx2 = 0.0;

    for (int64_t j = 0; frame >= 0 && j < panels->info.n_pix; j++) {
        const int64_t pixel = panels->pixel[j];

        if (pixel < 0) {
            continue;
        }
        const int64_t at = wide ? place(panels, pixel, frame) : place(panels, frame, pixel);
        const double v = row->weight[j];
        const sqn_status status =
            narrow_value(panels->x + at, row->value[j], v, unit_x, err);

        if (status != SQN_OK) {
            return status;
        }
        panels->v[at] = (float)(v * unit_v.first * unit_v.second);
        sum_vx2 += (double)panels->v[at] * panels->x[at] * panels->x[at];
    }
    panels->info.sum_vx2 += sum_vx2 * panels->chi2_scale;
    return SQN_OK;
}

static sqn_status store_rows(sqn_panels *panels, const sqn_rows *rows, const line *row,
                             sqn_negatives negatives, sqn_error *err)
{
    const int64_t size = sqn__mem_product(panels->n_panel, panels->n_short * panels->width);
    sqn_status status = SQN_OK;

    panels->x = sqn__mem_reserve(size, sizeof *panels->x);
    panels->v = sqn__mem_reserve(size, sizeof *panels->v);
    if (panels->x == NULL || panels->v == NULL) {
        return SQN_RAISE(err, E_MEM,
                         "data and weights of %" PRId64 " frames, %" PRId64 " pixels",
                         panels->info.n_frame_used, panels->info.n_pix_used);
    }
    for (int64_t i = 0; i < rows->n_row; i++) {
        SQN_TRY(rows->read(rows->context, i, row->value, row->weight, err));
        (void)treat_negatives(row, rows->n_col, negatives);
        SQN_TRY(store_row(panels, row, i, err));
        if (rows->release != NULL) {
            rows->release(rows->owner, i);
        }
    }
    zero_rest(panels);
    if (panels->info.pixels_are_long) {
        SQN_TRY(sqn__panels_fold(panels, err));
    }

cleanup:
    return status;
}

static sqn_status create_maps(sqn_panels **out, const sqn_rows *rows, sqn_error *err)
{
    sqn_panels *panels = sqn__mem_alloc(1, sizeof *panels);

    *out = panels;
    if (panels != NULL) {
        panels->info = (sqn_panels_info){.n_frame = rows->n_row, .n_pix = rows->n_col};
        panels->frame = sqn__mem_alloc(rows->n_row, sizeof *panels->frame);
        panels->pixel = sqn__mem_alloc(rows->n_col, sizeof *panels->pixel);
        panels->pixel_valid = sqn__mem_alloc(rows->n_col, sizeof *panels->pixel_valid);
    }
    if (panels == NULL || panels->frame == NULL || panels->pixel == NULL ||
        panels->pixel_valid == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " frames of %" PRId64 " pixels",
                         rows->n_row, rows->n_col);
    }
    return SQN_OK;
}

sqn_status sqn_panels_create(sqn_panels **out, const sqn_rows *rows,
                             sqn_negatives negatives, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_panels *panels = NULL;
    survey found = {0};
    line row = {0};

    if (out == NULL || rows == NULL || rows->read == NULL) {
        return SQN_RAISE(err, E_ARG, "sqn_panels_create() needs a result and rows");
    }
    *out = NULL;
    if (rows->n_row < 1 || rows->n_col < 1) {
        return SQN_RAISE(err, E_DATA_EMPTY, "%" PRId64 " frames of %" PRId64 " pixels",
                         rows->n_row, rows->n_col);
    }
    row.value = sqn__mem_alloc(rows->n_col, sizeof *row.value);
    row.weight = sqn__mem_alloc(rows->n_col, sizeof *row.weight);
    found.frame_valid = sqn__mem_alloc(rows->n_row, sizeof *found.frame_valid);
    if (row.value == NULL || row.weight == NULL || found.frame_valid == NULL) {
        status = SQN_RAISE(err, E_MEM, "one row of %" PRId64 " pixels", rows->n_col);
        goto cleanup;
    }
    SQN_TRY(create_maps(&panels, rows, err));
    SQN_TRY(survey_rows(&found, panels, rows, &row, negatives, err));
    panels->negatives = negatives;
    choose_shape(panels, &found);
    choose_units(panels, &found);
    SQN_TRY(store_rows(panels, rows, &row, negatives, err));
    *out = panels;
    panels = NULL;

cleanup:
    sqn_panels_destroy(&panels);
    sqn__mem_free(found.frame_valid);
    sqn__mem_free(row.weight);
    sqn__mem_free(row.value);
    return status;
}

const sqn_panels_info *sqn_panels_about(const sqn_panels *panels)
{
    return &panels->info;
}

bool sqn_panels_has_frame(const sqn_panels *panels, int64_t i)
{
    return i >= 0 && i < panels->info.n_frame && panels->frame[i] >= 0;
}

bool sqn_panels_has_pixel(const sqn_panels *panels, int64_t j)
{
    return j >= 0 && j < panels->info.n_pix && panels->pixel[j] >= 0;
}

void sqn_panels_destroy(sqn_panels **panels)
{
    if (panels != NULL && *panels != NULL) {
        sqn__mem_free((*panels)->pixel_valid);
        sqn__mem_free((*panels)->pixel);
        sqn__mem_free((*panels)->frame);
        sqn__mem_free((*panels)->v);
        sqn__mem_free((*panels)->x);
        sqn__mem_free(*panels);
        *panels = NULL;
    }
}
