/** @file plot.c @brief Owner of giza: a page, and what can be drawn on it. */
#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <giza.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "plot_png.h"
#include "raise.h"

enum { FIRST_LEVEL = 16, ROUND_POINTS = 72, TEXT_MAX = 512 };
static const double line_unit =
    3.7054 * 0.25;                       /* giza's width 1 on its PNG device (pixels) */
static const double text_unit = 0.027;   /* giza's height 1, of the height of the page */
static const double density = 2.0 / 3.0; /* pixels of a unit */
static const double pi = 3.14159265358979323846;
static const char font_name[] = "DejaVu Sans";

/* Hues of Okabe & Ito (2008). */
static const int colours[PLOT_COLOUR_COUNT][3] = {
    [PLOT_PAPER] = {255, 255, 255},   [PLOT_INK] = {26, 28, 31},
    [PLOT_FADED] = {104, 110, 118},   [PLOT_HAIR] = {222, 225, 229},
    [PLOT_MISSING] = {118, 120, 124}, [PLOT_BLUE] = {0, 114, 178},
    [PLOT_ORANGE] = {213, 94, 0},     [PLOT_GREEN] = {0, 158, 115},
    [PLOT_SKY] = {120, 205, 255}};

/* Eleven steps of inferno (van der Walt & Smith 2015) and of berlin (Crameri 2018). */
enum { MAP_STEPS = 11 };
static const int maps[][MAP_STEPS][3] = {[PLOT_MAP_FIRE] = {{0, 0, 4},
                                                            {22, 11, 57},
                                                            {66, 10, 104},
                                                            {106, 23, 110},
                                                            {147, 38, 103},
                                                            {188, 55, 84},
                                                            {221, 81, 58},
                                                            {243, 120, 25},
                                                            {252, 165, 10},
                                                            {246, 215, 70},
                                                            {252, 255, 164}},
                                         [PLOT_MAP_TWO] = {{158, 176, 255},
                                                           {104, 168, 232},
                                                           {60, 137, 184},
                                                           {38, 94, 124},
                                                           {25, 52, 68},
                                                           {17, 16, 17},
                                                           {54, 19, 6},
                                                           {102, 37, 14},
                                                           {156, 80, 58},
                                                           {207, 128, 119},
                                                           {255, 173, 173}}};

/* giza prints what it writes, and its complaints: both streams go nowhere meanwhile. */
typedef struct silence {
    int out, err;
} silence;

static silence silence_begin(void)
{
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    silence kept = {-1, -1};

    (void)fflush(stdout);
    (void)fflush(stderr);
    if (nowhere >= 0) {
        kept.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        kept.err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (kept.out >= 0) {
            (void)dup2(nowhere, STDOUT_FILENO);
        }
        if (kept.err >= 0) {
            (void)dup2(nowhere, STDERR_FILENO);
        }
        (void)close(nowhere);
    }
    return kept;
}

static void silence_end(silence kept)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    if (kept.out >= 0) {
        (void)dup2(kept.out, STDOUT_FILENO);
        (void)close(kept.out);
    }
    if (kept.err >= 0) {
        (void)dup2(kept.err, STDERR_FILENO);
        (void)close(kept.err);
    }
}

static void set_colours(void)
{
    for (int c = 0; c < PLOT_COLOUR_COUNT; c++) {
        giza_set_colour_representation_rgb(c, colours[c][0], colours[c][1], colours[c][2]);
    }
    plot_colours(PLOT_MAP_FIRE);
}

/* Reserve the file, so that an unwritable folder is found before anything is drawn. */
static sqn_status reserve(const char *part, sqn_error *err)
{
    const int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);

    if (fd < 0) {
        return SQN_RAISE(err, E_IO, "%s: %s", part, strerror(errno));
    }
    (void)close(fd);
    return SQN_OK;
}

sqn_status plot_open(plot_page *page, const char *path, double width, double height,
                     sqn_error *err)
{
    /* giza strips blanks from a name's beginning. */
    const char *before = path[0] == '/' ? "" : "./";
    char device[sizeof page->part + 8];
    sqn_status status = SQN_OK;

    /* whole pixels, and as many units as they take */
    const double n_x = ceil(width * density - 1e-6), n_y = ceil(height * density - 1e-6);

    *page = (plot_page){.width = n_x / density, .height = n_y / density, .path = path};
    if (strlen(path) >= PLOT_PATH_MAX) {
        return SQN_RAISE(err, E_IO, "the name of the picture has %zu bytes, at most %d fit",
                         strlen(path), PLOT_PATH_MAX - 1);
    }
    (void)snprintf(page->part, sizeof page->part, "%s%s.part.png", before, path);
    (void)snprintf(device, sizeof device, "%s/png", page->part);
    SQN_TRY(reserve(page->part, err));

    const silence kept = silence_begin();

    page->device = giza_open_device_size(device, NULL, n_x, n_y, GIZA_UNITS_PIXELS);
    if (page->device > 0) {
        giza_stop_warnings();
        giza_stop_prompting();
        giza_set_font(font_name);
        set_colours();
        giza_draw_background();
        plot_unclip(page);
    }
    silence_end(kept);
    if (page->device <= 0) {
        (void)unlink(page->part);
        status =
            SQN_RAISE(err, E_IO, "giza cannot open a page of %.0f x %.0f pixels", n_x, n_y);
    }

cleanup:
    return status;
}

