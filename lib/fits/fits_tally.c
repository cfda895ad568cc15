/** @file fits_tally.c @brief One line for what many frames show. */
#include "fits_tally.h"

#include <inttypes.h>
#include <stdio.h>

#include "raise.h"
#include "warn.h"

static const double flags_many = 20.0; /* per cent */

void sqn__fits_tally_see(sqn__fits_tally *tally, sqn__fits_sight sight, int64_t frame,
                         int64_t n_pix)
{
    if (n_pix > 0) {
        if (tally->sight[sight].n_frame < SQN__FITS_NAMED) {
            tally->sight[sight].named[tally->sight[sight].n_frame] = frame;
        }
        tally->sight[sight].n_frame++;
        tally->sight[sight].n_pix += n_pix;
    }
}

static void join_sight(sqn__fits_tally *to, const sqn__fits_tally *later, int s)
{
    const int64_t n = later->sight[s].n_frame, n_before = to->sight[s].n_frame;

    for (int64_t i = 0; i < n && n_before + i < SQN__FITS_NAMED; i++) {
        to->sight[s].named[n_before + i] = later->sight[s].named[i];
    }
    to->sight[s].n_frame += n;
    to->sight[s].n_pix += later->sight[s].n_pix;
}

void sqn__fits_tally_join(sqn__fits_tally *to, const sqn__fits_tally *later)
{
    to->n_frame += later->n_frame;
    to->n_pix += later->n_pix;
    to->n_missing += later->n_missing;
    to->n_nan += later->n_nan;
    to->n_flagged += later->n_flagged;
    to->n_masked += later->n_masked;
    to->n_bad_error += later->n_bad_error;
    to->n_out_of_range += later->n_out_of_range;
    to->n_zero += later->n_zero;
    to->n_mask_use += later->n_mask_use;
    to->n_quality += later->n_quality;
    to->used |= later->used;
    for (int s = 0; s < SQN__FITS_SIGHTS; s++) {
        join_sight(to, later, s);
    }
    for (int b = 0; b < SQN__FITS_BITS; b++) {
        to->bit[b] += later->bit[b];
    }
}

/* "frames 4, 9, 12 and 7 more" */
static void name_frames(char *out, size_t size, const sqn__fits_tally *tally,
                        sqn__fits_sight sight)
{
    const int64_t n = tally->sight[sight].n_frame;
    int at = snprintf(out, size, "frame%s", n > 1 ? "s" : "");

    for (int64_t i = 0; i < n && i < SQN__FITS_NAMED; i++) {
        at += snprintf(out + at, size - (size_t)at, "%s %" PRId64, i > 0 ? "," : "",
                       tally->sight[sight].named[i]);
    }
    if (n > SQN__FITS_NAMED) {
        (void)snprintf(out + at, size - (size_t)at, " and %" PRId64 " more",
                       n - SQN__FITS_NAMED);
    }
}

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

static void warn_sights(const sqn__fits_tally *tally, const char *where, const sqn_log *log)
{
    static const struct {
        sqn_id id;
        const char *what;
    } told[SQN__FITS_SIGHTS] = {
        [SQN__FITS_INFINITE] = {SQN_W_DATA_NONFINITE, "infinite values, taken as missing"},
        [SQN__FITS_EMPTY] = {SQN_W_DATA_FRAME, "pixels: no valid one is left"},
        [SQN__FITS_ZERO] = {SQN_W_DATA_FRAME, "valid pixels, all of value 0"},
        [SQN__FITS_BAD_ERROR] = {SQN_W_ERRPLANE,
                                 "good values without a positive error, taken as missing"},
        [SQN__FITS_WIDE] = {SQN_W_PRECISION, "integers beyond 2^53, rounded"},
        [SQN__FITS_FADED] = {SQN_W_PRECISION,
                             "values too small beside the others, taken as 0"},
        [SQN__FITS_ODD_MASK] = {SQN_W_MASK_POLARITY, "mask values are not 0, 1 or NaN"},
        [SQN__FITS_SPARSE_MASK] = {SQN_W_MASK_POLARITY,
                                   "pixels are masked, more than 90 % of a frame"},
    };
    char frames[128];

    for (int s = 0; s < SQN__FITS_SIGHTS; s++) {
        if (tally->sight[s].n_frame > 0) {
            name_frames(frames, sizeof frames, tally, (sqn__fits_sight)s);
            sqn__log_warn(log, told[s].id, where,
                          "%s: %" PRId64 " %s (%" PRId64 " of %" PRId64 " frames)", frames,
                          tally->sight[s].n_pix, told[s].what, tally->sight[s].n_frame,
                          tally->n_frame);
        }
    }
}

