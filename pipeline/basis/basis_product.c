/** @file basis_product.c @brief components.fits: the build and its record. */
#include "basis_product.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

/* Rows of pixels [k, n_pix] as images [k, ny, nx], NaN outside. */
static void draw_rows(float *out, const sqn_pixels *pixels, sqn_matrix_const rows)
{
    const int64_t n_all = pixels->ny * pixels->nx;

    for (int64_t e = 0; e < rows.rows * n_all; e++) {
        out[e] = NAN;
    }
    for (int64_t a = 0; a < rows.rows; a++) {
        sqn_pixels_scatter(out + a * n_all, pixels, rows.data + a * rows.stride);
    }
}

sqn_status basis_product_images(sqn_cube *out, const basis *b, const sqn_pixels *pixels,
                                sqn_error *err)
{
    const sqn_matrix_const comp = basis_last(b);
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_cube_init(out, comp.rows, pixels->ny, pixels->nx, err));
    draw_rows(out->data, pixels, comp);

cleanup:
    return status;
}

/* Rows of pixels, drawn as images a line at a time. */
typedef struct drawing {
    const sqn_pixels *pixels;
    int64_t n_row;
    const float *row[]; /* [n_row] of [n_pix] each, borrowed */
} drawing;

/* Of up to `most` rows; NULL without memory. */
static drawing *drawing_create(const sqn_pixels *pixels, int64_t most)
{
    drawing *out = sqn__mem_alloc(1, sizeof *out + (size_t)most * sizeof *out->row);

    if (out != NULL) {
        out->pixels = pixels;
    }
    return out;
}

static void drawing_add(drawing *d, sqn_matrix_const rows)
{
    for (int64_t a = 0; a < rows.rows; a++) {
        d->row[d->n_row++] = rows.data + a * rows.stride;
    }
}