/* Let giza write its file and forget the device. */
static void finish(plot_page *page)
{
    const silence kept = silence_begin();

    giza_select_device(page->device);
    giza_close_device();
    silence_end(kept);
    page->device = 0;
}

sqn_status plot_close(plot_page *page, sqn_error *err)
{
    finish(page);
    if (!plot_png_is_complete(page->part)) {
        (void)unlink(page->part);
        return SQN_RAISE(err, E_IO, "%s was not written completely", page->part);
    }
    if (rename(page->part, page->path) != 0) {
        const int reason = errno;

        (void)unlink(page->part);
        return SQN_RAISE(err, E_IO, "cannot rename to %s: %s", page->path,
                         strerror(reason));
    }
    return SQN_OK;
}

void plot_discard(plot_page *page)
{
    if (page->device > 0) {
        finish(page);
        (void)unlink(page->part);
    }
}

sqn_status plot_end(plot_page *page, sqn_status drawn, sqn_error *err)
{
    if (drawn == SQN_OK) {
        return plot_close(page, err);
    }
    plot_discard(page);
    return drawn;
}

static void take_pen(const plot_pen *pen)
{
    giza_set_colour_index((int)pen->colour);
    giza_set_line_width(pen->width * density / line_unit);
    giza_set_line_style((int)pen->dash);
}

void plot_line(const plot_pen *pen, int n, const double *x, const double *y)
{
    if (n > 1) {
        take_pen(pen);
        giza_line(n, x, y);
    }
}

void plot_segment(const plot_pen *pen, double x0, double y0, double x1, double y1)
{
    plot_line(pen, 2, (const double[2]){x0, x1}, (const double[2]){y0, y1});
}

static void round_points(double *xs, double *ys, double x, double y, double radius)
{
    for (int i = 0; i <= ROUND_POINTS; i++) {
        const double angle = 2.0 * pi * (double)i / ROUND_POINTS;

        xs[i] = x + radius * cos(angle);
        ys[i] = y + radius * sin(angle);
    }
}

void plot_circle(const plot_pen *pen, double x, double y, double radius)
{
    double xs[ROUND_POINTS + 1], ys[ROUND_POINTS + 1];

    round_points(xs, ys, x, y, radius);
    plot_line(pen, ROUND_POINTS + 1, xs, ys);
}

void plot_polygon(plot_colour colour, int n, const double *x, const double *y)
{
    giza_set_colour_index((int)colour);
    giza_set_fill(GIZA_FILL_SOLID);
    giza_polygon(n, x, y);
}

void plot_rectangle(plot_colour colour, const plot_box *box)
{
    plot_polygon(colour, 4, (const double[4]){box->x0, box->x1, box->x1, box->x0},
                 (const double[4]){box->y0, box->y0, box->y1, box->y1});
}

void plot_disc(plot_colour colour, double x, double y, double radius)
{
    double xs[ROUND_POINTS + 1], ys[ROUND_POINTS + 1];

    round_points(xs, ys, x, y, radius);
    plot_polygon(colour, ROUND_POINTS, xs, ys);
}

void plot_clip(const plot_page *page, const plot_box *box)
{
    giza_set_viewport(box->x0 / page->width, box->x1 / page->width, box->y0 / page->height,
                      box->y1 / page->height);
    giza_set_window(box->x0, box->x1, box->y0, box->y1);
}

void plot_unclip(const plot_page *page)
{
    plot_clip(page, &(plot_box){0.0, 0.0, page->width, page->height});
}

void plot_text(const plot_page *page, const plot_font *font, double x, double y,
               const char *text)
{
    if (text[0] != '\0') {
        giza_set_colour_index((int)font->colour);
        giza_set_character_height(font->size / (text_unit * page->height));
        giza_ptext(x, y, font->angle, font->align, text);
    }
}

double plot_text_width(const plot_page *page, const plot_font *font, const char *text)
{
    double width = 0.0, height = 0.0;

    if (text[0] != '\0') {
        giza_set_character_height(font->size / (text_unit * page->height));
        giza_qtextlen(GIZA_UNITS_DEVICE, text, &width, &height);
    }
    return width / density;
}

