/** @file page.c @brief What the report of every task shows. */
#include "page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "provenance.h"
#include "raise.h"
#include "sequin/version.h"

enum { INPUT_COLUMNS = 3 };

sqn_status page_inputs_create(page_inputs *out, int64_t n, sqn_error *err)
{
    static const char *const heads[INPUT_COLUMNS] = {"role", "file", "DATASUM"};
    const sqn_status status = slots_create(&out->cells, n * INPUT_COLUMNS, err);

    out->table = (report_table){NULL, INPUT_COLUMNS, 0, heads, out->cells.pointer};
    return status;
}

void page_inputs_add(page_inputs *inputs, const sqn_fits_stack *stack, const char *role)
{
    for (int64_t k = 0; k < stack->n_input; k++) {
        const char *slash = strrchr(stack->inputs[k].file, '/');
        char what[PROVENANCE_ROLE_MAX];

        (void)slots_put(&inputs->cells, "%s",
                        provenance_role(what, role, &stack->inputs[k]));
        (void)slots_put(&inputs->cells, "%s",
                        slash != NULL ? slash + 1 : stack->inputs[k].file);
        (void)slots_put(&inputs->cells, "%s", stack->inputs[k].datasum);
    }
    inputs->table.n_row = inputs->cells.n / INPUT_COLUMNS;
}

void page_inputs_clear(page_inputs *inputs)
{
    slots_clear(&inputs->cells);
    *inputs = (page_inputs){0};
}

/** What is added to every report. */
typedef struct page {
    report_warning *warnings; /* [n_warning] */
    report_picture *pictures; /* [n_picture] */
    void **bytes;             /* [n_picture] */
    int64_t n_warning, n_picture;
    char *settings;
} page;

static sqn_status page_create(page *p, const session *s, const page_picture *pictures,
                              int64_t n_picture, sqn_error *err)
{
    sqn_status status = SQN_OK;

    p->n_warning = messages_n_warning(s->said);
    p->n_picture = n_picture;
    p->warnings = sqn__mem_alloc(p->n_warning, sizeof *p->warnings);
    p->pictures = sqn__mem_alloc(n_picture, sizeof *p->pictures);
    p->bytes = sqn__mem_alloc(n_picture, sizeof *p->bytes);
    if (p->warnings == NULL || p->pictures == NULL || p->bytes == NULL) {
        status = SQN_RAISE(err, E_MEM, "report of %" PRId64 " warnings", p->n_warning);
        goto cleanup;
    }
    for (int64_t k = 0; k < p->n_warning; k++) {
        p->warnings[k].line = messages_warning(s->said, k, &p->warnings[k].count);
    }
    for (int64_t k = 0; k < n_picture; k++) {
        size_t size = 0;

        SQN_TRY(directory_read(&p->bytes[k], &size, s->directory, pictures[k].name, err));
        p->pictures[k] =
            (report_picture){pictures[k].name, pictures[k].caption, p->bytes[k], size};
    }
    SQN_TRY(config_dump(&p->settings, s->settings, true, err));

cleanup:
    return status;
}

static void page_clear(page *p)
{
    for (int64_t k = 0; p->bytes != NULL && k < p->n_picture; k++) {
        free(p->bytes[k]);
    }
    sqn__mem_free(p->bytes);
    sqn__mem_free(p->pictures);
    sqn__mem_free(p->warnings);
    free(p->settings);
}

sqn_status page_write(session *s, const report *own, const page_picture *pictures,
                      int64_t n_picture, sqn_error *err)
{
    const report_row versions[] = {{"Sequin", sqn_version()}};
    sqn_status status = SQN_OK;
    report whole = *own;
    char *html = NULL;
    page p = {0};

    SQN_TRY(page_create(&p, s, pictures, n_picture, err));
    whole.version = sqn_version();
    whole.warnings = p.warnings;
    whole.n_warning = p.n_warning;
    whole.pictures = p.pictures;
    whole.n_picture = n_picture;
    whole.settings = p.settings;
    whole.command = s->options->command;
    whole.versions = versions;
    whole.n_version = 1;
    SQN_TRY(report_text(&html, &whole, err));
    SQN_TRY(session_write_text(s, "report.html", html, err));

cleanup:
    free(html);
    page_clear(&p);
    return status;
}
