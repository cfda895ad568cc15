/**
 * @file present.h
 * @brief Stage 6: pictures, report and manifest of a run.
 *
 * In: everything the stages before left. Out: files in the output directory. A picture that
 * cannot be drawn is a warning. Rooms: pipeline/show.
 */
#ifndef PRESENT_H
#define PRESENT_H

#include "product.h"
#include "report.h"
#include "session.h"

SQN_NODISCARD sqn_status present_pictures(directory *dir, const result *r, sqn_error *err);

SQN_NODISCARD sqn_status present_report(session *s, const result *r, sqn_error *err);

/** The record of the run with the numbers of its summary. */
SQN_NODISCARD sqn_status present_record(session *s, const result *r, sqn_error *err);

/** What keys became that were not written. Pointers go into the structure: do not copy it. */
enum { PRESENT_DECIDED_MAX = 16, PRESENT_DECIDED_BYTES = 128 };
typedef struct present_decided {
    int64_t n;
    report_row row[PRESENT_DECIDED_MAX];
    char text[PRESENT_DECIDED_MAX][PRESENT_DECIDED_BYTES];
} present_decided;

void present_decide(present_decided *out, const result *r);

/** Name of the observation: `title`, else OBJECT or TARGNAME of the first science header. */
void present_title(char *out, size_t size, const result *r);

#endif
