/*
 * commands.h - every command, each in a file of its own.
 */
#ifndef SIM_CLI_COMMANDS_H
#define SIM_CLI_COMMANDS_H

#include "cli/options.h"

/* To add a command: write its file and add its name here. In the order of --help. */
#define COMMAND_LIST(X)                                                                        \
    X(run)                                                                                     \
    X(compare)                                                                                 \
    X(plot)                                                                                    \
    X(report)                                                                                  \
    X(import)                                                                                  \
    X(calibrate)                                                                               \
    X(validate)                                                                                \
    X(check)                                                                                   \
    X(schema)                                                                                  \
    X(list)                                                                                    \
    X(explain)                                                                                 \
    X(new_policy)

#define COMMAND_DECLARE(name) extern const struct command command_##name;
COMMAND_LIST(COMMAND_DECLARE)
#undef COMMAND_DECLARE

#endif
