/** @file plot_surface.c @brief How the pages of giza become files. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): for RTLD_NEXT */
#define _GNU_SOURCE
#include "plot_surface.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "png.h"

enum { FORMAT_ARGB32, FORMAT_RGB24, WRITE_ERROR = 11 }; /* cairo_format_t, cairo_status_t */

/* Functions of cairo, which giza has loaded; its headers may not be there. */
typedef struct cairo {
    int (*write_to_png)(void *surface, const char *path);
    void (*flush)(void *surface);
    int (*format)(void *surface);
    int (*width)(void *surface);
    int (*height)(void *surface);
    int (*stride)(void *surface);
    unsigned char *(*data)(void *surface);
} cairo;

/* ISO C has no way from an object pointer to a function pointer but by their bytes. */
static void find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(function, &found, sizeof found);
}

static cairo find_cairo(void)
{
    cairo c;

    find(&c.write_to_png, "cairo_surface_write_to_png");
    find(&c.flush, "cairo_surface_flush");
    find(&c.format, "cairo_image_surface_get_format");
    find(&c.width, "cairo_image_surface_get_width");
    find(&c.height, "cairo_image_surface_get_height");
    find(&c.stride, "cairo_image_surface_get_stride");
    find(&c.data, "cairo_image_surface_get_data");
    return c;
}

static bool is_complete(const cairo *c)
{
    return c->flush != NULL && c->format != NULL && c->width != NULL && c->height != NULL &&
           c->stride != NULL && c->data != NULL;
}

/* The pixels of a surface; none where it is of another kind. */
static png_picture view(const cairo *c, void *surface)
{
    const int format = c->format(surface);

    c->flush(surface);
    const png_picture picture = {c->width(surface), c->height(surface), c->stride(surface),
                                 c->data(surface)};
    const bool good =
        format == FORMAT_RGB24 ||
        (format == FORMAT_ARGB32 && picture.pixels != NULL && png_is_opaque(&picture));

    return good ? picture : (png_picture){0};
}

__attribute__((visibility("default"))) int cairo_surface_write_to_png(void *surface,
                                                                      const char *path)
{
    const cairo c = find_cairo();

    if (is_complete(&c)) {
        const png_picture picture = view(&c, surface);

        if (picture.pixels != NULL && picture.width > 0 && picture.height > 0) {
            return png_write(path, &picture) ? 0 : WRITE_ERROR;
        }
    }
    return c.write_to_png != NULL ? c.write_to_png(surface, path) : WRITE_ERROR;
}
