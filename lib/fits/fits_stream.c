/** @file fits_stream.c @brief Planes of many HDUs and files, one after the other. */
#include <assert.h>
#include <string.h>

#include "fits_bytes.h"
#include "fits_units.h"
#include "raise.h"

/* Bytes of the plane that is next count for the sum of its unit; with the last, what fills the block
   behind it. Words of 4 bytes must not lie across planes, and those of tiles are not at hand. */
static sqn_status add_to_sum(sqn__fits_stream *stream, const unsigned char *bytes,
                             sqn_error *err)
{
    const sqn__fits_planes *planes = &stream->planes;
    const size_t end = planes->hdu->data + ((size_t)stream->plane + 1) * planes->size;
    const bool is_last = stream->plane + 1 == stream->units->unit[stream->unit].n_plane;
    uint32_t behind = 0;
    sqn_status status = SQN_OK;

    if (planes->tiled != NULL || planes->size % 4 != 0) {
        return SQN_OK;
    }
    if (is_last) {
        SQN_TRY(
            sqn__fits_checksum_range(&behind, stream->file, end, planes->hdu->end, err));
    }
    stream->sum += (uint64_t)sqn__fits_checksum_bytes(bytes, planes->size) + behind;
    stream->n_summed++;

cleanup:
    return status;
}

/* What was read of the unit, to what others have read of it. */
static void join_sums(sqn__fits_stream *stream)
{
    sqn__fits_unit *unit = &stream->units->unit[stream->unit];

#pragma omp atomic
    unit->sum += stream->sum;
#pragma omp atomic
    unit->n_summed += stream->n_summed;
    stream->sum = 0;
    stream->n_summed = 0;
}

void sqn__fits_stream_close(sqn__fits_stream *stream)
{
    if (stream->file != NULL) {
        join_sums(stream);
        sqn__fits_planes_close(&stream->planes);
        sqn__fits_pool_give(stream->pool, stream->shares ? NULL : stream->file);
        stream->file = NULL;
        stream->shares = false;
    }
}

/* The file may have been replaced since it was described. */
static bool is_same(const sqn__fits_file *file, const sqn__fits_unit *unit)
{
    if (unit->hdu.number >= file->n_hdu) {
        return false;
    }

    const sqn__fits_hdu *hdu = &file->hdu[unit->hdu.number];

    return hdu->kind == unit->hdu.kind && hdu->data == unit->hdu.data &&
           hdu->n_byte == unit->hdu.n_byte && hdu->bitpix == unit->hdu.bitpix &&
           memcmp(hdu->axes, unit->hdu.axes, sizeof hdu->axes) == 0;
}

/* What the elder has open, open for us as well. */
static sqn_status share_unit(sqn__fits_stream *stream, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(sqn__fits_planes_share(&stream->planes, &stream->elder->planes, err));
    stream->file = stream->elder->file;
    stream->shares = true;

cleanup:
    return status;
}

static sqn_status open_unit(sqn__fits_stream *stream, const sqn__fits_unit *unit,
                            sqn_error *err)
{
    sqn_status status = SQN_OK;
    const sqn__fits_file *file = NULL;

    if (stream->elder != NULL && stream->elder->file != NULL &&
        stream->elder->unit == stream->unit) {
        return share_unit(stream, err);
    }
    SQN_TRY(sqn__fits_pool_take(&file, stream->pool, unit->path, NULL, err));
    if (!is_same(file, unit)) {
        status = SQN_RAISE(err, E_IO, "the file was changed while it was read");
        sqn__fits_file_at(err, unit->path, NULL, NULL);
        goto cleanup;
    }
    SQN_TRY(
        sqn__fits_planes_open(&stream->planes, file, &file->hdu[unit->hdu.number], err));
    stream->file = file;
    file = NULL;

cleanup:
    sqn__fits_pool_give(stream->pool, file);
    return status;
}

/* The plane that is next, of the unit that is open. */
static sqn_status read_plane(sqn__fits_target *to, sqn__fits_stream *stream, sqn_error *err)
{
    sqn__fits_planes *planes = &stream->planes;
    sqn_status status = SQN_OK;

    to->in_bytes = to->bytes != NULL && sqn__fits_planes_are_floats(planes);
    SQN_TRY(to->in_bytes ? sqn__fits_planes_bytes(to->bytes, planes, stream->plane, err)
                         : sqn__fits_planes_read(to->value, planes, stream->plane, err));
    SQN_TRY(add_to_sum(stream, to->in_bytes ? to->bytes : planes->buffer, err));

cleanup:
    return status;
}

sqn_status sqn__fits_stream_next(sqn__fits_target *to, const sqn__fits_unit **from,
                                 sqn__fits_stream *stream, sqn_error *err)
{
    sqn_status status = SQN_OK;

    assert(stream->unit < stream->units->n);

    const sqn__fits_unit *unit = &stream->units->unit[stream->unit];

    *from = unit;
    if (to != NULL && unit->path != NULL) {
        SQN_TRY(stream->file == NULL ? open_unit(stream, unit, err) : SQN_OK);
        SQN_TRY(read_plane(to, stream, err));
    }
    stream->plane++;
    if (stream->plane == unit->n_plane) {
        sqn__fits_stream_close(stream);
        stream->plane = 0;
        stream->unit++;
    }

cleanup:
    return status;
}
