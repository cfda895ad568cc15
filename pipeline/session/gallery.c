/** @file gallery.c @brief Pictures drawn by a crew, then kept by all threads. */
#include "gallery.h"

#include <assert.h>
#include <omp.h>
#include <string.h>

#include "crew.h"
#include "warn.h"

/* Pictures and where they are drawn. */
typedef struct easel {
    const gallery *g;
    char path[GALLERY_MAX][512];
} easel;

static sqn_status draw_one(const void *context, int64_t k, sqn_error *err)
{
    const easel *e = context;

    return e->g->pictures[k].draw(e->path[k], e->g->of, e->g->title, err);
}

/* Those that were drawn become products. */
static void keep(sqn_error kept[GALLERY_MAX], directory *dir, const gallery *g,
                 const sqn_error *drawn)
{
#pragma omp parallel for schedule(dynamic, 1) default(none) shared(kept, dir, g, drawn)
    for (int64_t k = 0; k < g->n; k++) {
        if (drawn[k].status == SQN_OK) {
            kept[k].status = directory_keep(dir, g->pictures[k].name, &kept[k]);
        }
    }
}

sqn_status gallery_draw(directory *dir, const gallery *g, const sqn_log *log,
                        sqn_error *err)
{
    sqn_error drawn[GALLERY_MAX], kept[GALLERY_MAX];
    easel e = {.g = g};

    assert(g->n <= GALLERY_MAX);
    memset(kept, 0, sizeof kept);
    for (int64_t k = 0; k < g->n; k++) {
        directory_temporary(e.path[k], sizeof e.path[k], dir, g->pictures[k].name);
    }
    crew_run(drawn, draw_one, &e, g->n, omp_get_max_threads());
    keep(kept, dir, g, drawn);
    for (int64_t k = 0; k < g->n; k++) {
        if (drawn[k].status != SQN_OK) {
            sqn__log_warn(log, SQN_W_PLOT, g->pictures[k].name, "not drawn: %s",
                          drawn[k].message);
        } else if (kept[k].status != SQN_OK) {
            *err = kept[k];
            return kept[k].status;
        }
    }
    return SQN_OK;
}
