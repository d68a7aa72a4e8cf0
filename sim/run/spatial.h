/*
 * spatial.h - the compute engine of a partition under MPS: all VMs at once.
 *
 * Internal to run/. Each VM is a client with some of the SMs; its phases run one after the
 * other, in the order in which they became ready, and the kernels of different VMs side by
 * side. docs/physics.md says what was measured; in short:
 *
 * SMs. Each has so many slots for blocks (sms.h), and a kernel goes to as many of them as its
 * VM's share is (places.h). Blocks go where most slots are free, and are served oldest first.
 *
 * Memory. A wave's length follows from all memory-bound blocks that are on the device
 * (grid_wave). On an SM that computes they hardly get any further.
 *
 * Accounts. A stay is one phase, from its first block to its end. The engine is busy while any
 * VM has a block on it. The service of a VM is time weighted by SMs: what its blocks get of
 * each, over all SMs of the partition. So service is at most busy time, for all VMs together.
 * The run time of a job is that of its phases alone on its VM's SMs; slice wait is what the
 * other VMs add to it, waiting for slots included. No phase takes less than its demand.
 *
 * Progress is a double between events; the time of each event is rounded to a nanosecond, and
 * what that leaves over is done with the next block. Phases that end at one instant do so in
 * the order of their VMs; kernels start after all that ends and arrives at their instant.
 */
#ifndef SIM_RUN_SPATIAL_H
#define SIM_RUN_SPATIAL_H

#include "engine/moment.h"
#include "engine/rng.h"
#include "model/vm.h"
#include "run/flight.h"
#include "run/grid.h"
#include "run/probe.h"

#include <stdbool.h>
#include <stdint.h>

struct run;
struct sms;

enum client_state {
    CLIENT_DRY,     /* No phase. */
    CLIENT_WAITING, /* No block on the device. */
    CLIENT_RUNNING, /* Blocks are. */
    CLIENT_ENDING,  /* All is done, but earlier than the demand allows. */
};

/* A VM, and the kernel that it runs. */
struct spatial_client {
    struct flight *head; /* Its phases here, oldest first; the head is the one that runs. */
    struct flight *tail;
    nsec head_since_ns; /* When the head became the head. */
    enum client_state state;
    uint32_t sms; /* That it may use. */
    const struct grid *grid;
    nsec kernel_ns; /* Demand of the present kernel. */
    nsec next_ns;   /* Of its next event; INSTANT_NEVER: not known, or never. */

    /* Accounts. */
    nsec run_start_ns;     /* Of the phase; NSEC_MAX: not yet. */
    nsec last_end_ns;      /* Of its last stay. */
    double service_rate;   /* Service per ns. */
    double service_carry;  /* Less than 1 ns that is not counted yet. */
    nsec service_since_ns; /* Up to when it is counted. */
};

struct spatial {
    moment next;      /* Its next event; MOMENT_NEVER: none. */
    uint32_t next_vm; /* If that is an end: of whom; VM_NONE: of blocks. */
    bool is_due;      /* Kernels have to be placed, or speeds worked out. */
    nsec due_ns;
    struct spatial_client *clients; /* [vm_count] */
    uint32_t *order;                /* VMs with a kernel, oldest kernel first. */
    uint32_t order_count;
    struct grid_rules rules;
    struct grid *grids;   /* Of the compute phases of all streams. */
    uint32_t *first_grid; /* [stream_count]: of its phase 0. */
    uint32_t completing;  /* VM whose phase ended, while its next is looked for; VM_NONE. */
    nsec busy_since_ns;   /* NSEC_MAX: not busy. */
    nsec *service_ns;     /* [vm_count]: counted so far. */
    uint64_t *ready_bits; /* Which have work: bit (vm % 64) of word (vm / 64). */
    nsec *ready_since_ns; /* [vm_count]: NSEC_MAX while dry. */
    struct engine_totals totals;
    struct sms *sms;
    struct rng rng; /* For places.h. */
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
    return s->next_vm != VM_NONE ? s->clients[s->next_vm].head->stream : 0;
}

/* Totals up to `now`, and the service that a VM has got beyond service_ns. */
struct engine_totals spatial_totals(const struct spatial *s, nsec now);
nsec spatial_running(const struct spatial *s, uint32_t vm, nsec now);

/* The end of the run: tells probes of the stays that are going on. */
void spatial_finish(struct run *run, struct spatial *s, nsec now);

#endif
