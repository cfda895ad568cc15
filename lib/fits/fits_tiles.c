/**
 * @file fits_tiles.c
 * @brief What a compressed image must satisfy before CFITSIO may see it.
 *
 * The codecs that are refused write or read outside their buffers in every CFITSIO up to
 * 4.7.0; ZTILE = 0 divides by zero there, ZDITHER0 < 1 reads before a table.
 */
#include "fits_tiles.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fits_codec.h"
#include "fits_table.h"
#include "mem.h"
#include "raise.h"

enum { TILE_PIXELS_MAX = INT32_MAX / 8, DITHER_MAX = 10000, WORTH_THREADS = 1 << 18 };

static sqn_status check_codec(const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                              sqn_error *err)
{
    static const char *const good[] = {"RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2"};
    char codec[SQN__CARD + 1];

    (void)sqn__fits_preflight_text(codec, sizeof codec, hdu, file->bytes, "ZCMPTYPE");
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (strcmp(codec, good[i]) == 0) {
            return SQN_OK;
        }
    }
    if (strcmp(codec, "HCOMPRESS_1") == 0 || strcmp(codec, "PLIO_1") == 0) {
        return SQN_RAISE(err, E_UNAVAILABLE, "the codec %s is not safe to read", codec);
    }
    return SQN_RAISE(err, E_FITS_COMPRESS, "the codec '%.40s' is unknown", codec);
}

static bool is_rice(const sqn__fits_file *file, const sqn__fits_hdu *hdu)
{
    char codec[SQN__CARD + 1];

    return sqn__fits_preflight_text(codec, sizeof codec, hdu, file->bytes, "ZCMPTYPE") &&
           strncmp(codec, "RICE", 4) == 0;
}

/* How the tiles are made. */
typedef struct coding {
    sqn__fits_codec_rice rice; /* block 0: another codec */
    int64_t tile[SQN__FITS_AXES];
} coding;

/* Tiles within the image; as many rows as tiles. */
static sqn_status find_tiling(coding *code, const sqn__fits_file *file,
                              const sqn__fits_hdu *hdu, sqn_error *err)
{
    int64_t n_tile = 1, n_pix = 1;

    for (int a = 0; a < hdu->naxis; a++) {
        char keyword[24];
        int64_t tile = 0;

        (void)snprintf(keyword, sizeof keyword, "ZTILE%d", a + 1);
        if (!sqn__fits_preflight_integer(&tile, hdu, file->bytes, keyword,
                                         a == 0 ? hdu->axes[0] : 1) ||
            tile < 1 || tile > hdu->axes[a]) {
            return SQN_RAISE(err, E_FITS_COMPRESS,
                             "%s is not an integer from 1 to %" PRId64, keyword,
                             hdu->axes[a]);
        }
        code->tile[a] = tile;
        n_pix = sqn__mem_product(n_pix, tile);
        n_tile = sqn__mem_product(n_tile, (hdu->axes[a] - 1) / tile + 1);
    }
    if (n_pix < 0 || n_pix > TILE_PIXELS_MAX) {
        return SQN_RAISE(err, E_FITS_SIZE, "a tile has more than %d pixels",
                         (int)TILE_PIXELS_MAX);
    }
    if (n_tile != hdu->n_row) {
        return SQN_RAISE(err, E_FITS_COMPRESS,
                         "%" PRId64 " tiles are expected, the table has %" PRId64 " rows",
                         n_tile, hdu->n_row);
    }
    return SQN_OK;
}

/* An integer keyword of one of the allowed values; the first where it is absent. */
static sqn_status find_within(int64_t *out, const sqn__fits_file *file,
                              const sqn__fits_hdu *hdu, const char *keyword,
                              const int64_t allowed[4], sqn_error *err)
{
    const bool read =
        sqn__fits_preflight_integer(out, hdu, file->bytes, keyword, allowed[0]);

    for (int i = 0; i < 4 && read; i++) {
        if (*out == allowed[i]) {
            return SQN_OK;
        }
    }
    return SQN_RAISE(err, E_FITS_COMPRESS, "%s has a value that RICE does not have",
                     keyword);
}

/* Parameters of the codec that CFITSIO uses without a look. */
static sqn_status find_parameters(sqn__fits_codec_rice *rice, const sqn__fits_file *file,
                                  const sqn__fits_hdu *hdu, sqn_error *err)
{
    static const int64_t blocks[4] = {32, 16, 32, 16}, widths[4] = {4, 2, 1, 4};
    char name[2][SQN__CARD + 1];
    sqn_status status = SQN_OK;
    int64_t dither = 0;

    if (!sqn__fits_preflight_integer(&dither, hdu, file->bytes, "ZDITHER0", 1) ||
        dither < 1 || dither > DITHER_MAX) {
        return SQN_RAISE(err, E_FITS_COMPRESS, "ZDITHER0 is not an integer from 1 to %d",
                         (int)DITHER_MAX);
    }
    if (!is_rice(file, hdu)) {
        return SQN_OK;
    }
    for (int i = 0; i < 2; i++) {
        static const char *const names[2] = {"BLOCKSIZE", "BYTEPIX"};
        char keyword[24];

        (void)snprintf(keyword, sizeof keyword, "ZNAME%d", i + 1);
        if (sqn__fits_preflight_text(name[i], sizeof name[i], hdu, file->bytes, keyword) &&
            strcmp(name[i], names[i]) != 0) {
            return SQN_RAISE(err, E_FITS_COMPRESS, "%s is '%.40s', not '%s'", keyword,
                             name[i], names[i]);
        }
    }
    SQN_TRY(find_within(&rice->block, file, hdu, "ZVAL1", blocks, err));
    SQN_TRY(find_within(&rice->bytes, file, hdu, "ZVAL2", widths, err));

cleanup:
    return status;
}

