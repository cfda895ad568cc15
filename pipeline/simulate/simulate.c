/** @file simulate.c @brief Make an observation: frames by frames, a few at a time. */
#include "simulate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coronagraph.h"
#include "detector.h"
#include "mem.h"
#include "raise.h"
#include "scene.h"
#include "screen.h"
#include "warn.h"

enum { N_SLOT = 4 }; /* frames in the making at once, whatever the number of threads */

/* Room for the making of one frame; planes of the grid unless said otherwise. */
typedef struct slot_planes {
    double *noise; /* state of the evolving aberrations in this frame */
    double *phase, *star, *scene;
    double *electrons; /* [size, size] */
    double complex *work;
} slot_planes;

/* The telescope, and the place where frames are made. */
typedef struct workshop {
    const config_simulate *options;
    int64_t n; /* grid */
    sqn__fft *fft;
    coronagraph optics;
    screen_maker screen;
    scene_view scene;
    double *static_phase; /* [n, n] (radians) */
    slot_planes slots[N_SLOT];
} workshop;

/* --- Checks that need more than one key ------------------------------------------------ */

static sqn_status check_lists(const config_simulate *options, sqn_error *err)
{
    if (options->rotation.n != 2) {
        return SQN_RAISE(err, E_CFG_SCHEMA,
                         "simulate.rotation has %" PRId64 " values, not 2",
                         options->rotation.n);
    }
    if (options->sky.n != 2) {
        return SQN_RAISE(err, E_CFG_SCHEMA, "simulate.sky has %" PRId64 " values, not 2",
                         options->sky.n);
    }
    if (options->sources.n % 3 != 0) {
        return SQN_RAISE(err, E_CFG_SCHEMA,
                         "simulate.sources has %" PRId64 " values, not 3 a source",
                         options->sources.n);
    }
    return SQN_OK;
}

static sqn_status check_extent(const config_simulate *options, sqn_error *err)
{
    const double reach = options->ring_radius + 3.0 * options->ring_width;

    if (options->ring_contrast > 0.0 && reach > (double)options->size) {
        return SQN_RAISE(err, E_CFG_SCHEMA,
                         "simulate.ring reaches to %g pixels, the frame has %" PRId64,
                         reach, options->size);
    }
    for (int64_t s = 0; s < options->sources.n; s += 3) {
        if (options->sources.item[s] > (double)options->size) {
            return SQN_RAISE(
                err, E_CFG_SCHEMA,
                "simulate.sources: separation %g pixels, the frame has %" PRId64,
                options->sources.item[s], options->size);
        }
    }
    return SQN_OK;
}

static sqn_status check_optics(const config_simulate *options, sqn_error *err)
{
    const double stop = options->lyot_stop;

    if (options->coronagraph != CONFIG_CORONAGRAPH_NONE &&
        options->obstruction / stop >= stop) {
        return SQN_RAISE(
            err, E_CFG_SCHEMA,
            "simulate.lyot_stop %g leaves nothing open beside the obstruction %g", stop,
            options->obstruction);
    }
    if (options->coronagraph == CONFIG_CORONAGRAPH_VORTEX && options->charge % 2 != 0) {
        return SQN_RAISE(err, E_CFG_SCHEMA, "simulate.charge is %" PRId64 ", not even",
                         options->charge);
    }
    return SQN_OK;
}

static sqn_status check_options(const config_simulate *options, sqn_error *err)
{
    sqn_status status = check_lists(options, err);

    if (status == SQN_OK) {
        status = check_extent(options, err);
    }
    return status == SQN_OK ? check_optics(options, err) : status;
}

/* --- The workshop ---------------------------------------------------------------------- */

static void slot_clear(slot_planes *slot)
{
    sqn__mem_free(slot->noise);
    sqn__mem_free(slot->phase);
    sqn__mem_free(slot->star);
    sqn__mem_free(slot->scene);
    sqn__mem_free(slot->electrons);
    sqn__mem_free(slot->work);
}

