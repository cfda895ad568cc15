/**
 * @file target_frame.c
 * @brief The small problems of a few frames: summed together, solved, judged.
 *
 * Every Gram matrix is a sum over pixels of weights times products of pairs of components, so
 * those of many frames are one product of matrices, and the pairs are formed once for all of
 * them, in cache.
 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "nnls.h"
#include "target_internal.h"

enum {
    BLOCK = SQN__TARGET_BLOCK,
    PART = SQN__TARGET_PART,
    GROUP = SQN__TARGET_GROUP,
    SECTION = SQN__TARGET_SECTION,
    MEMBERS = 10 /* models of a frame judged together */
};

void sqn__target_frame_covariance(double *out, const uint8_t *active, double *gram,
                                  int64_t n, double *work)
{
    bool singular = false;

    sqn__nnls_covariance(out, active, gram, n, work);
    for (int64_t i = 0; i < n; i++) {
        singular = singular || isnan(out[i * n + i]);
    }
    if (singular) {
        for (int64_t i = 0; i < n; i++) {
            gram[i * n + i] *= 1.0 + 1e-7;
        }
        sqn__nnls_covariance(out, active, gram, n, work);
    }
}

int64_t sqn__target_count_data(const double *weight, int64_t n)
{
    int64_t n_data = 0;

    for (int64_t p = 0; p < n; p++) {
        n_data += weight[p] > 0.0 ? 1 : 0;
    }
    return n_data;
}

/* Add how many data of every frame have a weight, in block number `b`. */
static void count_data(int64_t *n_data, const sqn__target_group *group,
                       const sqn__target_view *data, bool whole, int64_t b)
{
    const int64_t n_block = sqn__target_n_block(group->n_pix);

    for (int64_t i = 0; i < group->n; i++) {
        n_data[i] += whole ? group->n_data[i * n_block + b]
                           : sqn__target_count_data(data->v + i * data->row, BLOCK);
    }
}

/* ---- Sums ------------------------------------------------------------------------------ */

/* The basis turned, at the n pixels from `first` on; true where it is tried as a whole, and finite at
   a whole block. */
static bool turn_basis(const sqn__target_desk *desk, const sqn__target_count *count,
                       int64_t first, int64_t n, bool tried)
{
    const int64_t k = count->basis.rows, wide = sqn__gram_aligned(count->n_unknown);
    const sqn_dmatrix turned = {desk->block.wide, BLOCK, wide, wide};
    const sqn_matrix_const basis = {count->basis.data + first, k, BLOCK,
                                    count->basis.stride};

    if (n < BLOCK || !tried || !desk->sums->turn(turned, basis)) {
        sqn__target_load_basis(&desk->block, count, first, n);
        (void)desk->sums->turn(
            turned, (sqn_matrix_const){desk->block.h, count->n_unknown, BLOCK, BLOCK});
        return false;
    }
    for (int64_t p = 0; p < BLOCK && count->n_unknown > k; p++) {
        turned.data[p * wide + k] = 1.0; /* the background */
    }
    return true;
}

/* G += V P(H)^T and H V x of a block whose basis is turned, for all frames of the group. */
static void add_block(double *gram, const sqn__target_desk *desk,
                      const sqn__target_group *group, const sqn__target_view *data,
                      int64_t n_unknown)
{
    const int64_t wide = sqn__gram_aligned(n_unknown);
    const int64_t n_pair = sqn__gram_n_pair(n_unknown);
    const sqn_dmatrix_const h = {desk->block.wide, BLOCK, wide, wide};
    const sqn_dmatrix pairs = {desk->block.pairs, PART, n_pair, n_pair};
    double *rhs = gram + group->n * n_pair;

    desk->sums->product((sqn_dmatrix){rhs, group->n, h.cols, h.cols},
                        (sqn__gram_factor){data->vx, data->row, 1}, h);
    if (group->n == 1) { /* the pairs are of no use to others */
        desk->sums->weighted_pairs(gram, data->v, h, n_unknown);
        return;
    }
    for (int64_t p = 0; p < BLOCK; p += PART) {
        const sqn_dmatrix_const part = {h.data + p * h.stride, PART, h.cols, h.stride};

        desk->sums->pairs(pairs, part, n_unknown);
        desk->sums->product((sqn_dmatrix){gram, group->n, n_pair, n_pair},
                            (sqn__gram_factor){data->v + p, data->row, 1},
                            (sqn_dmatrix_const){pairs.data, PART, n_pair, n_pair});
    }
}

