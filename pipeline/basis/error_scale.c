/** @file error_scale.c @brief The factor by which errors are wrong. */
#include "error_scale.h"

#include <math.h>

#include "count.h"
#include "raise.h"

static const double loose_tolerance = 1e-3; /* a scale needs no more digits */

bool error_scale_is_usable(double scale)
{
    return scale > 0.0 && !isinf(scale);
}

sqn_status error_scale_measure(double *scale, const basis_source *source,
                               const config *settings, sqn_error *err)
{
    sqn_nmf_options options = sqn_nmf_options_default();
    sqn_rows rows = *source->rows;
    sqn_status status = SQN_OK;
    sqn_panels *panels = NULL;
    sqn_nmf *model = NULL;
    sqn_misfit misfit = {0};

    *scale = NAN;
    rows.release = NULL; /* they are read again */
    SQN_TRY(sqn_panels_create(&panels, &rows, basis_negatives(settings), err));
    const int64_t used = sqn_panels_about(panels)->n_frame_used;

    SQN_TRY(count_limit(&options.n_comp, source, sqn_panels_about(panels), settings, err));
    options.n_comp = options.n_comp < used / 2 ? options.n_comp : used > 3 ? used / 2 : 1;
    options.tolerance = loose_tolerance;
    options.background = settings->components.background == CONFIG_BACKGROUND_FLAT;
    options.keep = &options.n_comp;
    options.n_keep = 1;
    SQN_TRY(sqn_nmf_fit(&model, panels, &options, err));
    SQN_TRY(sqn_misfit_measure(&misfit, panels, model, options.n_comp, err));
    *scale = misfit.scale;

cleanup:
    sqn_misfit_clear(&misfit);
    sqn_nmf_destroy(&model);
    sqn_panels_destroy(&panels);
    return status;
}
