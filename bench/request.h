/** @file request.h @brief What the command line asks for. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "scene.h"

enum { REQUEST_MAX = 16 };

/** A command and its options; texts are borrowed from the arguments. */
typedef struct request {
    const char *command;
    scene_size sizes[REQUEST_MAX];
    int n_size;
    int64_t counts[REQUEST_MAX]; /**< --k */
    int n_count;
    int threads[REQUEST_MAX]; /**< --threads */
    int n_thread;
    int runs;              /**< --runs; 0: the command's own number */
    scene_weights weights; /**< --weights */
    const char *method;    /**< --method */
    double tolerance;      /**< --tolerance */
    bool joint;            /**< --construction joint: one stage of all components */
    bool random;           /**< --start random */
    double until;          /**< --until chi2 per datum of `build`; 0: none */
    int64_t n_target;      /**< --targets; 0: the command's own number */
    const char *file;      /**< --file of `data`, --folder of `files` and `run` */
    const char *program;   /**< --program of `run`; NULL: beside this program */
    const char *self;      /**< argv[0] */
    bool quick;            /**< --quick: tiny sets, one run, to see that it works */
} request;

/** Read the arguments; false when they are not understood. */
bool request_read(request *out, int argc, char **argv);

/** The command's own number of runs, unless one was asked for. */
int request_runs(const request *r, int own);

/** "anls", followed by the weights where the solver may take short cuts for them. */
const char *request_kind(const request *r);

/** Counts asked for, or the command's own; returns how many. */
int request_counts(const request *r, int64_t *out, const int64_t *own, int n_own);

#endif
