/** @file digest.c @brief Owner of nettle: SHA-256 and base64. */
#include "digest.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "mem.h"

struct digest {
    struct sha256_ctx context;
};

digest *digest_begin(void)
{
    digest *sum = sqn__mem_alloc(1, sizeof *sum);

    if (sum != NULL) {
        sha256_init(&sum->context);
    }
    return sum;
}

void digest_again(digest *sum)
{
    sha256_init(&sum->context);
}

void digest_add(digest *sum, const void *bytes, size_t size)
{
    if (size > 0) {
        sha256_update(&sum->context, size, bytes);
    }
}

void digest_text(char *out, digest *sum)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[SHA256_DIGEST_SIZE];

    sha256_digest(&sum->context, sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * sizeof bytes] = '\0';
}

void digest_end(digest **sum)
{
    sqn__mem_free(*sum);
    *sum = NULL;
}

size_t digest_base64_max(size_t size)
{
    return (size + 2) / 3 * 4 + 1;
}

void digest_base64(char *out, const void *bytes, size_t size)
{
    if (size > 0) {
        base64_encode_raw(out, size, bytes);
    }
    out[digest_base64_max(size) - 1] = '\0';
}
