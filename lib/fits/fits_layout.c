/** @file fits_layout.c @brief Files to rows of planes that fit each other. */
#include "fits_layout.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "fits_angles.h"
#include "fits_checksum.h"
#include "fits_select.h"
#include "mem.h"
#include "raise.h"

/* What is being laid out. */
typedef struct job {
    sqn__fits_layout *layout;
    const sqn_fits_source *source;
    const sqn_log *log;
    sqn_error *err;
    const sqn__fits_file *file; /* at hand */
    int64_t index;              /* of the file */
    sqn_header *primary;        /* of the file */
} job;

static bool is_none(const char *hdu)
{
    return hdu != NULL && strcmp(hdu, "none") == 0;
}

static bool is_spectral(const job *j)
{
    return j->source->wavelengths != NULL;
}

/* Is this EXTVER asked for? */
static bool is_wanted(const sqn_fits_source *source, int64_t extver)
{
    for (int64_t i = 0; i < source->n_extver; i++) {
        if (source->extver[i] == extver) {
            return true;
        }
    }
    return source->extver == NULL || source->n_extver == 0;
}

static bool same_shape(const sqn__fits_unit *a, const sqn__fits_unit *b)
{
    return memcmp(&a->shape, &b->shape, sizeof a->shape) == 0;
}

static bool same_frame(const sqn__fits_unit *a, const sqn__fits_unit *b)
{
    return a->shape.ny == b->shape.ny && a->shape.nx == b->shape.nx;
}

/* BUNIT of the errors must be that of the data, where both are known. */
static sqn_status check_noise_unit(const job *j, const sqn__fits_unit *unit,
                                   const sqn__fits_file *file, const char *data_unit)
{
    char text[SQN__CARD + 1];
    sqn_status status = SQN_OK;

    if (unit->path != NULL && j->source->noise_kind == SQN_FITS_SIGMA &&
        data_unit[0] != '\0' &&
        sqn__fits_preflight_text(text, sizeof text, &unit->hdu, file->bytes, "BUNIT") &&
        text[0] != '\0' && strcmp(text, data_unit) != 0) {
        status =
            SQN_RAISE(j->err, E_UNITS, "the errors are in '%.70s', the data in '%.70s'",
                      text, data_unit);
        sqn__fits_file_at(j->err, unit->path, &unit->hdu, "BUNIT");
    }
    return status;
}

/* A plane of flags holds integers. */
static sqn_status check_flags(const job *j, const sqn__fits_unit *unit)
{
    sqn_status status = SQN_OK;

    if (unit->path != NULL && unit->hdu.bitpix < 0) {
        status = SQN_RAISE(j->err, E_FITS_TYPE, "flags must be integers, BITPIX is %d",
                           unit->hdu.bitpix);
        sqn__error_mend(j->err, "convert the flags to integers");
        sqn__fits_file_at(j->err, unit->path, &unit->hdu, NULL);
    }
    return status;
}

/*
 * The HDU that accompanies `unit` under `want` (NULL: `usual`, which may be absent), or a
 * unit without a path.
 */
static sqn_status find_companion(sqn__fits_unit *out, const job *j,
                                 const sqn__fits_unit *unit, const char *want,
                                 const char *usual)
{
    const bool by_default = want == NULL;
    const sqn__fits_hdu *hdu =
        sqn__fits_select_companion(j->file, by_default ? usual : want, unit->hdu.extver);
    sqn_status status = SQN_OK;
    int number = hdu != NULL ? hdu->number : -1;

    *out = (sqn__fits_unit){.file = unit->file, .n_plane = unit->n_plane};
    if (hdu == NULL && by_default) {
        return SQN_OK;
    }
    if (hdu == NULL) {
        SQN_TRY(sqn__fits_select_one(&number, j->file, want, usual, j->err));
    }
    SQN_TRY(sqn__fits_units_describe(out, j->file, number, is_spectral(j), j->err));
    out->file = unit->file;
    if (!same_shape(out, unit)) {
        status = sqn__fits_units_refuse_shape(out, unit, j->err);
    }

cleanup:
    return status;
}

