/** @file snr.c @brief Small-sample signal to noise (Mawet et al. 2014). */
#include "sequin/snr.h"

#include <inttypes.h>
#include <math.h>

#include "aperture.h"
#include "raise.h"

static const double pi = 3.14159265358979323846;

/* How the flux at a position is found: by a scan, or one by one without. */
typedef struct sky {
    sqn__aperture_image image;
    const sqn__aperture_scan *scan; /* or NULL */
    double star_x, star_y, fwhm;    /* positions count from 0 */
} sky;

static double flux_at(const sky *s, double dx, double dy)
{
    const double x = s->star_x + dx, y = s->star_y + dy;

    return s->scan != NULL ? sqn__aperture_scan_flux(s->scan, x, y)
                           : sqn__aperture_flux(&s->image, x, y, 0.5 * s->fwhm);
}

/* (flux - mean) / (s sqrt(1 + 1/n)) of the n others; sums are of differences to one of them. */
static double ratio(double flux, const double sums[2], double origin, int64_t n)
{
    const double mean = sums[0] / (double)n;
    const double variance = (sums[1] - sums[0] * mean) / (double)(n - 1);
    const double signal = flux - origin - mean;
    const double rounding = 1e-12 * (fabs(flux) + fabs(origin + mean));

    if (!(variance > rounding * rounding)) {
        return (double)NAN; /* no noise to compare with */
    }
    return signal / sqrt(variance * (1.0 + 1.0 / (double)n));
}

/* S/N at (dx, dy) from the star. */
static double snr_at(const sky *s, double dx, double dy)
{
    const double radius = hypot(dx, dy);
    const double turns = floor(2.0 * pi * radius / s->fwhm + 1e-9);

    if (radius < s->fwhm) {
        return (double)NAN;
    }

    const double flux = flux_at(s, dx, dy);
    const double c = cos(2.0 * pi / turns), sine = sin(2.0 * pi / turns);
    double x = dx, y = dy, origin = 0.0, sums[2] = {0.0, 0.0};
    int64_t n = 0;

    if (isnan(flux)) {
        return (double)NAN;
    }
    for (int64_t k = 1; k < (int64_t)turns; k++) {
        const double next_x = c * x - sine * y;

        y = sine * x + c * y;
        x = next_x;

        const double other = flux_at(s, x, y);

        if (!isnan(other)) {
            origin = n == 0 ? other : origin;
            sums[0] += other - origin;
            sums[1] += (other - origin) * (other - origin);
            n++;
        }
    }
    return n < 2 ? (double)NAN : ratio(flux, sums, origin, n);
}

double sqn_snr_at(const float *image, int64_t ny, int64_t nx, const double center[2],
                  const double position[2], double fwhm)
{
    const sky s = {{ny, nx, image}, NULL, center[0] - 1.0, center[1] - 1.0, fwhm};

    return snr_at(&s, position[0] - center[0], position[1] - center[1]);
}

sqn_status sqn_snr_map(float *out, const float *image, int64_t ny, int64_t nx,
                       const double center[2], double fwhm, sqn_error *err)
{
    sqn_status status = SQN_OK;
    sky s = {{ny, nx, image}, NULL, center[0] - 1.0, center[1] - 1.0, fwhm};
    sqn__aperture_scan *scan = NULL;

    if (!(fwhm > 0.0) || !isfinite(fwhm)) {
        return SQN_RAISE(err, E_ARG, "apertures of %g pixels", fwhm);
    }
    SQN_TRY(sqn__aperture_scan_create(&scan, &s.image, 0.5 * fwhm, err));
    s.scan = scan;
#pragma omp parallel for default(none) shared(out, s, ny, nx) schedule(dynamic)
    for (int64_t y = 0; y < ny; y++) {
        for (int64_t x = 0; x < nx; x++) {
            out[y * nx + x] = (float)snr_at(&s, (double)x - s.star_x, (double)y - s.star_y);
        }
    }

cleanup:
    sqn__aperture_scan_destroy(&scan);
    return status;
}
