/** @file session.c @brief What every task does around its work. */
#include "session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "sequin/version.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 512 };

sqn_status session_begin(session *out, const config *settings,
                         const session_options *options, messages *said, sqn_error *err)
{
    *out = (session){settings, options, said, messages_log(said), NULL, NULL};
    return progress_create(&out->progress, options->progress, err);
}

sqn_status session_open_directory(session *s, const char *const *products,
                                  int64_t n_product, sqn_error *err)
{
    char by_default[NAME_BYTES];
    const char *path =
        s->options->output != NULL ? s->options->output : s->settings->output.directory;

    (void)snprintf(by_default, sizeof by_default, "sequin-out/%s", s->settings->name);
    const directory_plan plan = {
        .path = path != NULL ? path : by_default,
        .prefix = s->settings->output.prefix,
        .products = products,
        .n_product = n_product,
        .overwrite = s->options->overwrite || s->settings->output.overwrite,
    };
    sqn_status status = directory_open(&s->directory, &plan, &s->log, err);

    return status == SQN_OK ? directory_guard(s->directory, s->settings->path, err)
                            : status;
}

sqn_status session_guard(const session *s, const char *const *names, int64_t n,
                         sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t k = 0; k < n && status == SQN_OK; k++) {
        char path[PATH_BYTES];

        if (names[k] != NULL) {
            (void)config_beside(path, sizeof path, s->settings, names[k]);
            status = directory_guard(s->directory, path, err);
        }
    }
    return status;
}

sqn_status session_guard_inputs(const session *s, const sqn_fits_stack *stack,
                                sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t k = 0; k < stack->n_input && status == SQN_OK; k++) {
        status = directory_guard(s->directory, stack->inputs[k].file, err);
    }
    return status;
}

static sqn_status put(void *context, int64_t offset, const void *bytes, size_t size,
                      sqn_error *err)
{
    return directory_put(context, offset, bytes, size, err);
}

static sqn_status get(void *context, int64_t offset, void *bytes, size_t size,
                      sqn_error *err)
{
    return directory_get(context, offset, bytes, size, err);
}

sqn_fits_sink session_sink(directory_file *file)
{
    return (sqn_fits_sink){put, get, file};
}

sqn_status session_put_product(directory_file *out, const session *s, const char *name,
                               sqn_fits_product *product, sqn_error *err)
{
    const sqn_fits_sink sink = session_sink(out);
    sqn_status status = SQN_OK;

    SQN_TRY(directory_begin(out, s->directory, name, err));
    SQN_TRY(sqn_fits_product_write(product, &sink, err));
    SQN_TRY(directory_send(out, err));

cleanup:
    return status;
}

sqn_status session_write_product(const session *s, const char *name,
                                 sqn_fits_product *product, sqn_error *err)
{
    directory_file file;
    const sqn_status status = session_put_product(&file, s, name, product, err);

    return file.fd >= 0 ? directory_end(&file, status, err) : status;
}

sqn_status session_write_text(session *s, const char *name, const char *text,
                              sqn_error *err)
{
    return directory_write(s->directory, name, text, strlen(text), err);
}

/* The log goes on after its checksum could be taken. */
static bool is_log(const char *name)
{
    const size_t length = strlen(name);

    return length >= 7 && strcmp(name + length - 7, "run.log") == 0;
}

/* The manifest of what is in the directory, beside the task's numbers. */
static sqn_status write_manifest(session *s, const manifest *summary, sqn_error *err)
{
    manifest whole = *summary;
    sqn_status status = SQN_OK;
    manifest_product *products = NULL;
    manifest_warning *warnings = NULL;
    char *text = NULL;

    whole.version = sqn_version();
    whole.n_product = directory_n_product(s->directory);
    whole.n_warning = messages_n_warning(s->said);
    whole.products = products = sqn__mem_alloc(whole.n_product, sizeof *products);
    whole.warnings = warnings = sqn__mem_alloc(whole.n_warning, sizeof *warnings);
    if (products == NULL || warnings == NULL) {
        status = SQN_RAISE(err, E_MEM, "manifest of %" PRId64 " products", whole.n_product);
        goto cleanup;
    }
    for (int64_t k = 0; k < whole.n_product; k++) {
        const directory_product *p = directory_product_at(s->directory, k);

        products[k] =
            (manifest_product){p->name, p->size, is_log(p->name) ? NULL : p->sha256};
    }
    for (int64_t k = 0; k < whole.n_warning; k++) {
        warnings[k].line = messages_warning(s->said, k, &warnings[k].count);
    }
    SQN_TRY(manifest_text(&text, &whole, err));
    SQN_TRY(session_write_text(s, "manifest.json", text, err));
    directory_complete(s->directory);

cleanup:
    free(text);
    sqn__mem_free(products);
    sqn__mem_free(warnings);
    return status;
}

