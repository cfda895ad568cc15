/** @file count.c @brief The number of components, written or found. */
#include "count.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "raise.h"
#include "warn.h"

enum { COUNT_DEFAULT = 10, COUNT_LIMIT_DEFAULT = 30 };

static const double holdout_default = 0.05; /* of count: auto */

static int64_t at_most(int64_t room, int64_t limit)
{
    return room < 1 ? 1 : room < limit ? room : limit;
}

/* Rows that can be told apart: with `own`, not more than half of them or of their pixels. */
static int64_t room_of(const basis_source *source, const sqn_panels_info *info)
{
    const int64_t used = info->n_frame_used, n_pix = info->n_pix_used;

    return source->own ? (used < n_pix ? used : n_pix) / 2 : used;
}

static sqn_status refuse(const basis_source *source, const sqn_panels_info *info,
                         int64_t count, const config *settings, sqn_error *err)
{
    const char *key = settings->components.count == CONFIG_COUNT_AUTO
                          ? "components.max_count"
                          : "components.count";
    sqn_status status = SQN_OK;

    if (count > info->n_frame_used) {
        status = SQN_RAISE(err, E_COUNT,
                           "%" PRId64 " components from %" PRId64
                           " %s with data (of %" PRId64 ")",
                           count, info->n_frame_used, source->noun, source->rows->n_row);
    } else if (source->own && count > info->n_pix_used) {
        status =
            SQN_RAISE(err, E_COUNT, "%" PRId64 " components from %s of %" PRId64 " pixels",
                      count, source->noun, info->n_pix_used);
    }
    if (status != SQN_OK) {
        (void)config_where(err->where, settings, key);
    }
    return status;
}

sqn_status count_limit(int64_t *out, const basis_source *source,
                       const sqn_panels_info *info, const config *settings, sqn_error *err)
{
    const config_components *c = &settings->components;

    if (c->count == CONFIG_COUNT_AUTO) {
        const int64_t half = source->own ? room_of(source, info) : info->n_frame_used / 2;

        *out = c->max_count > 0 ? c->max_count : at_most(half, COUNT_LIMIT_DEFAULT);
    } else if (c->count > 0) {
        *out = c->count;
    } else {
        *out = at_most(room_of(source, info), COUNT_DEFAULT);
    }
    return refuse(source, info, *out, settings, err);
}

double count_holdout(const config *settings)
{
    const config_components *c = &settings->components;

    return !isnan(c->holdout)              ? c->holdout
           : c->count == CONFIG_COUNT_AUTO ? holdout_default
                                           : 0.0;
}

static const sqn_count_point *point_of(const sqn_count *count, int64_t n_comp)
{
    const sqn_count_point *point = count->point;

    while (point->n_comp != n_comp) {
        point++; /* the count is one of the curve's */
    }
    return point;
}

const char *count_reason(char out[COUNT_REASON_MAX], const sqn_count *count)
{
    const sqn_count_point *chosen = point_of(count, count->chosen);

    if (count->chosen == count->best) {
        (void)snprintf(out, COUNT_REASON_MAX,
                       "%" PRId64 " components predict hidden data best (frv_heldout %.6g)",
                       count->chosen, chosen->frv);
    } else {
        (void)snprintf(
            out, COUNT_REASON_MAX,
            "%" PRId64 " components predict hidden data as well as the best count, %" PRId64
            " (frv_heldout %.6g, %.2g above, standard error %.2g)",
            count->chosen, count->best, chosen->frv, chosen->excess, chosen->excess_err);
    }
    return out;
}

static void say(const sqn_count *count, const config *settings, int64_t limit,
                const sqn_log *log)
{
    char reason[COUNT_REASON_MAX];

    sqn__log_note(log, "%s; %" PRId64 " entries of %" PRId64 " frames were hidden",
                  count_reason(reason, count), count->n_hidden, count->n_frame);
    if (settings->components.count == CONFIG_COUNT_AUTO && count->chosen == limit) {
        char where[SQN_ERROR_WHERE_MAX];

        sqn__log_warn(log, SQN_W_COUNT_LIMIT,
                      config_where(where, settings, "components.max_count"),
                      "hidden data are predicted best with %" PRId64
                      " component%s, the most that were tried",
                      count->chosen, count->chosen == 1 ? "" : "s");
    }
}

sqn_status count_search(sqn_count *out, const sqn_rows *rows, const sqn_nmf_options *solver,
                        sqn_negatives negatives, const config *settings, sqn_error *err)
{
    sqn_count_options options = {
        {count_holdout(settings), (uint64_t)settings->components.seed, negatives}, *solver};
    sqn_status status = SQN_OK;

    if (settings->components.count == CONFIG_COUNT_AUTO) {
        options.nmf.patience = SQN_COUNT_PATIENCE;
    }
    SQN_TRY(sqn_count_search(out, rows, &options, err));
    say(out, settings, solver->n_comp, solver->log);

cleanup:
    sqn__error_at(err, settings->path, -1, NULL);
    return status;
}
