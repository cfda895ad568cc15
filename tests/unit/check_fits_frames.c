/** @file check_fits_frames.c @brief Frames read side by side: the same as one by one. */
#include <fitsio.h>
#include <omp.h>
#include <stdlib.h>

#include "sqn_check.h"
#include "sqn_stack.h"

enum {
    SIDE = 300,
    N_PLANE = 14,
    N_PIX = SIDE * SIDE,
    N = N_PLANE * N_PIX,
    ODD = 151,
    N_ODD = N_PLANE * ODD * ODD
}; /* worth threads */

static const int threads[] = {1, 2, 3};
static char *paths[N_PLANE];

/* One image HDU of `n` planes of side `SIDE`, plain where `codec` is 0. */
static void put_planes(fitsfile *fits, const char *name, int codec, int bitpix, int type,
                       void *values, int n)
{
    long axes[3] = {SIDE, SIDE, n};
    int status = 0;
    char text[16];

    (void)snprintf(text, sizeof text, "%s", name);
    fits_set_compression_type(fits, codec, &status);
    fits_create_img(fits, bitpix, 3, axes, &status);
    fits_update_key(fits, TSTRING, "EXTNAME", text, NULL, &status);
    fits_write_img(fits, type, 1, (LONGLONG)n * N_PIX, values, &status);
    ck_assert_int_eq(status, 0);
}

static fitsfile *create(const char *name)
{
    fitsfile *fits = NULL;
    int status = 0;

    (void)remove(name);
    fits_create_diskfile(&fits, name, &status);
    fits_create_img(fits, BYTE_IMG, 0, NULL, &status);
    ck_assert_int_eq(status, 0);
    return fits;
}

static void finish(fitsfile *fits)
{
    int status = 0;

    fits_close_file(fits, &status);
    ck_assert_int_eq(status, 0);
}

static void same_stack(const sqn_fits_stack *a, const sqn_fits_stack *b)
{
    ck_assert_int_eq(a->n_frame, b->n_frame);
    ck_assert_mem_eq(a->value.data, b->value.data, N * sizeof *a->value.data);
    ck_assert_mem_eq(a->flags, b->flags, N * sizeof *a->flags);
    ck_assert_mem_eq(a->dq, b->dq, N * sizeof *a->dq);
    for (int i = 0; i < N_PLANE; i++) {
        ck_assert_int_eq(a->frames[i].plane, b->frames[i].plane);
        ck_assert_int_eq(a->frames[i].n_missing, b->frames[i].n_missing);
        ck_assert_int_eq(a->frames[i].n_flagged, b->frames[i].n_flagged);
    }
}

static void same_record(const sqn_record *a, const sqn_record *b)
{
    ck_assert_int_eq(a->n_note, b->n_note);
    ck_assert_int_eq(a->n_warning, b->n_warning);
    for (int i = 0; i < a->n_note; i++) {
        ck_assert_str_eq(a->note[i], b->note[i]);
    }
    for (int i = 0; i < a->n_warning; i++) {
        ck_assert_str_eq(a->warning[i].message, b->warning[i].message);
    }
}

static void threads_agree(const sqn_fits_files *files, const short *truth)
{
    static sqn_record first_record;
    const sqn_fits_source source = {.files = files};
    sqn_fits_stack first = {0};

    for (int t = 0; t < 3; t++) {
        sqn_fits_stack s;

        omp_set_num_threads(threads[t]);
        SQN_ASSERT_OK(read_source(&s, &source), err);
        if (t == 0) {
            first = s;
            first_record = record;
            for (int64_t i = 0; i < N; i++) {
                const bool flagged = s.dq[i] != 0;

                if (flagged ? !isnan(s.value.data[i])
                            : s.value.data[i] != (float)truth[i]) {
                    ck_abort_msg("pixel %d is %g", (int)i, (double)s.value.data[i]);
                }
            }
        } else {
            same_stack(&first, &s);
            same_record(&first_record, &record);
            sqn_fits_stack_clear(&s);
        }
    }
    sqn_fits_stack_clear(&first);
}

