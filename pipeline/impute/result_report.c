/** @file result_report.c @brief The report of task impute, and the numbers of its manifest. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "count.h"
#include "imputed.h"
#include "mem.h"
#include "page.h"
#include "raise.h"
#include "result.h"

enum {
    METHOD_COLUMNS = 3,
    COUNT_COLUMNS = 6,
    FILE_COLUMNS = 4,
    FINDINGS_MAX = 8,
    WORDS = 16
};

static const page_picture pictures[] = {
    {"imputed.png",
     "The image with the most filled pixels: before, filled, and the error of "
     "what is filled; large images once more below, enlarged where most is filled. Missing "
     "pixels are grey."},
    {"components.png", "The components, in the order in which they were added, with their "
                       "shares of the modelled light; below each, what sets it apart from "
                       "the mean of all."},
    {"frv.png", "Fractional residual variance of the images against the number of "
                "components, for NMF and for PCA."},
};

/** Tables of the page. */
typedef struct tables {
    slots words, methods, counts, files;
    page_inputs inputs;
} tables;

static void fill_methods(slots *s, const trial *t)
{
    for (int m = 0; m < TRIAL_METHODS && t->n_hidden > 0; m++) {
        (void)slots_put(s, "%s", trial_method(m));
        (void)slots_put(s, "%.4g", t->score[m].rms);
        (void)slots_put(s, "%.4g", t->score[m].robust);
    }
}

/* By number of components; the trial may have fewer. */
static void fill_counts(slots *s, const imputation *im)
{
    for (int64_t k = 0; k < im->curve.n; k++) {
        trial_score score = {NAN, NAN};

        for (int64_t c = 0; c < im->trial.n_count; c++) {
            score =
                im->trial.counts[c] == im->curve.n_comp[k] ? im->trial.of_count[c] : score;
        }
        (void)slots_put(s, "%" PRId64, im->curve.n_comp[k]);
        (void)slots_put(s, "%.4g", score.rms);
        (void)slots_put(s, "%.4g", score.robust);
        (void)slots_put(s, "%.4g", im->curve.chi2_reduced[k]);
        (void)slots_put(s, "%.4g", im->curve.frv[k]);
        (void)slots_put(s, "%s", im->curve.stop[k]);
    }
}

static void fill_files(slots *s, const images *im, const uint8_t *fate)
{
    const int64_t n_pix = im->ny * im->nx;
    int64_t n[3] = {0};

    for (int64_t i = 0; i < im->n_plane; i++) {
        const sqn_fits_frame *frame = &im->stack.frames[i];
        const char *slash = strrchr(frame->file, '/');

        for (int64_t p = 0; p < n_pix; p++) {
            n[fate[i * n_pix + p]]++;
        }
        if (i + 1 < im->n_plane && im->stack.frames[i + 1].file == frame->file) {
            continue;
        }
        (void)slots_put(s, "%s", slash != NULL ? slash + 1 : frame->file);
        (void)slots_put(s, "%" PRId64, n[IMPUTED_KEPT]);
        (void)slots_put(s, "%" PRId64, n[IMPUTED_FILLED]);
        (void)slots_put(s, "%" PRId64, n[IMPUTED_LEFT]);
        memset(n, 0, sizeof n);
    }
}

static sqn_status tables_create(tables *t, const imputation *im, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(slots_create(&t->words, WORDS, err));
    SQN_TRY(slots_create(&t->methods, INT64_C(1) * TRIAL_METHODS * METHOD_COLUMNS, err));
    SQN_TRY(slots_create(&t->counts, (im->curve.n + 1) * COUNT_COLUMNS, err));
    SQN_TRY(slots_create(&t->files, im->images.n_plane * FILE_COLUMNS, err));
    SQN_TRY(page_inputs_create(&t->inputs, im->images.stack.n_input, err));
    fill_methods(&t->methods, &im->trial);
    fill_counts(&t->counts, im);
    fill_files(&t->files, &im->images, im->fate);
    page_inputs_add(&t->inputs, &im->images.stack, "images");

cleanup:
    return status;
}

static void tables_clear(tables *t)
{
    slots_clear(&t->words);
    slots_clear(&t->methods);
    slots_clear(&t->counts);
    slots_clear(&t->files);
    page_inputs_clear(&t->inputs);
}

