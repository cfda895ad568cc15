/** @file fits_inputs.c @brief The list of files that were read, with their checksums. */
#include "fits_inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fits_checksum.h"
#include "mem.h"
#include "raise.h"

/* Copy one path into the stack. */
static sqn_status keep_path(const char **out, sqn_fits_stack *s, const char *path,
                            sqn_error *err)
{
    const size_t size = strlen(path) + 1;
    char *copy = sqn__mem_alloc((int64_t)size, 1);

    if (copy == NULL) {
        return SQN_RAISE(err, E_MEM, "a path of %zu bytes", size);
    }
    memcpy(copy, path, size);
    s->paths.path[s->paths.n++] = copy;
    *out = copy;
    return SQN_OK;
}

static sqn_status append_input(sqn_fits_stack *s, const char *path, const char *kind,
                               sqn_error *err)
{
    s->inputs[s->n_input].kind = kind;
    const sqn_status status = keep_path(&s->inputs[s->n_input].file, s, path, err);

    s->n_input += status == SQN_OK ? 1 : 0;
    return status;
}

/* Enter a file as an input, or add to the sum of what was read of it. */
static sqn_status enter_input(sqn_fits_stack *s, const char *path, const char *kind,
                              uint32_t datasum, sqn_error *err)
{
    int64_t i = 0, before = 0;

    while (i < s->n_input && strcmp(s->inputs[i].file, path) != 0) {
        i++;
    }
    if (i == s->n_input) {
        const sqn_status status = append_input(s, path, kind, err);

        if (status != SQN_OK) {
            return status;
        }
    }
    (void)sqn__header_card_integer(&before, s->inputs[i].datasum);
    (void)snprintf(s->inputs[i].datasum, sizeof s->inputs[i].datasum, "%" PRIu32,
                   sqn__fits_checksum_add((uint32_t)before, datasum));
    return SQN_OK;
}

static sqn_status enter_units(sqn_fits_stack *s, const sqn__fits_units *units,
                              const char *kind, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t u = 0; u < units->n && status == SQN_OK; u++) {
        const sqn__fits_unit *unit = &units->unit[u];

        status = unit->path != NULL ? enter_input(s, unit->path, kind, unit->datasum, err)
                                    : SQN_OK;
    }
    return status;
}

enum { N_ROW = 4 };

static sqn_status enter_rows(sqn_fits_stack *s, const sqn__fits_layout *layout,
                             sqn_error *err)
{
    static const char *const kinds[N_ROW] = {"frames", "errors", "flags", "mask"};
    const sqn__fits_units *rows[N_ROW] = {&layout->data, &layout->noise, &layout->quality,
                                          &layout->mask};
    sqn_status status = SQN_OK;

    for (int r = 0; r < N_ROW && status == SQN_OK; r++) {
        status = enter_units(s, rows[r], kinds[r], err);
    }
    return status;
}

sqn_status sqn__fits_inputs_sum(sqn_fits_stack *s, const sqn__fits_layout *layout,
                                sqn_error *err)
{
    return enter_rows(s, layout, err); /* all are listed: their sums are added */
}

sqn_status sqn__fits_inputs_list(sqn_fits_stack *s, const sqn__fits_layout *layout,
                                 const sqn_fits_source *source,
                                 const sqn__fits_values *const lists[2], sqn_error *err)
{
    const sqn_fits_files *files = source->files;
    const int64_t n_max =
        files->n + layout->noise.n + layout->quality.n + layout->mask.n + 2; /* and lists */
    sqn_status status = SQN_OK;

    s->paths.path = sqn__mem_alloc(n_max, sizeof *s->paths.path);
    s->inputs = sqn__mem_alloc(n_max, sizeof *s->inputs);
    if (s->paths.path == NULL || s->inputs == NULL) {
        status = SQN_RAISE(err, E_MEM, "a list of %" PRId64 " files", n_max);
        goto cleanup;
    }
    for (int64_t i = 0; i < files->n; i++) {
        SQN_TRY(append_input(s, files->path[i], "frames", err));
    }
    SQN_TRY(enter_rows(s, layout, err));
    if (lists[0]->n > 0) {
        SQN_TRY(enter_input(s, source->angles->file, "angles", lists[0]->datasum, err));
    }
    if (lists[1]->n > 0) {
        SQN_TRY(enter_input(s, source->wavelengths, "wavelengths", lists[1]->datasum, err));
    }

cleanup:
    return status;
}