/* Numbers of the sums of a group. */
static int64_t sums_size(const sqn__target_group *group, int64_t n_unknown)
{
    return group->n * (sqn__gram_n_pair(n_unknown) + sqn__gram_aligned(n_unknown));
}

/* The first pixel of section `s`, or behind the last. */
static int64_t section_begin(const sqn__target_group *group, int64_t s)
{
    const int64_t begin = s * SECTION * BLOCK;

    return begin < group->n_pix ? begin : group->n_pix;
}

/* Section `s` of the pixels: the sums of all frames. */
static void add_section(double *sums, int64_t *n_data, const sqn__target_desk *desk,
                        uint8_t *is_whole, const sqn__target_group *group,
                        const sqn__target_count *count, int64_t s)
{
    const int64_t n = count->n_unknown, end = section_begin(group, s + 1);
    bool whole = true; /* pixels without a value are seldom alone */

    memset(sums, 0, (size_t)sums_size(group, n) * sizeof *sums);
    memset(n_data, 0, (size_t)group->n * sizeof *n_data);
    for (int64_t first = section_begin(group, s); first < end; first += BLOCK) {
        const int64_t left = group->n_pix - first;

        whole = turn_basis(desk, count, first, left < BLOCK ? left : BLOCK, whole);
        const sqn__target_view data =
            sqn__target_view_frames(&desk->block, group, first, whole);

        is_whole[first / BLOCK] = whole;
        count_data(n_data, group, &data, whole, first / BLOCK);
        add_block(sums, desk, group, &data, n);
    }
}

static void join_section(const sqn__target_desk *to, const double *sums,
                         const int64_t *n_data, const sqn__target_group *group,
                         int64_t n_unknown)
{
    const int64_t n_gram = group->n * sqn__gram_n_pair(n_unknown);

    for (int64_t e = 0; e < n_gram; e++) {
        to->gram[e] += sums[e];
    }
    for (int64_t e = 0; e < group->n * sqn__gram_aligned(n_unknown); e++) {
        to->rhs[e] += sums[n_gram + e];
    }
    for (int64_t i = 0; i < group->n; i++) {
        to->n_data[i] += n_data[i];
    }
}

static int64_t n_section(const sqn__target_group *group)
{
    const int64_t size = SECTION * (int64_t)BLOCK;

    return (group->n_pix + size - 1) / size;
}

/* The end of the sections that begin with `first` and have room beside each other. */
static int64_t run_end(const sqn__target_group *group, int64_t first)
{
    const int64_t end = first + GROUP / group->n, n = n_section(group);

    return end < n ? end : n;
}

/* Sums over all pixels, with the basis `count`, in the first of the desks: sections side by side,
   joined in their order. */
static void accumulate(const sqn__target_desk *desk, int n_desk,
                       const sqn__target_group *group, const sqn__target_count *count)
{
    const int64_t n = count->n_unknown, size = sums_size(group, n);

    memset(desk->gram, 0, (size_t)(group->n * sqn__gram_n_pair(n)) * sizeof *desk->gram);
    memset(desk->rhs, 0, (size_t)(group->n * sqn__gram_aligned(n)) * sizeof *desk->rhs);
    memset(desk->n_data, 0, (size_t)group->n * sizeof *desk->n_data);
    for (int64_t first = 0; first < n_section(group); first = run_end(group, first)) {
        const int64_t end = run_end(group, first);

#pragma omp parallel for schedule(dynamic, 1)         \
    num_threads(n_desk) if (n_desk > 1) default(none) \
        shared(desk, group, count, size, first, end)
        for (int64_t s = first; s < end; s++) {
            add_section(desk->part + (s - first) * size,
                        desk->n_part + (s - first) * group->n, &desk[omp_get_thread_num()],
                        desk->is_whole, group, count, s);
        }
        for (int64_t s = first; s < end; s++) {
            join_section(desk, desk->part + (s - first) * size,
                         desk->n_part + (s - first) * group->n, group, n);
        }
    }
}

