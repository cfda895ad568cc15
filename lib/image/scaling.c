/** @file scaling.c @brief The factor of a model that leaves the disk and takes the starlight. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "scaling_internal.h"
#include "stats.h"

enum {
    MAX_ROUNDS = 50,
    ONE_SIDED = 5, /* rounds at most before the lower tail is judged, too */
    UNDAMPED = 10  /* rounds before steps are made smaller, to end a cycle */
};

static const double moves = 1e-4; /* of the factor: less ends the iteration */
static const double lowest = 0.5, highest = 1.1;
static const double significant = 3.0; /* sigma */

bool sqn__scaling_usable(const sqn_scaling_frame *frame, int64_t pixel)
{
    return frame->weight[pixel] > 0.0 && isfinite(frame->value[pixel]) &&
           isfinite(frame->model[pixel]);
}

/*
 * Work space of one frame. Lists are of the usable pixels. The smoothed residual of any factor f,
 * in units of its noise, is z = data - f model: smoothing is linear.
 */
typedef struct disk_sieve {
    int64_t n;
    double *data, *model; /* [n] smoothed sqrt(V) x and sqrt(V) m */
    double *xm, *mm;      /* [n] V x m and V m^2 */
    double *scratch;      /* [n] */
    int64_t *pixel;       /* [n] */
    uint16_t *distance;   /* [ny, nx] along the row to what stands out */
    uint8_t *disk;        /* [ny, nx] what stands out, grown */
} disk_sieve;

int64_t sqn_scaling_work_size(int64_t ny, int64_t nx, double fwhm)
{
    const int64_t n = ny * nx;

    return 5 * n + n / 4 + n / 8 + 2 + sqn__stats_blur_work_size(ny, nx, fwhm);
}

/* Lay out the sieve in `work`. */
static disk_sieve carve(double *work, const sqn_scaling_frame *frame)
{
    const int64_t n = frame->ny * frame->nx;
    disk_sieve sieve = {.data = work, .model = work + n, .scratch = work + 2 * n};
    double *rest = work + 3 * n;

    sieve.xm = rest; /* after the smoothing, whose work space this is at first */
    rest += sqn__stats_blur_work_size(frame->ny, frame->nx, frame->fwhm);
    sieve.mm = rest;
    sieve.pixel = (int64_t *)(void *)(rest + n);
    sieve.distance = (uint16_t *)(void *)(rest + 2 * n);
    sieve.disk = (uint8_t *)(void *)(rest + 2 * n + n / 4 + 1);
    return sieve;
}

/* Smooth data, model and the map of what is usable, then list the usable pixels. */
static void prepare(disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    const int64_t n_pix = frame->ny * frame->nx;
    double *valid = sieve->scratch, *between = sieve->xm;

    for (int64_t p = 0; p < n_pix; p++) {
        const bool used = sqn__scaling_usable(frame, p);
        const double root = used ? sqrt(frame->weight[p]) : 0.0;

        valid[p] = used ? 1.0 : 0.0;
        sieve->data[p] = used ? root * (double)frame->value[p] : 0.0;
        sieve->model[p] = used ? root * (double)frame->model[p] : 0.0;
    }
    sqn__stats_blur(sieve->data, frame->ny, frame->nx, frame->fwhm, between);
    sqn__stats_blur(sieve->model, frame->ny, frame->nx, frame->fwhm, between);
    sqn__stats_blur(valid, frame->ny, frame->nx, frame->fwhm, between);
    sieve->n = 0;
    for (int64_t p = 0; p < n_pix; p++) {
        if (sqn__scaling_usable(frame, p)) {
            const int64_t i = sieve->n++;
            const double m = frame->model[p], vm = frame->weight[p] * m;

            sieve->data[i] = sieve->data[p] / valid[p];
            sieve->model[i] = sieve->model[p] / valid[p];
            sieve->xm[i] = vm * (double)frame->value[p];
            sieve->mm[i] = vm * m;
            sieve->pixel[i] = p;
        }
    }
}

/* f = sum V x m / sum V m^2 over usable pixels outside the disk; NaN if none tells. */
static double fit(const disk_sieve *sieve)
{
    double xm = 0.0, mm = 0.0;

    for (int64_t i = 0; i < sieve->n; i++) {
        const bool outside = sieve->disk[sieve->pixel[i]] == 0;

        xm += outside ? sieve->xm[i] : 0.0;
        mm += outside ? sieve->mm[i] : 0.0;
    }
    return mm > 0.0 ? xm / mm : NAN;
}

/* Distances along one row to the nearest 0 in it. */
static void spread_row(uint16_t *row, int64_t n)
{
    uint16_t far = UINT16_MAX;

    for (int64_t x = 0; x < n; x++) {
        far = (uint16_t)(row[x] == 0 ? 0 : far + (far < UINT16_MAX));
        row[x] = far;
    }
    far = UINT16_MAX;
    for (int64_t x = n - 1; x >= 0; x--) {
        far = (uint16_t)(row[x] == 0 ? 0 : far + (far < UINT16_MAX));
        row[x] = row[x] < far ? row[x] : far;
    }
}

