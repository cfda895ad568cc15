/** @file fits_stack.c @brief All frames of a role, read, sifted and narrowed. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fits_angles.h"
#include "fits_inputs.h"
#include "fits_narrow.h"
#include "fits_sieve.h"
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
    sqn__fits_sieve sieve;
    sqn__fits_stream data, noise, quality, mask;
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

static sqn_status allocate(job *j, int64_t n_frame)
{
    const sqn__fits_shape *shape = &j->layout.data.unit[0].shape;
    const bool wants[3] = {j->layout.noise.n > 0, j->layout.quality.n > 0,
                           j->layout.mask.n > 0};
    sqn_fits_stack *s = j->stack;
    sqn_status status = SQN_OK;

    s->n_frame = n_frame;
    s->ny = shape->ny;
    s->nx = shape->nx;
    SQN_TRY(sqn_cube_init(&s->value, n_frame, s->ny, s->nx, j->err));
    if (wants[0]) {
        SQN_TRY(sqn_cube_init(&s->error, n_frame, s->ny, s->nx, j->err));
    }

    const int64_t n_all = (j->source->values_only ? 1 : n_frame) * s->ny * s->nx;

    s->flags = sqn__mem_alloc(n_all, sizeof *s->flags);
    s->dq = wants[1] ? sqn__mem_alloc(n_all, sizeof *s->dq) : NULL;
    s->frames = sqn__mem_alloc(n_frame, sizeof *s->frames);
    if (s->flags == NULL || s->frames == NULL || (wants[1] && s->dq == NULL)) {
        status = SQN_RAISE(j->err, E_MEM, "flags of %" PRId64 " frames", n_frame);
        goto cleanup;
    }
    SQN_TRY(sqn__fits_sieve_init(&j->sieve, s->ny * s->nx, wants, j->err));
    j->sieve.source = j->source;
    j->sieve.tally = &j->tally;

cleanup:
    return status;
}

/* The next plane of all rows, or a step over it. */
static sqn_status next_planes(job *j, bool skip, bool *has_flags)
{
    const sqn__fits_unit *from = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn__fits_stream_next(skip ? NULL : j->sieve.value, &from, &j->data, j->err));
    j->sieve.is_wide = from->hdu.bitpix == 64;
    if (j->layout.noise.n > 0) {
        SQN_TRY(
            sqn__fits_stream_next(skip ? NULL : j->sieve.noise, &from, &j->noise, j->err));
    }
    *has_flags = false;
    if (j->layout.quality.n > 0) {
        SQN_TRY(sqn__fits_stream_next(skip ? NULL : j->sieve.quality, &from, &j->quality,
                                      j->err));
        *has_flags = from->path != NULL;
    }
    if (j->layout.mask.n_plane > 1 ||
        (j->layout.mask.n_plane == 1 && j->mask.unit == 0)) { /* one for all stays */
        SQN_TRY(
            sqn__fits_stream_next(skip && j->layout.mask.n_plane > 1 ? NULL : j->sieve.mask,
                                  &from, &j->mask, j->err));
    }

cleanup:
    return status;
}

/* Where the frame came from and what its headers say. */
static void describe_frame(sqn_fits_frame *frame, const job *j, int64_t unit, int64_t plane,
                           int64_t index)
{
    const sqn__fits_unit *from = &j->layout.data.unit[unit];
    const sqn__fits_facts *facts = &j->layout.facts[unit];

    frame->file = j->stack->paths.path[from->file];
    frame->hdu = from->hdu.number;
    frame->extver = from->hdu.extver;
    frame->plane = plane + 1;
    memcpy(frame->date, facts->date, sizeof frame->date);
    memcpy(frame->filter, facts->filter, sizeof frame->filter);
    frame->exposure = facts->exposure;
    frame->wavelength =
        j->wavelengths.n > 0 ? j->wavelengths.value[plane / from->shape.n_time] : NAN;
    frame->angle = j->angle != NULL ? j->angle[index][0] : NAN;
    frame->theta = j->angle != NULL ? j->angle[index][1] : 0.0;
}

/* The first frame that shows a size decides the exponent, unless the caller did. */
static void decide_exponent(job *j)
{
    if (!j->decided) {
        j->decided =
            sqn__fits_narrow_exponent(&j->stack->exponent, j->sieve.value, j->sieve.n_pix);
        if (!j->decided && j->sieve.noise != NULL) {
            j->decided = sqn__fits_narrow_exponent(&j->stack->exponent, j->sieve.noise,
                                                   j->sieve.n_pix);
        }
    }
}

static sqn_status refuse_overflow(const job *j, const sqn_fits_frame *frame, double value,
                                  int64_t p)
{
    const sqn_status status =
        SQN_RAISE(j->err, E_FITS_TYPE,
                  "the value %.6g of pixel (%" PRId64 ", %" PRId64 ") of plane %" PRId64
                  " exceeds float32 beside the others (unit 2^%d)",
                  value, p % j->stack->nx + 1, p / j->stack->nx + 1, frame->plane,
                  j->stack->exponent);

    sqn__error_mend(j->err, "set valid_range if the value is wrong, else rescale the data");
    sqn__error_at(j->err, frame->file, frame->hdu, NULL);
    return status;
}

