/** @file peak.c @brief Where the S/N of the combined images is largest. */
#include "peak.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LANES = 16 /* numbers compared side by side */ };

/* The largest of n numbers that are not NaN; -inf where there is none. */
static float largest_of(const float *values, int64_t n)
{
    float lane[LANES], largest = -INFINITY;
    const int64_t n_whole = n - n % LANES;

    for (int64_t l = 0; l < LANES; l++) {
        lane[l] = -INFINITY;
    }
    for (int64_t e = 0; e < n_whole; e += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            lane[l] = values[e + l] > lane[l] ? values[e + l] : lane[l];
        }
    }
    for (int64_t l = 0; l < LANES; l++) {
        largest = lane[l] > largest ? lane[l] : largest;
    }
    for (int64_t e = n_whole; e < n; e++) {
        largest = values[e] > largest ? values[e] : largest;
    }
    return largest;
}

peak peak_of_group(const disk *d, int64_t group, int64_t i_count)
{
    const int64_t n_pix = d->ny * d->nx;
    const float *snr = d->snr.data + (group * d->n_count + i_count) * n_pix;
    const float largest = largest_of(snr, n_pix);
    int64_t e = 0;

    while (e < n_pix && !(snr[e] >= largest)) { /* the first of them */
        e++;
    }
    if (e == n_pix) {
        return (peak){NAN, {NAN, NAN}, group};
    }
    const int64_t y = e / d->nx;

    return (peak){snr[e], {(double)(e - y * d->nx) + 1.0, (double)y + 1.0}, group};
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
