/** @file warn.h @brief How library code warns and remarks. */
#ifndef SQN_WARN_H
#define SQN_WARN_H

#include "sequin/log.h"

/** Send a warning; `where` may be "". NULL `log` or callback: silence. */
void sqn__log_warn(const sqn_log *log, sqn_id id, const char *where, const char *format,
                   ...) SQN_PRINTF(4, 5);

/** Send a warning whose advice is `fix` (without a final stop; NULL: the id's own). */
void sqn__log_advise(const sqn_log *log, sqn_id id, const char *where, const char *fix,
                     const char *format, ...) SQN_PRINTF(5, 6);

/** Send a remark. */
void sqn__log_note(const sqn_log *log, const char *format, ...) SQN_PRINTF(2, 3);

#endif
