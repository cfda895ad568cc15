/** @file digest.h @brief Bytes as text: SHA-256 and base64. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_MAX = 65 }; /* 64 hexadecimal digits and the end */

/** SHA-256 (FIPS 180-4) of bytes that come one after the other. Opaque. */
typedef struct digest digest;

/** Of nothing yet; digest_end() frees it. NULL without memory. */
digest *digest_begin(void);

/** Forget all that came. */
void digest_again(digest *sum);

/** The next bytes [size]; may be NULL if size is 0. */
void digest_add(digest *sum, const void *bytes, size_t size);

/**
 * The digest in lower-case hexadecimal; what came is forgotten.
 *
 * @param[out] out  [DIGEST_TEXT_MAX] terminated.
 */
void digest_text(char *out, digest *sum);

/** Free, set to NULL. */
void digest_end(digest **sum);

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
