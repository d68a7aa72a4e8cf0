#include "policy/slots.h"

#include "base/assert.h"

#include <string.h>

const char *const slots_idle_slots[] = { "keep", "give", NULL };
const char *const slots_orders[] = { "strict", "adaptive", "least_served", NULL };

/* The present slot, where slots follow each other. */
struct chain {
    bool used;          /* Else slots are absolute. */
    uint32_t owner;     /* VM_NONE: nobody. */
    uint32_t position;  /* In the rotation; UINT32_MAX: the one before it. */
    nsec end_ns;        /* The next one begins then, or when the engine is free. */
    bool ran;           /* Its owner ran in it. */
    uint32_t next;      /* The next position, in a fixed order. */
    int64_t idle_turns; /* Turns of the positions without owner, under least_served. */
    nsec *accrued_ns;   /* By VM: overruns that are not paid back. */
    nsec *served_ns;    /* By VM: time in slots since the rotation began. */
};

struct slots {
    nsec slot_ns; /* Length of a slot. */
    struct chain chain;
    uint32_t fixed;        /* Slots a rotation; 0: as many as owners. */
    nsec epoch_ns;         /* Start of the current rotation's count. */
    uint32_t before_epoch; /* Owner of the slot that ends at the epoch; VM_NONE: nobody. */
    uint32_t owner_count;
    uint32_t *owners; /* VMs present, in scenario order. */
    bool *ready;      /* By VM. */
    uint32_t running; /* VM_NONE: none. */
    uint32_t lender;  /* Owner of the slot that the running VM was lent; VM_NONE. */
};

size_t slots_state_size(uint32_t vm_count)
{
    return sizeof(struct slots) +
           vm_count * (2 * sizeof(nsec) + sizeof(uint32_t) + sizeof(bool));
}

static const struct slots_params *params_of(const struct policy *p)
{
    return p->params;
}

void slots_prepare(struct policy *p, uint32_t slots)
{
    const struct slots_params *own = params_of(p);
    struct slots *s = p->state;

    s->slot_ns =
        own->frequency > 0 ? (nsec)((double)SEC / own->frequency + 0.5) : p->quantum_ns;
    s->fixed = slots;
    s->before_epoch = s->running = s->lender = VM_NONE;
    s->chain.used = own->order != SLOTS_STRICT;
    s->chain.owner = VM_NONE;
    s->chain.accrued_ns = (void *)(s + 1);
    s->chain.served_ns = s->chain.accrued_ns + p->vm_count;
    s->owners = (void *)(s->chain.served_ns + p->vm_count);
    s->ready = (void *)(s->owners + p->vm_count);
}

uint32_t slots_most_present(const struct policy *p)
{
    uint32_t most = 0;

    /* The number is largest at some VM's start. */
    for (uint32_t i = 0; i < p->vm_count; i++) {
        nsec at = p->vms[i].start_ns;
        uint32_t present = 0;
        for (uint32_t j = 0; j < p->vm_count; j++) {
            present += p->vms[j].start_ns <= at && at < p->vms[j].stop_ns;
        }
        most = present > most ? present : most;
    }
    return most;
}

/* A slot: whose it is, and when it ends. */
struct slot {
    uint32_t position; /* In the rotation; UINT32_MAX: the one before the epoch. */
    uint32_t owner;    /* VM_NONE: nobody. */
    nsec end_ns;
};

static uint32_t slot_count(const struct slots *s)
{
    return s->fixed ? s->fixed : s->owner_count;
}

/* ---------------------------------------------------------------- slots that follow each other
 */

static nsec length_in_chain(const struct policy *p, uint32_t owner)
{
    const struct slots *s = p->state;
    nsec length = s->slot_ns;

    if (params_of(p)->order == SLOTS_ADAPTIVE && owner != VM_NONE) {
        length -= s->chain.accrued_ns[owner] / params_of(p)->averaging;
    }
    return length > 0 ? length : 1;
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
    chain->served_ns[chain->owner] += overrun_ns;
}

/* The position of the VM with the least time in slots; a position without owner counts too. */
static uint32_t least_served(const struct slots *s)
{
    uint32_t idle = slot_count(s) - s->owner_count;
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
        chain->next = (chain->next + 1) % slot_count(s);
    }
    bool is_owned = chain->position < s->owner_count;
    chain->owner = is_owned ? s->owners[chain->position] : VM_NONE;
    nsec length = length_in_chain(p, chain->owner);
    chain->end_ns += length;
    chain->ran = false;
    if (is_owned) {
        chain->served_ns[chain->owner] += length;
    } else {
        chain->idle_turns++;
    }
}

