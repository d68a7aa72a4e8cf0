/*
 * spatial.h - the compute engine of a partition under MPS: all VMs at once.
 *
 * Internal to run/. Each VM is a client with some of the SMs; its phases run one after the
 * other, in the order in which they became ready, and the kernels of different VMs side by
 * side. docs/physics.md says what was measured; in short:
 *
 * Slots. An SM holds so many blocks. Kernels take free slots in the order in which they
 * started, each as many layers or as large a wave as fits on its SMs; when the oldest that
 * wants more finds too few slots, younger ones wait too.
 *
 * SM time. A VM's layers get at most the SMs that they are on, less by the factor `alone` while
 * it has only one block on each. When the VMs together could use more SMs than there are, they
 * share them by age: the weight of a layer is SMs * leak^(older blocks an SM), and what a VM
 * cannot use goes to the others. So VMs whose SMs add up to no more than the device do not
 * notice each other, and VMs that all have the whole device are served oldest first.
 *
 * Memory. A wave's length follows from all memory-bound blocks that are on the device
 * (grid_wave). Memory-bound work does not slow layers, nor they it, except by taking slots.
 *
 * Accounts. A stay is one phase, from its first block to its end. The engine is busy while any
 * VM has a block on it. The service of a VM is time weighted by SMs: the SMs that its layers
 * get, or that its wave is on, over all SMs of the partition; where these add up to more than
 * the partition has, over their sum. So service is at most busy time, for all VMs together.
 * The run time of a job is that of its phases alone on its VM's SMs; slice wait is what the
 * other VMs add to it, waiting for slots included. No phase takes less than its demand.
 *
 * Progress is a double between events; the time of each event is rounded to a nanosecond, and
 * what that leaves over is done with the next layer or wave. A VM's progress is only touched
 * when its own speed changes, so VMs that do not disturb each other have the same times, to the
 * bit, as alone. Phases that end at one instant do so in the order of their VMs; kernels start
 * after all that ends and arrives at their instant.
 */
#ifndef SIM_RUN_SPATIAL_H
#define SIM_RUN_SPATIAL_H

#include "engine/moment.h"
#include "run/flight.h"
#include "run/grid.h"
#include "run/probe.h"

#include <stdbool.h>
#include <stdint.h>

struct run;

enum client_state {
    CLIENT_DRY,       /* No phase. */
    CLIENT_WAITING,   /* No block on the device. */
    CLIENT_COMPUTING, /* Layers are. */
    CLIENT_STREAMING, /* A wave is. */
    CLIENT_HELD,      /* Only blocks on another's SMs are left: overlap.h. */
    CLIENT_ENDING,    /* All is done, but earlier than the demand allows. */
};

/* A VM, and the kernel that it runs. */
struct spatial_client {
    struct flight *head; /* Its phases here, oldest first; the head is the one that runs. */
    struct flight *tail;
    nsec head_since_ns; /* When the head became the head. */
    enum client_state state;
    uint32_t sms; /* That it may use. */
    const struct grid *grid;
    nsec kernel_ns;       /* Demand of the present kernel. */
    uint32_t layers_left; /* Not yet on the device. */
    bool has_waited;      /* For slots: some of its layers. */
    uint32_t reach;       /* SMs of its layers, ... */
    uint32_t last_reach;  /* ... and of the last one. */
    uint32_t blocks_left;
    uint32_t layers;             /* On the device, oldest first. */
    double rest[GRID_SLOTS_MAX]; /* Their work left, as of the last change of layers. */
    uint32_t on[GRID_SLOTS_MAX]; /* SMs that each has a block on. */
    uint32_t wave;               /* Blocks of the wave on the device. */

    /* Progress up to the end of the oldest layer or of the wave. */
    double whole; /* Work from the last change of layers on, in ns at a speed of 1. */
    double to_go; /* Of it, as of since_ns. */
    double carry; /* Work that the rounding of an end left over, or took, up to half a ns. */
    double speed;
    nsec since_ns;
    nsec next_ns; /* When it is done; INSTANT_NEVER: not known, or never. */

    /* For overlap.h. */
    bool is_fresh;    /* No block of its kernel is placed yet. */
    bool is_first;    /* Its kernel started on an empty device. */
    uint32_t held_by; /* Whose kernel some of its blocks wait for; VM_NONE: nobody's. */
    double held_ns;   /* What these take once they run; 0: there are none. */
    nsec freed_ns;    /* Since when they do, if held_by is VM_NONE. */

    /* For the sharing of SMs. */
    double busy; /* SMs that its layers are on: those that have fewer blocks count as part. */
    double cap;  /* Of them, what its layers can use. */
    double got;  /* SMs that they get; below 0: not settled. */
    double weight;

    /* Accounts. */
    nsec run_start_ns;     /* Of the phase; NSEC_MAX: not yet. */
    nsec last_end_ns;      /* Of its last stay. */
    double service_rate;   /* Service per ns. */
    double service_carry;  /* Less than 1 ns that is not counted yet. */
    nsec service_since_ns; /* Up to when it is counted. */
};

struct spatial {
    moment next;      /* Its next event; MOMENT_NEVER: none. */
    uint32_t next_vm; /* If that is an end: of whom. */
    bool is_due;      /* Kernels have to be placed, or speeds worked out. */
    nsec due_ns;
    struct spatial_client *clients; /* [vm_count] */
    uint32_t *order;                /* VMs with a kernel, oldest kernel first. */
    uint32_t order_count;
    struct grid_rules rules;
    struct grid *grids;   /* Of the compute phases of all streams. */
    uint32_t *first_grid; /* [stream_count]: of its phase 0. */
    uint64_t slots_used;  /* By blocks on the device. */
    uint32_t wave_blocks; /* Memory-bound ones. */
    uint32_t completing;  /* VM whose phase ended, while its next is looked for; VM_NONE. */
    nsec busy_since_ns;   /* NSEC_MAX: not busy. */
    nsec *service_ns;     /* [vm_count]: counted so far. */
    uint64_t *ready_bits; /* Which have work: bit (vm % 64) of word (vm / 64). */
    nsec *ready_since_ns; /* [vm_count]: NSEC_MAX while dry. */
    struct engine_totals totals;
};

/* The engine of a run whose VMs and streams are there; memory comes from the run's arena. */
struct spatial *spatial_create(struct run *run);

/* A flight's present phase becomes ready here, or the VM stops and takes its flights away. */
void spatial_put(struct run *run, struct spatial *s, struct flight *flight, nsec now);
void spatial_stop_vm(struct run *run, struct spatial *s, uint32_t vm, nsec now);

/* Its next event happens, at s->next, and those that follow before `bound`, until a phase has
   ended. */
void spatial_run(struct run *run, struct spatial *s, moment bound);

/* The VM and workload whose phase may end at s->next (class MOMENT_END), to order equal
   times. */
static inline uint64_t spatial_tie(const struct spatial *s)
{
    return s->clients[s->next_vm].head->stream;
}

/* Totals up to `now`, and the service that a VM has got beyond service_ns. */
struct engine_totals spatial_totals(const struct spatial *s, nsec now);
nsec spatial_running(const struct spatial *s, uint32_t vm, nsec now);

/* The end of the run: tells probes of the stays that are going on. */
void spatial_finish(struct run *run, struct spatial *s, nsec now);

#endif
