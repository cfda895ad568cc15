/**
 * @file fits_pool.h
 * @brief A few open files, so that planes of one file read in turn open it once.
 */
#ifndef SQN_FITS_POOL_H
#define SQN_FITS_POOL_H

#include "fits_file.h"

enum { SQN__FITS_POOL = 6 };

/** Zeroed = empty. */
typedef struct sqn__fits_pool {
    struct {
        sqn__fits_file file;
        int64_t n_user, stamp; /* stamp 0 = free */
    } slot[SQN__FITS_POOL];
    int64_t clock;
} sqn__fits_pool;

/** Open, or use again; at most SQN__FITS_POOL at a time. `path` must outlive the pool. */
SQN_NODISCARD sqn_status sqn__fits_pool_take(const sqn__fits_file **out,
                                             sqn__fits_pool *pool, const char *path,
                                             const sqn_log *log, sqn_error *err);

/** Give back; the file may stay open. NULL-safe. */
void sqn__fits_pool_give(sqn__fits_pool *pool, const sqn__fits_file *file);

/** Close all. */
void sqn__fits_pool_clear(sqn__fits_pool *pool);

#endif
