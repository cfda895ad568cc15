/** @file main.c @brief The program: what a process must do once, then the command. */
#include "command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
