/** @file scaling.c @brief The factor of a model that leaves the disk and takes the starlight. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bits.h"
#include "fraction.h"
#include "mem.h"
#include "raise.h"
#include "scaling_internal.h"
#include "spread.h"
#include "stats.h"

enum {
    MAX_ROUNDS = 50,
    ONE_SIDED = 5, /* rounds at most before the lower tail is judged, too */
    UNDAMPED = 10, /* rounds before steps are made smaller, to end a cycle */
    LINE = 8       /* doubles of a line of the cache */
};

static const double moves = 1e-4; /* of the factor: less ends the iteration */
static const double lowest = 0.5, highest = 1.1;
static const double significant = 3.0;   /* sigma */
static const double keeps_digits = 1e-3; /* share of a sum that may be left of it */

bool sqn__scaling_usable(const sqn_scaling_frame *frame, int64_t pixel)
{
    return frame->weight[pixel] > 0.0 && isfinite(frame->value[pixel]) &&
           isfinite(frame->model[pixel]);
}

/*
 * Work space of one frame. The smoothed residual of any factor f, in units of its noise, is
 * z = (1 - f) data + f residual, for smoothing is linear. In floats, for the residual is formed
 * before it is smoothed: what is rounded of the star is what a factor of 1 leaves of it.
 */
typedef struct disk_sieve {
    int64_t *n_valid; /* usable pixels */
    float *root;      /* [ny, nx] sqrt(V), 0 where not usable */
    float *share; /* [ny, nx] 1 over the share of the Gaussian that lies on usable pixels,
                         NaN where not usable */
    float *data;  /* [ny, nx] smoothed sqrt(V) x; NaN where not usable */
    float *residual;  /* [ny, nx] smoothed sqrt(V) (x - m); NaN where not usable */
    double all[2];    /* sums of V x m and V m^2 */
    double inside[2]; /* and of those in the disk */
    float *scratch;   /* of the smoothing */
    sqn__spread z;
    uint64_t *seed;   /* [sqn__bits_line_size()] what stands out */
    sqn__bits disk;   /* the same, grown */
    sqn__bits summed; /* the disk whose sums are `inside` */
    uint64_t *row;    /* [sqn__bits_work_size()] */
} disk_sieve;

/* Doubles that hold the words of a set of pixels. */
static int64_t set_size(int64_t ny, int64_t nx)
{
    return ny * sqn__bits_n_word(nx); /* both have 64 bits */
}

/* Doubles that hold n floats. */
static int64_t half_size(int64_t n)
{
    return (n + 1) / 2;
}

/* Doubles that hold one array of a list of n numbers. */
static int64_t list_size(int64_t n)
{
    return half_size(n + SQN__ORDER_SLACK);
}

/* Doubles that are taken for n: whole lines of the cache, for vectors that lie across two of them
   are slow to load. */
static int64_t whole_lines(int64_t n)
{
    return (n + LINE - 1) / LINE * LINE;
}

int64_t sqn_scaling_work_size(int64_t ny, int64_t nx, double fwhm)
{
    const int64_t n = ny * nx;

    return LINE + whole_lines(1) + 4 * whole_lines(half_size(n)) +
           whole_lines(half_size(sqn__middle_work_size(n))) +
           2 * whole_lines(list_size(n)) + whole_lines(sqn__bits_line_size(n)) +
           2 * whole_lines(set_size(ny, nx)) + whole_lines(sqn__bits_work_size(ny, nx)) +
           whole_lines(half_size(sqn__stats_blur_work_size(ny, nx, fwhm)));
}

/* Take `n` doubles off the front of the work space. */
static void *take(double **from, int64_t n)
{
    double *taken = *from;

    *from += whole_lines(n);
    return taken;
}

/* The first line of the work space. */
static double *first_line(double *work)
{
    return work + (LINE - (int64_t)((uintptr_t)work / sizeof *work % LINE)) % LINE;
}

static sqn__bits take_set(double **from, int64_t ny, int64_t nx)
{
    return (sqn__bits){ny, nx, take(from, set_size(ny, nx))};
}

/* Lay out the sieve in `work`. */
static void carve(disk_sieve *sieve, double *work, const sqn_scaling_frame *frame)
{
    const int64_t ny = frame->ny, nx = frame->nx, n = ny * nx;

    work = first_line(work);
    sieve->n_valid = take(&work, 1);
    sieve->root = take(&work, half_size(n));
    sieve->share = take(&work, half_size(n));
    sieve->data = take(&work, half_size(n));
    sieve->residual = take(&work, half_size(n));
    sieve->z.desk = sqn__middle_desk_in(
        take(&work, half_size(sqn__middle_work_size(n))),
        &(sqn__order_mix){sieve->data, sieve->residual, 0.0F, 0.0F, n}, 0);
    sieve->z.list.of.a = take(&work, list_size(n));
    sieve->z.list.of.b = take(&work, list_size(n));
    sieve->seed = take(&work, sqn__bits_line_size(n));
    sieve->disk = take_set(&work, ny, nx);
    sieve->summed = take_set(&work, ny, nx);
    sieve->row = take(&work, sqn__bits_work_size(ny, nx));
    sieve->scratch = take(&work, 0);
}

