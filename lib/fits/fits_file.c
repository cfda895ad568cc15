/** @file fits_file.c @brief The list of HDUs of a file, and what stands behind them. */
#include "fits_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fits_bytes.h"
#include "mem.h"
#include "raise.h"
#include "warn.h"

void sqn__fits_file_where(char *out, size_t size, const char *path,
                          const sqn__fits_hdu *hdu)
{
    const int n = hdu == NULL ? snprintf(out, size, "%s", path)
                              : snprintf(out, size, "%s:HDU %d", path, hdu->number);

    if (hdu != NULL && hdu->name[0] != '\0' && n > 0 && (size_t)n < size) {
        (void)snprintf(out + n, size - (size_t)n, " (%s)", hdu->name);
    }
}

void sqn__fits_file_at(sqn_error *err, const char *path, const sqn__fits_hdu *hdu,
                       const char *keyword)
{
    if (err == NULL || err->where[0] != '\0') {
        return;
    }
    if (keyword != NULL && hdu != NULL) {
        sqn__error_at(err, path, hdu->number, keyword);
    } else {
        sqn__fits_file_where(err->where, sizeof err->where, path, hdu);
    }
}

bool sqn__fits_file_is_fits(const sqn__fits_file *file)
{
    return file->size >= SQN__CARD && memcmp(file->bytes, "SIMPLE  =", 9) == 0;
}

static bool begins(const sqn__fits_file *file, const char *text)
{
    return file->size >= strlen(text) && memcmp(file->bytes, text, strlen(text)) == 0;
}

static const char *looks_like(const sqn__fits_file *file)
{
    static const struct {
        const char *begin, *name;
    } known[] = {
        {"version https://git-lfs", "a Git LFS pointer: fetch the file itself"},
        {"<", "HTML or XML, perhaps the error page of a download"},
        {"\x89PNG", "a PNG picture"},
        {"PK\x03\x04", "a ZIP archive"},
        {"BZh", "bzip2: uncompress it first"},
        {"\x1f\x9d", "compress (.Z): uncompress it first"},
        {"\xfd\x37zXZ", "xz: uncompress it first"},
        {"\x89HDF", "HDF5"},
        {"\x93NUMPY", "a NumPy array"},
        {"SIMPLE", "FITS with a damaged first card"},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (begins(file, known[i].begin)) {
            return known[i].name;
        }
    }
    for (size_t i = 0; i < file->size && i < SQN__CARD; i++) {
        const unsigned char c = file->bytes[i];

        if (c > '~' || (c < ' ' && c != '\t' && c != '\n' && c != '\r')) {
            return file->bytes[0] == 0 ? "zero bytes, a download that did not finish"
                                       : "binary data";
        }
    }
    return "text";
}

/* Place of an error of the walk: its `where` holds the keyword alone. */
static void place(sqn_error *err, const char *path, int number)
{
    char keyword[SQN__CARD];

    if (err != NULL) {
        (void)snprintf(keyword, sizeof keyword, "%.79s", err->where);
        err->where[0] = '\0';
        sqn__error_at(err, path, number, keyword[0] != '\0' ? keyword : NULL);
    }
}

/* The header that begins at `offset`, block by block to its END; where no header begins, one
 * block. */
static sqn_status need_header(const sqn__fits_file *file, size_t offset, int number,
                              sqn_error *err)
{
    const size_t room = file->size - offset;
    bool ends = false;

    for (size_t at = 0; at < room && at < (size_t)SQN__FITS_CARDS_MAX * SQN__CARD && !ends;
         at += SQN__BLOCK) {
        const size_t n = room - at < SQN__BLOCK ? room - at : SQN__BLOCK;
        const unsigned char *block = file->bytes + offset + at;
        const sqn_status status = sqn__fits_bytes_need(file, offset + at, n, err);

        if (status != SQN_OK) {
            return status;
        }
        ends =
            at == 0 && number > 0 && (n < SQN__CARD || memcmp(block, "XTENSION", 8) != 0);
        for (size_t i = 0; i + SQN__CARD <= n && !ends; i += SQN__CARD) {
            ends = sqn__fits_preflight_ends((const char *)block + i);
        }
    }
    return SQN_OK;
}

/* Walk HDU number `n` at `offset`, unless the list ends there in good order. */
static bool walk_next(sqn__fits_hdu *hdu, sqn__fits_file *file, size_t offset, int number)
{
    if (offset >= file->size ||
        need_header(file, offset, number, &file->broken) != SQN_OK ||
        (number > 0 && (file->size - offset < SQN__CARD ||
                        memcmp(file->bytes + offset, "XTENSION", 8) != 0))) {
        return false;
    }
    if (sqn__fits_preflight_hdu(hdu, file->bytes, file->size, offset, number,
                                &file->broken) != SQN_OK) {
        place(&file->broken, file->path, number);
        return false;
    }
    return true;
}

/* Count the HDUs, then list them: no list has to grow. */
static sqn_status list_hdus(sqn__fits_file *file, sqn_error *err)
{
    sqn__fits_hdu hdu = {0};
    size_t offset = 0;
    int n = 0;

    while (n < INT32_MAX && walk_next(&hdu, file, offset, n)) {
        offset = hdu.end;
        n++;
    }
    file->hdu = sqn__mem_alloc(n, sizeof *file->hdu);
    if (file->hdu == NULL) {
        return SQN_RAISE(err, E_MEM, "a list of %d HDUs", n);
    }
    offset = 0;
    while (file->n_hdu < n && walk_next(&hdu, file, offset, (int)file->n_hdu)) {
        file->hdu[file->n_hdu++] = hdu;
        offset = hdu.end;
    }
    return SQN_OK;
}

