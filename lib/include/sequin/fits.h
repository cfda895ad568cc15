/**
 * @file fits.h
 * @brief FITS files in and out of memory: frames with errors and flags in, products out.
 *
 * Files are opened by descriptor, checked by our own code and handed to CFITSIO in memory;
 * CFITSIO never sees a name. Inputs are never modified.
 */
#ifndef SEQUIN_FITS_H
#define SEQUIN_FITS_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/cube.h"
#include "sequin/error.h"
#include "sequin/header.h"
#include "sequin/log.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Paths, owned. */
typedef struct sqn_fits_files {
    int64_t n;
    char **path;
} sqn_fits_files;

/**
 * Expand names, patterns (* and ?) and @lists to existing files, in order.
 *
 * A name that exists is taken literally. Matches of a pattern are sorted by bytes. Relative
 * names are relative to `folder` ("" = the current directory).
 *
 * @retval SQN_ERR_INPUT  E_IN_MISSING: no such file, or a pattern without a match.
 * @retval SQN_ERR_DATA   E_DUPLICATE: a file named twice.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_files_expand(sqn_fits_files *out,
                                                       const char *const *names,
                                                       int64_t n_name, const char *folder,
                                                       const sqn_log *log, sqn_error *err);

/**
 * The same names with those of every `@list` in its place, one a line; nothing else is looked
 * up or changed. A name of a list is literal, and its file must exist.
 *
 * @param[out] out  Owned by the caller; empty without names.
 *
 * @retval SQN_ERR_INPUT  E_IN_MISSING: the list, a file it names, or a list without names.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_files_unlist(sqn_fits_files *out,
                                                       const char *const *names,
                                                       int64_t n_name, const char *folder,
                                                       sqn_error *err);
SQN_API void sqn_fits_files_clear(sqn_fits_files *files);

/** What a plane of uncertainties holds. */
typedef enum sqn_fits_noise {
    SQN_FITS_SIGMA,
    SQN_FITS_VARIANCE,
    SQN_FITS_IVAR
} sqn_fits_noise;

/** Where the angle of each frame comes from; the first that is set is used. */
typedef struct sqn_fits_angles {
    bool from_wcs;
    const char *keyword;     /**< Header keyword (degrees); NULL = no. */
    const char *keyword_end; /**< Value at the end of the file; planes get the value at the
                               middle of their exposure, the short way round; NULL. */
    const char *file;        /**< Image, table or text; NULL = no. */
    const char *column;      /**< Of a table; NULL = the first numeric one. */
    const double *values;    /**< [n_value] (degrees); NULL = no. */
    int64_t n_value;
    bool clockwise; /**< kind: north_cw; a WCS knows its own sense. */
    double offset;  /**< (degrees). */
} sqn_fits_angles;

/** What to read; pointers are borrowed. Zeroed fields mean the documented default. */
typedef struct sqn_fits_source {
    const sqn_fits_files *files;
    const char *hdu; /**< Name or number; NULL: SCI where present, else first image. */
    const int64_t *extver; /**< [n_extver] only these; NULL = all. */
    int64_t n_extver;
    const int64_t *exclude; /**< [n_exclude] frames left out, counted from 1. */
    int64_t n_exclude;
    const char *noise_hdu; /**< NULL: ERR of the same EXTVER and shape; "none": ignored. */
    sqn_fits_noise noise_kind;           /**< Of noise_hdu and noise_files. */
    const sqn_fits_files *noise_files;   /**< NULL = none. */
    const char *quality_hdu;             /**< NULL: DQ; "none": ignored. */
    const sqn_fits_files *quality_files; /**< NULL = none. */
    const int64_t *quality_bits; /**< [n_bit]; NULL: JWST [0], SDQFLAGS, else all. */
    int64_t n_bit;
    const sqn_fits_files *mask_files; /**< not 0 = use; NULL = none. */
    double valid_range[2];            /**< Both 0: none. */
    const double *missing_values;     /**< [n_missing_value]. */
    int64_t n_missing_value;
    const char *divide_by;         /**< Header keyword; NULL = none. */
    const sqn_fits_angles *angles; /**< NULL = none. */
    const char *wavelengths;       /**< File with one value per plane; NULL = none. */
    bool values_only; /**< Keep neither `dq` nor `flags`, once they have done their work. */
} sqn_fits_source;

