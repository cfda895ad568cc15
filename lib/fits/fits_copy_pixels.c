/** @file fits_copy_pixels.c @brief Pixels of a copy, written as the file's own numbers. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fits_bytes.h"
#include "fits_copy.h"
#include "mem.h"
#include "raise.h"

static size_t in_blocks(size_t n)
{
    return (n + SQN__BLOCK - 1) / SQN__BLOCK * SQN__BLOCK;
}

static int bytes_per_pixel(const sqn__fits_hdu *hdu)
{
    return (hdu->bitpix < 0 ? -hdu->bitpix : hdu->bitpix) / 8;
}

static int64_t count_pixels(const sqn__fits_hdu *hdu)
{
    int64_t n = 1;

    for (int a = 0; a < hdu->naxis && a < SQN__FITS_AXES; a++) {
        n *= hdu->axes[a];
    }
    return n;
}

/* The low `width` bytes of `bits`, big-endian. */
static void put_bytes(unsigned char *to, uint64_t bits, int width)
{
    for (int i = 0; i < width; i++) {
        to[i] = (unsigned char)(bits >> (8 * (width - 1 - i)) & 0xffU);
    }
}

static bool put_floating(unsigned char *to, double stored, int width)
{
    uint64_t bits = 0;

    if (width == 4) {
        const float single = (float)stored;
        uint32_t word = 0;

        memcpy(&word, &single, sizeof word);
        bits = word;
        if (!isfinite(single)) {
            return false;
        }
    } else {
        memcpy(&bits, &stored, sizeof bits);
    }
    put_bytes(to, bits, width);
    return isfinite(stored);
}

/* The nearest integer that the type holds and that does not mean BLANK. */
static bool put_integer(unsigned char *to, double stored, int width,
                        const sqn__fits_planes *planes)
{
    const double rounded = nearbyint(stored);
    const double high = width == 1 ? 255.0 : ldexp(1.0, 8 * width - 1) - 1.0;
    const double low = width == 1 ? 0.0 : -ldexp(1.0, 8 * width - 1);
    const double end = ldexp(1.0, 63); /* of int64, which doubles do not reach exactly */

    if (!(rounded >= low && rounded <= high && rounded < end) ||
        (planes->has_blank && (int64_t)rounded == planes->blank)) {
        return false;
    }
    put_bytes(to, (uint64_t)(int64_t)rounded, width);
    return true;
}

bool sqn__fits_copy_pixels_store(const sqn__fits_copy_part *part,
                                 const sqn__fits_planes *planes, int64_t index,
                                 double value)
{
    const int width = bytes_per_pixel(planes->hdu);
    unsigned char *to = part->bytes + part->data + (size_t)index * (size_t)width;
    const double stored = (value - planes->zero) / planes->scale;

    return planes->hdu->bitpix < 0 ? put_floating(to, stored, width)
                                   : put_integer(to, stored, width, planes);
}

/* ---- An image without tiles ----------------------------------------------------------- */

static sqn_status append(sqn_header *header, const char *keyword, int64_t number,
                         sqn_error *err)
{
    char text[SQN__CARD + 1], card[SQN__CARD + 1];

    (void)snprintf(text, sizeof text, "%-8s= %20" PRId64, keyword, number);
    (void)snprintf(card, sizeof card, "%-80s", text);
    return sqn__header_append(header, card, err);
}

/* The cards that say what the array is. */
static sqn_status put_structure(sqn_header *header, const sqn__fits_hdu *hdu,
                                sqn_error *err)
{
    sqn_status status = SQN_OK;
    char card[SQN__CARD + 1], key[24];

    (void)snprintf(card, sizeof card, "%-80s", "XTENSION= 'IMAGE   '");
    SQN_TRY(sqn__header_append(header, card, err));
    SQN_TRY(append(header, "BITPIX", hdu->bitpix, err));
    SQN_TRY(append(header, "NAXIS", hdu->naxis, err));
    for (int a = 0; a < hdu->naxis; a++) {
        (void)snprintf(key, sizeof key, "NAXIS%d", a + 1);
        SQN_TRY(append(header, key, hdu->axes[a], err));
    }
    SQN_TRY(append(header, "PCOUNT", 0, err));
    SQN_TRY(append(header, "GCOUNT", 1, err));

cleanup:
    return status;
}

