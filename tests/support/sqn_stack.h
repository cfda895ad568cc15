/** @file sqn_stack.h @brief Small files of frames, and how they are read. */
#ifndef SQN_STACK_H
#define SQN_STACK_H

#include <limits.h>
#include <math.h>
#include <stddef.h>

#include "sequin/fits.h"
#include "sqn_raw.h"
#include "sqn_record.h"

static sqn_error err;
static sqn_record record;

static const int square[4] = {3, 2, 0, 0};
static const int cube3[4] = {3, 2, 2, 0};
static const float ramp[12] = {1.5F, 2.5F, 3.5F, 4.5F,  5.5F,  6.5F,
                               7.5F, 8.5F, 9.5F, 10.5F, 11.5F, 12.5F};

/* Files of a source; paths are borrowed. */
static inline sqn_fits_files list(char **paths, int64_t n)
{
    return (sqn_fits_files){n, paths};
}

static char path_a[] = "a.fits", path_n[] = "n.fits";
static char *one[1] = {path_a};

static inline sqn_status read_source(sqn_fits_stack *stack, const sqn_fits_source *source)
{
    const sqn_log log = sqn_record_log(&record);

    return sqn_fits_stack_read(stack, source, INT_MIN, &log, &err);
}

/* A file of one primary image. */
static inline void write_image(const char *path, const int axes[4],
                               const char *const *cards, const float *values)
{
    FILE *file = sqn_raw_open(path);

    sqn_raw_image(file, NULL, axes, cards, values);
    fclose(file);
}

/* An integer image HDU of 3 x 2. */
static inline void put_flags(FILE *file, const char *name, int extver, const int32_t *flags)
{
    char card[81];

    sqn_raw_card(file, "XTENSION= 'IMAGE   '");
    sqn_raw_card(file, "BITPIX  =                   32");
    sqn_raw_card(file, "NAXIS   =                    2");
    sqn_raw_card(file, "NAXIS1  =                    3");
    sqn_raw_card(file, "NAXIS2  =                    2");
    snprintf(card, sizeof card, "EXTNAME = '%s'", name);
    sqn_raw_card(file, card);
    snprintf(card, sizeof card, "EXTVER  = %d", extver);
    sqn_raw_card(file, card);
    sqn_raw_end(file);
    for (int i = 0; i < 6; i++) {
        sqn_raw_word(file, (uint32_t)flags[i], 4);
    }
    sqn_raw_pad(file, '\0');
}

static const float errors[6] = {0.5F, 0.0F, -1.0F, NAN, INFINITY, 0.25F};
static const int32_t flags[6] = {0, 1, 0, 4, 5, 0};

/* SCI, ERR and DQ with EXTVER 2 and 1, in this order. */
static inline void write_mef(const char *path, const char *const *primary)
{
    static const char *const versions[2][2] = {{"EXTVER  = 2", NULL},
                                               {"EXTVER  = 1", NULL}};
    FILE *file = sqn_raw_open(path);

    sqn_raw_image(file, NULL, (const int[4]){0, 0, 0, 0}, primary, NULL);
    for (int i = 0; i < 2; i++) {
        sqn_raw_image(file, "SCI", square, versions[i], ramp + (ptrdiff_t)6 * i);
        sqn_raw_image(file, "ERR", square, versions[i], errors);
        put_flags(file, "DQ", 2 - i, flags);
    }
    fclose(file);
}

#endif