void plot_label(const plot_page *page, const plot_font *font, double x, double y,
                const char *text)
{
    const double width = plot_text_width(page, font, text), margin = 0.2 * font->size;
    const double left = x - font->align * width;
    const plot_box box = {left - margin, y - 0.3 * font->size, left + width + margin,
                          y + 1.1 * font->size};

    if (width > 0.0) {
        plot_rectangle(PLOT_PAPER, &box);
        plot_text(page, font, x, y, text);
    }
}

/* What stands for the character at `text` in giza's language, and its length in bytes there.
   giza splits what is not ASCII into bytes, which ends all drawing of text. */
static const char *harmless(const char *text, size_t *length)
{
    static const struct {
        const char *character, *written;
    } known[] = {{"\\", "\\\\"},         {"_", "\\_"},          {"^", "\\^"},
                 {"{", "\\{"},           {"}", "\\}"},          {"\xc2\xb5", "\\gm"},
                 {"\xce\xbc", "\\gm"},   {"\xc3\x85", "\\A"},   {"\xe2\x84\xab", "\\A"},
                 {"\xc3\x97", "\\x"},    {"\xce\xb2", "\\gb"},  {"\xce\xb1", "\\ga"},
                 {"\xe2\x80\xb3", "\""}, {"\xe2\x88\x92", "-"}, {"\xe2\x80\x93", "-"},
                 {"\xe2\x80\x99", "'"},  {"\xc2\xb1", "+-"},    {"\xc2\xa0", " "}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        *length = strlen(known[i].character);
        if (strncmp(text, known[i].character, *length) == 0) {
            return known[i].written;
        }
    }
    *length = 1;
    if ((unsigned char)*text < 0x80) {
        return (unsigned char)*text < 0x20 || *text == 0x7f ? " " : NULL;
    }
    while (((unsigned char)text[*length] & 0xc0) == 0x80) {
        (*length)++;
    }
    return "?";
}

void plot_escape(char *out, size_t size, const char *text)
{
    size_t used = 0;

    for (const char *c = text == NULL ? "" : text; *c != '\0';) {
        size_t length = 1;
        const char *written = harmless(c, &length);
        const size_t more = written == NULL ? 1 : strlen(written);

        if (used + more + 1 > size) {
            break;
        }
        memcpy(out + used, written == NULL ? c : written, more);
        used += more;
        c += length;
    }
    out[used] = '\0';
}

void plot_title(const plot_page *page, const plot_font *font, double x, double y,
                double room, const char *text)
{
    static const double least = 0.6; /* of the size: smaller is not read */
    char escaped[TEXT_MAX];

    plot_escape(escaped, sizeof escaped, text);

    const double width = plot_text_width(page, font, escaped);
    const double shrink = fmin(1.0, fmax(least, room / fmax(width, 1.0)));
    const plot_font fitted = {font->size * shrink, font->colour, font->align, font->angle};

    plot_clip(page, &(plot_box){x, 0.0, x + room, page->height});
    plot_text(page, &fitted, x, y, escaped);
    plot_unclip(page);
}

double plot_density(void)
{
    return density;
}

plot_box plot_snap(const plot_box *box)
{
    const double x0 = round(box->x0 * density), y0 = round(box->y0 * density);
    const double x1 = fmax(round(box->x1 * density), x0 + 1.0);
    const double y1 = fmax(round(box->y1 * density), y0 + 1.0);

    return (plot_box){x0 / density, y0 / density, x1 / density, y1 / density};
}

void plot_colours(plot_map map)
{
    for (int level = 0; level < PLOT_MAP_LEVELS; level++) {
        const double at = (double)level * (MAP_STEPS - 1) / (PLOT_MAP_LEVELS - 1);
        const int below = level == PLOT_MAP_LEVELS - 1 ? MAP_STEPS - 2 : (int)at;
        const double part = at - below;
        double mixed[3];

        for (int c = 0; c < 3; c++) {
            mixed[c] =
                ((1.0 - part) * maps[map][below][c] + part * maps[map][below + 1][c]) /
                255.0;
        }
        giza_set_colour_representation(FIRST_LEVEL + level, mixed[0], mixed[1], mixed[2]);
    }
}

sqn_status plot_pixels(double x, double y, int ny, int nx, const int16_t *level,
                       sqn_error *err)
{
    int *index = sqn__mem_alloc(sqn__mem_product(ny, nx), sizeof *index);

    if (index == NULL) {
        return SQN_RAISE(err, E_MEM, "picture of %d x %d pixels", ny, nx);
    }
    for (int64_t i = 0; i < (int64_t)ny * nx; i++) {
        index[i] = level[i] < 0 ? (int)PLOT_MISSING : FIRST_LEVEL + level[i];
    }
    giza_draw_pixels(nx, ny, index, 0, nx - 1, 0, ny - 1, x, x + nx / density, y,
                     y + ny / density, GIZA_EXTEND_NONE);
    sqn__mem_free(index);
    return SQN_OK;
}
