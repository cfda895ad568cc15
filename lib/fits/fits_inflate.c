/** @file fits_inflate.c @brief gzip by zlib: measured first, then inflated to its size. */
#include "fits_inflate.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#define ZLIB_CONST /* zlib promises not to write its input */
#include <zlib.h>

#include "mem.h"
#include "raise.h"

enum { SCRATCH = 65536, RATIO_MAX = 200 };
static const size_t free_size = (size_t)256 << 20; /* any ratio is believed up to here */

typedef struct gzip {
    z_stream stream;
    const unsigned char *end; /* of the input */
    size_t n_out;
    bool at_end; /* of the last member */
} gzip;

static bool begins_member(const unsigned char *at, const unsigned char *end)
{
    return end - at > 2 && at[0] == 0x1f && at[1] == 0x8b;
}

/* Inflate into `to` until it is full or the last member ends; the zlib code. */
static int inflate_some(gzip *gz, unsigned char *to, size_t room)
{
    z_stream *z = &gz->stream;
    int code = Z_OK;

    z->next_out = to;
    z->avail_out = (uInt)room;
    while (z->avail_out > 0 && !gz->at_end) {
        if (z->avail_in == 0) {
            const size_t left = (size_t)(gz->end - z->next_in);

            z->avail_in = left > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)left;
        }
        code = inflate(z, Z_NO_FLUSH);
        if (code == Z_STREAM_END) {
            gz->at_end = !begins_member(z->next_in, gz->end);
            code = gz->at_end ? Z_OK : inflateReset(z);
        }
        if (code != Z_OK) {
            return code;
        }
    }
    gz->n_out += room - z->avail_out;
    return Z_OK;
}

static int begin(gzip *gz, const unsigned char *bytes, size_t size)
{
    *gz = (gzip){.end = bytes + size};
    gz->stream.next_in = bytes;
    return inflateInit2(&gz->stream, 16 + MAX_WBITS); /* gzip only */
}

static sqn_status refuse(const gzip *gz, int code, sqn_error *err)
{
    if (code == Z_MEM_ERROR) {
        return SQN_RAISE(err, E_MEM, "inflating a gzip file");
    }
    if (code == Z_BUF_ERROR) {
        return SQN_RAISE(err, E_FITS_COMPRESS,
                         "the gzip file ends too early, after %zu inflated bytes",
                         gz->n_out);
    }
    return SQN_RAISE(err, E_FITS_COMPRESS,
                     "the gzip file is damaged (%s, near inflated byte %zu)",
                     gz->stream.msg != NULL ? gz->stream.msg : "no detail", gz->n_out);
}

/* The inflated size, with every check that zlib makes. */
static sqn_status measure(size_t *out, const unsigned char *bytes, size_t size,
                          sqn_error *err)
{
    const size_t limit =
        size > free_size / RATIO_MAX ? size * (size_t)RATIO_MAX : free_size;
    sqn_status status = SQN_OK;
    unsigned char *scratch = sqn__mem_alloc(SCRATCH, 1);
    gzip gz = {0};
    int code = scratch == NULL ? Z_MEM_ERROR : begin(&gz, bytes, size);

    while (code == Z_OK && !gz.at_end && gz.n_out <= limit) {
        code = inflate_some(&gz, scratch, SCRATCH);
    }
    if (code != Z_OK) {
        status = refuse(&gz, code, err);
    } else if (gz.n_out > limit) {
        status = SQN_RAISE(err, E_FITS_SIZE,
                           "%zu bytes of gzip inflate to more than %zu bytes", size, limit);
        sqn__error_mend(err, "uncompress the file first if you trust it (gunzip)");
    }
    (void)inflateEnd(&gz.stream);
    sqn__mem_free(scratch);
    *out = gz.n_out;
    return status;
}

sqn_status sqn__fits_inflate_all(unsigned char **out, size_t *out_size,
                                 const unsigned char *bytes, size_t size, sqn_error *err)
{
    sqn_status status = SQN_OK;
    unsigned char *buffer = NULL;
    size_t total = 0;
    gzip gz = {0};
    int code = Z_OK;

    *out = NULL;
    *out_size = 0;
    SQN_TRY(measure(&total, bytes, size, err));
    buffer = sqn__mem_alloc((int64_t)total, 1);
    code = buffer == NULL ? Z_MEM_ERROR : begin(&gz, bytes, size);
    while (code == Z_OK && gz.n_out < total) {
        const size_t left = total - gz.n_out;
        const size_t room = left > UINT_MAX / 2 ? UINT_MAX / 2 : left;

        code = inflate_some(&gz, buffer + gz.n_out, room);
    }
    if (code != Z_OK) {
        status = refuse(&gz, code, err);
        goto cleanup;
    }
    *out = buffer;
    *out_size = total;
    buffer = NULL;

cleanup:
    (void)inflateEnd(&gz.stream);
    sqn__mem_free(buffer);
    return status;
}
