/*
 * random.h - a random scenario with a random subset of all that a scenario can have.
 *
 * Times are a few nanoseconds, so that many things happen at the same instant. What a scenario
 * does not draw it does not have at all (swarm testing: Groce et al., ISSTA 2012), so that rare
 * combinations are found in simple surroundings.
 */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include "support/build.h"

/* Fills *b, a scenario under this policy; build_fini frees it. */
void random_build(struct build *b, const char *policy, uint64_t seed);

/* As random_build, but VMs are there for the whole run, work can be cut at any instant, and the
   policy has its default parameters. */
void random_build_plain(struct build *b, const char *policy, uint64_t seed);

/* As random_build with fifo, but under MPS with random shares, grids and memory. Times are a
   hundred times as long, so that rounding is not all that happens. */
void random_build_mps(struct build *b, uint64_t seed);

#endif
