/**
 * @file fits_planes.c
 * @brief Pixels: plain ones by our own hands, compressed ones by CFITSIO.
 *
 * CFITSIO sees neither a name nor a header of the user: tiles come to it in a memory file
 * with the few cards that decoding needs, made from values that were checked.
 */
#include "fits_planes.h"

#include <fitsio.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fits_bytes.h"
#include "fits_floats.h"
#include "fits_tiles.h"
#include "mem.h"
#include "raise.h"

/* Our status for a CFITSIO one, with its text; drains its process-wide message stack. */
static sqn_status raise_fits(sqn_error *err, const sqn__fits_planes *planes, int code)
{
    char text[FLEN_STATUS] = "";

    fits_get_errstatus(code, text);
    fits_clear_errmsg();
    if (code == MEMORY_ALLOCATION) {
        return SQN_RAISE(err, E_MEM, "reading an image of %" PRId64 " pixels a plane",
                         planes->n_pix);
    }
    if (planes->hdu->kind == SQN__FITS_TILED) {
        return SQN_RAISE(err, E_FITS_COMPRESS, "a tile cannot be read: %s (CFITSIO %d)",
                         text, code);
    }
    return SQN_RAISE(err, E_FITS_HEADER, "the image cannot be read: %s (CFITSIO %d)", text,
                     code);
}

/* A finite number of a keyword; `missing` where it is absent. */
static sqn_status find_number(double *out, const sqn__fits_planes *planes,
                              const char *keyword, double missing, sqn_error *err)
{
    char text[SQN__CARD + 1];

    *out = missing;
    if (sqn__fits_preflight_text(text, sizeof text, planes->hdu, planes->file->bytes,
                                 keyword) &&
        !sqn__header_card_number(out, text)) {
        const sqn_status status =
            SQN_RAISE(err, E_FITS_HEADER, "'%.60s' is not a finite number", text);

        sqn__fits_file_at(err, planes->file->path, planes->hdu, keyword);
        return status;
    }
    return SQN_OK;
}

/* BLANK, of integer images only. */
static sqn_status find_blank(sqn__fits_planes *planes, sqn_error *err)
{
    const sqn__fits_hdu *hdu = planes->hdu;
    const char *keyword = hdu->kind == SQN__FITS_TILED ? "ZBLANK" : "BLANK";
    const int bits = hdu->bitpix;
    const int64_t high = bits == 64  ? INT64_MAX
                         : bits == 8 ? 255
                                     : (INT64_C(1) << (bits - 1 < 0 ? 0 : bits - 1)) - 1;
    const int64_t low = bits == 8 ? 0 : -high - 1;
    char text[SQN__CARD + 1];

    if (bits < 0 ||
        !sqn__fits_preflight_text(text, sizeof text, hdu, planes->file->bytes, keyword)) {
        return SQN_OK;
    }
    planes->has_blank = sqn__header_card_integer(&planes->blank, text);
    if (!planes->has_blank || planes->blank < low || planes->blank > high) {
        const sqn_status status =
            SQN_RAISE(err, E_FITS_HEADER,
                      "'%.60s' is not an integer that BITPIX = %d can hold", text, bits);

        sqn__fits_file_at(err, planes->file->path, hdu, keyword);
        return status;
    }
    return SQN_OK;
}

static sqn_status find_scaling(sqn__fits_planes *planes, sqn_error *err)
{
    sqn_status status = find_number(&planes->scale, planes, "BSCALE", 1.0, err);

    if (status == SQN_OK && planes->scale == 0.0) {
        status = SQN_RAISE(err, E_FITS_HEADER, "it must not be 0");
        sqn__fits_file_at(err, planes->file->path, planes->hdu, "BSCALE");
    }
    if (status == SQN_OK) {
        status = find_number(&planes->zero, planes, "BZERO", 0.0, err);
    }
    return status == SQN_OK ? find_blank(planes, err) : status;
}

static size_t plane_bytes(const sqn__fits_planes *planes)
{
    const int bits = planes->hdu->bitpix;

    return (size_t)planes->n_pix * (size_t)((bits < 0 ? -bits : bits) / 8);
}

/* Open the memory file; CFITSIO writes nothing to it. */
static int open_memory(fitsfile **fits, sqn__fits_planes *planes)
{
    int code = 0;

    planes->address = planes->buffer;
    fits_open_memfile(fits, "memory", READONLY, &planes->address, &planes->size, 0, NULL,
                      &code);
    return code;
}

