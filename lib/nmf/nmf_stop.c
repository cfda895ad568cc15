/** @file nmf_stop.c @brief When a stage ends, and how the caller hears of it. */
#include <inttypes.h>
#include <math.h>

#include "nmf_internal.h"
#include "raise.h"

static const double eps = 0x1p-24; /* half a unit in the last place of float32 */

double sqn__nmf_stop_bound(const sqn__nmf_stop_rule *rule, double chi2)
{
    return 1e-7 * chi2 + 4.0 * eps * sqrt(chi2 * rule->total / rule->n_data) +
           16.0 * eps * eps * rule->total;
}

sqn__nmf_stop_verdict sqn__nmf_stop_judge(sqn__nmf_stop_state *state,
                                          const sqn__nmf_stop_rule *rule, double chi2)
{
    const double before = state->chi2, fall = before - chi2;
    const double bound = sqn__nmf_stop_bound(rule, before);

    if (!isfinite(chi2) || -fall > 10.0 * bound) {
        return SQN__NMF_STOP_BROKEN;
    }
    if (-fall > bound) {
        return SQN__NMF_STOP_ROUNDING;
    }
    state->chi2 = chi2;
    if (chi2 <= 16.0 * eps * eps * rule->total) {
        return SQN__NMF_STOP_EXACT;
    }
    const double limit = rule->tolerance * before;
    const bool small = rule->small_if_equal ? fall <= limit : fall < limit;

    state->n_small = small ? state->n_small + 1 : 0;
    return state->n_small >= rule->n_small_needed ? SQN__NMF_STOP_CONVERGED
                                                  : SQN__NMF_STOP_GO_ON;
}

sqn_nmf_stop sqn__nmf_stop_reason(sqn__nmf_stop_verdict verdict)
{
    switch (verdict) {
    case SQN__NMF_STOP_CONVERGED:
        return SQN_NMF_CONVERGED;
    case SQN__NMF_STOP_EXACT:
        return SQN_NMF_EXACT;
    case SQN__NMF_STOP_ROUNDING:
        return SQN_NMF_ROUNDING;
    case SQN__NMF_STOP_GO_ON:
    case SQN__NMF_STOP_BROKEN:
        break;
    }
    return SQN_NMF_MAX_ITERATIONS;
}

sqn_status sqn__nmf_stop_report(const sqn__nmf_task *task, int64_t n_comp,
                                int64_t iteration, double chi2, sqn_error *err)
{
    const sqn_nmf_options *options = task->options;
    const sqn_nmf_progress now = {
        .n_comp = n_comp,
        .n_comp_total = options->n_comp,
        .iteration = iteration,
        .chi2 = chi2 * task->panels->chi2_scale,
    };

    if (options->progress != NULL &&
        options->progress(options->progress_context, &now) != 0) {
        return SQN_RAISE(err, E_INTERRUPTED,
                         "stopped after iteration %" PRId64 " with %" PRId64 " components",
                         iteration, n_comp);
    }
    return SQN_OK;
}
