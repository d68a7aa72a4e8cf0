/*
 * turns.h - what round_robin, best_effort and weighted_round_robin have in common.
 *
 * Ready VMs take turns in the order in which they became ready. A turn lasts one quantum from
 * switch-in or until the VM runs dry; a VM whose slice expired goes behind all that became
 * ready meanwhile. The three differ in the quantum of a VM and in what happens to a VM that
 * is alone when its slice ends:
 *
 *   renew  every dispatch, also of the same VM, starts a fresh slice, and a VM that arrives
 *          waits for its end;
 *   keep   the slice runs from switch-in, across idle gaps of the same VM, and stays expired:
 *          the lone VM keeps running, the next arrival of another VM preempts it at once, and
 *          only a switch-in starts a fresh slice. (Measured on NVIDIA data-centre GPUs;
 *          tests/hardware has the data.)
 */
#ifndef SIM_POLICY_TURNS_H
#define SIM_POLICY_TURNS_H

#include "policy/policy.h"
#include "policy/rotation.h"

/* The last two are best_effort's alone; see runlist.h. */
enum when_alone {
    WHEN_ALONE_RENEW,
    WHEN_ALONE_KEEP,
    WHEN_ALONE_HARDWARE,
    WHEN_ALONE_HARDWARE_FIRST_COME,
};

struct turns_params {
    int when_alone; /* enum when_alone. */
};

/* The words of the first two, in the order of the enum. */
extern const char *const turns_when_alone[];

/* Row of the parameter table of a policy with this default. */
#define TURNS_FIELD(default_)                                                                  \
    {                                                                                          \
        .name = "when_alone", .kind = FIELD_CHOICE,                                            \
        .offset = offsetof(struct turns_params, when_alone), .fallback = (default_),           \
        .choices = turns_when_alone,                                                           \
        .doc = "Whether a VM that is alone starts a fresh slice when its slice ends (renew) "  \
               "or keeps running on an expired one, which the next arrival cuts (keep).",      \
    }

size_t turns_state_size(uint32_t vm_count);

/* Prepares state, with the same quantum for every VM, or with one (> 0) for each VM as
   quantum_ns says. */
int turns_init(struct policy *p, struct err *err);
void turns_prepare(struct policy *p,
                   nsec (*quantum_ns)(const struct policy *, const struct vm *));

void turns_leave(struct policy *p, const struct vm *vm, nsec now);
enum preempt turns_ready(struct policy *p, const struct vm *vm, nsec now);
struct slice turns_pick(struct policy *p, nsec now);
void turns_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now);
/* The state, for who takes the turns without asking for each (run/plain.h). */
struct turns {
    struct rotation ready;
    bool keeps;       /* when_alone: keep; what follows is for that. */
    bool running;     /* The VM that was picked last has not been charged yet. */
    bool expired;     /* It runs alone, past its slice. */
    uint32_t last;    /* That VM; VM_NONE before the first. */
    nsec granted_ns;  /* Its quantum. */
    nsec expires_ns;  /* Once charged: the end of its slice, counted from switch-in. */
    nsec quanta_ns[]; /* By VM. */
};

/* The state of a policy whose calls are the functions of this header, or do the same; NULL: it
   is another. */
struct turns *turns_of(struct policy *p);

uint32_t turns_round(const struct policy *p, struct turn *ret_turns, uint32_t limit, nsec now);
void turns_skip(struct policy *p, uint64_t turns);

#endif
