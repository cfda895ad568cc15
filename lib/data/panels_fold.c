/** @file panels_fold.c @brief Rows to panels where they lie, without a second copy. */
#include <inttypes.h>
#include <string.h>

#include "mem.h"
#include "panels_internal.h"
#include "raise.h"

enum {
    T = SQN__PANELS_WIDTH,
    LINE = 16 /* numbers of a line of cache */
};

/* Lines of pieces of T numbers, of which some are to lie elsewhere and others are not wanted. */
typedef struct pieces {
    float *data; /* [n_line, n_across, T] */
    const sqn__panels_lines *lines;
    int64_t n_row, n_col, n_across; /* wanted rows, and pieces of them; pieces of a line */
} pieces;

static int64_t n_wanted(const pieces *m)
{
    return m->n_row * m->n_col;
}

/* Which piece belongs at `place`, one of the first n_wanted(). */
static int64_t source(const pieces *m, int64_t place)
{
    return m->lines->of_frame[place % m->n_row] * m->n_across + place / m->n_row;
}

static void copy(float *restrict to, const float *restrict from)
{
    memcpy(to, from, T * sizeof *to);
}

/* Towards the cache, before it is needed: pieces that follow each other lie far apart. */
static void fetch(const float *piece)
{
    for (int64_t t = 0; t < T; t += LINE) {
        __builtin_prefetch(piece + t);
    }
}

/* One path: every piece into the place that was left just now, until the first is reached again, or
   one past the places that are wanted. */
static void follow(const pieces *m, int64_t start)
{
    const int64_t n = n_wanted(m);
    int64_t place = start, from = source(m, place);
    float first[T];

    copy(first, m->data + start * T);
    while (from < n && from != start) {
        const int64_t next = source(m, from);

        fetch(m->data + next * T);
        copy(m->data + place * T, m->data + from * T);
        place = from;
        from = next;
    }
    copy(m->data + place * T, from == start ? first : m->data + from * T);
}

/** Ways through the pieces that touch every place once. */
typedef struct paths {
    int64_t n, *start; /* [n] first place of each */
    uint8_t *seen;     /* [n_wanted] */
} paths;

static void add_path(paths *p, const pieces *m, int64_t start)
{
    const int64_t n = n_wanted(m);

    p->start[p->n++] = start;
    for (int64_t at = start; at < n && p->seen[at] == 0; at = source(m, at)) {
        p->seen[at] = 1;
    }
}

/* Places whose piece nobody wants: of a line that is no row, or past the end of a row. */
static void add_open_paths(paths *p, const pieces *m)
{
    const int64_t n = n_wanted(m);
    int64_t row = 0;

    for (int64_t line = 0; line * m->n_across < n; line++) {
        const bool used = row < m->n_row && m->lines->of_frame[row] == line;

        row += used ? 1 : 0;
        for (int64_t c = used ? m->n_col : 0; c < m->n_across; c++) {
            const int64_t place = line * m->n_across + c;

            if (place < n) {
                add_path(p, m, place);
            }
        }
    }
}

/* Once the open ones are known, all others close. */
static void add_closed_paths(paths *p, const pieces *m)
{
    const int64_t n = n_wanted(m);

    for (int64_t place = 0; place < n; place++) {
        if (p->seen[place] == 0 && source(m, place) != place) {
            add_path(p, m, place);
        }
    }
}

sqn_status sqn__panels_fold(sqn_panels *panels, const sqn__panels_lines *lines,
                            sqn_error *err)
{
    const int64_t n = sqn__mem_product(panels->n_short, panels->n_panel);
    const pieces x = {panels->x, lines, panels->n_short, panels->n_panel,
                      lines->stride / T};
    pieces v = x;
    paths p = {.start = sqn__mem_reserve(n, sizeof *p.start),
               .seen = sqn__mem_alloc(n, sizeof *p.seen)};
    sqn_status status = SQN_OK;

    v.data = panels->v;
    assert(panels->width == T && lines->stride % T == 0 && panels->n_short > 0);
    if (p.start == NULL || p.seen == NULL) {
        status = SQN_RAISE(err, E_MEM, "the order of %" PRId64 " panels", panels->n_panel);
        goto cleanup;
    }
    add_open_paths(&p, &x);
    add_closed_paths(&p, &x);
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(p, x, v)
    for (int64_t task = 0; task < 2 * p.n; task++) {
        follow(task % 2 == 0 ? &x : &v, p.start[task / 2]);
    }

cleanup:
    sqn__mem_free(p.seen);
    sqn__mem_free(p.start);
    return status;
}
