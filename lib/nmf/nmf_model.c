/** @file nmf_model.c @brief Stage records and the factors of the stages that are kept. */
#include "nmf_model.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>

#include "mem.h"
#include "nmf_support.h"
#include "raise.h"

enum {
    LANES = 8,     /* sums side by side */
    LOWEST = -1000 /* exponent of 2 */
};

static bool is_kept(const sqn_nmf_options *options, int64_t k)
{
    bool found = k == options->n_comp ||
                 (options->n_keep == 0 && options->construction == SQN_NMF_SEQUENTIAL);

    for (int64_t i = 0; i < options->n_keep; i++) {
        found =
            found || (options->keep[i] == k && options->construction == SQN_NMF_SEQUENTIAL);
    }
    return found;
}

/* Components are written whole, when their stage ends. */
static bool create_kept(sqn__nmf_kept *kept, const sqn_panels_info *info, bool background)
{
    const int64_t k = kept->n_comp;

    kept->comp = sqn__mem_reserve(sqn__mem_product(k, info->n_pix), sizeof *kept->comp);
    kept->coeff = sqn__mem_alloc(sqn__mem_product(k, info->n_frame), sizeof *kept->coeff);
    kept->undetermined = sqn__mem_alloc(info->n_pix, sizeof *kept->undetermined);
    if (background) {
        kept->background = sqn__mem_alloc(info->n_frame, sizeof *kept->background);
    }
    return kept->comp != NULL && kept->coeff != NULL && kept->undetermined != NULL &&
           (!background || kept->background != NULL);
}

static bool create_arrays(sqn_nmf *model, const sqn_panels *panels,
                          const sqn_nmf_options *options)
{
    const bool joint = options->construction == SQN_NMF_JOINT;
    int64_t n_kept = 0;

    for (int64_t k = 1; k <= options->n_comp; k++) {
        n_kept += is_kept(options, k) ? 1 : 0;
    }
    model->n_frame = panels->info.n_frame;
    model->n_pix = panels->info.n_pix;
    model->n_stage = joint ? 1 : options->n_comp;
    model->stage = sqn__mem_alloc(model->n_stage, sizeof *model->stage);
    model->kept = sqn__mem_alloc(n_kept, sizeof *model->kept);
    model->n_slot = panels->info.pixels_are_long ? omp_get_max_threads() : 1;
    model->along = sqn__mem_reserve(sqn__mem_product(model->n_slot, panels->n_long),
                                    sizeof *model->along);
    model->across = sqn__mem_reserve(sqn__mem_product(model->n_slot, panels->n_short),
                                     sizeof *model->across);
    model->squares = sqn__mem_alloc(sqn__mem_product(panels->n_short, options->n_comp),
                                    sizeof *model->squares);
    if (model->stage == NULL || model->kept == NULL || model->along == NULL ||
        model->across == NULL || model->squares == NULL) {
        return false;
    }
    for (int64_t k = 1; k <= options->n_comp; k++) {
        if (is_kept(options, k)) {
            sqn__nmf_kept *kept = model->kept + model->n_kept++;

            kept->n_comp = k;
            if (!create_kept(kept, &panels->info, options->background)) {
                return false;
            }
        }
    }
    return true;
}

sqn_status sqn__nmf_model_create(sqn_nmf **out, const sqn_panels *panels,
                                 const sqn_nmf_options *options, sqn_error *err)
{
    sqn_nmf *model = sqn__mem_alloc(1, sizeof *model);

    *out = model;
    if (model == NULL || !create_arrays(model, panels, options)) {
        sqn_nmf_destroy(out);
        return SQN_RAISE(err, E_MEM,
                         "components of %" PRId64 " stages with %" PRId64 " pixels each",
                         options->n_comp, panels->info.n_pix);
    }
    return SQN_OK;
}

/* The largest of n >= 0 numbers that are not negative: a vector of them side by side. */
static double find_largest(const double *h, int64_t n)
{
    double most[LANES] = {0.0}, largest = 0.0;

    for (int64_t j = 0; j + LANES <= n; j += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            most[l] = h[j + l] > most[l] ? h[j + l] : most[l];
        }
    }
    for (int64_t j = n / LANES * LANES; j < n; j++) {
        largest = h[j] > largest ? h[j] : largest;
    }
    for (int64_t l = 0; l < LANES; l++) {
        largest = most[l] > largest ? most[l] : largest;
    }
    return largest;
}

/* Sum of squares of numbers times `scale`. */
static double sum_squares(const double *h, double scale, int64_t n)
{
    double part[LANES] = {0.0}, sum = 0.0;

    for (int64_t j = 0; j + LANES <= n; j += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            const double value = h[j + l] * scale;

            part[l] += value * value;
        }
    }
    for (int64_t j = n / LANES * LANES; j < n; j++) {
        sum += h[j] * scale * (h[j] * scale);
    }
    for (int64_t l = 0; l < LANES; l++) {
        sum += part[l];
    }
    return sum;
}

/* Unit L2 norm over the modelled pixels; a zero component stays zero, with coefficients 0. */
static double inverse_norm(const double *h, int64_t n)
{
    const double largest = find_largest(h, n);
    int exponent = 0;

    (void)frexp(largest, &exponent);
    /* exact, and neither it overflows nor squares underflow */
    const double scale = ldexp(1.0, exponent < LOWEST ? -LOWEST : -exponent);

    return largest > 0.0 ? scale / sqrt(sum_squares(h, scale, n)) : 0.0;
}