/* Values, flags here and there; one plane without a valid pixel. */
static void make_scene(short *values, int *flags_of)
{
    for (int i = 0; i < N; i++) {
        values[i] = (short)(1000 + i % 997 - (i / 7) % 311);
        flags_of[i] = i / N_PIX == 9 || i % 1013 == 5 ? 4 : 0;
    }
}

START_TEST(any_number_of_threads_reads_the_same_bits_and_says_the_same)
{
    static const int codecs[3] = {0, RICE_1, GZIP_1};
    static short values[N];
    static int flags_of[N];
    const sqn_fits_files files = list(one, 1);
    fitsfile *fits = create(path_a);

    make_scene(values, flags_of);
    put_planes(fits, "SCI", codecs[_i], SHORT_IMG, TSHORT, values, N_PLANE);
    put_planes(fits, "DQ", codecs[_i], LONG_IMG, TINT, flags_of, N_PLANE);
    finish(fits);
    threads_agree(&files, values);
}
END_TEST

START_TEST(files_of_one_frame_are_read_side_by_side_as_well)
{
    static short values[N];
    static int flags_of[N];
    static char names[N_PLANE][24];
    const sqn_fits_files files = list(paths, N_PLANE);

    make_scene(values, flags_of);
    for (int i = 0; i < N_PLANE; i++) {
        (void)snprintf(names[i], sizeof names[i], "f%02d.fits", i);
        paths[i] = names[i];

        fitsfile *fits = create(names[i]);

        put_planes(fits, "SCI", i % 2 == 0 ? 0 : RICE_1, SHORT_IMG, TSHORT,
                   values + (ptrdiff_t)i * N_PIX, 1);
        put_planes(fits, "DQ", 0, LONG_IMG, TINT, flags_of + (ptrdiff_t)i * N_PIX, 1);
        finish(fits);
    }
    threads_agree(&files, values);
}
END_TEST

START_TEST(of_several_bad_frames_the_first_is_told)
{
    double *values = malloc(N * sizeof *values);
    char *name[1] = {path_n};
    const sqn_fits_files files = list(name, 1);
    const sqn_fits_source source = {.files = &files};
    fitsfile *fits = create(path_n);

    ck_assert_ptr_nonnull(values);
    for (int i = 0; i < N; i++) {
        values[i] = 2.385;
    }
    for (int plane = 4; plane < N_PLANE; plane += 3) {
        values[plane * N_PIX + 7] = 1e300;
    }
    put_planes(fits, "SCI", 0, DOUBLE_IMG, TDOUBLE, values, N_PLANE);
    finish(fits);
    free(values);
    for (int t = 0; t < 3; t++) {
        sqn_fits_stack s;

        omp_set_num_threads(threads[t]);
        SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_TYPE);
        ck_assert_ptr_nonnull(strstr(err.message, "of plane 5 exceeds"));
        ck_assert_str_eq(err.where, "n.fits:HDU 1");
    }
}
END_TEST

/* A cube with its checksums; the sum of its data as CFITSIO finds it. */
static unsigned long write_summed(int codec, int bitpix, int side)
{
    static int values[N];
    long axes[3] = {side, side, N_PLANE};
    unsigned long data = 0, all = 0;
    int status = 0;
    fitsfile *fits = create(path_a);

    for (int i = 0; i < N; i++) {
        values[i] = i % 239 + 1;
    }
    fits_set_compression_type(fits, codec, &status);
    fits_create_img(fits, bitpix, 3, axes, &status);
    fits_write_img(fits, TINT, 1, (LONGLONG)side * side * N_PLANE, values, &status);
    fits_flush_file(fits, &status);
    fits_write_chksum(fits, &status);
    ck_assert_int_eq(status, 0);
    finish(fits);
    fits_open_diskfile(&fits, path_a, READONLY, &status);
    fits_movabs_hdu(fits, 2, NULL, &status);
    fits_get_chksum(fits, &data, &all, &status);
    ck_assert_int_eq(status, 0);
    finish(fits);
    return data;
}

