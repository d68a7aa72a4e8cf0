/*
 * naive.h - a second simulator: slow, plain, and written apart from the first.
 *
 * Where reference.h goes from event to event, it steps through time nanosecond by nanosecond
 * and does at each what the design says, in the order that the design says: what ends, then
 * what arrives, then slice ends, then VMs that stop and start, then the choice. It keeps no
 * events and shares no code with the simulator. For one engine, one phase a job, and short
 * times.
 */
#ifndef TESTS_SUPPORT_NAIVE_H
#define TESTS_SUPPORT_NAIVE_H

#include "base/units.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    NAIVE_VMS_MAX = 6,
    NAIVE_STREAMS_MAX = 2,
    NAIVE_JOBS_MAX = 40,   /* Of a stream that is given job by job. */
    NAIVE_DONE_MAX = 1000, /* Of a VM. */
};

/* A workload: jobs at given times after its VM's start or, if think_ns >= 0, a client that
   submits its next job so long after the end of the last, each of demands_ns[0]. */
struct naive_stream {
    nsec think_ns; /* -1: jobs at given times. */
    uint32_t job_count;
    nsec arrivals_ns[NAIVE_JOBS_MAX];
    nsec demands_ns[NAIVE_JOBS_MAX];
};

struct naive_vm {
    uint32_t stream_count;
    struct naive_stream streams[NAIVE_STREAMS_MAX];
    nsec start_ns;
    nsec stop_ns;
    uint32_t weight;
    uint32_t priority;
};

enum naive_policy {
    NAIVE_FIFO,
    NAIVE_TURNS_RENEW, /* round_robin */
    NAIVE_TURNS_KEEP,  /* best_effort */
    NAIVE_TURNS_WEIGHTED,
    NAIVE_EQUAL_SHARE,
    NAIVE_FIXED_SHARE,
    NAIVE_PRIORITY,
    NAIVE_PRIORITY_NO_CUT,
    NAIVE_POLICIES,
};

struct naive_scenario {
    enum naive_policy policy;
    nsec duration_ns;
    nsec slice_ns;
    nsec preempt_ns, idle_ns, restore_ns; /* A switch. */
    nsec kernel_ns; /* 0: work can be cut at any instant; else only at its multiples. */
    uint32_t slots; /* fixed_share. */
    uint32_t vm_count;
    struct naive_vm vms[NAIVE_VMS_MAX];
};

struct naive_job {
    nsec arrival_ns;
    nsec start_ns; /* -1: not within the run. */
    nsec end_ns;   /* -1: not within the run. */
};

struct naive_result {
    uint32_t job_count[NAIVE_VMS_MAX];
    struct naive_job jobs[NAIVE_VMS_MAX][NAIVE_DONE_MAX]; /* By number of the VM. */
    nsec service_ns[NAIVE_VMS_MAX];
    nsec switch_ns; /* Of begun switches the whole, also beyond the end of the run. */
};

/* Fills *ret. */
void naive_run(const struct naive_scenario *scenario, struct naive_result *ret);

#endif
