/** @file fft.c @brief Two-dimensional complex transforms by FFTW. */
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

sqn_status sqn__fft_create(sqn__fft **out, int64_t ny, int64_t nx, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fft *fft = NULL;

    *out = NULL;
    if (ny < 1 || nx < 1 || ny > INT_MAX || nx > INT_MAX) {
        return SQN_RAISE(err, E_ARG, "transform of %" PRId64 " x %" PRId64 " pixels", nx,
                         ny);
    }
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
