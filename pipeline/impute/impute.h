/** @file impute.h @brief Missing pixels of images filled: task impute. */
#ifndef IMPUTE_H
#define IMPUTE_H

#include "session.h"

/** Fill the missing pixels of one set of images and write its products. Errors of session_run(). */
session_task impute_run;

#endif