/* A handle of CFITSIO on the packed tiles. */
static sqn_status open_tiles(sqn__fits_planes *planes, sqn_error *err)
{
    sqn_status status = SQN_OK;
    fitsfile *fits = NULL;
    int code = 0, close_code = 0, naxis = 0, bitpix = 0, type = 0;
    LONGLONG axes[SQN__FITS_AXES] = {0};

    code = open_memory(&fits, planes);
    fits_movabs_hdu(fits, 2, &type, &code);
    fits_get_img_paramll(fits, SQN__FITS_AXES, &bitpix, &naxis, axes, &code);
    if (code != 0) {
        status = raise_fits(err, planes, code);
        goto cleanup;
    }
    if (type != IMAGE_HDU || bitpix != planes->hdu->bitpix || naxis != planes->hdu->naxis ||
        axes[0] != planes->hdu->axes[0] || axes[1] != planes->hdu->axes[1]) {
        status =
            SQN_RAISE(err, E_FITS_COMPRESS, "the header of the tiles contradicts itself");
        goto cleanup;
    }
    planes->tiled = fits;
    fits = NULL;

cleanup:
    if (fits != NULL) {
        fits_close_file(fits, &close_code);
    }
    return status;
}

static sqn_status pack_tiles(sqn__fits_planes *planes, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(
        sqn__fits_bytes_need(planes->file, planes->hdu->data, planes->hdu->n_byte, err));
    SQN_TRY(sqn__fits_tiles_check(planes->file, planes->hdu, err));
    SQN_TRY(sqn__fits_tiles_pack(&planes->buffer, &planes->size, planes->file, planes->hdu,
                                 err));
    sqn__fits_bytes_drop(planes->file, planes->hdu->data, planes->hdu->n_byte);

cleanup:
    return status;
}

static sqn_status allocate_plane(sqn__fits_planes *planes, sqn_error *err)
{
    planes->size = plane_bytes(planes);
    planes->buffer = sqn__mem_reserve((int64_t)planes->size, 1);
    return planes->buffer != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "a plane of %zu bytes", planes->size);
}

sqn_status sqn__fits_planes_open(sqn__fits_planes *planes, const sqn__fits_file *file,
                                 const sqn__fits_hdu *hdu, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *planes = (sqn__fits_planes){.file = file, .hdu = hdu};
    planes->n_pix = hdu->axes[0] * hdu->axes[1];
    SQN_TRY(find_scaling(planes, err));
    if (hdu->kind == SQN__FITS_TILED) {
        SQN_TRY(pack_tiles(planes, err));
        SQN_TRY(open_tiles(planes, err));
    } else {
        SQN_TRY(allocate_plane(planes, err));
    }

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, hdu, NULL);
        sqn__fits_planes_close(planes);
    }
    return status;
}

sqn_status sqn__fits_planes_share(sqn__fits_planes *planes, const sqn__fits_planes *other,
                                  sqn_error *err)
{
    const sqn__fits_file *file = other->file;
    const sqn__fits_hdu *hdu = other->hdu;
    sqn_status status = SQN_OK;

    *planes = *other;
    planes->tiled = NULL;
    planes->shares = other->tiled != NULL;
    if (planes->shares) {
        SQN_TRY(open_tiles(planes, err));
    } else {
        SQN_TRY(allocate_plane(planes, err));
    }

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, hdu, NULL);
        sqn__fits_planes_close(planes);
    }
    return status;
}

bool sqn__fits_planes_side_by_side(void)
{
    return fits_is_reentrant() != 0;
}

/* Read n_pix values from `first` (from 1), NaN where BLANK. */
static int read_values(double *out, fitsfile *fits, const sqn__fits_planes *planes,
                       int64_t first)
{
    double missing = NAN;
    int code = 0, any = 0;

    fits_read_img(fits, TDOUBLE, first, planes->n_pix, &missing, out, &any, &code);
    return code;
}

/* The plane in the buffer, of floating numbers: nothing but the order of bytes to undo. */
static void read_doubles(double *restrict out, const unsigned char *restrict in, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        const unsigned char *b = in + 8 * p;
        const uint64_t bits = (uint64_t)b[0] << 56U | (uint64_t)b[1] << 48U |
                              (uint64_t)b[2] << 40U | (uint64_t)b[3] << 32U |
                              (uint64_t)b[4] << 24U | (uint64_t)b[5] << 16U |
                              (uint64_t)b[6] << 8U | (uint64_t)b[7];

        memcpy(&out[p], &bits, sizeof out[p]);
    }
}

