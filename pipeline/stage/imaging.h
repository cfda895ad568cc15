/** @file imaging.h @brief A whole reduction of an observation: task imaging. */
#ifndef IMAGING_H
#define IMAGING_H

#include "session.h"

/** Reduce one observation and write its products. Errors of session_run(). */
session_task imaging_run;

#endif
