/**
 * @file gallery.h
 * @brief Pictures of a run: drawn side by side, each a product, none worth the run.
 */
#ifndef GALLERY_H
#define GALLERY_H

#include "directory.h"

/** What is drawn. Borrowed. */
typedef struct gallery {
    const char *const *names; /**< [n] products, the dearest first. */
    int64_t n;                /**< At most GALLERY_MAX. */
    /** Draw picture `k` to `path`, possibly in a copy of the process. */
    sqn_status (*draw)(const void *context, int64_t k, const char *path, sqn_error *err);
    const void *context;
} gallery;

enum { GALLERY_MAX = 8 };

/**
 * Draw all pictures; one that cannot be drawn is a warning (W_PLOT).
 *
 * @retval SQN_ERR_IO, SQN_ERR_CREATE  A picture cannot become a product.
 */
SQN_NODISCARD sqn_status gallery_draw(directory *dir, const gallery *g, const sqn_log *log,
                                      sqn_error *err);

#endif