static void store_component(const sqn__nmf_kept *kept, int64_t a, const sqn_panels *panels,
                            const double *w, const double *h)
{
    const sqn_panels_info *info = &panels->info;
    const double scale = inverse_norm(h, info->n_pix_used);
    const double unit = scale > 0.0 ? ldexp(1.0 / scale, panels->exponent) : 0.0;

    for (int64_t j = 0; j < info->n_pix; j++) {
        const int64_t at = panels->pixel[j];

        kept->comp[a * info->n_pix + j] = at >= 0 ? (float)(h[at] * scale) : NAN;
    }
    for (int64_t i = 0; i < info->n_frame; i++) {
        const int64_t at = panels->frame[i];

        kept->coeff[i * kept->n_comp + a] = at >= 0 ? w[at] * unit : (double)NAN;
    }
}

static void store_background(const sqn__nmf_kept *kept, const sqn_panels *panels,
                             const double *b)
{
    for (int64_t i = 0; i < panels->info.n_frame; i++) {
        const int64_t at = panels->frame[i];

        kept->background[i] = at >= 0 ? ldexp(b[at], panels->exponent) : (double)NAN;
    }
}

static const sqn__nmf_kept *find_kept(const sqn_nmf *model, int64_t n_comp)
{
    for (int64_t i = 0; i < model->n_kept; i++) {
        if (model->kept[i].n_comp == n_comp) {
            return model->kept + i;
        }
    }
    return NULL;
}

/* Room for a column of each factor, and which of them is of frames (W), which of pixels (H). */
typedef struct columns {
    double *along, *across;
    const double *w, *h;
} columns;

static columns columns_of(const sqn_nmf *model, const sqn_panels *panels, int slot)
{
    const bool wide = panels->info.pixels_are_long;
    double *along = model->along + slot * panels->n_long;
    double *across = model->across + slot * panels->n_short;

    return (columns){along, across, wide ? across : along, wide ? along : across};
}

void sqn__nmf_model_store(const sqn_nmf *model, int64_t n_comp, const sqn_panels *panels,
                          const sqn__nmf_method *method, const void *state)
{
    const sqn__nmf_kept *kept = find_kept(model, n_comp);

    if (kept == NULL) {
        return;
    }
#pragma omp parallel for schedule(static) num_threads(model->n_slot) default(none) \
    shared(model, n_comp, panels, method, state, kept)
    for (int64_t a = 0; a < n_comp; a++) {
        const columns of = columns_of(model, panels, omp_get_thread_num());

        method->column(state, a, of.along, of.across);
        store_component(kept, a, panels, of.w, of.h);
        for (int64_t j = 0; j < panels->n_short; j++) {
            model->squares[j * n_comp + a] = (float)of.across[j];
        }
    }
    if (kept->background != NULL) {
        const columns of = columns_of(model, panels, 0);

        method->column(state, n_comp, of.along, of.across);
        store_background(kept, panels, of.w);
    }
    const sqn_matrix_const squares = {model->squares, panels->n_short, n_comp, n_comp};

    sqn__nmf_support_squares(model->squares, squares);
    sqn__nmf_support_mark(kept->undetermined, panels, squares);
}

static void clear_kept(sqn__nmf_kept *kept)
{
    sqn__mem_free(kept->undetermined);
    sqn__mem_free(kept->background);
    sqn__mem_free(kept->coeff);
    sqn__mem_free(kept->comp);
    *kept = (sqn__nmf_kept){0};
}

void sqn__nmf_model_cut(sqn_nmf *model, int64_t n_stage)
{
    const int64_t last = model->stage[n_stage - 1].n_comp;

    model->n_stage = n_stage;
    while (model->n_kept > 0 && model->kept[model->n_kept - 1].n_comp > last) {
        clear_kept(model->kept + --model->n_kept);
    }
}

int64_t sqn_nmf_n_stage(const sqn_nmf *model)
{
    return model->n_stage;
}

const sqn_nmf_stage *sqn_nmf_stage_at(const sqn_nmf *model, int64_t index)
{
    assert(index >= 0 && index < model->n_stage);
    return model->stage + index;
}

sqn_matrix_const sqn_nmf_components(const sqn_nmf *model, int64_t n_comp)
{
    const sqn__nmf_kept *kept = find_kept(model, n_comp);

    return kept == NULL
               ? (sqn_matrix_const){0}
               : (sqn_matrix_const){kept->comp, n_comp, model->n_pix, model->n_pix};
}

sqn_dmatrix_const sqn_nmf_coefficients(const sqn_nmf *model, int64_t n_comp)
{
    const sqn__nmf_kept *kept = find_kept(model, n_comp);

    return kept == NULL ? (sqn_dmatrix_const){0}
                        : (sqn_dmatrix_const){kept->coeff, model->n_frame, n_comp, n_comp};
}

const double *sqn_nmf_background(const sqn_nmf *model, int64_t n_comp)
{
    const sqn__nmf_kept *kept = find_kept(model, n_comp);

    return kept != NULL ? kept->background : NULL;
}

const uint8_t *sqn_nmf_undetermined(const sqn_nmf *model, int64_t n_comp)
{
    const sqn__nmf_kept *kept = find_kept(model, n_comp);

    return kept != NULL ? kept->undetermined : NULL;
}

void sqn_nmf_destroy(sqn_nmf **model)
{
    if (model == NULL || *model == NULL) {
        return;
    }
    for (int64_t i = 0; i < (*model)->n_kept; i++) {
        clear_kept((*model)->kept + i);
    }
    sqn__nmf_heldout_destroy(&(*model)->heldout);
    sqn__mem_free((*model)->squares);
    sqn__mem_free((*model)->across);
    sqn__mem_free((*model)->along);
    sqn__mem_free((*model)->kept);
    sqn__mem_free((*model)->stage);
    sqn__mem_free(*model);
    *model = NULL;
}
