/** @file simulate.c @brief `sequin simulate`. */
#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "config.h"
#include "directory.h"
#include "raise.h"

static const char *const names[] = {"references.fits", "science.fits", "angles.txt",
                                    "truth.fits"};
enum { N_NAME = sizeof names / sizeof names[0] };

static sqn_status open_directory(directory **out, const config *settings,
                                 const options *given, const sqn_log *log, sqn_error *err)
{
    char by_default[512];
    const char *configured = settings->simulate.directory;
    const directory_plan plan = {
        .path = given->output != NULL ? given->output
                : configured != NULL  ? configured
                                      : by_default,
        .prefix = "",
        .products = names,
        .n_product = N_NAME,
        .overwrite = given->overwrite,
        .simulated = true,
    };

    (void)snprintf(by_default, sizeof by_default, "sequin-out/%s", settings->name);
    return directory_open(out, &plan, log, err);
}

static sqn_status write_fits(directory *dir, const simulation *made, simulate_which which,
                             const char *name, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_fits_product *owner = NULL;
    const void *bytes = NULL;
    size_t size = 0;

    SQN_TRY(simulate_product(&bytes, &size, &owner, made, which, err));
    SQN_TRY(directory_write(dir, name, bytes, size, err));

cleanup:
    sqn_fits_product_destroy(&owner);
    return status;
}

static sqn_status write_all(directory *dir, const simulation *made, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *angles = NULL;

    SQN_TRY(write_fits(dir, made, SIMULATE_REFERENCES, names[0], err));
    SQN_TRY(write_fits(dir, made, SIMULATE_SCIENCE, names[1], err));
    SQN_TRY(simulate_angles_text(&angles, made, err));
    SQN_TRY(directory_write(dir, names[2], angles, strlen(angles), err));
    SQN_TRY(write_fits(dir, made, SIMULATE_TRUTH, names[3], err));
    directory_complete(dir);
    for (int64_t k = 0; k < directory_n_product(dir); k++) {
        (void)printf("%s/%s\n", directory_path(dir), directory_product_at(dir, k)->name);
    }

cleanup:
    free(angles);
    return status;
}

sqn_status command_simulate(const options *given, messages *said, sqn_error *err)
{
    const sqn_log problems = messages_problems(said), log = messages_log(said);
    sqn_status status = SQN_OK;
    config settings = {0};
    simulation made = {0};
    directory *dir = NULL;

    status = config_read(&settings, given->config, given->sets, given->n_set,
                         CONFIG_FOR_SIMULATE, &problems, err);
    if (status != SQN_OK) {
        goto cleanup;
    }
    SQN_TRY(open_directory(&dir, &settings, given, &log, err));
    SQN_TRY(simulate_make(&made, &settings.simulate, &log, err));
    SQN_TRY(write_all(dir, &made, err));
    messages_summary(said);

cleanup:
    directory_close(&dir);
    simulation_clear(&made);
    config_clear(&settings);
    return status;
}
