/** @file run.c @brief `sequin run`. */
#include "run.h"

#include "command.h"
#include "config.h"

sqn_status command_run(const options *given, messages *said, sqn_error *err)
{
    const sqn_log problems = messages_problems(said);
    config settings = {0};
    sqn_status status = config_read(&settings, given->config, given->sets, given->n_set,
                                    CONFIG_FOR_RUN, &problems, err);

    if (status == SQN_OK) {
        const run_options run = {
            .output = given->output,
            .overwrite = given->overwrite,
            .strict = given->strict,
            .progress = given->level == MESSAGES_QUIET ? NULL : stderr,
        };

        status = run_imaging(&settings, &run, said, err);
    }
    config_clear(&settings);
    return status;
}
