/** @file fits_copy.c @brief A copy of a file: some pixels new, HDUs added, all else as it was. */
#include "fits_copy.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "fits_bytes.h"
#include "fits_seal.h"
#include "fits_select.h"
#include "mem.h"
#include "raise.h"

sqn_status sqn_fits_copy_open(sqn_fits_copy **out, const char *path, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_fits_copy *copy = sqn__mem_alloc(1, sizeof *copy);
    const size_t length = strlen(path) + 1;

    *out = NULL;
    if (copy == NULL) {
        return SQN_RAISE(err, E_MEM, "a copy of a file");
    }
    copy->path = sqn__mem_alloc((int64_t)length, 1);
    if (copy->path == NULL) {
        status = SQN_RAISE(err, E_MEM, "a copy of a file");
        goto cleanup;
    }
    memcpy(copy->path, path, length);
    SQN_TRY(sqn__fits_file_open(&copy->file, copy->path, NULL, err)); /* warned before */
    if (copy->file.broken.status != SQN_OK) {
        status = SQN_RAISE(err, E_FITS_HDU,
                           "nothing can be added behind an HDU that cannot be read");
        sqn__fits_file_at(err, path, NULL, NULL);
        sqn__error_mend(err, "remove what stands behind HDU %" PRId64,
                        copy->file.n_hdu - 1);
        goto cleanup;
    }
    copy->part = sqn__mem_alloc(copy->file.n_hdu, sizeof *copy->part);
    if (copy->part == NULL) {
        status = SQN_RAISE(err, E_MEM, "a copy of %" PRId64 " HDUs", copy->file.n_hdu);
        goto cleanup;
    }
    *out = copy;
    copy = NULL;

cleanup:
    sqn_fits_copy_destroy(&copy);
    return status;
}

/* Write the values of one plane into the HDU's part. */
static void fill_plane(uint8_t *held, const sqn__fits_copy_part *part,
                       const sqn__fits_planes *planes, const sqn_fits_fill *fill)
{
    for (int64_t p = 0; p < planes->n_pix; p++) {
        const double value = ldexp((double)fill->values[p], fill->exponent) * fill->divisor;

        held[p] = !isnan(value) &&
                  sqn__fits_copy_pixels_store(part, planes,
                                              (fill->plane - 1) * planes->n_pix + p, value);
    }
}

sqn_status sqn_fits_copy_fill(uint8_t *held, sqn_fits_copy *copy, const sqn_fits_fill *fill,
                              sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_planes planes = {0};

    if (fill->hdu < 0 || fill->hdu >= copy->file.n_hdu ||
        !sqn__fits_select_has_pixels(&copy->file.hdu[fill->hdu])) {
        return SQN_RAISE(err, E_ARG, "HDU %d is no image", fill->hdu);
    }
    sqn__fits_copy_part *part = &copy->part[fill->hdu];

    SQN_TRY(sqn__fits_planes_open(&planes, &copy->file, &copy->file.hdu[fill->hdu], err));
    if (part->bytes == NULL) {
        SQN_TRY(sqn__fits_copy_pixels_part(part, &planes, err));
    }
    fill_plane(held, part, &planes, fill);

cleanup:
    sqn__fits_planes_close(&planes);
    return status;
}

int sqn_fits_copy_axes(int64_t axes[4], const sqn_fits_copy *copy, int hdu)
{
    const sqn__fits_hdu *from = &copy->file.hdu[hdu];
    const int n = from->naxis < 4 ? from->naxis : 4;

    for (int a = 0; a < n; a++) {
        axes[a] = from->axes[a];
    }
    return n;
}

int64_t sqn_fits_copy_free_extver(const sqn_fits_copy *copy, const char *extname)
{
    int64_t extver = 1;

    for (int64_t i = 0; i < copy->file.n_hdu; i++) {
        const sqn__fits_hdu *hdu = &copy->file.hdu[i];

        if (strcasecmp(hdu->name, extname) == 0 && hdu->extver >= extver) {
            extver = hdu->extver + 1;
        }
    }
    return extver;
}

