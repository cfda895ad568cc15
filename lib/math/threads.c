/** @file threads.c @brief The one call with an effect on the whole process. */
#include "sequin/threads.h"

#include "blas.h"

void sqn_threads_single_blas(void)
{
    sqn__blas_single_thread();
}
