/*
 * policy.h - what a scheduler must provide, and what it may rely on.
 *
 * A policy decides; it never changes the model, reads no clock, allocates nothing, and draws
 * random numbers only from p->rng. One instance serves one engine of one partition. The run/
 * layer checks every decision and stops the run with the policy's name when one is invalid,
 * so a policy needs no defensive code of its own.
 *
 * The calls about one VM, in order (arrived comes before the ready that it causes):
 *
 *     join  ( ready  ( pick  charge(still ready) )...  pick  charge(dry) )...  leave
 *
 * A VM that leaves while it is ready is first charged (if it runs) or not (if it waits); the
 * policy forgets it in leave. A VM that a policy picked although it was not ready (a reserved
 * stay) is charged with what it used when the stay ends, perhaps nothing; the ready of work
 * that arrives within the stay is told as always.
 *
 * Equal times: what ended is told first (charge), then arrivals (arrived, ready), then slice
 * ends (charge), then joins and leaves, then the choice (pick). Within each: VM index order.
 */
#ifndef SIM_POLICY_POLICY_H
#define SIM_POLICY_POLICY_H

#include "base/err.h"
#include "base/field.h"
#include "base/units.h"
#include "engine/rng.h"
#include "model/vm.h"

#include <stdbool.h>
#include <stddef.h>

struct policy;

/* The phase at the head of a VM's queue on this engine, as a policy may see it. */
struct job_view {
    nsec arrival_ns;   /* When the job arrived. */
    nsec ready_ns;     /* When this phase became ready here. */
    nsec submitted_ns; /* When it was put to the GPU: behind phases on other engines, which it
                          waits for there, that is earlier. */
    uint64_t order;   /* First come, first served is by this, equal ones by VM index: on compute
                         when the job arrived, on the other engines in which order the phases
                         became ready. */
    nsec deadline_ns; /* An instant; NSEC_MAX: none. */
    nsec kernel_ns;   /* Longest piece that cannot be interrupted; 0: none. */
    nsec demand_ns;   /* Only for policies that declare needs_demand, else -1. */
    nsec remaining_ns;    /* Likewise; while the VM runs, as of the beginning of its stay. */
    bool returns_at_once; /* It is of a closed loop whose clients may not think: if it is
                             dropped, its client submits the next at the same instant. */
};

enum until {
    UNTIL_DRY,        /* Several jobs may run within one stay. */
    UNTIL_JOB_END,    /* The stay ends with the job's phase. */
    UNTIL_KERNEL_END, /* The stay ends with the running kernel, on every device. */
};

/* One stay on the engine. It ends at the first of length, end and until; what must not be cut
   gets a length of NSEC_MAX. */
struct slice {
    const struct vm *vm; /* NULL: the engine idles until end_ns, or until a ready asks.
                            A VM that is not ready: the engine is kept for it until end_ns, and
                            it starts when it has work. */
    nsec length_ns;      /* Run time from switch-in, > 0; NSEC_MAX: no limit. */
    nsec end_ns;         /* An instant, > now; a switch that would not be over by then is not
                            begun. NSEC_MAX: none (not for a VM that is not ready, nor NULL). */
    enum until until;
    bool drop_head;    /* Refuse the VM's oldest job instead; run/ counts it and picks again. */
    bool between_jobs; /* The VM that was on the engine stopped between two jobs: the switch
                          away from it costs as if it had no work. */
};

/* What a stay used. */
struct usage {
    nsec ran_ns;         /* >= 0, without switch costs. */
    nsec lost_ns;        /* Thrown away by PREEMPT_KILL: all that its kernel had run, in this
                            stay and, if it had been cut before, in earlier ones. */
    nsec switched_in_ns; /* Instant of the VM's last switch-in, from which slices are counted:
                            of this stay, or of an earlier one if no other VM ran since. */
    uint32_t jobs_done;  /* Phases that ended in this stay. */
    bool still_ready;
};

enum preempt {
    PREEMPT_NO,
    PREEMPT_ASK,  /* At the next preemption point: charge, and pick again (perhaps the same). */
    PREEMPT_KILL, /* At once; the running kernel starts over later. */
};

/* What one of the next picks will be, as far as the policy can tell. */
struct turn {
    uint32_t vm_index; /* VM_NONE, or not ready: the engine idles for span_ns. */
    nsec length_ns;    /* Run time from switch-in, > 0; NSEC_MAX: no limit. */
    nsec span_ns; /* From the pick to the end, switch included, > 0; NSEC_MAX: no end. One of
                     the two is a limit. */
};

struct policy_ops {
    const char *name;    /* Key in scenario files: [a-z][a-z0-9_]*. Unique. */
    const char *summary; /* One line for `list policies`, at most 60 characters. */
    const char *about;   /* Three sentences: what it does, its bound, where it comes from. */
    const struct field_table *params; /* Keys beside `name` in `policy: {...}`, or NULL. */
    bool work_conserving;             /* Claimed; the conformance suite checks it. */
    bool needs_demand;                /* An oracle: sees demands that no real one knows. */

    /* Bytes of zeroed state for an engine with vm_count VMs. Required. */
    size_t (*state_size)(uint32_t vm_count);

    /* Checks parameters and prepares state. 0, or -1 with *err set. Optional. */
    int (*init)(struct policy *p, struct err *err);

