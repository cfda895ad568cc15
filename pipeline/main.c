/** @file main.c @brief The program: what a process must do once, then the command. */
#include <gsl/gsl_errno.h>
#include <signal.h>
#if defined(__linux__)
#include <malloc.h>
#endif

#include "command.h"
#include "sequin/threads.h"

/* Blocks of whole frames are of the system alone and go back to it when they are freed. Left to itself,
   the C library learns from the first of them to cut all that follow out of one heap, with gaps. What is
   smaller stays when it is freed: the next takes it again, without a fault for each of its pages. */
static void keep_large_blocks_apart(void)
{
#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD)
    (void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

int main(int argc, char **argv)
{
    /* A closed pipe and a file size limit are errors of the write that meets them. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)gsl_set_error_handler_off(); /* by default it aborts */
    keep_large_blocks_apart();
    sqn_threads_single_blas();
    return command_main(argc, argv);
}
