/** @file command.c @brief Which command, and what --help and --version say. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "sequin/version.h"

int command_main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("sequin %s\n", sqn_version());
        return 0;
    }
    (void)fprintf(
        stderr,
        "sequin: error: E_USAGE: sequin: no such command. Fix: see 'sequin --help'.\n");
    return 64;
}
