/*
 * device.h - a kind of GPU: what it has, and what sharing it costs.
 *
 * A device comes from the catalogue or inline from a scenario. Only the number of SMs and the
 * memory are required; what is not known is 0 and is never guessed: whoever needs it refuses.
 */
#ifndef SIM_MODEL_DEVICE_H
#define SIM_MODEL_DEVICE_H

#include "base/units.h"

#include <stdbool.h>
#include <stdint.h>

/* An independent queue of one GPU. With one copy engine both directions use COPY_IN. */
enum engine_kind {
    ENGINE_COMPUTE,
    ENGINE_COPY_IN,
    ENGINE_COPY_OUT,
    ENGINE_ENCODE,
    ENGINE_DECODE,
    ENGINE_COUNT,
};

/* "compute", "copy_in", ... as scenarios and results write them. */
const char *engine_name(enum engine_kind engine);

/* Where running work can be interrupted (design: preemption point). */
enum preemption_point {
    PREEMPTION_INSTRUCTION, /* At once. */
    PREEMPTION_BLOCK,       /* At the end of the running wave of thread blocks. */
    PREEMPTION_KERNEL,      /* At the end of the running kernel. */
};

/* What changing the VM on an engine costs. */
struct switch_cost {
    nsec preempt_ns; /* When the outgoing VM still has work; >= restore_ns. */
    nsec idle_ns;    /* When it has none; >= restore_ns. */
    nsec restore_ns; /* The part of either that falls inside the incoming VM's slice. */
};

/* How the kernels of MPS clients share SMs and memory; run/spatial.h says what follows. Times
   are parts of the time that a full grid takes alone on the whole device. */
struct mps_traits {
    bool is_measured; /* Else none of the others is set, and mps_assumed stands for them. */
    double leak;      /* What an SM gives a block over what it gives the next older; 0..1. */
    double alone;     /* Time of a block alone on its SM over that of one among several. */
    double jitter_ns; /* Between the first SM that begins a kernel and the last one. */
    double meet;      /* Chance that a kernel for which just enough SMs are idle meets others,
                         0..1, ... */
    double meet_sms;  /* ... and on how many SMs; whole. */
    double latency;   /* Of a memory-bound full grid if bandwidth had no end, 4 blocks an SM. */
    double latency_step; /* What that grows by from 4 blocks an SM to 8. */
    double bandwidth;    /* Time of a memory-bound full grid if memory answered at once. */
    double bend;         /* How sharply one of the two takes over; >= 1. */
    double tail;         /* Time of a last, smaller wave while others ask for memory, over that
                            of a full one. */
    double starve; /* Time of a memory-bound block on an SM that computes, over that on one
                      that does not; >= 1. */
};

#define MPS_JITTER_MAX (10 * MSEC)

/* Those of the H100 SXM5, for devices that were never measured. */
extern const struct mps_traits mps_assumed;

enum {
    MPS_CLIENTS_MAX = 48,       /* Volta and later. */
    MPS_CLIENTS_MAX_BEFORE = 16 /* Earlier GPUs. */
};

struct device {
    const char *name;             /* Catalogue name, or "inline". */
    uint32_t sms;                 /* Streaming multiprocessors (compute units); > 0. */
    int64_t memory_bytes;         /* > 0. */
    int64_t bandwidth_bytes;      /* Of memory, per second; 0: unknown. */
    uint32_t copy_engines;        /* 1 or 2; 2 serve the two directions independently. */
    int64_t copy_bandwidth_bytes; /* Of one copy engine, per second; 0: unknown. */
    enum preemption_point preemption;
    bool has_switch; /* Whether switch_cost was measured or given. */
    struct switch_cost switch_cost;
    nsec slice_ns;          /* Measured slice of its contexts; 0: unknown. */
    uint32_t blocks_per_sm; /* Thread blocks of 256 threads that an SM holds. */
    bool ecc;               /* Error-correcting memory present and on. */
    bool mixed_sizes;       /* Whether vGPUs of several sizes may share it. */
    struct mps_traits mps;
    uint32_t mps_clients_max; /* Present at once; 0: MPS_CLIENTS_MAX. */
};

#endif
