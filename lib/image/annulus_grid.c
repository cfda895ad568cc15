/** @file annulus_grid.c @brief Turned step by step for all points: none waits for its numbers. */
#include "annulus_grid.h"

#include <math.h>

#include "mem.h"

enum { PLACES = SQN__APERTURE_PLACES };

bool sqn__annulus_grid_allocate(sqn__annulus_grid *grid)
{
    const int64_t n = sqn__mem_product(grid->n_angle, grid->n_radius) + PLACES;

    grid->radius = sqn__mem_reserve(grid->n_radius, sizeof *grid->radius);
    grid->x = sqn__mem_alloc(n, sizeof *grid->x);
    grid->y = sqn__mem_alloc(n, sizeof *grid->y);
    grid->tile = sqn__mem_reserve(n / PLACES + 1, sizeof *grid->tile);
    return grid->radius != NULL && grid->x != NULL && grid->y != NULL && grid->tile != NULL;
}

void sqn__annulus_grid_clear(sqn__annulus_grid *grid)
{
    sqn__mem_free(grid->radius);
    sqn__mem_free(grid->x);
    sqn__mem_free(grid->y);
    sqn__mem_free(grid->tile);
    *grid = (sqn__annulus_grid){0};
}

void sqn__annulus_grid_fill(sqn__annulus_grid *grid, double first, double step)
{
    for (int64_t j = 0; j < grid->n_angle; j++) {
        const double angle = first + (double)j * step;
        const double c = cos(angle), s = sin(angle);

        for (int64_t i = 0; i < grid->n_radius; i++) {
            grid->x[j * grid->n_radius + i] = c * grid->radius[i];
            grid->y[j * grid->n_radius + i] = s * grid->radius[i];
        }
    }
}

void sqn__annulus_grid_place(sqn__annulus_grid *grid, const sqn__annulus_scene *scene,
                             const double turn[2], int64_t first, int64_t n)
{
    const double c = turn[0], s = turn[1];

    for (int64_t t = 0; t * PLACES < n; t++) {
        const double *x = grid->x + first + t * PLACES, *y = grid->y + first + t * PLACES;

        for (int64_t i = 0; i < PLACES; i++) {
            grid->tile[t].x[i] = scene->star_x + (c * x[i] - s * y[i]);
            grid->tile[t].y[i] = scene->star_y + (s * x[i] + c * y[i]);
        }
    }
    for (int64_t t = 0; t * PLACES < n; t++) {
        sqn__aperture_scan_place(&grid->tile[t], scene->scan);
    }
}
