/** @file holdout.c @brief Which entries are hidden, and what they are. */
#include "sequin/holdout.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "panels_internal.h"
#include "raise.h"
#include "rng.h"

static const double share_max = 0.5;
static const uint64_t stream_of_entries = UINT64_C(0x686f6c646f7574); /* no other draw's */

struct sqn_holdout {
    const sqn_rows *rows;
    sqn_holdout_options options;
    int64_t n_entry;
    sqn_holdout_entry *entry; /* [n_entry] by rows */
    int64_t *first;           /* [n_row + 1] index of the first entry of each row */
    int64_t *rank;            /* [n_col] among the columns with data, or -1 */
    double *value, *weight;   /* one row, while choosing */
};

sqn_holdout_options sqn_holdout_options_default(void)
{
    return (sqn_holdout_options){0.05, 1, SQN_NEGATIVES_KEEP};
}

static sqn_status read_row(const sqn_holdout *h, int64_t row, bool *any, sqn_error *err)
{
    const sqn_status status =
        h->rows->read(h->rows->context, row, h->value, h->weight, err);

    *any = false;
    for (int64_t j = 0; status == SQN_OK && j < h->rows->n_col; j++) {
        (void)sqn__panels_treat_negative(h->value + j, h->weight + j, h->options.negatives);
        *any = *any || h->weight[j] > 0.0;
    }
    return status;
}

static bool is_hidden(const sqn_holdout *h, int64_t row_rank, int64_t col)
{
    const uint64_t stream =
        sqn__rng_bits(h->options.seed, stream_of_entries, (uint64_t)row_rank);

    return h->weight[col] > 0.0 &&
           sqn__rng_uniform_double(h->options.seed, stream, (uint64_t)h->rank[col]) <=
               h->options.share;
}

/* First reading: the ranks of the columns, and how many valid entries there are. */
static sqn_status rank_columns(sqn_holdout *h, int64_t *n_valid, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t rank = 0;
    bool any = false;

    *n_valid = 0;
    for (int64_t i = 0; i < h->rows->n_row; i++) {
        SQN_TRY(read_row(h, i, &any, err));
        for (int64_t j = 0; j < h->rows->n_col; j++) {
            h->rank[j] += h->weight[j] > 0.0 ? 1 : 0;
            *n_valid += h->weight[j] > 0.0 ? 1 : 0;
        }
    }
    for (int64_t j = 0; j < h->rows->n_col; j++) {
        h->rank[j] = h->rank[j] > 0 ? rank++ : -1;
    }

cleanup:
    return status;
}

/* Second reading: fills at most `room` entries. */
static sqn_status choose(sqn_holdout *h, int64_t room, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t row_rank = 0;
    bool any = false;

    for (int64_t i = 0; i < h->rows->n_row; i++) {
        SQN_TRY(read_row(h, i, &any, err));
        for (int64_t j = 0; any && j < h->rows->n_col && h->n_entry < room; j++) {
            if (is_hidden(h, row_rank, j)) {
                h->entry[h->n_entry++] =
                    (sqn_holdout_entry){i, j, h->value[j], h->weight[j]};
            }
        }
        row_rank += any ? 1 : 0;
        h->first[i + 1] = h->n_entry;
    }

cleanup:
    return status;
}

/* Room for the hidden ones of n: their number is binomial, 10 sigma and more are added. */
static int64_t expected(double share, int64_t n)
{
    const double mean = share * (double)n;
    const double room = ceil(mean + 10.0 * sqrt(mean) + 32.0);

    return room < (double)n ? (int64_t)room : n;
}

static sqn_status create_arrays(sqn_holdout *h, sqn_error *err)
{
    h->first = sqn__mem_alloc(h->rows->n_row + 1, sizeof *h->first);
    h->rank = sqn__mem_alloc(h->rows->n_col, sizeof *h->rank);
    h->value = sqn__mem_alloc(h->rows->n_col, sizeof *h->value);
    h->weight = sqn__mem_alloc(h->rows->n_col, sizeof *h->weight);
    return h->first != NULL && h->rank != NULL && h->value != NULL && h->weight != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "hidden entries of %" PRId64 " x %" PRId64 " data",
                           h->rows->n_row, h->rows->n_col);
}

static sqn_status fill(sqn_holdout *h, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t n_valid = 0;

    SQN_TRY(create_arrays(h, err));
    SQN_TRY(rank_columns(h, &n_valid, err));
    const int64_t room = expected(h->options.share, n_valid);

    h->entry = sqn__mem_alloc(room, sizeof *h->entry);
    if (h->entry == NULL) {
        status = SQN_RAISE(err, E_MEM, "%" PRId64 " hidden entries", room);
        goto cleanup;
    }
    SQN_TRY(choose(h, room, err));

cleanup:
    return status;
}

sqn_status sqn_holdout_create(sqn_holdout **out, const sqn_rows *rows,
                              const sqn_holdout_options *options, sqn_error *err)
{
    const sqn_holdout_options chosen =
        options != NULL ? *options : sqn_holdout_options_default();
    sqn_status status = SQN_OK;

    if (out == NULL || rows == NULL || rows->read == NULL) {
        return SQN_RAISE(err, E_ARG, "sqn_holdout_create() needs a result and rows");
    }
    *out = NULL;
    if (!(chosen.share > 0.0 && chosen.share <= share_max) || chosen.seed < 1) {
        return SQN_RAISE(err, E_ARG, "share = %g is not in 0 .. %g, or seed = 0",
                         chosen.share, share_max);
    }
    sqn_holdout *h = sqn__mem_alloc(1, sizeof *h);

    if (h == NULL) {
        return SQN_RAISE(err, E_MEM, "hidden entries");
    }
    h->rows = rows;
    h->options = chosen;
    SQN_TRY(fill(h, err));
    *out = h;
    h = NULL;

cleanup:
    sqn_holdout_destroy(&h);
    return status;
}

static sqn_status read_visible(const void *context, int64_t row, double *value,
                               double *weight, sqn_error *err)
{
    const sqn_holdout *h = context;
    const sqn_status status = h->rows->read(h->rows->context, row, value, weight, err);

    for (int64_t e = h->first[row]; status == SQN_OK && e < h->first[row + 1]; e++) {
        weight[h->entry[e].col] = 0.0;
    }
    return status;
}

sqn_rows sqn_holdout_rows(const sqn_holdout *holdout)
{
    return (sqn_rows){.n_row = holdout->rows->n_row,
                      .n_col = holdout->rows->n_col,
                      .read = read_visible,
                      .context = holdout,
                      .parallel = holdout->rows->parallel};
}

int64_t sqn_holdout_count(const sqn_holdout *holdout)
{
    return holdout->n_entry;
}

const sqn_holdout_entry *sqn_holdout_entries(const sqn_holdout *holdout)
{
    return holdout->entry;
}

void sqn_holdout_destroy(sqn_holdout **holdout)
{
    if (holdout != NULL && *holdout != NULL) {
        sqn__mem_free((*holdout)->weight);
        sqn__mem_free((*holdout)->value);
        sqn__mem_free((*holdout)->rank);
        sqn__mem_free((*holdout)->first);
        sqn__mem_free((*holdout)->entry);
        sqn__mem_free(*holdout);
        *holdout = NULL;
    }
}
