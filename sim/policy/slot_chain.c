#include "policy/slot_chain.h"

#include <string.h>

static const struct slots_params *params_of(const struct policy *p)
{
    return p->params;
}

static nsec length_of(const struct policy *p, uint32_t owner)
{
    const struct slots *s = p->state;
    nsec length = owner == VM_NONE ? s->unowned_ns : s->length_ns[owner];

    if (params_of(p)->order == SLOTS_ADAPTIVE && owner != VM_NONE) {
        length -= s->chain.accrued_ns[owner] / params_of(p)->averaging;
    }
    return length > 0 ? length : 1;
}

/* An overrun as time of an ordinary slot: in a slot of half the length it counts twice. */
static nsec in_ordinary(const struct slots *s, uint32_t owner, nsec overrun_ns)
{
    return s->uniform
               ? overrun_ns
               : (nsec)((double)overrun_ns * (double)s->slot_ns / (double)s->length_ns[owner]);
}

/* The present slot is over: what it ran was paid back in part. */
static void finish_slot(const struct policy *p, nsec overrun_ns)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;

    if (chain->owner == VM_NONE) {
        return;
    }
    nsec *accrued_ns = &chain->accrued_ns[chain->owner];
    if (chain->ran) {
        *accrued_ns += overrun_ns - *accrued_ns / params_of(p)->averaging;
    }
    chain->served_ns[chain->owner] += in_ordinary(s, chain->owner, overrun_ns);
}

/* The position of the VM with the least time in slots; a position without owner counts too. */
static uint32_t least_served(const struct slots *s)
{
    uint32_t idle = s->position_count - s->owner_count;
    uint32_t best = s->owner_count + (idle > 0 ? (uint32_t)(s->chain.idle_turns % idle) : 0);
    nsec least = idle > 0 ? s->chain.idle_turns / idle * s->slot_ns : NSEC_MAX;

    for (uint32_t i = s->owner_count; i > 0; i--) {
        nsec served = s->chain.served_ns[s->owners[i - 1]];
        if (served <= least) {
            least = served;
            best = i - 1;
        }
    }
    return best;
}

static void begin_slot(const struct policy *p)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;

    finish_slot(p, 0);
    if (params_of(p)->order == SLOTS_LEAST_SERVED) {
        chain->position = least_served(s);
    } else {
        chain->position = chain->next;
        chain->next = (chain->next + 1) % s->position_count;
    }
    bool is_owned = chain->position < s->owner_count;
    chain->owner = is_owned ? s->owners[chain->position] : VM_NONE;
    chain->end_ns += length_of(p, chain->owner);
    chain->ran = false;
    if (is_owned) {
        chain->served_ns[chain->owner] += s->slot_ns;
    } else {
        chain->idle_turns++;
    }
}

/* Goes over whole rotations in which nobody ran; in a fixed order they change nothing but
   the time. */
static void skip_in_order(const struct policy *p, nsec now)
{
    struct slots *s = p->state;
    nsec cycle = (nsec)(s->position_count - s->owner_count) * s->unowned_ns;

    for (uint32_t i = 0; i < s->owner_count; i++) {
        cycle += length_of(p, s->owners[i]);
    }
    s->chain.end_ns += (now - s->chain.end_ns) / cycle * cycle;
}

/* The same under least_served: once nobody is ahead by a slot, each has one in every rotation.
 */
static void skip_least_served(const struct policy *p, nsec now)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;
    uint32_t idle = s->position_count - s->owner_count;
    nsec least = idle > 0 ? chain->idle_turns / idle * s->slot_ns : NSEC_MAX;
    nsec most = idle > 0 ? (chain->idle_turns + idle - 1) / idle * s->slot_ns : 0;
    nsec rotations = (now - chain->end_ns) / s->rotation_ns;

    for (uint32_t i = 0; i < s->owner_count; i++) {
        nsec served = chain->served_ns[s->owners[i]];
        least = served < least ? served : least;
        most = served > most ? served : most;
    }
    if (rotations > 0 && most - least < s->slot_ns) {
        for (uint32_t i = 0; i < s->owner_count; i++) {
            chain->served_ns[s->owners[i]] += rotations * s->slot_ns;
        }
        chain->idle_turns += rotations * idle;
        chain->end_ns += rotations * s->rotation_ns;
    }
}

void chain_advance(const struct policy *p, nsec until_ns)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;

    if (s->position_count == 0) {
        chain->end_ns = until_ns;
        return;
    }
    if (chain->end_ns < until_ns) {
        finish_slot(p, 0);
        chain->owner = VM_NONE;
        if (params_of(p)->order == SLOTS_ADAPTIVE) {
            skip_in_order(p, until_ns - 1);
        }
    }
    while (chain->end_ns < until_ns) {
        if (params_of(p)->order == SLOTS_LEAST_SERVED) {
            skip_least_served(p, until_ns - 1);
        }
        begin_slot(p);
    }
}

void chain_charge(struct policy *p, uint32_t vm, nsec ran_ns, nsec now)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;

    chain->ran = chain->ran || (vm == chain->owner && ran_ns > 0);
    if (now > chain->end_ns && ran_ns > 0) {
        if (vm == chain->owner) {
            finish_slot(p, now - chain->end_ns);
        } else {
            chain->accrued_ns[vm] += now - chain->end_ns; /* It was lent the slot. */
            chain->served_ns[vm] += in_ordinary(s, vm, now - chain->end_ns);
        }
        chain->owner = VM_NONE;
        chain->end_ns = now;
    }
}

void chain_restart(struct policy *p, nsec now)
{
    struct slots *s = p->state;

    chain_advance(p, now);
    s->chain.next = 0;
    s->chain.idle_turns = 0;
    memset(s->chain.served_ns, 0, p->vm_count * sizeof(nsec));
}
