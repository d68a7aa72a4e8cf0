#include "policy/slots.h"

#include "base/assert.h"

const char *const slots_idle_slots[] = { "keep", "give", NULL };

struct slots {
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
    return sizeof(struct slots) + vm_count * (sizeof(uint32_t) + sizeof(bool));
}

void slots_prepare(struct policy *p, uint32_t slots)
{
    struct slots *s = p->state;

    s->fixed = slots;
    s->before_epoch = s->running = s->lender = VM_NONE;
    s->owners = (void *)(s + 1);
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

static struct slot slot_at(const struct policy *p, nsec now)
{
    const struct slots *s = p->state;
    uint32_t count = s->fixed ? s->fixed : s->owner_count;

    if (now < s->epoch_ns) {
        return (struct slot){ UINT32_MAX, s->before_epoch, s->epoch_ns };
    }
    if (count == 0) {
        return (struct slot){ 0, VM_NONE, NSEC_MAX };
    }
    nsec number = (now - s->epoch_ns) / p->quantum_ns;
    uint32_t position = (uint32_t)(number % count);

    return (struct slot){
        .position = position,
        .owner = position < s->owner_count ? s->owners[position] : VM_NONE,
        .end_ns = s->epoch_ns + (number + 1) * p->quantum_ns,
    };
}

/* Lets the current slot finish and starts the rotation anew at its end. */
static void restart(struct policy *p, nsec now)
{
    struct slots *s = p->state;

    if (now < s->epoch_ns) {
        return; /* A restart is under way already. */
    }
    if ((now - s->epoch_ns) % p->quantum_ns == 0) {
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
    if (s->before_epoch == vm->index) {
        s->before_epoch = VM_NONE; /* Its slot finishes, but nobody uses it. */
    }
}

static bool gives(const struct policy *p)
{
    return ((const struct slots_params *)p->params)->idle_slots == IDLE_SLOTS_GIVE;
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

    (void)now;
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

    if (gives(p) || now < s->epoch_ns || (now - s->epoch_ns) % p->quantum_ns != 0) {
        return 0;
    }
    uint32_t first = (uint32_t)((now - s->epoch_ns) / p->quantum_ns % slots);
    uint32_t start = first < s->owner_count ? first : 0;
    uint32_t unowned = slots - s->owner_count;
    uint32_t unowned_first = first < s->owner_count ? 0 : slots - first;
    nsec idle_ns = unowned_first * p->quantum_ns;
    for (uint32_t i = 0; i < s->owner_count; i++) {
        uint32_t position = start + i < s->owner_count ? start + i : start + i - s->owner_count;
        uint32_t owner = s->owners[position];
        idle_ns += i > 0 && position == 0 ? unowned * p->quantum_ns : 0;
        if (s->ready[owner]) {
            nsec slot_ns = p->quantum_ns;
            count = add_turn(ret_turns, limit, count, VM_NONE, &idle_ns);
            count = add_turn(ret_turns, limit, count, owner, &slot_ns);
        } else {
            idle_ns += p->quantum_ns;
        }
    }
    idle_ns += start == 0 ? (unowned - unowned_first) * p->quantum_ns : 0;
    return add_turn(ret_turns, limit, count, VM_NONE, &idle_ns);
}