static sqn_status slot_init(slot_planes *out, int64_t n, int64_t size, sqn_error *err)
{
    const int64_t n_element = n * n;

    *out = (slot_planes){
        .noise = sqn__mem_alloc(n_element, sizeof(double)),
        .phase = sqn__mem_alloc(n_element, sizeof(double)),
        .star = sqn__mem_alloc(n_element, sizeof(double)),
        .scene = sqn__mem_alloc(n_element, sizeof(double)),
        .electrons = sqn__mem_alloc(size * size, sizeof(double)),
        .work = sqn__mem_alloc(n_element, sizeof(double complex)),
    };
    if (out->noise == NULL || out->phase == NULL || out->star == NULL ||
        out->scene == NULL || out->electrons == NULL || out->work == NULL) {
        return SQN_RAISE(err, E_MEM, "six planes of %" PRId64 " elements", n_element);
    }
    return SQN_OK;
}

static void workshop_clear(workshop *shop)
{
    sqn__fft_destroy(&shop->fft);
    coronagraph_clear(&shop->optics);
    screen_clear(&shop->screen);
    scene_clear(&shop->scene);
    sqn__mem_free(shop->static_phase);
    for (int s = 0; s < N_SLOT; s++) {
        slot_clear(&shop->slots[s]);
    }
    *shop = (workshop){0};
}

/* The quasi-static aberrations, of exactly the rms asked for. */
static sqn_status make_static(workshop *shop, sqn_error *err)
{
    const int64_t n = shop->n;
    const config_simulate *options = shop->options;
    slot_planes *slot = &shop->slots[0];

    shop->static_phase = sqn__mem_alloc(n * n, sizeof(double));
    if (shop->static_phase == NULL) {
        return SQN_RAISE(err, E_MEM, "screen of %" PRId64 " elements", n * n);
    }
    screen_step(slot->noise, n, 0.0, (uint64_t)options->seed,
                stream_of(STREAM_STATIC_SCREEN, STREAM_REFERENCE, 0));
    screen_make(shop->static_phase, &shop->screen, slot->noise, slot->work, shop->fft);
    const double scale =
        options->static_rms / screen_rms(shop->static_phase, &shop->screen);

    for (int64_t p = 0; p < n * n; p++) {
        shop->static_phase[p] *= scale;
    }
    return SQN_OK;
}

static sqn_status workshop_init(workshop *out, const config_simulate *options,
                                sqn_error *err)
{
    const int64_t n = coronagraph_grid(options);
    const double origin = options->size % 2 == 0 ? -0.5 : 0.0; /* see cut() */
    sqn_status status = SQN_OK;

    *out = (workshop){.options = options, .n = n};
    for (int s = 0; s < N_SLOT; s++) {
        SQN_TRY(slot_init(&out->slots[s], n, options->size, err));
    }
    SQN_TRY(sqn__fft_create(&out->fft, n, n, err));
    SQN_TRY(coronagraph_init(&out->optics, n, origin, options, err));
    SQN_TRY(
        screen_init(&out->screen, n, out->optics.pupil, options->power_law, out->fft, err));
    SQN_TRY(scene_init(&out->scene, &out->optics, options, out->fft, err));
    SQN_TRY(make_static(out, err));

cleanup:
    if (status != SQN_OK) {
        workshop_clear(out);
    }
    return status;
}

/* Element of the grid behind a pixel. With the star at -0.5 for even sizes, at 0 for odd ones,
   pixel size / 2 lies over element 0, and the star at (NAXIS + 1) / 2. */
static int64_t element_of(int64_t pixel, const workshop *shop)
{
    const int64_t size = shop->options->size, n = shop->n;
    const int64_t column = pixel % size - size / 2, row = pixel / size - size / 2;

    return (row < 0 ? row + n : row) * n + (column < 0 ? column + n : column);
}

/* --- Frames ---------------------------------------------------------------------------- */

/* Where the frames of one star go. */
typedef struct destination {
    simulate_frames *frames;
    stream_role role;
    const double *angle; /* [n_frame], NULL = no scene */
    sqn_cube *star;      /* NULL = not kept */
} destination;

