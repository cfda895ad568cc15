/** @file spectra_task.h @brief Templates and coefficients of a survey: task spectra. */
#ifndef SPECTRA_TASK_H
#define SPECTRA_TASK_H

#include "session.h"

/** Factorise spectra and write the products. Errors of session_run(). */
session_task spectra_run;

#endif
