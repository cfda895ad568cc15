/** @file fits_reader.c @brief One way through the planes: each frame read, sifted and narrowed. */
#include "fits_reader.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fits_floats.h"
#include "fits_narrow.h"
#include "mem.h"
#include "raise.h"

/* Can frames be sifted as they are in the file? */
static bool wants_bytes(const sqn__fits_reader *r)
{
    return r->bytes[0] != NULL && r->what->stack->exponent == 0 &&
           sqn__fits_floats_suit(r->what->source, &r->what->layout->facts[r->unit]);
}

/* The next plane of values (0) or errors (1), to the sieve or as it is. */
static sqn_status next_floats(sqn__fits_reader *r, int which, bool skip,
                              const sqn__fits_unit **from)
{
    sqn__fits_target to = {.value = which == 0 ? r->sieve.value : r->sieve.noise,
                           .bytes = wants_bytes(r) ? r->bytes[which] : NULL};
    const sqn_status status = sqn__fits_stream_next(
        skip ? NULL : &to, from, which == 0 ? &r->data : &r->noise, &r->err);

    r->in_bytes[which] = to.in_bytes;
    return status;
}

/* The next plane of all rows, or a step over it. */
static sqn_status next_planes(sqn__fits_reader *r, bool skip, bool *has_flags)
{
    const sqn__fits_layout *layout = r->what->layout;
    const sqn__fits_unit *from = NULL;
    sqn_status status = SQN_OK;

    SQN_TRY(next_floats(r, 0, skip, &from));
    r->sieve.is_wide = from->hdu.bitpix == 64;
    if (layout->noise.n > 0) {
        SQN_TRY(next_floats(r, 1, skip, &from));
    }
    *has_flags = false;
    if (layout->quality.n > 0) {
        sqn__fits_target to = {.value = r->sieve.quality};

        SQN_TRY(sqn__fits_stream_next(skip ? NULL : &to, &from, &r->quality, &r->err));
        *has_flags = from->path != NULL;
    }
    if (layout->mask.n_plane > 1 ||
        (layout->mask.n_plane == 1 && r->mask.unit == 0)) { /* one for all stays */
        sqn__fits_target to = {.value = r->sieve.mask};

        SQN_TRY(sqn__fits_stream_next(skip && layout->mask.n_plane > 1 ? NULL : &to, &from,
                                      &r->mask, &r->err));
    }

cleanup:
    return status;
}

/* Where the frame came from and what its headers say. */
static void describe_frame(sqn_fits_frame *frame, const sqn__fits_reader *r)
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
static void decide_exponent(sqn__fits_reader *r)
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

static sqn_status refuse_overflow(sqn__fits_reader *r, const sqn_fits_frame *frame,
                                  double value, int64_t p)
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

/* Where a frame goes. */
typedef struct place {
    sqn_fits_frame *frame;
    float *value, *error;
    sqn__fits_flags_of flags;
} place;

static place find_place(const sqn__fits_reader *r)
{
    const int64_t first = r->f * r->sieve.n_pix;
    const sqn_fits_stack *s = r->what->stack;

    return (place){&s->frames[r->f],
                   s->value.data + first,
                   s->error.data != NULL ? s->error.data + first : NULL,
                   {s->dq != NULL ? s->dq + first : r->dq,
                    s->flags != NULL ? s->flags + first : r->flags}};
}

/* Errors that float32 cannot hold beside the values have no weight we could use. */
static void drop_bad_errors(sqn__fits_reader *r, const place *to, int64_t number)
{
    const int64_t n = count_lost(to->error, r->sieve.n_pix);

    for (int64_t p = 0; n > 0 && p < r->sieve.n_pix; p++) {
        if (is_lost(to->error[p])) {
            to->error[p] = to->value[p] = NAN;
            to->flags.flags[p] |= SQN_FLAG_NO_SCIENCE;
        }
    }
    to->frame->n_bad_error += n;
    to->frame->n_missing += n;
    r->tally->n_bad_error += n;
    r->tally->n_missing += n;
    sqn__fits_tally_see(r->tally, SQN__FITS_BAD_ERROR, number, n);
}

/* What is in bytes to the sieve. */
static void widen(sqn__fits_reader *r)
{
    double *to[2] = {r->sieve.value, r->sieve.noise};

    for (int k = 0; k < 2; k++) {
        if (r->in_bytes[k]) {
            sqn__fits_floats_widen(to[k], r->bytes[k], r->sieve.n_pix, 0.0, 1.0);
            r->in_bytes[k] = false;
        }
    }
}

/* Do the floats of a frame need no power of two? Where nothing did before, they decide it. */
static bool need_no_exponent(sqn__fits_reader *r, const place *to)
{
    const int64_t n_pix = r->sieve.n_pix;
    int exponent = 0;
    const bool shows =
        !r->decided && (sqn__fits_narrow_exponent_of_floats(&exponent, to->value, n_pix) ||
                        (to->error != NULL &&
                         sqn__fits_narrow_exponent_of_floats(&exponent, to->error, n_pix)));

    r->decided = r->decided || (shows && exponent == 0);
    return exponent == 0;
}