sqn_status session_write_record(session *s, const manifest *summary, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *text = NULL;

    SQN_TRY(config_dump(&text, s->settings, true, err));
    SQN_TRY(session_write_text(s, "run.yaml", text, err));
    messages_summary(s->said);
    SQN_TRY(session_write_text(s, "run.log", messages_text(s->said), err));
    directory_tidy(s->directory);
    SQN_TRY(write_manifest(s, summary, err));

cleanup:
    free(text);
    return status;
}

void session_title(char *out, size_t size, const config *settings,
                   const sqn_fits_stack *stack)
{
    if (settings->title != NULL && settings->title[0] != '\0') {
        (void)snprintf(out, size, "%s", settings->title);
    } else if (!sqn_header_text(out, size, stack->primary, "OBJECT") &&
               !sqn_header_text(out, size, stack->image, "OBJECT") &&
               !sqn_header_text(out, size, stack->primary, "TARGNAME")) {
        (void)snprintf(out, size, "%s", settings->name);
    }
}

int session_show_build(void *context, const sqn_nmf_progress *now)
{
    session_build *build = context;

    if (now->n_comp > build->n_built && build->n_built > 0) {
        build->n_built = now->n_comp;
    } else if (now->n_comp != build->n_built) { /* the first build, or the next */
        progress_end(build->session->progress);
        progress_stage(build->session->progress, build->name, now->n_comp_total);
        build->n_built = now->n_comp;
    }
    progress_update(build->session->progress,
                    now->stage_done ? now->n_comp : now->n_comp - 1, now->iteration,
                    now->chi2);
    return 0;
}

sqn_status session_list(const session *s, sqn_error *err)
{
    return directory_list(s->directory, err);
}

/* With --strict a warning of a stage ends the run. */
static sqn_status check_strict(const session *s, const char *stage, sqn_error *err)
{
    const int64_t n = messages_n_warning(s->said);

    return s->options->strict && n > 0
               ? SQN_RAISE(err, E_STRICT, "%s: %" PRId64 " warning%s with --strict", stage,
                           n, n == 1 ? "" : "s")
               : SQN_OK;
}

/* Say the error, and leave the log where it replaces nothing of a complete run. An output that
 * was refused stays as it is. */
static void leave_log(session *s, const sqn_error *error)
{
    const sqn_log problems = messages_problems(s->said);

    messages_summary(s->said);
    problems.warn(problems.context, error);
    if (s->directory != NULL && !directory_is_complete(s->directory) &&
        error->id != SQN_E_OUT_EXISTS) {
        const sqn_status status =
            session_write_text(s, "run.log", messages_text(s->said), NULL);

        (void)status; /* the error that ended the run is the one to be told */
    }
}

sqn_status session_run(session *s, const session_stage *stages, int64_t n_stage, void *run,
                       sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_error own = {0};

    for (int64_t k = 0; k < n_stage; k++) {
        messages_note(s->said, "stage: %s", stages[k].name);
        SQN_TRY(stages[k].work(run, &own));
        SQN_TRY(check_strict(s, stages[k].name, &own));
    }

cleanup:
    if (status != SQN_OK) {
        leave_log(s, &own);
        if (err != NULL) {
            *err = own;
        }
    }
    return status;
}

void session_end(session *s)
{
    progress_destroy(&s->progress);
    directory_close(&s->directory);
}
