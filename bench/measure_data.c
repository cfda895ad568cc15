/** @file measure_data.c @brief Sets as plain numbers, for programs in other languages. */
#include <stdio.h>

#include "measure.h"
#include "raise.h"
#include "store.h"
#include "table.h"

sqn_status measure_data(const request *r, sqn_error *err)
{
    scene made = {.n_pix = 0};
    sqn_status status = SQN_OK;

    if (r->file == NULL || r->n_size != 1) {
        return SQN_RAISE(err, E_ARG, "data: one set, and --file NAME");
    }
    SQN_TRY(scene_make(&made, &r->sizes[0], r->weights, 0, err));
    SQN_TRY(store_plain(r->file, &made, err));
    const table_key key = {
        "data", r->sizes[0].name, "plain", made.size.n_frame, made.n_pix, 0, 0};

    table_number(&key, "matrix", "MB", 8e-6 * (double)(made.size.n_frame * made.n_pix));

cleanup:
    scene_clear(&made);
    return status;
}
