/*
 * probe.h - how the run tells what happens to those who listen.
 *
 * The run knows no listener: metrics, traces and tests fill a struct probe, and the run calls
 * what is not NULL, in the order of simulated time. A probe must not touch the run; the run
 * with no probe gives the same schedule. What is NULL when the run is created is never called;
 * a listener that has heard enough may clear one of its own pointers later.
 *
 * VMs are named by their index within the partition, workloads by their index within the VM.
 */
#ifndef SIM_RUN_PROBE_H
#define SIM_RUN_PROBE_H

#include "base/units.h"
#include "model/device.h"
#include "model/health.h"

#include <stdbool.h>
#include <stdint.h>

/* A finished job. The five parts add up to end - arrival exactly:
   queue_wait + slice_wait + run + switch + host. */
struct job_end {
    uint32_t vm;
    uint32_t workload;
    uint64_t number; /* Of its VM, from 0, in order of arrival, dropped ones included. */
    nsec arrival_ns;
    nsec start_ns; /* Of its first phase on an engine; arrival if it has none. */
    nsec end_ns;
    nsec deadline_ns;   /* An instant; NSEC_MAX: none. */
    nsec queue_wait_ns; /* Behind other jobs of its own VM. */
    nsec slice_wait_ns; /* At the head of its VM's queue, while others have the engine. */
    nsec demand_ns;     /* GPU time of all phases alone on the idle, whole device. */
    nsec run_ns;        /* On engines: its demand, lost work included; under MPS what that
                           takes alone on its VM's SMs (run/spatial.h). */
    nsec switch_ns;     /* Switches to its VM, restore included, while it is at the head. */
    nsec host_ns;
    nsec alone_ns; /* The sum of its phases alone on the idle partition. */
};

/* A job that arrived and did not finish: it is told when the run ends or its VM stops. */
struct job_left {
    uint32_t vm;
    uint32_t workload;
    uint64_t number;
    nsec arrival_ns;
    nsec start_ns;  /* -1: it never started on an engine. */
    nsec demand_ns; /* GPU time of all phases. */
    bool dropped;   /* Refused by a full queue or by the policy, at the time of the call. */
    bool lost;      /* Lost to a fault, at the time of the call. */
};

/* One slice: what pick granted and what was used of it. Under MPS one phase; those of several
   VMs then overlap. */
struct stay {
    enum engine_kind engine;
    uint32_t vm;
    nsec switch_start_ns; /* run_start_ns if the VM was not switched in. */
    nsec run_start_ns;    /* After restore. */
    nsec run_end_ns;      /* >= run_start_ns, which at the end of the run may be after it: the
                             switch that was going on is told whole. */
    bool continued;       /* Follows the same VM's last stay on this engine without a gap. */
};

/* Totals of one engine since the start of the run, up to the instant of the call. */
struct engine_totals {
    nsec busy_ns;   /* Running work, lost work included: the sum of what the VMs were served,
                       or (under MPS) at least that. */
    nsec switch_ns; /* Switches, restore included. */
    nsec lost_ns;   /* Of busy_ns: thrown away. */
    nsec wasted_ns; /* Neither running nor switching although some VM had work. */
    uint64_t stays;
    uint64_t switches;
};

/* At a border (at the multiples of border_ns, at the end of warm-up and at the end of the
   run): all counters, brought up to that instant. */
struct border {
    nsec now;
    uint32_t vm_count;
    const nsec *service_ns;              /* [engine * vm_count + vm], since the start. */
    const struct engine_totals *engines; /* [ENGINE_COUNT] */
    /* The same service by workload, over all engines, VM after VM and within a VM workload
       after workload. Given at the end of warm-up and at the end of the run; elsewhere it may
       be NULL. (Where it is missing, only VMs with one workload have service_ns.) */
    const nsec *workload_service_ns;
    const nsec *backlogged_since; /* [vm], compute: NSEC_MAX while dry. */
    /* Those that are not: bit (vm % 64) of word (vm / 64), so that nobody need look at all. */
    const uint64_t *backlogged;
};

/* Once every interval of the thermal model: what the interval that ends now was like. */
struct heat {
    nsec now;
    nsec span_ns;
    double temperature; /* At its end, degrees Celsius. */
    double watts;       /* Mean. */
    double clock;       /* During it; 1: full. */
};

/* A fault of the GPU (model/health.h). */
struct fault {
    nsec now;
    enum fault_kind kind;
    uint32_t vm;  /* Whose job was running, SILENT and DETECTED; VM_NONE: nobody's. */
    nsec away_ns; /* RESET: how long the GPU is away from now on. */
};

struct probe {
    void *context;
    void (*joined)(void *context, uint32_t vm, nsec now);
    void (*left)(void *context, uint32_t vm, nsec now);
    void (*arrived)(void *context, uint32_t vm, uint32_t workload, nsec now);
    void (*finished)(void *context, const struct job_end *job);
    void (*unfinished)(void *context, const struct job_left *job);
    void (*stayed)(void *context, const struct stay *stay);
    void (*border)(void *context, const struct border *border);
    /* A phase reaches a VM's queue on an engine that serves one VM at a time; what it takes
       there alone. */
    void (*demanded)(void *context, enum engine_kind engine, uint32_t vm, nsec demand_ns,
                     nsec now);
    /* A VM gets work on an engine, or runs dry. */
    void (*ready)(void *context, enum engine_kind engine, uint32_t vm, nsec now);
    void (*dry)(void *context, enum engine_kind engine, uint32_t vm, nsec now);
    void (*heated)(void *context, const struct heat *heat);
    void (*failed)(void *context, const struct fault *fault);
};

#endif
