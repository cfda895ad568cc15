/** @file sqn_config.h @brief Configurations of a test: read from text, problems kept. */
#ifndef SQN_CONFIG_H
#define SQN_CONFIG_H

#include "config.h"
#include "sqn_check.h"
#include "sqn_text.h"

enum { SQN_CONFIG_KEPT = 128 };

/** The problems of the last sqn_config_read(), as lines. */
typedef struct sqn_config_problems {
    int64_t n;
    char line[SQN_CONFIG_KEPT][1200];
} sqn_config_problems;

static sqn_config_problems sqn_config_found;

static inline void sqn_config_keep(void *context, const sqn_error *problem)
{
    sqn_config_problems *found = context;

    ck_assert_int_ne(problem->status, SQN_OK);
    if (found->n < SQN_CONFIG_KEPT) {
        sqn_error_line(found->line[found->n], sizeof found->line[0], problem);
    }
    found->n++;
}

/** Read `text` as `c.yaml` of the scratch folder, with `--set` items up to NULL. */
static inline sqn_status sqn_config_read(config *out, const char *text,
                                         const char *const *sets, config_use use,
                                         sqn_error *err)
{
    const sqn_log log = {.warn = sqn_config_keep, .context = &sqn_config_found};
    int n_set = 0;

    sqn_config_found.n = 0;
    sqn_text_save("c.yaml", text, strlen(text));
    while (sets != NULL && sets[n_set] != NULL) {
        n_set++;
    }
    return config_read(out, "c.yaml", sets, n_set, use, &log, err);
}

/** Assert that one of the problems holds `part`. */
static inline void sqn_config_expect(const char *part)
{
    for (int64_t i = 0; i < sqn_config_found.n && i < SQN_CONFIG_KEPT; i++) {
        if (strstr(sqn_config_found.line[i], part) != NULL) {
            return;
        }
    }
    ck_abort_msg("no problem holds \"%s\"; the first: %s", part,
                 sqn_config_found.n > 0 ? sqn_config_found.line[0] : "none");
}

/** The smallest configuration that runs. */
#define SQN_CONFIG_SMALL \
    "task: imaging\nscience: {files: [s.fits]}\nreferences: {files: [r.fits]}\n"

#endif
