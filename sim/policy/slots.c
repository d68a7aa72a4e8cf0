#include "policy/slots.h"

#include "base/assert.h"
#include "policy/slot_chain.h"

const char *const slots_idle_slots[] = { "keep", "give", NULL };
const char *const slots_orders[] = { "strict", "adaptive", "least_served", NULL };

size_t slots_state_size(uint32_t vm_count)
{
    return sizeof(struct slots) +
           vm_count * (3 * sizeof(nsec) + sizeof(uint32_t) + sizeof(bool));
}

static const struct slots_params *params_of(const struct policy *p)
{
    return p->params;
}

/* The length of a VM's slot by its weight. */
static nsec own_length(const struct policy *p, uint32_t vm)
{
    const struct slots *s = p->state;
    nsec length = s->slot_ns;

    if (params_of(p)->weights) {
        length = length * (nsec)p->vms[vm].weight / VM_WEIGHT_ONE;
    }
    return length > 0 ? length : 1;
}

/* What all slots of the owners are times, so that those of VMs that are not there are used. */
static double stretch(const struct policy *p, nsec owned_ns, nsec whole_ns)
{
    double most = 1 + (double)params_of(p)->elastic_ppm / (double)PPM;
    double all = owned_ns > 0 ? (double)whole_ns / (double)owned_ns : 1;

    return most < all ? most : all;
}

/* Cuts a rotation into slots, after the owners changed. */
static void cut_rotation(struct policy *p)
{
    struct slots *s = p->state;
    nsec owned_ns = 0;

    for (uint32_t i = 0; i < s->owner_count; i++) {
        owned_ns += s->length_ns[s->owners[i]] = own_length(p, s->owners[i]);
    }
    s->unowned_ns = s->slot_ns;
    if (s->uniform) {
        s->position_count = s->fixed ? s->fixed : s->owner_count;
        s->rotation_ns = s->position_count * s->slot_ns;
        return;
    }
    nsec whole_ns = s->fixed ? s->fixed * s->slot_ns : owned_ns;
    if (params_of(p)->elastic_ppm > 0) {
        double factor = stretch(p, owned_ns, whole_ns);
        owned_ns = 0;
        for (uint32_t i = 0; i < s->owner_count; i++) {
            nsec *length_ns = &s->length_ns[s->owners[i]];
            owned_ns += *length_ns = (nsec)((double)*length_ns * factor);
        }
    }
    s->unowned_ns = whole_ns > owned_ns ? whole_ns - owned_ns : 0;
    s->position_count = s->owner_count + (s->unowned_ns > 0);
    s->rotation_ns = owned_ns + s->unowned_ns;
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
    s->length_ns = s->chain.served_ns + p->vm_count;
    s->owners = (void *)(s->length_ns + p->vm_count);
    s->ready = (void *)(s->owners + p->vm_count);
    s->uniform = !own->weights;
    cut_rotation(p);
}

uint64_t slots_most_weight(const struct policy *p)
{
    uint64_t most = 0;

    /* It is largest at some VM's start. */
    for (uint32_t i = 0; i < p->vm_count; i++) {
        nsec at = p->vms[i].start_ns;
        uint64_t present = 0;
        for (uint32_t j = 0; j < p->vm_count; j++) {
            if (p->vms[j].start_ns <= at && at < p->vms[j].stop_ns) {
                present += slots_weight(p, &p->vms[j]);
            }
        }
        most = present > most ? present : most;
    }
    return most;
}

uint32_t slots_weight(const struct policy *p, const struct vm *vm)
{
    return params_of(p)->weights ? vm->weight : VM_WEIGHT_ONE;
}

uint64_t slots_present_weight(const struct policy *p, const bool *present)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        sum += present[i] ? slots_weight(p, &p->vms[i]) : 0;
    }
    return sum;
}

/* A slot: whose it is, and when it begins and ends. */
struct slot {
    uint32_t position; /* In the rotation; UINT32_MAX: the one before the epoch. */
    uint32_t owner;    /* VM_NONE: nobody. */
    nsec start_ns;     /* Of slots that do not follow each other. */
    nsec end_ns;
};