/* Number, value, share and use of one bit; a warning where it costs much. */
static void report_bit(const sqn__fits_tally *tally, int b, const char *where,
                       const sqn_log *log)
{
    const double share = percent(tally->bit[b], tally->n_pix);
    const bool used = (tally->used >> b & 1U) != 0;

    sqn__log_note(
        log, "%s: flag bit %d (value %" PRIu32 "): %" PRId64 " pixels, %.3g %%: %s", where,
        b, UINT32_C(1) << b, tally->bit[b], share, used ? "missing" : "not used");
    if (used && share > flags_many) {
        sqn__log_warn(log, SQN_W_FLAGS_MANY, where,
                      "flag bit %d (value %" PRIu32
                      ") alone makes %.0f %% of the pixels missing",
                      b, UINT32_C(1) << b, share);
    }
}

static void report_bits(const sqn__fits_tally *tally, const int64_t *bits, int64_t n_bit,
                        const char *where, const sqn_log *log)
{
    for (int b = 0; b < SQN__FITS_BITS; b++) {
        if (tally->bit[b] > 0) {
            report_bit(tally, b, where, log);
        }
    }
    for (int64_t i = 0; i < n_bit; i++) {
        if (bits[i] >= 0 && bits[i] < SQN__FITS_BITS && tally->bit[bits[i]] == 0) {
            sqn__log_warn(log, SQN_W_FLAGS_UNUSED, where,
                          "bit %" PRId64 " of quality_bits occurs in no pixel%s", bits[i],
                          tally->n_quality == 0 ? ": there are no flags" : "");
        }
    }
}

void sqn__fits_tally_report(const sqn__fits_tally *tally, const int64_t *bits,
                            int64_t n_bit, const char *where, const sqn_log *log)
{
    sqn__log_note(log,
                  "%s: %" PRId64 " frames, %.3g %% of the pixels missing (not finite "
                  "%" PRId64 ", flagged %" PRId64 ", masked %" PRId64 ", bad error %" PRId64
                  ", out of range %" PRId64 ")",
                  where, tally->n_frame, percent(tally->n_missing, tally->n_pix),
                  tally->n_nan, tally->n_flagged, tally->n_masked, tally->n_bad_error,
                  tally->n_out_of_range);
    report_bits(tally, bits, n_bit, where, log);
    warn_sights(tally, where, log);
}

sqn_status sqn__fits_tally_check(const sqn__fits_tally *tally, const char *where,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;

    if (tally->n_pix > 0 && tally->n_mask_use == 0) {
        status =
            SQN_RAISE(err, E_MASK, "the masks let no pixel of %" PRId64 " frames through",
                      tally->n_frame);
    } else if (tally->n_pix > 0 && tally->n_bad_error == tally->n_pix) {
        status = SQN_RAISE(err, E_ERRPLANE, "no error of %" PRId64 " pixels is positive",
                           tally->n_pix);
    } else if (tally->n_missing == tally->n_pix) {
        status =
            SQN_RAISE(err, E_DATA_EMPTY,
                      "no valid pixel in %" PRId64 " frames (of %" PRId64
                      " pixels not finite %" PRId64 ", flagged %" PRId64 ", masked %" PRId64
                      ", bad error %" PRId64 ", out of range %" PRId64 ")",
                      tally->n_frame, tally->n_pix, tally->n_nan, tally->n_flagged,
                      tally->n_masked, tally->n_bad_error, tally->n_out_of_range);
    } else if (tally->n_missing + tally->n_zero == tally->n_pix) {
        status = SQN_RAISE(err, E_DATA_EMPTY,
                           "every valid pixel of %" PRId64 " frames is 0", tally->n_frame);
    }
    if (status != SQN_OK) {
        sqn__error_at(err, where, -1, NULL);
    }
    return status;
}
