/**
 * @file directory.h
 * @brief The output directory: locked, never half written, nothing of others replaced.
 *
 * A product is written under another name, read back, synced, and then renamed. The manifest
 * comes last, when the names of all others are synced: a directory with a manifest is complete. The lock file stays when a run ends
 * before its manifest, and so marks the products beside it as ours.
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/log.h"

/** An open, locked directory. Opaque. */
typedef struct directory directory;

/** What a run will write, and how. Borrowed. */
typedef struct directory_plan {
    const char *path;
    const char *prefix; /**< Before every name, "" = none. */
    const char *const
        *products; /**< [n_product] names without prefix, manifest.json last. */
    int64_t n_product;
    bool overwrite; /**< Replace a complete run. */
} directory_plan;

/** A product as written. */
typedef struct directory_product {
    char name[128]; /**< With prefix. */
    int64_t size;   /**< (bytes) */
    char sha256[65];
} directory_product;

/**
 * Make the directory if it is missing, lock it, and see whether it may be used.
 *
 * @retval SQN_ERR_CREATE      E_OUT_EXISTS naming the products, E_OUT_CREATE.
 * @retval SQN_ERR_PERMISSION  E_OUT_PERM.
 * @retval SQN_ERR_BUSY        E_LOCK.
 */
SQN_NODISCARD sqn_status directory_open(directory **out, const directory_plan *plan,
                                        const sqn_log *log, sqn_error *err);

/** Refuse an input that a product would replace. @retval SQN_ERR_CREATE E_OUT_EXISTS. */
SQN_NODISCARD sqn_status directory_guard(const directory *dir, const char *input,
                                         sqn_error *err);

/**
 * Write one product atomically; several threads may write several.
 *
 * @retval SQN_ERR_IO E_OUT_NOSPACE, E_OUT_VERIFY, E_IO.
 */
SQN_NODISCARD sqn_status directory_write(directory *dir, const char *name,
                                         const void *bytes, size_t size, sqn_error *err);

/**
 * A product on its way: begin, put in any order, get what was put, end. Borrows its name. What is
 * read back from the begin on, part by part, is not read once more for its digest.
 */
typedef struct directory_file {
    directory *dir;
    const char *name;
    int fd;                   /**< -1 = not open. */
    struct digest *sum;       /**< Of the first n_summed bytes, as read back. Owned. */
    int64_t n_summed, n_sent; /**< n_sent: on their way to the disk. */
} directory_file;

/** @retval SQN_ERR_IO, SQN_ERR_PERMISSION */
SQN_NODISCARD sqn_status directory_begin(directory_file *out, directory *dir,
                                         const char *name, sqn_error *err);
SQN_NODISCARD sqn_status directory_put(directory_file *file, int64_t offset,
                                       const void *bytes, size_t size, sqn_error *err);
/** @retval SQN_ERR_IO  E_OUT_VERIFY: fewer bytes are there. */
SQN_NODISCARD sqn_status directory_get(directory_file *file, int64_t offset, void *bytes,
                                       size_t size, sqn_error *err);
/** All is put: read back for the digest what was not yet, and let the system write it. What is left
 *  for directory_end() is to wait; it does this as well where it was not done. */
SQN_NODISCARD sqn_status directory_send(directory_file *file, sqn_error *err);
/** Make it the product, or remove it unless `so_far` is SQN_OK; returns the first failure. */
SQN_NODISCARD sqn_status directory_end(directory_file *file, sqn_status so_far,
                                       sqn_error *err);

/** Path of a temporary file for `name`, for somebody else to fill: short, wherever it is. */
void directory_temporary(char *path, size_t size, const directory *dir, const char *name);

/** Make the product `name` of its temporary file. Errors as directory_write(). */
SQN_NODISCARD sqn_status directory_keep(directory *dir, const char *name, sqn_error *err);

/**
 * Whole content of a product of this run; NULL and 0 when it was not written.
 *
 * @param[out] bytes  Owned by the caller, free().
 */
SQN_NODISCARD sqn_status directory_read(void **bytes, size_t *size, const directory *dir,
                                        const char *name, sqn_error *err);

/** Products written so far, in the order of the plan; borrowed. */
int64_t directory_n_product(const directory *dir);
const directory_product *directory_product_at(const directory *dir, int64_t index);

/** Path of the directory as given; borrowed. */
const char *directory_path(const directory *dir);

/** The products, one a line, on standard output. @retval SQN_ERR_IO E_IO. */
SQN_NODISCARD sqn_status directory_list(const directory *dir, sqn_error *err);

/** Remove what an earlier run left under names of the plan that this run has not written. */
void directory_tidy(directory *dir);

/** A manifest stands here: of this run, or of an earlier one that is still whole. */
bool directory_is_complete(const directory *dir);

/** The run is complete: its manifest is written. */
void directory_complete(directory *dir);

/** Unlock, free, set to NULL. NULL-safe. */
void directory_close(directory **dir);

#endif