/* Goes over whole rotations in which nobody ran; in a fixed order they change nothing but
   the time. */
static void skip_in_order(const struct policy *p, nsec now)
{
    struct slots *s = p->state;
    nsec cycle = (nsec)(slot_count(s) - s->owner_count) * s->slot_ns;

    for (uint32_t i = 0; i < s->owner_count; i++) {
        cycle += length_in_chain(p, s->owners[i]);
    }
    s->chain.end_ns += (now - s->chain.end_ns) / cycle * cycle;
}

/* The same under least_served: once nobody is ahead by a slot, each has one in every rotation.
 */
static void skip_least_served(const struct policy *p, nsec now)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;
    uint32_t idle = slot_count(s) - s->owner_count;
    nsec least = idle > 0 ? chain->idle_turns / idle * s->slot_ns : NSEC_MAX;
    nsec most = idle > 0 ? (chain->idle_turns + idle - 1) / idle * s->slot_ns : 0;
    nsec rotations = (now - chain->end_ns) / (slot_count(s) * s->slot_ns);

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
        chain->end_ns += rotations * slot_count(s) * s->slot_ns;
    }
}

/* Lets the slots go on up to the one that ends at or after `until_ns`. */
static void advance(const struct policy *p, nsec until_ns)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;

    if (slot_count(s) == 0) {
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

/* The VM that ran is over; its overrun delays the next slot. */
static void charge_chain(const struct policy *p, uint32_t vm, nsec ran_ns, nsec now)
{
    struct slots *s = p->state;
    struct chain *chain = &s->chain;

    chain->ran = chain->ran || (vm == chain->owner && ran_ns > 0);
    if (now > chain->end_ns && ran_ns > 0) {
        if (vm == chain->owner) {
            finish_slot(p, now - chain->end_ns);
        } else {
            chain->accrued_ns[vm] += now - chain->end_ns; /* It was lent the slot. */
            chain->served_ns[vm] += now - chain->end_ns;
        }
        chain->owner = VM_NONE;
        chain->end_ns = now;
    }
}

/* ---------------------------------------------------------------- any slots */

static struct slot slot_at(const struct policy *p, nsec now)
{
    const struct slots *s = p->state;
    uint32_t count = slot_count(s);

    if (s->chain.used) {
        advance(p, now + 1);
        return (struct slot){ s->chain.position, s->chain.owner,
                              count > 0 ? s->chain.end_ns : NSEC_MAX };
    }
    if (now < s->epoch_ns) {
        return (struct slot){ UINT32_MAX, s->before_epoch, s->epoch_ns };
    }
    if (count == 0) {
        return (struct slot){ 0, VM_NONE, NSEC_MAX };
    }
    nsec number = (now - s->epoch_ns) / s->slot_ns;
    uint32_t position = (uint32_t)(number % count);

    return (struct slot){
        .position = position,
        .owner = position < s->owner_count ? s->owners[position] : VM_NONE,
        .end_ns = s->epoch_ns + (number + 1) * s->slot_ns,
    };
}

/* Lets the current slot finish and starts the rotation anew at its end. */
static void restart(struct policy *p, nsec now)
{
    struct slots *s = p->state;

    if (s->chain.used) {
        advance(p, now);
        s->chain.next = 0;
        s->chain.idle_turns = 0;
        memset(s->chain.served_ns, 0, p->vm_count * sizeof(nsec));
        return;
    }
    if (now < s->epoch_ns) {
        return; /* A restart is under way already. */
    }
    if ((now - s->epoch_ns) % s->slot_ns == 0) {
        s->epoch_ns = now;
        return;
    }
    struct slot current = slot_at(p, now);
    s->before_epoch = current.owner;
    s->epoch_ns = current.end_ns != NSEC_MAX ? current.end_ns : now;
}

void slots_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct slots *s = p->state;
    uint32_t at = s->owner_count;

    restart(p, now);
    while (at > 0 && s->owners[at - 1] > vm->index) {
        s->owners[at] = s->owners[at - 1];
        at--;
    }
    s->owners[at] = vm->index;
    s->owner_count++;
    assert(!s->fixed || s->owner_count <= s->fixed);
}