/** One frame: where it came from and what it says of itself. Counted from 1 where shown. */
typedef struct sqn_fits_frame {
    const char *file;          /**< Path; borrowed from the stack. */
    int hdu;                   /**< HDU number, 0 = primary. */
    int64_t extver, plane;     /**< Plane counted from 1. */
    char date[32], filter[32]; /**< "" when unknown. */
    double exposure;           /**< (s) NaN when unknown. */
    double wavelength;         /**< As in the wavelengths file; NaN without. */
    double divisor;            /**< Of divide_by: the file's values are larger by it; 1. */
    double angle;              /**< As given (degrees); NaN without. */
    double theta; /**< Counter-clockwise turn that brings North up; 0 without. */
    int64_t n_missing, n_nan, n_flagged, n_masked, n_bad_error, n_out_of_range;
} sqn_fits_frame;

/** An input and the checksum of what was read of it. */
typedef struct sqn_fits_input {
    const char *file;
    const char *kind; /**< "frames", "errors", "flags", "mask", "angles", "wavelengths":
                           the first of these it was read for. Static. */
    char datasum[24]; /**< DATASUM of the image HDU, of several their ones' complement sum
                           (decimal text). */
} sqn_fits_input;

/**
 * Frames of one role. Values are true values divided by 2^exponent: 0 unless the data leave
 * the comfortable range of float32, so that no unit overflows. It is the mean binary exponent
 * of the valid values of the first frame that has any but 0, where that lies beyond 2^-40 or
 * 2^40 (1e-12, 1e12); a single value that overflows all the same is refused (E_FITS_TYPE).
 */
typedef struct sqn_fits_stack {
    int64_t n_frame, ny, nx;
    int exponent;
    sqn_cube value;         /**< NaN where missing for whatever reason. */
    sqn_cube error;         /**< 1 sigma, NaN where missing; data NULL = none given. */
    uint32_t *dq;           /**< [n_frame, ny, nx] all bits as read, or NULL. Owned. */
    uint8_t *flags;         /**< [n_frame, ny, nx] SQN_FLAG_NO_SCIENCE, _RANGE. Owned. */
    sqn_fits_frame *frames; /**< [n_frame] owned. */
    sqn_fits_input *inputs; /**< [n_input] every file read, owned. */
    int64_t n_input;
    char unit[72];       /**< BUNIT after divide_by, "" = none. */
    sqn_header *primary; /**< Of the first file. Owned. */
    sqn_header
        *image; /**< Of the HDU of the first frame (the primary itself if there). Owned. */
    sqn_fits_files paths; /**< Owned; frames and inputs point into it. */
} sqn_fits_stack;

/**
 * Read all frames of a source, joined in order.
 *
 * NaN, Inf, selected DQ bits, mask 0, error <= 0 or not finite, valid_range and missing_values
 * all become missing (value NaN), counted per frame and reported through `log`.
 *
 * @param[out] out       Filled on success, cleared on failure.
 * @param[in]  exponent  Power of two to use, or INT_MIN to choose it from the data: the stacks
 *                       of one run share one.
 *
 * @retval SQN_ERR_INPUT, SQN_ERR_PERMISSION, SQN_ERR_DATA, SQN_ERR_UNAVAILABLE, SQN_ERR_IO,
 *         SQN_ERR_MEMORY  With id, file, HDU and keyword in `err`.
 * @retval SQN_ERR_CONFIG  E_CFG_SCHEMA: a frame or bit number out of range.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_stack_read(sqn_fits_stack *out,
                                                     const sqn_fits_source *source,
                                                     int exponent, const sqn_log *log,
                                                     sqn_error *err);
SQN_API void sqn_fits_stack_clear(sqn_fits_stack *stack);

/** Read one 2-D image (a mask, a region, an exclusion): out has n_frame = 1. */
SQN_API SQN_NODISCARD sqn_status sqn_fits_image_read(sqn_cube *out, const char *path,
                                                     sqn_error *err);

