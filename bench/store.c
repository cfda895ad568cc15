/** @file store.c @brief Files of one set. */
#include "store.h"

#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "raise.h"
#include "sample.h"
#include "sequin/fits.h"

sqn_status store_bytes(const char *path, const void *bytes, size_t size, sqn_error *err)
{
    FILE *file = fopen(path, "wb");
    bool good = file != NULL && fwrite(bytes, 1, size, file) == size;

    if (file != NULL) {
        good = fclose(file) == 0 && good;
    }
    return good ? SQN_OK : SQN_RAISE(err, E_IO, "%s is not written", path);
}

sqn_status store_plain(const char *path, const scene *s, sqn_error *err)
{
    const int64_t shape[] = {s->size.n_frame, s->n_pix};
    const size_t n = (size_t)(s->size.n_frame * s->n_pix);
    FILE *file = fopen(path, "wb");
    bool good = file != NULL && fwrite(shape, sizeof shape, 1, file) == 1 &&
                fwrite(s->value, sizeof *s->value, n, file) == n &&
                fwrite(s->weight, sizeof *s->weight, n, file) == n;

    if (file != NULL) {
        good = fclose(file) == 0 && good;
    }
    return good ? SQN_OK : SQN_RAISE(err, E_IO, "%s is not written", path);
}

/* Data and their errors as an instrument would give them. */
static void form_planes(float *value, float *error, const scene *s)
{
    for (int64_t i = 0; i < s->size.n_frame * s->n_pix; i++) {
        const bool valid = s->weight[i] > 0.0F;

        value[i] = valid ? s->value[i] : NAN;
        error[i] = valid ? 1.0F / sqrtf(s->weight[i]) : NAN;
    }
}

static sqn_status add_plane(sqn_fits_product *product, const char *name, const float *data,
                            const scene *s, sqn_error *err)
{
    const sqn_fits_image image = {
        .extname = name,
        .type = SQN_FITS_FLOAT32,
        .n_axis = 3,
        .axes = {s->size.nx, s->size.ny, s->size.n_frame},
        .data = data,
        .unit = "count",
    };

    return sqn_fits_product_image(product, &image, err);
}

static sqn_status make_primary(sqn_header **out, sqn_error *err)
{
    sqn_status status = SQN_OK;

    SQN_TRY(sqn_header_create(out, err));
    SQN_TRY(sqn_header_set_text(*out, "OBJECT", "GENERATED", "by sequin-bench", err));

cleanup:
    return status;
}

sqn_status store_fits(const char *path, const scene *s, store_times *times, sqn_error *err)
{
    const int64_t n = s->size.n_frame * s->n_pix;
    float *value = sqn__mem_alloc(n, sizeof *value),
          *error = sqn__mem_alloc(n, sizeof *error);
    sqn_fits_product *product = NULL;
    sqn_header *primary = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    sqn_status status = SQN_OK;

    if (value == NULL || error == NULL) {
        status = SQN_RAISE(err, E_MEM, "planes of %s", path);
        goto cleanup;
    }
    form_planes(value, error, s);
    SQN_TRY(make_primary(&primary, err));
    const double start = sample_clock();

    SQN_TRY(sqn_fits_product_create(&product, primary, NULL, err));
    SQN_TRY(add_plane(product, "SCI", value, s, err));
    SQN_TRY(add_plane(product, "ERR", error, s, err));
    SQN_TRY(sqn_fits_product_finish(&bytes, &size, product, err));
    const double formed = sample_clock();

    SQN_TRY(store_bytes(path, bytes, size, err));
    if (times != NULL) {
        *times = (store_times){formed - start, sample_clock() - formed, (double)size};
    }

cleanup:
    sqn_fits_product_destroy(&product);
    sqn_header_destroy(&primary);
    sqn__mem_free(error);
    sqn__mem_free(value);
    return status;
}
