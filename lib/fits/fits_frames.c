/**
 * @file fits_frames.c
 * @brief Frames read, sifted and narrowed, several side by side.
 *
 * One reader goes ahead until the power of two of all values is known. The rest are shared out
 * in rows of consecutive frames, one reader each with its own files, buffers and tally; tallies
 * join in order, so that nothing depends on the number of readers.
 */
#include "fits_frames.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "fits_narrow.h"
#include "fits_sieve.h"
#include "mem.h"
#include "raise.h"

enum { WORTH_READERS = 1 << 18 /* pixels that are left */ };

/* One way through the planes. */
typedef struct reader {
    const sqn__fits_frames *what;
    sqn__fits_pool pool;
    sqn__fits_stream data, noise, quality, mask;
    sqn__fits_sieve sieve;
    sqn__fits_tally tally;
    uint32_t *dq;            /* of one frame, where the stack keeps none */
    uint8_t *flags;          /* likewise */
    bool decided;            /* the exponent is known */
    int64_t unit, plane;     /* the next */
    int64_t index, begin, f; /* of all planes: the next, the first to be read; next frame */
    sqn_status status;
    sqn_error err;
} reader;

/* The next plane of all rows, or a step over it. */
static sqn_status next_planes(reader *r, bool skip, bool *has_flags)
{
    const sqn__fits_unit *from = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn__fits_stream_next(skip ? NULL : r->sieve.value, &from, &r->data, &r->err));
    r->sieve.is_wide = from->hdu.bitpix == 64;
    if (r->what->layout->noise.n > 0) {
        SQN_TRY(
            sqn__fits_stream_next(skip ? NULL : r->sieve.noise, &from, &r->noise, &r->err));
    }
    *has_flags = false;
    if (r->what->layout->quality.n > 0) {
        SQN_TRY(sqn__fits_stream_next(skip ? NULL : r->sieve.quality, &from, &r->quality,
                                      &r->err));
        *has_flags = from->path != NULL;
    }
    if (r->what->layout->mask.n_plane > 1 ||
        (r->what->layout->mask.n_plane == 1 && r->mask.unit == 0)) { /* one for all stays */
        SQN_TRY(sqn__fits_stream_next(
            skip && r->what->layout->mask.n_plane > 1 ? NULL : r->sieve.mask, &from,
            &r->mask, &r->err));
    }

cleanup:
    return status;
}

/* Where the frame came from and what its headers say. */
static void describe_frame(sqn_fits_frame *frame, const reader *r)
{
    const sqn__fits_unit *from = &r->what->layout->data.unit[r->unit];
    const sqn__fits_facts *facts = &r->what->layout->facts[r->unit];

    frame->file = r->what->stack->paths.path[from->file];
    frame->hdu = from->hdu.number;
    frame->extver = from->hdu.extver;
    frame->plane = r->plane + 1;
    memcpy(frame->date, facts->date, sizeof frame->date);
    memcpy(frame->filter, facts->filter, sizeof frame->filter);
    frame->exposure = facts->exposure;
    frame->divisor = facts->divisor;
    frame->wavelength = r->what->wavelength != NULL
                            ? r->what->wavelength[r->plane / from->shape.n_time]
                            : NAN;
    frame->angle = r->what->angle != NULL ? r->what->angle[r->index][0] : NAN;
    frame->theta = r->what->angle != NULL ? r->what->angle[r->index][1] : 0.0;
}

/* The first frame that shows a size decides the exponent, unless the caller did. */
static void decide_exponent(reader *r)
{
    if (!r->decided) {
        r->decided = sqn__fits_narrow_exponent(&r->what->stack->exponent, r->sieve.value,
                                               r->sieve.n_pix);
        if (!r->decided && r->sieve.noise != NULL) {
            r->decided = sqn__fits_narrow_exponent(&r->what->stack->exponent,
                                                   r->sieve.noise, r->sieve.n_pix);
        }
    }
}

static sqn_status refuse_overflow(reader *r, const sqn_fits_frame *frame, double value,
                                  int64_t p)
{
    const sqn_status status =
        SQN_RAISE(&r->err, E_FITS_TYPE,
                  "the value %.6g of pixel (%" PRId64 ", %" PRId64 ") of plane %" PRId64
                  " exceeds float32 beside the others (unit 2^%d)",
                  value, p % r->what->stack->nx + 1, p / r->what->stack->nx + 1,
                  frame->plane, r->what->stack->exponent);

    sqn__error_mend(&r->err,
                    "set valid_range if the value is wrong, else rescale the data");
    sqn__error_at(&r->err, frame->file, frame->hdu, NULL);
    return status;
}

