/*
 * library.h - policies that are machine code: shared objects made against vgpusim/policy.h.
 *
 * Such a policy may do whatever the user who runs the program may do, so one is loaded only if
 * the command line says --allow-library: a scenario alone, which people pass on, cannot. A
 * library stays loaded until the program ends.
 */
#ifndef SIM_CLI_LIBRARY_H
#define SIM_CLI_LIBRARY_H

#include "scenario/scenario.h"

#define LIBRARY_DOC "run policies that are machine code, and trust them"

/* Loads the libraries that a scenario names, relative to the folder of the scenario's own
   file. scenario_path must live as long as the loader. */
struct library_loader library_loader_beside(const char *scenario_path);

/* Loads one from a path. 0, or -1 with *err, whose text is the second half of a sentence. */
int library_load(const char *path, const struct policy_ops **ret, struct err *err);

/* The functions that vgpusim/policy.h promises to libraries, ended by NULL: they are part of
   the program whether it needs them itself or not. */
extern void (*const library_promised[])(void);

#endif