    /* A VM starts or stops on this engine. VMs present at time 0 join before anything else.
       Optional. */
    void (*join)(struct policy *p, const struct vm *vm, nsec now);
    void (*leave)(struct policy *p, const struct vm *vm, nsec now);

    /* A phase reached the VM's queue, also behind others. Optional. */
    void (*arrived)(struct policy *p, const struct vm *vm, const struct job_view *job,
                    nsec now);

    /* The VM was dry and has work. Says what to do about the VM that runs. Required. */
    enum preempt (*ready)(struct policy *p, const struct vm *vm, nsec now);

    /* The engine is free: choose. Called only while some VM is ready. Required. */
    struct slice (*pick)(struct policy *p, nsec now);

    /* The stay of vm, the last pick, is over. Required. */
    void (*charge)(struct policy *p, const struct vm *vm, const struct usage *used, nsec now);

    /* How picks will go as long as no VM gets work, runs dry, starts or stops: writes the first
       `limit` turns of a round, after which the state is as now, and returns how many a round
       has, at most 2 * vm_count + 1; 0: cannot tell now. No VM has two turns. Several picks for
       nobody may be one turn. Optional, with skip. */
    uint32_t (*round)(const struct policy *p, struct turn *ret_turns, uint32_t limit, nsec now);

    /* As if that many of those turns, round after round, had been picked and charged, each used
       in full. NULL: that would leave the state as it is. */
    void (*skip)(struct policy *p, uint64_t turns);

    /* What vm, which is present, is entitled to of the engine while the VMs i with present[i]
       are, in parts per million; for reports. Reads parameters only, and may be asked before
       init. Optional: its weight's share among those present. */
    uint32_t (*entitled_ppm)(const struct policy *p, const struct vm *vm, const bool *present);

    /* Whether it goes by slot_count; for reports, which tell where that comes from. Reads
       parameters only, and may be asked before init. Optional: no. */
    bool (*uses_slot_count)(const struct policy *p);
};

struct policy {
    const struct policy_ops *ops;
    nsec quantum_ns;      /* The scenario's slice; > 0. */
    void *state;          /* ops->state_size bytes; the run's arena owns them. */
    const void *params;   /* As ops->params describes; NULL if that is. */
    const struct vm *vms; /* vm_count of them, by index. Borrowed. */
    uint32_t vm_count;    /* VMs that are ever on this engine; their index is below it. */
    uint32_t slot_count;  /* VMs that the partition can hold at most: as their profiles allow,
                             else as its memory does; at least those present at one time. */
    struct rng *rng;      /* This instance's own stream; borrowed. */
    const struct policy_host *host; /* For policy_head; borrowed. */
    struct err *failure; /* Where a policy that cannot go on, as a script that failed, says why,
                            once: the run stops at its next choice, or at its end. Borrowed. */
};

/* What the run layer (or a test) answers for a policy. */
struct policy_host {
    bool (*head)(const struct policy_host *host, uint32_t vm_index, struct job_view *ret_view);
};

/* The head of a VM's queue on this engine; false if it is dry. */
bool policy_head(const struct policy *p, const struct vm *vm, struct job_view *ret_view);

/*
 * A policy may also come as a shared object, made against vgpusim/policy.h, which is this
 * header with those that it includes, up to here. It defines these two, the first with the
 * value that is raised whenever anything in that header changes its layout or its meaning.
 */
#define VGPUSIM_POLICY_VERSION 2

extern const uint32_t vgpusim_policy_version;
extern const struct policy_ops vgpusim_policy;

/* ------------------------------------------------- not part of vgpusim/policy.h */

/* Every policy, sorted by name. To add one: write its .c file and add its name here. */
#define POLICY_LIST(X)                                                                         \
    X(band)                                                                                    \
    X(best_effort)                                                                             \
    X(borrowed_virtual_time)                                                                   \
    X(constant_bandwidth)                                                                      \
    X(container_slots)                                                                         \
    X(credit)                                                                                  \
    X(deadline_admission)                                                                      \
    X(deficit_round_robin)                                                                     \
    X(disengaged_fair)                                                                         \
    X(edf)                                                                                     \
    X(equal_share)                                                                             \
    X(fair)                                                                                    \
    X(fifo)                                                                                    \
    X(finish_time_fairness)                                                                    \
    X(fixed_share)                                                                             \
    X(gvt)                                                                                     \
    X(interference_aware)                                                                      \
    X(kernel_fifo)                                                                             \
    X(las)                                                                                     \
    X(lottery)                                                                                 \
    X(mlfq)                                                                                    \
    X(priority)                                                                                \
    X(quota_window)                                                                            \
    X(rate_monotonic)                                                                          \
    X(reset_preempt)                                                                           \
    X(round_robin)                                                                             \
    X(shortest_job)                                                                            \
    X(srpt)                                                                                    \
    X(stride)                                                                                  \
    X(timegraph)                                                                               \
    X(token_bucket)                                                                            \
    X(virtual_clock)                                                                           \
    X(weighted_round_robin)                                                                    \
    X(wf2q)

#define POLICY_DECLARE(name) extern const struct policy_ops policy_##name;
POLICY_LIST(POLICY_DECLARE)
#undef POLICY_DECLARE

extern const struct policy_ops *const policy_registry[];
extern const size_t policy_registry_count;

/* The policy of that name, or NULL. */
const struct policy_ops *policy_find(const char *name);

#endif
