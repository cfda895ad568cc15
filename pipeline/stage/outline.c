/** @file outline.c @brief Shapes are drawn where they were excluded, or not at all. */
#include "outline.h"

#include <math.h>
#include <string.h>

#include "mem.h"
#include "raise.h"

static const double same_angle = 0.1; /* degrees: half a pixel at 300 */

static bool is_member(const result *r, int64_t frame, int64_t group)
{
    return group < 0 || r->disk.group_of[frame] == group;
}

int64_t outline_first(const result *r, int64_t group)
{
    int64_t i = 0;

    while (!is_member(r, i, group)) {
        i++;
    }
    return i;
}

bool outline_turns(const result *r, int64_t group)
{
    const sqn_fits_frame *frames = r->obs.science.frames;
    const double theta = frames[outline_first(r, group)].theta;

    for (int64_t i = 0; i < r->obs.science.n_frame; i++) {
        if (is_member(r, i, group) &&
            fabs(remainder(frames[i].theta - theta, 360.0)) > same_angle) {
            return true;
        }
    }
    return false;
}

/* A copy of the exclusion of one frame. */
static sqn_status copy_frame(uint8_t **out, const result *r, int64_t frame, sqn_error *err)
{
    const int64_t n_pix = r->obs.science.ny * r->obs.science.nx;

    *out = sqn__mem_alloc(n_pix, 1);
    if (*out == NULL) {
        return SQN_RAISE(err, E_MEM, "outline of the exclusion");
    }
    memcpy(*out, r->excluded + frame * n_pix, (size_t)n_pix);
    return SQN_OK;
}

sqn_status outline_make(uint8_t **out, const result *r, int64_t group, sqn_error *err)
{
    const bool sky = target_on_sky(&r->obs, r->settings);

    *out = NULL;
    if (r->excluded == NULL) {
        return SQN_OK;
    }
    if (r->obs.derotate && sky) {
        return target_outline(out, &r->obs, r->settings, err);
    }
    /* Either the shapes or the images turn from frame to frame. */
    if (r->obs.derotate || (sky && outline_turns(r, group))) {
        return SQN_OK;
    }
    return copy_frame(out, r, outline_first(r, group), err);
}
