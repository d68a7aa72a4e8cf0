/*
 * priority.c - strict priorities; turns of one slice among VMs of one priority.
 *
 * A VM of higher priority that gets work takes the engine at the next preemption point
 * (preemptive, the default) or at the end of the running phase. A preempted VM keeps the rest
 * of its slice and its place at the front of its level. Bound: the highest VM sees a private
 * engine (preemptive) or waits for one phase at most; the lowest may starve.
 *
 * With `aging`, a VM that waits gains one priority each such time, and is back at its own when
 * it has had a slice. Since all that wait gain alike, their order does not change: the least
 * (start of the wait - priority * aging) is next. Bound: then a VM waits for at most aging
 * times its distance to the highest priority, and a slice of each other VM.
 *
 * tests/policy/test_priority.c checks both.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/rotation.h"

struct priority_params {
    bool preemptive;
    nsec aging_ns; /* 0: none. */
};

static const struct field fields[] = {
    { .name = "preemptive",
      .kind = FIELD_BOOL,
      .offset = offsetof(struct priority_params, preemptive),
      .fallback = 1,
      .doc = "Whether a VM of higher priority cuts the running one, or waits for the end of "
             "its phase." },
    { .name = "aging",
      .kind = FIELD_TIME,
      .offset = offsetof(struct priority_params, aging_ns),
      .min = 0,
      .max = DAY,
      .fallback = 0,
      .word = "none",
      .word_value = 0,
      .doc = "How long a VM waits to gain one priority." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct priority_params) };

enum { LEVELS = VM_PRIORITY_MAX + 1, WORD_BITS = 64 };

struct priority {
    uint64_t occupied[LEVELS / WORD_BITS]; /* Bit of each level that has a ready VM. */
    struct rotation level[LEVELS];
    uint32_t running;     /* VM_NONE: none. */
    bool cut;             /* It was asked to make way. */
    nsec *rest_ns;        /* By VM: what is left of a slice that was cut; 0: a fresh one. */
    nsec aging_ns;        /* 0: none. Else the following is used, and the levels are not. */
    nsec *since_ns;       /* By VM: since when it waits. */
    nsec waited_ns;       /* What the running VM had waited when it was picked. */
    struct heap *waiting; /* By start of the wait - priority * aging. */
};

/* Each level has a ring for its own VMs; rounded up, they need at most twice vm_count places,
   and one more for each level that is empty. */
static size_t priority_state_size(uint32_t vm_count)
{
    return sizeof(struct priority) + 2 * vm_count * sizeof(nsec) + heap_size(vm_count) +
           (2 * (size_t)vm_count + LEVELS) * sizeof(uint32_t);
}

static int priority_init(struct policy *p, struct err *err)
{
    struct priority *s = p->state;

    (void)err;
    s->running = VM_NONE;
    s->rest_ns = (void *)(s + 1);
    s->aging_ns = ((const struct priority_params *)p->params)->aging_ns;
    s->since_ns = s->rest_ns + p->vm_count;
    s->waiting = (void *)(s->since_ns + p->vm_count);
    heap_init(s->waiting, p->vm_count);
    unsigned char *ring = (unsigned char *)s->waiting + heap_size(p->vm_count);
    for (uint32_t level = 0; level < LEVELS; level++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < p->vm_count; i++) {
            count += p->vms[i].priority == level;
        }
        rotation_init(&s->level[level], ring, count);
        ring += rotation_ring_size(count);
    }
    return 0;
}

static bool is_preemptive(const struct policy *p)
{
    return ((const struct priority_params *)p->params)->preemptive;
}

static void mark(struct priority *s, uint32_t level)
{
    uint64_t bit = UINT64_C(1) << (level % WORD_BITS);

    if (rotation_is_empty(&s->level[level])) {
        s->occupied[level / WORD_BITS] &= ~bit;
    } else {
        s->occupied[level / WORD_BITS] |= bit;
    }
}

/* Lets a VM wait: at the end of its level, or if it was cut at the front, with what is left of
   its slice; with aging, from now, or as if it had not run. */
