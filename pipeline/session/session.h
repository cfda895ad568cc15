/**
 * @file session.h
 * @brief What every task does around its work: an output directory, stages in their order, a log
 * and, last, the record of the run.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stdio.h>

#include "config.h"
#include "directory.h"
#include "manifest.h"
#include "messages.h"
#include "progress.h"
#include "sequin/fits.h"
#include "sequin/nmf.h"

/** What a run needs besides its configuration. Borrowed. */
typedef struct session_options {
    const char *output;  /**< Directory; NULL = as configured. */
    bool overwrite;      /**< Besides output.overwrite. */
    bool strict;         /**< Warnings are errors. */
    FILE *progress;      /**< Where progress is shown; NULL = nowhere. */
    const char *command; /**< As typed, for the report. */
} session_options;

/** What lives as long as the run, whatever its task. */
typedef struct session {
    const config *settings;
    const session_options *options;
    messages *said;
    sqn_log log;
    directory *directory; /**< NULL before session_open_directory(). */
    progress *progress;
} session;

/** One step of a task. `run` is the task's own structure. */
typedef struct session_stage {
    const char *name;
    sqn_status (*work)(void *run, sqn_error *err);
} session_stage;

/** A task that ran, or failed. Same arguments for every task; see session_run(). */
typedef sqn_status session_task(const config *settings, const session_options *options,
                                messages *said, sqn_error *err);

/** Begin: everything but the directory. Free with session_end(). */
SQN_NODISCARD sqn_status session_begin(session *out, const config *settings,
                                       const session_options *options, messages *said,
                                       sqn_error *err);

/**
 * Run the stages in their order; with --strict a warning ends the run behind its stage.
 *
 * The error of a run that fails is said to the messages, and its log is left in the output
 * directory unless that is refused or holds a complete run; without a manifest, the directory
 * is not complete.
 *
 * @param[in,out] run  Passed to every stage.
 * @retval every status.
 */
SQN_NODISCARD sqn_status session_run(session *s, const session_stage *stages,
                                     int64_t n_stage, void *run, sqn_error *err);

/**
 * Open the output directory for the products [n_product], manifest.json last.
 * Errors of directory_open(); inputs that a product would replace: E_OUT_EXISTS, also the
 * configuration.
 */
SQN_NODISCARD sqn_status session_open_directory(session *s, const char *const *products,
                                                int64_t n_product, sqn_error *err);

/** Refuse files [n] of the configuration (relative to it; NULL = none) that a product would
 *  replace. */
SQN_NODISCARD sqn_status session_guard(const session *s, const char *const *names,
                                       int64_t n, sqn_error *err);

/** Refuse a stack of which a file would be replaced by a product. */
SQN_NODISCARD sqn_status session_guard_inputs(const session *s, const sqn_fits_stack *stack,
                                              sqn_error *err);

/** Where a FITS product is written: into a file that is begun, and ended afterwards. Borrows it. */
sqn_fits_sink session_sink(directory_file *file);

/** Put a product into a file, which directory_end() makes the product, with the status that is
 *  returned, unless its fd is -1: several can be written before the first is waited for. */
SQN_NODISCARD sqn_status session_put_product(directory_file *out, const session *s,
                                             const char *name, sqn_fits_product *product,
                                             sqn_error *err);

/** Write a product, made and lent images where they lie. Errors of sqn_fits_product_write() and
 *  directory_write(). */
SQN_NODISCARD sqn_status session_write_product(const session *s, const char *name,
                                               sqn_fits_product *product, sqn_error *err);

/** Write a product of text. Errors of directory_write(). */
SQN_NODISCARD sqn_status session_write_text(session *s, const char *name, const char *text,
                                            sqn_error *err);

/**
 * The record of the run: run.yaml, run.log, and, when what an earlier run left is removed, the
 * manifest. The run is complete then.
 *
 * @param[in] summary  Task, title, numbers and series; the session adds version, products and
 *                     warnings.
 */
SQN_NODISCARD sqn_status session_write_record(session *s, const manifest *summary,
                                              sqn_error *err);

/** Name of what was observed: `title`, else OBJECT or TARGNAME of the headers of the stack, else
 *  the name of the configuration. */
void session_title(char *out, size_t size, const config *settings,
                   const sqn_fits_stack *stack);

/** A build of components on the progress line. */
typedef struct session_build {
    session *session;
    const char *name; /**< Of the stage, for instance "components". */
    int64_t n_built;  /**< Components of the build that is shown; 0 = none yet. */
} session_build;

/** Callback of the solver; `context` is a session_build. */
int session_show_build(void *context, const sqn_nmf_progress *now);

/** Show the products on standard output. */
SQN_NODISCARD sqn_status session_list(const session *s, sqn_error *err);

/** Free what session_begin() and session_open_directory() made. */
void session_end(session *s);

#endif