/* Add the companion under `want`, or a unit without a path where none is looked for. */
static sqn_status add_companion(sqn__fits_units *units, const job *j,
                                const sqn__fits_unit *unit, const char *want,
                                const char *usual)
{
    const bool looked_for =
        !is_none(want) && (want != NULL || strcasecmp(unit->hdu.name, "SCI") == 0);
    sqn__fits_unit other = {.file = unit->file, .n_plane = unit->n_plane};
    sqn_status status = looked_for ? find_companion(&other, j, unit, want, usual) : SQN_OK;

    return status == SQN_OK ? sqn__fits_units_add(units, &other, j->err) : status;
}

/* Errors and flags of the same file, where no files of their own are given. */
static sqn_status add_companions(const job *j, const sqn__fits_unit *unit,
                                 const sqn__fits_facts *facts)
{
    const sqn_fits_source *source = j->source;
    sqn__fits_units *noise = &j->layout->noise, *quality = &j->layout->quality;
    sqn_status status = SQN_OK;

    if (source->noise_files == NULL) {
        SQN_TRY(add_companion(noise, j, unit, source->noise_hdu, "ERR"));
        SQN_TRY(check_noise_unit(j, &noise->unit[noise->n - 1], j->file, facts->unit));
    }
    if (source->quality_files == NULL) {
        SQN_TRY(add_companion(quality, j, unit, source->quality_hdu, "DQ"));
        SQN_TRY(check_flags(j, &quality->unit[quality->n - 1]));
    }

cleanup:
    return status;
}

/* Room for one more record of facts. */
static sqn_status grow_facts(const job *j)
{
    sqn__fits_layout *layout = j->layout;

    if (layout->data.n < layout->facts_capacity) {
        return SQN_OK;
    }

    const int64_t capacity = 2 * layout->facts_capacity + 8;
    sqn__fits_facts *grown = sqn__mem_alloc(capacity, sizeof *grown);

    if (grown == NULL) {
        return SQN_RAISE(j->err, E_MEM, "facts of %" PRId64 " images", capacity);
    }
    if (layout->data.n > 0) {
        memcpy(grown, layout->facts, (size_t)layout->data.n * sizeof *grown);
    }
    sqn__mem_free(layout->facts);
    layout->facts = grown;
    layout->facts_capacity = capacity;
    return SQN_OK;
}

/* Shape and unit must be those of the first image. */
static sqn_status compare_first(const job *j, const sqn__fits_unit *unit,
                                const sqn__fits_facts *facts)
{
    const sqn__fits_layout *layout = j->layout;
    sqn_status status = SQN_OK;

    if (layout->data.n == 0) {
        return SQN_OK;
    }
    if (!same_frame(unit, &layout->data.unit[0])) {
        return sqn__fits_units_refuse_shape(unit, &layout->data.unit[0], j->err);
    }
    if (facts->unit[0] != '\0' && layout->facts[0].unit[0] != '\0' &&
        strcmp(facts->unit, layout->facts[0].unit) != 0) {
        status =
            SQN_RAISE(j->err, E_UNITS, "the unit is '%.70s', that of %.200s is '%.70s'",
                      facts->unit, layout->data.unit[0].path, layout->facts[0].unit);
        sqn__fits_file_at(j->err, unit->path, &unit->hdu, "BUNIT");
    }
    return status;
}

/* Facts, angles and companions of one image HDU, and itself. */
static sqn_status enter_image(const job *j, const sqn__fits_unit *unit,
                              const sqn__fits_headers *headers)
{
    const sqn_fits_angles *angles = j->source->angles;
    sqn_status status = SQN_OK;
    sqn__fits_facts facts;

    SQN_TRY(sqn__fits_facts_find(&facts, unit, headers, j->source, j->log, j->err));
    SQN_TRY(angles != NULL
                ? sqn__fits_angles_look(&facts, unit, headers, angles, j->log, j->err)
                : SQN_OK);
    SQN_TRY(compare_first(j, unit, &facts));
    SQN_TRY(add_companions(j, unit, &facts));
    SQN_TRY(grow_facts(j));
    j->layout->facts[j->layout->data.n] = facts;
    SQN_TRY(sqn__fits_units_add(&j->layout->data, unit, j->err));

cleanup:
    return status;
}

