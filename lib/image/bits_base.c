/** @file bits_base.c @brief Growth of sets of pixels everywhere. */
#include "bits_body.h"

const sqn__bits_loops sqn__bits_base = {grow};
