/*
 * load.h - from a path on the command line to a scenario, its mistakes told on stderr.
 */
#ifndef SIM_CLI_LOAD_H
#define SIM_CLI_LOAD_H

#include "base/arena.h"
#include "base/err.h"
#include "cli/options.h"
#include "scenario/scenario.h"

#include <stddef.h>

/* A scenario with the text that it came from. */
struct loaded {
    const char *path;
    const char *bytes;
    size_t size;
    struct scenario_source source;
    struct scenario scenario;
    struct arena arena; /* Owned: the text and the sets. */
};

/* Reads and checks a scenario; `sets` are PATH=VALUE texts, "-" reads standard input. Returns
   EXIT_DONE, or an exit code after telling what is wrong, with an empty *ret. load_with also
   does what the options say. */
int load_scenario(const char *path, const struct option_list *sets, struct loaded *ret);

struct load_options {
    bool allow_library;    /* Policies that are machine code. */
    const char *catalogue; /* A folder of tables; NULL: none. */
    bool strict;           /* Refuse derived and remembered figures of the catalogue. */
};

int load_with(const char *path, const struct option_list *sets,
              const struct load_options *options, struct loaded *ret);

void loaded_fini(struct loaded *loaded);

/* Tells what a run of the scenario said, with the line of the file that it points into.
   Returns the exit code. */
int tell_error_of(const struct loaded *loaded, const struct err *err);

/* Tells one error; returns the exit code of its kind. */
int tell_error(const struct err *err);

/* The same with the line, read again from the file that the error is placed in. */
int tell_error_in_file(const struct err *err, struct arena *arena);

#endif