static bool is_lost(float error)
{
    return (error == 0.0F) | (fabsf(error) > FLT_MAX);
}

static int64_t count_lost(const float *error, int64_t n_pix)
{
    int n = 0;

    for (int64_t p = 0; p < n_pix; p++) {
        n += is_lost(error[p]) ? 1 : 0;
    }
    return n;
}

/* Errors that float32 cannot hold beside the values have no weight we could use. */
static void drop_bad_errors(reader *r, float *value, float *error, uint8_t *flags,
                            sqn_fits_frame *frame, int64_t number)
{
    const int64_t n = count_lost(error, r->sieve.n_pix);

    for (int64_t p = 0; n > 0 && p < r->sieve.n_pix; p++) {
        if (is_lost(error[p])) {
            error[p] = value[p] = NAN;
            flags[p] |= SQN_FLAG_NO_SCIENCE;
        }
    }
    frame->n_bad_error += n;
    frame->n_missing += n;
    r->tally.n_bad_error += n;
    r->tally.n_missing += n;
    sqn__fits_tally_see(&r->tally, SQN__FITS_BAD_ERROR, number, n);
}

/* Sift and narrow the frame in the buffers to its place in the stack. */
static sqn_status store_frame(reader *r, bool has_flags)
{
    const int64_t n_pix = r->sieve.n_pix, first = r->f * n_pix, number = r->index + 1;
    sqn_fits_stack *s = r->what->stack;
    sqn_fits_frame *frame = &s->frames[r->f];
    float *value = s->value.data + first;
    const sqn__fits_flags_of to = {s->dq != NULL ? s->dq + first : r->dq,
                                   s->flags != NULL ? s->flags + first : r->flags};
    sqn_status status = SQN_OK;
    int64_t n_faded = 0;

    status = sqn__fits_sieve_sift(&r->sieve, &to, frame, number,
                                  &r->what->layout->facts[r->unit], has_flags, &r->err);
    if (status != SQN_OK) {
        sqn__error_at(&r->err, frame->file, frame->hdu, NULL);
        return status;
    }
    decide_exponent(r);

    const int64_t overflow =
        sqn__fits_narrow_row(value, &n_faded, r->sieve.value, n_pix, s->exponent);

    if (overflow >= 0) {
        return refuse_overflow(r, frame, r->sieve.value[overflow], overflow);
    }
    sqn__fits_tally_see(&r->tally, SQN__FITS_FADED, number, n_faded);
    r->tally.n_zero += n_faded;
    if (r->sieve.noise != NULL) {
        float *error = s->error.data + first;

        (void)sqn__fits_narrow_row(error, &n_faded, r->sieve.noise, n_pix, s->exponent);
        drop_bad_errors(r, value, error, to.flags, frame, number);
    }
    return SQN_OK;
}

/* The next plane, read or stepped over. */
static sqn_status step(reader *r)
{
    const bool is_out = r->what->is_out[r->index];
    const bool skip = is_out || r->index < r->begin;
    bool has_flags = false;
    sqn_status status = next_planes(r, skip, &has_flags);

    if (status == SQN_OK && !skip) {
        describe_frame(&r->what->stack->frames[r->f], r);
        status = store_frame(r, has_flags);
    }
    r->f += is_out ? 0 : 1;
    r->index++;
    r->plane++;
    if (r->plane == r->what->layout->data.unit[r->unit].n_plane) {
        r->plane = 0;
        r->unit++;
    }
    return status;
}

static void read_until(reader *r, int64_t end)
{
    while (r->status == SQN_OK && r->index < end) {
        r->status = step(r);
    }
}

/* Read until there is a frame, and the exponent of all is known. */
static void go_ahead(reader *r)
{
    while (r->status == SQN_OK && r->index < r->what->layout->data.n_plane &&
           (r->f == 0 || !r->decided)) {
        r->status = step(r);
    }
}

