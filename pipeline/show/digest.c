/** @file digest.c @brief Owner of nettle: SHA-256 and base64. */
#include "digest.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>

static void print(char *out, struct sha256_ctx *context)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_digest(context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * sizeof digest] = '\0';
}

void digest_sha256(char *out, const void *bytes, size_t size)
{
    struct sha256_ctx context;

    sha256_init(&context);
    if (size > 0) {
        sha256_update(&context, size, bytes);
    }
    print(out, &context);
}

void digest_sha256_read(char *out, size_t (*read)(void *context, void *block, size_t size),
                        void *context)
{
    struct sha256_ctx sum;
    uint8_t block[65536];
    size_t n = 0;

    sha256_init(&sum);
    do {
        n = read(context, block, sizeof block);
        if (n > 0) {
            sha256_update(&sum, n, block);
        }
    } while (n > 0);
    print(out, &sum);
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