/* Pixels of tile `index`: those at the far edges are smaller. */
static int64_t tile_pixels(const coding *code, const sqn__fits_hdu *hdu, int64_t index)
{
    int64_t n_pix = 1;

    for (int a = 0; a < hdu->naxis; a++) {
        const int64_t tile = code->tile[a] > 0 ? code->tile[a] : 1;
        const int64_t n_tile = (hdu->axes[a] - 1) / tile + 1;
        const int64_t left = hdu->axes[a] - index % n_tile * tile;

        n_pix *= left < tile ? left : tile;
        index /= n_tile;
    }
    return n_pix;
}

/* One tile of `n` elements must be what its column says, to its end. */
static bool is_whole(const sqn__fits_field *field, const unsigned char *bytes, int64_t n,
                     int64_t n_pix, const coding *code)
{
    if (strcmp(field->name, "UNCOMPRESSED_DATA") == 0) {
        return n == n_pix;
    }
    if (strcmp(field->name, "COMPRESSED_DATA") == 0 && code->rice.block > 0) {
        return sqn__fits_codec_rice_ends(bytes, n, n_pix, &code->rice);
    }
    return sqn__fits_codec_gzip_ends(bytes, n, 8 * n_pix);
}

/* The tiles of one variable field. */
typedef struct tiles {
    const sqn__fits_hdu *hdu;
    const sqn__fits_field *field;
    const coding *code;
    const unsigned char *data;
    int64_t heap, room; /* where the heap begins, and its size (bytes) */
} tiles;

/* Elements and place of a tile, and what is wrong with it. */
typedef struct tile {
    int64_t n, start;
    bool is_outside, is_damaged;
} tile;

static tile look_at(const tiles *of, int64_t row)
{
    const int64_t width = of->field->type == 'P' ? 4 : 8;
    const int64_t element = sqn__fits_table_width(of->field->element);
    const unsigned char *at = of->data + row * of->hdu->row_bytes + of->field->offset;
    tile t = {.n = sqn__fits_table_integer(at, width),
              .start = sqn__fits_table_integer(at + width, width)};

    t.is_outside = t.n < 0 || t.start < 0 || t.start > of->room || t.n > INT32_MAX ||
                   t.n > (of->room - t.start) / element;
    t.is_damaged = !t.is_outside && t.n > 0 &&
                   !is_whole(of->field, of->data + of->heap + t.start, t.n,
                             tile_pixels(of->code, of->hdu, row), of->code);
    return t;
}

/* Every tile of one variable field inside the heap, and whole; the first that is not is told. */
static sqn_status check_tiles(const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                              const sqn__fits_field *field, int64_t heap,
                              const coding *code, sqn_error *err)
{
    const tiles of = {
        hdu, field, code, file->bytes + hdu->data, heap, (int64_t)hdu->n_byte - heap};
    int64_t bad = hdu->n_row;

#pragma omp parallel for default(none) shared(of, hdu) reduction(min    \
                                                                 : bad) \
    schedule(dynamic, 16) if (hdu->n_byte > WORTH_THREADS)
    for (int64_t r = 0; r < hdu->n_row; r++) {
        const tile t = look_at(&of, r);

        bad = (t.is_outside || t.is_damaged) && r < bad ? r : bad;
    }
    if (bad == hdu->n_row) {
        return SQN_OK;
    }

    const tile t = look_at(&of, bad);

    return t.is_outside
               ? SQN_RAISE(err, E_FITS_COMPRESS,
                           "tile %" PRId64 " lies outside the heap (%" PRId64
                           " elements at %" PRId64 " of %" PRId64 " bytes)",
                           bad + 1, t.n, t.start, of.room)
               : SQN_RAISE(err, E_FITS_COMPRESS, "tile %" PRId64 " of %s is damaged or cut",
                           bad + 1, field->name);
}

/* The known columns in the types that they must have. */
static bool is_sound(const sqn__fits_field *field)
{
    static const struct {
        const char *name, *types, *elements;
    } known[] = {
        {"COMPRESSED_DATA", "PQ", "B"},
        {"GZIP_COMPRESSED_DATA", "PQ", "B"},
        {"UNCOMPRESSED_DATA", "PQ", "BIJED"},
        {"ZSCALE", "D", ""},
        {"ZZERO", "D", ""},
        {"ZBLANK", "J", ""},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(field->name, known[i].name) == 0) {
            return field->repeat == 1 && strchr(known[i].types, field->type) != NULL &&
                   (field->element == '\0' ||
                    strchr(known[i].elements, field->element) != NULL);
        }
    }
    return false;
}