/* Light of the star that these frames show (electrons per frame). */
static double flux_of(const config_simulate *options, stream_role role)
{
    return role == STREAM_REFERENCE ? options->reference_flux * options->star_flux
                                    : options->star_flux;
}

static void expose(const destination *to, const workshop *shop, const slot_planes *slot,
                   int64_t frame)
{
    const config_simulate *options = shop->options;
    const int64_t n_pixel = options->size * options->size, first = frame * n_pixel;
    const detector_frame planes = {to->frames->value.data + first,
                                   to->frames->error.data + first, to->frames->dq + first};

    for (int64_t p = 0; p < n_pixel; p++) {
        const int64_t element = element_of(p, shop);
        const double star = flux_of(options, to->role) * slot->star[element];

        slot->electrons[p] = star;
        if (to->angle != NULL) {
            slot->electrons[p] += options->star_flux * slot->scene[element];
        }
        if (to->star != NULL) {
            to->star->data[first + p] = (float)(star / options->gain);
        }
    }
    detector_expose(&planes, options, slot->electrons, to->role, frame);
}

static void make_frame(const destination *to, const workshop *shop, const slot_planes *slot,
                       int64_t frame)
{
    const config_simulate *options = shop->options;
    double tilt[2];

    detector_pointing(tilt, options, to->role, frame);
    screen_make(slot->phase, &shop->screen, slot->noise, slot->work, shop->fft);
    for (int64_t p = 0; p < shop->n * shop->n; p++) {
        slot->phase[p] = shop->static_phase[p] + options->drift_rms * slot->phase[p];
    }
    coronagraph_star(slot->star, &shop->optics, slot->phase, tilt, slot->work, shop->fft);
    if (to->angle != NULL) {
        scene_image(slot->scene, &shop->scene, to->angle[frame], tilt, slot->work,
                    shop->fft);
    }
    expose(to, shop, slot, frame);
}

/* Continue the evolving aberrations: slot s holds the state of frame first + s. */
static void evolve(workshop *shop, stream_role role, int64_t first, int64_t n_slot)
{
    const config_simulate *options = shop->options;
    const int64_t n = shop->n;

    for (int64_t s = 0; s < n_slot; s++) {
        const slot_planes *before = &shop->slots[(s + N_SLOT - 1) % N_SLOT];
        slot_planes *slot = &shop->slots[s];

        memcpy(slot->noise, before->noise, (size_t)(n * n) * sizeof *slot->noise);
        screen_step(slot->noise, n, first + s == 0 ? 0.0 : options->drift_correlation,
                    (uint64_t)options->seed,
                    stream_of(STREAM_DRIFT_SCREEN, role, first + s));
    }
}

static void make_frames(const destination *to, workshop *shop)
{
    const int64_t n_frame = to->frames->value.n_frame;

    for (int64_t first = 0; first < n_frame; first += N_SLOT) {
        const int64_t n_slot = n_frame - first < N_SLOT ? n_frame - first : N_SLOT;

        evolve(shop, to->role, first, n_slot);
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(to, shop, first, n_slot)
        for (int64_t s = 0; s < n_slot; s++) {
            make_frame(to, shop, &shop->slots[s], first + s);
        }
    }
}

/* Scene alone, North up, without pointing errors. */
static void make_disk(sqn_cube *disk, workshop *shop)
{
    const config_simulate *options = shop->options;
    const double straight[2] = {0.0, 0.0};
    slot_planes *slot = &shop->slots[0];

    scene_image(slot->scene, &shop->scene, 0.0, straight, slot->work, shop->fft);
    for (int64_t p = 0; p < options->size * options->size; p++) {
        disk->data[p] =
            (float)(options->star_flux / options->gain * slot->scene[element_of(p, shop)]);
    }
}

/* --- The whole ------------------------------------------------------------------------- */

