/**
 * @file lock.h
 * @brief The lock file of an output directory: one run at a time writes there.
 *
 * The lock is that of the system on the open file and goes with the process; the file alone
 * locks nothing. Left behind, it marks the products beside it as ours.
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdbool.h>

#include "sequin/error.h"

/**
 * Lock the folder, without waiting.
 *
 * @param[out] lock    Descriptor that holds the lock; lock_drop() closes it. -1 on failure.
 * @param[out] found   The file was there: a run was here and did not end.
 * @param[in]  folder  Descriptor of the directory.
 * @param[in]  path    Its name, for messages.
 *
 * @retval SQN_ERR_BUSY        E_LOCK, naming the process.
 * @retval SQN_ERR_PERMISSION  E_OUT_PERM.
 * @retval SQN_ERR_CREATE, SQN_ERR_IO
 */
SQN_NODISCARD sqn_status lock_take(int *lock, bool *found, int folder, const char *path,
                                   sqn_error *err);

/** Unlock; with `forget` the file goes, too. */
void lock_drop(int lock, int folder, bool forget);

#endif