/* `elder`: the reader that went ahead, whose open files can be shared; or NULL. */
static sqn_status init_reader(reader *r, const sqn__fits_frames *what, const reader *elder,
                              sqn_error *err)
{
    const sqn__fits_layout *l = what->layout;
    const bool wants[3] = {l->noise.n > 0, l->quality.n > 0, l->mask.n > 0};
    const int64_t n_pix = what->stack->ny * what->stack->nx;
    sqn_status status = SQN_OK;

    *r = (reader){.what = what, .decided = what->decided || elder != NULL};
    r->data = (sqn__fits_stream){.units = &l->data, .pool = &r->pool};
    r->noise = (sqn__fits_stream){.units = &l->noise, .pool = &r->pool};
    r->quality = (sqn__fits_stream){.units = &l->quality, .pool = &r->pool};
    r->mask = (sqn__fits_stream){.units = &l->mask, .pool = &r->pool};
    if (elder != NULL) {
        r->data.elder = &elder->data;
        r->noise.elder = &elder->noise;
        r->quality.elder = &elder->quality;
        r->mask.elder = &elder->mask;
    }
    SQN_TRY(sqn__fits_sieve_init(&r->sieve, n_pix, wants, err));
    r->sieve.source = what->source;
    r->sieve.tally = &r->tally;
    r->flags = what->stack->flags == NULL ? sqn__mem_alloc(n_pix, sizeof *r->flags) : NULL;
    r->dq =
        wants[1] && what->stack->dq == NULL ? sqn__mem_alloc(n_pix, sizeof *r->dq) : NULL;
    if ((what->stack->flags == NULL && r->flags == NULL) ||
        (wants[1] && what->stack->dq == NULL && r->dq == NULL)) {
        status = SQN_RAISE(err, E_MEM, "flags of a frame");
    }

cleanup:
    return status;
}

static void clear_reader(reader *r)
{
    sqn__fits_stream_close(&r->data);
    sqn__fits_stream_close(&r->noise);
    sqn__fits_stream_close(&r->quality);
    sqn__fits_stream_close(&r->mask);
    sqn__fits_pool_clear(&r->pool);
    sqn__fits_sieve_clear(&r->sieve);
    sqn__mem_free(r->flags);
    sqn__mem_free(r->dq);
}

/* Readers of the planes from `first` on; 0: one is enough. */
static int readers_needed(const sqn__fits_frames *what, int64_t first)
{
    const int64_t n_left = what->layout->data.n_plane - first;
    const int64_t n_pix = n_left * what->stack->ny * what->stack->nx;
    const int n_thread = omp_get_max_threads();

    if (n_thread < 2 || n_left < 2 || n_pix < WORTH_READERS ||
        !sqn__fits_planes_side_by_side()) {
        return 0;
    }
    return n_left < n_thread ? (int)n_left : n_thread;
}

/* The planes from `elder` on, a row of consecutive ones for each of n readers. */
static sqn_status share_out(reader *readers, int n, const reader *elder, sqn_error *err)
{
    const int64_t first = elder->index, n_plane = elder->what->layout->data.n_plane;
    sqn_status status = SQN_OK;

    for (int i = 0; i < n; i++) {
        SQN_TRY(init_reader(&readers[i], elder->what, elder, err));
        readers[i].begin = first + i * (n_plane - first) / n;
    }
#pragma omp parallel for num_threads(n) schedule(static, 1) default(none) \
    shared(readers, n, n_plane)
    for (int i = 0; i < n; i++) {
        read_until(&readers[i], i + 1 < n ? readers[i + 1].begin : n_plane);
    }

cleanup:
    return status;
}

/* The tallies in order, or the first error. */
static sqn_status join(sqn__fits_tally *tally, const reader *readers, int n, sqn_error *err)
{
    for (int i = 0; i < n; i++) {
        if (readers[i].status != SQN_OK) {
            if (err != NULL) {
                *err = readers[i].err;
            }
            return readers[i].status;
        }
        sqn__fits_tally_join(tally, &readers[i].tally);
    }
    return SQN_OK;
}

sqn_status sqn__fits_frames_read(sqn__fits_tally *tally, const sqn__fits_frames *what,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;
    reader *readers = sqn__mem_alloc(1 + omp_get_max_threads(), sizeof *readers);
    int n = 0;

    if (readers == NULL) {
        return SQN_RAISE(err, E_MEM, "the state of a reader");
    }
    SQN_TRY(init_reader(&readers[0], what, NULL, err));
    go_ahead(&readers[0]);
    n = readers[0].status == SQN_OK ? readers_needed(what, readers[0].index) : 0;
    if (n > 0) {
        SQN_TRY(share_out(readers + 1, n, &readers[0], err));
    } else {
        read_until(&readers[0], what->layout->data.n_plane);
    }
    SQN_TRY(join(tally, readers, 1 + n, err));

cleanup:
    for (int i = n; i >= 0; i--) { /* the elder last: others look into its files */
        clear_reader(&readers[i]);
    }
    sqn__mem_free(readers);
    return status;
}