void slots_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct slots *s = p->state;
    uint32_t at = 0;

    restart(p, now);
    while (s->owners[at] != vm->index) {
        at++;
    }
    s->owner_count--;
    for (; at < s->owner_count; at++) {
        s->owners[at] = s->owners[at + 1];
    }
    s->ready[vm->index] = false;
    /* Its slot finishes, but nobody uses it. */
    s->before_epoch = s->before_epoch == vm->index ? VM_NONE : s->before_epoch;
    s->chain.owner = s->chain.owner == vm->index ? VM_NONE : s->chain.owner;
}

static bool gives(const struct policy *p)
{
    return params_of(p)->idle_slots == IDLE_SLOTS_GIVE;
}

enum preempt slots_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct slots *s = p->state;

    (void)now;
    s->ready[vm->index] = true;
    if (!gives(p) || s->running == VM_NONE) {
        return gives(p) ? PREEMPT_ASK : PREEMPT_NO;
    }
    return s->lender == vm->index ? PREEMPT_ASK : PREEMPT_NO;
}

/* Who is lent the slot: the next owner with work, in rotation order. */
static uint32_t borrower(const struct slots *s, uint32_t position)
{
    for (uint32_t i = 1; i <= s->owner_count; i++) {
        uint32_t from = position < s->owner_count ? position : s->owner_count - 1;
        uint32_t index = s->owners[(from + i) % s->owner_count];
        if (s->ready[index]) {
            return index;
        }
    }
    return VM_NONE;
}

struct slice slots_pick(struct policy *p, nsec now)
{
    struct slots *s = p->state;
    struct slot slot = slot_at(p, now);
    uint32_t user = slot.owner;

    s->lender = VM_NONE;
    if (gives(p) && (user == VM_NONE || !s->ready[user])) {
        uint32_t other = borrower(s, slot.position);
        if (other != VM_NONE) {
            s->lender = user;
            user = other;
        }
    }
    s->running = user;
    return (struct slice){ .vm = user == VM_NONE ? NULL : &p->vms[user],
                           .length_ns = NSEC_MAX,
                           .end_ns = slot.end_ns };
}

void slots_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now)
{
    struct slots *s = p->state;

    if (s->chain.used) {
        charge_chain(p, vm->index, used->ran_ns, now);
    }
    s->ready[vm->index] = used->still_ready;
    s->running = VM_NONE;
    s->lender = VM_NONE;
}

/* Adds a turn of *span_ns, if that is > 0, and sets it to 0. */
static uint32_t add_turn(struct turn *turns, uint32_t limit, uint32_t count, uint32_t vm_index,
                         nsec *span_ns)
{
    if (*span_ns == 0) {
        return count;
    }
    if (count < limit) {
        turns[count] =
            (struct turn){ .vm_index = vm_index, .length_ns = NSEC_MAX, .span_ns = *span_ns };
    }
    *span_ns = 0;
    return count + 1;
}

/* The slots of a rotation from the one that begins now; those without a user, one after the
   other, are one turn. State does not change from slot to slot, so there is nothing to skip. */
uint32_t slots_round(const struct policy *p, struct turn *ret_turns, uint32_t limit, nsec now)
{
    const struct slots *s = p->state;
    uint32_t slots = s->fixed ? s->fixed : s->owner_count;
    uint32_t count = 0;

    if (s->chain.used || gives(p) || now < s->epoch_ns ||
        (now - s->epoch_ns) % s->slot_ns != 0) {
        return 0;
    }
    uint32_t first = (uint32_t)((now - s->epoch_ns) / s->slot_ns % slots);
    uint32_t start = first < s->owner_count ? first : 0;
    uint32_t unowned = slots - s->owner_count;
    uint32_t unowned_first = first < s->owner_count ? 0 : slots - first;
    nsec idle_ns = unowned_first * s->slot_ns;
    for (uint32_t i = 0; i < s->owner_count; i++) {
        uint32_t position = start + i < s->owner_count ? start + i : start + i - s->owner_count;
        uint32_t owner = s->owners[position];
        idle_ns += i > 0 && position == 0 ? unowned * s->slot_ns : 0;
        if (s->ready[owner]) {
            nsec slot_ns = s->slot_ns;
            count = add_turn(ret_turns, limit, count, VM_NONE, &idle_ns);
            count = add_turn(ret_turns, limit, count, owner, &slot_ns);
        } else {
            idle_ns += s->slot_ns;
        }
    }
    idle_ns += start == 0 ? (unowned - unowned_first) * s->slot_ns : 0;
    return add_turn(ret_turns, limit, count, VM_NONE, &idle_ns);
}
