/** @file report.c @brief The page: verdict, pictures, tables, settings, how to cite. */
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "report_html.h"

/* What the method stands on. */
static const char *const citations[] = {
    "Ren et al. 2018, ApJ 852, 104 (arXiv:1712.10317): sequential NMF, best fraction.",
    "Ren et al. 2020, doi:10.3847/1538-4357/ab7024 (arXiv:2001.00563): data imputation.",
    "Zhu 2016, arXiv:1612.06037: NMF with weights and missing data.",
    "Green & Bailey 2024, arXiv:2311.04855: data with noise and negative values.",
    "Blanton & Roweis 2007, AJ 133, 734: NMF with uncertainties.",
    "Lee & Seung 1999, Nature 401, 788: non-negative matrix factorisation (NMF).",
    "Ang & Gillis 2019, arXiv:1805.06604: extrapolation of alternating least squares.",
    "Mawet et al. 2014: signal to noise from a small number of apertures."};

/* The heading says already that these are warnings. */
static const char *after_prefix(const char *line)
{
    static const char prefix[] = "sequin: warning: ";
    const size_t length = sizeof prefix - 1;

    return line != NULL && strncmp(line, prefix, length) == 0 ? line + length : line;
}

static void write_warnings(markup *m, const report *data)
{
    if (data->n_warning == 0) {
        return;
    }
    markup_format(m,
                  "<section class=\"warnings\">\n<p>%" PRId64
                  " warning%s: read %s first</p>\n<ul>\n",
                  data->n_warning, data->n_warning == 1 ? "" : "s",
                  data->n_warning == 1 ? "it" : "them");
    for (int64_t i = 0; i < data->n_warning; i++) {
        markup_raw(m, "<li>");
        markup_html(m, after_prefix(data->warnings[i].line));
        if (data->warnings[i].count > 1) {
            markup_format(m, " <span class=\"count\">%" PRId64 " times</span>",
                          data->warnings[i].count);
        }
        markup_raw(m, "</li>\n");
    }
    markup_raw(m, "</ul>\n</section>\n");
}

static void write_verdict(markup *m, const report *data)
{
    markup_raw(m, data->n_warning == 0 ? "<section class=\"verdict good\">\n"
                                       : "<section class=\"verdict\">\n");
    report_html_element(m, "p", "lead", data->verdict);
    for (int64_t i = 0; i < data->n_finding; i++) {
        report_html_element(m, "p", NULL, data->findings[i]);
    }
    if (data->n_warning == 0) {
        markup_raw(m, "<p>No warnings.</p>\n");
    }
    markup_raw(m, "</section>\n");
}

static void write_section(markup *m, const report_section *section)
{
    report_html_element(m, "h2", NULL, section->title);
    report_html_element(m, "p", "note", section->note);
    report_html_rows(m, section->n_row, section->rows);
    for (int64_t i = 0; i < section->n_table; i++) {
        report_html_table(m, &section->tables[i]);
    }
    report_html_text(m, section->text);
}

static void write_origin(markup *m, const report *data)
{
    const report_section settings = {
        .title = "Settings",
        .note = "Every key that has a value, as it runs again; what depends on the data "
                "stands above.",
        .text = data->settings};
    const report_section versions = {
        .title = "Versions", .n_row = data->n_version, .rows = data->versions};

    write_section(m, &settings);
    write_section(m, &versions);
    if (data->command != NULL && data->command[0] != '\0') {
        markup_raw(m, "<p class=\"note\">Command: <code>");
        markup_html(m, data->command);
        markup_raw(m, "</code></p>\n");
    }
}

static void write_citations(markup *m)
{
    report_html_element(m, "h2", NULL, "How to cite");
    markup_raw(m, "<ol class=\"cite\">\n");
    for (size_t i = 0; i < sizeof citations / sizeof citations[0]; i++) {
        report_html_element(m, "li", NULL, citations[i]);
    }
    markup_raw(m, "</ol>\n");
}

sqn_status report_text(char **html, const report *data, sqn_error *err)
{
    const char *title =
        data->title != NULL && data->title[0] != '\0' ? data->title : "Sequin";
    markup m = {0};

    report_html_begin(&m, title);
    markup_raw(&m, "<header>\n<p class=\"kicker\">Sequin ");
    markup_html(&m, data->version);
    markup_raw(&m, " \xc2\xb7 report</p>\n");
    report_html_element(&m, "h1", NULL, title);
    report_html_element(&m, "p", "subtitle", data->subtitle);
    markup_raw(&m, "</header>\n");
    write_warnings(&m, data);
    write_verdict(&m, data);
    for (int64_t i = 0; i < data->n_picture; i++) {
        report_html_picture(&m, &data->pictures[i]);
    }
    for (int64_t i = 0; i < data->n_section; i++) {
        write_section(&m, &data->sections[i]);
    }
    write_origin(&m, data);
    write_citations(&m);
    report_html_end(&m);
    return markup_finish(html, &m, err);
}
