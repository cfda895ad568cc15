/**
 * @file present.h
 * @brief Stage 6: pictures, report and manifest of a run.
 *
 * In: everything the stages before left. Out: files in the output directory. A picture that
 * cannot be drawn is a warning. Rooms: pipeline/show.
 */
#ifndef PRESENT_H
#define PRESENT_H

#include "directory.h"
#include "messages.h"
#include "product.h"

SQN_NODISCARD sqn_status present_pictures(directory *dir, const result *r, sqn_error *err);

SQN_NODISCARD sqn_status present_report(directory *dir, const result *r, messages *said,
                                        sqn_error *err);

SQN_NODISCARD sqn_status present_manifest(directory *dir, const result *r, messages *said,
                                          sqn_error *err);

/** Name of the observation: `title`, else OBJECT or TARGNAME of the first science header. */
void present_title(char *out, size_t size, const result *r);

#endif
