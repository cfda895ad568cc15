/** @file peak.c @brief Where the S/N of the combined images is largest. */
#include "peak.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

peak peak_of_group(const disk *d, int64_t group, int64_t i_count)
{
    const int64_t n_pix = d->ny * d->nx;
    const float *snr = d->snr.data + (group * d->n_count + i_count) * n_pix;
    peak found = {NAN, {NAN, NAN}, group};

    for (int64_t e = 0; e < n_pix; e++) {
        if (!isnan(snr[e]) && !(snr[e] <= found.snr)) {
            const int64_t y = e / d->nx;

            found.snr = snr[e];
            found.position[0] = (double)(e - y * d->nx) + 1.0;
            found.position[1] = (double)y + 1.0;
        }
    }
    return found;
}

peak peak_of_count(const disk *d, int64_t i_count)
{
    peak found = peak_of_group(d, 0, i_count);

    for (int64_t g = 1; g < d->n_group; g++) {
        const peak next = peak_of_group(d, g, i_count);

        if (!isnan(next.snr) && !(next.snr <= found.snr)) {
            found = next;
        }
    }
    return found;
}

void peak_group_text(char *out, size_t size, const disk *d, int64_t group)
{
    const char *name = d->group_name[group], *slash = strrchr(name, '/');

    if (name[0] != '\0') {
        (void)snprintf(out, size, "group %" PRId64 " of %" PRId64 " (%s)", group + 1,
                       d->n_group, slash != NULL ? slash + 1 : name);
    } else if (d->n_group > 1 || !isnan(d->group_number[group])) {
        (void)snprintf(out, size, "group %" PRId64 " of %" PRId64 " (wavelength %.6g)",
                       group + 1, d->n_group, d->group_number[group]);
    } else {
        out[0] = '\0';
    }
}
