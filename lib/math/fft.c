/** @file fft.c @brief Transforms of planes and of lines by FFTW. */
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

/* Numbers in place: `rank` axes of `side`, so many times next to each other. */
typedef struct shape {
    int rank, side[2];
    int n_line,
        stride; /* of one axis: lines, and numbers from one of its elements to the next */
} shape;

static fftw_plan plan(const shape *s, double complex *scratch, int sign)
{
    return fftw_plan_many_dft(s->rank, s->side, s->n_line, scratch, NULL, s->stride, 1,
                              scratch, NULL, s->stride, 1, sign, FFTW_ESTIMATE);
}

static sqn_status make_plans(sqn__fft *fft, const shape *s, int64_t n, sqn_error *err)
{
    /* An estimate does not touch the array but wants its alignment. */
    double complex *scratch = sqn__mem_reserve(n, sizeof *scratch);

    if (scratch == NULL) {
        return SQN_RAISE(err, E_MEM, "transform of %" PRId64 " numbers", n);
    }
#pragma omp critical /* FFTW's planner is not safe in threads; a named one is a global */
    {
        fft->forward = plan(s, scratch, FFTW_FORWARD);
        fft->backward = plan(s, scratch, FFTW_BACKWARD);
    }
    sqn__mem_free(scratch);
    return fft->forward == NULL || fft->backward == NULL
               ? SQN_RAISE(err, E_MEM, "plan of %" PRId64 " numbers", n)
               : SQN_OK;
}

static sqn_status check_size(int64_t ny, int64_t nx, sqn_error *err)
{
    return ny < 1 || nx < 1 || ny > INT_MAX || nx > INT_MAX
               ? SQN_RAISE(err, E_ARG, "transform of %" PRId64 " x %" PRId64 " pixels", nx,
                           ny)
               : SQN_OK;
}

/* `n` numbers in all. */
static sqn_status create(sqn__fft **out, const shape *s, int64_t n, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sqn__fft *fft = sqn__mem_alloc(1, sizeof *fft);

    if (fft == NULL) {
        return SQN_RAISE(err, E_MEM, "plans of a transform");
    }
    SQN_TRY(make_plans(fft, s, n, err));
    *out = fft;
    fft = NULL;

cleanup:
    sqn__fft_destroy(&fft);
    return status;
}

sqn_status sqn__fft_create(sqn__fft **out, int64_t ny, int64_t nx, sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = NULL;
    SQN_TRY(check_size(ny, nx, err));
    const shape plane = {2, {(int)ny, (int)nx}, 1, 1};

    SQN_TRY(create(out, &plane, sqn__mem_product(ny, nx), err));

cleanup:
    return status;
}

sqn_status sqn__fft_create_lines(sqn__fft **out, int64_t n, int64_t n_line, int64_t stride,
                                 sqn_error *err)
{
    sqn_status status = SQN_OK;

    *out = NULL;
    SQN_TRY(check_size(n, n_line, err));
    SQN_TRY(check_size(n, stride, err));
    const shape lines = {1, {(int)n, 1}, (int)n_line, (int)stride};

    SQN_TRY(create(out, &lines, sqn__mem_product(n, stride), err));

cleanup:
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
