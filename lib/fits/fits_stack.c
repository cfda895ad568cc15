/** @file fits_stack.c @brief All frames of a role, read, sifted and narrowed. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cube_internal.h"
#include "fits_angles.h"
#include "fits_frames.h"
#include "fits_inputs.h"
#include "mem.h"
#include "raise.h"
#include "warn.h"

/* One call of sqn_fits_stack_read(). */
typedef struct job {
    sqn_fits_stack *stack;
    const sqn_fits_source *source;
    const sqn_log *log;
    sqn_error *err;
    sqn__fits_layout layout;
    sqn__fits_values angles,
        wavelengths;    /* lists from files; angles.value may be borrowed */
    double (*angle)[2]; /* [all planes] as given, theta */
    bool *is_out;       /* [all planes] excluded */
    bool decided;       /* the exponent is known */
    sqn__fits_tally tally;
} job;

static sqn_status check_source(const sqn_fits_source *source, sqn_error *err)
{
    if (source->files == NULL || source->files->n < 1) {
        return SQN_RAISE(err, E_ARG, "no files to read");
    }
    for (int64_t i = 0; i < source->n_bit; i++) {
        if (source->quality_bits[i] < 0 || source->quality_bits[i] >= SQN__FITS_BITS) {
            return SQN_RAISE(err, E_CFG_SCHEMA,
                             "quality_bits: %" PRId64 " is not a bit number from 0 to 31",
                             source->quality_bits[i]);
        }
    }
    return SQN_OK;
}

/* Mark the excluded frames among all planes; the number that is left. */
static sqn_status mark_excluded(int64_t *n_left, job *j)
{
    const int64_t n_all = j->layout.data.n_plane;

    *n_left = n_all;
    j->is_out = sqn__mem_alloc(n_all, sizeof *j->is_out);
    if (j->is_out == NULL) {
        return SQN_RAISE(j->err, E_MEM, "a list of %" PRId64 " frames", n_all);
    }
    for (int64_t i = 0; i < j->source->n_exclude; i++) {
        const int64_t number = j->source->exclude[i];

        if (number < 1 || number > n_all) {
            sqn_status status =
                SQN_RAISE(j->err, E_CFG_SCHEMA,
                          "exclude_frames: there is no frame %" PRId64 " among %" PRId64,
                          number, n_all);

            sqn__error_mend(j->err, "name frames from 1 to %" PRId64, n_all);
            return status;
        }
        *n_left -= j->is_out[number - 1] ? 0 : 1;
        j->is_out[number - 1] = true;
    }
    return *n_left > 0
               ? SQN_OK
               : SQN_RAISE(j->err, E_DATA_EMPTY,
                           "exclude_frames leaves none of %" PRId64 " frames", n_all);
}

/* Angles of all planes, where they are asked for. */
static sqn_status find_angles(job *j)
{
    const sqn_fits_angles *angles = j->source->angles;
    const int64_t n_all = j->layout.data.n_plane;
    sqn__fits_values listed = {0};
    sqn_status status = SQN_OK;

    if (angles == NULL) {
        return SQN_OK;
    }
    j->angle = sqn__mem_alloc(n_all, sizeof *j->angle);
    if (j->angle == NULL) {
        return SQN_RAISE(j->err, E_MEM, "angles of %" PRId64 " frames", n_all);
    }
    if (sqn__fits_angles_are_listed(angles) && angles->file != NULL) {
        SQN_TRY(sqn__fits_values_read(&j->angles, angles->file, angles->column, j->log,
                                      j->err));
        listed = j->angles;
    } else if (angles->values != NULL) {
        double *values = NULL;

        memcpy(&values, &angles->values, sizeof values); /* only read */
        listed = (sqn__fits_values){.n = angles->n_value, .value = values};
    }
    status = sqn__fits_angles_spread(j->angle, &j->layout.data, j->layout.facts, angles,
                                     &listed, j->err);
    if (status != SQN_OK && angles->file != NULL) {
        sqn__fits_file_at(j->err, angles->file, NULL, NULL);
    }

cleanup:
    return status;
}

/* One wavelength per plane of a spectral cube. */
static sqn_status find_wavelengths(job *j)
{
    const sqn__fits_units *data = &j->layout.data;
    sqn_status status = SQN_OK;

    if (j->source->wavelengths == NULL) {
        return SQN_OK;
    }
    SQN_TRY(sqn__fits_values_read(&j->wavelengths, j->source->wavelengths, NULL, j->log,
                                  j->err));
    for (int64_t u = 0; u < data->n; u++) {
        if (data->unit[u].shape.n_wave != j->wavelengths.n) {
            char shape[96];

            sqn__fits_shape_text(shape, sizeof shape, &data->unit[u].hdu);
            status = SQN_RAISE(j->err, E_SHAPE,
                               "the image is %s, %.200s holds %" PRId64 " wavelengths",
                               shape, j->source->wavelengths, j->wavelengths.n);
            sqn__error_mend(j->err, "give one wavelength per plane");
            sqn__fits_file_at(j->err, data->unit[u].path, &data->unit[u].hdu, NULL);
            goto cleanup;
        }
    }

cleanup:
    return status;
}

static bool allocate_flags(const job *j)
{
    sqn_fits_stack *s = j->stack;
    const int64_t n_all = s->n_frame * s->ny * s->nx;
    const bool has_quality = j->layout.quality.n > 0;

    s->flags = sqn__mem_reserve(n_all, sizeof *s->flags);
    s->dq = has_quality ? sqn__mem_alloc(n_all, sizeof *s->dq) : NULL;
    return s->flags != NULL && (s->dq != NULL || !has_quality);
}

