/*
 * describe.h - what a collector must know, read off a setup.
 */
#ifndef SIM_METRICS_DESCRIBE_H
#define SIM_METRICS_DESCRIBE_H

#include "metrics/collect.h"
#include "run/setup.h"

/* The shortest window of the default metrics, and of `metrics: [short_windows]`. The second
   divides the first by a power of two, so that the longer windows are the same. */
#define DESCRIBE_WINDOW_NS       (100 * MSEC)
#define DESCRIBE_SHORT_WINDOW_NS (DESCRIBE_WINDOW_NS / 64)

/* The configuration of a collector for one partition, with collector_limit applied. Arrays
   live in the arena; names are the setup's. warmup_ns is a time, not WARMUP_AUTO. */
struct collector_config describe_partition(const struct setup *setup, uint32_t partition,
                                           nsec warmup_ns, struct arena *arena);

#endif