/* What stands where the list of HDUs ended. */
static void warn_end(const sqn__fits_file *file, const sqn_log *log)
{
    const sqn__fits_hdu *last = &file->hdu[file->n_hdu - 1];
    char where[SQN_ERROR_WHERE_MAX];
    int64_t n_odd = 0;

    sqn__fits_file_where(where, sizeof where, file->path, NULL);
    for (int64_t i = 0; i < file->n_hdu; i++) {
        n_odd += file->hdu[i].n_odd_card;
    }
    if (n_odd > 0) {
        sqn__log_warn(log, SQN_W_FITS_HEADER, where,
                      "%" PRId64 " header cards hold bytes that are not printable ASCII",
                      n_odd);
    }
    if (file->broken.status != SQN_OK) {
        sqn__log_warn(log, SQN_W_FITS_HDU, file->broken.where,
                      "this HDU and what follows it cannot be read: %s",
                      file->broken.message);
    } else if (last->end > file->size) {
        sqn__log_warn(log, SQN_W_FITS_PADDING, where,
                      "the last block lacks %zu bytes of padding", last->end - file->size);
    } else if (last->end < file->size) {
        sqn__log_warn(log, SQN_W_FITS_TRAILING, where,
                      "%zu bytes after HDU %d belong to no HDU", file->size - last->end,
                      last->number);
    }
}

/* A carriage return anywhere, as a transfer in ASCII mode leaves them. */
static bool has_return(const sqn__fits_file *file)
{
    unsigned char block[SQN__BLOCK];

    for (size_t at = 0; at < file->size; at += sizeof block) {
        const size_t n = file->size - at < sizeof block ? file->size - at : sizeof block;

        if (sqn__fits_bytes_read(block, file, at, n, NULL) != SQN_OK) {
            return false;
        }
        if (memchr(block, '\r', n) != NULL) {
            return true;
        }
    }
    return false;
}

sqn_status sqn__fits_file_open(sqn__fits_file *file, const char *path, const sqn_log *log,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(sqn__fits_bytes_open(file, path, err));
    if (!sqn__fits_file_is_fits(file)) {
        status = SQN_RAISE(err, E_FITS_NOTFITS, "the file looks like %s", looks_like(file));
        goto cleanup;
    }
    SQN_TRY(list_hdus(file, err));
    if (file->broken.status != SQN_OK &&
        (file->n_hdu == 0 || file->broken.status != SQN_ERR_DATA ||
         file->broken.id == SQN_E_FITS_TRUNC)) {
        status = file->broken.status;
        if (file->broken.id == SQN_E_FITS_TRUNC && has_return(file)) {
            sqn__error_mend(&file->broken,
                            "copy or download the file again, not in ASCII mode");
        }
        if (err != NULL) {
            *err = file->broken;
        }
        goto cleanup;
    }
    warn_end(file, log);

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, path, NULL, NULL);
        sqn__fits_file_close(file);
    }
    return status;
}

void sqn__fits_file_close(sqn__fits_file *file)
{
    sqn__fits_bytes_close(file);
    sqn__mem_free(file->hdu);
    *file = (sqn__fits_file){0};
}

/* Structure, tiles and sums: true of the table, not of the image in it. */
static bool is_of_table(const char *card)
{
    static const char *const keywords[] = {"XTENSION", "BITPIX  ", "PCOUNT  ", "GCOUNT  ",
                                           "TFIELDS ", "CHECKSUM", "DATASUM ", "THEAP   "};
    static const char *const stems[] = {
        "NAXIS",   "TTYPE",    "TFORM",    "TUNIT",   "TDIM",     "TNULL",   "TSCAL",
        "TZERO",   "ZNAXIS",   "ZTILE",    "ZNAME",   "ZVAL",     "ZIMAGE",  "ZCMPTYPE",
        "ZBITPIX", "ZQUANTIZ", "ZDITHER0", "ZSIMPLE", "ZTENSION", "ZEXTEND", "ZPCOUNT",
        "ZGCOUNT", "ZHECKSUM", "ZDATASUM", "ZBLANK",  "ZBLOCKED"};

    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (memcmp(card, keywords[i], 8) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        if (memcmp(card, stems[i], strlen(stems[i])) == 0) {
            return true;
        }
    }
    return false;
}

sqn_status sqn__fits_file_header(sqn_header **out, const sqn__fits_file *file,
                                 const sqn__fits_hdu *hdu, sqn_error *err)
{
    const char *cards = (const char *)file->bytes + hdu->header;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;

    *out = NULL;
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn__header_reserve(header, hdu->n_card, err));
    for (int64_t i = 0; i < hdu->n_card; i++) {
        const bool keep =
            hdu->kind != SQN__FITS_TILED || !is_of_table(cards + i * SQN__CARD);

        SQN_TRY(keep ? sqn__header_append(header, cards + i * SQN__CARD, err) : SQN_OK);
    }
    *out = header;
    header = NULL;

cleanup:
    sqn_header_destroy(&header);
    return status;
}
