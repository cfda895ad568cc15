/** @file basis_picture.c @brief frv.png and components.png. */
#include "basis_picture.h"

#include <inttypes.h>
#include <math.h>

#include "mem.h"
#include "pictures.h"
#include "raise.h"

sqn_status basis_picture_curve(const char *path, const basis *b, const curve *c,
                               const char *title, sqn_error *err)
{
    sqn_status status = SQN_OK;
    double *n_comp = sqn__mem_alloc(c->n, sizeof *n_comp);

    if (n_comp == NULL) {
        return SQN_RAISE(err, E_MEM, "curve");
    }
    for (int64_t k = 0; k < c->n; k++) {
        n_comp[k] = (double)c->n_comp[k];
    }
    const plot_frv_data data = {
        c->n, n_comp, c->frv, c->frv_centered, c->frv_pca, b->counts[b->n_count - 1],
        title};

    SQN_TRY(plot_frv(path, &data, err));

cleanup:
    sqn__mem_free(n_comp);
    return status;
}

/* Share of each component in the light of the references; NaN when components were loaded. */
static void find_shares(double *share, const sqn_cube *components, const basis *b)
{
    const int64_t n_pix = components->ny * components->nx;
    double total = 0.0;

    for (int64_t a = 0; a < components->n_frame; a++) {
        double flux = 0.0, amount = 0.0;

        for (int64_t p = 0; p < n_pix; p++) {
            const float value = components->data[a * n_pix + p];

            flux += isnan(value) ? 0.0 : (double)value;
        }
        if (b->nmf != NULL) {
            const sqn_dmatrix_const m = sqn_nmf_coefficients(b->nmf, b->n_comp);

            for (int64_t i = 0; i < m.rows; i++) {
                amount += isnan(m.data[i * m.stride + a]) ? 0.0 : m.data[i * m.stride + a];
            }
        }
        share[a] = flux * amount;
        total += share[a];
    }
    for (int64_t a = 0; a < components->n_frame; a++) {
        share[a] = total > 0.0 ? share[a] / total : NAN;
    }
}

sqn_status basis_picture_components(const char *path, const basis *b,
                                    const sqn_cube *images, const char *title,
                                    sqn_error *err)
{
    sqn_status status = SQN_OK;
    double *share = sqn__mem_alloc(images->n_frame, sizeof *share);

    if (share == NULL) {
        return SQN_RAISE(err, E_MEM, "shares of %" PRId64 " components", images->n_frame);
    }
    find_shares(share, images, b);
    const plot_components_data data = {images->n_frame, images->ny, images->nx,
                                       images->data,    title,      share};

    SQN_TRY(plot_components(path, &data, err));

cleanup:
    sqn__mem_free(share);
    return status;
}
