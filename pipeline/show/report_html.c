/** @file report_html.c @brief HTML of the report: style, tables, pictures. */
#include "report_html.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_KNOWN = 64 };

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "img-src data:; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n";

static const char style_page[] =
    "<style>\n"
    ":root{--ink:#1a1c1f;--soft:#5c636b;--rule:#d9dde2;--paper:#fff;--card:#f6f7f9;"
    "--accent:#0072b2;--warn:#b54700;--warnbg:#fff5ec;--good:#00714f;--goodbg:#eef8f4}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6e8ea;--soft:#9aa3ad;--rule:#363c43;"
    "--paper:#14171a;--card:#1d2125;--accent:#6cb8e8;--warn:#ffb070;--warnbg:#2d2118;"
    "--good:#6fd3b0;--goodbg:#16271f}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);"
    "font:17px/1.6 Charter,'Bitstream Charter','Iowan Old Style',Georgia,'DejaVu "
    "Serif',serif}\n"
    "main{max-width:58rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}\n"
    "h1,h2,h3,th,.kicker,figcaption,dt,nav,footer{font-family:system-ui,-apple-system,"
    "'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    ".kicker{margin:0;font-size:.78rem;letter-spacing:.09em;text-transform:uppercase;"
    "color:var(--soft)}\n"
    "h1{margin:.2rem 0 .3rem;font-size:2.1rem;line-height:1.2;font-weight:650;"
    "letter-spacing:-.01em;overflow-wrap:anywhere}\n"
    ".subtitle{margin:0 0 1.6rem;color:var(--soft);overflow-wrap:anywhere}\n"
    "h2{margin:3rem 0 .9rem;padding-bottom:.35rem;border-bottom:1px solid var(--rule);"
    "font-size:1.25rem;line-height:1.3;font-weight:620;overflow-wrap:anywhere}\n"
    "p{margin:.6rem 0;overflow-wrap:anywhere}\n"
    ".note{color:var(--soft)}\n";

static const char style_blocks[] =
    ".verdict{margin:0 0 1rem;padding:1rem 1.25rem;border-left:4px solid var(--accent);"
    "border-radius:0 6px 6px 0;background:var(--card)}\n"
    ".verdict.good{border-color:var(--good);background:var(--goodbg)}\n"
    ".verdict p{margin:.35rem 0}\n"
    ".verdict p.lead{font-size:1.12rem;font-weight:600}\n"
    ".warnings{margin:0 0 1rem;padding:.9rem 1.25rem;border-left:4px solid var(--warn);"
    "border-radius:0 6px 6px 0;background:var(--warnbg)}\n"
    ".warnings p{margin:0 0 .3rem;color:var(--warn);font-weight:600}\n"
    ".warnings ul{margin:0;padding-left:1.1rem}\n"
    ".warnings li{margin:.35rem 0;overflow-wrap:anywhere}\n"
    ".count{color:var(--soft);white-space:nowrap}\n"
    "figure{margin:1.8rem 0}\n"
    "figure img{display:block;width:100%;height:auto;background:#fff;"
    "border:1px solid var(--rule);border-radius:6px}\n"
    "figcaption{margin-top:.55rem;font-size:.88rem;line-height:1.5;color:var(--soft);"
    "overflow-wrap:anywhere}\n"
    "figcaption b{color:var(--ink);font-weight:600}\n"
    "dl{display:grid;grid-template-columns:minmax(9rem,14rem) minmax(0,1fr);"
    "gap:.3rem 1.4rem;margin:.6rem 0}\n"
    "dt{font-size:.9rem;line-height:1.75;color:var(--soft);overflow-wrap:anywhere}\n"
    "dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}\n"
    "ol.cite{padding-left:1.3rem}\n"
    "ol.cite li{margin:.4rem 0}\n";

static const char style_tables[] =
    ".scroll{overflow-x:auto;margin:1rem 0}\n"
    "table{border-collapse:collapse;min-width:100%;font-size:.9rem;line-height:1.45;"
    "font-variant-numeric:tabular-nums}\n"
    "caption{caption-side:top;text-align:left;padding-bottom:.4rem;color:var(--soft)}\n"
    "th,td{padding:.38rem .8rem;border-bottom:1px solid var(--rule);text-align:left;"
    "vertical-align:top}\n"
    "th{font-size:.8rem;font-weight:600;color:var(--soft);white-space:nowrap;"
    "border-bottom:2px solid var(--rule)}\n"
    "td.n,th.n{text-align:right;white-space:nowrap}\n"
    "th:first-child,td:first-child{padding-left:0}\n"
    "pre{margin:1rem 0;padding:1rem;overflow-x:auto;border-radius:6px;"
    "background:var(--card);font:.82rem/1.55 ui-monospace,Menlo,Consolas,'DejaVu Sans "
    "Mono',"
    "monospace}\n"
    "code{font:.88em ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "overflow-wrap:anywhere}\n"
    "footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--rule);"
    "font-size:.82rem;color:var(--soft)}\n"
    "@media (max-width:36rem){main{padding:1.4rem 1rem 3rem}h1{font-size:1.6rem}"
    "dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.55rem}"
    ".verdict,.warnings{padding:.8rem 1rem}}\n"
    "@media print{:root{--ink:#000;--soft:#444;--rule:#bbb;--paper:#fff;--card:#f4f4f4;"
    "--warn:#8a3600;--warnbg:#fff;--good:#00573d;--goodbg:#fff}"
    "body{font-size:10.5pt}main{max-width:none;padding:0}"
    "h2{margin-top:1.6rem;break-after:avoid}figure,tr,.verdict,.warnings{break-inside:"
    "avoid}"
    "figure img{max-height:20cm;width:auto;max-width:100%;margin:0 auto}"
    ".scroll,pre{overflow:visible}pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    "table{font-size:8.5pt}th,td{padding:.25rem .4rem}}\n"
    "@page{margin:18mm 16mm}\n"
    "</style>\n";

