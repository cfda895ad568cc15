/** @file measure.h @brief The measurements, by name; each writes lines of the table. */
#ifndef MEASURE_H
#define MEASURE_H

#include "request.h"
#include "sequin/error.h"

/** One of the commands. */
typedef struct measure {
    const char *name, *help;
    sqn_status (*run)(const request *r, sqn_error *err);
} measure;

sqn_status measure_machine(const request *r, sqn_error *err);
sqn_status measure_pass(const request *r, sqn_error *err);
sqn_status measure_build(const request *r, sqn_error *err);
sqn_status measure_scaling(const request *r, sqn_error *err);
sqn_status measure_target(const request *r, sqn_error *err);
sqn_status measure_files(const request *r, sqn_error *err);
sqn_status measure_data(const request *r, sqn_error *err);
sqn_status measure_run(const request *r, sqn_error *err);

#endif
