/** @file manifest.c @brief The text of manifest.json. */
#include "manifest.h"

#include <inttypes.h>
#include <math.h>

#include "markup.h"

static void write_number(markup *m, double value)
{
    if (!isfinite(value)) {
        markup_raw(m, "null");
    } else if (fabs(value) < 0x1p53 && value == floor(value)) {
        markup_format(m, "%.0f", value);
    } else {
        markup_format(m, "%.17g", value);
    }
}

/* What stands before item number `i` of a list. */
static void separate(markup *m, int64_t i)
{
    markup_raw(m, i > 0 ? ",\n    " : "\n    ");
}

static void write_products(markup *m, const manifest *data)
{
    markup_raw(m, "  \"products\": [");
    for (int64_t i = 0; i < data->n_product; i++) {
        const manifest_product *product = &data->products[i];

        separate(m, i);
        markup_raw(m, "{\"name\": ");
        markup_json(m, product->name);
        markup_format(m, ", \"size\": %" PRId64 ", \"sha256\": ", product->size);
        if (product->sha256 == NULL || product->sha256[0] == '\0') {
            markup_raw(m, "null");
        } else {
            markup_json(m, product->sha256);
        }
        markup_raw(m, "}");
    }
    markup_raw(m, "\n  ],\n");
}

static void write_warnings(markup *m, const manifest *data)
{
    markup_raw(m, "  \"warnings\": [");
    for (int64_t i = 0; i < data->n_warning; i++) {
        separate(m, i);
        markup_raw(m, "{\"message\": ");
        markup_json(m, data->warnings[i].line);
        markup_format(m, ", \"count\": %" PRId64 "}", data->warnings[i].count);
    }
    markup_raw(m, "\n  ],\n");
}

static void write_summary(markup *m, const manifest *data)
{
    markup_raw(m, "  \"summary\": {");
    for (int64_t i = 0; i < data->n_number; i++) {
        separate(m, i);
        markup_json(m, data->numbers[i].name);
        markup_raw(m, ": ");
        write_number(m, data->numbers[i].value);
    }
    for (int64_t i = 0; i < data->n_series; i++) {
        separate(m, data->n_number + i);
        markup_json(m, data->series[i].name);
        markup_raw(m, ": [");
        for (int64_t k = 0; k < data->series[i].n; k++) {
            markup_raw(m, k > 0 ? ", " : "");
            write_number(m, data->series[i].values[k]);
        }
        markup_raw(m, "]");
    }
    markup_raw(m, "\n  }\n");
}

sqn_status manifest_text(char **text, const manifest *data, sqn_error *err)
{
    markup m = {0};

    markup_raw(&m, "{\n  \"format\": \"sequin-manifest 1\",\n  \"version\": ");
    markup_json(&m, data->version);
    markup_raw(&m, ",\n  \"task\": ");
    markup_json(&m, data->task);
    markup_raw(&m, ",\n  \"title\": ");
    markup_json(&m, data->title);
    markup_raw(&m, ",\n");
    write_products(&m, data);
    write_warnings(&m, data);
    write_summary(&m, data);
    markup_raw(&m, "}\n");
    return markup_finish(text, &m, err);
}
