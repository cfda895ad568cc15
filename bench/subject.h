/** @file subject.h @brief A set ready for the solver. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "request.h"
#include "sequin/panels.h"
#include "table.h"

/** Panels of one set. Owned. */
typedef struct subject {
    sqn_panels *panels;
    double n_data, bytes; /**< Data of positive weight, and 8 bytes for each. */
    scene_size size;
    table_key key; /**< Names and sizes; the set's name is borrowed. */
} subject;

/** Make a set with the weights that were asked for. @retval SQN_ERR_MEMORY */
SQN_NODISCARD sqn_status subject_make(subject *out, const request *r,
                                      const scene_size *size, sqn_error *err);

void subject_clear(subject *s);

/** Do `work` for every set that was asked for, until one fails. */
sqn_status subject_each(const request *r,
                        sqn_status (*work)(const request *r, const subject *s,
                                           sqn_error *err),
                        sqn_error *err);

#endif