sqn_status sqn_fits_copy_append(sqn_fits_copy *copy, sqn_fits_product *product,
                                sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_hdu primary = {0};
    const void *bytes = NULL;
    size_t size = 0;

    if (copy->added != NULL) {
        return SQN_RAISE(err, E_ARG, "HDUs were added before");
    }
    SQN_TRY(sqn_fits_product_finish(&bytes, &size, product, err));
    SQN_TRY(sqn__fits_preflight_hdu(&primary, bytes, size, 0, 0, err));
    copy->n_added = size - primary.end;
    copy->added = sqn__mem_alloc((int64_t)copy->n_added, 1);
    if (copy->added == NULL) {
        status = SQN_RAISE(err, E_MEM, "%zu bytes of HDUs", copy->n_added);
        goto cleanup;
    }
    memcpy(copy->added, (const unsigned char *)bytes + primary.end, copy->n_added);

cleanup:
    return status;
}

static size_t part_size(const sqn_fits_copy *copy, int64_t i)
{
    return copy->part[i].bytes != NULL ? copy->part[i].size
                                       : copy->file.hdu[i].end - copy->file.hdu[i].header;
}

/* One HDU of the finished file; its checksums are renewed where its bytes are new. */
static sqn_status put_part(unsigned char *to, const sqn_fits_copy *copy, int64_t i,
                           sqn_error *err)
{
    const sqn__fits_copy_part *part = &copy->part[i];
    const sqn__fits_hdu *hdu = &copy->file.hdu[i];
    const size_t end = hdu->end < copy->file.size ? hdu->end : copy->file.size;

    if (part->bytes == NULL) {
        return sqn__fits_bytes_read(to, &copy->file, hdu->header, end - hdu->header, err);
    }
    const sqn__fits_seal_span span = {0, (int64_t)part->data, (int64_t)part->size};

    memcpy(to, part->bytes, part->size);
    sqn__fits_seal_renew(to, &span);
    return SQN_OK;
}

/* Every HDU behind the one before, to the end. */
static sqn_status check_order(const sqn_fits_copy *copy, size_t size, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_hdu hdu = {0};

    for (int n = 0; hdu.end < size; n++) {
        SQN_TRY(sqn__fits_preflight_hdu(&hdu, copy->whole, size, hdu.end, n, err));
    }
    if (hdu.end != size) {
        status = SQN_RAISE(err, E_OUT_VERIFY, "the last HDU ends at byte %zu of %zu",
                           hdu.end, size);
    }

cleanup:
    return status;
}

sqn_status sqn_fits_copy_finish(const void **bytes, size_t *size, sqn_fits_copy *copy,
                                sqn_error *err)
{
    sqn_status status = SQN_OK;
    size_t n = copy->n_added, at = 0;

    *bytes = NULL;
    *size = 0;
    for (int64_t i = 0; i < copy->file.n_hdu; i++) {
        n += part_size(copy, i);
    }
    sqn__mem_free(copy->whole);
    copy->whole = sqn__mem_alloc((int64_t)n, 1);
    if (copy->whole == NULL) {
        return SQN_RAISE(err, E_MEM, "a file of %zu bytes", n);
    }
    for (int64_t i = 0; i < copy->file.n_hdu; i++) {
        SQN_TRY(put_part(copy->whole + at, copy, i, err));
        at += part_size(copy, i);
    }
    if (copy->n_added > 0) {
        memcpy(copy->whole + at, copy->added, copy->n_added);
    }
    SQN_TRY(check_order(copy, n, err));
    *bytes = copy->whole;
    *size = n;

cleanup:
    return status;
}

void sqn_fits_copy_destroy(sqn_fits_copy **copy)
{
    if (copy != NULL && *copy != NULL) {
        for (int64_t i = 0; (*copy)->part != NULL && i < (*copy)->file.n_hdu; i++) {
            sqn__mem_free((*copy)->part[i].bytes);
        }
        sqn__fits_file_close(&(*copy)->file);
        sqn__mem_free((*copy)->part);
        sqn__mem_free((*copy)->added);
        sqn__mem_free((*copy)->whole);
        sqn__mem_free((*copy)->path);
        sqn__mem_free(*copy);
        *copy = NULL;
    }
}
