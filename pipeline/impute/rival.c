/** @file rival.c @brief What a pixel would be by simpler means. */
#include "rival.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "raise.h"
#include "sequin/weights.h"

enum { REACH_MAX = 8, AROUND_MAX = (2 * REACH_MAX + 1) * (2 * REACH_MAX + 1) };

/* Valid values within `reach` pixels of a pixel; their number. */
static int64_t gather(double *out, const frames *f, int64_t pixel, int64_t reach)
{
    const images *im = f->images;
    const int64_t x0 = pixel % im->nx, y0 = pixel / im->nx % im->ny;
    const int64_t plane = pixel - y0 * im->nx - x0;
    int64_t n = 0;

    for (int64_t y = y0 - reach; y <= y0 + reach; y++) {
        for (int64_t x = x0 - reach; x <= x0 + reach; x++) {
            const int64_t e = plane + y * im->nx + x;

            if (x >= 0 && x < im->nx && y >= 0 && y < im->ny && e != pixel &&
                frames_is_valid(f, e)) {
                out[n++] = (double)im->stack.value.data[e];
            }
        }
    }
    return n;
}

void rival_neighbours(float *out, const frames *f, const uint8_t *wanted)
{
    double around[AROUND_MAX];

    for (int64_t e = 0; e < f->images->n_all; e++) {
        int64_t n = 0;

        for (int64_t reach = 1; wanted[e] != 0 && reach <= REACH_MAX && n == 0; reach++) {
            n = gather(around, f, e, reach);
        }
        out[e] = n > 0 ? (float)sqn_weights_median(around, n) : NAN;
    }
}

/* Which mean a pixel belongs to, of how many. */
static int64_t place(const frames *f, int64_t pixel)
{
    return f->side == 0             ? pixel % f->n_col
           : f->images->n_plane > 1 ? pixel % (f->images->ny * f->images->nx)
                                    : 0;
}

static int64_t n_place(const frames *f)
{
    return f->side == 0             ? f->n_col
           : f->images->n_plane > 1 ? f->images->ny * f->images->nx
                                    : 1;
}

sqn_status rival_frames(float *out, const frames *f, const uint8_t *wanted, sqn_error *err)
{
    const int64_t n = n_place(f);
    double *sum = sqn__mem_alloc(2 * n, sizeof *sum), *weight = sum + n;

    if (sum == NULL) {
        return SQN_RAISE(err, E_MEM, "means of %" PRId64 " pixels", n);
    }
    for (int64_t e = 0; e < f->images->n_all; e++) {
        if (frames_is_valid(f, e)) {
            const double w = 1.0 / frames_variance(f, e);

            sum[place(f, e)] += w * (double)f->images->stack.value.data[e];
            weight[place(f, e)] += w;
        }
    }
    for (int64_t e = 0; e < f->images->n_all; e++) {
        const int64_t at = place(f, e);

        out[e] = wanted[e] != 0 && weight[at] > 0.0 ? (float)(sum[at] / weight[at]) : NAN;
    }
    sqn__mem_free(sum);
    return SQN_OK;
}
