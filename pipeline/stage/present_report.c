/** @file present_report.c @brief Stage 6b: the report of a run. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "count.h"
#include "page.h"
#include "peak.h"
#include "present.h"
#include "product.h"
#include "raise.h"
#include "slots.h"

enum {
    FINDINGS_MAX = 12,
    RESULT_COLUMNS = 7,
    HIDDEN_COLUMNS = 5,
    GROUP_COLUMNS = 6,
    FRAME_COLUMNS = 8
};

static const page_picture pictures[] = {
    {"disk.png",
     "The combined residual, its signal to noise, and the same for every number of "
     "components on one stretch."},
    {"frv.png", "Fractional residual variance of the references against the number of "
                "components, for NMF and for PCA; of hidden data where there are any, "
                "with bars of one standard error."},
    {"components.png",
     "The components, in the order in which they were added, with their shares of the "
     "modelled light of the references; below each, what sets it apart from the mean of "
     "all."},
    {"input.png",
     "Mean science and reference frame, centre, region and excluded pixels, and "
     "their profiles."},
    {"profiles.png",
     "Rings about the star, over all science frames: mean of data and model, root mean "
     "square of the residual, and the noise that its errors promise. Where residual and "
     "noise agree, only noise is left."},
    {"frames.png",
     "Factor of the model, reduced chi2, sigma of the residual, missing pixels "
     "and shift of every science frame."},
};

/* Cells of the table of counts; frv and chi2 where the build has that stage. */
static void fill_counts(slots *s, const result *r)
{
    const basis *b = &r->basis;

    for (int64_t c = 0; c < b->n_count; c++) {
        int64_t row = -1;

        for (int64_t k = 0; k < r->curve.n; k++) {
            row = r->curve.n_comp[k] == b->counts[c] ? k : row;
        }
        (void)slots_put(s, "%" PRId64, b->counts[c]);
        (void)slots_put(s, "%.4g", row < 0 ? NAN : r->curve.chi2_reduced[row]);
        (void)slots_put(s, "%.4g", row < 0 ? NAN : r->curve.frv[row]);
        (void)slots_put(s, "%.4g", row < 0 ? NAN : r->curve.frv_centered[row]);
        (void)slots_put(s, "%.4g", row < 0 ? NAN : r->curve.frv_pca[row]);
        (void)slots_put(s, "%s", row < 0 ? "" : r->curve.stop[row]);
        (void)slots_put(s, "%.3g", peak_of_count(&r->disk, c).snr);
    }
}

/* Cells of the held-out curve. */
static void fill_hidden(slots *s, const sqn_count *count)
{
    for (int64_t k = 0; k < count->n; k++) {
        const sqn_count_point *point = count->point + k;

        (void)slots_put(s, "%" PRId64 "%s", point->n_comp,
                        point->n_comp == count->best     ? " (best)"
                        : point->n_comp == count->chosen ? " (as good)"
                                                         : "");
        (void)slots_put(s, "%.6g", point->frv);
        (void)slots_put(s, "%.2g", point->frv_err);
        (void)slots_put(s, "%.2g", point->excess);
        (void)slots_put(s, "%.2g", point->excess_err);
    }
}

/* Cells of the table of groups, with the largest count. */
static void fill_groups(slots *s, const result *r)
{
    const disk *d = &r->disk;

    for (int64_t g = 0; g < d->n_group; g++) {
        const peak best = peak_of_group(d, g, d->n_count - 1);
        const char *slash = strrchr(d->group_name[g], '/');
        int64_t n_frame = 0;

        for (int64_t i = 0; i < r->obs.science.n_frame; i++) {
            n_frame += d->group_of[i] == g;
        }
        (void)slots_put(s, "%" PRId64, g + 1);
        (void)slots_put(s, "%s", slash != NULL ? slash + 1 : d->group_name[g]);
        (void)slots_put(s, "%.6g", d->group_number[g]);
        (void)slots_put(s, "%" PRId64, n_frame);
        (void)slots_put(s, "%.3g", best.snr);
        (void)slots_put(s, "(%.0f, %.0f)", best.position[0], best.position[1]);
    }
}

