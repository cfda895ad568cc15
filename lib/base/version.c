/** @file version.c @brief The version of the library. */
#include "sequin/version.h"

const char *sqn_version(void)
{
    return SQN_VERSION;
}
