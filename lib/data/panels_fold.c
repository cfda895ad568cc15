/** @file panels_fold.c @brief Rows to panels where they lie, without a second copy. */
#include <inttypes.h>
#include <string.h>

#include "mem.h"
#include "panels_internal.h"
#include "raise.h"

enum { T = SQN__PANELS_WIDTH };

/* A matrix of pieces of T numbers. */
typedef struct pieces {
    float *data; /* [n_row, n_col, T] */
    int64_t n_row, n_col;
} pieces;

/* Which piece belongs at `place` of the turned matrix. */
static int64_t source(const pieces *m, int64_t place)
{
    return place % m->n_row * m->n_col + place / m->n_row;
}

static void copy(float *restrict to, const float *restrict from)
{
    memcpy(to, from, T * sizeof *to);
}

/* One cycle of the permutation: every piece into the place that was left just now. */
static void follow(const pieces *m, int64_t start)
{
    int64_t place = start;
    float first[T];

    copy(first, m->data + start * T);
    for (int64_t from = source(m, place); from != start; from = source(m, place)) {
        copy(m->data + place * T, m->data + from * T);
        place = from;
    }
    copy(m->data + place * T, first);
}

/* First pieces of all cycles that move something; returns how many. */
static int64_t find_cycles(int64_t *start, uint8_t *seen, const pieces *m)
{
    int64_t n = 0;

    for (int64_t place = 0; place < m->n_row * m->n_col; place++) {
        if (seen[place] != 0 || source(m, place) == place) {
            continue;
        }
        start[n++] = place;
        for (int64_t at = place; seen[at] == 0; at = source(m, at)) {
            seen[at] = 1;
        }
    }
    return n;
}

sqn_status sqn__panels_fold(sqn_panels *panels, sqn_error *err)
{
    const int64_t n = sqn__mem_product(panels->n_short, panels->n_panel);
    const pieces x = {panels->x, panels->n_short, panels->n_panel};
    const pieces v = {panels->v, panels->n_short, panels->n_panel};
    int64_t *start =
        sqn__mem_alloc(n / 2 + 1, sizeof *start); /* a cycle has two, or more */
    uint8_t *seen = sqn__mem_alloc(n, sizeof *seen);
    sqn_status status = SQN_OK;

    assert(panels->width == T);
    if (start == NULL || seen == NULL) {
        status = SQN_RAISE(err, E_MEM, "the order of %" PRId64 " panels", panels->n_panel);
        goto cleanup;
    }
    const int64_t n_cycle = find_cycles(start, seen, &x);

#pragma omp parallel for schedule(dynamic, 1) default(none) shared(start, x, v, n_cycle)
    for (int64_t task = 0; task < 2 * n_cycle; task++) {
        follow(task % 2 == 0 ? &x : &v, start[task / 2]);
    }

cleanup:
    sqn__mem_free(seen);
    sqn__mem_free(start);
    return status;
}