static void fill_frames(slots *s, const result *r)
{
    const sqn_fits_stack *sci = &r->obs.science;
    const double unit = ldexp(1.0, sci->exponent);

    for (int64_t i = 0; i < sci->n_frame; i++) {
        const sqn_fits_frame *f = &sci->frames[i];
        const target_frame *t = &r->last.frames[i];
        const char *slash = strrchr(f->file, '/');

        (void)slots_put(s, "%" PRId64, i + 1);
        (void)slots_put(s, "%s, HDU %d, plane %" PRId64,
                        slash != NULL ? slash + 1 : f->file, f->hdu, f->plane);
        (void)slots_put(s, "%.2f", f->angle);
        (void)slots_put(s, "%" PRId64, f->n_missing);
        (void)slots_put(s, "%.4g", t->median * unit);
        (void)slots_put(s, "%.4g", t->sigma * unit);
        (void)slots_put(s, "%.3f", t->chi2_reduced);
        (void)slots_put(s, "%.4f%s", t->factor, t->at_edge ? " (edge)" : "");
    }
}

/* The sentences under the verdict. */
static int64_t find(const char *findings[FINDINGS_MAX], slots *s, const result *r)
{
    static const char *const noise[] = {[READ_ERRORS] = "the error planes of the input",
                                        [READ_POISSON] = "a photon-noise model",
                                        [READ_UNIFORM] = "equal weights, sigma measured"};
    const observation *obs = &r->obs;
    int64_t n = 0;

    findings[n++] = slots_put(
        s, "%" PRId64 " science frames, %s %" PRId64 " reference frames.",
        obs->science.n_frame, obs->references_are_science ? "which are also the" : "and",
        read_references(obs)->n_frame);
    findings[n++] = slots_put(s, "Star at (%.2f, %.2f) FITS pixels, from %s.",
                              obs->center[0], obs->center[1], obs->center_origin);
    findings[n++] = slots_put(s, "Noise: %s.", noise[obs->noise]);
    findings[n++] =
        slots_put(s, "%s",
                  obs->derotate ? "North is up in disk.fits."
                                : "Frames were combined as the detector saw them.");
    if (r->excluded != NULL) {
        findings[n++] = slots_put(
            s, "Largest leverage of a fitted pixel on its own model: %.2g.", r->leverage);
    }
    if (r->rescaled.references > 0.0) {
        findings[n++] = slots_put(s, "Errors of the references were multiplied by %.4g.",
                                  r->rescaled.references);
    }
    if (r->rescaled.science > 0.0) {
        findings[n++] =
            slots_put(s, "Errors of the science frames were multiplied by %.4g.",
                      r->rescaled.science);
    }
    if (r->settings->noise.clip_sigma > 0.0) {
        findings[n++] =
            slots_put(s,
                      "Outliers beyond %g sigma: %" PRId64 " of the references, %" PRId64
                      " of the science frames; they are missing.",
                      r->settings->noise.clip_sigma, r->clipped.references.n_outlier,
                      r->clipped.science.n_outlier);
    }
    if (r->basis.heldout.n > 0) {
        char reason[COUNT_REASON_MAX];

        findings[n++] =
            slots_put(s,
                      "%s; %" PRId64 " entries of %" PRId64
                      " reference frames were hidden from a build of their own.",
                      count_reason(reason, &r->basis.heldout), r->basis.heldout.n_hidden,
                      r->basis.heldout.n_frame);
    }
    findings[n++] = slots_put(s, "Throughput: not measured.");
    return n;
}

static const char *find_verdict(slots *s, const result *r)
{
    const peak best = peak_of_count(&r->disk, r->disk.n_count - 1);
    char where[96];

    peak_group_text(where, sizeof where, &r->disk, best.group);
    return slots_put(s,
                     "With %" PRId64
                     " components, the largest S/N of one resolution element is "
                     "%.1f, at (%.0f, %.0f)%s%s.",
                     r->basis.counts[r->basis.n_count - 1], best.snr, best.position[0],
                     best.position[1], where[0] != '\0' ? " in " : "", where);
}

/** What the parts of the page share. */
typedef struct tables {
    slots words, counts, hidden, groups, frames;
    page_inputs inputs;
    present_decided decided;
} tables;