/* The first pixel that lies at an offset or behind it. */
static int64_t first_at(const sqn_pixels *pixels, int64_t offset)
{
    int64_t low = 0, high = pixels->n_pix;

    while (low < high) {
        const int64_t middle = low + (high - low) / 2;

        if (pixels->index[middle] < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* One line of image `a`, NaN outside. */
static void draw_line(float *out, const drawing *d, int64_t a, int64_t y)
{
    const int64_t nx = d->pixels->nx, begin = y * nx;
    const int64_t *index = d->pixels->index;
    const float *row = d->row[a];

    const int64_t p = first_at(d->pixels, begin), end = first_at(d->pixels, begin + nx);

    if (end - p == nx) {
        memcpy(out, row + p, (size_t)nx * sizeof *out);
        return;
    }
    for (int64_t x = 0; x < nx; x++) {
        out[x] = NAN;
    }
    for (int64_t k = p; k < end; k++) {
        out[index[k] - begin] = row[k];
    }
}

static sqn_status make_lines(void *context, void *values, int64_t first, int64_t n,
                             sqn_error *err)
{
    const drawing *d = context;

    (void)err;
    for (int64_t i = 0; i < n; i++) {
        draw_line((float *)values + i * d->pixels->nx, d, (first + i) / d->pixels->ny,
                  (first + i) % d->pixels->ny);
    }
    return SQN_OK;
}

/* HDU of images, one a component, drawn when the product is written; it owns the drawing then. */
static sqn_status add_images(sqn_fits_product *product, const char *extname, drawing **of,
                             const sqn_header *header, sqn_error *err)
{
    enum { AT_ONCE = 1 << 16 /* values: they stay in cache */ };
    const sqn_pixels *pixels = (*of)->pixels;
    const sqn_fits_image image = {.extname = extname,
                                  .type = SQN_FITS_FLOAT32,
                                  .n_axis = 3,
                                  .axes = {pixels->nx, pixels->ny, (*of)->n_row},
                                  .header = header};
    const sqn_fits_maker maker = {make_lines, *of, AT_ONCE / pixels->nx + 1, sqn__mem_free};
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_fits_product_made_image(product, &image, &maker, err));
    *of = NULL;

cleanup:
    return status;
}

static sqn_status add_components(sqn_fits_product *product, const basis_record *r,
                                 sqn_error *err)
{
    const sqn_matrix_const comp = basis_last(r->basis);
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    drawing *images = drawing_create(r->pixels, comp.rows);

    if (images == NULL) {
        return SQN_RAISE(err, E_MEM, "images of %" PRId64 " components", comp.rows);
    }
    drawing_add(images, comp);
    SQN_TRY(r->image_header(&header, r->context, 3, err));
    SQN_TRY(sqn_header_set_text(header, "CTYPE3", "NCOMP", "number of the component", err));
    SQN_TRY(add_images(product, "COMPONENTS", &images, header, err));

cleanup:
    sqn__mem_free(images);
    sqn_header_destroy(&header);
    return status;
}

/* REGION [ny, nx]: 1 where components were sought. NaN in them alone does not say whether a
   pixel lies outside or no reference covers it. */
static sqn_status add_region(sqn_fits_product *product, const basis_record *r,
                             sqn_error *err)
{
    const sqn_pixels *pixels = r->pixels;
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    uint8_t *inside =
        sqn__mem_alloc(sqn__mem_product(pixels->ny, pixels->nx), sizeof *inside);

    if (inside == NULL) {
        return SQN_RAISE(err, E_MEM, "region of %" PRId64 " pixels", pixels->n_pix);
    }
    for (int64_t p = 0; p < pixels->n_pix; p++) {
        inside[pixels->index[p]] = 1;
    }
    SQN_TRY(r->image_header(&header, r->context, 2, err));
    const sqn_fits_image image = {.extname = "REGION",
                                  .type = SQN_FITS_UINT8,
                                  .n_axis = 2,
                                  .axes = {pixels->nx, pixels->ny},
                                  .data = inside,
                                  .header = header};

    SQN_TRY(sqn_fits_product_image(product, &image, err));

cleanup:
    sqn_header_destroy(&header);
    sqn__mem_free(inside);
    return status;
}

/* A float64 image of rows x cols. */
static sqn_status add_matrix(sqn_fits_product *product, const char *extname,
                             sqn_dmatrix_const m, int exponent, const char *unit,
                             sqn_error *err)
{
    const sqn_fits_image image = {.extname = extname,
                                  .type = SQN_FITS_FLOAT64,
                                  .n_axis = 2,
                                  .axes = {m.cols, m.rows},
                                  .data = m.data,
                                  .exponent = exponent,
                                  .unit = unit};

    return sqn_fits_product_image(product, &image, err);
}

/** All kept stages, one below the other. */
typedef struct stages {
    int64_t n_row;
    drawing *images;                  /* [n_row] */
    double *coefficients;             /* [n_row, n_reference] */
    int64_t *row, *count, *component; /* [n_row] */
} stages;

static sqn_status stages_create(stages *s, const basis_record *r, sqn_error *err)
{
    const int64_t n_ref = r->n_row;

    for (int64_t k = 1; k <= r->basis->n_comp; k++) {
        s->n_row += sqn_nmf_components(r->basis->nmf, k).data != NULL ? k : 0;
    }
    s->images = drawing_create(r->pixels, s->n_row);
    s->coefficients =
        sqn__mem_alloc(sqn__mem_product(s->n_row, n_ref), sizeof *s->coefficients);
    s->row = sqn__mem_alloc(s->n_row, sizeof *s->row);
    s->count = sqn__mem_alloc(s->n_row, sizeof *s->count);
    s->component = sqn__mem_alloc(s->n_row, sizeof *s->component);
    return s->images != NULL && s->coefficients != NULL && s->row != NULL &&
                   s->count != NULL && s->component != NULL
               ? SQN_OK
               : SQN_RAISE(err, E_MEM, "%" PRId64 " components of all stages", s->n_row);
}

static void stages_clear(stages *s)
{
    sqn__mem_free(s->images);
    sqn__mem_free(s->coefficients);
    sqn__mem_free(s->row);
    sqn__mem_free(s->count);
    sqn__mem_free(s->component);
}

/* Copy stage `k` behind the `first` rows that are there. */
static void stages_take(stages *s, const basis_record *r, int64_t k, int64_t first)
{
    const sqn_dmatrix_const coeff = sqn_nmf_coefficients(r->basis->nmf, k);

    drawing_add(s->images, sqn_nmf_components(r->basis->nmf, k));
    for (int64_t a = 0; a < k; a++) {
        s->row[first + a] = first + a + 1;
        s->count[first + a] = k;
        s->component[first + a] = a + 1;
        for (int64_t i = 0; i < coeff.rows; i++) {
            s->coefficients[(first + a) * coeff.rows + i] =
                coeff.data[i * coeff.stride + a];
        }
    }
}

/* Geometry, and the counts of the stages: what components.load asks for. */
static sqn_status stages_header(sqn_header **out, const basis_record *r, sqn_error *err)
{
    sqn_status status = SQN_OK;
    int64_t n = 0;
    char key[32];

    SQN_TRY(r->image_header(out, r->context, 3, err));
    for (int64_t k = 1; k <= r->basis->n_comp; k++) {
        if (sqn_nmf_components(r->basis->nmf, k).data == NULL) {
            continue;
        }
        (void)snprintf(key, sizeof key, "NCOMP%" PRId64, ++n);
        SQN_TRY(sqn_header_set_integer(*out, key, k, "components of this stage", err));
    }

cleanup:
    return status;
}

static sqn_status add_stages(sqn_fits_product *product, const basis_record *r,
                             sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn_header *header = NULL;
    stages s = {0};
    int64_t first = 0;

    SQN_TRY(stages_create(&s, r, err));
    for (int64_t k = 1; k <= r->basis->n_comp; k++) {
        if (sqn_nmf_components(r->basis->nmf, k).data != NULL) {
            stages_take(&s, r, k, first);
            first += k;
        }
    }
    const sqn_dmatrix_const coeff = {s.coefficients, s.n_row, r->n_row, r->n_row};
    const sqn_fits_column columns[] = {
        {.name = "row", .integer = s.row},
        {.name = "count", .integer = s.count},
        {.name = "component", .integer = s.component},
    };

    SQN_TRY(stages_header(&header, r, err));
    SQN_TRY(add_images(product, "STAGES", &s.images, header, err));
    SQN_TRY(add_matrix(product, "STAGE_COEFFICIENTS", coeff, r->exponent, r->unit, err));
    SQN_TRY(sqn_fits_product_table(product, "STAGE_INDEX", columns, 3, s.n_row, err));

cleanup:
    sqn_header_destroy(&header);
    stages_clear(&s);
    return status;
}

sqn_status basis_product_fill(sqn_fits_product *product, const basis_record *r,
                              sqn_error *err)
{
    const bool built = r->basis->nmf != NULL;
    const int64_t n = r->basis->n_comp;
    sqn_status status = SQN_OK;

    SQN_TRY(add_components(product, r, err));
    if (built) {
        SQN_TRY(add_matrix(product, "COEFFICIENTS",
                           sqn_nmf_coefficients(r->basis->nmf, r->basis->n_comp),
                           r->exponent, r->unit, err));
        SQN_TRY(add_matrix(product, "OVERLAP",
                           (sqn_dmatrix_const){r->basis->overlap, n, n, n}, 0, NULL, err));
    }
    SQN_TRY(curve_add(product, r->curve, err));
    if (built && r->write_stages) {
        SQN_TRY(add_stages(product, r, err));
    }
    SQN_TRY(add_region(product, r, err));

cleanup:
    return status;
}