static const struct summed {
    int codec, bitpix, side; /* odd planes of short numbers: words lie across them */
} summed[] = {{0, FLOAT_IMG, ODD},
              {0, SHORT_IMG, ODD + 1},
              {0, SHORT_IMG, ODD},
              {0, BYTE_IMG, ODD},
              {GZIP_1, LONG_IMG, ODD}};

/* Read with each number of threads, all frames or without the last but one. */
static void sums_are(const sqn_fits_source *source, unsigned long sum)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%lu", sum);
    for (int t = 0; t < 3; t++) {
        sqn_fits_stack s;

        omp_set_num_threads(threads[t]);
        SQN_ASSERT_OK(read_source(&s, source), err);
        ck_assert_int_eq(s.n_input, 1);
        ck_assert_str_eq(s.inputs[0].datasum, text);
        sqn_fits_stack_clear(&s);
    }
}

START_TEST(sums_of_what_was_read_are_those_of_the_file)
{
    const struct summed *c = &summed[_i];
    const int64_t out = N_PLANE - 1;
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source all = {.files = &files};
    const sqn_fits_source most = {.files = &files, .exclude = &out, .n_exclude = 1};
    const unsigned long sum = write_summed(c->codec, c->bitpix, c->side);

    sums_are(&all, sum);
    sums_are(&most, sum);
}
END_TEST

START_TEST(a_byte_that_changed_is_refused_in_any_frame)
{
    static unsigned char bytes[8 * N_ODD + 10 * 2880];
    const int64_t out = N_PLANE - 1;
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files, .exclude = &out, .n_exclude = _i % 2};

    (void)write_summed(0, FLOAT_IMG, ODD);

    const size_t n = sqn_raw_load(bytes, sizeof bytes, path_a);
    const size_t data = n - ((size_t)4 * N_ODD + 2879) / 2880 * 2880;
    const size_t at[4] = {data, data + (size_t)4 * (N_ODD - ODD * ODD), /* excluded */
                          data + (size_t)4 * N_ODD - 1,
                          n - 1 /* in what fills the block */};

    bytes[at[_i / 2]] ^= 0x04U;
    sqn_raw_save(path_a, bytes, n);
    for (int t = 0; t < 3; t++) {
        sqn_fits_stack s;

        omp_set_num_threads(threads[t]);
        SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_CHECKSUM);
        ck_assert_str_eq(err.where, "a.fits:HDU 1:DATASUM");
    }
}
END_TEST

START_TEST(bytes_that_changed_explain_what_is_found_in_them)
{
    static unsigned char bytes[8 * N_ODD + 10 * 2880];
    const sqn_fits_files files = list(one, 1);
    const sqn_fits_source source = {.files = &files};
    sqn_fits_stack s;

    (void)write_summed(0, DOUBLE_IMG, ODD);

    const size_t n = sqn_raw_load(bytes, sizeof bytes, path_a);
    const size_t data = n - ((size_t)8 * N_ODD + 2879) / 2880 * 2880;

    bytes[data + (size_t)8 * ODD * ODD * 4] ^= 0x3eU; /* 1e300 or so */
    sqn_raw_save(path_a, bytes, n);
    SQN_ASSERT_FAILS(read_source(&s, &source), err, SQN_E_FITS_CHECKSUM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits_frames");
    TCase *tcase = tcase_create("frames");

    tcase_set_timeout(tcase, 60.0);
    tcase_add_loop_test(tcase, any_number_of_threads_reads_the_same_bits_and_says_the_same,
                        0, 3);
    tcase_add_test(tcase, files_of_one_frame_are_read_side_by_side_as_well);
    tcase_add_test(tcase, of_several_bad_frames_the_first_is_told);
    tcase_add_loop_test(tcase, sums_of_what_was_read_are_those_of_the_file, 0,
                        (int)(sizeof summed / sizeof summed[0]));
    tcase_add_loop_test(tcase, a_byte_that_changed_is_refused_in_any_frame, 0, 8);
    tcase_add_test(tcase, bytes_that_changed_explain_what_is_found_in_them);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
