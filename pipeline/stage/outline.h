/**
 * @file outline.h
 * @brief Which directions and excluded shapes hold for a combined image.
 *
 * In: what all stages left. Out: what may be drawn on the image of one group of frames.
 */
#ifndef OUTLINE_H
#define OUTLINE_H

#include "product.h"

/** The first frame of the group (-1: of all), from 0. */
int64_t outline_first(const result *r, int64_t group);

/** True when frames of the group (-1: any frames) lie differently on the sky. */
bool outline_turns(const result *r, int64_t group);

/**
 * What is excluded on disk.fits: [ny, nx] 1 = excluded; NULL when nothing is, or when the shapes
 * lie differently in the frames behind the image. sqn__mem_free().
 *
 * @retval SQN_ERR_MEMORY, and the errors of reading model.exclude_mask.
 */
SQN_NODISCARD sqn_status outline_make(uint8_t **out, const result *r, int64_t group,
                                      sqn_error *err);

#endif
