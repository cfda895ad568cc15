/** @file check_fits_floats.c @brief Floats sifted as they are in the file: as by way of double. */
#include <float.h>
#include <stdlib.h>

#include "fits_floats_lanes.h"
#include "sqn_check.h"
#include "sqn_stack.h"

enum { NX = 37, NY = 31, N_PIX = NX * NY /* two whole runs and a rest */, N_FRAME = 6 };

static char *noise_one[1] = {path_n};

static const float odd_values[] = {0.0F,        -0.0F,     NAN,        -NAN,      INFINITY,
                                   -INFINITY,   FLT_MAX,   -2.0F,      -FLT_MAX,  FLT_MIN,
                                   -FLT_MIN,    0x1p-149F, -1e-40F,    0.1F,      1e30F,
                                   0.30000001F, 3.0F,      2.9999998F, 3.0000002F};
static const float odd_errors[] = {1.0F,     0.0F,    -0.0F,   -1.0F,     NAN,
                                   INFINITY, -NAN,    FLT_MAX, FLT_MIN,   2.0F,
                                   1e-40F,   -1e-40F, 0.25F,   0x1p-149F, -INFINITY};
enum {
    N_VALUE = sizeof odd_values / sizeof odd_values[0],
    N_ERROR = sizeof odd_errors / sizeof odd_errors[0]
};

static bool is_subnormal(float x)
{
    return x != 0.0F && fabsf(x) < FLT_MIN;
}

/* Every pair of an odd value and an odd error somewhere; subnormal numbers in the third frame alone, and
   nothing odd in the first. */
static void make_frames(float *value, float *error)
{
    for (int e = 0; e < N_FRAME * N_PIX; e++) {
        const int frame = e / N_PIX;
        const float v = odd_values[e % N_VALUE], s = odd_errors[e / N_VALUE % N_ERROR];

        value[e] = frame == 0 || (frame != 2 && is_subnormal(v)) ? 2.5F : v;
        error[e] = frame == 0 || (frame != 2 && is_subnormal(s)) ? 0.5F : s;
    }
}

static void write_frames(const float *value, const float *error)
{
    static const int axes[4] = {NX, NY, N_FRAME, 0};

    write_image(path_a, axes, NULL, value);
    write_image(path_n, axes, NULL, error);
}

static void same_record(const sqn_record *a, const sqn_record *b)
{
    ck_assert_int_eq(a->n_warning, b->n_warning);
    ck_assert_int_eq(a->n_note, b->n_note);
    for (int i = 0; i < a->n_warning; i++) {
        ck_assert_int_eq(a->warning[i].id, b->warning[i].id);
        ck_assert_str_eq(a->warning[i].message, b->warning[i].message);
    }
    for (int i = 0; i < a->n_note; i++) {
        ck_assert_str_eq(a->note[i], b->note[i]);
    }
}

static void same_frames(const sqn_fits_stack *a, const sqn_fits_stack *b)
{
    const size_t n = (size_t)(a->n_frame * a->ny * a->nx);

    ck_assert_int_eq(a->n_frame, b->n_frame);
    ck_assert_int_eq(a->exponent, b->exponent);
    ck_assert_mem_eq(a->value.data, b->value.data, n * sizeof *a->value.data);
    ck_assert_mem_eq(a->flags, b->flags, n);
    ck_assert_int_eq(a->error.data != NULL, b->error.data != NULL);
    if (a->error.data != NULL) {
        ck_assert_mem_eq(a->error.data, b->error.data, n * sizeof *a->error.data);
    }
    for (int64_t i = 0; i < a->n_frame; i++) {
        const sqn_fits_frame *f = &a->frames[i], *g = &b->frames[i];

        ck_assert_int_eq(f->n_missing, g->n_missing);
        ck_assert_int_eq(f->n_nan, g->n_nan);
        ck_assert_int_eq(f->n_out_of_range, g->n_out_of_range);
        ck_assert_int_eq(f->n_bad_error, g->n_bad_error);
        ck_assert_int_eq(f->n_flagged + f->n_masked, g->n_flagged + g->n_masked);
    }
}

/* The same source with a missing value that no pixel has goes by way of double. */
static void both_ways_agree(const sqn_fits_source *source)
{
    const double nowhere[1] = {12345.678};
    sqn_fits_source by_double = *source;
    sqn_fits_stack a, b;

    by_double.missing_values = nowhere;
    by_double.n_missing_value = 1;
    SQN_ASSERT_OK(read_source(&a, source), err);
    const sqn_record said = record;

    SQN_ASSERT_OK(read_source(&b, &by_double), err);
    same_record(&said, &record);
    same_frames(&a, &b);
    ck_assert_int_gt(a.frames[1].n_missing, 0);
    sqn_fits_stack_clear(&a);
    sqn_fits_stack_clear(&b);
}

START_TEST(every_odd_value_and_error_is_sifted_as_by_way_of_double)
{
    static const double ranges[][2] = {{0.0, 0.0},   {-2.0, 3.0},      {0.3, 3.0000001},
                                       {0.0, 1e300}, {-INFINITY, 1.0}, {2.5, INFINITY}};
    const sqn_fits_files files = list(one, 1), noise = list(noise_one, 1);
    float *value = malloc(sizeof(float) * N_FRAME * N_PIX);
    float *error = malloc(sizeof(float) * N_FRAME * N_PIX);

    ck_assert(value != NULL && error != NULL);
    make_frames(value, error);
    write_frames(value, error);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        sqn_fits_source source = {.files = &files,
                                  .valid_range = {ranges[i][0], ranges[i][1]}};

        both_ways_agree(&source);
        source.noise_files = &noise;
        both_ways_agree(&source);
    }
    free(value);
    free(error);
}
END_TEST

