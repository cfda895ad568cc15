/** @file imputed.c @brief Stage 4: every input file once more, with values. */
#include "imputed.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "provenance.h"
#include "raise.h"

/** Maps of one image HDU: all of its planes, also those that were left out of the stack. */
typedef struct maps {
    int hdu, n_axis;
    int64_t number; /* of the HDU among those of the file that are filled, from 0 */
    int64_t axes[4], n_value;
    float *error;  /* [n_value] NaN where not filled */
    uint8_t *fate; /* [n_value] */
    float *values; /* [ny, nx] of one plane */
} maps;

static sqn_status maps_create(maps *m, const sqn_fits_copy *copy, int64_t n_pix,
                              sqn_error *err)
{
    const int hdu = m->hdu;

    m->n_value = 1;
    m->n_axis = sqn_fits_copy_axes(m->axes, copy, hdu);
    for (int a = 0; a < m->n_axis; a++) {
        m->n_value = sqn__mem_product(m->n_value, m->axes[a]);
    }
    m->error = sqn__mem_alloc(m->n_value, sizeof *m->error);
    m->fate = sqn__mem_alloc(m->n_value, sizeof *m->fate);
    m->values = sqn__mem_alloc(n_pix, sizeof *m->values);
    if (m->error == NULL || m->fate == NULL || m->values == NULL) {
        return SQN_RAISE(err, E_MEM, "maps of %" PRId64 " pixels", m->n_value);
    }
    for (int64_t e = 0; e < m->n_value; e++) {
        m->error[e] = NAN;
    }
    return SQN_OK;
}

static void maps_clear(maps *m)
{
    sqn__mem_free(m->error);
    sqn__mem_free(m->fate);
    sqn__mem_free(m->values);
}

/* Fill plane `i` of the stack, and enter it in the maps. */
static sqn_status fill_plane(maps *m, sqn_fits_copy *copy, uint8_t *fate,
                             const imputed_source *source, int64_t i, sqn_error *err)
{
    const images *im = source->images;
    const sqn_fits_frame *frame = &im->stack.frames[i];
    const int64_t n_pix = im->ny * im->nx, from = i * n_pix;
    const int64_t to = (frame->plane - 1) * n_pix;
    const float *data = im->stack.value.data + from;
    uint8_t *held = fate + from;
    sqn_status status = SQN_OK;

    for (int64_t p = 0; p < n_pix; p++) {
        m->values[p] = isnan(data[p]) ? source->estimate->value[from + p] : NAN;
    }
    const sqn_fits_fill fill = {frame->hdu, frame->plane, m->values, im->stack.exponent,
                                frame->divisor};

    SQN_TRY(sqn_fits_copy_fill(held, copy, &fill, err));
    for (int64_t p = 0; p < n_pix; p++) {
        if (held[p] != 0) {
            m->error[to + p] = (float)(sqrt((double)source->estimate->variance[from + p]) *
                                       frame->divisor);
        }
        held[p] = !isnan(data[p]) ? IMPUTED_KEPT
                  : held[p] != 0  ? IMPUTED_FILLED
                                  : IMPUTED_LEFT;
        m->fate[to + p] = held[p];
    }

cleanup:
    return status;
}

/* Where the new HDUs come from; the file's own headers stay as they are. */
static sqn_status add_provenance(sqn_header *header, const imputed_source *source,
                                 sqn_error *err)
{
    const images *im = source->images;
    sqn_status status = SQN_OK;
    char step[160];

    (void)snprintf(step, sizeof step, "missing pixels filled from the factorisation of %s",
                   images_noun(im));
    SQN_TRY(provenance_add_step(header, source->settings, step, err));
    SQN_TRY(provenance_add_inputs(header, &im->stack, "images", err));
    SQN_TRY(provenance_add_configuration(header, source->settings, err));

cleanup:
    return status;
}

static sqn_status add_map(sqn_fits_product *product, const maps *m, bool errors,
                          const sqn_fits_copy *copy, const imputed_source *source,
                          sqn_error *err)
{
    const images *im = source->images;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    char unit[72] = "";
    sqn_fits_image image = {.extname = errors ? "IMPUTED_ERR" : "IMPUTED",
                            .type = errors ? SQN_FITS_FLOAT32 : SQN_FITS_UINT8,
                            .n_axis = m->n_axis,
                            .axes = {m->axes[0], m->axes[1], m->axes[2], m->axes[3]},
                            .data = errors ? (const void *)m->error : (const void *)m->fate,
                            .exponent = errors ? im->stack.exponent : 0,
                            .unit = errors ? unit : NULL};

    (void)sqn_header_text(unit, sizeof unit, im->stack.image, "BUNIT");
    SQN_TRY(sqn_header_create(&header, err));
    SQN_TRY(sqn_header_set_integer(
        header, "EXTVER", sqn_fits_copy_free_extver(copy, image.extname) + m->number,
        "number among HDUs of this name", err));
    SQN_TRY(sqn_header_set_integer(header, "IMPHDU", m->hdu,
                                   "HDU of the image, counted from 0", err));
    if (errors) {
        SQN_TRY(sqn_header_set_text(header, "NOISEMOD", images_noise_word(im),
                                    "where the errors of the data come from", err));
        SQN_TRY(add_provenance(header, source, err));
    } else {
        SQN_TRY(sqn_header_add_history(
            header, "sequin: 0 kept, 1 filled, 2 missing without a value", err));
    }
    image.header = header;
    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn_header_destroy(&header);
    return status;
}

/** Planes of one file, on their way into its copy. */
typedef struct way {
    int64_t next, last; /* planes of the stack */
    int64_t n_done;     /* HDUs */
    sqn_fits_copy *copy;
    sqn_fits_product *product; /* of the HDUs to be added */
} way;

/* The next planes that lie in one HDU. */
static sqn_status fill_hdu(way *w, uint8_t *fate, const imputed_source *source,
                           sqn_error *err)
{
    const images *im = source->images;
    maps m = {.hdu = im->stack.frames[w->next].hdu, .number = w->n_done++};
    sqn_status status = SQN_OK;

    SQN_TRY(maps_create(&m, w->copy, im->ny * im->nx, err));
    for (; w->next <= w->last && im->stack.frames[w->next].hdu == m.hdu; w->next++) {
        SQN_TRY(fill_plane(&m, w->copy, fate, source, w->next, err));
    }
    SQN_TRY(add_map(w->product, &m, true, w->copy, source, err));
    SQN_TRY(add_map(w->product, &m, false, w->copy, source, err));

cleanup:
    maps_clear(&m);
    return status;
}

sqn_status imputed_make(sqn_fits_copy **out, uint8_t *fate, const imputed_source *source,
                        int64_t first, int64_t last, sqn_error *err)
{
    const char *path = source->images->stack.frames[first].file;
    sqn_status status = SQN_OK;
    sqn_header *nothing = NULL;
    way w = {.next = first, .last = last};

    *out = NULL;
    SQN_TRY(sqn_fits_copy_open(&w.copy, path, err));
    SQN_TRY(sqn_header_create(&nothing, err));
    SQN_TRY(sqn_fits_product_create(&w.product, nothing, source->log, err));
    while (w.next <= last) {
        SQN_TRY(fill_hdu(&w, fate, source, err));
    }
    SQN_TRY(sqn_fits_copy_append(w.copy, w.product, err));
    *out = w.copy;
    w.copy = NULL;

cleanup:
    sqn__error_at(err, path, -1, NULL);
    sqn_header_destroy(&nothing);
    sqn_fits_product_destroy(&w.product);
    sqn_fits_copy_destroy(&w.copy);
    return status;
}
