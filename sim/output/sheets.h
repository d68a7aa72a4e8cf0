/*
 * sheets.h - the CSV files of a result.
 *
 * UTF-8, commas, one header row, LF, no comments. Times are whole nanoseconds; derived numbers
 * are printed with %.9g. An empty cell is unknown, or more than the sample supports.
 * docs/results.md explains every column.
 */
#ifndef SIM_OUTPUT_SHEETS_H
#define SIM_OUTPUT_SHEETS_H

#include "metrics/summary.h"
#include "output/out.h"

/* A row for each VM and workload, in scenario order; refused VMs have none. Of a fleet whose
   VMs were not kept, a row for each entry and workload. */
void sheet_vms(struct out *o, const struct summary *s);

/* For each partition and kept window a row for the partition (without VM), then one for each
   of its VMs. Service is that of the compute engine. */
void sheet_windows(struct out *o, const struct summary *s);

/* Jain's index by length of the window. */
void sheet_fairness(struct out *o, const struct summary *s);

/* Non-empty buckets of latency; of fleets, for each scenario entry instead of each VM. */
void sheet_distribution(struct out *o, const struct summary *s);

/* The first slices after warm-up, engine by engine. */
void sheet_timeline(struct out *o, const struct summary *s);

void sheet_engines(struct out *o, const struct summary *s);

/* Only of a fleet: a row for each GPU or MIG instance. */
void sheet_gpus(struct out *o, const struct summary *s);

/* On request: a row for each VM, its largest and least service lag, and its mean latency in
   the mix and alone. */
void sheet_lag(struct out *o, const struct summary *s);
void sheet_alone(struct out *o, const struct summary *s);

/* Where a GPU's temperature or faults are looked at: a row for each such partition, and its
   temperature over time. */
void sheet_health(struct out *o, const struct summary *s);
void sheet_temperature(struct out *o, const struct summary *s);

#endif