START_TEST(the_power_of_two_is_that_of_the_way_by_double)
{
    static const int powers[] = {-60, 0, 60};
    const sqn_fits_files files = list(one, 1), noise = list(noise_one, 1);
    const sqn_fits_source source = {.files = &files, .noise_files = &noise};
    static float value[N_FRAME * N_PIX], error[N_FRAME * N_PIX];
    sqn_fits_stack s;

    for (int k = 0; k < 9; k++) { /* values, their errors or nothing in the first frame */
        for (int e = 0; e < N_FRAME * N_PIX; e++) {
            const bool bare = e < N_PIX && k / 3 > 0, absent = bare && k / 3 == 2;

            value[e] = absent || e % 13 == 0 ? NAN : ldexpf((float)(e % 97), powers[k % 3]);
            value[e] = bare && !absent ? 0.0F : value[e];
            error[e] = ldexpf(0.5F, powers[k % 3]);
        }
        write_frames(value, error);
        both_ways_agree(&source);
        SQN_ASSERT_OK(read_source(&s, &source), err);
        ck_assert((s.exponent != 0) == (powers[k % 3] != 0));
        sqn_fits_stack_clear(&s);
    }
}
END_TEST

/* Numbers as they are in a file. */
static void to_bytes(unsigned char *out, const float *value)
{
    for (int e = 0; e < N_PIX; e++) {
        uint32_t word;

        memcpy(&word, &value[e], sizeof word);
        for (int b = 0; b < 4; b++) {
            out[4 * e + b] = (unsigned char)(word >> (24 - 8 * b));
        }
    }
}

/* What a table makes of a frame. */
typedef struct sifted {
    float value[N_PIX], error[N_PIX];
    uint8_t flags[N_PIX];
    double wide[N_PIX];
    sqn__fits_floats_counts counts[1 + N_PIX / SQN__FITS_FLOATS_RUN];
} sifted;

static void sift_with(sifted *out, const sqn__fits_floats_lanes *table,
                      const unsigned char *value, const unsigned char *noise)
{
    const sqn__fits_floats frame = {value, noise, out->value, out->error, out->flags};
    const float bound[2] = {-2.0F, 3.0F};

    memset(out, 0, sizeof *out);
    for (int64_t p = 0, k = 0; p < N_PIX; p += SQN__FITS_FLOATS_RUN, k++) {
        const int64_t left = N_PIX - p;

        table->sift(&out->counts[k], &frame, bound, p,
                    left < SQN__FITS_FLOATS_RUN ? left : SQN__FITS_FLOATS_RUN);
    }
    table->widen(out->wide, value, N_PIX, 0.5, 2.0);
}

START_TEST(every_table_gives_the_same_bits)
{
    const sqn__fits_floats_lanes *tables[2] = {sqn__fits_floats_lanes_avx2(),
                                               sqn__fits_floats_lanes_avx512()};
    static float value[N_FRAME * N_PIX], error[N_FRAME * N_PIX];
    static unsigned char value_bytes[4 * N_PIX], error_bytes[4 * N_PIX];
    static sifted base, other;

    make_frames(value, error);
    for (int f = 0; f < N_FRAME; f++) {
        to_bytes(value_bytes, value + (ptrdiff_t)f * N_PIX);
        to_bytes(error_bytes, error + (ptrdiff_t)f * N_PIX);
        for (int k = 0; k < 4; k++) {
            const unsigned char *noise = k % 2 == 0 ? error_bytes : NULL;

            sift_with(&base, &sqn__fits_floats_lanes_base, value_bytes, noise);
            if (tables[k / 2] != NULL) {
                sift_with(&other, tables[k / 2], value_bytes, noise);
                ck_assert_mem_eq(&other, &base, sizeof other);
            }
        }
        for (int e = 0; e < N_PIX; e++) {
            const double v = (double)value[f * N_PIX + e];

            ck_assert(isnan(v) ? isnan(base.wide[e]) : base.wide[e] == 0.5 + 2.0 * v);
        }
    }
}
END_TEST

START_TEST(what_is_to_be_divided_or_scaled_is)
{
    static const int axes[4] = {NX, NY, N_FRAME, 0};
    static const char *const exposed[] = {"EXPTIME =                  4.0", NULL};
    static const char *const scaled[] = {"BSCALE  =                  2.0", NULL};
    const sqn_fits_files files = list(one, 1);
    sqn_fits_source source = {.files = &files, .divide_by = "EXPTIME"};
    float *value = malloc(sizeof(float) * N_FRAME * N_PIX);
    sqn_fits_stack s;

    ck_assert_ptr_nonnull(value);
    for (int e = 0; e < N_FRAME * N_PIX; e++) {
        value[e] = 1.0F + (float)(e % 97);
    }
    write_image(path_a, axes, exposed, value);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_float_eq(s.value.data[2 * N_PIX - 1], value[2 * N_PIX - 1] / 4.0F);
    sqn_fits_stack_clear(&s);
    source.divide_by = NULL;
    write_image(path_a, axes, scaled, value);
    SQN_ASSERT_OK(read_source(&s, &source), err);
    ck_assert_float_eq(s.value.data[2 * N_PIX - 1], value[2 * N_PIX - 1] * 2.0F);
    sqn_fits_stack_clear(&s);
    free(value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fits floats");
    TCase *tcase = tcase_create("sift");

    tcase_add_test(tcase, every_odd_value_and_error_is_sifted_as_by_way_of_double);
    tcase_add_test(tcase, the_power_of_two_is_that_of_the_way_by_double);
    tcase_add_test(tcase, every_table_gives_the_same_bits);
    tcase_add_test(tcase, what_is_to_be_divided_or_scaled_is);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
