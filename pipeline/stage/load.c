/** @file load.c @brief Stage 2, the other way: components of an earlier run. */
#include "load.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "raise.h"

static const double same_center = 0.01; /* pixels */

/** One HDU of components as it is in the file. */
typedef struct hdu {
    sqn_fits_stack stack; /* one frame a component */
    int64_t n_count;      /* 0: one stage with all of them */
    int64_t *counts;      /* [n_count] of the stages, one below the other */
} hdu;

static void hdu_clear(hdu *h)
{
    sqn_fits_stack_clear(&h->stack);
    sqn__mem_free(h->counts);
}

static sqn_status read_hdu(hdu *out, const char *path, const char *name, const sqn_log *log,
                           sqn_error *err)
{
    char *paths[1] = {NULL};
    char copy[4096];
    const sqn_fits_files files = {1, paths};
    const sqn_fits_source source = {
        .files = &files, .hdu = name, .noise_hdu = "none", .quality_hdu = "none"};

    (void)snprintf(copy, sizeof copy, "%s", path);
    paths[0] = copy;
    return sqn_fits_stack_read(&out->stack, &source, 0, log, err);
}

/* The counts of the stages in the file, from the cards NCOMPn of STAGES. */
static sqn_status read_counts(hdu *h, sqn_error *err)
{
    char key[32];
    double value;

    for (h->n_count = 0;; h->n_count++) {
        (void)snprintf(key, sizeof key, "NCOMP%" PRId64, h->n_count + 1);
        if (!sqn_header_number(&value, h->stack.image, key)) {
            break;
        }
    }
    h->counts = sqn__mem_alloc(h->n_count, sizeof *h->counts);
    if (h->counts == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " stages", h->n_count);
    }
    int64_t n_row = 0;

    for (int64_t s = 0; s < h->n_count; s++) {
        (void)snprintf(key, sizeof key, "NCOMP%" PRId64, s + 1);
        (void)sqn_header_number(&value, h->stack.image, key);
        h->counts[s] =
            value >= 1.0 && value <= (double)h->stack.n_frame ? (int64_t)value : 0;
        n_row += h->counts[s];
        if (h->counts[s] == 0) {
            return SQN_RAISE(err, E_FITS_HEADER, "%s = %g is no count of STAGES", key,
                             value);
        }
    }
    return n_row == h->stack.n_frame
               ? SQN_OK
               : SQN_RAISE(err, E_FITS_HEADER,
                           "the cards NCOMPn of STAGES sum to %" PRId64
                           ", its planes are %" PRId64,
                           n_row, h->stack.n_frame);
}

/* Same shape and same centre. Nothing is wrong with an HDU that is not there. */
static sqn_status check_geometry(const hdu *h, const observation *obs, const char *path,
                                 sqn_error *err)
{
    const sqn_fits_stack *stack = &h->stack;
    sqn_status status = SQN_OK;
    double x = NAN, y = NAN;

    if (stack->n_frame == 0) {
        return SQN_OK;
    }
    (void)sqn_header_number(&x, stack->image, "STARCENX");
    (void)sqn_header_number(&y, stack->image, "STARCENY");
    if (stack->ny != obs->science.ny || stack->nx != obs->science.nx) {
        status = SQN_RAISE(err, E_SHAPE,
                           "components are %" PRId64 " x %" PRId64
                           ", frames of %s are %" PRId64 " x %" PRId64,
                           stack->nx, stack->ny, obs->science.frames[0].file,
                           obs->science.nx, obs->science.ny);
    } else if (!(hypot(x - obs->center[0], y - obs->center[1]) < same_center)) {
        status =
            SQN_RAISE(err, E_SHAPE,
                      "components are centred on (%g, %g), the science frames on (%g, %g)",
                      x, y, obs->center[0], obs->center[1]);
    }
    sqn__error_at(err, path, -1, NULL);
    return status;
}

/* Read an HDU that need not be there: no frames without it. */
static sqn_status read_optional(hdu *out, const char *path, const char *name,
                                sqn_error *err)
{
    sqn_error absent = {0};
    const sqn_status status = read_hdu(out, path, name, NULL, &absent);

    if (status == SQN_OK || absent.id == SQN_E_FITS_HDU) {
        return SQN_OK;
    }
    *err = absent;
    return status;
}

/* Whether components were sought at pixel `e`. A file that does not say it is taken to mean the
   pixels that have one. */
static bool was_inside(const hdu *region, const hdu *last, int64_t e)
{
    return region->stack.n_frame > 0 ? region->stack.value.data[e] > 0.0F
                                     : !isnan(last->stack.value.data[e]);
}

/* The region must be the one the components were built on. */
static sqn_status check_region(const hdu *last, const observation *obs, const char *path,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t n_built = 0, n_new = 0;
    hdu region = {0};

    SQN_TRY(read_optional(&region, path, "REGION", err));
    SQN_TRY(check_geometry(&region, obs, path, err));
    for (int64_t e = 0; e < obs->pixels.ny * obs->pixels.nx; e++) {
        n_built += was_inside(&region, last, e);
    }
    for (int64_t p = 0; p < obs->pixels.n_pix; p++) {
        n_new += !was_inside(&region, last, obs->pixels.index[p]);
    }
    const int64_t n_lost = n_built - (obs->pixels.n_pix - n_new);

    if (n_new > 0 || n_lost > 0) {
        status = SQN_RAISE(err, E_SHAPE,
                           "components were built on %" PRId64
                           " pixels, the region has %" PRId64 ": %" PRId64
                           " without a component, and %" PRId64 " of theirs lie outside",
                           n_built, obs->pixels.n_pix, n_new, n_lost);
        sqn__error_at(err, path, -1, NULL);
        sqn__error_mend(err, "give the region they were built on, or build them again");
    }

cleanup:
    hdu_clear(&region);
    return status;
}

