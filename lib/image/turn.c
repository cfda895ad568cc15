/** @file turn.c @brief What turning takes: places in the input, its coefficients, taps. */
#include "turn.h"

#include <math.h>
#include <string.h>

#include "fill.h"

static const double pi = 3.14159265358979323846;
static const double least_footprint = 0.9;

enum { BORDER = SQN__SPLINE_BORDER };

/* cos and sin of an angle in degrees: exact at multiples of 90. */
sqn__turn sqn__turn_by(const double center[2], double theta)
{
    const double quarter = nearbyint(theta / 90.0);
    const double rest = remainder(theta, 90.0) * pi / 180.0;
    const double c = cos(rest), s = sin(rest);
    sqn__turn t = {center[0] - 1.0, center[1] - 1.0, c, s};

    switch ((int64_t)fmod(quarter, 4.0) & 3) {
    case 1:
        t.cosine = -s;
        t.sine = c;
        break;
    case 2:
        t.cosine = -c;
        t.sine = -s;
        break;
    case 3:
        t.cosine = s;
        t.sine = -c;
        break;
    default:
        break;
    }
    return t;
}

static bool inside(const sqn__turn_map *map, int64_t y, int64_t x)
{
    return y >= 0 && y < map->ny && x >= 0 && x < map->nx;
}

/* Share of the bilinear footprint that is valid input. */
static double footprint(const sqn__turn_map *map, double y, double x)
{
    const int64_t y0 = (int64_t)floor(y), x0 = (int64_t)floor(x);
    const double part_y[2] = {1.0 - (y - floor(y)), y - floor(y)};
    const double part_x[2] = {1.0 - (x - floor(x)), x - floor(x)};
    double share = 0.0;

    if (!(y >= -1.0 && x >= -1.0 && y < (double)map->ny && x < (double)map->nx)) {
        return 0.0; /* far outside, as most pixels that have none */
    }
    for (int64_t j = 0; j < 2; j++) {
        for (int64_t i = 0; i < 2; i++) {
            if (inside(map, y0 + j, x0 + i) &&
                map->round[(y0 + j) * map->nx + x0 + i] == 0) {
                share += part_y[j] * part_x[i];
            }
        }
    }
    return share;
}

/* The pixel next to a point whose footprint, four pixels, is all valid input, as in most places;
   -1 elsewhere. */
static int64_t nearest_if_whole(const sqn__turn_map *map, double at_y, double at_x)
{
    const int64_t x = (int64_t)at_x, y = (int64_t)at_y, first = y * map->nx + x;

    if (!(at_x >= 0.0 && at_y >= 0.0 && x + 1 < map->nx && y + 1 < map->ny)) {
        return -1;
    }
    const uint8_t *round = map->round + first;
    const bool whole = (round[0] | round[1] | round[map->nx] | round[map->nx + 1]) == 0;

    return whole ? first + (at_x - (double)x >= 0.5 ? 1 : 0) +
                       (at_y - (double)y >= 0.5 ? map->nx : 0)
                 : -1;
}

static int64_t nearest_to(const sqn__turn_map *map, double at_y, double at_x)
{
    if (!(at_y >= -0.5 && at_x >= -0.5)) {
        return -1;
    }
    const int64_t y = (int64_t)(at_y + 0.5), x = (int64_t)(at_x + 0.5);

    return inside(map, y, x) ? y * map->nx + x : -1;
}

void sqn__turn_place(sqn__turn_points *out, const sqn__turn *turn, const sqn__turn_map *map,
                     const int64_t first[2], int64_t n)
{
    const double dy = (double)first[0] - turn->center_y;

    out->n = n;
    out->n_valid = 0;
    for (int64_t i = 0; i < n; i++) { /* turned back: clockwise */
        const double dx = (double)(first[1] + i) - turn->center_x;
        const double x = turn->center_x + turn->cosine * dx + turn->sine * dy;
        const double y = turn->center_y - turn->sine * dx + turn->cosine * dy;
        const int64_t near = nearest_if_whole(map, y, x);
        const bool valid = near >= 0 || footprint(map, y, x) >= least_footprint - 1e-9;

        out->nearest[i] = near >= 0 ? near : nearest_to(map, y, x);
        out->missing[i] = !valid;
        out->place[out->n_valid] = i;
        out->x[out->n_valid] = x;
        out->y[out->n_valid] = y;
        out->n_valid += valid ? 1 : 0;
    }
}

int64_t sqn__turn_work_size(int64_t ny, int64_t nx)
{
    const int64_t n = ny * nx, n_filter = sqn__spline_prefilter_work_size(ny, nx);

    return n > n_filter ? n : n_filter;
}

void sqn__turn_coefficients(double *coeff, uint8_t *round, const float *value, int64_t ny,
                            int64_t nx, double *work)
{
    const int64_t stride = nx + 2 * (int64_t)BORDER;
    double *first = coeff + BORDER * stride + BORDER;

    sqn__fill_missing(work, round, value, ny, nx);
    for (int64_t y = 0; y < ny; y++) {
        memcpy(first + y * stride, work + y * nx, (size_t)nx * sizeof *first);
    }
    sqn__spline_prefilter(first, ny, nx, stride, work);
    sqn__spline_mirror(first, ny, nx, BORDER, sizeof *first);
}

void sqn__turn_taps(sqn__spline_taps *value, sqn__spline_taps *pixel)
{
    double weight[SQN__SPLINE_N_TAP][SQN__SPLINE_N_TAP];
    double response[SQN__SPLINE_N_CARDINAL - 1];

    sqn__spline_weights(weight);
    sqn__spline_response(response);
    for (int64_t d = 0; d < SQN__SPLINE_N_TAP; d++) {
        memset(value->power[d], 0, sizeof value->power[d]);
        memcpy(value->power[d], weight[d], sizeof weight[d]);
        sqn__spline_cardinal(pixel->power[d], weight[d], response);
    }
}
