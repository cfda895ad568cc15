/** @file scaling.c @brief The factor of a model that leaves the disk and takes the starlight. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bits.h"
#include "mem.h"
#include "middle.h"
#include "order.h"
#include "raise.h"
#include "scaling_internal.h"
#include "stats.h"

enum {
    MAX_ROUNDS = 50,
    ONE_SIDED = 5, /* rounds at most before the lower tail is judged, too */
    UNDAMPED = 10, /* rounds before steps are made smaller, to end a cycle */
    SAMPLE = 512,  /* pixels that tell how far a median moves */
    LANES = 8      /* partial sums of a fit */
};

static const double moves = 1e-4; /* of the factor: less ends the iteration */
static const double lowest = 0.5, highest = 1.1;
static const double significant = 3.0; /* sigma */
/* sigma: how well both are guessed in most rounds */
static const double guess_reach = 0.008;
static const double keeps_digits = 1e-3; /* share of a sum that may be left of it */

bool sqn__scaling_usable(const sqn_scaling_frame *frame, int64_t pixel)
{
    return frame->weight[pixel] > 0.0 && isfinite(frame->value[pixel]) &&
           isfinite(frame->model[pixel]);
}

static double total(const double lane[LANES])
{
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/*
 * Work space of one frame. The smoothed residual of any factor f, in units of its noise, is
 * z = data - f model: smoothing is linear.
 */
typedef struct disk_sieve {
    int64_t *n;       /* usable pixels */
    double *root;     /* [ny, nx] sqrt(V), 0 where not usable */
    double *value;    /* [ny, nx] sqrt(V) x, 0 where not usable */
    double *data;     /* [n] of the usable pixels: smoothed sqrt(V) x */
    double *share;    /* [n] 1 over the share of the Gaussian that lies on usable pixels */
    int32_t *pixel;   /* [n] their numbers */
    double *model;    /* [n] smoothed sqrt(V) m */
    double all[2];    /* sums of V x m and V m^2 */
    double inside[2]; /* and of those in the disk */
    double *scratch;  /* of the smoothing */
    float *z, *work;  /* [n], [sqn__middle_work_size()] */
    int32_t *place;   /* [n] in the lists, of what stands out */
    double median, sigma; /* of z, from the round before; sigma 0: none */
    double sampled;       /* median of a few z */
    const sqn__order *order;
    sqn__bits seed, disk; /* what stands out; the same, grown */
    sqn__bits summed;     /* the disk whose sums are `inside` */
    uint64_t *row;        /* [sqn__bits_work_size()] */
} disk_sieve;

enum { HEADER = 8 }; /* doubles before the planes */

/* Doubles that hold the words of a set of pixels. */
static int64_t set_size(int64_t ny, int64_t nx)
{
    return ny * sqn__bits_n_word(nx); /* both have 64 bits */
}

/* Doubles that hold n floats or 32-bit integers. */
static int64_t half_size(int64_t n)
{
    return (n + 1) / 2;
}

int64_t sqn_scaling_work_size(int64_t ny, int64_t nx, double fwhm)
{
    const int64_t n = ny * nx;

    return HEADER + 5 * n + 3 * half_size(n) + half_size(sqn__middle_work_size(n)) +
           3 * set_size(ny, nx) + sqn__bits_work_size(ny, nx) +
           sqn__stats_blur_work_size(ny, nx, fwhm);
}

/* Take `n` doubles off the front of the work space. */
static double *take(double **from, int64_t n)
{
    double *taken = *from;

    *from += n;
    return taken;
}

static sqn__bits take_set(double **from, int64_t ny, int64_t nx)
{
    return (sqn__bits){ny, nx, (uint64_t *)(void *)take(from, set_size(ny, nx))};
}

/* Lay out the sieve in `work`. */
static disk_sieve carve(double *work, const sqn_scaling_frame *frame)
{
    const int64_t ny = frame->ny, nx = frame->nx, n = ny * nx;
    disk_sieve sieve = {.n = (int64_t *)(void *)take(&work, HEADER)};

    sieve.order = sqn__order_choose();
    sieve.root = take(&work, n);
    sieve.value = take(&work, n);
    sieve.data = take(&work, n);
    sieve.share = take(&work, n);
    sieve.model = take(&work, n);
    sieve.pixel = (int32_t *)(void *)take(&work, half_size(n));
    sieve.z = (float *)(void *)take(&work, half_size(n));
    sieve.place = (int32_t *)(void *)take(&work, half_size(n));
    sieve.work = (float *)(void *)take(&work, half_size(sqn__middle_work_size(n)));
    sieve.seed = take_set(&work, ny, nx);
    sieve.disk = take_set(&work, ny, nx);
    sieve.summed = take_set(&work, ny, nx);
    sieve.row = (uint64_t *)(void *)take(&work, sqn__bits_work_size(ny, nx));
    sieve.scratch = work;
    return sieve;
}

/* The usable pixels of a plane, divided by their share of the Gaussian. */
static void gather(double *plane, const disk_sieve *sieve)
{
    for (int64_t i = 0; i < *sieve->n; i++) {
        plane[i] = plane[sieve->pixel[i]] * sieve->share[i];
    }
}

/* Data and weights of row `y`, and which pixels are usable. */
static void prepare_row(const disk_sieve *sieve, const sqn_scaling_frame *frame, int64_t y)
{
    for (int64_t x = 0; x < frame->nx; x++) {
        const int64_t p = y * frame->nx + x;
        const bool used = sqn__scaling_usable(frame, p);

        sieve->root[p] = used ? sqrt(frame->weight[p]) : 0.0;
        sieve->value[p] = used ? sieve->root[p] * (double)frame->value[p] : 0.0;
        sieve->share[p] = used ? 1.0 : 0.0;
        sieve->pixel[*sieve->n] = (int32_t)p;
        *sieve->n += used ? 1 : 0;
    }
}

void sqn_scaling_prepare(double *work, const sqn_scaling_frame *frame)
{
    const disk_sieve sieve = carve(work, frame);
    const int64_t n_pix = frame->ny * frame->nx;

    *sieve.n = 0;
    for (int64_t y = 0; y < frame->ny; y++) {
        prepare_row(&sieve, frame, y);
    }
    memcpy(sieve.data, sieve.value, (size_t)n_pix * sizeof *sieve.data);
    sqn__stats_blur(sieve.data, frame->ny, frame->nx, frame->fwhm, sieve.scratch);
    sqn__stats_blur(sieve.share, frame->ny, frame->nx, frame->fwhm, sieve.scratch);
    for (int64_t i = 0; i < *sieve.n; i++) {
        sieve.share[i] = 1.0 / sieve.share[sieve.pixel[i]];
    }
    gather(sieve.data, &sieve);
}

/* sqrt(V) m of pixel `p`. */
static inline double weighted_model(const disk_sieve *sieve, const float *model, int64_t p)
{
    const double root = sieve->root[p];

    return root * (root > 0.0 ? (double)model[p] : 0.0);
}

/* The model, and the sums of its products with the data over all pixels. */
static void load_model(disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    const int64_t n_pix = frame->ny * frame->nx, n_whole = n_pix - n_pix % LANES;
    double xm[LANES] = {0.0}, mm[LANES] = {0.0};

    for (int64_t p = 0; p < n_whole; p += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            const double m = weighted_model(sieve, frame->model, p + l);

            sieve->model[p + l] = m;
            xm[l] += m * sieve->value[p + l];
            mm[l] += m * m;
        }
    }
    for (int64_t p = n_whole; p < n_pix; p++) {
        const double m = weighted_model(sieve, frame->model, p);

        sieve->model[p] = m;
        xm[0] += m * sieve->value[p];
        mm[0] += m * m;
    }
    sieve->all[0] = total(xm);
    sieve->all[1] = total(mm);
    sqn__stats_blur(sieve->model, frame->ny, frame->nx, frame->fwhm, sieve->scratch);
    gather(sieve->model, sieve);
}