/* ---- The small problem ----------------------------------------------------------------- */

/* The models that are solved and judged: of which basis, how many, where their numbers are. */
typedef struct jury {
    const sqn_target *target;
    const sqn__target_count *whole;
    const double *solution; /* [group, n_member, n_unknown aligned] */
    const int64_t *member;
    int64_t n_member, wide;
} jury;

/* The small problem of `count` and frame `i` of the group, out of that of `whole` in the sums:
 * its first rows, and the background. */
static void extract(const sqn__target_desk *desk, const sqn__target_desk *sums,
                    const sqn__target_count *count, const sqn__target_count *whole,
                    int64_t i)
{
    const int64_t n = count->n_unknown, k = count->basis.rows, n_whole = whole->n_unknown;
    const double *gram = sums->gram + i * sqn__gram_n_pair(n_whole);
    const double *rhs = sums->rhs + i * sqn__gram_aligned(n_whole);

    for (int64_t a = 0; a < n; a++) {
        const int64_t from = a < k ? a : n_whole - 1;

        desk->small_rhs[a] = rhs[from];
        for (int64_t b = 0; b <= a; b++) {
            const double g = gram[from * (from + 1) / 2 + (b < k ? b : n_whole - 1)];

            desk->small[a * n + b] = g;
            desk->small[b * n + a] = g;
        }
    }
}

/* A frame without data has no coefficients. */
static void leave_open(const sqn__target_count *count, int64_t frame)
{
    const int64_t k = count->basis.rows, n = count->n_unknown;

    for (int64_t j = 0; j < k; j++) {
        count->coefficients[frame * k + j] = NAN;
        count->errors[frame * k + j] = NAN;
    }
    for (int64_t i = 0; i < n * n; i++) {
        count->covariance[frame * n * n + i] = NAN;
    }
    if (count->background != NULL) {
        count->background[frame] = NAN;
    }
    count->record[frame] = (sqn_target_record){0};
}

/* Coefficients and covariance of one basis; its small problem is in the desk. */
static void solve(const sqn__target_desk *desk, double *solution,
                  const sqn__target_count *count, int64_t frame)
{
    const int64_t k = count->basis.rows, n = count->n_unknown;
    const sqn__nnls_problem problem = {n, desk->small, desk->small_rhs, n > k};
    double *covariance = count->covariance + frame * n * n;

    memset(solution, 0, (size_t)n * sizeof *solution);
    memset(desk->passive, 1, (size_t)n); /* most coefficients are positive */
    count->record[frame].kkt =
        sqn__nnls_solve(solution, desk->passive, &problem, desk->work);
    sqn__target_frame_covariance(covariance, desk->passive, desk->small, n, desk->work);
    for (int64_t j = 0; j < k; j++) {
        count->coefficients[frame * k + j] = solution[j];
        count->errors[frame * k + j] =
            desk->small[j * n + j] > 0.0 ? sqrt(covariance[j * n + j]) : NAN;
    }
    if (n > k) {
        count->background[frame] = solution[k];
    }
}

/* Frame `i` of the group with basis number `m` of those at work, its sums in the first of the
 * desks; small problems are solved in `desk`. The background moves to where the widest has it. */
static void solve_member(const sqn__target_desk *desk, const sqn__target_desk *first,
                         const jury *j, const sqn__target_group *group, int64_t i,
                         int64_t m)
{
    const sqn__target_count *count = &j->target->count[j->member[m]];
    const int64_t n = count->n_unknown, frame = group->first + i;
    double *solution = first->solution + (i * j->n_member + m) * j->wide;

    memset(solution, 0, (size_t)j->wide * sizeof *solution);
    if (first->n_data[i] == 0) {
        leave_open(count, frame);
        return;
    }
    count->record[frame] = (sqn_target_record){.n_data = first->n_data[i]};
    extract(desk, first, count, j->whole, i);
    solve(desk, solution, count, frame);
    if (n > count->basis.rows) {
        const double background = solution[n - 1];

        solution[n - 1] = 0.0;
        solution[j->whole->n_unknown - 1] = background;
    }
}

