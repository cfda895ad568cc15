/** @file solver.c @brief The state of the fast method, moved by hand. */
#include "solver.h"

#include <string.h>

#include "mem.h"
#include "nmf_anls.h"
#include "raise.h"
#include "rng.h"

struct solver {
    sqn_nmf_options options;
    sqn__nmf_anls *state;
};

sqn_status solver_create(solver **out, const sqn_panels *panels, int64_t k, sqn_error *err)
{
    sqn_status status = SQN_OK;
    solver *s = sqn__mem_alloc(1, sizeof *s);
    double *column = sqn__mem_alloc(panels->n_short, sizeof *column);

    *out = NULL;
    if (s == NULL || column == NULL) {
        status = SQN_RAISE(err, E_MEM, "a solver");
        goto cleanup;
    }
    s->options = sqn_nmf_options_default();
    s->options.n_comp = k;
    const sqn__nmf_task task = {panels, &s->options};

    SQN_TRY(sqn__nmf_anls_state_create(&s->state, &task, err));
    for (int64_t a = 0; a < k; a++) {
        for (int64_t j = 0; j < panels->n_short; j++) {
            column[j] = sqn__rng_uniform_double(1, (uint64_t)a, (uint64_t)j);
        }
        sqn__nmf_anls_state_grow(s->state, column);
    }
    *out = s;
    s = NULL;

cleanup:
    sqn__mem_free(column);
    sqn__mem_free(s);
    return status;
}

double solver_pass(solver *s, bool renew)
{
    s->state->renew = renew;
    sqn__nmf_anls_pass_run(s->state);
    float *u = s->state->u;

    s->state->u = s->state->u_next;
    s->state->u_next = u;
    return s->state->chi2;
}

void solver_solve(solver *s)
{
    sqn__nmf_anls_pass_solve(s->state);
    memcpy(s->state->s, s->state->s_solved, (size_t)s->state->n_s * sizeof *s->state->s);
}

double solver_elements(const solver *s)
{
    return (double)s->state->panels->n_long * (double)s->state->panels->n_short;
}

double solver_flop(const solver *s, bool renew)
{
    const double k = (double)s->state->k;

    return 2.0 * k * (renew ? k + 5.0 : 4.0) * solver_elements(s);
}

double solver_bytes(const solver *s)
{
    return 8.0 * solver_elements(s);
}

void solver_destroy(solver **s)
{
    if (*s != NULL) {
        sqn__nmf_anls_state_destroy((*s)->state);
        sqn__mem_free(*s);
        *s = NULL;
    }
}
