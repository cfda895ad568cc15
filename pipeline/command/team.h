/** @file team.h @brief The threads of the process. */
#ifndef COMMAND_TEAM_H
#define COMMAND_TEAM_H

/**
 * Start all threads that parallel regions will use, each on a processor of its own.
 *
 * A new thread begins on the processor of the one that made it, which waits for it at full speed: where
 * the system moves neither before its next tick, the first region of a run begins some ms late.
 * Nothing is bound: the system may move them on from there. Where processors are bound by
 * OMP_PROC_BIND, nothing is done.
 */
void team_start(void);

#endif
