/** @file store.h @brief Sets as files: FITS for the program, plain numbers for others. */
#ifndef STORE_H
#define STORE_H

#include "scene.h"

/** What writing took. */
typedef struct store_times {
    double form_s,
        write_s; /**< To form the bytes and their checksums; to hand them over. */
    double bytes;
} store_times;

/** SCI and ERR [n_frame, ny, nx], NaN where missing. `times` may be NULL. */
SQN_NODISCARD sqn_status store_fits(const char *path, const scene *s, store_times *times,
                                    sqn_error *err);

/**
 * Little-endian int64 n_frame, n_pix; float32 data, weights [n_frame, n_pix].
 *
 * @retval SQN_ERR_IO
 */
SQN_NODISCARD sqn_status store_plain(const char *path, const scene *s, sqn_error *err);

/** Write bytes to a new file. */
SQN_NODISCARD sqn_status store_bytes(const char *path, const void *bytes, size_t size,
                                     sqn_error *err);

#endif
