/** @file scaling.c @brief The factor of a model that leaves the disk and takes the starlight. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bits.h"
#include "mem.h"
#include "raise.h"
#include "scaling_internal.h"
#include "stats.h"

enum {
    MAX_ROUNDS = 50,
    ONE_SIDED = 5, /* rounds at most before the lower tail is judged, too */
    UNDAMPED = 10, /* rounds before steps are made smaller, to end a cycle */
    CHUNK = 16,    /* pixels that are looked at together */
    LANES = 8      /* partial sums of a fit */
};

static const double moves = 1e-4; /* of the factor: less ends the iteration */
static const double lowest = 0.5, highest = 1.1;
static const double significant = 3.0; /* sigma */
static const double guess_reach =
    0.03; /* sigma; median and sigma move less in most rounds */

bool sqn__scaling_usable(const sqn_scaling_frame *frame, int64_t pixel)
{
    return frame->weight[pixel] > 0.0 && isfinite(frame->value[pixel]) &&
           isfinite(frame->model[pixel]);
}

/*
 * Work space of one frame. The smoothed residual of any factor f, in units of its noise, is
 * z = data - f model: smoothing is linear.
 */
typedef struct disk_sieve {
    int64_t n;
    double *data, *model; /* [n] of the usable pixels: smoothed sqrt(V) x and sqrt(V) m */
    int64_t *pixel;       /* [n] their numbers */
    double *xm, *mm;      /* [ny, nx] V x m and V m^2, 0 where not usable */
    double *z, *scratch;  /* [n] */
    double median, sigma; /* of z, from the round before; sigma 0: none */
    sqn__bits seed, disk; /* what stands out; the same, grown */
    uint64_t *row;        /* [2 words of a row] */
} disk_sieve;

/* Doubles that hold the words of a set of pixels. */
static int64_t set_size(int64_t ny, int64_t nx)
{
    return ny * sqn__bits_n_word(nx); /* both have 64 bits */
}

int64_t sqn_scaling_work_size(int64_t ny, int64_t nx, double fwhm)
{
    return 6 * ny * nx + 2 * set_size(ny, nx) + set_size(2, nx) +
           sqn__stats_blur_work_size(ny, nx, fwhm);
}

/* Lay out the sieve in `work`. */
static disk_sieve carve(double *work, const sqn_scaling_frame *frame)
{
    const int64_t ny = frame->ny, nx = frame->nx, n = ny * nx;
    disk_sieve sieve = {.data = work, .model = work + n, .xm = work + 2 * n};
    double *rest = work + 5 * n;

    sieve.mm = work + 3 * n;
    sieve.pixel = (int64_t *)(void *)(work + 4 * n);
    sieve.z = rest; /* and at first, with what follows, the work space of the smoothing */
    rest += sqn__stats_blur_work_size(ny, nx, frame->fwhm);
    sieve.scratch = rest;
    rest += n;
    sieve.seed = (sqn__bits){ny, nx, (uint64_t *)(void *)rest};
    rest += set_size(ny, nx);
    sieve.disk = (sqn__bits){ny, nx, (uint64_t *)(void *)rest};
    sieve.row = (uint64_t *)(void *)(rest + set_size(ny, nx));
    return sieve;
}

/* Smooth data, model and the map of what is usable, then list the usable pixels. */
static void prepare(disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    const int64_t n_pix = frame->ny * frame->nx;
    double *valid = sieve->scratch, *between = sieve->z;

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
        const bool used = sqn__scaling_usable(frame, p);
        const double m = used ? frame->model[p] : 0.0, vm = frame->weight[p] * m;

        sieve->xm[p] = used ? vm * (double)frame->value[p] : 0.0;
        sieve->mm[p] = used ? vm * m : 0.0;
        if (used) {
            const int64_t i = sieve->n++;

            sieve->data[i] = sieve->data[p] / valid[p];
            sieve->model[i] = sieve->model[p] / valid[p];
            sieve->pixel[i] = p;
        }
    }
}

/* Sums of V x m and V m^2, by lanes. */
typedef struct fit_sums {
    double xm[LANES], mm[LANES];
} fit_sums;

/* Add the pixels of one word, of `n` pixels from `first` on, that are not in it. */
static void add_outside(fit_sums *sums, const disk_sieve *sieve, uint64_t word,
                        int64_t first, int64_t n)
{
    const double *restrict xm = sieve->xm + first, *restrict mm = sieve->mm + first;

    if (word == 0 && n == SQN__BITS_WORD) {
        for (int64_t p = 0; p < SQN__BITS_WORD; p += LANES) {
            for (int64_t l = 0; l < LANES; l++) {
                sums->xm[l] += xm[p + l];
                sums->mm[l] += mm[p + l];
            }
        }
        return;
    }
    for (int64_t p = 0; p < n && word != UINT64_MAX; p++) {
        const bool outside = (word >> p & 1U) == 0;

        sums->xm[p % LANES] += outside ? xm[p] : 0.0;
        sums->mm[p % LANES] += outside ? mm[p] : 0.0;
    }
}

