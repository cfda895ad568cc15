/** @file scale.c @brief The scale of the errors, out of what models leave. */
#include "scale.h"

#include <inttypes.h>
#include <math.h>

#include "count.h"
#include "raise.h"
#include "warn.h"

static const double loose_tolerance = 1e-3; /* a scale needs no more digits */
static const double scale_low = 0.5, scale_high = 2.0;
static const double pixel_sigma = 4.0; /* of the chi2 of a pixel */

sqn_status scale_measure(double *scale, const basis_source *source, const config *settings,
                         sqn_error *err)
{
    sqn_nmf_options options = sqn_nmf_options_default();
    sqn_status status = SQN_OK;
    sqn_panels *panels = NULL;
    sqn_nmf *model = NULL;
    sqn_misfit misfit = {0};

    SQN_TRY(sqn_panels_create(&panels, source->rows, basis_negatives(settings), err));
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

bool scale_is_usable(double scale)
{
    return scale > 0.0 && !isinf(scale);
}

bool scale_is_off(double chi2)
{
    return chi2 < scale_low || chi2 > scale_high; /* not where it is NaN */
}

/* Whether the reduced chi2 of a pixel is off by more than chance allows: its cube root is nearly
   normal (Wilson & Hilferty 1931). */
static bool pixel_is_off(const sqn_misfit *misfit, int64_t p)
{
    const double variance = 2.0 / (9.0 * misfit->pixel_free[p]);

    return scale_is_off(misfit->pixel[p]) &&
           fabs(cbrt(misfit->pixel[p]) - (1.0 - variance)) > pixel_sigma * sqrt(variance);
}

static int64_t count_pixels(const sqn_misfit *misfit)
{
    int64_t n = 0;

#pragma omp parallel for schedule(static) default(none) shared(misfit) reduction(+ : n)
    for (int64_t p = 0; p < misfit->n_pix; p++) {
        n += pixel_is_off(misfit, p) ? 1 : 0;
    }
    return n;
}

void scale_note(const sqn_misfit *misfit, const char *noun, const sqn_log *log)
{
    double low = INFINITY, high = -INFINITY;

    for (int64_t i = 0; i < misfit->n_frame; i++) {
        low = fmin(low, misfit->frame[i]);
        high = fmax(high, misfit->frame[i]);
    }
    sqn__log_note(log,
                  "%s: reduced chi2 %.3g, of frames %.3g to %.3g, off in %" PRId64
                  " of %" PRId64 " pixels; the scatter asks for errors %.3g times as large",
                  noun, misfit->total, low, high, count_pixels(misfit), misfit->n_pix,
                  misfit->scale);
}

void scale_judge(const sqn_misfit *misfit, const char *noun, const char *where,
                 const sqn_log *log)
{
    if (scale_is_off(misfit->total)) {
        sqn__log_warn(log, SQN_W_NOISE_SCALE, where,
                      "the errors do not explain the residuals of the %s (reduced "
                      "chi2 %.2g, off in %" PRId64 " of %" PRId64
                      " pixels; the scatter asks for errors %.3g times as large)",
                      noun, misfit->total, count_pixels(misfit), misfit->n_pix,
                      misfit->scale);
    }
}