static sqn_status allocate(job *j, int64_t n_frame)
{
    const sqn__fits_shape *shape = &j->layout.data.unit[0].shape;
    sqn_fits_stack *s = j->stack;
    sqn_status status = SQN_OK;

    s->n_frame = n_frame;
    s->ny = shape->ny;
    s->nx = shape->nx;
    SQN_TRY(sqn__cube_reserve(&s->value, n_frame, s->ny, s->nx, j->err));
    if (j->layout.noise.n > 0) {
        SQN_TRY(sqn__cube_reserve(&s->error, n_frame, s->ny, s->nx, j->err));
    }

    s->frames = sqn__mem_alloc(n_frame, sizeof *s->frames);
    if (s->frames == NULL || (!j->source->values_only && !allocate_flags(j))) {
        status = SQN_RAISE(j->err, E_MEM, "flags of %" PRId64 " frames", n_frame);
    }

cleanup:
    return status;
}

/* Headers and unit of the first frame pass to the stack. */
static sqn_status hand_over_headers(job *j)
{
    sqn__fits_layout *layout = &j->layout;
    sqn_status status = SQN_OK;

    j->stack->primary = layout->primary;
    layout->primary = NULL;
    j->stack->image = layout->image;
    layout->image = NULL;
    if (j->stack->image == NULL) { /* the primary HDU itself */
        SQN_TRY(sqn_header_create(&j->stack->image, j->err));
        SQN_TRY(sqn_header_merge(j->stack->image, j->stack->primary, j->err));
    }
    (void)snprintf(j->stack->unit, sizeof j->stack->unit, "%.69s%s", layout->facts[0].unit,
                   layout->facts[0].unit[0] != '\0' && j->source->divide_by != NULL ? "/s"
                                                                                    : "");

cleanup:
    return status;
}

static void clear_job(job *j)
{
    sqn__fits_layout_clear(&j->layout);
    sqn__fits_values_clear(&j->angles);
    sqn__fits_values_clear(&j->wavelengths);
    sqn__mem_free(j->angle);
    sqn__mem_free(j->is_out);
}

/* All that is known before a pixel is read. */
static sqn_status prepare(job *j)
{
    const sqn__fits_values *lists[2] = {&j->angles, &j->wavelengths};
    sqn_status status = SQN_OK;
    int64_t n_frame = 0;

    SQN_TRY(sqn__fits_layout_make(&j->layout, j->source, j->log, j->err));
    SQN_TRY(mark_excluded(&n_frame, j));
    SQN_TRY(find_angles(j));
    SQN_TRY(find_wavelengths(j));
    SQN_TRY(sqn__fits_inputs_list(j->stack, &j->layout, j->source, lists, j->err));
    SQN_TRY(allocate(j, n_frame));

cleanup:
    return status;
}

/* Every pixel, and with them the checksums: bytes that have changed explain whatever else was found. */
static sqn_status read_frames(job *j)
{
    const sqn__fits_frames what = {
        .stack = j->stack,
        .source = j->source,
        .layout = &j->layout,
        .angle = j->angle,
        .wavelength = j->wavelengths.value,
        .is_out = j->is_out,
        .decided = j->decided,
    };
    sqn_error found = {0};
    const sqn_status read = sqn__fits_frames_read(&j->tally, &what, &found);
    const sqn_status verified = sqn__fits_layout_verify(&j->layout, j->err);

    if (verified != SQN_OK) {
        return verified;
    }
    if (read != SQN_OK && j->err != NULL) {
        *j->err = found;
    }
    return read;
}

static sqn_status run(job *j)
{
    const sqn_fits_source *source = j->source;
    const char *where = source->files->path[0];
    sqn_status status = SQN_OK;

    SQN_TRY(prepare(j));
    SQN_TRY(read_frames(j));
    SQN_TRY(sqn__fits_inputs_sum(j->stack, &j->layout, j->err));
    sqn__fits_tally_report(&j->tally, source->quality_bits, source->n_bit, where, j->log);
    SQN_TRY(sqn__fits_tally_check(&j->tally, where, j->err));
    SQN_TRY(hand_over_headers(j));

cleanup:
    return status;
}

sqn_status sqn_fits_stack_read(sqn_fits_stack *out, const sqn_fits_source *source,
                               int exponent, const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    job *j = NULL;

    *out = (sqn_fits_stack){0};
    SQN_TRY(check_source(source, err));
    j = sqn__mem_alloc(1, sizeof *j);
    if (j == NULL) {
        return SQN_RAISE(err, E_MEM, "the state of a reader");
    }
    *j = (job){.stack = out, .source = source, .log = log, .err = err};
    j->decided = exponent != INT_MIN;
    out->exponent = j->decided ? exponent : 0;
    status = run(j);
    clear_job(j);
    sqn__mem_free(j);

cleanup:
    if (status != SQN_OK) {
        sqn_fits_stack_clear(out);
    }
    return status;
}

void sqn_fits_stack_clear(sqn_fits_stack *stack)
{
    if (stack != NULL) {
        sqn_cube_clear(&stack->value);
        sqn_cube_clear(&stack->error);
        sqn__mem_free(stack->dq);
        sqn__mem_free(stack->flags);
        sqn__mem_free(stack->frames);
        sqn__mem_free(stack->inputs);
        sqn_header_destroy(&stack->primary);
        sqn_header_destroy(&stack->image);
        sqn_fits_files_clear(&stack->paths);
        *stack = (sqn_fits_stack){0};
    }
}
