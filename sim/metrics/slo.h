/*
 * slo.h - whether service level objectives were met.
 *
 * Latencies are judged workload by workload, and the worst one counts; a VM without a finished
 * job meets none of them. Throughput is that of all workloads of the VM, in finished jobs per
 * second of the time that it was present. Missed deadlines are a share of the jobs that
 * arrived.
 */
#ifndef SIM_METRICS_SLO_H
#define SIM_METRICS_SLO_H

#include "base/arena.h"
#include "metrics/summary.h"

#include <stdbool.h>

/* "latency_p95", as scenarios write it. */
const char *slo_metric_name(enum slo_metric metric);

struct slo_value {
    double value;         /* NAN: none. */
    const char *workload; /* NULL: of the VM as a whole. */
    bool met;
};

/* What one VM makes of an objective. */
struct slo_value slo_check(const struct slo_entry *slo, const struct vm_summary *vm);

/* The objectives of a scenario, in order, before any VM was judged. */
struct slo_result *slo_create(const struct scenario *scenario, struct arena *arena);

/* Judges one VM by those that are about it; whether it meets them all. Borrows its names. */
bool slo_add(struct slo_result *slos, const struct scenario *scenario,
             const struct vm_summary *vm);

/* Adds the VMs that others were judged by. Of two that are as bad, the lower VM is named: any
   order of adding and merging gives the same. */
void slo_merge(struct slo_result *slos, const struct slo_result *from,
               const struct scenario *scenario);

#endif
