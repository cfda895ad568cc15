/** @file plot_png.c @brief Owner of libpng: settings for our pages, and the end of a file. */
#include "plot_png.h"

#include <png.h>
#include <stdio.h>
#include <string.h>

/* giza leaves its file to cairo, which leaves all settings to libpng and offers none of its own.
 * A program's function stands before a library's of the same name: this is libpng's, and cairo
 * calls it. A page holds few colours, in runs: without filters it takes a fifth of the time, and
 * images fewer bytes. Where a system does not let a program stand before, pages look the same. */
__attribute__((visibility("default"))) png_structp
png_create_write_struct(png_const_charp version, png_voidp context, png_error_ptr fail,
                        png_error_ptr warn)
{
    png_struct *const page =
        png_create_write_struct_2(version, context, fail, warn, NULL, NULL, NULL);

    if (page != NULL) {
        png_set_compression_level(page, 1);
        png_set_filter(page, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    }
    return page;
}

bool plot_png_is_complete(const char *path)
{
    static const unsigned char end[12] = {0,   0,   0,    0,    'I',  'E',
                                          'N', 'D', 0xae, 0x42, 0x60, 0x82};
    unsigned char last[sizeof end];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return false;
    }
    const bool complete = fseek(file, -(long)sizeof end, SEEK_END) == 0 &&
                          fread(last, 1, sizeof last, file) == sizeof last &&
                          memcmp(last, end, sizeof end) == 0;

    (void)fclose(file);
    return complete;
}