/* Cards of the compressed image as those of a plain one. */
static sqn_status make_header(sqn_header **out, const sqn__fits_planes *planes,
                              sqn_error *err)
{
    const sqn__fits_hdu *hdu = planes->hdu;
    const unsigned char *bytes = planes->file->bytes;
    sqn_status status = SQN_OK;
    sqn_header *old = NULL, *header = NULL;
    char text[SQN__CARD + 1];

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(put_structure(header, hdu, err));
    SQN_TRY(sqn__fits_file_header(&old, planes->file, hdu, err));
    (void)sqn_header_remove(old, "SIMPLE"); /* of tiles that were a primary image */
    (void)sqn_header_remove(old, "EXTEND");
    for (int64_t i = 0; i < sqn_header_n_card(old); i++) {
        SQN_TRY(sqn__header_append(header, sqn_header_card(old, i), err));
    }
    if (planes->has_blank && sqn__header_find(header, "BLANK") < 0) {
        SQN_TRY(append(header, "BLANK", planes->blank, err));
    }
    if (sqn__fits_preflight_text(text, sizeof text, hdu, bytes, "CHECKSUM")) {
        SQN_TRY(sqn_header_set_text(header, "CHECKSUM", "0", "HDU checksum", err));
        SQN_TRY(sqn_header_set_text(header, "DATASUM", "0", "data unit checksum", err));
    }
    *out = header;
    header = NULL;

cleanup:
    sqn_header_destroy(&header);
    sqn_header_destroy(&old);
    return status;
}

/* The number that is read as missing. */
static void store_missing(const sqn__fits_copy_part *part, const sqn__fits_planes *planes,
                          int64_t index)
{
    const int width = bytes_per_pixel(planes->hdu);
    unsigned char *to = part->bytes + part->data + (size_t)index * (size_t)width;

    put_bytes(to,
              planes->hdu->bitpix == -32   ? UINT64_C(0x7fc00000)
              : planes->hdu->bitpix == -64 ? UINT64_C(0x7ff8000000000000)
                                           : (uint64_t)planes->blank,
              width);
}

static sqn_status store_planes(const sqn__fits_copy_part *part, sqn__fits_planes *planes,
                               sqn_error *err)
{
    const int64_t n_plane = count_pixels(planes->hdu) / planes->n_pix;
    double *values = sqn__mem_alloc(planes->n_pix, sizeof *values);
    sqn_status status = SQN_OK;

    if (values == NULL) {
        return SQN_RAISE(err, E_MEM, "a plane of %" PRId64 " pixels", planes->n_pix);
    }
    for (int64_t z = 0; z < n_plane; z++) {
        SQN_TRY(sqn__fits_planes_read(values, planes, z, err));
        for (int64_t p = 0; p < planes->n_pix; p++) {
            const int64_t index = z * planes->n_pix + p;

            if (isnan(values[p]) ||
                !sqn__fits_copy_pixels_store(part, planes, index, values[p])) {
                store_missing(part, planes, index);
            }
        }
    }

cleanup:
    sqn__mem_free(values);
    return status;
}

static sqn_status untile(sqn__fits_copy_part *part, sqn__fits_planes *planes,
                         sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    SQN_TRY(make_header(&header, planes, err));
    const int64_t n_card = sqn_header_n_card(header);
    const size_t n_data =
        (size_t)count_pixels(planes->hdu) * (size_t)bytes_per_pixel(planes->hdu);

    part->data = in_blocks((size_t)(n_card + 1) * SQN__CARD);
    part->size = part->data + in_blocks(n_data);
    part->bytes = sqn__mem_alloc((int64_t)part->size, 1);
    if (part->bytes == NULL) {
        status = SQN_RAISE(err, E_MEM, "an image of %zu bytes", part->size);
        goto cleanup;
    }
    memset(part->bytes, ' ', part->data);
    for (int64_t i = 0; i < n_card; i++) {
        memcpy(part->bytes + i * SQN__CARD, sqn_header_card(header, i), SQN__CARD);
    }
    memcpy(part->bytes + n_card * SQN__CARD, "END", 3);
    SQN_TRY(store_planes(part, planes, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

sqn_status sqn__fits_copy_pixels_part(sqn__fits_copy_part *out, sqn__fits_planes *planes,
                                      sqn_error *err)
{
    const sqn__fits_hdu *hdu = planes->hdu;
    const size_t end = hdu->end < planes->file->size ? hdu->end : planes->file->size;

    if (hdu->kind == SQN__FITS_TILED) {
        return untile(out, planes, err);
    }
    out->size = hdu->end - hdu->header; /* padding that lacks is filled with 0 */
    out->data = hdu->data - hdu->header;
    out->bytes = sqn__mem_alloc((int64_t)out->size, 1);
    if (out->bytes == NULL) {
        return SQN_RAISE(err, E_MEM, "an image of %zu bytes", out->size);
    }
    return sqn__fits_bytes_read(out->bytes, planes->file, hdu->header, end - hdu->header,
                                err);
}
