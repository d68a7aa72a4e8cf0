/*
 * border.h - all counters of a run at one instant, told to probes.
 *
 * Internal to run/.
 */
#ifndef SIM_RUN_BORDER_H
#define SIM_RUN_BORDER_H

#include "base/units.h"

#include <stdbool.h>

struct run;

/* Tells probes of a border; with_workloads: the service of each workload too. Changes nothing
   that the run depends on. */
void border_tell(struct run *run, bool with_workloads, nsec now);

#endif
