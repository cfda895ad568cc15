/** @file annulus_grid.h @brief Points in polar coordinates, turned about the star together. */
#ifndef SQN_ANNULUS_GRID_H
#define SQN_ANNULUS_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "aperture_scan.h"

/** Planes and the star in them. Borrowed. */
typedef struct sqn__annulus_scene {
    const sqn__aperture_scan *scan;
    double star_x, star_y; /**< Count from 0. */
    double fwhm;
} sqn__annulus_scene;

/** Points, radius by radius for each angle; owned. */
typedef struct sqn__annulus_grid {
    int64_t n_angle, n_radius;
    double *radius; /**< [n_radius] (pixels) */
    double *x,
        *y; /**< [n_angle, n_radius] from the star, and space for more to fill a tile. */
    sqn__aperture_places *tile; /**< For all of them. */
} sqn__annulus_grid;

/** Memory for n_angle and n_radius, which are given; false without. */
bool sqn__annulus_grid_allocate(sqn__annulus_grid *grid);

/** Points at the radii, which are given, and at angles from `first` on. */
void sqn__annulus_grid_fill(sqn__annulus_grid *grid, double first, double step);

/** Find `n` points from `first` on, turned (cosine, sine): in tiles of SQN__APERTURE_PLACES. */
void sqn__annulus_grid_place(sqn__annulus_grid *grid, const sqn__annulus_scene *scene,
                             const double turn[2], int64_t first, int64_t n);

/** Free its memory. */
void sqn__annulus_grid_clear(sqn__annulus_grid *grid);

#endif
