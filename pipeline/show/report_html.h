/** @file report_html.h @brief Building blocks of the page. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "markup.h"
#include "report.h"

/** Everything up to the title of the page; `title` names the window. */
void report_html_begin(markup *m, const char *title);
void report_html_end(markup *m);

/** `<tag class="...">escaped text</tag>`; nothing if the text is empty. `name` may be NULL. */
void report_html_element(markup *m, const char *tag, const char *name, const char *text);

/** Keys and values in two columns. */
void report_html_rows(markup *m, int64_t n, const report_row *rows);

/** A table that scrolls sideways within itself where the page is narrow. */
void report_html_table(markup *m, const report_table *table);

/** A picture inline, with its caption. */
void report_html_picture(markup *m, const report_picture *picture);

/** Lines as they are. */
void report_html_text(markup *m, const char *text);

#endif