static sqn_status add_image(job *j, int number)
{
    sqn_status status = SQN_OK;
    sqn_header *own = NULL;
    sqn__fits_headers headers = {j->primary, j->primary};
    sqn__fits_unit unit;

    SQN_TRY(sqn__fits_units_describe(&unit, j->file, number, is_spectral(j), j->err));
    unit.file = j->index;
    if (number > 0) {
        SQN_TRY(sqn__fits_file_header(&own, j->file, &unit.hdu, j->err));
        headers.image = own;
    }
    SQN_TRY(enter_image(j, &unit, &headers));
    if (j->layout->data.n == 1) {
        j->layout->image = own;
        own = NULL;
    }

cleanup:
    sqn_header_destroy(&own);
    return status;
}

static sqn_status add_data_file(job *j)
{
    sqn_status status = SQN_OK;
    int *numbers = NULL;
    int64_t n = 0;

    SQN_TRY(sqn__fits_file_header(&j->primary, j->file, &j->file->hdu[0], j->err));
    SQN_TRY(sqn__fits_checksum_verify(NULL, j->file, &j->file->hdu[0], j->err));
    SQN_TRY(sqn__fits_select_all(&numbers, &n, j->file, j->source->hdu, "SCI", j->err));
    for (int64_t i = 0; i < n; i++) {
        const bool wanted = is_wanted(j->source, j->file->hdu[numbers[i]].extver);

        SQN_TRY(wanted ? add_image(j, numbers[i]) : SQN_OK);
    }
    if (j->layout->primary == NULL) {
        j->layout->primary = j->primary;
        j->primary = NULL;
    }

cleanup:
    sqn_header_destroy(&j->primary);
    sqn__mem_free(numbers);
    return status;
}

/* An EXTVER that no file has is a mistake. */
static sqn_status check_extver(const job *j)
{
    for (int64_t i = 0; i < j->source->n_extver; i++) {
        bool found = false;

        for (int64_t u = 0; u < j->layout->data.n && !found; u++) {
            found = j->layout->data.unit[u].hdu.extver == j->source->extver[i];
        }
        if (!found) {
            const sqn_status status = SQN_RAISE(
                j->err, E_FITS_HDU, "no image with EXTVER %" PRId64, j->source->extver[i]);

            sqn__fits_file_at(j->err, j->source->files->path[0], NULL, NULL);
            return status;
        }
    }
    return SQN_OK;
}

static sqn_status lay_data(job *j)
{
    const sqn_fits_files *files = j->source->files;
    sqn_status status = SQN_OK;

    for (j->index = 0; j->index < files->n; j->index++) {
        SQN_TRY(sqn__fits_pool_take(&j->file, &j->layout->pool, files->path[j->index],
                                    j->log, j->err));
        status = add_data_file(j);
        sqn__fits_pool_give(&j->layout->pool, j->file);
        SQN_TRY(status);
    }
    SQN_TRY(check_extver(j));

cleanup:
    return status;
}