static void smooth(float *plane, const disk_sieve *sieve, const sqn_scaling_frame *frame,
                   const float *share)
{
    sqn__stats_blur(plane, frame->ny, frame->nx, frame->fwhm, share, sieve->scratch);
}

/* Data and weights, and which pixels are usable. */
static void weigh(const disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    const int64_t n_pix = frame->ny * frame->nx;
    int64_t n_valid = 0;

    for (int64_t p = 0; p < n_pix; p++) {
        const bool usable = sqn__scaling_usable(frame, p);
        const float root = usable ? (float)sqrt(frame->weight[p]) : 0.0F;
        const bool used = root > 0.0F && isfinite(root);

        sieve->root[p] = used ? root : 0.0F;
        sieve->data[p] = used ? root * frame->value[p] : 0.0F;
        sieve->share[p] = used ? 1.0F : 0.0F;
        n_valid += used ? 1 : 0;
    }
    *sieve->n_valid = n_valid;
}

void sqn_scaling_prepare(double *work, const sqn_scaling_frame *frame)
{
    disk_sieve sieve;

    carve(&sieve, work, frame);
    weigh(&sieve, frame);
    smooth(sieve.share, &sieve, frame, NULL);
    for (int64_t p = 0; p < frame->ny * frame->nx; p++) {
        sieve.share[p] = sieve.root[p] > 0.0F ? 1.0F / sieve.share[p] : NAN;
    }
    smooth(sieve.data, &sieve, frame, sieve.share);
}

static sqn__fraction_image image_of(const disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    return (sqn__fraction_image){sieve->root, frame->value, frame->model, frame->ny,
                                 frame->nx};
}

/* The model, and the sums of its products with the data over all pixels. */
static void load_model(disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    const sqn__fraction_image image = image_of(sieve, frame);

    sieve->all[0] = sieve->all[1] = 0.0;
    sqn__fraction_choose()->subtract(sieve->residual, sieve->all, &image);
    smooth(sieve->residual, sieve, frame, sieve->share);
    sieve->z.desk.n_valid = *sieve->n_valid;
    sqn__spread_begin(&sieve->z);
}

static void empty(const sqn__bits *set)
{
    memset(set->word, 0, (size_t)set_size(set->ny, set->nx) * sizeof *set->word);
}

/* Sums over all that is not disk. */
static void sum_outside(double out[2], const disk_sieve *sieve,
                        const sqn_scaling_frame *frame)
{
    const int64_t n_word = set_size(frame->ny, frame->nx);
    const sqn__bits none = {frame->ny, frame->nx, sieve->row};
    const sqn__bits rest = {frame->ny, frame->nx, sieve->row + n_word};
    const sqn__fraction_image image = image_of(sieve, frame);

    empty(&none);
    for (int64_t i = 0; i < n_word; i++) {
        rest.word[i] = ~sieve->disk.word[i];
    }
    out[0] = out[1] = 0.0;
    sqn__fraction_choose()->follow(out, &image, &rest, &none);
}

/* f = sum V x m / sum V m^2 over usable pixels outside the disk; NaN if none tells. Most are
   outside: what is inside is taken off the sums of all, if they keep their digits. */
static double fit(disk_sieve *sieve, const sqn_scaling_frame *frame)
{
    const sqn__fraction_image image = image_of(sieve, frame);

    sqn__fraction_choose()->follow(sieve->inside, &image, &sieve->disk, &sieve->summed);
    double sum[2] = {sieve->all[0] - sieve->inside[0], sieve->all[1] - sieve->inside[1]};

    if (!(sum[1] > keeps_digits * sieve->all[1])) {
        sum_outside(sum, sieve, frame);
    }
    return sum[1] > 0.0 ? sum[0] / sum[1] : NAN;
}

/*
 * Find what stands out of the smoothed residual, taken in units of its noise: what is
 * significantly positive and, with `both`, negative. The disk is all within one fwhm of it.
 */
static void find_disk(disk_sieve *sieve, double fwhm, double factor, bool both)
{
    const sqn__bits before = sieve->summed;

    (void)sqn__spread_measure(&sieve->z, factor);
    sqn__spread_above(sieve->seed, &sieve->z, significant, both);
    sieve->summed = sieve->disk;
    sieve->disk = before;
    sqn__bits_grow(&sieve->disk, sieve->seed, fwhm, sieve->row);
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
        const double next = fit(sieve, frame);
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
    disk_sieve sieve;

    carve(&sieve, work, frame);
    *out = (sqn_scaling){0};
    load_model(&sieve, frame);
    if (!(sieve.all[1] > 0.0)) {
        return false;
    }
    for (int64_t i = 0; i < SQN_SCALING_N_FRACTION; i++) {
        out->curve[i] = NAN;
    }
    sieve.inside[0] = sieve.inside[1] = 0.0;
    empty(&sieve.disk);
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