/** Element types of product HDUs. */
typedef enum sqn_fits_type {
    SQN_FITS_FLOAT32, /**< Written as float64 where 2^exponent leads out of float32. */
    SQN_FITS_FLOAT64,
    SQN_FITS_INT32,
    SQN_FITS_UINT32, /**< Stored as int32 with BZERO. */
    SQN_FITS_UINT8
} sqn_fits_type;

/** A product being built in memory. Opaque. */
typedef struct sqn_fits_product sqn_fits_product;

/** One image HDU of a product; everything borrowed for the call. */
typedef struct sqn_fits_image {
    const char *extname; /**< Unique in the product, or `header` has EXTVER. */
    sqn_fits_type type;
    int n_axis;
    int64_t axes[4];  /**< FITS order: NAXIS1 first. */
    const void *data; /**< In storage order. */
    int exponent;     /**< Floating data are multiplied by 2^exponent. */
    bool compress; /**< Tile-compressed by GZIP, one plane a tile, without loss of a bit; at
                        most three axes. */
    const char *unit;         /**< BUNIT, NULL or "" = none. */
    const sqn_header *header; /**< Further cards (WCS, NCOMPn ...), or NULL. */
} sqn_fits_image;

/** Who makes the rows of an image that is never in memory as a whole. */
typedef struct sqn_fits_maker {
    /** Fill the rows first .. first + n - 1, [n, axes[0]] of the image's type. Called in order when
     *  the product is written, and before where the type depends on the values; the same bits each
     *  time. */
    sqn_status (*make)(void *context, void *values, int64_t first, int64_t n,
                       sqn_error *err);
    void *context; /**< Outlives the product. Borrowed. */
    int64_t n_row; /**< Rows that are asked for at a time, about: > 0. */
    /** Called with the context when the product is destroyed; NULL = nothing is to be done. */
    void (*end)(void *context);
} sqn_fits_maker;

/** Where a product goes: a file, say. Bytes come in any order, each once or, of headers, twice. */
typedef struct sqn_fits_sink {
    sqn_status (*put)(void *context, int64_t offset, const void *bytes, size_t size,
                      sqn_error *err);
    /** Read `size` bytes back; that they are those put is verified. */
    sqn_status (*get)(void *context, int64_t offset, void *bytes, size_t size,
                      sqn_error *err);
    void *context; /**< Borrowed. */
} sqn_fits_sink;

/** One column of a table HDU; scalar per row. */
typedef struct sqn_fits_column {
    const char *name, *unit; /**< name of letters, digits and _; unit NULL = none. */
    const double *number;    /**< [n_row] written as float64; or */
    const int64_t *integer;  /**< [n_row] written as int64; or */
    const char *const *text; /**< [n_row] written as ASCII. Exactly one is not NULL. */
} sqn_fits_column;

