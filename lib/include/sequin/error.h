/**
 * @file error.h
 * @brief Status codes, message ids and the report every fallible Sequin call can fill.
 */
#ifndef SEQUIN_ERROR_H
#define SEQUIN_ERROR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SQN_API               __attribute__((visibility("default")))
#define SQN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SQN_NODISCARD         __attribute__((warn_unused_result))
#else
#define SQN_API
#define SQN_PRINTF(fmt, args)
#define SQN_NODISCARD
#endif

/** Why a call failed. Each but SQN_OK has one exit code of the program (sysexits.h). */
typedef enum sqn_status {
    SQN_OK = 0,          /**< Success; outputs are set. */
    SQN_ERR_ARG,         /**< An argument breaks the documented contract (exit 70). */
    SQN_ERR_USAGE,       /**< Command line (64). */
    SQN_ERR_DATA,        /**< Input data unusable or inconsistent (65). */
    SQN_ERR_INPUT,       /**< Input missing or not a regular file (66). */
    SQN_ERR_UNAVAILABLE, /**< Valid request, not built in, or codec refused (69). */
    SQN_ERR_NUMERIC,     /**< Numerical or internal failure (70). */
    SQN_ERR_MEMORY,      /**< Allocation failed or its size overflows (71). */
    SQN_ERR_CREATE,      /**< Output exists or cannot be created (73). */
    SQN_ERR_IO,          /**< Reading or writing failed (74). */
    SQN_ERR_BUSY,        /**< Output directory in use by another run (75). */
    SQN_ERR_PERMISSION,  /**< Permission denied (77). */
    SQN_ERR_CONFIG,      /**< Configuration (78). */
    SQN_ERR_INTERRUPTED, /**< Stopped by a signal (85). */
    SQN_STATUS_COUNT     /**< Number of codes; never returned. */
} sqn_status;

/** Every message Sequin can give. Names are stable; docs/messages.md lists them. */
typedef enum sqn_id {
    SQN_NO_ID = 0,
    /* Errors. */
    SQN_E_ARG,
    SQN_E_USAGE,
    SQN_E_CFG_SCHEMA,
    SQN_E_CFG_SYNTAX,
    SQN_E_CFG_LIMIT,
    SQN_E_PATH,
    SQN_E_COUNT,
    SQN_E_ANGLES,
    SQN_E_IN_MISSING,
    SQN_E_IN_NOTFILE,
    SQN_E_IN_PERM,
    SQN_E_DUPLICATE,
    SQN_E_FITS_NOTFITS,
    SQN_E_FITS_TRUNC,
    SQN_E_FITS_HEADER,
    SQN_E_FITS_SIZE,
    SQN_E_FITS_HDU,
    SQN_E_FITS_TYPE,
    SQN_E_FITS_CHECKSUM,
    SQN_E_FITS_COMPRESS,
    SQN_E_DATA_EMPTY,
    SQN_E_HOLDOUT,
    SQN_E_SHAPE,
    SQN_E_MASK,
    SQN_E_ERRPLANE,
    SQN_E_UNITS,
    SQN_E_WAVELENGTH,
    SQN_E_EXCLUDE_UNCOVERED,
    SQN_E_STRICT,
    SQN_E_UNAVAILABLE,
    SQN_E_NUM,
    SQN_E_MEM,
    SQN_E_OUT_EXISTS,
    SQN_E_OUT_CREATE,
    SQN_E_OUT_PERM,
    SQN_E_OUT_NOSPACE,
    SQN_E_OUT_VERIFY,
    SQN_E_IO,
    SQN_E_LOCK,
    SQN_E_INTERRUPTED,
    /* Warnings. */
    SQN_W_FITS_HEADER,
    SQN_W_FITS_PADDING,
    SQN_W_FITS_TRAILING,
    SQN_W_FITS_HDU,
    SQN_W_FILES_ORDER,
    SQN_W_PRECISION,
    SQN_W_WCS,
    SQN_W_DATA_FRAME,
    SQN_W_DATA_PIXEL,
    SQN_W_DATA_NONFINITE,
    SQN_W_NEGATIVES,
    SQN_W_FLAGS_MANY,
    SQN_W_FLAGS_UNUSED,
    SQN_W_MASK_POLARITY,
    SQN_W_ERRPLANE,
    SQN_W_UNITS,
    SQN_W_REDSHIFT,
    SQN_W_NORM,
    SQN_W_NOISE_UNIFORM,
    SQN_W_NOISE_MIXED,
    SQN_W_NOISE_SCALE,
    SQN_W_FWHM_ASSUMED,
    SQN_W_CENTER_ASSUMED,
    SQN_W_CENTER_MISMATCH,
    SQN_W_EXCLUDE,
    SQN_W_EXCLUDE_LARGE,
    SQN_W_EXCLUDE_UNCOVERED,
    SQN_W_SUPPORT,
    SQN_W_SELF_SUBTRACTION,
    SQN_W_COUNT_LIMIT,
    SQN_W_CLIP_CAP,
    SQN_W_UNDETERMINED,
    SQN_W_VANISHED,
    SQN_W_STAGE,
    SQN_W_STOP,
    SQN_W_SCALE,
    SQN_W_BFF_EDGE,
    SQN_W_BFF_ADI,
    SQN_W_OVERSUBTRACTION,
    SQN_W_CLEANUP,
    SQN_W_PLOT,
    SQN_W_IMPUTE_NONE,
    SQN_W_IMPUTE_LEFT,
    SQN_W_IMPUTE_WORSE,
    SQN_ID_COUNT
} sqn_id;

enum { SQN_ERROR_WHERE_MAX = 512, SQN_ERROR_MESSAGE_MAX = 512, SQN_ERROR_FIX_MAX = 256 };

/** Error or warning report owned by the caller, normally on its stack. No allocation. */
typedef struct sqn_error {
    sqn_status status;               /**< Same value the call returned; SQN_OK: warning. */
    sqn_id id;                       /**< Which message; sqn_error_name() spells it. */
    int line;                        /**< Line that raised it. */
    const char *func;                /**< Function that raised it (static string). */
    char where[SQN_ERROR_WHERE_MAX]; /**< File, HDU, keyword or key; may be empty. */
    char message[SQN_ERROR_MESSAGE_MAX]; /**< One line, no trailing newline. */
    char fix[SQN_ERROR_FIX_MAX]; /**< How to mend it; empty: the id's own sentence. */
} sqn_error;

/** Short English name of a status; never NULL. */
SQN_API const char *sqn_error_string(sqn_status status);

/** "E_SHAPE" for SQN_E_SHAPE; never NULL. */
SQN_API const char *sqn_error_name(sqn_id id);

/** The status that an id stands for; SQN_OK for warnings. */
SQN_API sqn_status sqn_error_status(sqn_id id);

/** The id's imperative sentence, without a final stop; never NULL. */
SQN_API const char *sqn_error_fix(sqn_id id);

/** Exit code of the program for a status (sysexits.h values). */
SQN_API int sqn_error_exit_code(sqn_status status);

/**
 * The user's line: `CODE: where: what. Fix: sentence.` Control bytes are shown as \xNN.
 *
 * @param[out] out   [size] always terminated; cut if too long.
 */
SQN_API void sqn_error_line(char *out, size_t size, const sqn_error *err);

#ifdef __cplusplus
}
#endif
#endif
