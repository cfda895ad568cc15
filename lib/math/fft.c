/** @file fft.c @brief Two-dimensional transforms by FFTW. */
#include "fft.h"

#include <assert.h>
#include <fftw3.h> /* after complex.h: its complex numbers are then those of C */
#include <inttypes.h>
#include <limits.h>

#include "mem.h"
#include "raise.h"

enum { ALIGNMENT = 16 }; /* what FFTW relies on, at least */

struct sqn__fft {
    fftw_plan forward, backward;
};

static sqn_status make_plans(sqn__fft *fft, int64_t ny, int64_t nx, sqn_error *err)
{
    /* An estimate does not touch the array but wants its alignment. */
    double complex *scratch = sqn__mem_alloc(sqn__mem_product(ny, nx), sizeof *scratch);

    if (scratch == NULL) {
        return SQN_RAISE(err, E_MEM, "transform of %" PRId64 " x %" PRId64 " pixels", nx,
                         ny);
    }
#pragma omp critical /* FFTW's planner is not safe in threads; a named one is a global */
    {
        fft->forward = fftw_plan_dft_2d((int)ny, (int)nx, scratch, scratch, FFTW_FORWARD,
                                        FFTW_ESTIMATE);
        fft->backward = fftw_plan_dft_2d((int)ny, (int)nx, scratch, scratch, FFTW_BACKWARD,
                                         FFTW_ESTIMATE);
    }
    sqn__mem_free(scratch);
    if (fft->forward == NULL || fft->backward == NULL) {
        return SQN_RAISE(err, E_MEM, "plan of %" PRId64 " x %" PRId64 " pixels", nx, ny);
    }
    return SQN_OK;
}

static sqn_status check_size(int64_t ny, int64_t nx, sqn_error *err)
{
    return ny < 1 || nx < 1 || ny > INT_MAX || nx > INT_MAX
               ? SQN_RAISE(err, E_ARG, "transform of %" PRId64 " x %" PRId64 " pixels", nx,
                           ny)
               : SQN_OK;
}

sqn_status sqn__fft_create(sqn__fft **out, int64_t ny, int64_t nx, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fft *fft = NULL;

    *out = NULL;
    SQN_TRY(check_size(ny, nx, err));
    fft = sqn__mem_alloc(1, sizeof *fft);
    if (fft == NULL) {
        return SQN_RAISE(err, E_MEM, "plans of a transform");
    }
    SQN_TRY(make_plans(fft, ny, nx, err));
    *out = fft;
    fft = NULL;

cleanup:
    sqn__fft_destroy(&fft);
    return status;
}

void sqn__fft_forward(const sqn__fft *fft, double complex *data)
{
    assert((uintptr_t)data % ALIGNMENT == 0);
    fftw_execute_dft(fft->forward, data, data);
}

void sqn__fft_backward(const sqn__fft *fft, double complex *data)
{
    assert((uintptr_t)data % ALIGNMENT == 0);
    fftw_execute_dft(fft->backward, data, data);
}

static void destroy_plan(fftw_plan plan)
{
    if (plan != NULL) {
#pragma omp critical
        fftw_destroy_plan(plan);
    }
}

void sqn__fft_destroy(sqn__fft **fft)
{
    if (fft != NULL && *fft != NULL) {
        destroy_plan((*fft)->forward);
        destroy_plan((*fft)->backward);
        sqn__mem_free(*fft);
        *fft = NULL;
    }
}

/* There and back, of real numbers in place; estimates do not touch the plane. */
static void plan_real(fftw_plan plans[2], double *plane, int64_t ny, int64_t nx)
{
    double complex *spectrum = (double complex *)plane;

#pragma omp critical
    {
        plans[0] = fftw_plan_dft_r2c_2d((int)ny, (int)nx, plane, spectrum, FFTW_ESTIMATE);
        plans[1] = fftw_plan_dft_c2r_2d((int)ny, (int)nx, spectrum, plane, FFTW_ESTIMATE);
    }
}

void sqn__fft_prepare_self(int64_t ny, int64_t nx)
{
    double *plane = sqn__mem_reserve(sqn__mem_product(ny, sqn__fft_row(nx)), sizeof *plane);
    fftw_plan plans[2] = {NULL, NULL};

    if (plane != NULL && check_size(ny, nx, NULL) == SQN_OK) {
        plan_real(plans, plane, ny, nx);
    }
    destroy_plan(plans[0]);
    destroy_plan(plans[1]);
    sqn__mem_free(plane);
}

sqn_status sqn__fft_convolve_self(double *plane, int64_t ny, int64_t nx, sqn_error *err)
{
    double complex *spectrum = (double complex *)plane;
    const int64_t n = ny * (sqn__fft_row(nx) / 2);
    fftw_plan plans[2] = {NULL, NULL};
    sqn_status status = SQN_OK;

    SQN_TRY(check_size(ny, nx, err));
    assert((uintptr_t)plane % ALIGNMENT == 0);
    plan_real(plans, plane, ny, nx);
    if (plans[0] == NULL || plans[1] == NULL) {
        status = SQN_RAISE(err, E_MEM, "plan of %" PRId64 " x %" PRId64 " pixels", nx, ny);
        goto cleanup;
    }
    fftw_execute(plans[0]);
    for (int64_t i = 0; i < n; i++) {
        spectrum[i] *= spectrum[i];
    }
    fftw_execute(plans[1]);

cleanup:
    destroy_plan(plans[0]);
    destroy_plan(plans[1]);
    return status;
}
