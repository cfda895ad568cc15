/** @file fits_checksum.c @brief CHECKSUM and DATASUM (FITS standard 4.0, appendix J). */
#include "fits_checksum.h"

#include <inttypes.h>
#include <string.h>

#include "fits_bytes.h"
#include "raise.h"

enum {
    BLOCK_BYTES = 65536, /* a multiple of 4 */
    MANY = 16,           /* blocks that are worth several threads */
    LANES = 16,          /* words that are summed side by side */
    WORDS = 256          /* that a sum of 16 bits holds the bytes of */
};

uint32_t sqn__fits_checksum_fold(uint64_t sum)
{
    while (sum >> 32 != 0) {
        sum = (sum & UINT32_MAX) + (sum >> 32);
    }
    return (uint32_t)sum;
}

uint32_t sqn__fits_checksum_add(uint32_t a, uint32_t b)
{
    return sqn__fits_checksum_fold((uint64_t)a + b);
}

/* The bytes at each of the four places of a word. */
typedef struct places {
    uint64_t sum[4];
} places;

/* Add n words, at most WORDS of each lane: sums of 2 x 16 bits side by side, in any order of bytes. */
static void add_words(places *to, const unsigned char *bytes, int64_t n)
{
    uint32_t even[LANES] = {0}, odd[LANES] = {0}; /* places 0 and 2, 1 and 3 */
    const int64_t n_whole = n - n % LANES;

    for (int64_t i = 0; i < n_whole; i += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            const unsigned char *b = bytes + 4 * (i + l);
            const uint32_t word = (uint32_t)b[0] | (uint32_t)b[1] << 8U |
                                  (uint32_t)b[2] << 16U | (uint32_t)b[3] << 24U;

            even[l] += word & 0x00ff00ffU;
            odd[l] += word >> 8U & 0x00ff00ffU;
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        to->sum[0] += even[l] & 0xffffU;
        to->sum[1] += odd[l] & 0xffffU;
        to->sum[2] += even[l] >> 16U;
        to->sum[3] += odd[l] >> 16U;
    }
    for (int64_t i = 4 * n_whole; i < 4 * n; i++) {
        to->sum[i % 4] += bytes[i];
    }
}

uint32_t sqn__fits_checksum_bytes(const unsigned char *bytes, size_t n)
{
    const size_t most = (size_t)WORDS * LANES;
    const size_t n_word = n / 4;
    places all = {{0}};

    for (size_t i = 0; i < n_word; i += most) {
        const size_t left = n_word - i;

        add_words(&all, bytes + 4 * i, (int64_t)(left < most ? left : most));
    }
    for (size_t i = 4 * n_word; i < n; i++) {
        all.sum[i % 4] += bytes[i];
    }
    return sqn__fits_checksum_fold(((uint64_t)sqn__fits_checksum_fold(all.sum[0]) << 24U) +
                                   ((uint64_t)sqn__fits_checksum_fold(all.sum[1]) << 16U) +
                                   ((uint64_t)sqn__fits_checksum_fold(all.sum[2]) << 8U) +
                                   sqn__fits_checksum_fold(all.sum[3]));
}

/* Sum of `n` bytes from `at` on. */
static sqn_status sum_block(uint32_t *out, const sqn__fits_file *file, size_t at, size_t n,
                            sqn_error *err)
{
    unsigned char block[BLOCK_BYTES];
    const sqn_status status = sqn__fits_bytes_read(block, file, at, n, err);

    *out = status == SQN_OK ? sqn__fits_checksum_bytes(block, n) : 0;
    return status;
}

sqn_status sqn__fits_checksum_range(uint32_t *out, const sqn__fits_file *file, size_t from,
                                    size_t to, sqn_error *err)
{
    const size_t end = to < file->size ? to : file->size;
    const int64_t n_block = end > from ? (int64_t)((end - from - 1) / BLOCK_BYTES) + 1 : 0;
    int64_t failed = n_block;
    uint64_t sum = 0; /* of fewer than 2^32 blocks */

#pragma omp parallel for schedule(static) if (n_block >= MANY) default(none) \
    shared(file, from, end, n_block) reduction(+ : sum) reduction(min : failed)
    for (int64_t b = 0; b < n_block; b++) {
        const size_t at = from + (size_t)b * BLOCK_BYTES, left = end - at;
        sqn_error unsaid;
        uint32_t part = 0;

        if (sum_block(&part, file, at, left < BLOCK_BYTES ? left : BLOCK_BYTES, &unsaid) !=
            SQN_OK) {
            failed = b < failed ? b : failed;
        }
        sum += part;
    }
    *out = sqn__fits_checksum_fold(sum);
    if (failed < n_block) { /* once more, to say why */
        const size_t at = from + (size_t)failed * BLOCK_BYTES, left = end - at;

        return sum_block(out, file, at, left < BLOCK_BYTES ? left : BLOCK_BYTES, err);
    }
    return SQN_OK;
}

sqn__fits_promise sqn__fits_checksum_promise(const sqn__fits_file *file,
                                             const sqn__fits_hdu *hdu)
{
    sqn__fits_promise out = {0};
    char text[SQN__CARD + 1];

    out.header =
        sqn__fits_checksum_bytes(file->bytes + hdu->header, hdu->data - hdu->header);
    out.has_data =
        sqn__fits_preflight_text(text, sizeof text, hdu, file->bytes, "DATASUM") &&
        sqn__header_card_integer(&out.data, text);
    out.has_all =
        sqn__fits_preflight_text(text, sizeof text, hdu, file->bytes, "CHECKSUM") &&
        strlen(text) == 16 && strspn(text, "0") != 16;
    return out;
}

static sqn_status refuse(const char *path, const sqn__fits_hdu *hdu, const char *keyword,
                         uint32_t sum, sqn_error *err)
{
    const sqn_status status =
        SQN_RAISE(err, E_FITS_CHECKSUM,
                  "the bytes have changed since %s was written (their "
                  "sum is %" PRIu32 ")",
                  keyword, sum);

    sqn__fits_file_at(err, path, hdu, keyword);
    return status;
}

sqn_status sqn__fits_checksum_compare(const sqn__fits_promise *promise, uint32_t data,
                                      const char *path, const sqn__fits_hdu *hdu,
                                      sqn_error *err)
{
    const uint32_t all = sqn__fits_checksum_add(data, promise->header);

    if (promise->has_data && promise->data != (int64_t)data) {
        return refuse(path, hdu, "DATASUM", data, err);
    }
    if (promise->has_all && all != UINT32_MAX && all != 0) {
        return refuse(path, hdu, "CHECKSUM", all, err);
    }
    return SQN_OK;
}

sqn_status sqn__fits_checksum_verify(uint32_t *datasum, const sqn__fits_file *file,
                                     const sqn__fits_hdu *hdu, sqn_error *err)
{
    const sqn__fits_promise promise = sqn__fits_checksum_promise(file, hdu);
    uint32_t data = 0;
    sqn_status status = SQN_OK;

    SQN_TRY(sqn__fits_checksum_range(&data, file, hdu->data, hdu->end, err));
    if (datasum != NULL) {
        *datasum = data;
    }
    SQN_TRY(sqn__fits_checksum_compare(&promise, data, file->path, hdu, err));

cleanup:
    return status;
}
