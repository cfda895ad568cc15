/** @file scene.c @brief Sets by name, their weights and missing data. */
#include "scene.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "rng.h"
#include "scene_light.h"

enum { STREAM_NOISE = 100, STREAM_MISSING, STREAM_ENDS, STREAM_FRAME };

static const scene_size known[] = {
    {"small", 50, 100, 100},    {"medium", 100, 256, 256}, {"large", 300, 400, 400},
    {"spectra", 5000, 1, 2000}, {"tiny", 12, 24, 24},      {"tinyspectra", 80, 1, 40},
};

bool scene_find(scene_size *out, const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0) {
            *out = known[i];
            return true;
        }
    }
    scene_size size = {.n_frame = 0};
    char rest = '\0';

    (void)snprintf(size.name, sizeof size.name, "%s", name);
    // NOLINTNEXTLINE(cert-err34-c): ranges are checked below
    if (sscanf(name, "%" SCNd64 "x%" SCNd64 "x%" SCNd64 "%c", &size.n_frame, &size.ny,
               &size.nx, &rest) != 3 ||
        size.n_frame < 2 || size.ny < 1 || size.nx < 8 || size.n_frame > 100000 ||
        size.ny > 4096 || size.nx > 100000) {
        return false;
    }
    *out = size;
    return true;
}

/* Behind the mask of the star, 6 % of the width in radius. */
static bool hidden(const scene_size *size, int64_t pixel)
{
    const int64_t row = pixel / size->nx, column = pixel % size->nx;
    const double y = (double)row - 0.5 * (double)(size->ny - 1);
    const double x = (double)column - 0.5 * (double)(size->nx - 1);

    return size->ny > 1 && hypot(x, y) < 0.06 * (double)size->nx;
}

/* Spectra lack up to a tenth of their pixels at one end. */
static bool beyond_end(const scene_size *size, uint64_t seed, int64_t frame, int64_t pixel)
{
    const double lost = 0.1 * sqn__rng_uniform_double(seed, STREAM_ENDS, (uint64_t)frame);
    const double at = ((double)pixel + 0.5) / (double)size->nx;

    return size->ny == 1 && (frame % 2 == 0 ? at < lost : at > 1.0 - lost);
}

static bool missing(const scene_size *size, uint64_t seed, int64_t frame, int64_t pixel)
{
    const double share = size->ny > 1 ? 0.005 : 0.053;
    const uint64_t index = (uint64_t)(frame * size->ny * size->nx + pixel);

    return sqn__rng_uniform_double(seed, STREAM_MISSING, index) < share ||
           beyond_end(size, seed, frame, pixel);
}

static double weigh(scene_weights kind, double variance, double of_frame, double of_pixel)
{
    switch (kind) {
    case SCENE_GENERAL:
        return 1.0 / variance;
    case SCENE_SEPARABLE:
        return of_frame / of_pixel;
    case SCENE_MASK:
    case SCENE_UNIFORM:
        break;
    }
    return 1.0;
}

/* Light [n_pix] of one frame becomes data and weights; `noise` is [n_pix] of the mean light. */
static void observe_frame(const scene *s, scene_weights kind, uint64_t seed, int64_t frame,
                          const float *mean)
{
    const double of_frame =
        0.5 + sqn__rng_uniform_double(seed, STREAM_FRAME, (uint64_t)frame);
    float *value = s->value + frame * s->n_pix, *weight = s->weight + frame * s->n_pix;

    for (int64_t p = 0; p < s->n_pix; p++) {
        const uint64_t index = (uint64_t)(frame * s->n_pix + p);
        const double variance = SCENE_LIGHT_READ_NOISE * SCENE_LIGHT_READ_NOISE +
                                SCENE_LIGHT_GAIN * (double)value[p];
        const double of_pixel = SCENE_LIGHT_READ_NOISE * SCENE_LIGHT_READ_NOISE +
                                SCENE_LIGHT_GAIN * (double)mean[p];
        const double datum =
            (double)value[p] + sqrt(variance) * sqn__rng_normal(seed, STREAM_NOISE, index);
        const bool lost = hidden(&s->size, p) ||
                          (kind != SCENE_UNIFORM && missing(&s->size, seed, frame, p));

        value[p] = lost ? 0.0F : (float)fmax(datum, 0.0);
        weight[p] = lost ? 0.0F : (float)weigh(kind, variance, of_frame, of_pixel);
    }
}

static void observe(const scene *s, scene_weights kind, uint64_t seed, float *mean)
{
    for (int64_t i = 0; i < s->size.n_frame; i++) {
        for (int64_t p = 0; p < s->n_pix; p++) {
            mean[p] += s->value[i * s->n_pix + p] / (float)s->size.n_frame;
        }
    }
#pragma omp parallel for schedule(static) default(none) shared(s, kind, seed, mean)
    for (int64_t i = 0; i < s->size.n_frame; i++) {
        observe_frame(s, kind, seed, i, mean);
    }
}

sqn_status scene_make(scene *out, const scene_size *size, scene_weights weights, int epoch,
                      sqn_error *err)
{
    scene s = {.size = *size, .n_pix = size->ny * size->nx};
    const int64_t n = sqn__mem_product(size->n_frame, s.n_pix);
    float *mean = sqn__mem_alloc(s.n_pix, sizeof *mean);
    sqn_status status = SQN_OK;

    s.value = sqn__mem_alloc(n, sizeof *s.value);
    s.weight = sqn__mem_alloc(n, sizeof *s.weight);
    if (mean == NULL || s.value == NULL || s.weight == NULL) {
        status = SQN_RAISE(err, E_MEM, "a set of %" PRId64 " numbers", n);
        goto cleanup;
    }
    SQN_TRY(scene_light_fill(s.value, size, epoch, err));
    observe(&s, weights, (uint64_t)epoch + 1, mean);
    *out = s;
    s = (scene){.n_pix = 0};

cleanup:
    sqn__mem_free(mean);
    scene_clear(&s);
    return status;
}

sqn_rows scene_rows(const scene *s, sqn_rows_pair *pair)
{
    const int64_t n = s->size.n_frame, m = s->n_pix;

    *pair = (sqn_rows_pair){{s->value, n, m, m}, {s->weight, n, m, m}};
    return sqn_rows_dense(pair);
}

double scene_bytes(const scene *s)
{
    double bytes = 0.0;

    for (int64_t i = 0; i < s->size.n_frame * s->n_pix; i++) {
        bytes += s->weight[i] > 0.0F ? 8.0 : 0.0;
    }
    return bytes;
}

void scene_clear(scene *s)
{
    if (s != NULL) {
        sqn__mem_free(s->value);
        sqn__mem_free(s->weight);
        *s = (scene){.n_pix = 0};
    }
}
