/** @file fit.c @brief Stage 2: the references as rows, and a basis of them. */
#include "fit.h"

#include "mem.h"
#include "raise.h"

static void forget_frames(void *owner, int64_t last)
{
    read_forget_references(owner, last);
}

static void give_frames(void *owner)
{
    read_give_references(owner);
}

static void release_frames(void *owner)
{
    read_release_references(owner);
}

sqn_status fit_basis(basis *out, observation *obs, const config *settings,
                     const uint8_t *excluded, const sqn_nmf_options *hooks, sqn_error *err)
{
    sqn_status status = SQN_OK;
    double *variance = NULL;

    *out = (basis){0};
    SQN_TRY(weigh_variance(&variance, read_references(obs), obs, settings, err));
    const weigh_frames frames = {read_references(obs), &obs->pixels, obs->noise, variance,
                                 excluded};
    sqn_rows rows = weigh_rows(&frames);

    rows.room = read_reference_room(obs); /* never frames and panels in memory together */
    rows.taken = give_frames;
    rows.release = forget_frames;
    rows.owner = obs;
    const basis_source source = {.rows = &rows,
                                 .noun = "reference frames",
                                 .own = obs->references_are_science,
                                 .packed = release_frames,
                                 .owner = obs};

    SQN_TRY(basis_build(out, &source, settings, hooks, err));

cleanup:
    sqn__mem_free(variance);
    return status;
}