/* The slot `offset_ns` into a rotation that begins at `start_ns`. */
static struct slot slot_in_rotation(const struct slots *s, nsec start_ns, nsec offset_ns)
{
    struct slot slot = { .start_ns = start_ns };

    for (;; slot.position++) {
        bool is_owned = slot.position < s->owner_count;
        slot.owner = is_owned ? s->owners[slot.position] : VM_NONE;
        nsec length = is_owned ? s->length_ns[slot.owner] : s->unowned_ns;
        slot.end_ns = slot.start_ns + length;
        if (offset_ns < length) {
            return slot;
        }
        offset_ns -= length;
        slot.start_ns = slot.end_ns;
    }
}

static struct slot slot_at(const struct policy *p, nsec now)
{
    const struct slots *s = p->state;
    uint32_t count = s->position_count;

    if (s->chain.used) {
        chain_advance(p, now + 1);
        return (struct slot){ s->chain.position, s->chain.owner, 0,
                              count > 0 ? s->chain.end_ns : NSEC_MAX };
    }
    if (now < s->epoch_ns) {
        return (struct slot){ UINT32_MAX, s->before_epoch, 0, s->epoch_ns };
    }
    if (count == 0) {
        return (struct slot){ 0, VM_NONE, now, NSEC_MAX };
    }
    if (!s->uniform) {
        nsec offset_ns = (now - s->epoch_ns) % s->rotation_ns;
        return slot_in_rotation(s, now - offset_ns, offset_ns);
    }
    nsec number = (now - s->epoch_ns) / s->slot_ns;
    uint32_t position = (uint32_t)(number % count);

    return (struct slot){
        .position = position,
        .owner = position < s->owner_count ? s->owners[position] : VM_NONE,
        .start_ns = s->epoch_ns + number * s->slot_ns,
        .end_ns = s->epoch_ns + (number + 1) * s->slot_ns,
    };
}

/* Lets the current slot finish and starts the rotation anew at its end. */
static void restart(struct policy *p, nsec now)
{
    struct slots *s = p->state;

    if (s->chain.used) {
        chain_restart(p, now);
        return;
    }
    if (now < s->epoch_ns) {
        return; /* A restart is under way already. */
    }
    struct slot current = slot_at(p, now);
    if (current.start_ns == now) {
        s->epoch_ns = now;
        return;
    }
    s->before_epoch = current.owner;
    s->epoch_ns = current.end_ns;
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
    assert(!s->uniform || !s->fixed || s->owner_count <= s->fixed);
    cut_rotation(p);
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
    cut_rotation(p);
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
        chain_charge(p, vm->index, used->ran_ns, now);
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
    uint32_t count = 0;

    if (s->chain.used || gives(p) || now < s->epoch_ns) {
        return 0;
    }
    struct slot slot = slot_at(p, now);
    if (slot.start_ns != now) {
        return 0;
    }
    uint32_t first = slot.position;
    uint32_t start = first < s->owner_count ? first : 0;
    uint32_t unowned = s->position_count - s->owner_count;
    uint32_t unowned_first = first < s->owner_count ? 0 : s->position_count - first;
    nsec idle_ns = unowned_first * s->unowned_ns;
    for (uint32_t i = 0; i < s->owner_count; i++) {
        uint32_t position = start + i < s->owner_count ? start + i : start + i - s->owner_count;
        uint32_t owner = s->owners[position];
        nsec slot_ns = s->length_ns[owner];
        idle_ns += i > 0 && position == 0 ? unowned * s->unowned_ns : 0;
        if (s->ready[owner]) {
            count = add_turn(ret_turns, limit, count, VM_NONE, &idle_ns);
            count = add_turn(ret_turns, limit, count, owner, &slot_ns);
        } else {
            idle_ns += slot_ns;
        }
    }
    idle_ns += start == 0 ? (unowned - unowned_first) * s->unowned_ns : 0;
    return add_turn(ret_turns, limit, count, VM_NONE, &idle_ns);
}
