/** @file fits_units.h @brief Image HDUs joined to one row of planes, read in order. */
#ifndef SQN_FITS_UNITS_H
#define SQN_FITS_UNITS_H

#include "fits_checksum.h"
#include "fits_planes.h"
#include "fits_pool.h"

/** One image HDU of a role. */
typedef struct sqn__fits_unit {
    const char *path; /* borrowed; NULL: planes that do not exist */
    int64_t file;     /* index in the list of files */
    sqn__fits_hdu hdu;
    sqn__fits_shape shape;
    int64_t n_plane;
    sqn__fits_promise promise;
    uint64_t sum;     /* of what streams read of its data */
    int64_t n_summed; /* planes in it, with the last what fills its block */
    uint32_t datasum; /* 0 until it is verified */
} sqn__fits_unit;

/** A growing list; zeroed = empty. */
typedef struct sqn__fits_units {
    int64_t n, capacity;
    int64_t n_plane; /* of all */
    sqn__fits_unit *unit;
} sqn__fits_units;

SQN_NODISCARD sqn_status sqn__fits_units_add(sqn__fits_units *units,
                                             const sqn__fits_unit *unit, sqn_error *err);
void sqn__fits_units_clear(sqn__fits_units *units);

/**
 * Describe HDU `number` of a file: its shape understood, its header checked.
 *
 * @param[in] spectral  As for sqn__fits_shape_of().
 */
SQN_NODISCARD sqn_status sqn__fits_units_describe(sqn__fits_unit *out,
                                                  const sqn__fits_file *file, int number,
                                                  bool spectral, sqn_error *err);

/**
 * Compare the checksums of every unit with its bytes: with those that streams have read, where these
 * were all, so that data are read once; the rest is read for it.
 *
 * @param[in,out] pool  For files that are read once more.
 * @retval SQN_ERR_DATA  E_FITS_CHECKSUM.
 */
SQN_NODISCARD sqn_status sqn__fits_units_verify(sqn__fits_units *units,
                                                sqn__fits_pool *pool, sqn_error *err);

/** E_SHAPE naming both files and both shapes. */
sqn_status sqn__fits_units_refuse_shape(const sqn__fits_unit *unit,
                                        const sqn__fits_unit *other, sqn_error *err);

/** A place in the row of planes. */
typedef struct sqn__fits_stream {
    const sqn__fits_units *units; /* borrowed; what is read counts for their sums */
    sqn__fits_pool *pool;         /* borrowed */
    int64_t unit, plane;          /* next to be read */
    const sqn__fits_file *file;   /* taken from the pool while planes are open */
    sqn__fits_planes planes;
    const struct sqn__fits_stream *elder; /* at rest; where it has our unit open, its file
                                             and tiles are shared. NULL: none */
    bool shares;                          /* `file` belongs to the elder */
    uint64_t sum;                         /* of the planes read since the unit was opened */
    int64_t n_summed;                     /* how many */
} sqn__fits_stream;

/** Where a plane goes; borrowed. */
typedef struct sqn__fits_target {
    double *value;        /* [n_pix] */
    unsigned char *bytes; /* [4 n_pix] for floats as they are in the file; NULL: unwanted */
    bool in_bytes;        /* out: the plane is there, in place of `value` */
} sqn__fits_target;

/**
 * Read the next plane, or step over it where `to` is NULL.
 *
 * @param[out] from  The unit it belongs to; its path is NULL where no plane exists, and `to`
 *                   is untouched then.
 * @retval SQN_ERR_IO  E_IO: the file is not the one that was described.
 */
SQN_NODISCARD sqn_status sqn__fits_stream_next(sqn__fits_target *to,
                                               const sqn__fits_unit **from,
                                               sqn__fits_stream *stream, sqn_error *err);
void sqn__fits_stream_close(sqn__fits_stream *stream);

#endif
