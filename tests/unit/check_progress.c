/** @file check_progress.c @brief A live line on a terminal, plain lines elsewhere. */
/* NOLINTNEXTLINE(readability-identifier-naming): POSIX names it; for posix_openpt() */
#define _XOPEN_SOURCE 700
#include "progress.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "sqn_check.h"
#include "sqn_wrap.h"

static sqn_error err;

/* Run two stages on a stream. */
static void run_stages(FILE *stream)
{
    progress *p = NULL;

    SQN_ASSERT_OK(progress_create(&p, stream, &err), err);
    progress_stage(p, "components", 3);
    progress_update(p, 0, 1, 2.385e6);
    progress_update(p, 0, 2, 1.385e6);
    progress_update(p, 1, 2, 1.25e6);
    progress_update(p, 2, 5, NAN);
    progress_update(p, 3, 7, 1.0e5);
    progress_end(p);
    progress_stage(p, "subtraction", 2);
    progress_update(p, 2, 0, 4.5);
    progress_destroy(&p);
    ck_assert_ptr_null(p);
}

START_TEST(a_file_gets_one_plain_line_per_step)
{
    char text[1024] = "";
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    run_stages(file);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    ck_assert_str_eq(text, "sequin: components: 1 of 3, chi2 1.2500e+06, iteration 2\n"
                           "sequin: components: 2 of 3, iteration 5\n"
                           "sequin: components: 3 of 3, chi2 1.0000e+05, iteration 7\n"
                           "sequin: subtraction: 2 of 2, chi2 4.5000e+00\n");
    ck_assert_int_eq(fclose(file), 0);
}
END_TEST

/* A terminal nobody sits at; returns the end that reads. */
static int open_terminal(FILE **stream)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY);

    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        (void)puts("skipped: no pseudo-terminals here");
        exit(77);
    }
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct termios settings;

    ck_assert_int_ge(slave, 0);
    ck_assert_int_eq(tcgetattr(slave, &settings), 0);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    ck_assert_int_eq(tcsetattr(slave, TCSANOW, &settings), 0);
    *stream = fdopen(slave, "w");
    ck_assert_ptr_nonnull(*stream);
    return master;
}

/* What the terminal shows; it hands out its text piece by piece. */
static size_t read_all(int master, char *text, size_t size)
{
    size_t used = 0;
    ssize_t more = 1;

    ck_assert_int_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    while (more > 0) {
        more = read(master, text + used, size - used);
        used += more > 0 ? (size_t)more : 0;
    }
    return used;
}

START_TEST(a_terminal_gets_one_live_line_per_stage)
{
    FILE *stream = NULL;
    const int master = open_terminal(&stream);
    char text[4096] = "";

    run_stages(stream);
    ck_assert_int_eq(fflush(stream), 0);
    const size_t size = read_all(master, text, sizeof text - 1);

    text[size] = '\0';
    ck_assert_ptr_nonnull(strstr(text, "\rcomponents [................] 0/3\033[K"));
    ck_assert_ptr_nonnull(
        strstr(text, "\rcomponents [#####...........] 1/3, chi2 1.2500e+06, "));
    ck_assert_ptr_nonnull(strstr(text, " left, iteration 2\033[K"));
    ck_assert_ptr_nonnull(
        strstr(text, "\rcomponents [################] 3/3, chi2 1.0000e+05"));
    ck_assert_ptr_nonnull(
        strstr(text, "\r\033[Ksequin: components: 3 of 3, chi2 1.0000e+05, 0 s\n"));
    int lines = 0;

    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    ck_assert_int_eq(lines, 1); /* the second stage was not ended: its line is gone */
    ck_assert_str_eq(text + size - 4, "\r\033[K");
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_int_eq(close(master), 0);
}
END_TEST

START_TEST(a_live_line_never_wraps)
{
    FILE *stream = NULL;
    const int master = open_terminal(&stream);
    progress *p = NULL;
    char text[4096] = "";

    SQN_ASSERT_OK(progress_create(&p, stream, &err), err);
    progress_stage(
        p, "a stage with a name as long as nobody would ever give to one of them", 9);
    progress_update(p, INT64_MAX / 2, INT64_MAX, -1.0e-300);
    progress_clear(p);
    ck_assert_uint_gt(read_all(master, text, sizeof text - 1), 0);
    for (const char *line = text; (line = strchr(line, '\r')) != NULL; line++) {
        const char *end = strstr(line, "\033[K");

        ck_assert_ptr_nonnull(end);
        ck_assert_int_le(end - line - 1, 79);
    }
    progress_destroy(&p);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_int_eq(close(master), 0);
}
END_TEST

START_TEST(nothing_is_shown_nowhere_and_null_is_fine)
{
    progress *none = NULL;

    run_stages(NULL);
    progress_stage(NULL, "x", 1);
    progress_update(NULL, 1, 1, 1.0);
    progress_clear(NULL);
    progress_end(NULL);
    progress_destroy(NULL);
    progress_destroy(&none);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    progress *p = NULL;

    sqn_allocations_before_failure = 0;
    SQN_ASSERT_FAILS(progress_create(&p, stdout, &err), err, SQN_E_MEM);
    ck_assert_ptr_null(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("streams");

    tcase_add_test(tcase, a_file_gets_one_plain_line_per_step);
    tcase_add_test(tcase, a_terminal_gets_one_live_line_per_stage);
    tcase_add_test(tcase, a_live_line_never_wraps);
    tcase_add_test(tcase, nothing_is_shown_nowhere_and_null_is_fine);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