/* All frames of the group with all bases at work, the dearest of a frame first. */
static void solve_all(const sqn__target_desk *desk, int n_desk,
                      const sqn__target_group *group, const jury *j)
{
#pragma omp parallel for schedule(dynamic, 1) \
    num_threads(n_desk) if (n_desk > 1) default(none) shared(desk, group, j)
    for (int64_t e = 0; e < group->n * j->n_member; e++) {
        solve_member(&desk[omp_get_thread_num()], desk, j, group, e / j->n_member,
                     j->n_member - 1 - e % j->n_member);
    }
}

/* ---- What is left ---------------------------------------------------------------------- */

/* Unknowns of the models up to number `m` that may differ from 0. */
static int64_t n_needed(const jury *j, int64_t m)
{
    const sqn__target_count *count = &j->target->count[j->member[m]];

    return count->n_unknown > count->basis.rows ? j->whole->n_unknown : count->basis.rows;
}

/* Frame `i`, basis after basis; members are in the order of their sizes, or may be. */
static void judge_frame(double *chi2, const sqn__target_desk *desk, const jury *j,
                        sqn_matrix_const h, const sqn__target_view *data, int64_t i)
{
    for (int64_t m = 0; m < j->n_member; m += MEMBERS) {
        const int64_t n = j->n_member - m < MEMBERS ? j->n_member - m : MEMBERS;
        const int64_t at = i * j->n_member + m;
        int64_t k = 0;

        for (int64_t q = m; q < m + n; q++) {
            k = n_needed(j, q) > k ? n_needed(j, q) : k;
        }
        desk->sums->misfit(chi2 + at,
                           &(sqn__gram_fit){n, k, j->solution + at * j->wide, h.data,
                                            data->x + i * data->row,
                                            data->v + i * data->row, j->wide, h.stride, 0});
    }
}

/* Basis number `m` of those at work, frame after frame. */
static void judge_member(double *chi2, const sqn__target_desk *desk, const jury *j,
                         sqn_matrix_const h, const sqn__target_view *data, int64_t n_frame)
{
    desk->sums->misfit(chi2,
                       &(sqn__gram_fit){n_frame, n_needed(j, 0), j->solution, h.data,
                                        data->x, data->v, j->wide, h.stride, data->row});
}

/* The basis at the n pixels from `first` on, a block: where it lies, or copied. */
static sqn_matrix_const view_basis(const sqn__target_desk *desk, const jury *j, bool whole,
                                   int64_t first, int64_t n)
{
    const sqn__target_count *count = j->whole;

    if (whole && count->n_unknown == count->basis.rows) {
        return (sqn_matrix_const){count->basis.data + first, count->n_unknown, BLOCK,
                                  count->basis.stride};
    }
    sqn__target_load_basis(&desk->block, count, first, n);
    return (sqn_matrix_const){desk->block.h, count->n_unknown, BLOCK, BLOCK};
}

/* Misfits over the pixels of section `s`. */
static void judge_section(double *chi2, const sqn__target_desk *desk,
                          const uint8_t *is_whole, const sqn__target_group *group,
                          const jury *j, int64_t s)
{
    const int64_t end = section_begin(group, s + 1);

    memset(chi2, 0, (size_t)(group->n * j->n_member) * sizeof *chi2);
    for (int64_t first = section_begin(group, s); first < end; first += BLOCK) {
        const int64_t left = group->n_pix - first;
        const bool whole = is_whole[first / BLOCK] != 0;
        const sqn_matrix_const h =
            view_basis(desk, j, whole, first, left < BLOCK ? left : BLOCK);
        const sqn__target_view data =
            sqn__target_view_frames(&desk->block, group, first, whole);

        for (int64_t i = 0; j->n_member > 1 && i < group->n; i++) {
            judge_frame(chi2, desk, j, h, &data, i);
        }
        if (j->n_member == 1) {
            judge_member(chi2, desk, j, h, &data, group->n);
        }
    }
}