static void wait_again(struct policy *p, const struct vm *vm, nsec now)
{
    struct priority *s = p->state;
    bool was_cut = s->rest_ns[vm->index] > 0;

    if (s->aging_ns > 0) {
        s->since_ns[vm->index] = was_cut ? now - s->waited_ns : now;
        heap_put(s->waiting, vm->index, s->since_ns[vm->index] - vm->priority * s->aging_ns);
        return;
    }
    if (was_cut) {
        rotation_put_first(&s->level[vm->priority], vm->index);
    } else {
        rotation_put_last(&s->level[vm->priority], vm->index);
    }
    mark(s, vm->priority);
}

static void priority_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct priority *s = p->state;

    (void)now;
    s->rest_ns[vm->index] = 0;
    if (heap_has(s->waiting, vm->index)) {
        heap_remove(s->waiting, vm->index);
    }
    rotation_remove(&s->level[vm->priority], vm->index);
    mark(s, vm->priority);
}

/* Whether a VM that begins to wait is above the one that runs, which keeps the priority with
   which it was picked. */
static bool is_above_running(const struct policy *p, const struct vm *vm)
{
    const struct priority *s = p->state;

    if (s->aging_ns == 0) {
        return p->vms[s->running].priority < vm->priority;
    }
    return p->vms[s->running].priority * s->aging_ns + s->waited_ns <
           vm->priority * s->aging_ns;
}

static enum preempt priority_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct priority *s = p->state;

    s->rest_ns[vm->index] = 0;
    wait_again(p, vm, now);
    if (!is_preemptive(p) || s->running == VM_NONE || !is_above_running(p, vm)) {
        return PREEMPT_NO;
    }
    s->cut = true;
    return PREEMPT_ASK;
}

static uint32_t highest_level(const struct priority *s)
{
    uint32_t word = LEVELS / WORD_BITS - 1;

    while (!s->occupied[word]) {
        word--;
    }
    return word * WORD_BITS + (WORD_BITS - 1 - (uint32_t)__builtin_clzll(s->occupied[word]));
}

static uint32_t pick_level(struct priority *s)
{
    uint32_t level = highest_level(s);
    uint32_t index = rotation_take_first(&s->level[level]);

    mark(s, level);
    return index;
}

static uint32_t pick_aged(struct priority *s, nsec now)
{
    uint32_t index = heap_first(s->waiting);

    heap_remove(s->waiting, index);
    s->waited_ns = now - s->since_ns[index];
    return index;
}

static struct slice priority_pick(struct policy *p, nsec now)
{
    struct priority *s = p->state;
    uint32_t index = s->aging_ns > 0 ? pick_aged(s, now) : pick_level(s);
    nsec rest = s->rest_ns[index];

    s->running = index;
    s->cut = false;
    s->rest_ns[index] = rest > 0 ? rest : p->quantum_ns;
    if (!is_preemptive(p)) {
        return (struct slice){ .vm = &p->vms[index],
                               .length_ns = NSEC_MAX,
                               .end_ns = NSEC_MAX,
                               .until = UNTIL_JOB_END };
    }
    return (struct slice){ .vm = &p->vms[index],
                           .length_ns = s->rest_ns[index],
                           .end_ns = NSEC_MAX };
}

static void priority_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                            nsec now)
{
    struct priority *s = p->state;
    nsec rest = s->rest_ns[vm->index] - used->ran_ns;

    s->running = VM_NONE;
    s->rest_ns[vm->index] = s->cut && rest > 0 ? rest : 0;
    if (used->still_ready) {
        wait_again(p, vm, now);
    }
}

const struct policy_ops policy_priority = {
    .name = "priority",
    .summary = "strict priorities, turns within one priority",
    .about = "The ready VM of the highest priority runs; VMs of one priority take turns of one "
             "slice. The highest sees a private engine (preemptive) or waits for one phase at "
             "most, the lowest may starve. The classic policy of real-time systems.",
    .params = &params,
    .work_conserving = true,
    .state_size = priority_state_size,
    .init = priority_init,
    .leave = priority_leave,
    .ready = priority_ready,
    .pick = priority_pick,
    .charge = priority_charge,
};
