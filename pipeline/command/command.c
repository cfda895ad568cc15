/** @file command.c @brief Which command, and what --help and --version say. */
#include "command.h"

#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "raise.h"
#include "sequin/version.h"
#include "team.h"

static const char general_help[] =
    "sequin - take starlight out of images by sequential non-negative matrix "
    "factorisation\n"
    "\n"
    "  sequin run CONFIG        do what the configuration says: reduce images, model "
    "spectra,\n"
    "                           or impute masked pixels\n"
    "  sequin simulate CONFIG   make a simulated observation with known truth\n"
    "  sequin COMMAND --help    what a command takes\n"
    "  sequin --version\n"
    "\n"
    "Every key of a configuration, with unit, range and default: configs/full.yaml\n";

static const char common_help[] =
    "\n"
    "  --set KEY.PATH=VALUE   replace a value of the configuration (YAML); repeatable\n"
    "  --output DIR           where the products go\n"
    "  --overwrite            replace the products of a complete run\n"
    "  --threads N            default: as many as the system offers\n"
    "  --strict               warnings are errors\n"
    "  -q, -v                 only warnings and errors; everything\n"
    "\n"
    "Exit codes: 0 done; 64 usage; 65 data; 66 input missing; 69 not available; 70 "
    "internal;\n"
    "71 memory; 73 output exists; 74 read/write; 75 in use; 77 permission; 78 "
    "configuration\n";

static const struct {
    const char *name;
    const char *help;
    sqn_status (*work)(const options *given, messages *said, sqn_error *err);
} commands[] = {
    {"run",
     "sequin run CONFIG [options]\n\n"
     "task: imaging   read references and science frames, build components, subtract the\n"
     "                starlight, turn and combine\n"
     "task: spectra   templates and coefficients of a survey of spectra\n"
     "task: impute    values for masked and missing pixels, with errors\n\n"
     "The products are listed on standard output.\n",
     command_run},
    {"simulate",
     "sequin simulate CONFIG [options]\n\n"
     "Make references.fits, science.fits, angles.txt and truth.fits from the block "
     "`simulate:`.\n",
     command_simulate},
};
enum { N_COMMAND = sizeof commands / sizeof commands[0] };

/* Parse, run and report one command; returns the exit code. */
static int work(int index, int argc, char **argv)
{
    options given;
    messages *said = NULL;
    sqn_error err = {0};
    sqn_status status = options_parse(&given, argc, (const char *const *)argv, &err);
    const sqn_status made = messages_create(&said, stderr, given.level, NULL);

    if (made != SQN_OK) {
        return sqn_error_exit_code(made);
    }
    if (given.threads > 0) {
        omp_set_num_threads(given.threads);
    }
    if (status == SQN_OK && given.help) {
        (void)printf("%s%s", commands[index].help, common_help);
    } else if (status == SQN_OK) {
        team_start();
        status = commands[index].work(&given, said, &err);
    } else {
        sqn__error_at(&err, commands[index].name, -1, NULL);
        if (err.fix[0] == '\0') {
            sqn__error_mend(&err, "see 'sequin %s --help'", commands[index].name);
        }
    }
    if (status != SQN_OK &&
        messages_n_problem(said) == 0) { /* problems are said when found */
        messages_error(said, &err);
    }
    messages_destroy(&said);
    return sqn_error_exit_code(status);
}

static int refuse(const char *what, const char *name)
{
    sqn_error err = {0};
    char line[1024];
    const sqn_status status = SQN_RAISE(&err, E_USAGE, "%s '%s'", what, name);

    sqn_error_line(line, sizeof line, &err);
    (void)fprintf(stderr, "sequin: error: %s\n", line);
    return sqn_error_exit_code(status);
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
           strcmp(word, "help") == 0;
}

int command_main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fputs(general_help, stderr);
        return refuse("no command was given after", "sequin");
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("sequin %s\n", sqn_version());
        return 0;
    }
    if (asks_for_help(argv[1])) {
        (void)fputs(general_help, stdout);
        return 0;
    }
    for (int k = 0; k < N_COMMAND; k++) {
        if (strcmp(argv[1], commands[k].name) == 0) {
            return work(k, argc, argv);
        }
    }
    return refuse("unknown command", argv[1]);
}
