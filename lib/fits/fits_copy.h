/** @file fits_copy.h @brief What a copy of a file is inside. */
#ifndef SQN_FITS_COPY_H
#define SQN_FITS_COPY_H

#include "fits_file.h"
#include "fits_planes.h"
#include "sequin/fits.h"

/** One HDU of the copy. */
typedef struct sqn__fits_copy_part {
    unsigned char *bytes; /* [size] header and data in blocks, once changed. Owned. */
    size_t size, data;    /* data: where they begin in `bytes` */
} sqn__fits_copy_part;

struct sqn_fits_copy {
    sqn__fits_file file;       /* headers and bytes of the input */
    sqn__fits_copy_part *part; /* [file.n_hdu]; bytes NULL: as in the file. Owned. */
    unsigned char *added;      /* [n_added] extensions. Owned. */
    size_t n_added;
    unsigned char *whole; /* [size] of the finished file. Owned. */
    char *path;           /* owned */
};

/**
 * A copy of an HDU to be changed, in blocks; of a tiled image the same pixels without tiles.
 *
 * @param[in] planes  Open on the HDU.
 */
SQN_NODISCARD sqn_status sqn__fits_copy_pixels_part(sqn__fits_copy_part *out,
                                                    sqn__fits_planes *planes,
                                                    sqn_error *err);

/** Store one true value as number `index` of an image; false where its type cannot hold it. */
bool sqn__fits_copy_pixels_store(const sqn__fits_copy_part *part,
                                 const sqn__fits_planes *planes, int64_t index,
                                 double value);

#endif
