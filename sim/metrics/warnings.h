/*
 * warnings.h - what a reader of the results should know before believing them, in plain words.
 *
 * Overload: a workload's jobs arrive whatever becomes of earlier ones, its latencies rise from
 * batch to batch (Kendall's tau at least 0.7), and a fiftieth of its jobs or more did not
 * finish. The load named is what the jobs asked for over what could be had: of the whole
 * engine without switches if that is busy and no closed loop fills it, else of the service
 * that the workload's VM got.
 */
#ifndef SIM_METRICS_WARNINGS_H
#define SIM_METRICS_WARNINGS_H

#include "metrics/summary.h"

#include <stdbool.h>

enum { WARNINGS_MAX = 20 };

/* Fills s->warnings from s->groups, WARNINGS_MAX at most, the last of which then counts the
 * others. */
void warnings_write(struct summary *s, bool warmup_short, struct arena *arena);

#endif
