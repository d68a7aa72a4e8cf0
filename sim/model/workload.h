/*
 * workload.h - one in-order stream of jobs of a VM: when they arrive and what they ask for.
 */
#ifndef SIM_MODEL_WORKLOAD_H
#define SIM_MODEL_WORKLOAD_H

#include "base/units.h"
#include "engine/amount.h"
#include "model/device.h"

#include <stdbool.h>
#include <stdint.h>

enum arrival_kind {
    ARRIVAL_PERIODIC, /* Every period, each delayed by a draw of jitter. */
    ARRIVAL_POISSON,  /* Exponential gaps. */
    ARRIVAL_CLOSED,   /* `clients` clients; each thinks, submits, waits for the end. */
    ARRIVAL_GAMMA,    /* Gamma gaps. */
    ARRIVAL_ON_OFF, /* Poisson (or periodic) at `rate` during on times, nothing in off times. */
    ARRIVAL_MMPP,   /* Poisson at rates[k] while in state k. */
    ARRIVAL_DIURNAL, /* Poisson at rate * (1 + amplitude * sin(2 pi t / period)). */
    ARRIVAL_TRACE,   /* At the given times. */
};

struct arrival {
    enum arrival_kind kind;
    double period_ns;   /* PERIODIC: job k arrives at offset + round(k * period) + jitter. */
    double mean_gap_ns; /* POISSON, GAMMA, ON_OFF (while on), DIURNAL (on average). */
    double cv;          /* GAMMA: of the gaps. */
    nsec offset_ns;     /* Added to every arrival (CLOSED: of the first ones). */
    nsec until_ns;      /* No job arrives at this instant or later; 0: no such limit. */
    bool has_jitter;
    struct amount jitter;  /* PERIODIC. */
    struct amount think;   /* CLOSED: from the end of a job to the client's next one. The first
                              job of a client arrives at offset, without thinking. */
    uint32_t clients;      /* CLOSED; >= 1. */
    struct amount on, off; /* ON_OFF: lengths of the states; starts on. */
    const double *gaps_ns; /* MMPP: mean gap of each state; INFINITY: silent. */
    const struct amount *stays; /* MMPP: time spent in each state; then the next state. */
    uint32_t state_count;       /* MMPP. */
    double amplitude;           /* DIURNAL, 0..1. */
    nsec cycle_ns;              /* DIURNAL. */
    const nsec *times_ns;       /* TRACE: not decreasing, >= 0. Borrowed. */
    const nsec *demands_ns;     /* TRACE: of the same rows, or NULL. Borrowed. */
    uint64_t time_count;        /* TRACE. */
};

enum phase_kind {
    PHASE_HOST,
    PHASE_COMPUTE,
    PHASE_COPY_IN,
    PHASE_COPY_OUT,
    PHASE_ENCODE,
    PHASE_DECODE,
    PHASE_COUNT,
};

/* A job's stay on one engine, or on the host. */
struct phase {
    enum phase_kind kind;
    struct amount demand;      /* ns alone on the idle, whole device. */
    uint32_t blocks;           /* COMPUTE: thread blocks of the grid; 0: fills the device. */
    uint32_t memory_bound_ppm; /* COMPUTE: the part of its time bound by memory bandwidth. */
    nsec kernel_ns;            /* COMPUTE: length of one kernel; 0: the whole phase is one. */
    bool from_begin;           /* HOST: its time counts from the job's beginning: the host went
                                  ahead of the engines, and may have ended before them. */
    bool has_preemption;       /* COMPUTE: overrides the device's preemption point. */
    enum preemption_point preemption;
};

enum when_full {
    WHEN_FULL_DROP_NEW, /* The arriving job is dropped. */
    WHEN_FULL_DROP_OLD, /* The oldest waiting job is dropped; the new one if none waits. */
};

enum {
    WORKLOAD_PHASES_MAX = 64,
    WORKLOAD_IN_FLIGHT_MAX = 1024,
    WORKLOAD_CLIENTS_MAX = 4096,
};

struct workload {
    const char *name; /* Unique within its VM. Borrowed. */
    struct arrival arrival;
    const struct phase *phases; /* phase_count of them, 1..WORKLOAD_PHASES_MAX. Borrowed. */
    uint32_t phase_count;
    uint32_t in_flight;   /* Jobs that may be under way at once; 1 is one in-order stream. */
    bool frames;          /* Each job is a frame that is shown: frame limits hold for it. */
    nsec deadline_ns;     /* After arrival; NSEC_MAX: none. */
    uint32_t queue_limit; /* Most jobs present, those under way included; UINT32_MAX: any. */
    enum when_full when_full;
};

#endif
