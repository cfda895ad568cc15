/**
 * @file fits_bytes.h
 * @brief The bytes of a file: asked for piece by piece, so that no copy of all is held.
 *
 * Files are read, not mapped: a file that somebody cuts while we read is an error, where a
 * mapped page would be a signal (SIGBUS).
 */
#ifndef SQN_FITS_BYTES_H
#define SQN_FITS_BYTES_H

#include "fits_file.h"

/**
 * Open a regular file by descriptor; what is gzip is inflated. Of `file` path, bytes and size
 * are set, and the first block of 2880 bytes may be looked at; sqn__fits_file_close() frees.
 *
 * @retval SQN_ERR_INPUT, SQN_ERR_PERMISSION, SQN_ERR_DATA, SQN_ERR_IO, SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status sqn__fits_bytes_open(sqn__fits_file *file, const char *path,
                                              sqn_error *err);
void sqn__fits_bytes_close(sqn__fits_file *file);

/**
 * Make bytes [offset, offset + n) of `file->bytes` readable; those that were never asked for
 * are not. Not for two threads at a time.
 *
 * @retval SQN_ERR_IO      E_IO: the file ends before, though it was longer when it was opened.
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status sqn__fits_bytes_need(const sqn__fits_file *file, size_t offset,
                                              size_t n, sqn_error *err);

/** Give the memory of such bytes back: they must be asked for again. */
void sqn__fits_bytes_drop(const sqn__fits_file *file, size_t offset, size_t n);

/** Copy bytes [offset, offset + n) to `to` [n]; any number of threads at a time. */
SQN_NODISCARD sqn_status sqn__fits_bytes_read(unsigned char *to, const sqn__fits_file *file,
                                              size_t offset, size_t n, sqn_error *err);

/** After E_IN_MISSING: name "path.gz" where it exists; other readers open it in silence. */
void sqn__fits_bytes_hint(sqn_error *err, const char *path);

#endif