static void read_bytes(double *restrict out, const unsigned char *restrict in, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        out[p] = (double)in[p];
    }
}

static void read_shorts(double *restrict out, const unsigned char *restrict in, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        const unsigned char *b = in + 2 * p;
        const uint16_t bits = (uint16_t)((uint32_t)b[0] << 8U | (uint32_t)b[1]);

        out[p] = (double)(int16_t)bits;
    }
}

static void read_ints(double *restrict out, const unsigned char *restrict in, int64_t n)
{
    for (int64_t p = 0; p < n; p++) {
        const unsigned char *b = in + 4 * p;
        const uint32_t bits = (uint32_t)b[0] << 24U | (uint32_t)b[1] << 16U |
                              (uint32_t)b[2] << 8U | (uint32_t)b[3];

        out[p] = (double)(int32_t)bits;
    }
}

static int64_t long_at(const unsigned char *b)
{
    uint64_t bits = 0;

    for (int i = 0; i < 8; i++) {
        bits = bits << 8U | (uint64_t)b[i];
    }
    return (int64_t)bits;
}

/* These BLANK must be compared with before they are rounded. */
static void read_longs(double *restrict out, const unsigned char *restrict in,
                       const sqn__fits_planes *planes)
{
    for (int64_t p = 0; p < planes->n_pix; p++) {
        const int64_t value = long_at(in + 8 * p);

        out[p] = planes->has_blank && value == planes->blank ? NAN : (double)value;
    }
}

/* Integers of up to 32 bits, exact in double. */
static void miss_blank(double *out, const sqn__fits_planes *planes)
{
    const double blank = (double)planes->blank;

    for (int64_t p = 0; p < planes->n_pix && planes->has_blank; p++) {
        out[p] = out[p] == blank ? NAN : out[p];
    }
}

static void read_integers(double *out, const sqn__fits_planes *planes)
{
    switch (planes->hdu->bitpix) {
    case 8:
        read_bytes(out, planes->buffer, planes->n_pix);
        break;
    case 16:
        read_shorts(out, planes->buffer, planes->n_pix);
        break;
    case 32:
        read_ints(out, planes->buffer, planes->n_pix);
        break;
    default:
        read_longs(out, planes->buffer, planes);
        return;
    }
    miss_blank(out, planes);
}

/* The plane in the buffer, of true values. */
static void read_plain(double *out, const sqn__fits_planes *planes)
{
    const double scale = planes->scale, zero = planes->zero;

    if (planes->hdu->bitpix == -32) {
        sqn__fits_floats_widen(out, planes->buffer, planes->n_pix, zero, scale);
        return;
    }
    if (planes->hdu->bitpix == -64) {
        read_doubles(out, planes->buffer, planes->n_pix);
    } else {
        read_integers(out, planes);
    }
    for (int64_t p = 0; p < planes->n_pix; p++) {
        out[p] = zero + scale * out[p];
    }
}

bool sqn__fits_planes_are_floats(const sqn__fits_planes *planes)
{
    return planes->tiled == NULL && planes->hdu->bitpix == -32 && planes->scale == 1.0 &&
           planes->zero == 0.0;
}

sqn_status sqn__fits_planes_bytes(unsigned char *out, const sqn__fits_planes *planes,
                                  int64_t index, sqn_error *err)
{
    const size_t n = planes->size;

    return sqn__fits_bytes_read(out, planes->file, planes->hdu->data + (size_t)index * n, n,
                                err);
}

sqn_status sqn__fits_planes_read(double *out, sqn__fits_planes *planes, int64_t index,
                                 sqn_error *err)
{
    if (planes->tiled == NULL) {
        const sqn_status status =
            sqn__fits_planes_bytes(planes->buffer, planes, index, err);

        if (status == SQN_OK) {
            read_plain(out, planes);
        }
        return status;
    }
    const int code = read_values(out, planes->tiled, planes, index * planes->n_pix + 1);

    if (code != 0) {
        const sqn_status refused = raise_fits(err, planes, code);

        sqn__fits_file_at(err, planes->file->path, planes->hdu, NULL);
        return refused;
    }
    return SQN_OK;
}

void sqn__fits_planes_close(sqn__fits_planes *planes)
{
    int code = 0;

    if (planes->tiled != NULL) {
        fits_close_file(planes->tiled, &code);
    }
    sqn__mem_free(planes->shares ? NULL : planes->buffer);
    *planes = (sqn__fits_planes){0};
}
