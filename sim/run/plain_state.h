/*
 * plain_state.h - what the plain way keeps, and how it is handed over.
 *
 * Internal to run/plain*.c. While the loop runs, a VM's oldest job is in its lane and the
 * others wait in its stream's ring, as ever; the policy's state is the policy's own; the
 * flights, lanes and the present stay of the slicer are out of date. Its counters are not.
 */
#ifndef SIM_RUN_PLAIN_STATE_H
#define SIM_RUN_PLAIN_STATE_H

#include "policy/turns.h"
#include "run/carousel.h"
#include "run/inside.h"

/* A VM's oldest job, and what is asked about its workload: one line of a cache. */
struct plain_lane {
    nsec remaining_ns; /* < 0: the VM has no job. */
    nsec demand_ns;
    nsec start_ns;  /* When it first ran; NSEC_MAX: not yet. */
    nsec switch_ns; /* In switches to its VM, so far. */
    nsec arrival_ns;
    nsec begun_ns; /* When it became the oldest. */
    struct stream *stream;
    bool is_poisson; /* Arrivals, for the whole run. */
    bool is_closed;
    bool has_trace; /* Demands come with the arrivals. */
};

/* The stay that is going on. */
struct plain_turn {
    struct plain_lane *lane; /* Of its VM. */
    nsec switch_start_ns;
    nsec run_start_ns;
    nsec segment_ns;   /* Since when the VM's oldest job runs in it. */
    nsec slice_end_ns; /* NSEC_MAX: it is expired, and runs until another VM has work. */
    uint32_t vm;       /* VM_NONE: there is none. */
};

/* What every stay touches comes first. */
struct plain {
    struct rotation ready;    /* The policy's, while the loop runs. */
    struct soonest arrivals;  /* The run's. */
    struct plain_lane *lanes; /* [vm_count] */
    const nsec *quanta_ns;    /* The policy's. */
    struct flight **flights;  /* [vm_count]: for when the general way has the job. */
    nsec edge_ns;             /* What happens then, or later, has to wait. */
    nsec until_ns;
    nsec skip_span_ns; /* Turns are skipped if nothing happens for that long. */
    uint32_t resident; /* As in the slicer. */
    bool hears_stays;  /* Somebody listens. */
    bool has_many_vms; /* Too many for the near caches: what is needed next is fetched ahead. */
    const struct slicer_switch *switches; /* These three are the slicer's. */
    nsec *service_ns;
    nsec *ready_since_ns;
    struct engine_totals totals;  /* What the slicer's do not have yet. */
    uint64_t event_count;         /* Likewise of the run. */
    const struct probe *finished; /* The one that listens to ends of jobs; NULL: not one. */
    struct turns *turns;          /* The policy's state. */
    struct run *run;
    struct slicer *slicer;
    bool is_even;      /* Same quantum and costs for all VMs, */
    bool idle_is_even; /* also of switches from a VM without work. */
    bool rides;        /* VMs with work sit in the carousel, and `ready` is out of date. */
    struct carousel carousel;
    struct plain_turn turn; /* Up to date only where somebody may look. */
};

/* From the general way; what is going on is in p->turn. And back, to go on at now_ns. */
void plain_load(struct plain *p);
void plain_store(struct plain *p, nsec now_ns);

/* Lets a border see who has work, p->turn, and all totals. */
void plain_show(struct plain *p);

/* Tells of the stay that is over. */
void plain_tell_stay(struct plain *p, const struct plain_turn *turn, nsec now);

/* All jobs that arrive up to until_ns, of which there is one, at least. */
void plain_admit_some(struct plain *p, nsec until_ns);

/* What comes next comes at `at_ns`, not before the edge. If the edge is but a border between
   windows, and earlier, it is told, and the edge moves on to the next. False: it stays. */
bool plain_cross(struct plain *p, nsec at_ns);

/* An expired stay runs until another VM has work. Arrivals from limit_ns on have to wait. */
void plain_find_cut(struct plain *p, struct plain_turn *turn, nsec limit_ns);

/* The engine is free at `now`, and all that arrived up to then is told. Skips turns in which no
   job ends and nothing else happens, as run/skip.h does. Returns when the next choice is due;
   `now` if none was skipped. */
nsec plain_skip(struct plain *p, nsec now);

/* Whether the VMs that have work, of which there is one, may take their turns on the carousel.
 */
bool plain_may_ride(const struct plain *p);

/* They do, from the choice at *now on, until that is no longer worth while, or possible, which
   is when *now is then. False: the edge comes first. */
bool plain_ride(struct plain *p, nsec *now);

/* Brings the state of those who ride, and `ready`, up to date; p->turn says what goes on. */
void plain_settle(struct plain *p);

#endif
