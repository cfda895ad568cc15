/** @file subtract.h @brief Parts of stage 3b: flags and models of the counts at work. */
#ifndef STAGE_SUBTRACT_H
#define STAGE_SUBTRACT_H

#include "target.h"

/** Flags of every frame with every count at work; counts with equal flags hold them once. */
SQN_NODISCARD sqn_status target_flag(const subtraction_batch *batch, const target_input *in,
                                     sqn_error *err);

/** Models of every frame with every count at work, not yet scaled, NaN outside the region. */
SQN_NODISCARD sqn_status target_model(const subtraction_batch *batch,
                                      const target_input *in, sqn_error *err);

/** Where the models of a count lie until they are subtracted: where nobody keeps them, the
 *  residuals take their place. */
static inline const sqn_cube *target_models(const subtraction *s)
{
    return s->model.data != NULL ? &s->model : &s->residual;
}

#endif