/**
 * Start a product: a primary HDU without data that carries `primary` (cards that describe an
 * array, checksums and cards that a verifier rejects are left out and noted in `log`).
 *
 * @param[in] log  Copied; its context must outlive the product.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_product_create(sqn_fits_product **out,
                                                         const sqn_header *primary,
                                                         const sqn_log *log,
                                                         sqn_error *err);
SQN_API SQN_NODISCARD sqn_status sqn_fits_product_image(sqn_fits_product *product,
                                                        const sqn_fits_image *image,
                                                        sqn_error *err);

/**
 * An image of two axes or more, float32 or uint8 and without tiles, whose rows (of all planes, one
 * after the other) are made when the product is written, a strip at a time; its `data` are NULL.
 * At most 8 images of a product are made or lent. On failure maker->end is not called.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_product_made_image(sqn_fits_product *product,
                                                             const sqn_fits_image *image,
                                                             const sqn_fits_maker *maker,
                                                             sqn_error *err);

/**
 * An image of two axes or more and without tiles whose data stay where they are until the product
 * is written: no copy of them is held. Bytes as those of sqn_fits_product_image().
 *
 * @param[in] image  As there, but its `data` outlive the product.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_product_lent_image(sqn_fits_product *product,
                                                             const sqn_fits_image *image,
                                                             sqn_error *err);
SQN_API SQN_NODISCARD sqn_status sqn_fits_product_table(sqn_fits_product *product,
                                                        const char *extname,
                                                        const sqn_fits_column *columns,
                                                        int n_column, int64_t n_row,
                                                        sqn_error *err);

/**
 * Write CHECKSUM and DATASUM in every HDU, close, verify (structure, size, checksums).
 *
 * @param[out] bytes  The file; borrowed from the product.
 * @retval SQN_ERR_ARG  An image is made later, or lent: use sqn_fits_product_write().
 * @retval SQN_ERR_IO   E_OUT_VERIFY.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_product_finish(const void **bytes, size_t *size,
                                                         sqn_fits_product *product,
                                                         sqn_error *err);

/**
 * Finish a product into a sink, made images a strip of rows at a time, and verify what is
 * read back from it.
 *
 * @retval SQN_ERR_IO      E_OUT_VERIFY; and those of the sink.
 * @retval SQN_ERR_DATA    E_FITS_TYPE: a made value leaves even float64.
 * @retval SQN_ERR_MEMORY  Some MiB, or one row.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_product_write(sqn_fits_product *product,
                                                        const sqn_fits_sink *sink,
                                                        sqn_error *err);
SQN_API void sqn_fits_product_destroy(sqn_fits_product **product);

/** A copy of an input file in which pixels are given new values. Opaque. */
typedef struct sqn_fits_copy sqn_fits_copy;

/** New values for pixels of one plane. Borrowed. */
typedef struct sqn_fits_fill {
    int hdu;             /**< 0 = primary. */
    int64_t plane;       /**< As in sqn_fits_frame, from 1. */
    const float *values; /**< [ny, nx]; NaN = keep what is there. */
    int exponent;        /**< The value is values * 2^exponent * divisor. */
    double divisor;
} sqn_fits_fill;

/**
 * Hold a whole file, a gzip file inflated.
 *
 * @retval SQN_ERR_DATA  E_FITS_HDU: an HDU of it cannot be read, so that nothing can be added
 *                       behind; and every error of opening.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_copy_open(sqn_fits_copy **out, const char *path,
                                                    sqn_error *err);

/**
 * Write values in the file's own numbers: integers rounded, scaling undone. Every other byte
 * stays; a tile-compressed image becomes an image of the same pixels without tiles, because to
 * compress again could change those of quantised numbers.
 *
 * @param[out] held  [ny, nx] 1 where the value was written; 0 also where the type cannot hold
 *                   it (out of range, or the number that means BLANK). Owned by the caller.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_copy_fill(uint8_t *held, sqn_fits_copy *copy,
                                                    const sqn_fits_fill *fill,
                                                    sqn_error *err);

/** Axes of an image HDU, NAXIS1 first, without those of length 1 behind the fourth. */
SQN_API int sqn_fits_copy_axes(int64_t axes[4], const sqn_fits_copy *copy, int hdu);

/** The lowest EXTVER from 1 that no HDU of this name has. */
SQN_API int64_t sqn_fits_copy_free_extver(const sqn_fits_copy *copy, const char *extname);

/** Add the extensions of a product (which this finishes) behind the last HDU; once. */
SQN_API SQN_NODISCARD sqn_status sqn_fits_copy_append(sqn_fits_copy *copy,
                                                      sqn_fits_product *product,
                                                      sqn_error *err);

/**
 * The bytes of the file. CHECKSUM and DATASUM are renewed where an HDU has them and was changed.
 *
 * @param[out] bytes  Borrowed from the copy.
 * @retval SQN_ERR_IO  E_OUT_VERIFY: the HDUs do not follow each other to the end.
 */
SQN_API SQN_NODISCARD sqn_status sqn_fits_copy_finish(const void **bytes, size_t *size,
                                                      sqn_fits_copy *copy, sqn_error *err);
SQN_API void sqn_fits_copy_destroy(sqn_fits_copy **copy);

#ifdef __cplusplus
}
#endif
#endif
