/** @file element.c @brief Noise of the sum over one resolution element. */
#include "sequin/element.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "aperture.h"
#include "mem.h"
#include "raise.h"
#include "sequin/rotate.h"

enum {
    DIRECTIONS = 16,
    PER_PIXEL = 4, /* steps of the table */
    REACH = SQN_ROTATE_REACH,
    HALF_FINE = 24,  /* circles beyond are large against a pixel */
    MAX_REACH = 500, /* of a circle, along the axes */
    CHUNK = 128      /* pixels of a row that are summed side by side */
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

/* Unit vectors all around. */
typedef struct compass {
    double x[DIRECTIONS], y[DIRECTIONS];
} compass;

static compass compass_of(void)
{
    compass all;

    for (int k = 0; k < DIRECTIONS; k++) {
        const double along = 2.0 * pi * ((double)k + 0.5) / DIRECTIONS;

        all.x[k] = cos(along);
        all.y[k] = sin(along);
    }
    return all;
}

/* What a shift of the sums leaves of their covariance, over all directions of `distance`. */
static double average(const compass *all, double distance, int64_t dx, int64_t dy)
{
    double sum = 0.0;

    for (int k = 0; k < DIRECTIONS; k++) {
        const double x = (double)dx + distance * all->x[k];
        const double y = (double)dy + distance * all->y[k];

        sum += sqn_rotate_overlap(sqrt(x * x + y * y));
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
    const compass around = compass_of();
    double all = 0.0;

    for (int64_t dy = -REACH; dy <= REACH; dy++) {
        for (int64_t dx = -REACH; dx <= REACH; dx++) {
            all += average(&around, 0.0, dx, dy);
        }
    }
    for (int64_t k = 0; k < e->n_step; k++) {
        e->overlap[k] = all * lens(e->radius, (double)k / PER_PIXEL) / lens(e->radius, 0.0);
    }
}

/* How many shifts are alike but for their signs and for which axis is which: circle and directions
   are the same to all sides. */
static double count_alike(int64_t dx, int64_t dy)
{
    return (dx != 0 ? 2.0 : 1.0) * (dy != 0 ? 2.0 : 1.0) * (dx != dy ? 2.0 : 1.0);
}

static void tabulate(sqn_element *e)
{
    const compass around = compass_of();
    const double alone = correlate(e, 0, 0);

    for (int64_t dy = 0; dy <= 2 * e->half; dy++) {
        for (int64_t dx = 0; dx <= dy; dx++) {
            /* only distances that bring the two to within the reach of a turn */
            const int64_t away = (int64_t)hypot((double)dx, (double)dy);
            const int64_t from = away > REACH ? (away - REACH) * PER_PIXEL : 0;
            const int64_t to = (away + REACH + 1) * PER_PIXEL;
            const double share = from < e->n_step ? correlate(e, dx, dy) / alone : 0.0;
            const double all = count_alike(dx, dy) * share;

            for (int64_t k = from; k <= to && k < e->n_step && all > 0.0; k++) {
                e->overlap[k] += all * average(&around, (double)k / PER_PIXEL, dx, dy);
            }
        }
    }
    e->overlap[e->n_step - 1] = 0.0;
}

sqn_status sqn_element_create(sqn_element **out, double fwhm, sqn_error *err)
{
    const double most = 2.0 * MAX_REACH;
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

/* How far the circle reaches along the axes. */
static int64_t reach_of(const sqn_element *e)
{
    return (int64_t)(e->radius + 0.5);
}

/* Squares of the errors of the rows `away` above and below `y`, added up: of the `n` pixels from
   `first` on. */
static void add_rows(double *restrict out, const sqn_element_map *map, int64_t y,
                     int64_t away, const int64_t first, int64_t n)
{
    const float *restrict above = map->error + (y - away) * map->nx + first;
    const float *restrict below = map->error + (y + away) * map->nx + first;
    const double share = away == 0 ? 0.5 : 1.0; /* both are the same row */

    for (int64_t x = 0; x < n; x++) {
        out[x] = share * ((double)above[x] * (double)above[x] +
                          (double)below[x] * (double)below[x]);
    }
}

/* sum a^2 error^2 about the `n` pixels from (first, y) on, whose circles lie in the image; NaN
   where a pixel is missing. The circle is the same to all four sides. */
static void sum_squares(double *restrict sum, const sqn_element *e,
                        const sqn_element_map *map, int64_t y, const int64_t first,
                        int64_t n)
{
    const int64_t reach = reach_of(e);
    double rows[CHUNK + 2 * MAX_REACH];

    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int64_t dy = 0; dy <= reach; dy++) {
        add_rows(rows, map, y, dy, first - reach, n + 2 * reach);
        for (int64_t dx = 0; dx <= reach; dx++) {
            const double a = e->weight[(e->half + dy) * e->side + e->half + dx];
            const double factor = dx == 0 ? 0.5 * a * a : a * a;
            const double *restrict left = rows + reach - dx, *right = rows + reach + dx;

            for (int64_t x = 0; x < n && a > 0.0; x++) { /* others may be missing */
                sum[x] += factor * (left[x] + right[x]);
            }
        }
    }
}

/* Distances from the star of the `n` pixels from (first, y) on, where their growth is. */
static void find_radii(int32_t *restrict radius, const sqn_element_map *map, int64_t y,
                       int64_t first, int64_t n)
{
    const double dy = (double)y + 1.0 - map->center[1], from = (double)first + 1.0;
    const double last = (double)(map->n_radius - 1);

    for (int32_t x = 0; x < (int32_t)n; x++) {
        const double dx = from + (double)x - map->center[0];
        const double r = sqrt(dx * dx + dy * dy) + 0.5;

        radius[x] = (int32_t)(r < last ? r : last);
    }
}

/* The errors of the `n` pixels from (first, y) on, of which `sum` was found: it becomes its root. */
static void grow(float *restrict out, double *restrict sum, const sqn_element_map *map,
                 int64_t y, int64_t first, int64_t n)
{
    int32_t radius[CHUNK];

    find_radii(radius, map, y, first, n);
    for (int64_t x = 0; x < n; x++) {
        sum[x] = sqrt(sum[x]);
    }
    for (int64_t x = 0; x < n; x++) {
        out[x] = (float)(map->growth[radius[x]] * sum[x]);
    }
}

static void fill_row(float *out, const sqn_element *e, const sqn_element_map *map,
                     int64_t y)
{
    const int64_t reach = reach_of(e), end = map->nx - reach;
    const bool leaves = y < reach || y + reach >= map->ny;
    double sum[CHUNK];

    for (int64_t x = 0; x < map->nx; x++) {
        out[x] = NAN;
    }
    for (int64_t x = reach; x < end && !leaves; x += CHUNK) {
        const int64_t n = end - x < CHUNK ? end - x : CHUNK;

        sum_squares(sum, e, map, y, x, n);
        grow(out + x, sum, map, y, x, n);
    }
}

void sqn_element_errors(float *out, const sqn_element *element, const sqn_element_map *map)
{
#pragma omp parallel for schedule(static) default(none) shared(out, element, map)
    for (int64_t y = 0; y < map->ny; y++) {
        fill_row(out + y * map->nx, element, map, y);
    }
}
