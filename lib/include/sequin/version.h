/** @file version.h @brief The version of the library that runs. */
#ifndef SEQUIN_VERSION_H
#define SEQUIN_VERSION_H

#include "sequin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** "major.minor.patch"; static. */
SQN_API const char *sqn_version(void);

#ifdef __cplusplus
}
#endif
#endif
