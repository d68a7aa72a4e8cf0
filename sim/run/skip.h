/*
 * skip.h - rounds of slices in which nothing happens, done by arithmetic.
 *
 * Internal to run/. Between two events from outside (an arrival, a border, another engine's
 * event) a policy that can say how its picks will go (policy_ops.round) need not be asked for
 * each: what its turns use is added up, as many whole rounds as fit are done at once, and then
 * single turns up to the one in which something happens, which is left to the usual way. So a
 * run costs what its jobs cost, however short the slices. Everything that can be seen is as if
 * each slice had been run; only who listens to stays is not told of them, hence nothing is
 * skipped while somebody does.
 */
#ifndef SIM_RUN_SKIP_H
#define SIM_RUN_SKIP_H

#include "run/slicer.h"

/* Decides whether a new slicer may skip, and takes what it needs from the arena. */
void skip_init(struct run *run, struct slicer *s);

/* The engine is free at `now`, and some VM is ready. Skips turns that end before `bound`, and
   returns the instant at which the next choice is due; `now` if none was skipped. */
nsec skip_turns(struct run *run, struct slicer *s, moment bound, nsec now);

#endif
