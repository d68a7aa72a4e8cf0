/*
 * lottery.c - each slice is drawn among the VMs with work, by their tickets.
 *
 * Waldspurger and Weihl, "Lottery scheduling", 1994. A VM has as many tickets as its weight,
 * in the order of the VMs. One that used only a fraction f of its slice has its tickets
 * divided by f until it wins again (compensation tickets), so that VMs that block early get
 * their share all the same. Tickets are kept in a tree of partial sums (Fenwick 1994), so a
 * draw and a change take logarithmic time.
 *
 * Bound: exact in expectation; of n slices a VM with part p of the tickets wins n p, with a
 * variance of n p (1 - p). tests/policy/test_lottery.c checks it.
 */
#include "policy/policy.h"

#include "base/assert.h"

struct lottery_params {
    bool compensation;
};

static const struct field fields[] = {
    { .name = "compensation",
      .kind = FIELD_BOOL,
      .offset = offsetof(struct lottery_params, compensation),
      .fallback = 1,
      .doc = "Whether a VM that used only part of its slice has more tickets until it wins "
             "again." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct lottery_params) };

struct lottery {
    uint32_t top;    /* Greatest power of two that is at most the number of VMs. */
    uint64_t sum;    /* Of all tickets in play. */
    uint64_t *held;  /* By VM: its tickets in play. */
    uint64_t *due;   /* By VM: its tickets in the next draw that it takes part in. */
    uint64_t sums[]; /* The tree, from 1. */
};

static size_t lottery_state_size(uint32_t vm_count)
{
    return sizeof(struct lottery) + (3 * (size_t)vm_count + 1) * sizeof(uint64_t);
}

static int lottery_init(struct policy *p, struct err *err)
{
    struct lottery *s = p->state;

    (void)err;
    s->held = &s->sums[p->vm_count + 1];
    s->due = &s->held[p->vm_count];
    s->top = 1;
    while (s->top <= p->vm_count / 2) {
        s->top *= 2;
    }
    for (uint32_t i = 0; i < p->vm_count; i++) {
        s->due[i] = p->vms[i].weight;
    }
    return 0;
}

/* Lets a VM take part with that many tickets; 0: not at all. */
static void set_tickets(struct policy *p, uint32_t index, uint64_t tickets)
{
    struct lottery *s = p->state;
    uint64_t more = tickets - s->held[index]; /* Modulo 2^64. */

    s->held[index] = tickets;
    s->sum += more;
    for (uint32_t at = index + 1; at <= p->vm_count; at += at & -at) {
        s->sums[at] += more;
    }
}

/* The VM that holds a ticket, numbered from 0 in the order of the VMs. */
static uint32_t holder(const struct policy *p, uint64_t ticket)
{
    const struct lottery *s = p->state;
    uint32_t at = 0;

    for (uint32_t step = s->top; step > 0; step /= 2) {
        if (at + step <= p->vm_count && s->sums[at + step] <= ticket) {
            at += step;
            ticket -= s->sums[at];
        }
    }
    return at;
}

static void lottery_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    set_tickets(p, vm->index, 0);
}

static enum preempt lottery_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct lottery *s = p->state;

    (void)now;
    set_tickets(p, vm->index, s->due[vm->index]);
    return PREEMPT_NO;
}

static struct slice lottery_pick(struct policy *p, nsec now)
{
    struct lottery *s = p->state;
    uint32_t winner = holder(p, rng_below(p->rng, s->sum));

    (void)now;
    assert(winner < p->vm_count && s->held[winner] > 0);
    set_tickets(p, winner, 0);
    s->due[winner] = p->vms[winner].weight;
    return (
        struct slice){ .vm = &p->vms[winner], .length_ns = p->quantum_ns, .end_ns = NSEC_MAX };
}

static void lottery_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                           nsec now)
{
    const struct lottery_params *own = p->params;
    struct lottery *s = p->state;

    (void)now;
    if (own->compensation && used->ran_ns < p->quantum_ns) {
        wide tickets = (wide)vm->weight * p->quantum_ns;
        s->due[vm->index] = (uint64_t)(tickets / (used->ran_ns > 0 ? used->ran_ns : 1));
    }
    if (used->still_ready) {
        set_tickets(p, vm->index, s->due[vm->index]);
    }
}

const struct policy_ops policy_lottery = {
    .name = "lottery",
    .summary = "each slice is drawn by lot, with tickets by weight",
    .about = "Each slice goes to the holder of a ticket drawn among the VMs with work, which "
             "have as many as their weight, and more after a slice that they used in part. "
             "Shares are exact in expectation; after n slices a share p has a coefficient of "
             "variation of sqrt((1-p)/(n p)). Waldspurger and Weihl 1994.",
    .params = &params,
    .work_conserving = true,
    .state_size = lottery_state_size,
    .init = lottery_init,
    .leave = lottery_leave,
    .ready = lottery_ready,
    .pick = lottery_pick,
    .charge = lottery_charge,
};
