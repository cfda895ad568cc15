/** @file measure_scaling.c @brief A pass as frames, pixels, components and threads grow. */
#include <assert.h>

#include "measure.h"

static sqn_status pass_at(const request *r, const char *const *sets, int n_set,
                          sqn_error *err)
{
    request own = *r;

    own.n_size = n_set;
    for (int i = 0; i < n_set; i++) {
        const bool known = scene_find(&own.sizes[i], sets[i]);

        assert(known);
        (void)known;
    }
    return measure_pass(&own, err);
}

sqn_status measure_scaling(const request *r, sqn_error *err)
{
    static const char *const shapes[] = {
        "25x256x256", "50x256x256",  "100x256x256", "200x256x256", "400x256x256",
        "100x64x64",  "100x128x128", "100x181x181", "100x362x362", "100x512x512",
    };
    static const char *const tiny[] = {"12x24x24", "24x24x24"};
    static const int64_t counts[] = {1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60};
    static const char *const medium[] = {"100x256x256"};
    request by_shape = *r, by_count = *r;
    const int n = (int)(sizeof counts / sizeof counts[0]);

    if (r->quick) {
        return pass_at(r, tiny, 2, err);
    }
    by_shape.n_count = request_counts(r, by_shape.counts, counts + 3, 1);
    by_count.n_count = request_counts(r, by_count.counts, counts, n);
    const sqn_status status =
        pass_at(&by_shape, shapes, (int)(sizeof shapes / sizeof shapes[0]), err);

    return status == SQN_OK ? pass_at(&by_count, medium, 1, err) : status;
}
