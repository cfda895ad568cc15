/** @file panels_read.c @brief Rows read side by side, some at a time, and what came of them joined in order. */
#include "panels_read.h"

#include <inttypes.h>
#include <omp.h>

#include "mem.h"
#include "raise.h"

enum { CHUNK = 1 << 18 /* data that a thread reads before rows are released, at least */ };

sqn_status sqn__panels_readers_create(sqn__panels_readers *out, const sqn_rows *rows,
                                      sqn_error *err)
{
    const int64_t n_thread = rows->parallel ? omp_get_max_threads() : 1;
    const int64_t each = rows->parallel ? 1 + CHUNK / rows->n_col : 1;
    const int64_t n_chunk = n_thread * each;
    const int64_t n = sqn__mem_product(n_thread, rows->n_col);

    *out = (sqn__panels_readers){
        .lanes = sqn__panels_lanes_choose(), .n_thread = (int)n_thread, .n_chunk = n_chunk};
    out->line = sqn__mem_reserve(sqn__mem_product(2, n), sizeof *out->line);
    out->valid = sqn__mem_alloc(n, sizeof *out->valid);
    out->found = sqn__mem_alloc(n_chunk, sizeof *out->found);
    out->sum_vx2 = sqn__mem_alloc(n_chunk, sizeof *out->sum_vx2);
    out->bounds = sqn__mem_alloc(n_thread, sizeof *out->bounds);
    out->failure = sqn__mem_alloc(n_thread, sizeof *out->failure);
    if (out->line == NULL || out->valid == NULL || out->found == NULL ||
        out->sum_vx2 == NULL || out->bounds == NULL || out->failure == NULL) {
        return SQN_RAISE(err, E_MEM, "one row of %" PRId64 " pixels", rows->n_col);
    }
    return SQN_OK;
}

void sqn__panels_readers_clear(sqn__panels_readers *readers)
{
    sqn__mem_free(readers->line);
    sqn__mem_free(readers->valid);
    sqn__mem_free(readers->found);
    sqn__mem_free(readers->sum_vx2);
    sqn__mem_free(readers->bounds);
    sqn__mem_free(readers->failure);
    *readers = (sqn__panels_readers){0};
}

sqn__panels_line sqn__panels_line_of(const sqn__panels_readers *readers, int64_t n_col,
                                     int64_t thread)
{
    double *value = readers->line + 2 * thread * n_col;

    return (sqn__panels_line){value, value + n_col};
}

/* The first row that nobody could take. */
static sqn_status find_failure(const sqn__panels_readers *readers, sqn_error *err)
{
    const sqn__panels_failure *first = NULL;

    for (int t = 0; t < readers->n_thread; t++) {
        const sqn__panels_failure *f = &readers->failure[t];

        if (f->status != SQN_OK && (first == NULL || f->row < first->row)) {
            first = f;
        }
    }
    if (first != NULL && err != NULL) {
        *err = first->why;
    }
    return first != NULL ? first->status : SQN_OK;
}

/* The `n` rows from `first` on, side by side; a thread takes its own in order. */
static sqn_status read_chunk(const sqn__panels_reading *r, int64_t first, int64_t n,
                             sqn_error *err)
{
#pragma omp parallel for schedule(static) num_threads(r->readers->n_thread) default(none) \
    shared(r, first, n)
    for (int64_t k = 0; k < n; k++) {
        sqn__panels_failure *f = &r->readers->failure[omp_get_thread_num()];

        if (f->status == SQN_OK) {
            f->row = first + k;
            f->status = r->take(r, f->row, k, &f->why);
        }
    }
    const sqn_status status = find_failure(r->readers, err);

    if (status == SQN_OK) {
        r->join(r, first, n);
    }
    return status;
}

sqn_status sqn__panels_read_all(const sqn__panels_reading *r, sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int64_t i = 0; i < r->rows->n_row; i += r->readers->n_chunk) {
        const int64_t left = r->rows->n_row - i, most = r->readers->n_chunk;

        SQN_TRY(read_chunk(r, i, left < most ? left : most, err));
    }

cleanup:
    return status;
}

sqn_status sqn__panels_read_strip(sqn__panels_line *strip, const sqn_rows *rows, int64_t i,
                                  int64_t first, const sqn__panels_line *line,
                                  sqn_error *err)
{
    if (rows->read_part != NULL) {
        *strip = *line; /* always the same, which stays in the first cache */
        return rows->read_part(rows->context, i, first, sqn__panels_strip(rows, first),
                               strip->value, strip->weight, err);
    }
    *strip = (sqn__panels_line){line->value + first, line->weight + first};
    return first > 0 ? SQN_OK
                     : rows->read(rows->context, i, line->value, line->weight, err);
}

int64_t sqn__panels_treat(const sqn__panels_line *row, int64_t n, sqn_negatives negatives)
{
    int64_t n_treated = 0;

    for (int64_t j = 0; negatives != SQN_NEGATIVES_KEEP && j < n; j++) {
        n_treated += sqn__panels_treat_negative(row->value + j, row->weight + j, negatives);
    }
    return n_treated;
}
