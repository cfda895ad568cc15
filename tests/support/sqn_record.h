/** @file sqn_record.h @brief A log that remembers what it was told. */
#ifndef SQN_RECORD_H
#define SQN_RECORD_H

#include <stdio.h>
#include <string.h>

#include "sequin/log.h"

enum { SQN_RECORD_MAX = 24 };

typedef struct sqn_record {
    int n_warning, n_note;
    sqn_error warning[SQN_RECORD_MAX];
    char note[SQN_RECORD_MAX][512];
} sqn_record;

static inline void sqn_record_warn(void *context, const sqn_error *warning)
{
    sqn_record *record = context;

    if (record->n_warning < SQN_RECORD_MAX) {
        record->warning[record->n_warning++] = *warning;
    }
}

static inline void sqn_record_note(void *context, const char *line)
{
    sqn_record *record = context;

    if (record->n_note < SQN_RECORD_MAX) {
        (void)snprintf(record->note[record->n_note++], sizeof record->note[0], "%s", line);
    }
}

/** The warning of an id, or NULL. */
static inline const sqn_error *sqn_record_find(const sqn_record *record, sqn_id id)
{
    for (int i = 0; i < record->n_warning; i++) {
        if (record->warning[i].id == id) {
            return &record->warning[i];
        }
    }
    return NULL;
}

/** The first remark that holds a text, or NULL. */
static inline const char *sqn_record_remark(const sqn_record *record, const char *text)
{
    for (int i = 0; i < record->n_note; i++) {
        if (strstr(record->note[i], text) != NULL) {
            return record->note[i];
        }
    }
    return NULL;
}

static inline sqn_log sqn_record_log(sqn_record *record)
{
    *record = (sqn_record){0};
    return (sqn_log){sqn_record_warn, sqn_record_note, record};
}

#endif
