/**
 * @file nmf_support.c
 * @brief Whether the frames that are valid at a pixel say anything about a component there.
 *
 * Where a pixel is excluded in the frames in which a component is strong, what the others hold
 * of it is divided by next to nothing: the component would be anything there, and the model of
 * the strong frames with it.
 */
#include "nmf_support.h"

static const double share = 0.2;    /* of its mean square over all frames */
static const double complete = 0.9; /* pixels that miss less are not in doubt */

bool sqn__nmf_support_asked(const sqn_panels *panels, int64_t n_valid)
{
    return panels->info.pixels_are_long &&
           (double)n_valid < complete * (double)panels->n_short;
}

bool sqn__nmf_support_given(double sum, int64_t n_valid)
{
    return sum >= share * (double)n_valid;
}

void sqn__nmf_support_squares(float *out, sqn_matrix_const s)
{
    for (int64_t a = 0; a < s.cols; a++) {
        double sum = 0.0;

        for (int64_t j = 0; j < s.rows; j++) {
            const double value = s.data[j * s.stride + a];

            sum += value * value;
        }
        for (int64_t j = 0; j < s.rows; j++) {
            const double value = s.data[j * s.stride + a];

            out[j * s.stride + a] =
                sum > 0.0 ? (float)(value * value * (double)s.rows / sum) : 1.0F;
        }
    }
}

/* Whether all components have support at pixel `l` of the panels; `squares` [s, k]. */
static bool has_all(const sqn_panels *panels, int64_t l, sqn_matrix_const squares)
{
    const float *v = sqn__panels_v(panels, l / panels->width) + l % panels->width;
    bool all = true;

    for (int64_t a = 0; a < squares.cols && all; a++) {
        double sum = 0.0;
        int64_t n = 0;

        for (int64_t j = 0; j < panels->n_short; j++) {
            if (v[j * panels->width] > 0.0F) {
                sum += (double)squares.data[j * squares.stride + a];
                n++;
            }
        }
        all = sqn__nmf_support_given(sum, n);
    }
    return all;
}

void sqn__nmf_support_mark(uint8_t *undetermined, const sqn_panels *panels,
                           sqn_matrix_const squares)
{
    for (int64_t j = 0; j < panels->info.n_pix; j++) {
        const int64_t valid = panels->pixel_valid[j];

        undetermined[j] = valid > 0 && valid < squares.cols;
        if (valid > 0 && undetermined[j] == 0 && sqn__nmf_support_asked(panels, valid)) {
            undetermined[j] = !has_all(panels, panels->pixel[j], squares);
        }
    }
}