/* Half the chord, in whole pixels, of a circle of one fwhm `height` from its middle. */
static int64_t half_chord(double fwhm, int64_t height)
{
    int64_t u = (int64_t)floor(fmin(fwhm, UINT16_MAX - 1));

    while (u >= 0 && hypot((double)u, (double)height) > fwhm) {
        u--;
    }
    return u;
}

/* The disk is all within one fwhm of a pixel at distance 0. */
static void grow(const disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    const int64_t reach = (int64_t)floor(fmin(frame->fwhm, (double)frame->ny));
    const int64_t nx = frame->nx;

    for (int64_t y = 0; y < frame->ny; y++) {
        spread_row(sieve->distance + y * nx, nx);
    }
    for (int64_t height = -reach; height <= reach; height++) {
        const int64_t half = half_chord(frame->fwhm, height);
        const int64_t first = height < 0 ? -height : 0;
        const int64_t end = height > 0 ? frame->ny - height : frame->ny;

        for (int64_t e = first * nx; half >= 0 && e < end * nx; e++) {
            sieve->disk[e] |= sieve->distance[e + height * nx] <= half;
        }
    }
}

/*
 * Find what stands out of the smoothed residual, taken in units of its noise: what is
 * significantly positive and, with `both`, negative.
 */
static void find_disk(const disk_sieve *sieve, const sqn_scaling_frame *frame,
                      double factor, bool both)
{
    const int64_t n_pix = frame->ny * frame->nx;
    bool any = false;

    for (int64_t i = 0; i < sieve->n; i++) {
        sieve->scratch[i] = sieve->data[i] - factor * sieve->model[i];
    }
    const double limit = significant * sqn__stats_mad_sigma(sieve->scratch, sieve->n);

    memset(sieve->disk, 0, (size_t)n_pix);
    memset(sieve->distance, 0xff, (size_t)n_pix * sizeof *sieve->distance);
    for (int64_t i = 0; i < sieve->n; i++) {
        const double z = sieve->data[i] - factor * sieve->model[i];

        if (z > limit || (both && z < -limit)) {
            sieve->distance[sieve->pixel[i]] = 0;
            any = true;
        }
    }
    if (any) {
        grow(sieve, frame);
    }
}

static double limited(double factor)
{
    return fmin(fmax(factor, lowest), highest);
}

/*
 * Factor and disk in turn until the factor stays. At first only the upper tail is left out, for
 * a factor that is too high makes half the star negative; then both, for one tail of the noise
 * alone pulls the factor down (by 0.007 with equal weights beside a bright star).
 */
static void iterate(sqn_scaling *out, const disk_sieve *sieve,
                    const sqn_scaling_frame *frame, double first)
{
    double factor = limited(first);
    bool both = false, done = false;

    for (out->rounds = 0; !done && out->rounds < MAX_ROUNDS; out->rounds++) {
        const int64_t damped = out->rounds - UNDAMPED;
        const double gain = damped < 0 ? 1.0 : 1.0 / (double)(damped + 2);

        find_disk(sieve, frame, factor, both);
        const double next = fit(sieve);
        const double step =
            isnan(next) ? 0.0 : gain * (next - factor); /* NaN: all is disk */
        const bool stays = fabs(limited(factor + step) - factor) < moves;

        factor = limited(factor + step);
        out->curve[out->rounds] = factor;
        done = both && stays;
        both = both || stays || out->rounds + 1 >= ONE_SIDED;
    }
    out->factor = factor;
    out->at_edge = factor <= lowest || factor >= highest;
}

bool sqn_scaling_find(sqn_scaling *out, const sqn_scaling_frame *frame, double *work)
{
    disk_sieve sieve = carve(work, frame);

    *out = (sqn_scaling){0};
    prepare(&sieve, frame);
    memset(sieve.disk, 0, (size_t)(frame->ny * frame->nx));
    const double first = fit(&sieve);

    if (isnan(first)) {
        return false;
    }
    for (int64_t i = 0; i < SQN_SCALING_N_FRACTION; i++) {
        out->curve[i] = NAN;
    }
    iterate(out, &sieve, frame, first);
    return true;
}

sqn_status sqn_scaling_bff(sqn_scaling *out, const sqn_scaling_frame *frame, sqn_error *err)
{
    const int64_t n_pix = frame->ny * frame->nx;
    double *work = sqn__mem_alloc(sqn_scaling_work_size(frame->ny, frame->nx, frame->fwhm),
                                  sizeof *work);

    *out = (sqn_scaling){0};
    if (work == NULL) {
        return SQN_RAISE(err, E_MEM, "best fraction of %" PRId64 " pixels", n_pix);
    }
    const bool found = sqn_scaling_find(out, frame, work);

    sqn__mem_free(work);
    return found ? SQN_OK
                 : SQN_RAISE(err, E_DATA_EMPTY, "no pixel has data, model and weight");
}