/* chi2 of all frames and bases at work, over the fitted pixels, in the first of the desks. */
static void judge(const sqn__target_desk *desk, int n_desk, const sqn__target_group *group,
                  const jury *j)
{
    const int64_t n = group->n * j->n_member;

    memset(desk->chi2, 0, (size_t)n * sizeof *desk->chi2);
    for (int64_t first = 0; first < n_section(group); first = run_end(group, first)) {
        const int64_t end = run_end(group, first);

#pragma omp parallel for schedule(dynamic, 1)         \
    num_threads(n_desk) if (n_desk > 1) default(none) \
        shared(desk, group, j, n, first, end)
        for (int64_t s = first; s < end; s++) {
            judge_section(desk->chi2_part + (s - first) * n, &desk[omp_get_thread_num()],
                          desk->is_whole, group, j, s);
        }
        for (int64_t e = 0; e < (end - first) * n; e++) {
            desk->chi2[e % n] += desk->chi2_part[e];
        }
    }
}

void sqn__target_frame_fit(const sqn__target_desk *desk, int n_desk,
                           const sqn_target *target, const sqn__target_group *group,
                           int64_t whole)
{
    const sqn__target_count *widest = &target->count[whole];
    int64_t n_member = 0;

    for (int64_t c = 0; c < target->n_count; c++) {
        if (target->count[c].whole == whole) {
            desk->member[n_member++] = c;
        }
    }
    const jury j = {target,       widest,   desk->solution,
                    desk->member, n_member, sqn__gram_aligned(widest->n_unknown)};

    accumulate(desk, n_desk, group, widest);
    solve_all(desk, n_desk, group, &j);
    judge(desk, n_desk, group, &j);
    for (int64_t i = 0; i < group->n; i++) {
        for (int64_t m = 0; m < n_member && desk->n_data[i] > 0; m++) {
            target->count[desk->member[m]].record[group->first + i].chi2 =
                desk->chi2[i * n_member + m];
        }
    }
}

/* ---- Leverage -------------------------------------------------------------------------- */

int64_t sqn__target_leverage_size(int64_t n)
{
    return (2 * n + 1) * BLOCK;
}

/* out = q C q of every column q of h [n, block]. */
static void quadratic(double *out, const double *c, const double *h, int64_t n, double *ch)
{
    memset(ch, 0, (size_t)(n * BLOCK) * sizeof *ch);
    memset(out, 0, BLOCK * sizeof *out);
    sqn__gram_choose()->product((sqn_dmatrix){ch, n, BLOCK, BLOCK},
                                (sqn__gram_factor){c, n, 1},
                                (sqn_dmatrix_const){h, n, BLOCK, BLOCK});
    for (int64_t i = 0; i < n; i++) {
        for (int64_t p = 0; p < BLOCK; p++) {
            out[p] += h[i * BLOCK + p] * ch[i * BLOCK + p];
        }
    }
}

double sqn__target_frame_leverage(const sqn__target_count *count, int64_t frame,
                                  const double *weight, int64_t n_pix, double *work)
{
    const int64_t n = count->n_unknown, k = count->basis.rows;
    const double *covariance = count->covariance + frame * n * n;
    double *h = work, *product = h + n * BLOCK, *hch = product + n * BLOCK;
    double largest = 0.0;

    for (int64_t first = 0; first < n_pix; first += BLOCK) {
        const int64_t n_here = n_pix - first < BLOCK ? n_pix - first : BLOCK;

        for (int64_t j = 0; j < n; j++) {
            const float *row = count->basis.data + j * count->basis.stride + first;

            for (int64_t p = 0; p < BLOCK; p++) {
                h[j * BLOCK + p] = j == k ? 1.0 : p < n_here ? (double)row[p] : 0.0;
            }
        }
        quadratic(hch, covariance, h, n, product);
        for (int64_t p = 0; p < n_here; p++) {
            largest = weight[first + p] > 0.0 ? fmax(largest, weight[first + p] * hch[p])
                                              : largest; /* NaN is passed over */
        }
    }
    return largest;
}
