/** @file fits_reader.h @brief One way through the planes of all frames. */
#ifndef SQN_FITS_READER_H
#define SQN_FITS_READER_H

#include "fits_frames.h"
#include "fits_sieve.h"

/** One way through the planes, which only goes forward. */
typedef struct sqn__fits_reader {
    const sqn__fits_frames *what;
    sqn__fits_pool pool;
    sqn__fits_stream data, noise, quality, mask;
    sqn__fits_sieve sieve;
    sqn__fits_tally *tally;  /* of the run at hand, borrowed */
    uint32_t *dq;            /* of one frame, where the stack keeps none */
    uint8_t *flags;          /* likewise */
    unsigned char *bytes[2]; /* values and errors of one frame as in the file, or NULL */
    bool in_bytes[2];        /* they are there, and not in the sieve */
    bool decided;            /* the exponent is known */
    int64_t unit, plane;     /* the next */
    int64_t index, begin, f; /* of all planes: the next, the first of the run; next frame */
    sqn_status status;
    sqn_error err;
} sqn__fits_reader;

/**
 * Buffers, and a place before the first plane.
 *
 * @param[in] elder  A reader at rest whose open files can be shared, and which has decided the
 *                   exponent; or NULL.
 */
SQN_NODISCARD sqn_status sqn__fits_reader_init(sqn__fits_reader *r,
                                               const sqn__fits_frames *what,
                                               const sqn__fits_reader *elder,
                                               sqn_error *err);
void sqn__fits_reader_clear(sqn__fits_reader *r);

/** Read planes [begin, end), none of which it has passed; what fails stays in the reader, which then
 *  reads no more, one behind the plane that did. */
void sqn__fits_reader_read(sqn__fits_reader *r, int64_t begin, int64_t end,
                           sqn__fits_tally *tally);

/** Read from the first plane until there is a frame, and the exponent of all is known. */
void sqn__fits_reader_go_ahead(sqn__fits_reader *r, sqn__fits_tally *tally);

#endif
