/*
 * slicer.h - one engine, shared by time: asks the policy, and makes its answers happen.
 *
 * Internal to run/. A policy says who and until when; here is everything else: switches and
 * their cost, the end of slices, preemption points, reserved slots, running dry, and the
 * accounts of who used what.
 *
 * States:
 *   FREE   nobody has the engine. If some VM is ready, a choice is due.
 *   HELD   reserved until hold_end_ns for a VM without work (or for nobody), or for a VM whose
 *          switch would not be over by then.
 *   BUSY   a VM is being switched in (until segment_start_ns), then runs.
 *   ENDING its VM stopped during the switch, which completes first.
 *
 * A switch and the run that follows are one event: a begun switch cannot be undone, so what
 * comes next is known when it begins.
 */
#ifndef SIM_RUN_SLICER_H
#define SIM_RUN_SLICER_H

#include "base/err.h"
#include "engine/moment.h"
#include "model/device.h"
#include "policy/policy.h"
#include "run/flight.h"
#include "run/probe.h"

struct run;

enum slicer_state { SLICER_FREE, SLICER_HELD, SLICER_BUSY, SLICER_ENDING };

/* A VM's queue of phases on one engine, oldest first. */
struct lane {
    struct flight *head;
    struct flight *tail;
    nsec head_since_ns; /* When the head became the head. */
    const struct vm *vm;
};

/* What a switch costs. */
struct slicer_switch {
    nsec cost_ns;
    nsec restore_ns; /* The part of it that falls inside the slice. */
};

/* What every stay touches comes first. */
struct slicer {
    moment next;           /* Its next event; MOMENT_NEVER: none. */
    nsec segment_start_ns; /* Start of the running phase's present segment. */
    nsec slice_end_ns;     /* Expiry of the slice; NSEC_MAX: none. */
    nsec hold_end_ns;      /* End of a reserved stay. */
    uint32_t vm;           /* Of the present stay; VM_NONE in a hold for nobody. */
    uint32_t resident;     /* The VM that was switched in last; VM_NONE: none yet. */
    uint32_t ready_count;  /* VMs with work here. */
    enum slicer_state state;
    enum until until;
    bool completing;       /* The VM's phase ended; its next one is being looked for. */
    bool overrun;          /* Past its end, waiting for a preemption point. */
    bool between_jobs;     /* As the policy said of the resident. */
    struct lane *lanes;    /* [vm_count] */
    nsec *service_ns;      /* [vm_count]: since the start, up to the present stay. */
    nsec *ready_since_ns;  /* [vm_count]: when it last got work after having been dry; NSEC_MAX
                              while it is dry. */
    uint64_t *ready_bits;  /* Which have work: bit (vm % 64) of word (vm / 64). */
    nsec wasting_since_ns; /* Held while a VM is ready; NSEC_MAX: no. */
    nsec run_start_ns;     /* Of the stay. */
    nsec switch_start_ns;
    struct usage used; /* By the stay; switched_in_ns is of the resident. */
    /* [1 + vm_count]: from a VM without work, and from VM i - 1 with work. */
    struct slicer_switch *switches;
    struct engine_totals totals;
    struct policy policy;
    moment skip_span;        /* Turns are skipped if nothing else happens for that long. */
    struct turn *told;       /* For skipping, [2 * vm_count + 1]: what the policy told, */
    struct skip_turn *turns; /* and what comes of it. */
    nsec length_ns;          /* As granted by pick. */
    nsec drop_ns;            /* When the policy last refused a job, and how many at that */
    uint64_t drop_count;     /* instant whose client came back at once. */
    uint64_t order;          /* Of the next phase that becomes ready, except on compute. */
    enum engine_kind kind;
    uint32_t duplex_ppm; /* Its speed while the other copy engine is busy; 0: undisturbed. */
    uint32_t last_vm;    /* Of the last stay that was told, and when it ended. */
    nsec last_end_ns;
    struct rng rng;     /* The policy's. */
    struct err failure; /* What the policy says when it cannot go on. */
    struct slicer_host {
        struct policy_host host; /* First, so that the policy's pointer leads back here. */
        struct run *run;
        struct slicer *slicer;
    } host;
};

/* Ties a zeroed slicer, whose policy and costs are set later, to its run. */
void slicer_init(struct run *run, struct slicer *s);

/* A flight's present phase becomes ready here, or the VM stops and takes its flights away. */
void slicer_put(struct run *run, struct slicer *s, struct flight *flight, nsec now);
void slicer_stop_vm(struct run *run, struct slicer *s, uint32_t vm, nsec now);

/* Limiters beneath its policy open, where they may by now. */
void slicer_open(struct run *run, struct slicer *s, nsec now);

/* Counts what has run of the phase that runs, so that its rest may be changed; and works out
   the next event once it was. */
void slicer_settle(struct slicer *s, nsec now);
void slicer_plan(const struct run *run, struct slicer *s);

/* A VM is running a job, which is lost to a fault. */
void slicer_lose_head(struct run *run, struct slicer *s, nsec now);

/* The engine forgets who was on it, after all VMs have been stopped. */
void slicer_reset(struct slicer *s, nsec now);

/* Its next event happens, at s->next, and those that follow before `bound`, until one may
   have changed what happens elsewhere. 0, or -1 with the run's error set. */
int slicer_run(struct run *run, struct slicer *s, moment bound);

/* The VM and workload whose phase ends at s->next (class MOMENT_END), to order equal times. */
static inline uint64_t slicer_tie(const struct slicer *s)
{
    return s->vm == VM_NONE ? UINT64_MAX : s->lanes[s->vm].head->stream;
}

/* Totals up to `now`, and what its VM has run in this stay, in the middle of what is going
   on. */
struct engine_totals slicer_totals(const struct slicer *s, nsec now);
static inline nsec slicer_running(const struct slicer *s, nsec now)
{
    return s->state == SLICER_BUSY && now > s->run_start_ns ? now - s->run_start_ns : 0;
}

/* The end of the run: counts what runs, and tells probes of the stay that is going on. */
void slicer_finish(struct run *run, struct slicer *s, nsec now);

#endif
