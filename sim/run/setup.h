/*
 * setup.h - a scenario, made ready to run: counts expanded, every VM placed.
 *
 * When VMs start and stop is known beforehand, so who is where and when is settled here, once,
 * and each partition is an independent simulation afterwards. VMs present at time 0 that do
 * not fit are a scenario error; later ones are refused or wait, as `admission:` says.
 *
 * A VM's draws depend on its own name alone: to raise a count, of VMs or GPUs, changes those of
 * no other VM.
 *
 * Placement: among the partitions that a VM may use and fits, the one with the fewest VMs
 * present; the first of those. Those who wait are served in order: one that does not fit yet
 * holds up those that came later and may want the same partition. MIG instances may come and go
 * (instances.h): a VM that has to leave one is stopped.
 */
#ifndef SIM_RUN_SETUP_H
#define SIM_RUN_SETUP_H

#include "base/arena.h"
#include "base/err.h"
#include "model/device.h"
#include "model/vm.h"
#include "model/workload.h"
#include "scenario/scenario.h"

#include <stdint.h>

/* Partitions by their position in setup.partitions: first <= i < end. */
struct partition_range {
    uint32_t first;
    uint32_t end;
};

/* One VM of the scenario, in scenario order; of an entry with per_gpu, GPU after GPU. */
struct setup_vm {
    const char *name;   /* desktop0; of an entry with per_gpu, desktop0@gpu3. */
    const char *stream; /* What its draws are named by: desktop, or desktop@gpu3 (with the GPU's
                           number also where there is only one). */
    uint32_t replica;   /* Its number within the stream's name. */
    uint32_t entry;     /* Of scenario.vms. */
    uint32_t partition; /* Where it runs; UINT32_MAX: refused. */
    uint32_t index;     /* Among the VMs of the partition. */
    uint32_t place;     /* Its placement id with mixed sizes; UINT32_MAX: none. */
    struct partition_range may_use; /* By its gpu and per_gpu; its profile may take less. */
    nsec wanted_ns;                 /* When it asked to start. */
};

/* When a partition is there. A whole GPU and an instance of the start: from 0 to the end. */
struct instance_life {
    int32_t start;  /* First slice of an instance; -1: it never got one. */
    nsec taken_ns;  /* From when on it has its slices; NSEC_MAX: never. */
    nsec open_ns;   /* From when on it takes VMs; NSEC_MAX: never. */
    nsec closed_ns; /* Until when it takes VMs; NSEC_MAX: to the end. */
    nsec free_ns;   /* Until when it has its slices; NSEC_MAX: to the end. */
};

/* What holds up the frames of a VM (run/pace.h). */
struct frame_limit {
    nsec gap_ns;     /* Least time from a frame's begin to the next one's; 0: no limit. */
    bool unlicensed; /* The vendor's licence is missing, which slows frames in time. */
};

/* One partition with the VMs that ever run in it: the whole GPU, or a MIG instance. */
struct partition {
    const char *name;                 /* gpu0, or gpu0.1 for a MIG instance. */
    uint32_t gpu;                     /* Of scenario.gpus. */
    uint32_t gpu_number;              /* Within that entry. */
    const struct mig_entry *instance; /* Of that entry; NULL: the whole GPU. */
    struct instance_life life;
    const struct device *device; /* What the partition has. */
    const struct sharing *sharing;
    struct vm *vms;                        /* [vm_count], in scenario order. */
    uint32_t *setup_vms;                   /* [vm_count]: position in setup.vms. */
    const struct limiter_config *limiters; /* [vm_count]; NULL: none of them has one. */
    bool mixed_sizes;                      /* vGPUs of several sizes may be on it. */
    bool has_places; /* And each lies where the vendor's table allows its size. */
    struct frame_limit *frame_limits; /* [vm_count] */
    uint32_t vm_count;
    uint32_t slot_count; /* Most VMs that it can hold; 0: none ever run in it. */
    bool slots_assumed;  /* Nothing says that; it is the most that are present at one time. */
};

struct setup {
    const struct scenario *scenario;
    struct setup_vm *vms;
    uint32_t vm_count;
    struct partition *partitions;
    uint32_t partition_count;
    uint32_t refused_count;
    char refusal[400]; /* Of the first VM that did not fit at its start: who, and why; "". */
    uint32_t waited_count;      /* VMs that waited for room, and got it. */
    nsec waited_ns_max;         /* The longest wait of these. */
    uint32_t evicted_count;     /* VMs that had to leave their MIG instance. */
    uint32_t instances_missing; /* MIG instances that were asked for and never had room. */
    bool has_changes;           /* Some MIG instance comes or goes during the run. */
};

/* Fills *ret from the arena. 0, or -1 with the errors. */
int setup_build(const struct scenario *scenario, struct arena *arena, struct setup *ret,
                struct err_list *errors);

/* The scenario entry of a VM of a partition. */
const struct vm_entry *setup_entry(const struct setup *setup, const struct partition *partition,
                                   uint32_t vm);

/* What each VM of a partition is entitled to of the compute engine over [from, to), in
   parts per million of that time: as its policy says (policy_ops.entitled_ppm); under MPS
   its share, or its part of the sum of the shares of those present if that is more than
   all. ret_ppm has vm_count entries. */
void setup_entitlement(const struct partition *partition, nsec from_ns, nsec to_ns,
                       uint32_t *ret_ppm);

/* Whether the policy of one of its engines goes by slot_count. */
bool setup_uses_slots(const struct partition *partition);

#endif
