/** @file outliers.c @brief Outliers: options out of the configuration, and words. */
#include "outliers.h"

#include <inttypes.h>

#include "warn.h"

/* Components where their number is not written. */
static int64_t count_without(int64_t n_row)
{
    const int64_t most = 10, quarter = n_row / 4;

    return quarter < 1 ? 1 : quarter < most ? quarter : most;
}

sqn_outlier_options outliers_options(const config *settings, int64_t n_row, bool relative)
{
    const config_components *c = &settings->components;
    sqn_outlier_options options = sqn_outlier_options_default();

    options.rule.n_sigma = settings->noise.clip_sigma;
    options.rule.max_fraction = settings->noise.clip_max_fraction;
    options.rule.relative = relative;
    options.negatives = basis_negatives(settings);
    options.nmf.n_comp =
        c->count > 0 && c->count != CONFIG_COUNT_AUTO ? c->count : count_without(n_row);
    options.nmf.background = c->background == CONFIG_BACKGROUND_FLAT;
    return options;
}

void outliers_say(const sqn_outlier_tally *tally, const char *noun, const config *settings,
                  const sqn_log *log)
{
    const double share =
        tally->n_valid > 0 ? (double)tally->n_outlier / (double)tally->n_valid : 0.0;
    char where[SQN_ERROR_WHERE_MAX];

    sqn__log_note(log,
                  "%" PRId64 " of %" PRId64
                  " %s data (%.3g %%) deviate by more than %g sigma: missing from now on",
                  tally->n_outlier, tally->n_valid, noun, 100.0 * share,
                  settings->noise.clip_sigma);
    if (tally->n_capped > 0) {
        sqn__log_warn(log, SQN_W_CLIP_CAP,
                      config_where(where, settings, "noise.clip_max_fraction"),
                      "%" PRId64 " %s frames have more outliers than %g of their data "
                      "(the first is frame %" PRId64 "): the largest only were clipped",
                      tally->n_capped, noun, settings->noise.clip_max_fraction,
                      tally->first_capped + 1);
    }
}
