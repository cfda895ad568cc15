/** @file present_report.c @brief Stage 6b: the report of a run. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "mem.h"
#include "peak.h"
#include "present.h"
#include "product.h"
#include "raise.h"
#include "report.h"
#include "sequin/version.h"

enum {
    TEXT_BYTES = 320,
    PICTURES = 6,
    FINDINGS_MAX = 12,
    RESULT_COLUMNS = 7,
    HIDDEN_COLUMNS = 5,
    GROUP_COLUMNS = 6,
    FRAME_COLUMNS = 8
};

static const struct {
    const char *name, *caption;
} picture_texts[PICTURES] = {
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

/** Strings of the page: slots of fixed size, filled one after the other. */
typedef struct slots {
    int64_t n, capacity;
    char (*text)[TEXT_BYTES];
    const char **pointer; /* [capacity] */
} slots;

static sqn_status slots_create(slots *s, int64_t capacity, sqn_error *err)
{
    *s = (slots){.capacity = capacity};
    s->text = sqn__mem_alloc(capacity, sizeof *s->text);
    s->pointer = sqn__mem_alloc(capacity, sizeof *s->pointer);
    return s->text != NULL && s->pointer != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "report of %" PRId64 " cells", capacity);
}

static void slots_clear(slots *s)
{
    sqn__mem_free(s->text);
    sqn__mem_free(s->pointer);
}

SQN_PRINTF(2, 3)
static const char *put(slots *s, const char *format, ...)
{
    va_list args;

    if (s->n == s->capacity) {
        return "";
    }
    va_start(args, format);
    (void)vsnprintf(s->text[s->n], TEXT_BYTES, format, args);
    va_end(args);
    s->pointer[s->n] = s->text[s->n];
    return s->text[s->n++];
}

/* Cells of the table of counts; frv and chi2 where the build has that stage. */
static void fill_counts(slots *s, const result *r)
{
    const basis *b = &r->basis;

    for (int64_t c = 0; c < b->n_count; c++) {
        int64_t row = -1;

        for (int64_t k = 0; k < r->curve.n; k++) {
            row = r->curve.n_comp[k] == b->counts[c] ? k : row;
        }
        (void)put(s, "%" PRId64, b->counts[c]);
        (void)put(s, "%.4g", row < 0 ? NAN : r->curve.chi2_reduced[row]);
        (void)put(s, "%.4g", row < 0 ? NAN : r->curve.frv[row]);
        (void)put(s, "%.4g", row < 0 ? NAN : r->curve.frv_centered[row]);
        (void)put(s, "%.4g", row < 0 ? NAN : r->curve.frv_pca[row]);
        (void)put(s, "%s", row < 0 ? "" : r->curve.stop[row]);
        (void)put(s, "%.3g", peak_of_count(&r->disk, c).snr);
    }
}

