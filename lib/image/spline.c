/** @file spline.c @brief Quintic B-splines: prefilter, values, cardinal weights. */
#include "spline.h"

#include <math.h>

enum {
    DEGREE = SQN__SPLINE_N_TAP - 1,
    N_POLE = 2,
    HORIZON = 48, /* larger pole ^ 48 = 3e-18 */
    BLOCK = 32,   /* columns filtered side by side */
    REACH = 64,   /* of the impulse behind sqn__spline_response() */
    N_RESPONSE = SQN__SPLINE_N_CARDINAL - 1
};

/* Roots inside the unit circle of z^4 + 26 z^3 + 66 z^2 + 26 z + 1. */
static const double poles[N_POLE] = {-0.430575347099973791851434783493520110,
                                     -0.0430962882032646538205174570160838125};

/* Lines that run side by side: value k of line i is data[k * step + i]. */
typedef struct lines {
    double *data;
    int64_t n, step, width;
} lines;

static void scale(const lines *l, double factor)
{
    for (int64_t k = 0; k < l->n; k++) {
        for (int64_t i = 0; i < l->width; i++) {
            l->data[k * l->step + i] *= factor;
        }
    }
}

/* row[0] += factor * row[k], of each line. */
static void add_to_first(const lines *l, int64_t k, double factor)
{
    for (int64_t i = 0; i < l->width; i++) {
        l->data[i] += factor * l->data[k * l->step + i];
    }
}

/* First causal value: sum over the mirrored signal of period 2 n - 2, z^k s[k]. */
static void start_causal(const lines *l, double z)
{
    const int64_t period = 2 * l->n - 2;
    const int64_t n_sum = l->n > HORIZON ? HORIZON : period;
    double power = z;

    for (int64_t k = 1; k < n_sum; k++) {
        add_to_first(l, k < l->n ? k : period - k, power);
        power *= z;
    }
    if (n_sum == period) { /* power = z^period: all later periods at once */
        for (int64_t i = 0; i < l->width; i++) {
            l->data[i] /= 1.0 - power;
        }
    }
}

/* One pole: 1 / ((1 - z q^-1) (1 - z q)) along each line. */
static void filter_pole(const lines *l, double z)
{
    start_causal(l, z);
    for (int64_t k = 1; k < l->n; k++) {
        double *now = l->data + k * l->step;

        for (int64_t i = 0; i < l->width; i++) {
            now[i] += z * now[i - l->step];
        }
    }

    double *last = l->data + (l->n - 1) * l->step;

    for (int64_t i = 0; i < l->width; i++) {
        last[i] = z / (z * z - 1.0) * (last[i] + z * last[i - l->step]);
    }
    for (int64_t k = l->n - 2; k >= 0; k--) {
        double *now = l->data + k * l->step;

        for (int64_t i = 0; i < l->width; i++) {
            now[i] = z * (now[i + l->step] - now[i]);
        }
    }
}

static void filter(const lines *l)
{
    if (l->n < 2) {
        return; /* mirrored, one pixel is a constant: its own coefficient */
    }
    for (int64_t p = 0; p < N_POLE; p++) {
        const double z = poles[p];

        scale(l, (1.0 - z) * (1.0 - 1.0 / z));
        filter_pole(l, z);
    }
}

void sqn__spline_prefilter(double *image, int64_t ny, int64_t nx)
{
#pragma omp parallel for default(none) shared(image, ny, nx)
    for (int64_t y = 0; y < ny; y++) {
        lines row = {.n = nx, .step = 1, .width = 1};

        row.data = image + y * nx;
        filter(&row);
    }
#pragma omp parallel for default(none) shared(image, ny, nx)
    for (int64_t x = 0; x < nx; x += BLOCK) {
        lines columns = {.n = ny, .step = nx, .width = nx - x < BLOCK ? nx - x : BLOCK};

        columns.data = image + x;
        filter(&columns);
    }
}

/* The six B-splines over the cell at t in [0, 1), degree by degree (Cox - de Boor). */
static void basis(double *w, double t)
{
    w[0] = 1.0;
    for (int64_t d = 1; d <= DEGREE; d++) {
        double carried = 0.0;

        for (int64_t r = 0; r < d; r++) {
            const double share = w[r] / (double)d;

            w[r] = carried + ((double)(r + 1) - t) * share;
            carried = (t + (double)(d - r - 1)) * share;
        }
        w[d] = carried;
    }
}

sqn__spline_axis sqn__spline_axis_at(double position)
{
    const double cell = floor(position);
    sqn__spline_axis axis = {.cell = (int64_t)cell};

    basis(axis.weight, position - cell);
    return axis;
}

/* Where the mirrored image finds pixel i of n. */
static int64_t mirrored(int64_t i, int64_t n)
{
    const int64_t period = n > 1 ? 2 * n - 2 : 1;
    const int64_t k = ((i % period) + period) % period;

    return k < n ? k : period - k;
}

double sqn__spline_value(const double *coeff, int64_t ny, int64_t nx,
                         const sqn__spline_axis *y, const sqn__spline_axis *x)
{
    const int64_t first_y = y->cell - 2, first_x = x->cell - 2;
    double sum = 0.0;

    if (first_y >= 0 && first_x >= 0 && first_y + DEGREE < ny && first_x + DEGREE < nx) {
        for (int64_t j = 0; j < SQN__SPLINE_N_TAP; j++) {
            const double *row = coeff + (first_y + j) * nx + first_x;
            double part = 0.0;

            for (int64_t i = 0; i < SQN__SPLINE_N_TAP; i++) {
                part += x->weight[i] * row[i];
            }
            sum += y->weight[j] * part;
        }
        return sum;
    }
    for (int64_t j = 0; j < SQN__SPLINE_N_TAP; j++) {
        const double *row = coeff + mirrored(first_y + j, ny) * nx;

        for (int64_t i = 0; i < SQN__SPLINE_N_TAP; i++) {
            sum += y->weight[j] * x->weight[i] * row[mirrored(first_x + i, nx)];
        }
    }
    return sum;
}

void sqn__spline_response(double response[N_RESPONSE])
{
    double impulse[2 * REACH + 1] = {[REACH] = 1.0};
    const lines line = {impulse, 2 * REACH + 1, 1, 1};

    filter(&line);
    for (int64_t k = 0; k < N_RESPONSE; k++) {
        response[k] = impulse[REACH + k];
    }
}

void sqn__spline_cardinal(double *out, const sqn__spline_axis *axis,
                          const double response[N_RESPONSE])
{
    for (int64_t j = 0; j < SQN__SPLINE_N_CARDINAL; j++) { /* pixel cell - 3 + j */
        out[j] = 0.0;
        for (int64_t i = 0; i < SQN__SPLINE_N_TAP; i++) { /* coefficient cell - 2 + i */
            const int64_t distance = j - 1 - i;

            out[j] += response[distance < 0 ? -distance : distance] * axis->weight[i];
        }
    }
}