/* Errors that float32 cannot hold beside the values have no weight we could use. */
static void drop_bad_errors(job *j, float *value, float *error, uint8_t *flags,
                            sqn_fits_frame *frame, int64_t number)
{
    int64_t n = 0;

    for (int64_t p = 0; p < j->sieve.n_pix; p++) {
        if (error[p] == 0.0F || isinf(error[p])) {
            error[p] = value[p] = NAN;
            flags[p] |= SQN_FLAG_NO_SCIENCE;
            n++;
        }
    }
    frame->n_bad_error += n;
    frame->n_missing += n;
    j->tally.n_bad_error += n;
    j->tally.n_missing += n;
    sqn__fits_tally_see(&j->tally, SQN__FITS_BAD_ERROR, number, n);
}

/* Sift and narrow the frame in the buffers to place `f` of the stack. */
static sqn_status store_frame(job *j, int64_t f, int64_t unit, bool has_flags,
                              int64_t number)
{
    const int64_t n_pix = j->sieve.n_pix;
    sqn_fits_stack *s = j->stack;
    sqn_fits_frame *frame = &s->frames[f];
    float *value = s->value.data + f * n_pix;
    const int64_t flags = j->source->values_only ? 0 : f * n_pix;
    const sqn__fits_flags_of to = {s->dq != NULL ? s->dq + flags : NULL, s->flags + flags};
    sqn_status status = SQN_OK;
    int64_t n_faded = 0;

    status = sqn__fits_sieve_sift(&j->sieve, &to, frame, number, &j->layout.facts[unit],
                                  has_flags, j->err);
    if (status != SQN_OK) {
        sqn__error_at(j->err, frame->file, frame->hdu, NULL);
        return status;
    }
    decide_exponent(j);

    const int64_t overflow =
        sqn__fits_narrow_row(value, &n_faded, j->sieve.value, n_pix, s->exponent);

    if (overflow >= 0) {
        return refuse_overflow(j, frame, j->sieve.value[overflow], overflow);
    }
    sqn__fits_tally_see(&j->tally, SQN__FITS_FADED, number, n_faded);
    j->tally.n_zero += n_faded;
    if (j->sieve.noise != NULL) {
        float *error = s->error.data + f * n_pix;

        (void)sqn__fits_narrow_row(error, &n_faded, j->sieve.noise, n_pix, s->exponent);
        drop_bad_errors(j, value, error, to.flags, frame, number);
    }
    return SQN_OK;
}

/* Plane `plane` of a unit, the `index`-th of all, to place *f unless it is excluded. */
static sqn_status read_frame(job *j, int64_t *f, int64_t unit, int64_t plane, int64_t index)
{
    bool has_flags = false;
    sqn_status status = next_planes(j, j->is_out[index], &has_flags);

    if (status == SQN_OK && !j->is_out[index]) {
        describe_frame(&j->stack->frames[*f], j, unit, plane, index);
        status = store_frame(j, (*f)++, unit, has_flags, index + 1);
    }
    return status;
}

static sqn_status read_frames(job *j)
{
    const sqn__fits_units *data = &j->layout.data;
    sqn_status status = SQN_OK;
    int64_t f = 0, index = 0;

    for (int64_t u = 0; u < data->n; u++) {
        for (int64_t p = 0; p < data->unit[u].n_plane && status == SQN_OK; p++) {
            status = read_frame(j, &f, u, p, index++);
        }
    }
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
    sqn__fits_stream_close(&j->data);
    sqn__fits_stream_close(&j->noise);
    sqn__fits_stream_close(&j->quality);
    sqn__fits_stream_close(&j->mask);
    sqn__fits_sieve_clear(&j->sieve);
    sqn__fits_layout_clear(&j->layout);
    sqn__fits_values_clear(&j->angles);
    sqn__fits_values_clear(&j->wavelengths);
    sqn__mem_free(j->angle);
    sqn__mem_free(j->is_out);
}

/* Of one frame at a time. */
static void drop_flags(sqn_fits_stack *stack)
{
    sqn__mem_free(stack->dq);
    sqn__mem_free(stack->flags);
    stack->dq = NULL;
    stack->flags = NULL;
}

static void start_streams(job *j)
{
    sqn__fits_pool *pool = &j->layout.pool;

    j->data = (sqn__fits_stream){.units = &j->layout.data, .pool = pool};
    j->noise = (sqn__fits_stream){.units = &j->layout.noise, .pool = pool};
    j->quality = (sqn__fits_stream){.units = &j->layout.quality, .pool = pool};
    j->mask = (sqn__fits_stream){.units = &j->layout.mask, .pool = pool};
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

static sqn_status run(job *j)
{
    const sqn_fits_source *source = j->source;
    const char *where = source->files->path[0];
    sqn_status status = SQN_OK;

    SQN_TRY(prepare(j));
    start_streams(j);
    SQN_TRY(read_frames(j));
    sqn__fits_tally_report(&j->tally, source->quality_bits, source->n_bit, where, j->log);
    SQN_TRY(sqn__fits_tally_check(&j->tally, where, j->err));
    SQN_TRY(hand_over_headers(j));
    if (source->values_only) {
        drop_flags(j->stack);
    }

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
