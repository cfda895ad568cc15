/**
 * @file fits_frames.c
 * @brief Frames read, sifted and narrowed, several side by side.
 *
 * One reader goes ahead until the power of two of all values is known. The rest are cut into runs of
 * consecutive frames, which readers with files and buffers of their own take as they come: memory
 * that is touched first makes some of them many times slower. Tallies of runs join in order, so that
 * nothing depends on the number of readers.
 */
#include "fits_frames.h"

#include <inttypes.h>
#include <omp.h>

#include "fits_reader.h"
#include "mem.h"
#include "raise.h"

enum {
    WORTH_READERS = 1 << 18, /* pixels that are left */
    RUNS_EACH = 16           /* of a reader, where all are equally fast */
};

/* Readers of the planes from `first` on; 0: one is enough. */
static int readers_needed(const sqn__fits_frames *what, int64_t first)
{
    const int64_t n_left = what->layout->data.n_plane - first;
    const int64_t n_pix = n_left * what->stack->ny * what->stack->nx;
    const int n_thread = omp_get_max_threads();

    if (n_thread < 2 || n_left < 2 || n_pix < WORTH_READERS ||
        !sqn__fits_planes_side_by_side()) {
        return 0;
    }
    return n_left < n_thread ? (int)n_left : n_thread;
}

/* Runs of planes after the reader that went ahead. */
typedef struct runs {
    int64_t first, n_plane; /* of all planes: where they begin, and end */
    int64_t n;
    sqn__fits_tally *tally; /* [1 + n] of the reader that went ahead, and of each run */
} runs;

static sqn_status create_runs(runs *out, const sqn__fits_frames *what, sqn_error *err)
{
    const int64_t n_max = (int64_t)RUNS_EACH * omp_get_max_threads();

    *out = (runs){.n_plane = what->layout->data.n_plane};
    out->tally = sqn__mem_alloc(1 + n_max, sizeof *out->tally);
    return out->tally != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "what %" PRId64 " readers meet", n_max);
}

/* Run `i` begins here; run n is the end. */
static int64_t begin_of(const runs *all, int64_t i)
{
    return all->first + i * (all->n_plane - all->first) / all->n;
}

/* The planes from `elder` on, as n readers take them: of each, runs in rising order. */
static sqn_status share_out(runs *all, sqn__fits_reader *readers, int n,
                            const sqn__fits_reader *elder, sqn_error *err)
{
    const int64_t n_left = all->n_plane - elder->index, n_max = (int64_t)RUNS_EACH * n;
    sqn_status status = SQN_OK;

    all->first = elder->index;
    all->n = n_left < n_max ? n_left : n_max;
    for (int i = 0; i < n; i++) {
        SQN_TRY(sqn__fits_reader_init(&readers[i], elder->what, elder, err));
    }
#pragma omp parallel for num_threads(n) schedule(monotonic                   \
                                                 : dynamic, 1) default(none) \
    shared(all, readers)
    for (int64_t i = 0; i < all->n; i++) {
        sqn__fits_reader *r = &readers[omp_get_thread_num()];

        sqn__fits_reader_read(r, begin_of(all, i), begin_of(all, i + 1),
                              &all->tally[1 + i]);
    }

cleanup:
    return status;
}

/* The error of the first plane that shows one. */
static sqn_status find_failure(const sqn__fits_reader *readers, int n, sqn_error *err)
{
    const sqn__fits_reader *first = NULL;

    for (int i = 0; i < n; i++) {
        const sqn__fits_reader *r = &readers[i];

        if (r->status != SQN_OK && (first == NULL || r->index < first->index)) {
            first = r;
        }
    }
    if (first != NULL && err != NULL) {
        *err = first->err;
    }
    return first != NULL ? first->status : SQN_OK;
}

static void join(sqn__fits_tally *tally, const runs *all)
{
    for (int64_t i = 0; i < 1 + all->n; i++) {
        sqn__fits_tally_join(tally, &all->tally[i]);
    }
}

sqn_status sqn__fits_frames_read(sqn__fits_tally *tally, const sqn__fits_frames *what,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_reader *readers = sqn__mem_alloc(1 + omp_get_max_threads(), sizeof *readers);
    runs all = {0};
    int n = 0;

    if (readers == NULL) {
        return SQN_RAISE(err, E_MEM, "the state of a reader");
    }
    SQN_TRY(create_runs(&all, what, err));
    SQN_TRY(sqn__fits_reader_init(&readers[0], what, NULL, err));
    sqn__fits_reader_go_ahead(&readers[0], &all.tally[0]);
    n = readers[0].status == SQN_OK ? readers_needed(what, readers[0].index) : 0;
    if (n > 0) {
        SQN_TRY(share_out(&all, readers + 1, n, &readers[0], err));
    } else {
        sqn__fits_reader_read(&readers[0], readers[0].index, all.n_plane, &all.tally[0]);
    }
    SQN_TRY(find_failure(readers, 1 + n, err));
    join(tally, &all);

cleanup:
    for (int i = n; i >= 0; i--) { /* the elder last: others look into its files */
        sqn__fits_reader_clear(&readers[i]);
    }
    sqn__mem_free(readers);
    sqn__mem_free(all.tally);
    return status;
}
