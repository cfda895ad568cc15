/** @file check_spline.c @brief Splines: pixels back, polynomials, weights. */
#include "spline.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "mem.h"
#include "rng.h"
#include "spline_lanes.h"
#include "sqn_check.h"

enum {
    N_TAP = SQN__SPLINE_N_TAP,
    N_PIXEL = SQN__SPLINE_N_CARDINAL,
    BORDER = SQN__SPLINE_BORDER
};

/* Where a position falls along one axis, and the weights of the coefficients there. */
typedef struct axis {
    int64_t cell;
    double weight[N_TAP];
} axis;

/* The six B-splines over the cell, degree by degree (Cox - de Boor). */
static axis axis_at(double position)
{
    axis at = {.cell = (int64_t)floor(position), .weight = {1.0}};
    const double t = position - floor(position);

    for (int64_t d = 1; d < N_TAP; d++) {
        double carried = 0.0;

        for (int64_t r = 0; r < d; r++) {
            const double share = at.weight[r] / (double)d;

            at.weight[r] = carried + ((double)(r + 1) - t) * share;
            carried = (t + (double)(d - r - 1)) * share;
        }
        at.weight[d] = carried;
    }
    return at;
}

/* Coefficients of an image, with a border. */
typedef struct canvas {
    int64_t ny, nx, stride;
    double *all, *first; /* from the border on, from pixel (0, 0) on */
} canvas;

static canvas make_canvas(const double *pixels, int64_t ny, int64_t nx)
{
    canvas c = {.ny = ny, .nx = nx, .stride = nx + INT64_C(2) * BORDER};
    double *work = sqn__mem_alloc(sqn__spline_prefilter_work_size(ny, nx), sizeof *work);

    c.all = sqn__mem_alloc((ny + INT64_C(2) * BORDER) * c.stride, sizeof *c.all);
    c.first = c.all + BORDER * c.stride + BORDER;
    for (int64_t p = 0; p < ny * nx; p++) {
        c.first[p / nx * c.stride + p % nx] = pixels[p];
    }
    sqn__spline_prefilter(c.first, ny, nx, c.stride, work);
    sqn__spline_mirror(c.first, ny, nx, BORDER, sizeof *c.first);
    sqn__mem_free(work);
    return c;
}

/* The value between the pixels: the sum, term by term. */
static double value_at(const canvas *c, double at_y, double at_x)
{
    const axis y = axis_at(at_y), x = axis_at(at_x);
    double sum = 0.0;

    for (int64_t j = 0; j < N_TAP; j++) {
        for (int64_t i = 0; i < N_TAP; i++) {
            sum += y.weight[j] * x.weight[i] *
                   c->first[(y.cell - 2 + j) * c->stride + x.cell - 2 + i];
        }
    }
    return sum;
}

START_TEST(weights_are_the_b_splines_and_the_cardinal_spline_is_one_on_its_pixel)
{
    double response[N_PIXEL - 1], power[N_TAP][N_TAP], w[N_PIXEL];
    const axis on = axis_at(17.0), off = axis_at(-2.385);

    sqn__spline_response(response);
    sqn__spline_cardinal(w, on.weight, response);
    for (int64_t k = 0; k < N_PIXEL; k++) {
        ck_assert_double_eq_tol(w[k], k == 3, 1e-12);
    }
    sqn__spline_weights(power);
    for (int64_t k = 0; k < N_TAP; k++) {
        double sum = 0.0;

        for (int64_t d = N_TAP - 1; d >= 0; d--) {
            sum = sum * (3.0 - 2.385) + power[d][k];
        }
        ck_assert_double_eq_tol(sum, off.weight[k], 1e-15);
    }
    ck_assert_int_eq(off.cell, -3);
    ck_assert_double_eq_tol(on.weight[2], 66.0 / 120.0, 1e-14);
}
END_TEST

START_TEST(coefficients_give_the_pixels_back_whatever_the_size)
{
    const int64_t sizes[6] = {1, 2, 3, 7, 20, 58};

    omp_set_num_threads(1);
    for (int64_t j = 0; j < 6; j++) {
        for (int64_t i = 0; i < 6; i++) {
            const int64_t ny = sizes[j], nx = sizes[i];
            double *pixels = sqn__mem_alloc(ny * nx, sizeof *pixels);

            for (int64_t p = 0; p < ny * nx; p++) {
                pixels[p] = (double)sqn__rng_uniform(5, 0, (uint64_t)p);
            }
            canvas c = make_canvas(pixels, ny, nx);

            for (int64_t p = 0; p < ny * nx; p++) {
                const int64_t y = p / nx, x = p % nx;

                ck_assert_double_eq_tol(value_at(&c, (double)y, (double)x), pixels[p],
                                        1e-13);
            }
            sqn__mem_free(pixels);
            sqn__mem_free(c.all);
        }
    }
}
END_TEST

