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

/* Fills s->slos, in the scenario's order. */
void slo_judge(struct summary *s, struct arena *arena);

#endif
