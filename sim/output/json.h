/*
 * json.h - summary.json and run.json.
 *
 * Keys come in a fixed order; whole numbers are integers, derived ones have nine digits, and
 * what is unknown is null. Lists hold one object a line, so that two results can be compared
 * by diff. summary.json depends on the scenario alone; wall time and version are in run.json.
 */
#ifndef SIM_OUTPUT_JSON_H
#define SIM_OUTPUT_JSON_H

#include "metrics/summary.h"
#include "output/out.h"

void json_summary(struct out *o, const struct summary *s);

/* What may differ from machine to machine. */
struct run_facts {
    const char *version;
    double wall_seconds;
    uint32_t threads;
    uint64_t event_count;
};

void json_run(struct out *o, const struct run_facts *facts);

#endif
