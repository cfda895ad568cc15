/** @file survey.c @brief Spectra of many files, one after the other. */
#include "sequin/survey.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "raise.h"
#include "survey_column.h"
#include "survey_file.h"
#include "survey_report.h"

static const char *const usual_ids[] = {"PLATE", "MJD", "FIBERID", "TARGETID"};
enum { N_USUAL = sizeof usual_ids / sizeof usual_ids[0] };

/** Lists that grow by doubling while files are read. */
typedef struct lists {
    int64_t n, capacity;
    sqn_survey_spectrum *spectra;
    sqn__survey_id *id; /* [n_id] of [capacity] */
} lists;

void sqn_survey_clear(sqn_survey *survey)
{
    if (survey == NULL) {
        return;
    }
    for (int64_t b = 0; b < survey->n_block; b++) {
        sqn_spectra_clear(&survey->blocks[b]);
    }
    for (int64_t k = 0; k < survey->n_column; k++) {
        sqn__survey_column_clear(&survey->columns[k]);
    }
    sqn__mem_free(survey->blocks);
    sqn__mem_free(survey->spectra);
    sqn__mem_free(survey->columns);
    sqn__mem_free(survey->inputs);
    sqn_header_destroy(&survey->primary);
    sqn_fits_files_clear(&survey->paths);
    *survey = (sqn_survey){0};
}

static sqn_status grow(lists *l, int64_t n_id, int64_t n, sqn_error *err)
{
    const int64_t capacity = 2 * (l->n + n);
    sqn_survey_spectrum *spectra = NULL;

    if (l->n + n <= l->capacity) {
        return SQN_OK;
    }
    spectra = sqn__mem_alloc(capacity, sizeof *spectra);
    if (spectra == NULL) {
        return SQN_RAISE(err, E_MEM, "a list of %" PRId64 " spectra", capacity);
    }
    if (l->n > 0) {
        memcpy(spectra, l->spectra, (size_t)l->n * sizeof *spectra);
    }
    sqn__mem_free(l->spectra);
    l->spectra = spectra;
    for (int64_t k = 0; k < n_id; k++) {
        sqn__survey_cell *cells = sqn__mem_alloc(capacity, sizeof *cells);

        if (cells == NULL) {
            return SQN_RAISE(err, E_MEM, "identifiers of %" PRId64 " spectra", capacity);
        }
        if (l->n > 0) {
            memcpy(cells, l->id[k].cell, (size_t)l->n * sizeof *cells);
        }
        sqn__mem_free(l->id[k].cell);
        l->id[k].cell = cells;
    }
    l->capacity = capacity;
    return SQN_OK;
}

/* Rows of a file to the lists. */
static void take_rows(sqn_survey *s, lists *l, const sqn__survey_job *job,
                      const sqn__survey_file *f)
{
    const char *path = s->paths.path[s->n_input - 1];

    for (int64_t k = 0; l->spectra != NULL && k < f->n_kept; k++) {
        const int64_t row = f->row[k];

        l->spectra[l->n] = (sqn_survey_spectrum){path, row + 1, f->redshift[row]};
        s->has_redshift = s->has_redshift || !isnan(f->redshift[row]);
        for (int64_t c = 0; c < job->n_id; c++) {
            l->id[c].cell[l->n] =
                f->id[c].cell != NULL ? f->id[c].cell[row] : (sqn__survey_cell){""};
        }
        l->n++;
    }
}

/* What a file gave goes to the lists and blocks of the survey. */
static sqn_status take_file(sqn_survey *s, lists *l, sqn__survey_job *job,
                            sqn__survey_file *f, sqn_error *err)
{
    const sqn_status status = grow(l, job->n_id, f->n_kept, err);

    if (status != SQN_OK) {
        return status;
    }
    take_rows(s, l, job, f);
    if (f->n_kept > 0) {
        job->tally.n_with_ivar += f->spectra.ivar != NULL;
        job->tally.n_other_unit += s->n_block > 0 && strcmp(s->unit, f->unit) != 0;
        if (s->n_block == 0) {
            memcpy(s->unit, f->unit, sizeof s->unit);
            memcpy(s->scale, f->scale, sizeof s->scale);
        }
        s->blocks[s->n_block++] = f->spectra;
        f->spectra = (sqn_spectra){0};
    }
    s->n_unselected += f->n_unselected;
    s->n_without_redshift += f->n_without_redshift;
    job->n_seen += f->n_row;
    return SQN_OK;
}

static sqn_status copy_path(sqn_survey *s, const char *path, sqn_error *err)
{
    const size_t size = strlen(path) + 1;
    char *copy = sqn__mem_alloc((int64_t)size, 1);

    if (copy == NULL) {
        return SQN_RAISE(err, E_MEM, "a path of %zu bytes", size);
    }
    memcpy(copy, path, size);
    s->paths.path[s->paths.n++] = copy;
    return SQN_OK;
}

/* Enter a file that was read. */
static sqn_status enter(sqn_survey *s, const char *path, const char *kind, sqn_error *err)
{
    const sqn_status status = copy_path(s, path, err);

    if (status == SQN_OK) {
        s->inputs[s->n_input++] =
            (sqn_fits_input){.file = s->paths.path[s->paths.n - 1], .kind = kind};
    }
    return status;
}

static void enter_sum(sqn_survey *s, uint32_t datasum)
{
    sqn_fits_input *input = &s->inputs[s->n_input - 1];

    (void)snprintf(input->datasum, sizeof input->datasum, "%" PRIu32, datasum);
}

