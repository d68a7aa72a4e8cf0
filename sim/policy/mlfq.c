/*
 * mlfq.c - feedback queues: a job that uses up its quantum goes one level down.
 *
 * Corbato, Merwin-Daggett and Daley, "An experimental time-sharing system", 1962. Level k has
 * quanta of slice * 2^k; the highest level with work runs, in turn, and a job that arrives at a
 * higher level takes over. A job that is cut keeps its place and the rest of its quantum. With
 * `boost`, all jobs return to the highest level once in that time, so that none starves.
 *
 * Bound: a job of demand d is never below the first level k with slice * (2^(k+1) - 1) >= d; so
 * a job that fits into one slice waits for jobs of the highest level only.
 * tests/policy/test_mlfq.c checks it.
 */
#include "policy/policy.h"

#include "policy/rotation.h"

enum { LEVELS_MAX = 16 };

struct mlfq_params {
    uint32_t levels;
    nsec boost_ns; /* 0: never. */
};

static const struct field fields[] = {
    { .name = "levels",
      .kind = FIELD_COUNT,
      .offset = offsetof(struct mlfq_params, levels),
      .min = 1,
      .max = LEVELS_MAX,
      .fallback = 3,
      .doc = "Number of levels; each has quanta twice as long as the one above." },
    { .name = "boost",
      .kind = FIELD_TIME,
      .offset = offsetof(struct mlfq_params, boost_ns),
      .min = 0,
      .max = DAY,
      .fallback = 0,
      .word = "never",
      .word_value = 0,
      .doc = "How often all jobs return to the highest level." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct mlfq_params) };

struct mlfq {
    uint32_t levels;
    uint32_t running; /* VM_NONE: none. */
    bool cut;         /* It was asked to make way. */
    nsec next_boost_ns;
    struct rotation level[LEVELS_MAX];
    struct mlfq_vm {
        nsec rest_ns; /* Of its quantum; 0: a fresh one. */
        uint32_t level;
        bool waits;
    } vms[];
};

static size_t mlfq_state_size(uint32_t vm_count)
{
    return sizeof(struct mlfq) + vm_count * sizeof(struct mlfq_vm) +
           LEVELS_MAX * rotation_ring_size(vm_count);
}

static int mlfq_init(struct policy *p, struct err *err)
{
    const struct mlfq_params *own = p->params;
    struct mlfq *s = p->state;
    char *ring = (void *)&s->vms[p->vm_count];

    (void)err;
    s->levels = own->levels;
    s->running = VM_NONE;
    s->next_boost_ns = own->boost_ns > 0 ? own->boost_ns : NSEC_MAX;
    for (uint32_t level = 0; level < s->levels; level++) {
        rotation_init(&s->level[level], ring, p->vm_count);
        ring += rotation_ring_size(p->vm_count);
    }
    return 0;
}

static void mlfq_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct mlfq *s = p->state;
    struct mlfq_vm *own = &s->vms[vm->index];

    (void)now;
    if (own->waits) {
        rotation_remove(&s->level[own->level], vm->index);
        own->waits = false;
    }
}

static void put_last(struct mlfq *s, uint32_t index)
{
    s->vms[index].waits = true;
    rotation_put_last(&s->level[s->vms[index].level], index);
}

static enum preempt mlfq_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct mlfq *s = p->state;

    (void)now;
    s->vms[vm->index] = (struct mlfq_vm){ 0 };
    put_last(s, vm->index);
    if (s->running == VM_NONE || s->vms[s->running].level == 0) {
        return PREEMPT_NO;
    }
    s->cut = true;
    return PREEMPT_ASK;
}

/* Moves every job to the highest level, in the order of levels and places. */
static void boost(struct policy *p, nsec now)
{
    nsec boost_ns = ((const struct mlfq_params *)p->params)->boost_ns;
    struct mlfq *s = p->state;

    s->next_boost_ns = (now / boost_ns + 1) * boost_ns;
    for (uint32_t level = 1; level < s->levels; level++) {
        while (!rotation_is_empty(&s->level[level])) {
            uint32_t index = rotation_take_first(&s->level[level]);
            s->vms[index] = (struct mlfq_vm){ 0 };
            put_last(s, index);
        }
    }
}

static struct slice mlfq_pick(struct policy *p, nsec now)
{
    struct mlfq *s = p->state;
    uint32_t level = 0;

    if (now >= s->next_boost_ns) {
        boost(p, now);
    }
    while (rotation_is_empty(&s->level[level])) {
        level++;
    }
    uint32_t index = rotation_take_first(&s->level[level]);
    struct mlfq_vm *own = &s->vms[index];
    own->waits = false;
    own->rest_ns = own->rest_ns > 0 ? own->rest_ns : p->quantum_ns << level;
    s->running = index;
    s->cut = false;
    return (struct slice){ .vm = &p->vms[index],
                           .length_ns = own->rest_ns,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_JOB_END };
}

static void mlfq_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                        nsec now)
{
    struct mlfq *s = p->state;
    struct mlfq_vm *own = &s->vms[vm->index];
    nsec rest = own->rest_ns - used->ran_ns;

    (void)now;
    s->running = VM_NONE;
    if (used->jobs_done > 0 || !used->still_ready) { /* The next job starts at the top. */
        *own = (struct mlfq_vm){ 0 };
    } else if (s->cut && rest > 0) {
        own->rest_ns = rest;
        own->waits = true;
        rotation_put_first(&s->level[own->level], vm->index);
        return;
    } else {
        own->rest_ns = 0;
        own->level += own->level + 1 < s->levels;
    }
    if (used->still_ready) {
        put_last(s, vm->index);
    }
}

const struct policy_ops policy_mlfq = {
    .name = "mlfq",
    .summary = "feedback queues: long jobs sink to lower levels",
    .about = "Jobs start at the highest level, and sink by one when they use up a quantum; "
             "quanta double from level to level, and higher levels go first. A job that fits "
             "into one slice waits for others of the highest level only. Corbato, "
             "Merwin-Daggett and Daley 1962.",
    .params = &params,
    .work_conserving = true,
    .state_size = mlfq_state_size,
    .init = mlfq_init,
    .leave = mlfq_leave,
    .ready = mlfq_ready,
    .pick = mlfq_pick,
    .charge = mlfq_charge,
};
