/**
 * @file gallery.h
 * @brief Pictures of a run: drawn side by side, each a product, none worth the run.
 */
#ifndef GALLERY_H
#define GALLERY_H

#include "directory.h"

/** One picture. */
typedef struct gallery_picture {
    const char *name; /**< Of the product. */
    /** Draw what there is `of` a run to `path`, possibly in a copy of the process. */
    sqn_status (*draw)(const char *path, const void *of, const char *title, sqn_error *err);
} gallery_picture;

/** What is drawn. Borrowed. */
typedef struct gallery {
    const gallery_picture *pictures; /**< [n] the dearest first. */
    int64_t n;                       /**< At most GALLERY_MAX. */
    const void *of;
    const char *title;
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
