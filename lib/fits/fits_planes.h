/** @file fits_planes.h @brief Planes of an image HDU as true values in double. */
#ifndef SQN_FITS_PLANES_H
#define SQN_FITS_PLANES_H

#include "fits_file.h"
#include "fits_shape.h"

/** A reader of planes; keep it where it is while it is open. */
typedef struct sqn__fits_planes {
    const sqn__fits_file *file; /* borrowed */
    const sqn__fits_hdu *hdu;   /* borrowed */
    int64_t n_pix;              /* of a plane */
    double scale, zero;
    bool has_blank;
    int64_t blank;
    unsigned char *buffer; /* a plane as read; of a compressed image, the memory file that
                              CFITSIO sees. Owned unless `shares` */
    void *address;         /* of the buffer, as CFITSIO wants it */
    size_t size;
    bool shares; /* the buffer is that of another reader, which outlives this one */
    void *tiled; /* fitsfile of a compressed image, open while we are */
} sqn__fits_planes;

/**
 * Check scaling, blank and tiles of an image HDU whose shape is understood, and prepare to
 * read it.
 *
 * @retval SQN_ERR_DATA  E_FITS_HEADER, E_FITS_COMPRESS. SQN_ERR_UNAVAILABLE, SQN_ERR_MEMORY.
 */
SQN_NODISCARD sqn_status sqn__fits_planes_open(sqn__fits_planes *planes,
                                               const sqn__fits_file *file,
                                               const sqn__fits_hdu *hdu, sqn_error *err);

/** Open what `other` has open; it stays open as long, and either is read by one thread. */
SQN_NODISCARD sqn_status sqn__fits_planes_share(sqn__fits_planes *planes,
                                                const sqn__fits_planes *other,
                                                sqn_error *err);

/** True where several threads may read, each with a reader of its own. */
bool sqn__fits_planes_side_by_side(void);

/** Values of plane `index` (from 0), NaN where BLANK; out [ny * nx]. */
SQN_NODISCARD sqn_status sqn__fits_planes_read(double *out, sqn__fits_planes *planes,
                                               int64_t index, sqn_error *err);

/** True where values are 32-bit floats in the file, which are neither compressed nor scaled. */
bool sqn__fits_planes_are_floats(const sqn__fits_planes *planes);

/** Bytes of plane `index` of such values as they are in the file; out [4 * ny * nx]. */
SQN_NODISCARD sqn_status sqn__fits_planes_bytes(unsigned char *out,
                                                const sqn__fits_planes *planes,
                                                int64_t index, sqn_error *err);

void sqn__fits_planes_close(sqn__fits_planes *planes);

#endif
