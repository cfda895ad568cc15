/** @file target_ahead.c @brief Frames that are read before they are fitted. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "target_internal.h"

enum {
    MAX_DOUBLES = 1 << 24, /* of frames; one frame may need more */
    BLOCK = SQN__TARGET_BLOCK,
    SECTION = SQN__TARGET_SECTION * BLOCK,
    LINE = 8, /* doubles of a cache line */
    LANES = 8 /* pixels looked at side by side */
};

/* From frame to frame, an odd number of cache lines: else many frames' pixels of one block share
   a few sets of the cache. */
static int64_t frame_row(int64_t n_block)
{
    return (2 * n_block * BLOCK / LINE | 1) * LINE;
}

sqn_status sqn__target_ahead_create(sqn__target_ahead *ahead, int64_t n_frame,
                                    int64_t n_pix, sqn_error *err)
{
    const int64_t n_block = sqn__target_n_block(n_pix), row = frame_row(n_block);
    const int64_t room = MAX_DOUBLES / row, most = room < 1 ? 1 : room;
    const int64_t n_turn = (n_frame + most - 1) / most; /* of nearly equal size */
    const int64_t n = (n_frame + n_turn - 1) / n_turn;

    *ahead = (sqn__target_ahead){.n = n, .n_block = n_block, .row = row};
    ahead->frames = sqn__mem_reserve(sqn__mem_product(n, row), sizeof *ahead->frames);
    ahead->n_data = sqn__mem_alloc(sqn__mem_product(n, n_block), sizeof *ahead->n_data);
    ahead->status = sqn__mem_alloc(sqn__mem_product(n, sqn__target_n_section(n_block)),
                                   sizeof *ahead->status);
    if (ahead->frames == NULL || ahead->n_data == NULL || ahead->status == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " frames read at a time", n);
    }
    return SQN_OK;
}

void sqn__target_ahead_clear(sqn__target_ahead *ahead)
{
    sqn__mem_free(ahead->frames);
    sqn__mem_free(ahead->n_data);
    sqn__mem_free(ahead->status);
    *ahead = (sqn__target_ahead){0};
}

/* A block of a frame that was just read: n_data, how many of its weights are above 0. False where one
   is no weight, or its value no number. What lies under weight 0 takes no part, whatever it was. */
static bool check_block(int64_t *n_data, double *restrict value,
                        const double *restrict weight)
{
    double trace[LANES] = {0.0}, least[LANES] = {0.0}, n[LANES] = {0.0};
    double any = 0.0, lowest = 0.0, count = 0.0;

    for (int64_t p = 0; p < BLOCK; p += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            const double v = weight[p + l], old = value[p + l], x = v > 0.0 ? old : 0.0;

            value[p + l] = x;
            trace[l] += 0.0 * v + 0.0 * x; /* NaN where one of them is not finite */
            least[l] = v < least[l] ? v : least[l];
            n[l] += v > 0.0 ? 1.0 : 0.0;
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        any += trace[l];
        lowest += least[l];
        count += n[l];
    }
    *n_data = (int64_t)count;
    return any == 0.0 && lowest >= 0.0;
}

/* Read pixels from `first` to `end` of frame `s` of those read ahead, which has that number. */
static sqn_status read_pixels(const sqn__target_ahead *ahead, int64_t s,
                              const sqn_rows *rows, int64_t number, const int64_t part[2])
{
    const int64_t n_all = ahead->n_block * BLOCK, n_pix = rows->n_col, first = part[0];
    const int64_t n = (part[1] < n_pix ? part[1] : n_pix) - first;
    double *value = ahead->frames + s * ahead->row + first, *weight = value + n_all;
    const size_t rest = (size_t)(part[1] - first - n) * sizeof *value;
    int64_t *n_data = ahead->n_data + s * ahead->n_block + first / BLOCK;
    sqn_error unsaid;
    const sqn_status status =
        rows->read_part != NULL
            ? rows->read_part(rows->context, number, first, n, value, weight, &unsaid)
            : rows->read(rows->context, number, value, weight, &unsaid);
    bool is_right = true;

    if (status != SQN_OK) {
        return status;
    }
    memset(value + n, 0, rest);
    memset(weight + n, 0, rest);
    for (int64_t p = 0; p < part[1] - first; p += BLOCK) {
        is_right = check_block(&n_data[p / BLOCK], value + p, weight + p) && is_right;
    }
    return is_right ? SQN_OK : SQN_ERR_NUMERIC;
}

/* Say why frame `s` of those read ahead, which has that number, cannot be used. */
static sqn_status explain(const sqn__target_ahead *ahead, int64_t s, const sqn_rows *rows,
                          int64_t number, sqn_error *err)
{
    double *value = ahead->frames + s * ahead->row,
           *weight = value + ahead->n_block * BLOCK;
    const sqn_status status = rows->read(rows->context, number, value, weight, err);
    int64_t p = 0;

    if (status != SQN_OK) {
        return status;
    }
    while (p < rows->n_col - 1 && weight[p] >= 0.0 && weight[p] <= DBL_MAX &&
           (weight[p] == 0.0 || fabs(value[p]) <= DBL_MAX)) {
        p++;
    }
    return SQN_RAISE(err, E_NUM,
                     "frame %" PRId64 ", pixel %" PRId64 ": value %g, weight %g",
                     number + 1, p + 1, value[p], weight[p]);
}

/* Section by section: what was read is looked at while it is in cache. */
sqn_status sqn__target_ahead_read(const sqn__target_ahead *ahead, const sqn_rows *rows,
                                  int64_t first, int64_t n_here, int n_thread,
                                  sqn_error *err)
{
    const int64_t n_all = ahead->n_block * BLOCK;
    const int64_t size = rows->read_part != NULL ? SECTION : n_all;
    const int64_t n_part = (n_all + size - 1) / size;

#pragma omp parallel for schedule(static)                    \
    num_threads(rows->parallel ? n_thread : 1) default(none) \
        shared(ahead, rows, first, n_here, n_all, size, n_part)
    for (int64_t e = 0; e < n_here * n_part; e++) {
        const int64_t begin = e % n_part * size;
        const int64_t part[2] = {begin, begin + size < n_all ? begin + size : n_all};

        ahead->status[e] = read_pixels(ahead, e / n_part, rows, first + e / n_part, part);
    }
    for (int64_t e = 0; e < n_here * n_part; e++) {
        if (ahead->status[e] != SQN_OK) {
            return explain(ahead, e / n_part, rows, first + e / n_part, err);
        }
    }
    return SQN_OK;
}
