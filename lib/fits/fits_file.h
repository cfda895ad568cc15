/** @file fits_file.h @brief A FITS file, its checked headers in memory, and its HDUs. */
#ifndef SQN_FITS_FILE_H
#define SQN_FITS_FILE_H

#include "fits_preflight.h"
#include "sequin/log.h"

/** An open file; everything owned but `path`. */
typedef struct sqn__fits_file {
    const char *path;           /* borrowed */
    const unsigned char *bytes; /* [size]: what fits_bytes.h was asked for, or inflated */
    size_t size;
    int fd;                  /* open while `map` is not NULL */
    void *map;               /* owner of `bytes`, or NULL */
    unsigned char *inflated; /* owner of `bytes` of a gzip file, or NULL */
    sqn__fits_hdu *hdu;      /* [n_hdu] that can be used */
    int64_t n_hdu;
    sqn_error broken; /* what ends the list before its time; status SQN_OK: nothing */
} sqn__fits_file;

/**
 * Open by descriptor, walk the headers, and hold these alone. A broken HDU that is not the first is
 * W_FITS_HDU; a file that ends early is an error wherever it ends.
 *
 * @retval SQN_ERR_INPUT, SQN_ERR_PERMISSION, SQN_ERR_DATA, SQN_ERR_IO, SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status sqn__fits_file_open(sqn__fits_file *file, const char *path,
                                             const sqn_log *log, sqn_error *err);
void sqn__fits_file_close(sqn__fits_file *file);

/** True when the bytes begin as a FITS file does. */
bool sqn__fits_file_is_fits(const sqn__fits_file *file);

/** "path:HDU n (EXTNAME)"; `hdu` NULL: the path alone. */
void sqn__fits_file_where(char *out, size_t size, const char *path,
                          const sqn__fits_hdu *hdu);

/** Set the place of an error as above, with ":KEYWORD" unless it is NULL. */
void sqn__fits_file_at(sqn_error *err, const char *path, const sqn__fits_hdu *hdu,
                       const char *keyword);

/** The cards of an HDU; of a tiled image those that describe its table are left out. */
SQN_NODISCARD sqn_status sqn__fits_file_header(sqn_header **out, const sqn__fits_file *file,
                                               const sqn__fits_hdu *hdu, sqn_error *err);

#endif
