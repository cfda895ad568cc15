/** @file fits_floats.c @brief Frames of 32-bit floats, sifted as they are in the file. */
#include "fits_floats.h"

#include <math.h>

#include "fits_floats_lanes.h"

enum { RUN = SQN__FITS_FLOATS_RUN };

void sqn__fits_floats_widen(double *restrict out, const unsigned char *restrict bytes,
                            int64_t n, double zero, double scale)
{
    sqn__fits_floats_lanes_choose()->widen(out, bytes, n, zero, scale);
}

bool sqn__fits_floats_suit(const sqn_fits_source *source, const sqn__fits_facts *facts)
{
    return source->n_missing_value == 0 && source->noise_kind == SQN_FITS_SIGMA &&
           facts->divisor == 1.0;
}

/* The largest range of floats within one of doubles; one of both 0 has no bounds. */
static void find_bounds(float bound[2], const double range[2])
{
    const bool ranged = range[0] != 0.0 || range[1] != 0.0;

    bound[0] = ranged ? (float)range[0] : -INFINITY;
    bound[1] = ranged ? (float)range[1] : INFINITY;
    if (ranged && (double)bound[0] < range[0]) {
        bound[0] = nextafterf(bound[0], INFINITY);
    }
    if (ranged && (double)bound[1] > range[1]) {
        bound[1] = nextafterf(bound[1], -INFINITY);
    }
}

static void count(sqn_fits_frame *frame, sqn__fits_sights *seen,
                  const sqn__fits_floats_counts *c)
{
    frame->n_nan += c->n_nan;
    frame->n_out_of_range += c->n_out_of_range;
    frame->n_bad_error += c->n_bad_error;
    frame->n_missing += c->n_missing;
    seen->n_infinite += c->n_infinite;
    seen->n_zero += c->n_zero;
    seen->n_bad_error += c->n_bad_error_alone;
}

bool sqn__fits_floats_sift(const sqn__fits_floats *floats, const sqn_fits_source *source,
                           int64_t n_pix, sqn_fits_frame *frame, sqn__fits_sights *seen)
{
    const sqn__fits_floats_lanes *lanes = sqn__fits_floats_lanes_choose();
    float bound[2];

    *seen = (sqn__fits_sights){0};
    find_bounds(bound, source->valid_range);
    for (int64_t p = 0; p < n_pix; p += RUN) {
        sqn__fits_floats_counts c = {0};

        lanes->sift(&c, floats, bound, p, n_pix - p < RUN ? n_pix - p : RUN);
        if (c.n_odd > 0) {
            return false;
        }
        count(frame, seen, &c);
    }
    return true;
}