static sqn_status tables_create(tables *t, const result *r, sqn_error *err)
{
    const int64_t n_input = r->obs.science.n_input + r->obs.reference_stack.n_input;
    sqn_status status = SQN_OK;

    SQN_TRY(slots_create(&t->words, 32, err));
    SQN_TRY(slots_create(&t->counts, r->basis.n_count * RESULT_COLUMNS, err));
    SQN_TRY(slots_create(&t->hidden, r->basis.heldout.n * HIDDEN_COLUMNS, err));
    SQN_TRY(slots_create(&t->groups, r->disk.n_group * GROUP_COLUMNS, err));
    SQN_TRY(slots_create(&t->frames, r->obs.science.n_frame * FRAME_COLUMNS, err));
    SQN_TRY(page_inputs_create(&t->inputs, n_input, err));
    present_decide(&t->decided, r);
    fill_counts(&t->counts, r);
    fill_hidden(&t->hidden, &r->basis.heldout);
    fill_groups(&t->groups, r);
    fill_frames(&t->frames, r);
    page_inputs_add(&t->inputs, &r->obs.science, "science");
    page_inputs_add(&t->inputs, &r->obs.reference_stack, "reference");

cleanup:
    return status;
}

static void tables_clear(tables *t)
{
    slots_clear(&t->words);
    slots_clear(&t->counts);
    slots_clear(&t->hidden);
    slots_clear(&t->groups);
    slots_clear(&t->frames);
    page_inputs_clear(&t->inputs);
}

static sqn_status write_page(session *s, tables *p, const result *r, sqn_error *err)
{
    static const char *const count_heads[RESULT_COLUMNS] = {
        "components", "chi2/n", "FRV", "FRV centred", "FRV of PCA", "stop", "largest S/N"};
    static const char *const hidden_heads[HIDDEN_COLUMNS] = {
        "components", "FRV of hidden data", "standard error", "above the best",
        "standard error of that"};
    static const char *const frame_heads[FRAME_COLUMNS] = {
        "frame", "source", "angle", "missing", "median", "sigma", "chi2/n", "factor"};
    static const char *const group_heads[GROUP_COLUMNS] = {
        "group", "file", "wavelength", "frames", "largest S/N", "at"};
    const report_table results[] = {
        {"By number of components", RESULT_COLUMNS, p->counts.n / RESULT_COLUMNS,
         count_heads, p->counts.pointer},
        {"By group of frames, largest count", GROUP_COLUMNS, p->groups.n / GROUP_COLUMNS,
         group_heads, p->groups.pointer}};
    const report_table frames[] = {
        {"Science frames, largest count", FRAME_COLUMNS, p->frames.n / FRAME_COLUMNS,
         frame_heads, p->frames.pointer},
        {"Data hidden from a build of their own", HIDDEN_COLUMNS,
         p->hidden.n / HIDDEN_COLUMNS, hidden_heads, p->hidden.pointer}};
    const report_section sections[] = {
        {.title = "Result",
         .n_table = r->settings->combine.by == CONFIG_BY_ALL ? 1 : 2,
         .tables = results},
        {.title = "Diagnostics",
         .note = "sigma is the scatter of the residual in the fitted pixels; chi2/n near 1 "
                 "means "
                 "that the errors explain it.",
         .n_table = p->hidden.n > 0 ? 2 : 1,
         .tables = frames},
        {.title = "Inputs", .n_table = 1, .tables = &p->inputs.table},
        {.title = "Decided by default",
         .note = "Keys that were not written, and what became of them.",
         .n_row = p->decided.n,
         .rows = p->decided.row},
    };
    const char *findings[FINDINGS_MAX];
    char title[128];

    present_title(title, sizeof title, r);
    const report data = {
        .title = title,
        .subtitle = slots_put(&p->words,
                              "%" PRId64 " x %" PRId64 " pixels, %" PRId64 " in the region",
                              r->obs.science.nx, r->obs.science.ny, r->obs.pixels.n_pix),
        .verdict = find_verdict(&p->words, r),
        .findings = findings,
        .n_finding = find(findings, &p->words, r),
        .sections = sections,
        .n_section = (int64_t)(sizeof sections / sizeof sections[0]) -
                     (p->decided.n == 0), /* the last */
    };

    return page_write(s, &data, pictures, (int64_t)(sizeof pictures / sizeof pictures[0]),
                      err);
}

sqn_status present_report(session *s, const result *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    tables t = {0};

    SQN_TRY(tables_create(&t, r, err));
    SQN_TRY(write_page(s, &t, r, err));

cleanup:
    tables_clear(&t);
    return status;
}
