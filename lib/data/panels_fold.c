/** @file panels_fold.c @brief Rows to panels where they lie, without a second copy. */
#include <inttypes.h>
#include <string.h>

#include "mem.h"
#include "panels_internal.h"
#include "raise.h"

enum { T = SQN__PANELS_WIDTH };

/* Two matrices of pieces of T numbers, and which of them are in place. */
typedef struct pieces {
    float *x, *v;  /* [n_row, n_col, T] */
    uint8_t *done; /* [n_row n_col] */
    int64_t n_row, n_col;
} pieces;

/* Which piece belongs at `place` of the turned matrices. */
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
    float x[T], v[T];

    copy(x, m->x + start * T);
    copy(v, m->v + start * T);
    for (int64_t from = source(m, place); from != start; from = source(m, place)) {
        copy(m->x + place * T, m->x + from * T);
        copy(m->v + place * T, m->v + from * T);
        m->done[place] = 1;
        place = from;
    }
    copy(m->x + place * T, x);
    copy(m->v + place * T, v);
    m->done[place] = 1;
}

sqn_status sqn__panels_fold(sqn_panels *panels, sqn_error *err)
{
    const int64_t n = sqn__mem_product(panels->n_short, panels->n_panel);
    const pieces m = {panels->x, panels->v, sqn__mem_alloc(n, sizeof *m.done),
                      panels->n_short, panels->n_panel};

    assert(panels->width == T);
    if (m.done == NULL) {
        return SQN_RAISE(err, E_MEM, "the order of %" PRId64 " panels", panels->n_panel);
    }
    for (int64_t start = 0; start < n; start++) {
        if (m.done[start] == 0) {
            follow(&m, start);
        }
    }
    sqn__mem_free(m.done);
    return SQN_OK;
}
