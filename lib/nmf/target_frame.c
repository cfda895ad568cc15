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

/* Turn the components of a block: a row of doubles for each pixel. */
static sqn_dmatrix_const turn(const sqn__target_desk *desk, int64_t n_unknown)
{
    const sqn__target_block *block = &desk->block;
    const int64_t stride = sqn__kernels_columns(n_unknown);
    const int64_t wide = sqn__gram_aligned(n_unknown);

    desk->kernels->turn(
        (sqn_matrix){block->turned, BLOCK, sqn__kernels_aligned(n_unknown), stride},
        block->h, n_unknown);
    for (int64_t p = 0; p < BLOCK; p++) {
        desk->sums->widen(block->wide + p * wide, block->turned + p * stride, wide);
    }
    return (sqn_dmatrix_const){block->wide, BLOCK, wide, wide};
}

/* G += V P(H)^T and H V x of a block, for all frames of the group. */
static void add_block(const sqn__target_desk *desk, const sqn__target_group *group,
                      const sqn__target_view *data, int64_t n_unknown)
{
    const sqn__target_block *block = &desk->block;
    const sqn_dmatrix_const h = turn(desk, n_unknown);
    const int64_t n_pair = sqn__gram_n_pair(n_unknown);
    const sqn_dmatrix pairs = {block->pairs, PART, n_pair, n_pair};
    double *gram = desk->part, *rhs = gram + group->n * n_pair;

    desk->sums->product((sqn_dmatrix){rhs, group->n, h.cols, h.cols},
                        (sqn__gram_factor){data->vx, data->row, 1}, h);
    for (int64_t p = 0; p < BLOCK; p += PART) {
        const sqn_dmatrix_const part = {h.data + p * h.stride, PART, h.cols, h.stride};

        if (group->n == 1) { /* the pairs are of no use to others */
            desk->sums->weighted_pairs(gram, data->v + p, part, n_unknown);
            continue;
        }
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

/* Sums over the pixels of section `s`. */
static void add_section(const sqn__target_desk *desk, const sqn__target_group *group,
                        const sqn__target_count *count, int64_t s)
{
    const int64_t n = count->n_unknown, size = SECTION * (int64_t)BLOCK;
    const int64_t end = (s + 1) * size < group->n_pix ? (s + 1) * size : group->n_pix;

    memset(desk->part, 0, (size_t)sums_size(group, n) * sizeof *desk->part);
    memset(desk->n_part, 0, (size_t)group->n * sizeof *desk->n_part);
    for (int64_t first = s * size; first < end; first += BLOCK) {
        const int64_t left = group->n_pix - first;
        const bool whole =
            sqn__target_load_basis(&desk->block, count, first, left < BLOCK ? left : BLOCK);
        const sqn__target_view data =
            sqn__target_view_frames(&desk->block, group, first, whole);

        count_data(desk->n_part, group, &data, whole, first / BLOCK);
        add_block(desk, group, &data, n);
    }
}

static void join_section(const sqn__target_desk *to, const sqn__target_desk *from,
                         const sqn__target_group *group, int64_t n_unknown)
{
    const int64_t n_gram = group->n * sqn__gram_n_pair(n_unknown);

    for (int64_t e = 0; e < n_gram; e++) {
        to->gram[e] += from->part[e];
    }
    for (int64_t e = 0; e < group->n * sqn__gram_aligned(n_unknown); e++) {
        to->rhs[e] += from->part[n_gram + e];
    }
    for (int64_t i = 0; i < group->n; i++) {
        to->n_data[i] += from->n_part[i];
    }
}

static int64_t n_section(const sqn__target_group *group)
{
    const int64_t size = SECTION * (int64_t)BLOCK;

    return (group->n_pix + size - 1) / size;
}

/* Sums over all pixels, with the basis `count`, in the first of the desks: sections side by side,
   joined in their order. */
static void accumulate(const sqn__target_desk *desk, int n_desk,
                       const sqn__target_group *group, const sqn__target_count *count)
{
    const int64_t n = count->n_unknown, n_here = n_section(group);

    memset(desk->gram, 0, (size_t)(group->n * sqn__gram_n_pair(n)) * sizeof *desk->gram);
    memset(desk->rhs, 0, (size_t)(group->n * sqn__gram_aligned(n)) * sizeof *desk->rhs);
    memset(desk->n_data, 0, (size_t)group->n * sizeof *desk->n_data);
#pragma omp parallel for ordered schedule(static, 1) num_threads(n_desk) default(none) \
    shared(desk, group, count, n, n_here)
    for (int64_t s = 0; s < n_here; s++) {
        const sqn__target_desk *own = &desk[omp_get_thread_num()];

        add_section(own, group, count, s);
#pragma omp ordered
        join_section(desk, own, group, n);
    }
}

/* ---- The small problem ----------------------------------------------------------------- */

/* The small problem of `count` and frame `i` of the group out of that of `whole`: its first
 * rows, and the background. */
static void extract(const sqn__target_desk *desk, const sqn__target_count *count,
                    const sqn__target_count *whole, int64_t i)
{
    const int64_t n = count->n_unknown, k = count->basis.rows, n_whole = whole->n_unknown;
    const double *gram = desk->gram + i * sqn__gram_n_pair(n_whole);
    const double *rhs = desk->rhs + i * sqn__gram_aligned(n_whole);

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

/* Frame `i` of the group with every basis at work. The background moves to where the widest
 * basis has it. */
static void solve_frame(const sqn__target_desk *desk, const sqn_target *target,
                        const sqn__target_group *group, const sqn__target_count *whole,
                        int64_t n_member, int64_t i)
{
    const int64_t wide = sqn__gram_aligned(whole->n_unknown), frame = group->first + i;

    for (int64_t m = 0; m < n_member; m++) {
        const sqn__target_count *count = &target->count[desk->member[m]];
        double *solution = desk->solution + (i * n_member + m) * wide;

        memset(solution, 0, (size_t)wide * sizeof *solution);
        if (desk->n_data[i] == 0) {
            leave_open(count, frame);
            continue;
        }
        count->record[frame] = (sqn_target_record){.n_data = desk->n_data[i]};
        extract(desk, count, whole, i);
        solve(desk, solution, count, frame);
        if (count->n_unknown > count->basis.rows) {
            const double background = solution[count->n_unknown - 1];

            solution[count->n_unknown - 1] = 0.0;
            solution[whole->n_unknown - 1] = background;
        }
    }
}

/* ---- What is left ---------------------------------------------------------------------- */

/* The models that are judged: of which basis, how many, where their numbers are. */
typedef struct jury {
    const sqn_target *target;
    const sqn__target_count *whole;
    const double *solution; /* [group, n_member, n_unknown aligned] */
    const int64_t *member;
    int64_t n_member, wide;
} jury;

/* Unknowns of the models up to number `m` that may differ from 0. */
static int64_t n_needed(const jury *j, int64_t m)
{
    const sqn__target_count *count = &j->target->count[j->member[m]];

    return count->n_unknown > count->basis.rows ? j->whole->n_unknown : count->basis.rows;
}

/* Add sum V r^2 over the block, of the models of `fit`; chi2 of one and the next lie `step`
 * apart. */
static void add_misfits(double *chi2, int64_t step, const sqn__target_desk *desk,
                        const sqn__gram_fit *fit)
{
    double sum[GROUP] = {0.0};

    desk->sums->misfit(sum, fit);
    for (int64_t i = 0; i < fit->n; i++) {
        chi2[i * step] += sum[i];
    }
}

/* Frame `i`, basis after basis; members are in the order of their sizes, or may be. */
static void judge_frame(const sqn__target_desk *desk, const jury *j,
                        const sqn__target_view *data, int64_t i)
{
    for (int64_t m = 0; m < j->n_member; m += MEMBERS) {
        const int64_t n = j->n_member - m < MEMBERS ? j->n_member - m : MEMBERS;
        const int64_t at = i * j->n_member + m;
        int64_t k = 0;

        for (int64_t q = m; q < m + n; q++) {
            k = n_needed(j, q) > k ? n_needed(j, q) : k;
        }
        add_misfits(desk->chi2_part + at, 1, desk,
                    &(sqn__gram_fit){n, k, j->solution + at * j->wide, desk->block.h,
                                     data->x + i * data->row, data->v + i * data->row,
                                     j->wide, 0});
    }
}

/* Basis number `m` of those at work, frame after frame. */
static void judge_member(const sqn__target_desk *desk, const jury *j,
                         const sqn__target_view *data, int64_t m, int64_t n_frame)
{
    add_misfits(desk->chi2_part + m, j->n_member, desk,
                &(sqn__gram_fit){n_frame, n_needed(j, m), j->solution + m * j->wide,
                                 desk->block.h, data->x, data->v, j->n_member * j->wide,
                                 data->row});
}

/* Misfits over the pixels of section `s`. */
static void judge_section(const sqn__target_desk *desk, const sqn__target_group *group,
                          const jury *j, int64_t s)
{
    const int64_t size = SECTION * (int64_t)BLOCK;
    const int64_t end = (s + 1) * size < group->n_pix ? (s + 1) * size : group->n_pix;

    memset(desk->chi2_part, 0, (size_t)(group->n * j->n_member) * sizeof *desk->chi2_part);
    for (int64_t first = s * size; first < end; first += BLOCK) {
        const int64_t left = group->n_pix - first;
        const bool whole = sqn__target_load_basis(&desk->block, j->whole, first,
                                                  left < BLOCK ? left : BLOCK);
        const sqn__target_view data =
            sqn__target_view_frames(&desk->block, group, first, whole);

        for (int64_t i = 0; j->n_member > 1 && i < group->n; i++) {
            judge_frame(desk, j, &data, i);
        }
        if (j->n_member == 1) {
            judge_member(desk, j, &data, 0, group->n);
        }
    }
}

/* chi2 of all frames and bases at work, over the fitted pixels, in the first of the desks. */
static void judge(const sqn__target_desk *desk, int n_desk, const sqn__target_group *group,
                  const jury *j)
{
    const int64_t n = group->n * j->n_member, n_here = n_section(group);

    memset(desk->chi2, 0, (size_t)n * sizeof *desk->chi2);
#pragma omp parallel for ordered schedule(static, 1) num_threads(n_desk) default(none) \
    shared(desk, group, j, n, n_here)
    for (int64_t s = 0; s < n_here; s++) {
        const sqn__target_desk *own = &desk[omp_get_thread_num()];

        judge_section(own, group, j, s);
#pragma omp ordered
        for (int64_t e = 0; e < n; e++) {
            desk->chi2[e] += own->chi2_part[e];
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
    accumulate(desk, n_desk, group, widest);
    for (int64_t i = 0; i < group->n; i++) {
        solve_frame(desk, target, group, widest, n_member, i);
    }
    const jury j = {target,       widest,   desk->solution,
                    desk->member, n_member, sqn__gram_aligned(widest->n_unknown)};

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