static double total(const double lane[LANES])
{
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/* f = sum V x m / sum V m^2 over usable pixels outside the disk; NaN if none tells. */
static double fit(const disk_sieve *sieve)
{
    const int64_t ny = sieve->disk.ny, nx = sieve->disk.nx;
    fit_sums sums = {.xm = {0.0}};

    for (int64_t y = 0; y < ny; y++) {
        const uint64_t *row = sqn__bits_row(&sieve->disk, y);

        for (int64_t x = 0; x < nx; x += SQN__BITS_WORD) {
            const int64_t left = nx - x;

            add_outside(&sums, sieve, row[x / SQN__BITS_WORD], y * nx + x,
                        left < SQN__BITS_WORD ? left : SQN__BITS_WORD);
        }
    }
    const double mm = total(sums.mm);

    return mm > 0.0 ? total(sums.xm) / mm : NAN;
}

/* z of a factor, and its median and robust sigma: near those of the round before. */
static void measure(disk_sieve *sieve, double factor)
{
    const int64_t n = sieve->n;
    double *restrict z = sieve->z;
    const double reach = guess_reach * sieve->sigma;

    for (int64_t i = 0; i < n; i++) {
        z[i] = sieve->data[i] - factor * sieve->model[i];
    }
    const double median =
        sqn__stats_median_near(z, n, sieve->median, reach, sieve->scratch);

    for (int64_t i = 0; i < n; i++) { /* distances now, z again below */
        z[i] = fabs(z[i] - median);
    }
    sieve->median = median;
    sieve->sigma = SQN__STATS_MAD_TO_SIGMA *
                   sqn__stats_median_near(z, n, sieve->sigma / SQN__STATS_MAD_TO_SIGMA,
                                          reach, sieve->scratch);
}

/* How many of `n` z lie outside the limits. */
static inline int64_t n_outside(const double *restrict data, const double *restrict model,
                                int64_t n, double factor, const double limits[2])
{
    const double low = limits[0], high = limits[1];
    int64_t n_out = 0;

    for (int64_t i = 0; i < n; i++) {
        const double z = data[i] - factor * model[i];

        n_out += (z > high ? 1 : 0) + (z < low ? 1 : 0);
    }
    return n_out;
}

/* The seeds among the usable pixels from `first` on, a chunk of them: z outside the limits. */
static void mark(const disk_sieve *sieve, int64_t first, double factor,
                 const double limits[2])
{
    const double *data = sieve->data + first, *model = sieve->model + first;
    const int64_t n = sieve->n - first < CHUNK ? sieve->n - first : CHUNK;
    const int64_t n_out = n == CHUNK ? n_outside(data, model, CHUNK, factor, limits)
                                     : n_outside(data, model, n, factor, limits);

    for (int64_t i = 0; i < n && n_out > 0; i++) { /* rare */
        const double z = data[i] - factor * model[i];

        if (z > limits[1] || z < limits[0]) {
            const int64_t pixel = sieve->pixel[first + i];

            sqn__bits_set(&sieve->seed, pixel / sieve->seed.nx, pixel % sieve->seed.nx);
        }
    }
}

/*
 * Find what stands out of the smoothed residual, taken in units of its noise: what is
 * significantly positive and, with `both`, negative. The disk is all within one fwhm of it.
 */
static void find_disk(disk_sieve *sieve, double fwhm, double factor, bool both)
{
    const int64_t n_word = set_size(sieve->seed.ny, sieve->seed.nx);

    measure(sieve, factor);
    const double limit = significant * sieve->sigma;
    const double limits[2] = {both ? -limit : -INFINITY, limit};

    memset(sieve->seed.word, 0, (size_t)n_word * sizeof *sieve->seed.word);
    for (int64_t first = 0; first < sieve->n; first += CHUNK) {
        mark(sieve, first, factor, limits);
    }
    sqn__bits_grow(&sieve->disk, &sieve->seed, fwhm, sieve->row);
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
static void iterate(sqn_scaling *out, disk_sieve *sieve, double fwhm, double first)
{
    double factor = limited(first);
    bool both = false, done = false;

    for (out->rounds = 0; !done && out->rounds < MAX_ROUNDS; out->rounds++) {
        const int64_t damped = out->rounds - UNDAMPED;
        const double gain = damped < 0 ? 1.0 : 1.0 / (double)(damped + 2);

        find_disk(sieve, fwhm, factor, both);
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
    memset(sieve.disk.word, 0,
           (size_t)set_size(frame->ny, frame->nx) * sizeof *sieve.disk.word);
    const double first = fit(&sieve);

    if (isnan(first)) {
        return false;
    }
    for (int64_t i = 0; i < SQN_SCALING_N_FRACTION; i++) {
        out->curve[i] = NAN;
    }
    iterate(out, &sieve, frame->fwhm, first);
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
