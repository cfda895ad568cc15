/**
 * @file read.h
 * @brief Stage 1: from the configuration to frames, pixels, centre and noise.
 *
 * In: configuration and FITS files. Out: an observation, in which everything that depends on a
 * header or a default has been decided and said. Library: fits, wcs, pixels, center.
 */
#ifndef READ_H
#define READ_H

#include <stdbool.h>

#include "config.h"
#include "sequin/fits.h"
#include "sequin/pixels.h"
#include "sequin/rows.h"
#include "sequin/wcs.h"

/** Where the weights come from. */
typedef enum read_noise { READ_ERRORS, READ_POISSON, READ_UNIFORM } read_noise;

/** Frames of both roles and what was decided about them. Owned by the run. */
typedef struct observation {
    sqn_fits_stack science;
    sqn_fits_stack
        reference_stack; /**< Empty when the references are the science frames. */
    bool references_are_science;
    float *reference_mean; /**< [ny, nx] mean frame of the references. */
    sqn_pixels pixels;     /**< The region. */
    double center[2];      /**< Star (FITS pixels, x first). */
    char center_origin[64];
    double fwhm;        /**< (pixels) */
    double pixel_scale; /**< (arcsec) NaN = unknown. */
    bool has_angles;    /**< North can be turned up. */
    bool derotate;
    read_noise noise;
    double science_scale, /**< By which 1 sigma of READ_POISSON is multiplied. */
        reference_scale;
    sqn_wcs *wcs; /**< Of the first science frame; NULL = none. */
} observation;

/** Errors of every reader; problems of shape and unit between the roles. */
SQN_NODISCARD sqn_status read_observation(observation *out, const config *settings,
                                          const sqn_log *log, sqn_error *err);

/** The stack the components are built from. */
const sqn_fits_stack *read_references(const observation *obs);

/** The memory of references that are not the science frames, for panels; none where they are. */
sqn_rows_room read_reference_room(const observation *obs);

/** That memory is of the panels now. */
void read_give_references(observation *obs);

/** Give back the memory of references 0 .. `last` that are not the science frames. */
void read_forget_references(observation *obs, int64_t last);

/** Free the pixels of references that are not the science frames; the panels hold them. */
void read_release_references(observation *obs);

/** Mean over the valid values of each pixel, NaN where there are none; out [ny, nx]. */
void read_mean_frame(float *out, const sqn_fits_stack *stack);

/** The number behind a keyword: of the image HDU, else of the primary; false without. */
bool read_header_number(double *out, const sqn_fits_stack *stack, const char *keyword);

void read_clear(observation *obs);

#endif