static sqn_status read_one(sqn_survey *s, lists *l, sqn__survey_job *job, const char *path,
                           sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fits_file file = {0};
    sqn__survey_file found = {0};

    SQN_TRY(enter(s, path, "frames", err));
    SQN_TRY(sqn__fits_file_open(&file, path, job->log, err));
    if (s->primary == NULL) {
        SQN_TRY(sqn__fits_file_header(&s->primary, &file, &file.hdu[0], err));
    }
    SQN_TRY(sqn__survey_file_read(&found, job, &file, err));
    enter_sum(s, found.datasum);
    SQN_TRY(take_file(s, l, job, &found, err));

cleanup:
    if (status != SQN_OK) {
        sqn__fits_file_at(err, path, NULL, NULL);
    }
    sqn__survey_file_clear(&found, job->n_id);
    sqn__fits_file_close(&file);
    return status;
}

static sqn_status prepare(sqn_survey *s, lists *l, sqn__survey_job *job, sqn_error *err)
{
    const sqn_survey_source *source = job->source;
    const int64_t n_file = source->files != NULL ? source->files->n : 0;
    sqn_status status = SQN_OK;

    if (n_file < 1) {
        return SQN_RAISE(err, E_ARG, "no files to read");
    }
    job->id = source->n_id > 0 ? source->id_columns : usual_ids;
    job->n_id = source->n_id > 0 ? source->n_id : N_USUAL;
    s->blocks = sqn__mem_alloc(n_file, sizeof *s->blocks);
    s->inputs = sqn__mem_alloc(n_file + 1, sizeof *s->inputs);
    s->paths.path = sqn__mem_alloc(n_file + 1, sizeof *s->paths.path);
    l->id = sqn__mem_alloc(job->n_id, sizeof *l->id);
    if (s->blocks == NULL || s->inputs == NULL || s->paths.path == NULL || l->id == NULL) {
        return SQN_RAISE(err, E_MEM, "a list of %" PRId64 " files", n_file);
    }
    if (source->redshift.file != NULL) {
        SQN_TRY(
            sqn__survey_redshifts_read(&job->redshifts, &source->redshift, job->log, err));
    }

cleanup:
    return status;
}

static sqn_status refuse_column(const sqn_survey *s, const char *column, sqn_error *err)
{
    const sqn_status status = SQN_RAISE(
        err, E_FITS_HDU, "no table with one row per spectrum has a column %s", column);

    sqn__error_mend(err, "check spectra.id_columns");
    sqn__fits_file_at(err, s->paths.path[0], NULL, NULL);
    return status;
}

/* Identifiers that were asked for, and the usual ones that are there. */
static sqn_status make_columns(sqn_survey *s, lists *l, const sqn__survey_job *job,
                               sqn_error *err)
{
    sqn_status status = SQN_OK;

    s->columns = sqn__mem_alloc(job->n_id, sizeof *s->columns);
    if (s->columns == NULL) {
        return SQN_RAISE(err, E_MEM, "%" PRId64 " columns", job->n_id);
    }
    for (int64_t k = 0; k < job->n_id && status == SQN_OK; k++) {
        if (sqn__survey_column_any(l->id[k].cell, l->n)) {
            status = sqn__survey_column_make(&s->columns[s->n_column++], job->id[k],
                                             &l->id[k].cell, l->n, err);
        } else if (job->source->n_id > 0 && l->n > 0) {
            status = refuse_column(s, job->id[k], err);
        }
    }
    return status;
}

/* A catalogue that says nothing of whose its rows are has one for every spectrum. */
static sqn_status check_catalogue(const sqn__survey_job *job, sqn_error *err)
{
    const sqn_survey_redshift *from = &job->source->redshift;

    if (from->file == NULL || from->match != NULL || job->redshifts.n == job->n_seen) {
        return SQN_OK;
    }
    const sqn_status status =
        SQN_RAISE(err, E_SHAPE, "%" PRId64 " redshifts for %" PRId64 " spectra",
                  job->redshifts.n, job->n_seen);

    sqn__error_mend(err,
                    "name the column that says whose they are in spectra.redshift.match");
    sqn__fits_file_at(err, from->file, NULL, NULL);
    return status;
}

/* The lists become the survey's own. */
static sqn_status hand_over(sqn_survey *s, lists *l, const sqn__survey_job *job,
                            sqn_error *err)
{
    sqn_status status = SQN_OK;

    s->spectra = l->spectra;
    l->spectra = NULL;
    s->n_spectrum = l->n;
    s->exponent = job->exponent;
    SQN_TRY(make_columns(s, l, job, err));
    if (job->source->redshift.file != NULL) {
        SQN_TRY(enter(s, job->source->redshift.file, "redshifts", err));
        enter_sum(s, job->redshifts.datasum);
    }

cleanup:
    return status;
}

static void clear(lists *l, sqn__survey_job *job)
{
    for (int64_t k = 0; l->id != NULL && k < job->n_id; k++) {
        sqn__mem_free(l->id[k].cell);
    }
    sqn__mem_free(l->id);
    sqn__mem_free(l->spectra);
    sqn__survey_redshifts_clear(&job->redshifts);
}

sqn_status sqn_survey_read(sqn_survey *out, const sqn_survey_source *source,
                           const sqn_log *log, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__survey_job job = {.source = source, .log = log};
    lists l = {0};

    *out = (sqn_survey){0};
    SQN_TRY(prepare(out, &l, &job, err));
    for (int64_t k = 0; k < source->files->n; k++) {
        SQN_TRY(read_one(out, &l, &job, source->files->path[k], err));
    }
    SQN_TRY(check_catalogue(&job, err));
    SQN_TRY(hand_over(out, &l, &job, err));
    sqn__survey_report(out, &job);
    SQN_TRY(sqn__survey_report_check(out, &job, err));

cleanup:
    clear(&l, &job);
    if (status != SQN_OK) {
        sqn_survey_clear(out);
    }
    return status;
}
