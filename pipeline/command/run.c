/** @file run.c @brief `sequin run`. */
#include "command.h"

#include <stdio.h>

#include "config.h"
#include "imaging.h"
#include "impute.h"
#include "spectra_task.h"

/** Tasks in the order of config_task. */
static session_task *const tasks[] = {
    [CONFIG_TASK_IMAGING] = imaging_run,
    [CONFIG_TASK_IMPUTE] = impute_run,
    [CONFIG_TASK_SPECTRA] = spectra_run,
};

/* The command as it was typed, quoted where a shell would split. */
static void compose(char *out, size_t size, const options *given)
{
    int used = snprintf(out, size, "sequin run %s", given->config);

    for (int k = 0; k < given->n_set && used >= 0 && (size_t)used < size; k++) {
        used += snprintf(out + used, size - (size_t)used, " --set '%s'", given->sets[k]);
    }
}

sqn_status command_run(const options *given, messages *said, sqn_error *err)
{
    const sqn_log problems = messages_problems(said);
    config settings = {0};
    char command[2048];

    compose(command, sizeof command, given);
    sqn_status status = config_read(&settings, given->config, given->sets, given->n_set,
                                    CONFIG_FOR_RUN, &problems, err);

    if (status == SQN_OK) {
        status = config_unlist(&settings, err);
    }
    if (status == SQN_OK) {
        const session_options run = {
            .output = given->output,
            .overwrite = given->overwrite,
            .strict = given->strict,
            .command = command,
            .progress = given->level == MESSAGES_QUIET ? NULL : stderr,
        };

        status = tasks[settings.task](&settings, &run, said, err);
    }
    config_clear(&settings);
    return status;
}
