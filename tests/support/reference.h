/*
 * reference.h - a second, deliberately simple simulator, to compare schedules with.
 *
 * It was written from the rules of the model alone and shares no code with the simulator: at
 * every instant it looks at everything there is, so it costs time in proportion to all VMs
 * and streams for every event, and has no queue, heap or table that could be wrong. It knows
 * one GPU, explicit arrival times, and the policies of enum reference_policy.
 */
#ifndef TESTS_SUPPORT_REFERENCE_H
#define TESTS_SUPPORT_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REFERENCE_VMS = 6,
    REFERENCE_STREAMS = 2, /* Workloads of a VM. */
    REFERENCE_FLIGHTS = 3, /* Jobs of a workload that may be under way at once. */
    REFERENCE_PHASES = 4,  /* Of a job. */
    REFERENCE_JOBS = 128,  /* Of a workload. */
    REFERENCE_ROWS = REFERENCE_VMS * REFERENCE_STREAMS * REFERENCE_JOBS,
};

enum reference_policy {
    REFERENCE_ROUND_ROBIN,
    REFERENCE_WEIGHTED_ROUND_ROBIN, /* Slices of slice_ns * weight / 100. */
    REFERENCE_BEST_EFFORT,          /* These three differ in nothing but that. */
    REFERENCE_EQUAL_SHARE,
    REFERENCE_FIXED_SHARE,
    REFERENCE_PRIORITY, /* Preemptive; priorities must differ. */
    REFERENCE_EXCLUSIVE,
    REFERENCE_POLICIES,
};

/* Where a phase takes place; all but the host are engines. Only compute has the policy; the
   others serve first come, first served, without switch cost. */
enum reference_place {
    REFERENCE_COMPUTE,
    REFERENCE_COPY_IN,
    REFERENCE_ENCODE,
    REFERENCE_ENGINES,
    REFERENCE_HOST = REFERENCE_ENGINES,
};

struct reference_workload {
    uint32_t in_flight; /* 1..REFERENCE_FLIGHTS. */
    uint32_t phase_count;
    enum reference_place places[REFERENCE_PHASES];
    int64_t phase_ns[REFERENCE_PHASES]; /* > 0; unless demand_ns counts. */
    int64_t kernel_ns; /* Compute phases are cut at multiples of it only; 0: anywhere. */
    uint32_t clients;  /* 0: the arrivals are given. Else a closed loop of so many clients. */
    int64_t think_ns;  /* Of a client; the first jobs arrive at start_ns. */
    uint32_t job_count;
    int64_t arrival_ns[REFERENCE_JOBS]; /* Not decreasing; from start_ns on. */
    int64_t demand_ns[REFERENCE_JOBS];  /* > 0; of the only phase, if there is one. */
};

struct reference_vm {
    int64_t start_ns;
    int64_t stop_ns; /* INT64_MAX: it stays. */
    uint32_t weight;
    uint32_t priority;
    uint32_t workload_count;
    struct reference_workload workloads[REFERENCE_STREAMS];
};

struct reference_setup {
    enum reference_policy policy;
    int64_t slice_ns;
    int64_t preempt_ns;
    int64_t idle_ns;
    int64_t restore_ns;
    bool keep;      /* A VM alone keeps an expired slice; else each dispatch renews it. */
    uint32_t slots; /* FIXED_SHARE: slots of a rotation. */
    int64_t duration_ns;
    uint32_t vm_count;
    struct reference_vm vms[REFERENCE_VMS];
};

/* A job that arrived, as jobs.csv has it. */
struct reference_row {
    uint32_t vm;
    uint32_t number; /* Of its VM, from 0, in order of arrival. */
    int64_t arrival_ns;
    int64_t demand_ns;
    int64_t start_ns; /* -1: it never started on an engine; arrival if it only met the host. */
    int64_t end_ns;   /* -1: it never ended. */
};

/* Runs the setup and returns how many of the REFERENCE_ROWS rows were filled, in the order of
   jobs.csv. */
uint32_t reference_run(const struct reference_setup *setup, struct reference_row *ret_rows);

/* Puts rows into that order: those that ended by their end, then the others by arrival; ties
   by VM, then number. */
void reference_sort(struct reference_row *rows, uint32_t count);

/* What the reference itself wants to know of a setup: whether its slots are strict, how long
   a slice of the VM is, the GPU time of all phases of a job, and that of one phase. */
bool reference_is_strict(const struct reference_setup *setup);
int64_t reference_slice_ns(const struct reference_setup *setup, uint32_t vm);
int64_t reference_demand_ns(const struct reference_workload *workload, uint32_t job);
int64_t reference_phase_ns(const struct reference_workload *workload, uint32_t job,
                           uint32_t phase);

#endif