void report_html_begin(markup *m, const char *title)
{
    markup_raw(m, head);
    report_html_element(m, "title", NULL, title);
    markup_raw(m, style_page);
    markup_raw(m, style_blocks);
    markup_raw(m, style_tables);
    markup_raw(m, "</head>\n<body>\n<main>\n");
}

void report_html_end(markup *m)
{
    markup_raw(m, "</main>\n</body>\n</html>\n");
}

static bool is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

void report_html_element(markup *m, const char *tag, const char *name, const char *text)
{
    if (is_empty(text)) {
        return;
    }
    if (name != NULL) {
        markup_format(m, "<%s class=\"%s\">", tag, name);
    } else {
        markup_format(m, "<%s>", tag);
    }
    markup_html(m, text);
    markup_format(m, "</%s>\n", tag);
}

void report_html_rows(markup *m, int64_t n, const report_row *rows)
{
    if (n == 0) {
        return;
    }
    markup_raw(m, "<dl>\n");
    for (int64_t i = 0; i < n; i++) {
        markup_raw(m, "<dt>");
        markup_html(m, rows[i].key);
        markup_raw(m, "</dt><dd>");
        markup_html(m, rows[i].value);
        markup_raw(m, "</dd>\n");
    }
    markup_raw(m, "</dl>\n");
}

/* Numbers, also with a sign or a percent, and what stands for no number. */
static bool is_number(const char *text)
{
    char *end = NULL;

    if (is_empty(text) || strcmp(text, "-") == 0 || strcmp(text, "\xe2\x80\x93") == 0) {
        return true;
    }
    (void)strtod(text, &end);
    return end != text && (*end == '\0' || strcmp(end, "%") == 0 || strcmp(end, " %") == 0);
}

/* A column is set to the right if all it holds are numbers. */
static bool is_numeric(const report_table *table, int64_t column)
{
    bool some = false;

    for (int64_t r = 0; r < table->n_row; r++) {
        const char *cell = table->cells[r * table->n_column + column];

        if (!is_number(cell)) {
            return false;
        }
        some = some || !is_empty(cell);
    }
    return some;
}

static void write_cell(markup *m, const char *tag, bool numeric, const char *text)
{
    markup_format(m, numeric ? "<%s class=\"n\">" : "<%s>", tag);
    markup_html(m, text);
    markup_format(m, "</%s>", tag);
}

static bool is_right(const bool numeric[COLUMNS_KNOWN + 1], int64_t column)
{
    return numeric[column < COLUMNS_KNOWN ? column : COLUMNS_KNOWN];
}

void report_html_table(markup *m, const report_table *table)
{
    bool numeric[COLUMNS_KNOWN + 1] = {false}; /* the last stands for all that follow */

    markup_raw(m, "<div class=\"scroll\"><table>\n");
    report_html_element(m, "caption", NULL, table->caption);
    markup_raw(m, "<thead><tr>");
    for (int64_t c = 0; c < table->n_column; c++) {
        if (c < COLUMNS_KNOWN) {
            numeric[c] = is_numeric(table, c);
        }
        write_cell(m, "th", is_right(numeric, c), table->headers[c]);
    }
    markup_raw(m, "</tr></thead>\n<tbody>\n");
    for (int64_t r = 0; r < table->n_row; r++) {
        markup_raw(m, "<tr>");
        for (int64_t c = 0; c < table->n_column; c++) {
            write_cell(m, "td", is_right(numeric, c),
                       table->cells[r * table->n_column + c]);
        }
        markup_raw(m, "</tr>\n");
    }
    markup_raw(m, "</tbody></table></div>\n");
}

void report_html_picture(markup *m, const report_picture *picture)
{
    if (picture->size == 0) {
        return;
    }
    markup_raw(m, "<figure><img alt=\"");
    markup_html(m, picture->caption);
    markup_raw(m, "\" src=\"data:image/png;base64,");
    markup_base64(m, picture->png, picture->size);
    markup_raw(m, "\">\n<figcaption><b>");
    markup_html(m, picture->name);
    markup_raw(m, "</b> ");
    markup_html(m, picture->caption);
    markup_raw(m, "</figcaption></figure>\n");
}

void report_html_text(markup *m, const char *text)
{
    report_html_element(m, "pre", NULL, text);
}