/* Cells of the held-out curve. */
static void fill_hidden(slots *s, const sqn_count *count)
{
    for (int64_t k = 0; k < count->n; k++) {
        const sqn_count_point *point = count->point + k;

        (void)put(s, "%" PRId64 "%s", point->n_comp,
                  point->n_comp == count->best     ? " (best)"
                  : point->n_comp == count->chosen ? " (as good)"
                                                   : "");
        (void)put(s, "%.6g", point->frv);
        (void)put(s, "%.2g", point->frv_err);
        (void)put(s, "%.2g", point->excess);
        (void)put(s, "%.2g", point->excess_err);
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
        (void)put(s, "%" PRId64, g + 1);
        (void)put(s, "%s", slash != NULL ? slash + 1 : d->group_name[g]);
        (void)put(s, "%.6g", d->group_number[g]);
        (void)put(s, "%" PRId64, n_frame);
        (void)put(s, "%.3g", best.snr);
        (void)put(s, "(%.0f, %.0f)", best.position[0], best.position[1]);
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

        (void)put(s, "%" PRId64, i + 1);
        (void)put(s, "%s, HDU %d, plane %" PRId64, slash != NULL ? slash + 1 : f->file,
                  f->hdu, f->plane);
        (void)put(s, "%.2f", f->angle);
        (void)put(s, "%" PRId64, f->n_missing);
        (void)put(s, "%.4g", t->median * unit);
        (void)put(s, "%.4g", t->sigma * unit);
        (void)put(s, "%.3f", t->chi2_reduced);
        (void)put(s, "%.4f%s", t->factor, t->at_edge ? " (edge)" : "");
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

    findings[n++] = put(s, "%" PRId64 " science frames, %s %" PRId64 " reference frames.",
                        obs->science.n_frame,
                        obs->references_are_science ? "which are also the" : "and",
                        read_references(obs)->n_frame);
    findings[n++] = put(s, "Star at (%.2f, %.2f) FITS pixels, from %s.", obs->center[0],
                        obs->center[1], obs->center_origin);
    findings[n++] = put(s, "Noise: %s.", noise[obs->noise]);
    findings[n++] = put(s, "%s",
                        obs->derotate ? "North is up in disk.fits."
                                      : "Frames were combined as the detector saw them.");
    if (r->rescaled.references > 0.0) {
        findings[n++] = put(s, "Errors of the references were multiplied by %.4g.",
                            r->rescaled.references);
    }
    if (r->rescaled.science > 0.0) {
        findings[n++] = put(s, "Errors of the science frames were multiplied by %.4g.",
                            r->rescaled.science);
    }
    if (r->settings->noise.clip_sigma > 0.0) {
        findings[n++] =
            put(s,
                "Outliers beyond %g sigma: %" PRId64 " of the references, %" PRId64
                " of the science frames; they are missing.",
                r->settings->noise.clip_sigma, r->clipped.references.n_outlier,
                r->clipped.science.n_outlier);
    }
    if (r->basis.heldout.n > 0) {
        char reason[COUNT_REASON_MAX];

        findings[n++] = put(s,
                            "%s; %" PRId64 " entries of %" PRId64
                            " reference frames were hidden from a build of their own.",
                            count_reason(reason, &r->basis.heldout),
                            r->basis.heldout.n_hidden, r->basis.heldout.n_frame);
    }
    findings[n++] = put(s, "Throughput: not measured.");
    return n;
}

static const char *find_verdict(slots *s, const result *r)
{
    const peak best = peak_of_count(&r->disk, r->disk.n_count - 1);
    char where[96];

    peak_group_text(where, sizeof where, &r->disk, best.group);
    return put(s,
               "With %" PRId64 " components, the largest S/N of one resolution element is "
               "%.1f, at (%.0f, %.0f)%s%s.",
               r->basis.counts[r->basis.n_count - 1], best.snr, best.position[0],
               best.position[1], where[0] != '\0' ? " in " : "", where);
}

/** What the parts of the page share. */
typedef struct page {
    slots words, counts, hidden, groups, frames, inputs;
    report_warning *warnings;
    report_picture pictures[PICTURES];
    present_decided decided;
    void *bytes[PICTURES];
    char *settings;
} page;

static void fill_inputs(slots *s, const sqn_fits_stack *stack, const char *role)
{
    for (int64_t k = 0; k < stack->n_input; k++) {
        const char *slash = strrchr(stack->inputs[k].file, '/');
        char what[PRODUCT_ROLE_MAX];

        (void)put(s, "%s", product_role(what, role, &stack->inputs[k]));
        (void)put(s, "%s", slash != NULL ? slash + 1 : stack->inputs[k].file);
        (void)put(s, "%s", stack->inputs[k].datasum);
    }
}

static sqn_status page_create(page *p, const result *r, const directory *dir,
                              messages *said, sqn_error *err)
{
    const int64_t n_warning = messages_n_warning(said);
    const int64_t n_input = r->obs.science.n_input + r->obs.reference_stack.n_input;
    sqn_status status = SQN_OK;

    SQN_TRY(slots_create(&p->words, 32, err));
    SQN_TRY(slots_create(&p->counts, r->basis.n_count * RESULT_COLUMNS, err));
    SQN_TRY(slots_create(&p->hidden, r->basis.heldout.n * HIDDEN_COLUMNS, err));
    SQN_TRY(slots_create(&p->groups, r->disk.n_group * GROUP_COLUMNS, err));
    SQN_TRY(slots_create(&p->frames, r->obs.science.n_frame * FRAME_COLUMNS, err));
    SQN_TRY(slots_create(&p->inputs, n_input * 3, err));
    p->warnings = sqn__mem_alloc(n_warning, sizeof *p->warnings);
    if (p->warnings == NULL) {
        status = SQN_RAISE(err, E_MEM, "report of %" PRId64 " warnings", n_warning);
        goto cleanup;
    }
    for (int64_t k = 0; k < n_warning; k++) {
        p->warnings[k].line = messages_warning(said, k, &p->warnings[k].count);
    }
    for (int k = 0; k < PICTURES; k++) {
        size_t size = 0;

        SQN_TRY(directory_read(&p->bytes[k], &size, dir, picture_texts[k].name, err));
        p->pictures[k] = (report_picture){picture_texts[k].name, picture_texts[k].caption,
                                          p->bytes[k], size};
    }
    SQN_TRY(config_dump(&p->settings, r->settings, true, err));
    present_decide(&p->decided, r);
    fill_counts(&p->counts, r);
    fill_hidden(&p->hidden, &r->basis.heldout);
    fill_groups(&p->groups, r);
    fill_frames(&p->frames, r);
    fill_inputs(&p->inputs, &r->obs.science, "science");
    fill_inputs(&p->inputs, &r->obs.reference_stack, "reference");

cleanup:
    return status;
}

static void page_clear(page *p)
{
    slots_clear(&p->words);
    slots_clear(&p->counts);
    slots_clear(&p->hidden);
    slots_clear(&p->groups);
    slots_clear(&p->frames);
    slots_clear(&p->inputs);
    sqn__mem_free(p->warnings);
    for (int k = 0; k < PICTURES; k++) {
        free(p->bytes[k]);
    }
    free(p->settings);
}

static sqn_status page_text(char **html, page *p, const result *r, messages *said,
                            sqn_error *err)
{
    static const char *const count_heads[RESULT_COLUMNS] = {
        "components", "chi2/n", "FRV", "FRV centred", "FRV of PCA", "stop", "largest S/N"};
    static const char *const hidden_heads[HIDDEN_COLUMNS] = {
        "components", "FRV of hidden data", "standard error", "above the best",
        "standard error of that"};
    static const char *const frame_heads[FRAME_COLUMNS] = {
        "frame", "source", "angle", "missing", "median", "sigma", "chi2/n", "factor"};
    static const char *const input_heads[] = {"role", "file", "DATASUM"};
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
    const report_table inputs = {NULL, 3, p->inputs.n / 3, input_heads, p->inputs.pointer};
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
        {.title = "Inputs", .n_table = 1, .tables = &inputs},
        {.title = "Decided by default",
         .note = "Keys that were not written, and what became of them.",
         .n_row = p->decided.n,
         .rows = p->decided.row},
    };
    const char *findings[FINDINGS_MAX];
    char title[128];

    present_title(title, sizeof title, r);
    const report_row versions[] = {{"Sequin", sqn_version()}};
    const report data = {
        .title = title,
        .subtitle =
            put(&p->words, "%" PRId64 " x %" PRId64 " pixels, %" PRId64 " in the region",
                r->obs.science.nx, r->obs.science.ny, r->obs.pixels.n_pix),
        .version = sqn_version(),
        .verdict = find_verdict(&p->words, r),
        .findings = findings,
        .n_finding = find(findings, &p->words, r),
        .warnings = p->warnings,
        .n_warning = messages_n_warning(said),
        .pictures = p->pictures,
        .n_picture = PICTURES,
        .sections = sections,
        .n_section = (int64_t)(sizeof sections / sizeof sections[0]) -
                     (p->decided.n == 0), /* the last */
        .settings = p->settings,
        .command = r->command,
        .versions = versions,
        .n_version = 1,
    };

    return report_text(html, &data, err);
}

sqn_status present_report(directory *dir, const result *r, messages *said, sqn_error *err)
{
    sqn_status status = SQN_OK;
    char *html = NULL;
    page p = {0};

    SQN_TRY(page_create(&p, r, dir, said, err));
    SQN_TRY(page_text(&html, &p, r, said, err));
    assert(html != NULL);
    SQN_TRY(directory_write(dir, "report.html", html, strlen(html), err));

cleanup:
    free(html);
    page_clear(&p);
    return status;
}