START_TEST(cardinal_weights_give_the_value_of_the_spline)
{
    enum { N = 40 };
    double pixels[N], response[N_PIXEL - 1], w[N_PIXEL];

    sqn__spline_response(response);
    for (int64_t k = 0; k < N; k++) {
        pixels[k] = (double)sqn__rng_uniform(6, 0, (uint64_t)k) - 0.5;
    }
    canvas c = make_canvas(pixels, 1, N);

    for (int64_t k = 0; k < 50; k++) {
        const double at = 12.0 + 0.313 * (double)k;
        const axis x = axis_at(at);
        double sum = 0.0;

        sqn__spline_cardinal(w, x.weight, response);
        for (int64_t i = 0; i < N_PIXEL; i++) {
            sum += w[i] * pixels[x.cell - 3 + i];
        }
        ck_assert_double_eq_tol(sum, value_at(&c, 0.0, at), 0.02); /* cut off at 4 pixels */
    }
    sqn__mem_free(c.all);
}
END_TEST

START_TEST(polynomials_are_reproduced)
{
    enum { NY = 90, NX = 100, N_PIX = NY * NX };
    static double pixels[N_PIX];

    for (int64_t y = 0; y < NY; y++) { /* a cubic of each coordinate */
        for (int64_t x = 0; x < NX; x++) {
            const double u = 0.02 * (double)(x - 50), v = 0.02 * (double)(y - 45);

            pixels[y * NX + x] = 1.0 + u - v * v + u * u * u * v;
        }
    }
    canvas c = make_canvas(pixels, NY, NX);

    for (int64_t k = 0; k < 40; k++) { /* far from the edges, where the mirror is felt */
        const double at_x = 40.0 + 0.473 * (double)k, at_y = 38.0 + 0.311 * (double)k;
        const double u = 0.02 * (at_x - 50.0), v = 0.02 * (at_y - 45.0);

        ck_assert_double_eq_tol(value_at(&c, at_y, at_x), 1.0 + u - v * v + u * u * u * v,
                                1e-12);
    }
    sqn__mem_free(c.all);
}
END_TEST

enum {
    MAP = 21,
    N_MAP = MAP * MAP,
    WIDE = MAP + 2 * BORDER,
    N_WIDE = WIDE * WIDE,
    N_AT = 300
};

/* Positions, of which some reach over every edge, and what the sums give there. */
typedef struct expected {
    double y[N_AT], x[N_AT], value[N_AT], variance[N_AT];
} expected;

/* The variance at a position, term by term. */
static double variance_at(const sqn__spline_planes *planes, double at_y, double at_x)
{
    const axis y = axis_at(at_y), x = axis_at(at_x);
    double response[N_PIXEL - 1], w_y[N_PIXEL], w_x[N_PIXEL];
    double sum = 0.0, known = 0.0, all = 0.0;

    sqn__spline_response(response);
    sqn__spline_cardinal(w_y, y.weight, response);
    sqn__spline_cardinal(w_x, x.weight, response);
    for (int64_t j = 0; j < N_PIXEL; j++) {
        for (int64_t i = 0; i < N_PIXEL; i++) {
            const int64_t at = (y.cell - 3 + j) * planes->stride + x.cell - 3 + i;
            const double w = w_y[j] * w_x[i];

            sum += w * w * (double)planes->variance[at];
            known += w * (double)planes->present[at];
            all += w;
        }
    }
    return sum * (all / known) * (all / known);
}