/* Add the pixels of a word, which begins with pixel `first`. */
static void add_word(double sum[2], const disk_sieve *sieve, const float *model,
                     uint64_t word, int64_t first)
{
    for (uint64_t left = word; left != 0; left &= left - 1) {
        const int64_t p = first + __builtin_ctzll(left);
        const double m = weighted_model(sieve, model, p);

        sum[0] += m * sieve->value[p];
        sum[1] += m * m;
    }
}

/* Bits of the pixels from `x` on that a row of `nx` has in a word. */
static uint64_t pixels_of_word(int64_t nx, int64_t x)
{
    return nx - x < SQN__BITS_WORD ? (UINT64_C(1) << (nx - x)) - 1 : UINT64_MAX;
}

/* Sums over the disk: those before, with what has come and without what has gone. */
static void follow_disk(disk_sieve *sieve, const float *model)
{
    const int64_t ny = sieve->disk.ny, nx = sieve->disk.nx;
    double come[2] = {0.0, 0.0}, gone[2] = {0.0, 0.0};

    for (int64_t y = 0; y < ny; y++) {
        const uint64_t *now = sqn__bits_row(&sieve->disk, y);
        const uint64_t *before = sqn__bits_row(&sieve->summed, y);

        for (int64_t x = 0; x < nx; x += SQN__BITS_WORD) {
            const int64_t i = x / SQN__BITS_WORD;
            const uint64_t changed = (now[i] ^ before[i]) & pixels_of_word(nx, x);

            add_word(come, sieve, model, changed & now[i], y * nx + x);
            add_word(gone, sieve, model, changed & before[i], y * nx + x);
        }
    }
    memcpy(sieve->summed.word, sieve->disk.word,
           (size_t)set_size(ny, nx) * sizeof *sieve->disk.word);
    sieve->inside[0] += come[0] - gone[0];
    sieve->inside[1] += come[1] - gone[1];
}

