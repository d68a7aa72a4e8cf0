/*
 * lag.h - how far each VM is behind the ideal: its service lag against a fluid share.
 *
 * The ideal is generalized processor sharing (Parekh and Gallager, "A generalized processor
 * sharing approach to flow control in integrated services networks: the single-node case",
 * IEEE/ACM Transactions on Networking 1 (1993)): at each instant every VM with work has the
 * compute engine in proportion to its weight, and switches cost nothing. It is given the same
 * work at the same instants as the real engine: lag = service under GPS - service received,
 * in ns, positive when behind. Work that a policy refuses, and work thrown away, are real: the
 * ideal serves the one, and the other counts as received.
 *
 * A VM's lag rises while it does not run and falls while it does, so its extremes are where
 * its stays begin and end. A stay is told when it is over; what arrived during it waits here
 * until then.
 */
#ifndef SIM_METRICS_LAG_H
#define SIM_METRICS_LAG_H

#include "base/arena.h"
#include "base/units.h"
#include "run/probe.h"
#include "run/setup.h"

/* Of one VM within [warmup, duration), while it is present; NAN if it never is. */
struct lag_extremes {
    double behind_ns; /* Largest lag. */
    double ahead_ns;  /* Least lag: negative when ahead. */
};

struct lag;

/* For a partition whose compute engine serves one VM at a time. */
struct lag *lag_create(const struct partition *partition, nsec warmup_ns, nsec duration_ns);
void lag_free(struct lag *lag);

/* Fills *ret. */
void lag_listen(struct lag *lag, struct probe *ret);

/* After run_finish: one for each VM of the partition. */
const struct lag_extremes *lag_summarise(struct lag *lag, struct arena *results);

#endif
