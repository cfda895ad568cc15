/** @file digest.h @brief Bytes as text: SHA-256 and base64. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_MAX = 65 }; /* 64 hexadecimal digits and the end */

/**
 * SHA-256 (FIPS 180-4) in lower-case hexadecimal.
 *
 * @param[out] out    [DIGEST_TEXT_MAX] terminated.
 * @param[in]  bytes  [size]; may be NULL if size is 0.
 */
void digest_sha256(char *out, const void *bytes, size_t size);

/** The same of bytes that come in blocks: `read` fills up to `size` and says how many; 0 ends. */
void digest_sha256_read(char *out, size_t (*read)(void *context, void *block, size_t size),
                        void *context);

/** Bytes that digest_base64() writes for `size` bytes, the end included. */
size_t digest_base64_max(size_t size);

/**
 * Base64 (RFC 4648) with padding, on one line.
 *
 * @param[out] out    [digest_base64_max(size)] terminated.
 * @param[in]  bytes  [size]; may be NULL if size is 0.
 */
void digest_base64(char *out, const void *bytes, size_t size);

#endif