/* Rows of pixels out of the frames of an HDU, behind `first` rows that are there. */
static void gather(sqn_cube *out, int64_t first, const hdu *h, const sqn_pixels *pixels)
{
    for (int64_t a = 0; a < h->stack.n_frame; a++) {
        sqn_pixels_gather(out->data + (first + a) * pixels->n_pix, pixels,
                          h->stack.value.data + a * pixels->ny * pixels->nx);
    }
}

/* View of the basis of one count; no data when the file does not hold it. */
static sqn_matrix_const view(const basis *b, const hdu *stages, int64_t count,
                             bool truncate)
{
    const int64_t n_pix = b->loaded.nx;
    sqn_matrix_const rows = {b->loaded.data, count, n_pix, n_pix};
    int64_t first = b->n_comp;

    if (count == b->n_comp || (truncate && count < b->n_comp)) {
        return rows;
    }
    for (int64_t s = 0; s < stages->n_count; s++) {
        if (stages->counts[s] == count) {
            rows.data = b->loaded.data + first * n_pix;
            return rows;
        }
        first += stages->counts[s];
    }
    return (sqn_matrix_const){0};
}

/* "1, 2, 5": the counts that the file has a basis of, as far as they fit. */
static const char *list_counts(char *out, size_t size, const basis *b, const hdu *stages)
{
    size_t used = 0;

    out[0] = '\0';
    for (int64_t s = 0; s < stages->n_count && used + 24 < size; s++) {
        const int n = snprintf(out + used, size - used, "%s%" PRId64, s > 0 ? ", " : "",
                               stages->counts[s]);

        used += n > 0 ? (size_t)n : 0;
    }
    if (stages->n_count == 0) {
        (void)snprintf(out, size, "%" PRId64, b->n_comp);
    }
    return out;
}

/* A number of components to build means nothing where none is built. */
static sqn_status check_count(const basis *b, const hdu *stages, const config *settings,
                              sqn_error *err)
{
    const int64_t written = settings->components.count;
    char counts[160];
    sqn_status status = SQN_OK;

    if (written > 0 && written != b->n_comp) {
        status = SQN_RAISE(err, E_COUNT,
                           "count is %" PRId64 ", but %s holds %" PRId64
                           " components (counts: %s)",
                           written, settings->components.load, b->n_comp,
                           list_counts(counts, sizeof counts, b, stages));
        (void)config_where(err->where, settings, "components.count");
        sqn__error_mend(err, "leave components.count out, and choose by model.counts");
    }
    return status;
}

/* The counts that are asked for, or all that there are, and their views. */
static sqn_status choose_counts(basis *b, const hdu *stages, const config *settings,
                                sqn_error *err)
{
    const config_integers *given = &settings->model.counts;
    char counts[160];
    sqn_status status = SQN_OK;

    b->n_count = given->n > 0 ? given->n : stages->n_count > 0 ? stages->n_count : 1;
    b->counts = sqn__mem_alloc(b->n_count, sizeof *b->counts);
    b->components = sqn__mem_alloc(b->n_count, sizeof *b->components);
    if (b->counts == NULL || b->components == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " counts", b->n_count);
    }
    for (int64_t c = 0; c < b->n_count; c++) {
        b->counts[c] = given->n > 0          ? given->item[c]
                       : stages->n_count > 0 ? stages->counts[c]
                                             : b->n_comp;
    }
    basis_sort_counts(b->counts, b->n_count);
    for (int64_t c = 0; c < b->n_count && status == SQN_OK; c++) {
        b->components[c] = view(b, stages, b->counts[c], settings->model.truncate);
        if (b->components[c].data == NULL) {
            status = SQN_RAISE(err, E_COUNT,
                               "the file holds %" PRId64
                               " components (counts: %s) and no stage of %" PRId64,
                               b->n_comp, list_counts(counts, sizeof counts, b, stages),
                               b->counts[c]);
            sqn__error_at(err, settings->components.load, -1, NULL);
            sqn__error_mend(
                err, "ask for the counts that were written (components.write_stages), "
                     "or set model.truncate");
        }
    }
    return status;
}

sqn_status load_basis(basis *out, const observation *obs, const config *settings,
                      const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    basis b = {0};
    hdu last = {0}, stages = {0};
    char path[4096];

    (void)config_beside(path, sizeof path, settings, settings->components.load);
    SQN_TRY(read_hdu(&last, path, "COMPONENTS", log, err));
    SQN_TRY(check_geometry(&last, obs, path, err));
    SQN_TRY(check_region(&last, obs, path, err));
    SQN_TRY(read_optional(&stages, path, "STAGES", err));
    SQN_TRY(check_geometry(&stages, obs, path, err));
    if (stages.stack.n_frame > 0) {
        SQN_TRY(read_counts(&stages, err));
    }
    b.n_comp = last.stack.n_frame;
    SQN_TRY(sqn_cube_init(&b.loaded, b.n_comp + stages.stack.n_frame, 1, obs->pixels.n_pix,
                          err));
    gather(&b.loaded, 0, &last, &obs->pixels);
    gather(&b.loaded, b.n_comp, &stages, &obs->pixels);
    SQN_TRY(check_count(&b, &stages, settings, err));
    SQN_TRY(choose_counts(&b, &stages, settings, err));
    *out = b;
    b = (basis){0};

cleanup:
    basis_clear(&b);
    hdu_clear(&last);
    hdu_clear(&stages);
    return status;
}
