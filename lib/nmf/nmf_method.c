/** @file nmf_method.c @brief The methods by name. */
#include <stddef.h>
#include <string.h>

#include "nmf_internal.h"

static const sqn__nmf_method *const methods[] = {
    &sqn__nmf_anls_method,
    &sqn__nmf_mu_stage_method,
};

const sqn__nmf_method *sqn__nmf_method_find(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(methods[i]->name, name) == 0) {
            return methods[i];
        }
    }
    return NULL;
}