/* Sift a frame that is in bytes to its place; false: it is not, or cannot be. */
static bool store_floats(sqn__fits_reader *r, const place *to)
{
    const bool has_noise = r->sieve.noise != NULL;
    const sqn__fits_floats floats = {.value = r->bytes[0],
                                     .noise = has_noise ? r->bytes[1] : NULL,
                                     .to_value = to->value,
                                     .to_error = to->error,
                                     .to_flags = to->flags.flags};
    sqn_fits_frame found = *to->frame;
    sqn__fits_sights seen;

    if (!r->in_bytes[0] || r->in_bytes[1] != has_noise ||
        !sqn__fits_floats_sift(&floats, r->sieve.source, r->sieve.n_pix, &found, &seen) ||
        !need_no_exponent(r, to)) {
        return false;
    }
    *to->frame = found;
    sqn__fits_sieve_enter(&r->sieve, to->frame, &seen, r->index + 1);
    return true;
}

/* Sift and narrow the frame in the buffers to its place in the stack. */
static sqn_status store_frame(sqn__fits_reader *r, bool has_flags)
{
    const int64_t n_pix = r->sieve.n_pix, number = r->index + 1;
    const sqn_fits_stack *s = r->what->stack;
    const place to = find_place(r);
    sqn_status status = SQN_OK;
    int64_t n_faded = 0;

    if (store_floats(r, &to)) {
        return SQN_OK;
    }
    widen(r);
    status = sqn__fits_sieve_sift(&r->sieve, &to.flags, to.frame, number,
                                  &r->what->layout->facts[r->unit], has_flags, &r->err);
    if (status != SQN_OK) {
        sqn__error_at(&r->err, to.frame->file, to.frame->hdu, NULL);
        return status;
    }
    decide_exponent(r);

    const int64_t overflow =
        sqn__fits_narrow_row(to.value, &n_faded, r->sieve.value, n_pix, s->exponent);

    if (overflow >= 0) {
        return refuse_overflow(r, to.frame, r->sieve.value[overflow], overflow);
    }
    sqn__fits_tally_see(r->tally, SQN__FITS_FADED, number, n_faded);
    r->tally->n_zero += n_faded;
    if (to.error != NULL) {
        (void)sqn__fits_narrow_row(to.error, &n_faded, r->sieve.noise, n_pix, s->exponent);
        drop_bad_errors(r, &to, number);
    }
    return SQN_OK;
}

/* The next plane, read or stepped over. */
static sqn_status step(sqn__fits_reader *r)
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

static void take_tally(sqn__fits_reader *r, sqn__fits_tally *tally)
{
    r->tally = r->sieve.tally = tally;
}

void sqn__fits_reader_read(sqn__fits_reader *r, int64_t begin, int64_t end,
                           sqn__fits_tally *tally)
{
    take_tally(r, tally);
    r->begin = begin;
    while (r->status == SQN_OK && r->index < end) {
        r->status = step(r);
    }
}

void sqn__fits_reader_go_ahead(sqn__fits_reader *r, sqn__fits_tally *tally)
{
    take_tally(r, tally);
    while (r->status == SQN_OK && r->index < r->what->layout->data.n_plane &&
           (r->f == 0 || !r->decided)) {
        r->status = step(r);
    }
}

/* What the sieve has no room for: flags that the stack does not keep, and planes as they are in the
   file, where values and errors alone decide. */
static sqn_status allocate_frame(sqn__fits_reader *r, int64_t n_pix, const bool wants[3],
                                 sqn_error *err)
{
    const bool wants_flags = r->what->stack->flags == NULL;
    const bool wants_dq = wants[1] && r->what->stack->dq == NULL;
    const bool wants_floats = !wants[1] && !wants[2];

    r->flags = wants_flags ? sqn__mem_reserve(n_pix, sizeof *r->flags) : NULL;
    r->dq = wants_dq ? sqn__mem_reserve(n_pix, sizeof *r->dq) : NULL;
    r->bytes[0] = wants_floats ? sqn__mem_reserve(n_pix, sizeof(float)) : NULL;
    r->bytes[1] = wants_floats && wants[0] ? sqn__mem_reserve(n_pix, sizeof(float)) : NULL;
    return (wants_flags && r->flags == NULL) || (wants_dq && r->dq == NULL) ||
                   (wants_floats && r->bytes[0] == NULL) ||
                   (wants_floats && wants[0] && r->bytes[1] == NULL)
               ? SQN_RAISE(err, E_MEM, "flags and bytes of a frame")
               : SQN_OK;
}

sqn_status sqn__fits_reader_init(sqn__fits_reader *r, const sqn__fits_frames *what,
                                 const sqn__fits_reader *elder, sqn_error *err)
{
    const sqn__fits_layout *l = what->layout;
    const bool wants[3] = {l->noise.n > 0, l->quality.n > 0, l->mask.n > 0};
    const int64_t n_pix = what->stack->ny * what->stack->nx;
    sqn_status status = SQN_OK;

    *r = (sqn__fits_reader){.what = what, .decided = what->decided || elder != NULL};
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
    SQN_TRY(allocate_frame(r, n_pix, wants, err));

cleanup:
    return status;
}

void sqn__fits_reader_clear(sqn__fits_reader *r)
{
    sqn__fits_stream_close(&r->data);
    sqn__fits_stream_close(&r->noise);
    sqn__fits_stream_close(&r->quality);
    sqn__fits_stream_close(&r->mask);
    sqn__fits_pool_clear(&r->pool);
    sqn__fits_sieve_clear(&r->sieve);
    sqn__mem_free(r->flags);
    sqn__mem_free(r->dq);
    sqn__mem_free(r->bytes[0]);
    sqn__mem_free(r->bytes[1]);
}
