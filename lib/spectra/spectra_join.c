/** @file spectra_join.c @brief The arms of a spectrograph as one spectrum. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "axis.h"
#include "mem.h"
#include "raise.h"
#include "resample.h"
#include "sequin/spectra.h"

/** Work space of a join. */
typedef struct job {
    sqn__axis *axes;         /* [n_arm] */
    double *edge, *arm_edge; /* [n_wave + 1] of the union, of the longest arm */
    float *flux, *ivar;      /* [n_wave] an arm on the wavelengths of the union */
} job;

static sqn_status check_arms(const sqn_spectra *arms, int64_t n_arm, sqn_error *err)
{
    for (int64_t a = 1; a < n_arm; a++) {
        if (arms[a].n_spectrum != arms[0].n_spectrum) {
            return SQN_RAISE(err, E_SHAPE,
                             "the first arm holds %" PRId64 " spectra, number %" PRId64
                             " holds %" PRId64,
                             arms[0].n_spectrum, a + 1, arms[a].n_spectrum);
        }
    }
    return n_arm > 0 ? SQN_OK : SQN_RAISE(err, E_ARG, "no arm to join");
}

static bool have_ivar(const sqn_spectra *arms, int64_t n_arm)
{
    bool all = true;

    for (int64_t a = 0; a < n_arm; a++) {
        all = all && arms[a].ivar != NULL;
    }
    return all;
}

/* Put what an arm has into the row of the union: alone, or averaged with what is there. */
static void merge(float *flux, float *ivar, const job *j, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (isnan(j->flux[i])) {
            continue;
        }
        const double v = ivar != NULL ? (double)j->ivar[i] : 1.0;
        const double w = isnan(flux[i]) ? 0.0 : ivar != NULL ? (double)ivar[i] : 1.0;

        flux[i] = w > 0.0
                      ? (float)((w * (double)flux[i] + v * (double)j->flux[i]) / (w + v))
                      : j->flux[i];
        if (ivar != NULL) {
            ivar[i] = (float)(w + v);
        }
    }
}

/* All rows of one arm. */
static void add_arm(sqn_spectra *out, const job *j, const sqn_spectra *arm,
                    const sqn__axis *axis, const sqn__axis *whole)
{
    const int64_t offset = sqn__axis_offset(whole, axis), n = out->n_wave;

    sqn__axis_edges(j->arm_edge, arm->wave, arm->n_wave, 1.0);
    for (int64_t r = 0; r < out->n_spectrum; r++) {
        const sqn__resample_row to = {n, j->edge, j->flux,
                                      out->ivar != NULL ? j->ivar : NULL};
        const sqn__resample_row from = {
            arm->n_wave, j->arm_edge, arm->flux + r * arm->n_wave,
            out->ivar != NULL ? arm->ivar + r * arm->n_wave : NULL};

        if (offset < 0) {
            sqn__resample(&to, &from);
        } else {
            sqn__resample_shift(&to, &from, offset);
        }
        merge(out->flux + r * n, out->ivar != NULL ? out->ivar + r * n : NULL, j, n);
    }
}

static sqn_status job_create(job *j, const sqn_spectra *arms, int64_t n_arm, sqn_error *err)
{
    j->axes = sqn__mem_alloc(n_arm, sizeof *j->axes);
    if (j->axes == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " arms", n_arm);
    }
    for (int64_t a = 0; a < n_arm; a++) {
        j->axes[a] = sqn__axis_describe(arms[a].wave, arms[a].n_wave);
    }
    return SQN_OK;
}

static sqn_status job_room(job *j, int64_t n_wave, const sqn_spectra *arms, int64_t n_arm,
                           sqn_error *err)
{
    int64_t longest = 0;

    for (int64_t a = 0; a < n_arm; a++) {
        longest = arms[a].n_wave > longest ? arms[a].n_wave : longest;
    }
    j->edge = sqn__mem_alloc(n_wave + 1, sizeof *j->edge);
    j->arm_edge = sqn__mem_alloc(longest + 1, sizeof *j->arm_edge);
    j->flux = sqn__mem_alloc(n_wave, sizeof *j->flux);
    j->ivar = sqn__mem_alloc(n_wave, sizeof *j->ivar);
    return j->edge != NULL && j->arm_edge != NULL && j->flux != NULL && j->ivar != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "%" PRId64 " wavelengths", n_wave);
}

static void job_clear(job *j)
{
    sqn__mem_free(j->axes);
    sqn__mem_free(j->edge);
    sqn__mem_free(j->arm_edge);
    sqn__mem_free(j->flux);
    sqn__mem_free(j->ivar);
}

sqn_status sqn_spectra_join(sqn_spectra *out, const sqn_spectra *arms, int64_t n_arm,
                            sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_spectra s = {0};
    double *wave = NULL;
    int64_t n_wave = 0;
    job j = {0};

    *out = s;
    SQN_TRY(check_arms(arms, n_arm, err));
    SQN_TRY(job_create(&j, arms, n_arm, err));
    SQN_TRY(sqn__axis_union(&wave, &n_wave, j.axes, n_arm, err));
    SQN_TRY(sqn_spectra_init(&s, arms[0].n_spectrum, n_wave, have_ivar(arms, n_arm), err));
    SQN_TRY(job_room(&j, n_wave, arms, n_arm, err));
    memcpy(s.wave, wave, (size_t)n_wave * sizeof *wave);
    for (int64_t e = 0; e < s.n_spectrum * n_wave; e++) {
        s.flux[e] = NAN;
    }
    const sqn__axis whole = {.n = n_wave, .wave = s.wave};

    sqn__axis_edges(j.edge, s.wave, n_wave, 1.0);
    for (int64_t a = 0; a < n_arm; a++) {
        add_arm(&s, &j, &arms[a], &j.axes[a], &whole);
    }
    *out = s;
    s = (sqn_spectra){0};

cleanup:
    job_clear(&j);
    sqn__mem_free(wave);
    sqn_spectra_clear(&s);
    return status;
}
