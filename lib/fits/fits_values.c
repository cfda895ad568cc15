/** @file fits_values.c @brief Angles and wavelengths from files of three kinds. */
#include "fits_values.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fits_bytes.h"
#include "fits_checksum.h"
#include "fits_planes.h"
#include "fits_select.h"
#include "fits_table.h"
#include "mem.h"
#include "raise.h"

enum { LINE_MAX_LENGTH = 200 };

void sqn__fits_values_clear(sqn__fits_values *values)
{
    sqn__mem_free(values->value);
    *values = (sqn__fits_values){0};
}

/* An image of one long axis, whichever it is: it is read as one line. */
static sqn_status read_image(sqn__fits_values *out, const sqn__fits_file *file,
                             const sqn__fits_hdu *hdu, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_hdu line = *hdu;
    sqn__fits_planes planes;
    char text[128];
    int64_t n = 1;

    for (int a = 0; a < hdu->naxis; a++) {
        if (n > 1 && hdu->axes[a] > 1) {
            sqn__fits_shape_text(text, sizeof text, hdu);
            status = SQN_RAISE(err, E_SHAPE, "the image is %s, not a list of values", text);
            sqn__error_mend(err, "name a list, a table or a text with one angle per frame "
                                 "(or wavelength per plane)");
            goto cleanup;
        }
        n = n > 1 ? n : hdu->axes[a];
    }
    if (hdu->kind == SQN__FITS_IMAGE) {
        line.naxis = 2;
        line.axes[0] = n;
        line.axes[1] = 1;
    } else if (hdu->naxis == 1 || hdu->axes[0] * hdu->axes[1] != n) {
        status = SQN_RAISE(err, E_SHAPE, "a compressed list needs two axes");
        goto cleanup;
    }
    out->n = n;
    out->value = sqn__mem_alloc(n, sizeof *out->value);
    if (out->value == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " values", n);
        goto cleanup;
    }
    SQN_TRY(sqn__fits_planes_open(&planes, file, &line, err));
    status = sqn__fits_planes_read(out->value, &planes, 0, err);
    sqn__fits_planes_close(&planes);

cleanup:
    return status;
}

static const sqn__fits_hdu *find_hdu(const sqn__fits_file *file, bool table)
{
    for (int64_t i = 0; file->hdu != NULL && i < file->n_hdu; i++) {
        if (table ? file->hdu[i].kind == SQN__FITS_TABLE
                  : sqn__fits_select_has_pixels(&file->hdu[i])) {
            return &file->hdu[i];
        }
    }
    return NULL;
}

static sqn_status read_fits(sqn__fits_values *out, const char *path, const char *column,
                            const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_file file = {0};
    const sqn__fits_hdu *hdu = NULL;

    SQN_TRY(sqn__fits_file_open(&file, path, log, err));
    hdu = column == NULL ? find_hdu(&file, false) : NULL;
    if (hdu == NULL) {
        hdu = find_hdu(&file, true);
    }
    if (hdu == NULL) {
        status = SQN_RAISE(err, E_FITS_HDU, "the file has no %s",
                           column != NULL ? "binary table" : "image and no binary table");
        sqn__fits_file_at(err, path, NULL, NULL);
        goto cleanup;
    }
    SQN_TRY(sqn__fits_checksum_verify(&out->datasum, &file, hdu, err));
    if (hdu->kind == SQN__FITS_TABLE) {
        SQN_TRY(sqn__fits_table_column(&out->value, &out->n, &file, hdu, column, err));
    } else {
        SQN_TRY(read_image(out, &file, hdu, err));
    }

cleanup:
    if (status != SQN_OK && hdu != NULL) {
        sqn__fits_file_at(err, path, hdu, NULL);
    }
    sqn__fits_file_close(&file);
    return status;
}

/* One line without its comment and blanks; false when it is too long. */
static bool take_line(char *out, const unsigned char **at, const unsigned char *end)
{
    size_t n = 0;
    bool comment = false, fits = true;

    for (; *at < end && **at != '\n'; (*at)++) {
        char c = ' ';

        if (**at != '\r' && **at != '\t') {
            memcpy(&c, *at, 1);
        }
        comment = comment || c == '#';
        if (comment || (c == ' ' && n == 0)) {
            continue;
        }
        fits = fits && n < LINE_MAX_LENGTH;
        if (fits) {
            out[n++] = c;
        }
    }
    *at += *at < end ? 1 : 0;
    while (n > 0 && out[n - 1] == ' ') {
        n--;
    }
    out[n] = '\0';
    return fits;
}

/* Numbers of a text into `out`, or only their count where it is NULL. */
static sqn_status parse_text(double *out, int64_t *n, const sqn__fits_file *file,
                             sqn_error *err)
{
    const unsigned char *at = file->bytes, *end = at + file->size;
    char line[LINE_MAX_LENGTH + 1];
    double value = 0.0;

    *n = 0;
    for (int64_t number = 1; at < end; number++) {
        const bool fits = take_line(line, &at, end);

        if (fits && line[0] == '\0') {
            continue;
        }
        if (!fits || !sqn__header_card_number(&value, line)) {
            const sqn_status status =
                SQN_RAISE(err, E_FITS_TYPE, "line %" PRId64 ": '%.40s' is not a number",
                          number, line);

            sqn__error_mend(err, "write one number a line, comments after #");
            return status;
        }
        if (out != NULL) {
            out[*n] = value;
        }
        ++*n;
    }
    return SQN_OK;
}

static sqn_status read_text(sqn__fits_values *out, const sqn__fits_file *file,
                            sqn_error *err)
{
    sqn_status status = parse_text(NULL, &out->n, file, err);

    if (status == SQN_OK) {
        out->value = sqn__mem_alloc(out->n, sizeof *out->value);
        status = out->value == NULL ? SQN_RAISE(err, E_MEM, "%" PRId64 " values", out->n)
                                    : parse_text(out->value, &out->n, file, err);
    }
    out->datasum = sqn__fits_checksum_bytes(file->bytes, file->size);
    return status;
}

static sqn_status require_finite(const sqn__fits_values *values, sqn_error *err)
{
    for (int64_t i = 0; i < values->n; i++) {
        if (!isfinite(values->value[i])) {
            const sqn_status status = SQN_RAISE(
                err, E_FITS_TYPE, "value %" PRId64 " is not a finite number", i + 1);

            sqn__error_mend(err, "give a finite number for each frame");
            return status;
        }
    }
    return values->n > 0 ? SQN_OK : SQN_RAISE(err, E_DATA_EMPTY, "the file holds no value");
}

sqn_status sqn__fits_values_read(sqn__fits_values *out, const char *path,
                                 const char *column, const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_file file = {0};

    *out = (sqn__fits_values){0};
    SQN_TRY(sqn__fits_bytes_open(&file, path, err));
    if (sqn__fits_file_is_fits(&file)) {
        SQN_TRY(read_fits(out, path, column, log, err));
    } else {
        SQN_TRY(sqn__fits_bytes_need(&file, 0, file.size, err));
        SQN_TRY(read_text(out, &file, err));
    }
    SQN_TRY(require_finite(out, err));

cleanup:
    sqn__fits_file_close(&file);
    if (status != SQN_OK) {
        sqn__fits_file_at(err, path, NULL, NULL);
        sqn__fits_values_clear(out);
    }
    return status;
}
