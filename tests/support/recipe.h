/*
 * recipe.h - small random scenarios in which many things happen at the same instant.
 */
#ifndef TESTS_SUPPORT_RECIPE_H
#define TESTS_SUPPORT_RECIPE_H

#include "support/reference.h"

#include "base/text.h"
#include "run/probe.h"

#include <stdbool.h>
#include <stdint.h>

/* How a scenario is drawn. */
struct recipe {
    enum reference_policy policy;
    bool phases;  /* Jobs of several phases, on engines and on the host. */
    bool lives;   /* VMs start and stop within the run. */
    bool flights; /* Several jobs of a workload may be under way at once. */
    bool kernels; /* Jobs are cut at the ends of kernels only. Not for strict slots. */
    bool closed;  /* Every other workload is a closed loop; the run is short. */
    uint64_t seed;
};

struct reference_setup recipe_draw(const struct recipe *recipe);

/* The same in the user's language; writes its traces into the tests' folder, under names that
   begin with the label. */
void recipe_put(struct text *text, const struct reference_setup *setup, const char *label);

/* Runs it in this process, from the simulator's own structs; the probe hears everything. */
void recipe_run(const struct reference_setup *setup, struct probe *probe);

#endif
