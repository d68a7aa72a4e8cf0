/*
 * vm.h - a virtual machine as policies and the run see it.
 */
#ifndef SIM_MODEL_VM_H
#define SIM_MODEL_VM_H

#include "base/units.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    VM_WEIGHT_MIN = 1,
    VM_WEIGHT_MAX = 10000,
    VM_WEIGHT_ONE = 100, /* One ordinary share. */
    VM_PRIORITY_MAX = 255,
};

/* No VM, where an index is expected. No enumerator: those are ints. */
#define VM_NONE UINT32_MAX

/* What a policy may want to know of a VM, beyond its weight; the keys of `schedule:`. A
   policy that needs a value that is not given uses the rule in brackets. */
struct vm_schedule {
    nsec budget_ns;       /* Service granted per period; 0: none [weight's share]. */
    nsec period_ns;       /* 0: none [100 ms]. */
    uint32_t minimum_ppm; /* Least share of the engine; 0: none. */
    uint32_t maximum_ppm; /* Largest share of the engine; PPM: no limit. */
    bool real_time;       /* Served ahead of the others by policies that know the class. */
};

struct vm {
    uint32_t index;    /* Position among the VMs of its partition, in scenario order. */
    const char *name;  /* As results show it: desktop0. Borrowed. */
    uint32_t weight;   /* VM_WEIGHT_MIN..VM_WEIGHT_MAX. */
    uint32_t priority; /* 0..VM_PRIORITY_MAX; higher goes first. */
    struct vm_schedule schedule;
    int64_t memory_bytes; /* Framebuffer that it reserves; 0: none given. */
    uint32_t share_ppm;   /* Of the partition's SMs, under MPS. */
    nsec preempt_ns;      /* What preempting it costs on compute; 0: as the engine says. */
    nsec start_ns;        /* First instant at which it is present. */
    nsec stop_ns;         /* First instant at which it no longer is; NSEC_MAX: the end. */
};

#endif
