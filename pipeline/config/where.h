/** @file where.h @brief Where each key was written, kept for what is found wrong later. */
#ifndef WHERE_H
#define WHERE_H

#include "resolve.h"

/**
 * Keep the places of all keys that are written in the configuration of `r`.
 *
 * @retval SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status where_keep(const resolve *r, sqn_error *err);

#endif