static void frames_clear(simulate_frames *frames)
{
    sqn_cube_clear(&frames->value);
    sqn_cube_clear(&frames->error);
    sqn__mem_free(frames->dq);
    *frames = (simulate_frames){0};
}

static sqn_status frames_init(simulate_frames *out, int64_t n_frame, int64_t size,
                              sqn_error *err)
{
    sqn_status status = sqn_cube_init(&out->value, n_frame, size, size, err);

    if (status == SQN_OK) {
        status = sqn_cube_init(&out->error, n_frame, size, size, err);
    }
    if (status == SQN_OK) {
        out->dq = sqn__mem_alloc(n_frame * size * size, sizeof *out->dq);
    }
    if (status == SQN_OK && out->dq == NULL) {
        status =
            SQN_RAISE(err, E_MEM, "flags of %" PRId64 " pixels", n_frame * size * size);
    }
    return status;
}

static sqn_status allocate(simulation *out, sqn_error *err)
{
    const config_simulate *options = out->options;
    const int64_t size = options->size, n_science = options->n_science;
    sqn_status status = SQN_OK;

    SQN_TRY(frames_init(&out->reference, options->n_references, size, err));
    SQN_TRY(frames_init(&out->science, n_science, size, err));
    SQN_TRY(sqn_cube_init(&out->star, n_science, size, size, err));
    SQN_TRY(sqn_cube_init(&out->disk, 1, size, size, err));
    out->angle = sqn__mem_alloc(n_science, sizeof *out->angle);
    if (out->angle == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " angles", n_science);
    }

cleanup:
    return status;
}

static void fill_angles(simulation *made)
{
    const config_simulate *options = made->options;
    const double first = options->rotation.item[0], last = options->rotation.item[1];
    const int64_t n = options->n_science;

    for (int64_t f = 0; f < n; f++) {
        made->angle[f] =
            n == 1 ? first : first + (last - first) * (double)f / (double)(n - 1);
    }
}

sqn_status simulate_make(simulation *out, const config_simulate *options,
                         const sqn_log *log, sqn_error *err)
{
    workshop shop = {0};
    sqn_status status = SQN_OK;

    *out = (simulation){.options = options, .center = 0.5 * (double)(options->size + 1)};
    SQN_TRY(check_options(options, err));
    SQN_TRY(allocate(out, err));
    SQN_TRY(workshop_init(&shop, options, err));
    sqn__log_note(
        log, "star at (%.1f, %.1f), lambda/D = %g pixels, grid of %" PRId64 " elements",
        out->center, out->center, options->fwhm, shop.n);
    fill_angles(out);
    const destination reference = {&out->reference, STREAM_REFERENCE, NULL, NULL};
    const destination science = {&out->science, STREAM_SCIENCE, out->angle, &out->star};

    make_frames(&reference, &shop);
    make_frames(&science, &shop);
    make_disk(&out->disk, &shop);

cleanup:
    workshop_clear(&shop);
    if (status != SQN_OK) {
        simulation_clear(out);
    }
    return status;
}

sqn_status simulate_angles_text(char **text, const simulation *made, sqn_error *err)
{
    enum { LINE_MAX_BYTES = 32 };
    const int64_t n = made->options->n_science;
    const size_t capacity = (size_t)(n + 1) * LINE_MAX_BYTES;
    size_t used = 0;

    *text = malloc(capacity); /* text is freed by free(), unlike arrays */
    if (*text == NULL) {
        return SQN_RAISE(err, E_MEM, "text of %" PRId64 " angles", n);
    }
    (*text)[0] = '\0';
    for (int64_t f = 0; f < n; f++) {
        used += (size_t)snprintf(*text + used, capacity - used, "%.9f\n", made->angle[f]);
    }
    return SQN_OK;
}

void simulation_clear(simulation *made)
{
    if (made != NULL) {
        frames_clear(&made->reference);
        frames_clear(&made->science);
        sqn_cube_clear(&made->star);
        sqn_cube_clear(&made->disk);
        sqn__mem_free(made->angle);
        *made = (simulation){0};
    }
}