/* Files of their own: all planes of the chosen HDU of each. */
static sqn_status lay_files(sqn__fits_units *units, job *j, const sqn_fits_files *files,
                            const char *want, const char *usual)
{
    const sqn__fits_unit *data = &j->layout->data.unit[0];
    sqn_status status = SQN_OK;
    sqn__fits_unit unit;
    int number = 0;

    for (int64_t i = 0; i < files->n; i++) {
        SQN_TRY(sqn__fits_pool_take(&j->file, &j->layout->pool, files->path[i], j->log,
                                    j->err));
        status = sqn__fits_select_one(&number, j->file, want, usual, j->err);
        if (status == SQN_OK) {
            status =
                sqn__fits_units_describe(&unit, j->file, number, is_spectral(j), j->err);
        }
        if (status == SQN_OK && units == &j->layout->noise) {
            status = check_noise_unit(j, &unit, j->file, j->layout->facts[0].unit);
        }
        sqn__fits_pool_give(&j->layout->pool, j->file);
        SQN_TRY(status);
        unit.file = i;
        if (!same_frame(&unit, data)) {
            status = sqn__fits_units_refuse_shape(&unit, data, j->err);
            goto cleanup;
        }
        SQN_TRY(units == &j->layout->quality ? check_flags(j, &unit) : SQN_OK);
        SQN_TRY(sqn__fits_units_add(units, &unit, j->err));
    }
    if (units->n_plane != j->layout->data.n_plane &&
        !(units == &j->layout->mask && units->n_plane == 1)) {
        status = sqn__fits_units_refuse_shape(&units->unit[0], data, j->err);
        if (j->err != NULL && files->n + j->source->files->n > 2) {
            status = SQN_RAISE(j->err, E_SHAPE,
                               "%" PRId64 " planes in %" PRId64 " file%s, for %" PRId64
                               " frames",
                               units->n_plane, files->n, files->n == 1 ? "" : "s",
                               j->layout->data.n_plane);
            sqn__fits_file_at(j->err, files->path[0], NULL, NULL);
        }
    }

cleanup:
    return status;
}

/* Units without a path everywhere mean none; errors must be there for all frames or none. */
static sqn_status settle(sqn__fits_units *units, const sqn__fits_layout *layout,
                         sqn_error *err)
{
    int64_t n_absent = 0, with = -1, without = -1;

    for (int64_t u = 0; u < units->n; u++) {
        n_absent += units->unit[u].path == NULL ? 1 : 0;
        *(units->unit[u].path == NULL ? &without : &with) = u;
    }
    if (n_absent == units->n) {
        sqn__fits_units_clear(units);
    } else if (n_absent > 0 && units == &layout->noise) {
        const sqn__fits_unit *bare = &layout->data.unit[without];
        const sqn_status status =
            SQN_RAISE(err, E_ERRPLANE, "there is no error plane, but %.200s has one",
                      units->unit[with].path);

        sqn__error_mend(err, "give error planes for all frames, or error_hdu: none");
        sqn__fits_file_at(err, bare->path, &bare->hdu, NULL);
        return status;
    }
    return SQN_OK;
}

sqn_status sqn__fits_layout_make(sqn__fits_layout *out, const sqn_fits_source *source,
                                 const sqn_log *log, sqn_error *err)
{
    job j = {.layout = out, .source = source, .log = log, .err = err};
    sqn_status status = SQN_OK;

    SQN_TRY(lay_data(&j));
    if (source->noise_files != NULL) {
        SQN_TRY(lay_files(&out->noise, &j, source->noise_files, source->noise_hdu, "ERR"));
    }
    if (source->quality_files != NULL) {
        SQN_TRY(
            lay_files(&out->quality, &j, source->quality_files, source->quality_hdu, "DQ"));
    }
    if (source->mask_files != NULL) {
        SQN_TRY(lay_files(&out->mask, &j, source->mask_files, NULL, "MASK"));
    }
    SQN_TRY(settle(&out->noise, out, err));
    SQN_TRY(settle(&out->quality, out, err));

cleanup:
    return status;
}

sqn_status sqn__fits_layout_verify(sqn__fits_layout *layout, sqn_error *err)
{
    sqn__fits_units *rows[] = {&layout->data, &layout->noise, &layout->quality,
                               &layout->mask};
    sqn_status status = SQN_OK;

    for (size_t r = 0; r < sizeof rows / sizeof rows[0] && status == SQN_OK; r++) {
        status = sqn__fits_units_verify(rows[r], &layout->pool, err);
    }
    return status;
}

void sqn__fits_layout_clear(sqn__fits_layout *layout)
{
    sqn__fits_units_clear(&layout->data);
    sqn__fits_units_clear(&layout->noise);
    sqn__fits_units_clear(&layout->quality);
    sqn__fits_units_clear(&layout->mask);
    sqn__fits_pool_clear(&layout->pool);
    sqn_header_destroy(&layout->primary);
    sqn_header_destroy(&layout->image);
    sqn__mem_free(layout->facts);
    *layout = (sqn__fits_layout){0};
}
