/*
 * health.h - listens to the temperature and the faults of one partition's GPU.
 */
#ifndef SIM_METRICS_HEALTH_H
#define SIM_METRICS_HEALTH_H

#include "base/arena.h"
#include "metrics/summary.h"
#include "run/probe.h"
#include "scenario/scenario.h"

enum { WARMTH_ROWS_MAX = 2000 };

struct health_listener {
    struct health_summary *summary; /* In results. */
    nsec warmup_ns;
    nsec duration_ns;
    uint32_t stride; /* One of so many intervals is kept. */
    uint32_t since;
    double temperature_sum;
    double clock_sum;
    uint64_t intervals;
};

/* Whether a GPU's temperature or faults are looked at. */
bool health_is_watched(const struct gpu_entry *gpu);

/* Prepares a listener and its probe; what is kept lives in `results`. */
void health_listen(struct health_listener *listener, const struct scenario *scenario,
                   const struct gpu_entry *gpu, nsec warmup_ns, struct arena *results);
struct probe health_probe(struct health_listener *listener);

/* After run_finish. Borrowed from `results`. */
const struct health_summary *health_summarise(struct health_listener *listener);

#endif