static const char *find_verdict(slots *s, const imputation *im)
{
    const trial *t = &im->trial;

    if (t->n_hidden == 0) {
        return slots_put(s, "%" PRId64 " of %" PRId64 " missing pixels are filled.",
                         im->n_filled, im->images.n_missing);
    }
    return slots_put(s,
                     "%" PRId64 " of %" PRId64
                     " missing pixels are filled. Hidden good pixels are predicted to %.3g "
                     "sigma (median of the neighbours %.3g, mean over frames %.3g).",
                     im->n_filled, im->images.n_missing, t->score[TRIAL_OURS].rms,
                     t->score[TRIAL_NEIGHBOURS].rms, t->score[TRIAL_FRAMES].rms);
}

static int64_t find(const char *findings[FINDINGS_MAX], slots *s, const imputation *im,
                    const config *settings)
{
    static const char *const noise[] = {[IMAGES_ERRORS] = "the error planes of the input",
                                        [IMAGES_POISSON] = "a photon-noise model",
                                        [IMAGES_UNIFORM] =
                                            "equal weights, sigma measured in each frame"};
    const basis *b = &im->basis;
    int64_t n = 0;

    findings[n++] = slots_put(
        s, "Frames are %s: a matrix of %" PRId64 " x %" PRId64 ", %" PRId64 " components.",
        images_noun(&im->images), im->frames.n_row, im->frames.n_col, b->n_comp);
    findings[n++] = slots_put(s, "Noise: %s.", noise[im->images.noise]);
    if (im->trial.n_hidden > 0) {
        findings[n++] = slots_put(
            s,
            "Scatter of hidden pixels about our values over sqrt(sigma^2 + ERR^2): %.3g "
            "(1 where the errors are right).",
            im->trial.pull.rms);
    }
    if (im->screening.outliers.n_valid > 0) {
        findings[n++] =
            slots_put(s,
                      "Outliers beyond %g sigma: %" PRId64
                      " pixels; they were filled as missing ones.",
                      settings->noise.clip_sigma, im->screening.outliers.n_outlier);
    }
    if (im->screening.factor > 0.0) {
        findings[n++] =
            slots_put(s, "Errors were multiplied by %.4g.", im->screening.factor);
    }
    if (b->heldout.n > 0) {
        char reason[COUNT_REASON_MAX];

        findings[n++] = slots_put(s,
                                  "%s; %" PRId64 " entries of %" PRId64
                                  " %s were hidden from a build of their own.",
                                  count_reason(reason, &b->heldout), b->heldout.n_hidden,
                                  b->heldout.n_frame, images_noun(&im->images));
    }
    if (im->n_left > 0) {
        findings[n++] =
            slots_put(s, "%" PRId64 " missing pixels have no value.", im->n_left);
    }
    return n;
}

static sqn_status write_page(session *s, tables *t, const imputation *im, sqn_error *err)
{
    static const char *const method_heads[METHOD_COLUMNS] = {"predicted by", "RMS / sigma",
                                                             "robust"};
    static const char *const count_heads[COUNT_COLUMNS] = {
        "components", "hidden: RMS / sigma", "robust", "chi2/n", "FRV", "stop"};
    static const char *const file_heads[FILE_COLUMNS] = {"file", "kept", "filled",
                                                         "without a value"};
    const report_table trial_tables[] = {
        {"Hidden pixels", METHOD_COLUMNS, t->methods.n / METHOD_COLUMNS, method_heads,
         t->methods.pointer},
        {"By number of components", COUNT_COLUMNS, t->counts.n / COUNT_COLUMNS, count_heads,
         t->counts.pointer}};
    const report_table files = {NULL, FILE_COLUMNS, t->files.n / FILE_COLUMNS, file_heads,
                                t->files.pointer};
    const report_section sections[] = {
        {.title = "Result", .n_table = 1, .tables = &files},
        {.title = "Trial",
         .note = slots_put(&t->words,
                           "%" PRId64 " good pixels were hidden from a build of their own "
                           "and predicted; robust is 1.4826 times the median distance.",
                           im->trial.n_hidden),
         .n_table = 2,
         .tables = trial_tables},
        {.title = "Inputs", .n_table = 1, .tables = &t->inputs.table},
    };
    const char *findings[FINDINGS_MAX];
    char title[128];

    session_title(title, sizeof title, s->settings, &im->images.stack);
    const report data = {
        .title = title,
        .subtitle =
            slots_put(&t->words, "%" PRId64 " plane%s of %" PRId64 " x %" PRId64 " pixels",
                      im->images.n_plane, im->images.n_plane == 1 ? "" : "s", im->images.nx,
                      im->images.ny),
        .verdict = find_verdict(&t->words, im),
        .findings = findings,
        .n_finding = find(findings, &t->words, im, s->settings),
        .sections = sections,
        .n_section = sizeof sections / sizeof sections[0],
    };

    return page_write(s, &data, pictures, (int64_t)(sizeof pictures / sizeof pictures[0]),
                      err);
}

