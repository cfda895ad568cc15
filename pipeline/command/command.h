/** @file command.h @brief The commands of the program, one file each. */
#ifndef COMMAND_H
#define COMMAND_H

#include "options.h"

/** Choose the command and run it; returns the exit code. */
int command_main(int argc, char **argv);

/** `sequin run CONFIG`: reduce an observation. */
sqn_status command_run(const options *given, messages *said, sqn_error *err);

/** `sequin simulate CONFIG`: make an observation with known truth. */
sqn_status command_simulate(const options *given, messages *said, sqn_error *err);

#endif
