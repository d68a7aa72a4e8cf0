/*
 * flight.h - a job under way: which phase it is in, and what it has waited for so far.
 *
 * Internal to run/.
 */
#ifndef SIM_RUN_FLIGHT_H
#define SIM_RUN_FLIGHT_H

#include "base/units.h"

#include <stdint.h>

/* What every stay touches comes first. */
struct flight {
    struct flight *next; /* In its VM's queue on an engine, or its workload's on the host. */
    nsec remaining_ns;   /* Of the current phase. */
    nsec start_ns;       /* First moment on an engine; NSEC_MAX: not yet. */
    nsec switch_ns;      /* In switches to its VM while at the head, so far. */
    nsec ready_ns;       /* When the current phase became ready. */
    nsec queue_wait_ns;  /* Behind other jobs of its VM, so far. */
    nsec arrival_ns;
    nsec begun_ns;   /* When its first phase could begin. */
    uint64_t number; /* Of its VM. */
    uint32_t stream; /* Its workload, by index within the run. */
    uint32_t vm;     /* That of the workload. */
    uint32_t phase;
    nsec host_ns;      /* On the host, so far. */
    nsec lost_ns;      /* Work on engines that was thrown away, so far. */
    nsec stretch_ns;   /* What its phases take longer on the VM's SMs than on all, so far. */
    nsec slowed_ns;    /* What a lower clock has added to demands_ns so far. */
    nsec nominal_ns;   /* Demand of its phases on engines on the whole device; only kept
                          where the partition's differs. */
    uint64_t order;    /* Of the current phase on its engine; see job_view. */
    nsec demands_ns[]; /* [phases of its workload]. */
};

#endif
