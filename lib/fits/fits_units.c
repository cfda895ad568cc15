/** @file fits_units.c @brief The list of image HDUs of one role. */
#include "fits_units.h"

#include <inttypes.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

sqn_status sqn__fits_units_add(sqn__fits_units *units, const sqn__fits_unit *unit,
                               sqn_error *err)
{
    if (units->n == units->capacity) {
        const int64_t capacity = 2 * units->capacity + 8;
        sqn__fits_unit *grown = sqn__mem_alloc(capacity, sizeof *grown);

        if (grown == NULL) {
            return SQN_RAISE(err, E_MEM, "a list of %" PRId64 " images", capacity);
        }
        if (units->n > 0) {
            memcpy(grown, units->unit, (size_t)units->n * sizeof *grown);
        }
        sqn__mem_free(units->unit);
        units->unit = grown;
        units->capacity = capacity;
    }
    units->unit[units->n++] = *unit;
    units->n_plane += unit->n_plane;
    return SQN_OK;
}

void sqn__fits_units_clear(sqn__fits_units *units)
{
    sqn__mem_free(units->unit);
    *units = (sqn__fits_units){0};
}

sqn_status sqn__fits_units_describe(sqn__fits_unit *out, const sqn__fits_file *file,
                                    int number, bool spectral, sqn_error *err)
{
    sqn_status status = SQN_OK;
    const sqn__fits_hdu *hdu = &file->hdu[number];
    sqn__fits_planes planes;
    uint32_t sum = 0;

    *out = (sqn__fits_unit){.path = file->path, .hdu = *hdu};
    SQN_TRY(sqn__fits_shape_of(&out->shape, hdu, spectral, err));
    out->promise = sqn__fits_checksum_promise(file, hdu);
    if (hdu->kind == SQN__FITS_TILED) { /* before anybody decodes what has changed */
        SQN_TRY(sqn__fits_checksum_verify(&sum, file, hdu, err));
    }
    SQN_TRY(
        sqn__fits_planes_open(&planes, file, hdu, err)); /* its header is checked here */
    sqn__fits_planes_close(&planes);
    out->n_plane = out->shape.n_wave * out->shape.n_time;
    out->sum = sum;
    out->n_summed = hdu->kind == SQN__FITS_TILED ? out->n_plane : 0;

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, hdu, NULL);
    }
    return status;
}

static sqn_status verify(sqn__fits_unit *unit, sqn__fits_pool *pool, sqn_error *err)
{
    const sqn__fits_file *file = NULL;
    sqn_status status = SQN_OK;

    unit->datasum = sqn__fits_checksum_fold(unit->sum);
    if (unit->n_summed != unit->n_plane) {
        SQN_TRY(sqn__fits_pool_take(&file, pool, unit->path, NULL, err));
        SQN_TRY(sqn__fits_checksum_range(&unit->datasum, file, unit->hdu.data,
                                         unit->hdu.end, err));
    }
    SQN_TRY(sqn__fits_checksum_compare(&unit->promise, unit->datasum, unit->path,
                                       &unit->hdu, err));

cleanup:
    sqn__fits_pool_give(pool, file);
    return status;
}

sqn_status sqn__fits_units_verify(sqn__fits_units *units, sqn__fits_pool *pool,
                                  sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t u = 0; u < units->n && status == SQN_OK; u++) {
        status = units->unit[u].path != NULL ? verify(&units->unit[u], pool, err) : SQN_OK;
    }
    return status;
}

sqn_status sqn__fits_units_refuse_shape(const sqn__fits_unit *unit,
                                        const sqn__fits_unit *other, sqn_error *err)
{
    char own[96], others[96], where[200];

    sqn__fits_shape_text(own, sizeof own, &unit->hdu);
    sqn__fits_shape_text(others, sizeof others, &other->hdu);
    sqn__fits_file_where(where, sizeof where, other->path, &other->hdu);

    const sqn_status status =
        SQN_RAISE(err, E_SHAPE, "the image is %s, that of %s is %s", own, where, others);

    sqn__fits_file_at(err, unit->path, &unit->hdu, NULL);
    return status;
}
