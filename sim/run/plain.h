/*
 * plain.h - the same schedule by a shorter way, where a GPU leaves out most of what the general
 * way provides for.
 *
 * Internal to run/. A partition is plain if its only engine is compute, shared by time under a
 * policy of turns (policy/turns.h), and every VM has one workload, whose jobs are one compute
 * phase, can be cut at any instant, are under way one at a time and never find a full queue;
 * and if nobody listens to more than ends of jobs, stays and borders. Then a job is a few
 * words, an arrival need only be looked at where a turn ends or a VM may run dry, and policy
 * and engine are one loop. It takes half the time of the general way
 * (docs/decisions/0015-a-short-way-for-plain-gpus.md) and tells probes the same, in the same
 * order: tests/property/test_plain.c holds the two against each other.
 *
 * The general way stays the one that defines what happens. What the loop does not know - VMs
 * that start or stop, the end of warm-up, what happens at the very instant of a border - is
 * left to it: all state is handed over and back, whenever plain_advance returns.
 */
#ifndef SIM_RUN_PLAIN_H
#define SIM_RUN_PLAIN_H

#include "base/units.h"

struct plain;
struct run;

/* What a plain run needs beside the run, which is complete; memory is of the run's arena. NULL
   if the run is not plain. */
struct plain *plain_create(struct run *run);

/* Advances as far as it can without reaching until_ns, perhaps not at all. */
void plain_advance(struct run *run, struct plain *plain, nsec until_ns);

#endif
