/** @file provenance.c @brief Where a product comes from, as header cards. */
#include "provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raise.h"
#include "sequin/version.h"

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

const char *provenance_role(char out[PROVENANCE_ROLE_MAX], const char *role,
                            const sqn_fits_input *input)
{
    const bool is_frames = strcmp(input->kind, "frames") == 0;
    const bool is_angles = strcmp(input->kind, "angles") == 0; /* those of science */

    (void)snprintf(out, PROVENANCE_ROLE_MAX, "%s%s%s", is_angles ? "" : role,
                   is_frames || is_angles ? "" : " ", is_frames ? "" : input->kind);
    return out;
}

sqn_status provenance_add_inputs(sqn_header *header, const sqn_fits_stack *stack,
                                 const char *role, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char line[512], what[PROVENANCE_ROLE_MAX];

    for (int64_t i = 0; i < stack->n_input; i++) {
        (void)snprintf(line, sizeof line, "sequin input %s: %s DATASUM %s",
                       provenance_role(what, role, &stack->inputs[i]),
                       last_part(stack->inputs[i].file), stack->inputs[i].datasum);
        SQN_TRY(sqn_header_add_history(header, line, err));
    }

cleanup:
    return status;
}

sqn_status provenance_add_configuration(sqn_header *header, const config *settings,
                                        sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *text = NULL;

    SQN_TRY(config_dump(&text, settings, false, err));
    for (char *line = text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        char card[1024];

        if (end != NULL) {
            *end++ = '\0';
        }
        (void)snprintf(card, sizeof card, "sequin config: %s", line);
        SQN_TRY(sqn_header_add_history(header, card, err));
        line = end;
    }

cleanup:
    free(text);
    return status;
}

sqn_status provenance_add_step(sqn_header *header, const config *settings, const char *step,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;
    char line[160];

    (void)snprintf(line, sizeof line, "sequin %s", sqn_version());
    SQN_TRY(
        sqn_header_set_text(header, "CREATOR", line, "program that made this file", err));
    SQN_TRY(sqn_header_set_integer(header, "SEED", settings->components.seed,
                                   "seed of the random start", err));
    (void)snprintf(line, sizeof line, "sequin %s: %s", sqn_version(), step);
    SQN_TRY(sqn_header_add_history(header, line, err));

cleanup:
    return status;
}
