/** @file progress.c @brief Progress on a stream. */
#include "progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "raise.h"

enum { BAR_WIDTH = 16, LIVE_MAX = 79 }; /* a live line must not wrap */
static const double redraw_every = 0.1; /* (s) */

struct progress {
    FILE *stream; /* borrowed */
    bool live;    /* one line, redrawn */
    bool shown;   /* the live line is on the screen */
    const char *name;
    int64_t total, done, iteration;
    double chi2;
    double started, drawn; /* (s) */
};

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

sqn_status progress_create(progress **out, FILE *stream, sqn_error *err)
{
    progress *p = sqn__mem_alloc(1, sizeof *p);

    *out = p;
    if (p == NULL) {
        return SQN_RAISE(err, E_MEM, "progress");
    }
    p->stream = stream;
    p->live = stream != NULL && isatty(fileno(stream)) == 1;
    return SQN_OK;
}

/* "8 s", "3 min 05 s", "2 h 10 min". */
static void write_duration(char *out, size_t size, double seconds)
{
    const int64_t s = (int64_t)llround(fmin(fmax(seconds, 0.0), 1e9));

    if (s < 60) {
        (void)snprintf(out, size, "%" PRId64 " s", s);
    } else if (s < 3600) {
        (void)snprintf(out, size, "%" PRId64 " min %02" PRId64 " s", s / 60, s % 60);
    } else {
        (void)snprintf(out, size, "%" PRId64 " h %02" PRId64 " min", s / 3600, s / 60 % 60);
    }
}

/* ", chi2 1.234e+05", if there is one. */
static void write_chi2(char *out, size_t size, double chi2)
{
    out[0] = '\0';
    if (isfinite(chi2)) {
        (void)snprintf(out, size, ", chi2 %.4e", chi2);
    }
}

/* The iteration, if there is one. */
static void write_iteration(char *out, size_t size, int64_t iteration)
{
    out[0] = '\0';
    if (iteration > 0) {
        (void)snprintf(out, size, ", iteration %" PRId64, iteration);
    }
}

static void write_bar(char bar[BAR_WIDTH + 1], const progress *p)
{
    const double share = p->total > 0 ? (double)p->done / (double)p->total : 0.0;
    const int full = (int)(fmin(fmax(share, 0.0), 1.0) * BAR_WIDTH);

    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < full ? '#' : '.';
    }
    bar[BAR_WIDTH] = '\0';
}

/* Time per step grows with the number of components, so steps are counted twice: as they are
   and by their number; the rest is estimated from the mean of both. */
static double seconds_left(const progress *p, double elapsed)
{
    const double done = (double)p->done, total = (double)p->total;
    const double even = total / done - 1.0;
    const double growing = total * (total + 1.0) / (done * (done + 1.0)) - 1.0;

    return 0.5 * elapsed * (even + growing);
}

static void draw(progress *p)
{
    char bar[BAR_WIDTH + 1], chi2[32], left[48] = "", iteration[40];
    char text[256];

    write_bar(bar, p);
    write_chi2(chi2, sizeof chi2, p->chi2);
    write_iteration(iteration, sizeof iteration, p->iteration);
    if (p->done > 0 && p->done < p->total) {
        char duration[32];

        write_duration(duration, sizeof duration, seconds_left(p, now_s() - p->started));
        (void)snprintf(left, sizeof left, ", %s left", duration);
    }
    (void)snprintf(text, sizeof text, "%s [%s] %" PRId64 "/%" PRId64 "%s%s%s", p->name, bar,
                   p->done, p->total, chi2, left, iteration);
    /* ESC [ K clears to the end of the line. */
    (void)fprintf(p->stream, "\r%.*s\033[K", (int)LIVE_MAX, text);
    (void)fflush(p->stream);
    p->drawn = now_s();
    p->shown = true;
}

void progress_clear(progress *p)
{
    if (p != NULL && p->shown) {
        (void)fputs("\r\033[K", p->stream);
        (void)fflush(p->stream);
        p->shown = false;
    }
}

void progress_stage(progress *p, const char *name, int64_t total)
{
    if (p == NULL || p->stream == NULL) {
        return;
    }
    progress_end(p);
    p->name = name;
    p->total = total;
    p->done = 0;
    p->iteration = 0;
    p->chi2 = NAN;
    p->started = now_s();
    if (p->live) {
        draw(p);
    }
}

void progress_update(progress *p, int64_t done, int64_t iteration, double chi2)
{
    if (p == NULL || p->name == NULL) {
        return;
    }
    const bool grown = done > p->done;

    p->done = done;
    p->iteration = iteration;
    p->chi2 = chi2;
    if (p->live) {
        if (grown || now_s() - p->drawn >= redraw_every) {
            draw(p);
        }
    } else if (grown) {
        char text[32], number[40];

        write_chi2(text, sizeof text, chi2);
        write_iteration(number, sizeof number, iteration);
        (void)fprintf(p->stream, "sequin: %s: %" PRId64 " of %" PRId64 "%s%s\n", p->name,
                      done, p->total, text, number);
    }
}

void progress_end(progress *p)
{
    if (p == NULL || p->name == NULL) {
        return;
    }
    if (p->live) {
        char chi2[32], duration[32];

        write_chi2(chi2, sizeof chi2, p->chi2);
        write_duration(duration, sizeof duration, now_s() - p->started);
        progress_clear(p);
        (void)fprintf(p->stream, "sequin: %s: %" PRId64 " of %" PRId64 "%s, %s\n", p->name,
                      p->done, p->total, chi2, duration);
    }
    p->name = NULL;
}

void progress_destroy(progress **p)
{
    if (p != NULL && *p != NULL) {
        progress_clear(*p);
        sqn__mem_free(*p);
        *p = NULL;
    }
}
