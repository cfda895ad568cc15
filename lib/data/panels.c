/**
 * @file panels.c
 * @brief X and V, scaled by exact powers of two and cut into panels along the longer axis.
 */
#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "panels_read.h"
#include "raise.h"

/* index[i] = rank of i among those with data, or -1; returns how many have any. */
static int64_t enumerate(int64_t *index, const int64_t *n_valid, int64_t n)
{
    int64_t used = 0;

    for (int64_t i = 0; i < n; i++) {
        index[i] = n_valid[i] > 0 ? used++ : -1;
    }
    return used;
}

static void choose_shape(sqn_panels *panels, const sqn__panels_survey *found)
{
    sqn_panels_info *info = &panels->info;

    info->n_data = found->n_data;
    info->n_negative = found->n_negative;
    info->n_frame_used = enumerate(panels->frame, panels->frame_valid, info->n_frame);
    info->n_pix_used = enumerate(panels->pixel, panels->pixel_valid, info->n_pix);
    info->pixels_are_long = info->n_pix_used >= info->n_frame_used;
    panels->n_long = info->pixels_are_long ? info->n_pix_used : info->n_frame_used;
    panels->n_short = info->pixels_are_long ? info->n_frame_used : info->n_pix_used;
    panels->width = SQN__PANELS_WIDTH;
    panels->n_panel = (panels->n_long + panels->width - 1) / panels->width;
}

/* Powers of two that bring the rms of X and the largest weight to 1..2. */
static void choose_units(sqn_panels *panels, const sqn__panels_survey *found)
{
    const double rms = sqrt(found->sum_vx2) / sqrt(found->sum_v);

    panels->exponent = rms > 0.0 && isfinite(rms) ? ilogb(rms) : 0;
    panels->weight_exponent = ilogb(found->v.high);
    panels->chi2_scale = ldexp(1.0, panels->weight_exponent + 2 * panels->exponent);
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
        panels->frame_valid = sqn__mem_alloc(rows->n_row, sizeof *panels->frame_valid);
        panels->frame_weight = sqn__mem_alloc(rows->n_row, sizeof *panels->frame_weight);
    }
    if (panels == NULL || panels->frame == NULL || panels->pixel == NULL ||
        panels->pixel_valid == NULL || panels->frame_valid == NULL ||
        panels->frame_weight == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " frames of %" PRId64 " pixels",
                         rows->n_row, rows->n_col);
    }
    return SQN_OK;
}

/* Both readings. */
static sqn_status read_rows(sqn_panels *panels, const sqn_rows *rows,
                            sqn__panels_readers *readers, sqn_error *err)
{
    sqn__panels_survey found;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn__panels_survey_rows(&found, readers, panels, rows, err));
    choose_shape(panels, &found);
    choose_units(panels, &found);
    SQN_TRY(sqn__panels_store_rows(panels, readers, rows, err));

cleanup:
    return status;
}

sqn_status sqn_panels_create(sqn_panels **out, const sqn_rows *rows,
                             sqn_negatives negatives, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_panels *panels = NULL;
    sqn__panels_readers readers = {0};

    if (out == NULL || rows == NULL || rows->read == NULL) {
        return SQN_RAISE(err, E_ARG, "sqn_panels_create() needs a result and rows");
    }
    *out = NULL;
    if (rows->n_row < 1 || rows->n_col < 1) {
        return SQN_RAISE(err, E_DATA_EMPTY, "%" PRId64 " frames of %" PRId64 " pixels",
                         rows->n_row, rows->n_col);
    }
    SQN_TRY(sqn__panels_readers_create(&readers, rows, err));
    SQN_TRY(create_maps(&panels, rows, err));
    panels->negatives = negatives;
    SQN_TRY(read_rows(panels, rows, &readers, err));
    *out = panels;
    panels = NULL;

cleanup:
    sqn_panels_destroy(&panels);
    sqn__panels_readers_clear(&readers);
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

static size_t size_of(const sqn_panels *panels)
{
    return (size_t)(panels->n_panel * panels->n_short * panels->width) * sizeof *panels->x;
}

sqn_spare sqn_panels_spare_values(sqn_panels *panels)
{
    if (panels == NULL) {
        return (sqn_spare){0};
    }
    panels->lends_values = true;
    return (sqn_spare){{panels->x}, {size_of(panels)}};
}

sqn_spare sqn_panels_spare(sqn_panels *panels)
{
    sqn_spare spare = sqn_panels_spare_values(panels);

    if (panels != NULL) {
        panels->lends_weights = true;
        spare.block[1] = panels->v;
        spare.bytes[1] = size_of(panels);
    }
    return spare;
}

void sqn_panels_destroy(sqn_panels **panels)
{
    if (panels != NULL && *panels != NULL) {
        sqn__mem_free((*panels)->frame_weight);
        sqn__mem_free((*panels)->frame_valid);
        sqn__mem_free((*panels)->pixel_valid);
        sqn__mem_free((*panels)->pixel);
        sqn__mem_free((*panels)->frame);
        sqn__mem_free((*panels)->v);
        sqn__mem_free((*panels)->x);
        sqn__mem_free(*panels);
        *panels = NULL;
    }
}
