/** @file fits_select.c @brief HDUs by name, number or default. */
#include "fits_select.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "raise.h"

bool sqn__fits_select_has_pixels(const sqn__fits_hdu *hdu)
{
    if ((hdu->kind != SQN__FITS_IMAGE && hdu->kind != SQN__FITS_TILED) || hdu->naxis == 0) {
        return false;
    }
    for (int a = 0; a < hdu->naxis && a < SQN__FITS_AXES; a++) {
        if (hdu->axes[a] == 0) {
            return false;
        }
    }
    return true;
}

static bool is_named(const sqn__fits_hdu *hdu, const char *name)
{
    return strcasecmp(hdu->name, name) == 0 ||
           (hdu->number == 0 && hdu->name[0] == '\0' && strcasecmp(name, "PRIMARY") == 0);
}

const sqn__fits_hdu *sqn__fits_select_companion(const sqn__fits_file *file,
                                                const char *name, int64_t extver)
{
    for (int64_t i = 0; i < file->n_hdu; i++) {
        const sqn__fits_hdu *hdu = &file->hdu[i];

        if (is_named(hdu, name) && hdu->extver == extver &&
            sqn__fits_select_has_pixels(hdu)) {
            return hdu;
        }
    }
    return NULL;
}

/* "0 no data, 1 SCI, 2 EVENTS (table)" as far as there is room. */
static void list(char *out, size_t size, const sqn__fits_file *file)
{
    size_t n = 0;

    out[0] = '\0';
    for (int64_t i = 0; i < file->n_hdu; i++) {
        const sqn__fits_hdu *hdu = &file->hdu[i];
        const char *kind = sqn__fits_select_has_pixels(hdu) ? ""
                           : hdu->kind == SQN__FITS_IMAGE   ? " (no data)"
                           : hdu->kind == SQN__FITS_OTHER   ? " (of unknown type)"
                                                            : " (a table)";
        const int wrote =
            snprintf(out + n, size - n, "%s%d %.40s%s", i > 0 ? ", " : "", hdu->number,
                     hdu->name[0] != '\0' ? hdu->name : "-", kind);

        if (wrote < 0 || (size_t)wrote >= size - n) {
            return;
        }
        n += (size_t)wrote;
    }
}

/* Nothing was found: what broke the file explains it, else the list of HDUs does. */
static sqn_status refuse(const sqn__fits_file *file, const char *what, sqn_error *err)
{
    char present[300];

    if (file->broken.status != SQN_OK) {
        if (err != NULL) {
            *err = file->broken;
        }
        return file->broken.status;
    }
    list(present, sizeof present, file);

    const sqn_status status =
        SQN_RAISE(err, E_FITS_HDU, "%s; the file has %s", what, present);

    sqn__fits_file_at(err, file->path, NULL, NULL);
    return status;
}

static sqn_status select_number(int *out, const sqn__fits_file *file, int64_t number,
                                sqn_error *err)
{
    if (number >= file->n_hdu) {
        char what[80];

        (void)snprintf(what, sizeof what, "there is no HDU %" PRId64, number);
        return refuse(file, what, err);
    }
    *out = (int)number;
    return SQN_OK;
}

/* Put `number` where its EXTVER belongs; the list is short. */
static sqn_status insert(int *list_of, int64_t n, const sqn__fits_file *file, int number,
                         sqn_error *err)
{
    const sqn__fits_hdu *hdu = &file->hdu[number];
    int64_t at = n;

    for (; at > 0 && file->hdu[list_of[at - 1]].extver >= hdu->extver; at--) {
        if (file->hdu[list_of[at - 1]].extver == hdu->extver) {
            const sqn_status status =
                SQN_RAISE(err, E_FITS_HDU,
                          "%s with EXTVER %" PRId64 " stands twice, in HDU %d and %d",
                          hdu->name, hdu->extver, list_of[at - 1], number);

            sqn__error_mend(err, "name the HDU by its number");
            sqn__fits_file_at(err, file->path, hdu, NULL);
            return status;
        }
        list_of[at] = list_of[at - 1];
    }
    list_of[at] = number;
    return SQN_OK;
}

/* All HDUs of a name; images with pixels only, where `images`. */
static sqn_status select_name(int *out, int64_t *n, const sqn__fits_file *file,
                              const char *name, bool images, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < file->n_hdu && status == SQN_OK; i++) {
        if (is_named(&file->hdu[i], name) &&
            (!images || sqn__fits_select_has_pixels(&file->hdu[i]))) {
            status = insert(out, (*n)++, file, (int)i, err);
        }
    }
    return status;
}

static sqn_status select_usual(int *out, int64_t *n, const sqn__fits_file *file,
                               const char *usual, sqn_error *err)
{
    const sqn_status status = select_name(out, n, file, usual, true, err);

    for (int64_t i = 0; i < file->n_hdu && *n == 0 && status == SQN_OK; i++) {
        if (sqn__fits_select_has_pixels(&file->hdu[i])) {
            out[(*n)++] = (int)i;
        }
    }
    return status == SQN_OK && *n == 0 ? refuse(file, "no HDU holds an image", err)
                                       : status;
}

sqn_status sqn__fits_select_all(int **out, int64_t *n, const sqn__fits_file *file,
                                const char *want, const char *usual, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int *numbers = sqn__mem_alloc(file->n_hdu, sizeof *numbers);
    int64_t number = 0;

    *out = NULL;
    *n = 0;
    if (numbers == NULL) {
        status = SQN_RAISE(err, E_MEM, "a list of %" PRId64 " HDUs", file->n_hdu);
    } else if (want == NULL) {
        status = select_usual(numbers, n, file, usual, err);
    } else if (sqn__header_card_integer(&number, want) && number >= 0) {
        *n = 1;
        status = select_number(numbers, file, number, err);
    } else {
        status = select_name(numbers, n, file, want, false, err);
        if (status == SQN_OK && *n == 0) {
            char what[120];

            (void)snprintf(what, sizeof what, "no HDU is named %.72s", want);
            status = refuse(file, what, err);
        }
    }
    if (status != SQN_OK) {
        sqn__mem_free(numbers);
        return status;
    }
    *out = numbers;
    return SQN_OK;
}

sqn_status sqn__fits_select_one(int *out, const sqn__fits_file *file, const char *want,
                                const char *usual, sqn_error *err)
{
    int *numbers = NULL;
    int64_t n = 0;
    const sqn_status status = sqn__fits_select_all(&numbers, &n, file, want, usual, err);

    if (status == SQN_OK) {
        *out = numbers[0];
    }
    sqn__mem_free(numbers);
    return status;
}
