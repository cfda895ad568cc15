/** @file simulate.c @brief `sequin simulate`. */
#include "simulate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "config.h"
#include "directory.h"
#include "manifest.h"
#include "raise.h"
#include "sequin/version.h"

static const char *const names[] = {"references.fits", "science.fits", "angles.txt",
                                    "truth.fits", "manifest.json"};
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

/* What was made, with checksums: the mark of a complete directory. */
static sqn_status write_manifest(directory *dir, const config *settings, sqn_error *err)
{
    enum { N_PRODUCT = N_NAME - 1 };
    manifest_product products[N_PRODUCT];
    sqn_status status = SQN_OK;
    char *text = NULL;

    for (int k = 0; k < N_PRODUCT; k++) {
        const directory_product *p = directory_product_at(dir, k);

        products[k] = (manifest_product){p->name, p->size, p->sha256};
    }
    const manifest data = {.version = sqn_version(),
                           .task = "simulate",
                           .title =
                               settings->title != NULL ? settings->title : settings->name,
                           .n_product = N_PRODUCT,
                           .products = products};

    SQN_TRY(manifest_text(&text, &data, err));
    assert(text != NULL);
    SQN_TRY(directory_write(dir, names[N_PRODUCT], text, strlen(text), err));
    directory_complete(dir);

cleanup:
    free(text);
    return status;
}

static sqn_status write_all(directory *dir, const simulation *made, const config *settings,
                            sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *angles = NULL;

    SQN_TRY(write_fits(dir, made, SIMULATE_REFERENCES, names[0], err));
    SQN_TRY(write_fits(dir, made, SIMULATE_SCIENCE, names[1], err));
    SQN_TRY(simulate_angles_text(&angles, made, err));
    SQN_TRY(directory_write(dir, names[2], angles, strlen(angles), err));
    SQN_TRY(write_fits(dir, made, SIMULATE_TRUTH, names[3], err));
    SQN_TRY(write_manifest(dir, settings, err));
    SQN_TRY(directory_list(dir, err));

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
    SQN_TRY(write_all(dir, &made, &settings, err));
    if (given->strict && messages_n_warning(said) > 0) {
        status = SQN_RAISE(err, E_STRICT, "%" PRId64 " warnings with --strict",
                           messages_n_warning(said));
    }
    messages_summary(said);

cleanup:
    directory_close(&dir);
    simulation_clear(&made);
    config_clear(&settings);
    return status;
}