/* Columns and heap of the table. */
static sqn_status check_fields(const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                               const sqn__fits_field *fields, int64_t n, const coding *code,
                               sqn_error *err)
{
    int64_t heap = 0;
    bool has_data = false;

    if (!sqn__fits_preflight_integer(&heap, hdu, file->bytes, "THEAP",
                                     hdu->row_bytes * hdu->n_row) ||
        heap < hdu->row_bytes * hdu->n_row || heap > (int64_t)hdu->n_byte) {
        return SQN_RAISE(err, E_FITS_COMPRESS, "THEAP does not lie behind the table");
    }
    for (int64_t i = 0; i < n; i++) {
        if (!is_sound(&fields[i])) {
            return SQN_RAISE(err, E_FITS_COMPRESS,
                             "the column '%.40s' does not belong to a compressed image",
                             fields[i].name);
        }
        has_data = has_data || strcmp(fields[i].name, "COMPRESSED_DATA") == 0;

        const sqn_status status = fields[i].element != '\0'
                                      ? check_tiles(file, hdu, &fields[i], heap, code, err)
                                      : SQN_OK;

        if (status != SQN_OK) {
            return status;
        }
    }
    return has_data
               ? SQN_OK
               : SQN_RAISE(err, E_FITS_COMPRESS, "the column COMPRESSED_DATA is absent");
}

sqn_status sqn__fits_tiles_check(const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;
    coding code = {0};
    sqn__fits_field *fields = NULL;
    int64_t n_field = 0;

    SQN_TRY(check_codec(file, hdu, err));
    SQN_TRY(find_tiling(&code, file, hdu, err));
    SQN_TRY(find_parameters(&code.rice, file, hdu, err));
    SQN_TRY(sqn__fits_table_fields(&fields, &n_field, file, hdu, err));
    SQN_TRY(check_fields(file, hdu, fields, n_field, &code, err));

cleanup:
    sqn__mem_free(fields);
    return status;
}

static bool is_needed(const char *card)
{
    static const char *const stems[] = {
        "XTENSION", "BITPIX ",  "NAXIS",    "PCOUNT ", "GCOUNT ", "TFIELDS ",
        "TTYPE",    "TFORM",    "THEAP ",   "ZIMAGE",  "ZBITPIX", "ZNAXIS",
        "ZTILE",    "ZCMPTYPE", "ZNAME",    "ZVAL",    "ZBLANK",  "ZSCALE ",
        "ZZERO ",   "ZQUANTIZ", "ZDITHER0", "BSCALE ", "BZERO ",  "BLANK "};

    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        if (memcmp(card, stems[i], strlen(stems[i])) == 0) {
            return !(stems[i][0] == 'N' || stems[i][0] == 'Z') || card[8] == '=';
        }
    }
    return false;
}

static void put_card(unsigned char *block, int index, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        block[(size_t)index * SQN__CARD + i] = (unsigned char)text[i];
    }
}

/* Copy the needed cards to `to`, or only count them where it is NULL. */
static int64_t copy_cards(unsigned char *to, const sqn__fits_file *file,
                          const sqn__fits_hdu *hdu)
{
    int64_t n = 0;

    for (int64_t i = 0; i < hdu->n_card; i++) {
        const char *card = (const char *)file->bytes + hdu->header + i * SQN__CARD;

        if (is_needed(card)) {
            if (to != NULL) {
                memcpy(to + n * SQN__CARD, card, SQN__CARD);
            }
            n++;
        }
    }
    return n;
}

sqn_status sqn__fits_tiles_pack(unsigned char **out, size_t *size,
                                const sqn__fits_file *file, const sqn__fits_hdu *hdu,
                                sqn_error *err)
{
    const size_t n_card = (size_t)copy_cards(NULL, file, hdu) + 1;
    const size_t header = (n_card * SQN__CARD + SQN__BLOCK - 1) / SQN__BLOCK * SQN__BLOCK;
    const size_t data = (hdu->n_byte + SQN__BLOCK - 1) / SQN__BLOCK * SQN__BLOCK;
    const size_t total = SQN__BLOCK + header + data;
    unsigned char *bytes = sqn__mem_alloc((int64_t)total, 1);

    *out = bytes;
    *size = total;
    if (bytes == NULL) {
        return SQN_RAISE(err, E_MEM, "%zu bytes of compressed image", total);
    }
    memset(bytes, ' ', SQN__BLOCK + header);
    put_card(bytes, 0, "SIMPLE  =                    T");
    put_card(bytes, 1, "BITPIX  =                    8");
    put_card(bytes, 2, "NAXIS   =                    0");
    put_card(bytes, 3, "EXTEND  =                    T");
    put_card(bytes, 4, "END");
    (void)copy_cards(bytes + SQN__BLOCK, file, hdu);
    put_card(bytes + SQN__BLOCK, (int)n_card - 1, "END");
    memcpy(bytes + SQN__BLOCK + header, file->bytes + hdu->data, hdu->n_byte);
    return SQN_OK;
}
