/** @file fits_frames.h @brief The pixels of all frames of a role. */
#ifndef SQN_FITS_FRAMES_H
#define SQN_FITS_FRAMES_H

#include "fits_layout.h"
#include "fits_tally.h"

/** Where frames come from and go to; all borrowed. */
typedef struct sqn__fits_frames {
    sqn_fits_stack *stack; /* with room; `dq` and `flags` are filled unless NULL */
    const sqn_fits_source *source;
    const sqn__fits_layout *layout;
    double (*angle)[2];       /* [all planes] as given, theta; or NULL */
    const double *wavelength; /* [planes of a spectral cube], or NULL */
    const bool *is_out;       /* [all planes] excluded */
    bool decided;             /* the exponent is known */
} sqn__fits_frames;

/**
 * Read every plane that is not excluded, side by side where it is worth it.
 *
 * @param[out] tally  What was met; the same for any number of threads.
 *
 * @retval SQN_ERR_DATA, SQN_ERR_IO, SQN_ERR_INPUT, SQN_ERR_UNAVAILABLE, SQN_ERR_MEMORY
 *         Of the first frame that shows one.
 */
SQN_NODISCARD sqn_status sqn__fits_frames_read(sqn__fits_tally *tally,
                                               const sqn__fits_frames *what,
                                               sqn_error *err);

#endif
