/** @file element.c @brief Noise of the sum over one resolution element. */
#include "sequin/element.h"

#include <math.h>

#include "aperture.h"
#include "mem.h"
#include "raise.h"
#include "sequin/rotate.h"

enum {
    DIRECTIONS = 16,
    PER_PIXEL = 4, /* steps of the table */
    REACH = SQN_ROTATE_REACH,
    HALF_FINE = 24 /* circles beyond are large against a pixel */
};

static const double pi = 3.14159265358979323846;

struct sqn_element {
    double radius;
    int64_t half, side; /* the circle lies within half pixels of the middle */
    double *weight;     /* [side, side] overlap with the circle */
    int64_t n_step;
    double *overlap; /* [n_step] */
};

/* Sum of a_p a_(p + shift) over the circle. */
static double correlate(const sqn_element *e, int64_t dx, int64_t dy)
{
    double sum = 0.0;

    for (int64_t y = 0; y < e->side; y++) {
        for (int64_t x = 0; x < e->side; x++) {
            const int64_t qx = x + dx, qy = y + dy;

            if (qx >= 0 && qx < e->side && qy >= 0 && qy < e->side) {
                sum += e->weight[y * e->side + x] * e->weight[qy * e->side + qx];
            }
        }
    }
    return sum;
}

/* What a shift of the sums leaves of their covariance, over all directions of `distance`. */
static double average(double distance, int64_t dx, int64_t dy)
{
    double sum = 0.0;

    for (int k = 0; k < DIRECTIONS; k++) {
        const double along = 2.0 * pi * ((double)k + 0.5) / DIRECTIONS;

        sum += sqn_rotate_overlap(
            hypot((double)dx + distance * cos(along), (double)dy + distance * sin(along)));
    }
    return sum / DIRECTIONS;
}

/* Area that two circles of the same radius have in common. */
static double lens(double radius, double apart)
{
    const double u = 0.5 * apart / radius;

    return u < 1.0 ? 2.0 * radius * radius * (acos(u) - u * sqrt(1.0 - u * u)) : 0.0;
}

/* Of a circle against which what a turn mixes is small: the noise of the sum over everything,
   for as much as the circles have in common. */
static void tabulate_large(sqn_element *e)
{
    double all = 0.0;

    for (int64_t dy = -REACH; dy <= REACH; dy++) {
        for (int64_t dx = -REACH; dx <= REACH; dx++) {
            all += average(0.0, dx, dy);
        }
    }
    for (int64_t k = 0; k < e->n_step; k++) {
        e->overlap[k] = all * lens(e->radius, (double)k / PER_PIXEL) / lens(e->radius, 0.0);
    }
}

static void tabulate(sqn_element *e)
{
    const double alone = correlate(e, 0, 0);

    for (int64_t dy = -2 * e->half; dy <= 2 * e->half; dy++) {
        for (int64_t dx = -2 * e->half; dx <= 2 * e->half; dx++) {
            /* only distances that bring the two to within the reach of a turn */
            const int64_t away = (int64_t)hypot((double)dx, (double)dy);
            const int64_t from = away > REACH ? (away - REACH) * PER_PIXEL : 0;
            const int64_t to = (away + REACH + 1) * PER_PIXEL;
            const double share = from < e->n_step ? correlate(e, dx, dy) / alone : 0.0;

            for (int64_t k = from; k <= to && k < e->n_step && share > 0.0; k++) {
                e->overlap[k] += share * average((double)k / PER_PIXEL, dx, dy);
            }
        }
    }
    e->overlap[e->n_step - 1] = 0.0;
}

sqn_status sqn_element_create(sqn_element **out, double fwhm, sqn_error *err)
{
    const double most = 1000.0;
    sqn_element *e = NULL;

    *out = NULL;
    if (!(fwhm > 0.0 && fwhm <= most)) {
        return SQN_RAISE(err, E_ARG, "a resolution element of %g pixels", fwhm);
    }
    e = sqn__mem_alloc(1, sizeof *e);
    if (e == NULL) {
        return SQN_RAISE(err, E_MEM, "a resolution element");
    }
    e->radius = 0.5 * fwhm;
    e->half = (int64_t)ceil(0.5 * fwhm);
    e->side = 2 * e->half + 1;
    e->n_step = (REACH + (int64_t)ceil(fwhm) + 1) * PER_PIXEL + 1;
    e->weight = sqn__mem_alloc(e->side * e->side, sizeof *e->weight);
    e->overlap = sqn__mem_alloc(e->n_step, sizeof *e->overlap);
    if (e->weight == NULL || e->overlap == NULL) {
        sqn_element_destroy(&e);
        return SQN_RAISE(err, E_MEM, "a resolution element of %g pixels", fwhm);
    }
    for (int64_t k = 0; k < e->side * e->side; k++) {
        const int64_t dx = k % e->side - e->half, dy = k / e->side - e->half;

        e->weight[k] = sqn__aperture_overlap((double)dx, (double)dy, e->radius);
    }
    if (e->half > HALF_FINE) {
        tabulate_large(e);
    } else {
        tabulate(e);
    }
    *out = e;
    return SQN_OK;
}

void sqn_element_destroy(sqn_element **element)
{
    if (element != NULL && *element != NULL) {
        sqn__mem_free((*element)->weight);
        sqn__mem_free((*element)->overlap);
        sqn__mem_free(*element);
        *element = NULL;
    }
}

double sqn_element_reach(const sqn_element *element)
{
    return (double)(element->n_step - 1) / PER_PIXEL;
}

double sqn_element_overlap(const sqn_element *element, double distance)
{
    const double at = distance * PER_PIXEL;

    if (!(at < (double)(element->n_step - 1))) {
        return 0.0;
    }
    const int64_t i = (int64_t)at;
    const double rest = at - (double)i;

    return (1.0 - rest) * element->overlap[i] + rest * element->overlap[i + 1];
}

/* sum a^2 error^2 about (x, y); NaN where a pixel is missing. */
static double sum_squares(const sqn_element *e, const sqn_element_map *map, int64_t x,
                          int64_t y)
{
    const int64_t reach = (int64_t)(e->radius + 0.5); /* of the circle, along the axes */
    double sum = 0.0;

    if (x < reach || x + reach >= map->nx || y < reach || y + reach >= map->ny) {
        return (double)NAN;
    }
    for (int64_t k = 0; k < e->side * e->side; k++) {
        const int64_t px = x + k % e->side - e->half, py = y + k / e->side - e->half;

        if (e->weight[k] > 0.0) {
            const double a = e->weight[k] * (double)map->error[py * map->nx + px];

            sum += a * a;
        }
    }
    return sum;
}

void sqn_element_errors(float *out, const sqn_element *element, const sqn_element_map *map)
{
#pragma omp parallel for default(none) shared(out, element, map)
    for (int64_t y = 0; y < map->ny; y++) {
        for (int64_t x = 0; x < map->nx; x++) {
            const int64_t r = (int64_t)(hypot((double)x + 1.0 - map->center[0],
                                              (double)y + 1.0 - map->center[1]) +
                                        0.5);
            const double growth = map->growth[r < map->n_radius ? r : map->n_radius - 1];

            out[y * map->nx + x] = (float)(growth * sqrt(sum_squares(element, map, x, y)));
        }
    }
}
