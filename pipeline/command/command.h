/** @file command.h @brief The commands of the program, one file each. */
#ifndef COMMAND_H
#define COMMAND_H

/** Choose the command and run it; returns the exit code. */
int command_main(int argc, char **argv);

#endif
