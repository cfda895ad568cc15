/** @file main.c @brief The program: what a process must do once, then the command. */
#include <gsl/gsl_errno.h>
#include <signal.h>

#include "command.h"
#include "sequin/threads.h"

int main(int argc, char **argv)
{
    /* A closed pipe and a file size limit are errors of the write that meets them. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)gsl_set_error_handler_off(); /* by default it aborts */
    sqn_threads_single_blas();
    return command_main(argc, argv);
}