START_TEST(every_table_gives_the_sums)
{
    static float variance[N_WIDE], present[N_WIDE];
    static expected at;
    double pixels[N_MAP], weight[N_TAP][N_TAP], response[N_PIXEL - 1];
    const int64_t origin = BORDER * WIDE + BORDER;
    const sqn__spline_lanes *tables[] = {&sqn__spline_lanes_base, sqn__spline_lanes_avx2(),
                                         sqn__spline_lanes_avx512()};

    for (int64_t p = 0; p < N_MAP; p++) {
        const int64_t to = origin + p / MAP * WIDE + p % MAP;

        pixels[p] = (double)sqn__rng_uniform(8, 0, (uint64_t)p) - 0.3;
        present[to] = p % 17 == 5 ? 0.0F : 1.0F;
        variance[to] = present[to] * (1.0F + sqn__rng_uniform(8, 1, (uint64_t)p));
    }
    canvas c = make_canvas(pixels, MAP, MAP);
    sqn__spline_planes planes = {.stride = WIDE, .coeff = c.first};

    planes.variance = variance + origin;
    planes.present = present + origin;
    sqn__spline_weights(weight);
    sqn__spline_response(response);
    for (int64_t d = 0; d < N_TAP; d++) {
        memcpy(planes.value.power[d], weight[d], sizeof weight[d]);
        sqn__spline_cardinal(planes.pixel.power[d], weight[d], response);
    }
    for (uint64_t k = 0; k < N_AT; k++) {
        at.y[k] = -0.9 + (MAP + 0.8) * (double)sqn__rng_uniform(8, 2, k);
        at.x[k] = k == 0 ? 7.0 : -0.9 + (MAP + 0.8) * (double)sqn__rng_uniform(8, 3, k);
        at.value[k] = value_at(&c, at.y[k], at.x[k]);
        at.variance[k] = variance_at(&planes, at.y[k], at.x[k]);
    }
    for (int64_t t = 0; t < 3; t++) {
        float value[N_AT], of_value[N_AT];

        if (tables[t] == NULL) {
            continue;
        }
        tables[t]->values(value, &planes, at.y, at.x, N_AT);
        tables[t]->variances(of_value, &planes, at.y, at.x, N_AT);
        for (int64_t k = 0; k < N_AT; k++) { /* rounded to float32 */
            ck_assert_double_eq_tol(value[k], at.value[k], 1e-7);
            ck_assert_double_eq_tol(of_value[k] / at.variance[k], 1.0, 1e-7);
        }
    }
    sqn__mem_free(c.all);
}
END_TEST

/* Pixels of many images, [n, lanes]. */
static float *make_images(int64_t n, int64_t lanes)
{
    float *images = sqn__mem_alloc(n * lanes, sizeof *images);

    for (int64_t e = 0; e < n * lanes; e++) {
        images[e] = (float)sqn__rng_uniform(6, 0, (uint64_t)e);
    }
    return images;
}

START_TEST(many_images_are_filtered_as_each_alone)
{
    enum { LANES = 16 };
    const int64_t sizes[6] = {1, 2, 3, 9, 20, 58};

    omp_set_num_threads(1);
    for (int64_t k = 0; k < 36; k++) {
        const int64_t ny = sizes[k / 6], nx = sizes[k % 6];
        float *images = make_images(ny * nx, LANES);
        float *pixels = make_images(ny * nx, LANES);
        double *one = sqn__mem_alloc(ny * nx, sizeof *one);
        double *work =
            sqn__mem_alloc(sqn__spline_prefilter_work_size(ny, nx), sizeof *work);

        sqn__spline_prefilter_stack(images, ny, nx, nx, LANES);
        for (int64_t l = 0; l < LANES; l += 5) {
            for (int64_t p = 0; p < ny * nx; p++) {
                one[p] = pixels[p * LANES + l];
            }
            sqn__spline_prefilter(one, ny, nx, nx, work);
            for (int64_t p = 0; p < ny * nx; p++) { /* numbers up to 30, in float */
                ck_assert_double_eq_tol((double)images[p * LANES + l], one[p], 2e-5);
            }
        }
        sqn__mem_free(work);
        sqn__mem_free(one);
        sqn__mem_free(pixels);
        sqn__mem_free(images);
    }
}
END_TEST

START_TEST(tables_filter_many_images_alike)
{
    enum { N = 40, N_LINE = 11, LANES = 16 };
    const double poles[2] = {-0.43, -0.043};
    const sqn__spline_lanes *tables[] = {sqn__spline_lanes_avx2(),
                                         sqn__spline_lanes_avx512()};
    const sqn__spline_beside lines = {N, LANES, N_LINE, INT64_C(1) * N * LANES, LANES};
    float *plain = make_images(INT64_C(1) * N * N_LINE, LANES);

    sqn__spline_lanes_base.filter_stack(plain, &lines, poles);
    for (int t = 0; t < 2 && tables[t] != NULL; t++) {
        float *wide = make_images(INT64_C(1) * N * N_LINE, LANES);

        tables[t]->filter_stack(wide, &lines, poles);
        for (int64_t e = 0; e < INT64_C(1) * N * N_LINE * LANES; e++) {
            ck_assert_double_eq_tol((double)wide[e], (double)plain[e], 3e-6);
        }
        sqn__mem_free(wide);
    }
    sqn__mem_free(plain);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spline");
    TCase *tcase = tcase_create("quintic");

    tcase_add_test(tcase,
                   weights_are_the_b_splines_and_the_cardinal_spline_is_one_on_its_pixel);
    tcase_add_test(tcase, coefficients_give_the_pixels_back_whatever_the_size);
    tcase_add_test(tcase, cardinal_weights_give_the_value_of_the_spline);
    tcase_add_test(tcase, polynomials_are_reproduced);
    tcase_add_test(tcase, every_table_gives_the_sums);
    tcase_add_test(tcase, many_images_are_filtered_as_each_alone);
    tcase_add_test(tcase, tables_filter_many_images_alike);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
