/** @file digest.c @brief Owner of nettle: SHA-256 and base64. */
#include "digest.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>

void digest_sha256(char *out, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_init(&context);
    if (size > 0) {
        sha256_update(&context, size, bytes);
    }
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * sizeof digest] = '\0';
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
