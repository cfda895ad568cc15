/** @file subject.c @brief Sets as panels. */
#include "subject.h"

#include "raise.h"

sqn_status subject_make(subject *out, const request *r, const scene_size *size,
                        sqn_error *err)
{
    subject s = {.panels = NULL};
    scene made = {.n_pix = 0};
    sqn_rows_pair pair;
    sqn_status status = SQN_OK;

    SQN_TRY(scene_make(&made, size, r->weights, 0, err));
    const sqn_rows rows = scene_rows(&made, &pair);

    SQN_TRY(sqn_panels_create(&s.panels, &rows, SQN_NEGATIVES_ZERO, err));
    s.n_data = (double)sqn_panels_about(s.panels)->n_data;
    s.size = *size;
    s.bytes = 8.0 * s.n_data;
    s.key = (table_key){"", size->name, "", size->n_frame, made.n_pix, 0, 0};
    *out = s;
    s.panels = NULL;

cleanup:
    sqn_panels_destroy(&s.panels);
    scene_clear(&made);
    return status;
}

void subject_clear(subject *s)
{
    sqn_panels_destroy(&s->panels);
}

sqn_status subject_each(const request *r,
                        sqn_status (*work)(const request *r, const subject *s,
                                           sqn_error *err),
                        sqn_error *err)
{
    sqn_status status = SQN_OK;

    for (int i = 0; i < r->n_size && status == SQN_OK; i++) {
        subject s;

        status = subject_make(&s, r, &r->sizes[i], err);
        if (status == SQN_OK) {
            status = work(r, &s, err);
            subject_clear(&s);
        }
    }
    return status;
}