/* Sums over all that is not disk. */
static void sum_outside(double out[2], const disk_sieve *sieve, const float *model)
{
    const int64_t ny = sieve->disk.ny, nx = sieve->disk.nx;

    out[0] = out[1] = 0.0;
    for (int64_t y = 0; y < ny; y++) {
        const uint64_t *row = sqn__bits_row(&sieve->disk, y);

        for (int64_t x = 0; x < nx; x += SQN__BITS_WORD) {
            add_word(out, sieve, model, ~row[x / SQN__BITS_WORD] & pixels_of_word(nx, x),
                     y * nx + x);
        }
    }
}

/* f = sum V x m / sum V m^2 over usable pixels outside the disk; NaN if none tells. Most are
   outside: what is inside is taken off the sums of all, if they keep their digits. */
static double fit(disk_sieve *sieve, const float *model)
{
    follow_disk(sieve, model);
    double sum[2] = {sieve->all[0] - sieve->inside[0], sieve->all[1] - sieve->inside[1]};

    if (!(sum[1] > keeps_digits * sieve->all[1])) {
        sum_outside(sum, sieve, model);
    }
    return sum[1] > 0.0 ? sum[0] / sum[1] : NAN;
}

/* Median of z of a few pixels of the image: it moves as that of all. */
static double sampled_median(const disk_sieve *sieve, double factor)
{
    const int64_t n = *sieve->n, step = n / SAMPLE + 1;
    float few[SAMPLE];
    int64_t n_few = 0;

    for (int64_t i = step / 2; i < n && n_few < SAMPLE; i += step) {
        few[n_few++] = (float)(sieve->data[i] - factor * sieve->model[i]);
    }
    return sqn__middle_select(few, n_few, n_few / 2);
}

/* z of a factor, and its median and robust sigma: near those of the round before. */
static void measure(disk_sieve *sieve, double factor)
{
    const int64_t n = *sieve->n;
    const sqn__order_scaled scaled = {sieve->data, sieve->model, factor, n};
    const double reach = guess_reach * sieve->sigma;
    const double sampled = sampled_median(sieve, factor);
    const double guess = sieve->median + sampled - sieve->sampled;
    const bool guesses = sieve->sigma > 0.0;
    const float bounds[2] = {guesses ? (float)(guess - reach) : INFINITY,
                             guesses ? (float)(guess + reach) : -INFINITY};
    int64_t n_below = 0;
    const int64_t n_kept =
        sieve->order->subtract(sieve->z, sieve->work, &n_below, &scaled, bounds);

    sieve->sampled = sampled;
    sieve->median = sqn__middle_of_kept(&(sqn__order_floats){sieve->z, n, NAN}, n_below,
                                        n_kept, sieve->work);
    sieve->sigma =
        SQN__STATS_MAD_TO_SIGMA *
        sqn__middle_median(&(sqn__order_floats){sieve->z, n, (float)sieve->median},
                           sieve->sigma / SQN__STATS_MAD_TO_SIGMA, reach, sieve->work);
}

/*
 * Find what stands out of the smoothed residual, taken in units of its noise: what is
 * significantly positive and, with `both`, negative. The disk is all within one fwhm of it.
 */
static void find_disk(disk_sieve *sieve, double fwhm, double factor, bool both)
{
    const int64_t n_word = set_size(sieve->seed.ny, sieve->seed.nx);

    measure(sieve, factor);
    const float limit = (float)(significant * sieve->sigma);
    const float limits[2] = {both ? -limit : -INFINITY, limit};

    memset(sieve->seed.word, 0, (size_t)n_word * sizeof *sieve->seed.word);
    const int64_t n_seed = sieve->order->outside(sieve->place, sieve->z, *sieve->n, limits);

    for (int64_t i = 0; i < n_seed; i++) {
        const int64_t p = sieve->pixel[sieve->place[i]], nx = sieve->seed.nx;

        sqn__bits_set(&sieve->seed, p / nx, p % nx);
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
static void iterate(sqn_scaling *out, disk_sieve *sieve, const sqn_scaling_frame *frame,
                    double first)
{
    double factor = limited(first);
    bool both = false, done = false;

    for (out->rounds = 0; !done && out->rounds < MAX_ROUNDS; out->rounds++) {
        const int64_t damped = out->rounds - UNDAMPED;
        const double gain = damped < 0 ? 1.0 : 1.0 / (double)(damped + 2);

        find_disk(sieve, frame->fwhm, factor, both);
        const double next = fit(sieve, frame->model);
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
    load_model(&sieve, frame);
    if (!(sieve.all[1] > 0.0)) {
        return false;
    }
    for (int64_t i = 0; i < SQN_SCALING_N_FRACTION; i++) {
        out->curve[i] = NAN;
    }
    memset(sieve.summed.word, 0, (size_t)set_size(frame->ny, frame->nx) * sizeof(uint64_t));
    iterate(out, &sieve, frame, sieve.all[0] / sieve.all[1]);
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
    sqn_scaling_prepare(work, frame);
    const bool found = sqn_scaling_find(out, frame, work);

    sqn__mem_free(work);
    return found ? SQN_OK
                 : SQN_RAISE(err, E_DATA_EMPTY, "no pixel has data, model and weight");
}
