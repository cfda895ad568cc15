/**
 * @file panels.h
 * @brief The solver's storage: X and V cut into panels along the longer axis.
 *
 * Rows are frames, columns pixels. Frames and pixels without any positive weight are taken
 * out; of what remains the longer axis (pixels if equal) is "long", the other "short".
 * A panel holds T consecutive long indices with all short ones, [n_short][T] contiguous.
 */
#ifndef SEQUIN_PANELS_H
#define SEQUIN_PANELS_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/rows.h"
#include "sequin/spare.h"

#ifdef __cplusplus
extern "C" {
#endif

/** X and V ready for fitting. Read-only after creation. Opaque. */
typedef struct sqn_panels sqn_panels;

/** Sizes and sums of what takes part, in the units of the rows. */
typedef struct sqn_panels_info {
    int64_t n_frame, n_pix;           /**< As given. */
    int64_t n_frame_used, n_pix_used; /**< With a positive weight. */
    int64_t n_data;                   /**< Entries of positive weight. */
    int64_t n_negative;   /**< Of these, below 0 before `negatives` was applied. */
    bool pixels_are_long; /**< The long axis. */
    double sum_vx2;       /**< sum V X^2 (dimensionless). */
} sqn_panels_info;

/** What becomes of negative data of positive weight. */
typedef enum sqn_negatives {
    SQN_NEGATIVES_KEEP,   /**< As they are (anls only). */
    SQN_NEGATIVES_ZERO,   /**< Become 0 with the same weight, as the published code does. */
    SQN_NEGATIVES_MISSING /**< Get weight 0. */
} sqn_negatives;

/**
 * Read the rows (twice) into panels.
 *
 * Values are divided by a power of two near their weighted rms, so that scaling the data by
 * any other power of two gives the same bits (docs/numerics.md, section 1); results scale back.
 *
 * @param[out] out        New panels, owned by the caller; NULL on failure.
 * @param[in]  rows       [n_frame, n_pix]; only read during the call.
 * @param[in]  negatives  What becomes of data below 0.
 *
 * @retval SQN_ERR_DATA     E_DATA_EMPTY: no positive weight; E_ERRPLANE: weights not finite,
 *                          negative, or spanning more than 1e24; a datum of positive weight
 *                          is not finite or leaves float32 after scaling (E_FITS_TYPE).
 * @retval SQN_ERR_MEMORY   Needs 8 bytes per used entry.
 */
SQN_API SQN_NODISCARD sqn_status sqn_panels_create(sqn_panels **out, const sqn_rows *rows,
                                                   sqn_negatives negatives, sqn_error *err);

/** Sizes and sums; borrowed. */
SQN_API const sqn_panels_info *sqn_panels_about(const sqn_panels *panels);

/** Whether frame `i` (as given) takes part. */
SQN_API bool sqn_panels_has_frame(const sqn_panels *panels, int64_t i);

/** Whether pixel `j` (as given) takes part. */
SQN_API bool sqn_panels_has_pixel(const sqn_panels *panels, int64_t j);

/**
 * The rows once more, out of the panels, so that nobody needs to keep them: values and weights
 * as they were given, narrowed to float32 and with `negatives` applied; an entry of weight 0 holds
 * 0 or what it was given as, one of a frame or pixel that takes no part NaN. Borrowed.
 */
SQN_API sqn_rows sqn_panels_rows(const sqn_panels *panels);

/**
 * The memory of the values, to be used by others until the panels are destroyed: from then on they may be
 * asked for weights alone, as variances are (sqn_target_variances()). NULL-safe.
 */
SQN_API sqn_spare sqn_panels_spare_values(sqn_panels *panels);

/** The same of values and weights: panels may only be destroyed from then on. NULL-safe. */
SQN_API sqn_spare sqn_panels_spare(sqn_panels *panels);

/** Free and set to NULL. NULL-safe. */
SQN_API void sqn_panels_destroy(sqn_panels **panels);

#ifdef __cplusplus
}
#endif
#endif