sqn_status result_report(session *s, const imputation *im, sqn_error *err)
{
    sqn_status status = SQN_OK;
    tables t = {0};

    SQN_TRY(tables_create(&t, im, err));
    SQN_TRY(write_page(s, &t, im, err));

cleanup:
    tables_clear(&t);
    return status;
}

sqn_status result_record(session *s, const imputation *im, sqn_error *err)
{
    const trial *t = &im->trial;
    const bool tried = t->n_hidden > 0;
    sqn_status status = SQN_OK;
    char title[128];
    double *lists = sqn__mem_alloc(2 * (t->n_count + 1), sizeof *lists);
    double *counts = lists, *rms = lists + t->n_count + 1;

    if (lists == NULL) {
        return SQN_RAISE(err, E_MEM, "summary of %" PRId64 " counts", t->n_count);
    }
    for (int64_t c = 0; c < t->n_count; c++) {
        counts[c] = (double)t->counts[c];
        rms[c] = t->of_count[c].rms;
    }
    session_title(title, sizeof title, s->settings, &im->images.stack);
    const manifest_number numbers[] = {
        {"n_plane", (double)im->images.n_plane},
        {"n_missing", (double)im->images.n_missing},
        {"n_filled", (double)im->n_filled},
        {"n_left", (double)im->n_left},
        {"n_clipped", (double)im->screening.outliers.n_outlier},
        {"noise_factor", im->screening.factor > 0.0 ? im->screening.factor : 1.0},
        {"chi2_reduced",
         im->images.noise != IMAGES_UNIFORM ? im->basis.misfit.total : (double)NAN},
        {"n_component", (double)im->basis.n_comp},
        {"count_best_heldout",
         im->basis.heldout.n > 0 ? (double)im->basis.heldout.best : (double)NAN},
        {"n_hidden", (double)t->n_hidden},
        {"rms_ours", tried ? t->score[TRIAL_OURS].rms : NAN},
        {"rms_neighbours", tried ? t->score[TRIAL_NEIGHBOURS].rms : NAN},
        {"rms_frames", tried ? t->score[TRIAL_FRAMES].rms : NAN},
        {"robust_ours", tried ? t->score[TRIAL_OURS].robust : NAN},
        {"robust_neighbours", tried ? t->score[TRIAL_NEIGHBOURS].robust : NAN},
        {"robust_frames", tried ? t->score[TRIAL_FRAMES].robust : NAN},
        {"pull", tried ? t->pull.rms : NAN},
    };
    const manifest_series series[] = {
        {"counts", t->n_count, counts},
        {"rms_of_count", t->n_count, rms},
        {"chi2", im->curve.n_stage, im->curve.chi2},
        {"frv", im->curve.n_stage, im->curve.frv},
        {"frv_heldout", im->basis.heldout.n, im->curve.heldout},
        {"frv_heldout_err", im->basis.heldout.n, im->curve.heldout_err},
    };
    const manifest summary = {.task = "impute",
                              .title = title,
                              .n_number = sizeof numbers / sizeof numbers[0],
                              .n_series = sizeof series / sizeof series[0],
                              .numbers = numbers,
                              .series = series};

    SQN_TRY(session_write_record(s, &summary, err));

cleanup:
    sqn__mem_free(lists);
    return status;
}
