/** @file page.h @brief What the report of every task shows, beside what the task found. */
#ifndef PAGE_H
#define PAGE_H

#include "report.h"
#include "session.h"
#include "slots.h"

/** A picture of the run, and what is to be seen there. */
typedef struct page_picture {
    const char *name, *caption;
} page_picture;

/** Inputs as a table of a report; the strings are owned. */
typedef struct page_inputs {
    slots cells;
    report_table table;
} page_inputs;

/** @param[in] n  Files that page_inputs_add() may take. @retval SQN_ERR_MEMORY */
SQN_NODISCARD sqn_status page_inputs_create(page_inputs *out, int64_t n, sqn_error *err);

/** The files of a stack, for `role`. */
void page_inputs_add(page_inputs *inputs, const sqn_fits_stack *stack, const char *role);
void page_inputs_clear(page_inputs *inputs);

/**
 * Write report.html.
 *
 * @param[in] own       What the task has to say: title, subtitle, verdict, findings, sections.
 * @param[in] pictures  [n_picture]; those that were not drawn are left out.
 */
SQN_NODISCARD sqn_status page_write(session *s, const report *own,
                                    const page_picture *pictures, int64_t n_picture,
                                    sqn_error *err);

#endif
