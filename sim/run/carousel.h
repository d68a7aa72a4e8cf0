/*
 * carousel.h - VMs that take turns which are all alike, so that a turn need not be looked at.
 *
 * Internal to run/plain*.c. VMs with work sit in a ring of seats, in the order of their turns.
 * One whole tour is a lap: whoever sits before `at` has had its turn of this lap, the others
 * have it ahead. How many turns a VM has had since a certain lap is then a difference, and so
 * is the lap in whose turn its job ends: turns pass by moving `at`, and nothing else is
 * touched until a job ends or somebody asks (carousel_had).
 *
 * A turn is under way from when its VM is at `at` until carousel_turn_over or carousel_take.
 * Who joins sits down just before `at`: behind all others, the one that has its turn excepted,
 * which goes behind the new one.
 */
#ifndef SIM_RUN_CAROUSEL_H
#define SIM_RUN_CAROUSEL_H

#include "base/arena.h"
#include "base/units.h"
#include "policy/rotation.h"

struct seat {
    nsec last_lap; /* That in which its job ends, unless that is very far away. */
    nsec base_lap; /* The VM's state is up to date as of the turns before this lap. */
    uint32_t vm;
};

struct carousel {
    struct seat *seats; /* [vm_count] */
    uint32_t count;
    uint32_t at;
    nsec lap;
    nsec turn;             /* Turns since the beginning. */
    nsec run_ns;           /* What a VM runs in a turn, > 0, */
    nsec span_ns;          /* and what a turn takes. */
    nsec laps_most;        /* For all sums to be exact. */
    struct rotation fresh; /* VMs whose oldest job has never run, and the turn */
    nsec *first_turns;     /* [vm_count] in which it will. */
};

/* Empty, for turns of which a VM runs run_ns, and which take span_ns in all. */
void carousel_init(struct carousel *c, uint32_t vm_count, nsec run_ns, nsec span_ns,
                   struct arena *arena);

/* How many turns after this one the job ends that ends within the turn of its VM. */
static inline nsec carousel_laps(const struct carousel *c, nsec remaining_ns)
{
    nsec laps = remaining_ns > 0 ? (remaining_ns - 1) / c->run_ns : 0;

    return laps < c->laps_most ? laps : c->laps_most;
}

/* The VM joins, with so much to run; is_fresh: its job has never run. */
static inline void carousel_put(struct carousel *c, uint32_t vm, nsec remaining_ns,
                                bool is_fresh)
{
    struct seat *seat = &c->seats[c->at];

    for (struct seat *other = &c->seats[c->count]; other > seat; other--) {
        other[0] = other[-1];
    }
    nsec next = c->lap + 1;
    *seat = (struct seat){ next + carousel_laps(c, remaining_ns), next, vm };
    if (is_fresh) {
        c->first_turns[vm] = c->turn + c->count;
        rotation_put_last(&c->fresh, vm);
    }
    c->count++;
    c->at++;
    if (c->at == c->count) { /* It was empty. */
        c->at = 0;
        c->lap = next;
    }
}

/* Turns up to that in which the next job ends, which is not counted. There is a VM. */
static inline nsec carousel_turns(const struct carousel *c)
{
    nsec lap = c->seats[0].last_lap;
    uint32_t first = 0;

    for (uint32_t i = 1; i < c->count; i++) {
        bool is_sooner = c->seats[i].last_lap < lap;
        lap = is_sooner ? c->seats[i].last_lap : lap;
        first = is_sooner ? i : first;
    }
    return (lap - c->lap) * c->count + first - c->at;
}

/* So many turns pass. */
static inline void carousel_pass(struct carousel *c, nsec turns)
{
    nsec at = c->at + turns;

    c->turn += turns;
    if (at >= c->count) {
        nsec laps = at / c->count;
        c->lap += laps;
        at -= laps * c->count;
    }
    c->at = (uint32_t)at;
}

/* Turns that the VM in that seat has had from its base lap on. */
static inline nsec carousel_had(const struct carousel *c, uint32_t at)
{
    return c->lap + (at < c->at) - c->seats[at].base_lap;
}

/* The turn that is under way is over, and its VM has so much left to run. */
static inline void carousel_turn_over(struct carousel *c, nsec remaining_ns, bool is_fresh)
{
    struct seat *seat = &c->seats[c->at];

    seat->base_lap = c->lap + 1;
    seat->last_lap = c->lap + 1 + carousel_laps(c, remaining_ns);
    carousel_pass(c, 1);
    if (is_fresh) {
        c->first_turns[seat->vm] = c->turn + c->count - 1;
        rotation_put_last(&c->fresh, seat->vm);
    }
}

/* Likewise, and its VM leaves. */
static inline void carousel_take(struct carousel *c)
{
    c->count--;
    c->turn++;
    for (uint32_t i = c->at; i < c->count; i++) {
        c->seats[i] = c->seats[i + 1];
    }
    if (c->at == c->count) {
        c->at = 0;
        c->lap++;
    }
}

/* The VM of the turn before, after a turn. */
static inline uint32_t carousel_before(const struct carousel *c)
{
    return c->seats[(c->at > 0 ? c->at : c->count) - 1].vm;
}

#endif
