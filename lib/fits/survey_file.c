/** @file survey_file.c @brief One file of a survey, whatever its layout. */
#include "survey_file.h"

#include <inttypes.h>

#include "mem.h"
#include "raise.h"
#include "survey_image.h"
#include "survey_rows.h"
#include "survey_single.h"

void sqn__survey_file_clear(sqn__survey_file *file, int64_t n_id)
{
    sqn_spectra_clear(&file->spectra);
    for (int64_t k = 0; file->id != NULL && k < n_id; k++) {
        sqn__mem_free(file->id[k].cell);
    }
    sqn__mem_free(file->id);
    sqn__mem_free(file->row);
    sqn__mem_free(file->redshift);
    *file = (sqn__survey_file){0};
}

/* One arm; the first one says which rows are kept. */
static sqn_status read_arm(sqn_spectra *arm, sqn__survey_file *out, sqn__survey_job *job,
                           const sqn__fits_file *file, int64_t index, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_image image = {0};

    SQN_TRY(sqn__survey_image_find(&image, job, file, job->source->arms[index], err));
    if (index == 0) {
        out->n_row = image.n_row;
        SQN_TRY(sqn__survey_rows_find(out, job, file, err));
    }
    if (image.n_row != out->n_row) {
        status =
            SQN_RAISE(err, E_SHAPE, "the arm holds %" PRId64 " spectra, the first %" PRId64,
                      image.n_row, out->n_row);
        sqn__fits_file_at(err, file->path, image.flux, NULL);
    } else if (out->n_kept > 0) {
        status = sqn__survey_image_read(arm, out, &image, job, file, err);
    }

cleanup:
    return status;
}

/* Arms, each read like a file of its own, then joined. */
static sqn_status read_arms(sqn__survey_file *out, sqn__survey_job *job,
                            const sqn__fits_file *file, sqn_error *err)
{
    const int64_t n = job->source->n_arm;
    sqn_spectra *arms = sqn__mem_alloc(n, sizeof *arms);
    sqn_status status = SQN_OK;

    if (arms == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " arms", n);
    }
    for (int64_t a = 0; a < n; a++) {
        SQN_TRY(read_arm(&arms[a], out, job, file, a, err));
    }
    if (out->n_kept > 0) {
        SQN_TRY(sqn_spectra_join(&out->spectra, arms, n, err));
    }

cleanup:
    for (int64_t a = 0; a < n; a++) {
        sqn_spectra_clear(&arms[a]);
    }
    sqn__mem_free(arms);
    return status;
}

static sqn_status read_image(sqn__survey_file *out, sqn__survey_job *job,
                             const sqn__fits_file *file, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_image image = {0};

    SQN_TRY(sqn__survey_image_find(&image, job, file, NULL, err));
    out->n_row = image.n_row;
    SQN_TRY(sqn__survey_rows_find(out, job, file, err));
    if (out->n_kept > 0) {
        SQN_TRY(sqn__survey_image_read(&out->spectra, out, &image, job, file, err));
    }

cleanup:
    return status;
}

static sqn_status read_table(sqn__survey_file *out, sqn__survey_job *job,
                             const sqn__fits_file *file, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_single single = {0};

    SQN_TRY(sqn__survey_single_find(&single, job, file, err));
    out->n_row = 1;
    SQN_TRY(sqn__survey_rows_find(out, job, file, err));
    if (out->n_kept > 0) {
        SQN_TRY(sqn__survey_single_read(&out->spectra, out, &single, job, file, err));
    }

cleanup:
    return status;
}

sqn_status sqn__survey_file_read(sqn__survey_file *out, sqn__survey_job *job,
                                 const sqn__fits_file *file, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = (sqn__survey_file){0};
    if (job->source->n_arm > 0) {
        status = read_arms(out, job, file, err);
    } else if (sqn__survey_image_has(job->source, file)) {
        status = read_image(out, job, file, err);
    } else {
        status = read_table(out, job, file, err);
    }
    if (status != SQN_OK) {
        sqn__fits_file_at(err, file->path, NULL, NULL);
        sqn__survey_file_clear(out, job->n_id);
    }
    return status;
}
