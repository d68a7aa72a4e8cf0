/*
 * las.c - least attained service first: who has had least of the engine runs.
 *
 * Also called foreground-background; Rai, Urvoy-Keller and Biersack 2003 for heavy tails,
 * Tiresias (Gu et al. 2019) for training jobs on clusters. Service is counted by job, one slice
 * at a time, so jobs of equal age share; sizes need not be known.
 *
 * Bound: while two jobs wait or run, the one with more service gets none, so of jobs that stay
 * at the heads of their queues, those that were served since differ by at most one slice.
 * tests/policy/test_las.c checks it. A long job starves under load.
 */
#include "policy/policy.h"

#include "engine/heap.h"

struct las {
    struct heap *ready; /* By attained service of the job at the head. */
    bool running;
    nsec attained_ns[]; /* By VM. */
};

static size_t las_state_size(uint32_t vm_count)
{
    return sizeof(struct las) + vm_count * sizeof(nsec) + heap_size(vm_count);
}

static int las_init(struct policy *p, struct err *err)
{
    struct las *s = p->state;

    (void)err;
    s->ready = (void *)&s->attained_ns[p->vm_count];
    heap_init(s->ready, p->vm_count);
    return 0;
}

static void las_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct las *s = p->state;

    (void)now;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static enum preempt las_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct las *s = p->state;

    (void)now;
    heap_put(s->ready, vm->index, 0);
    return s->running ? PREEMPT_ASK : PREEMPT_NO; /* A new job goes before all others. */
}

static struct slice las_pick(struct policy *p, nsec now)
{
    struct las *s = p->state;
    uint32_t index = heap_first(s->ready);

    (void)now;
    heap_remove(s->ready, index);
    s->running = true;
    return (struct slice){ .vm = &p->vms[index],
                           .length_ns = p->quantum_ns,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_JOB_END };
}

static void las_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                       nsec now)
{
    struct las *s = p->state;
    nsec *attained_ns = &s->attained_ns[vm->index];

    (void)now;
    s->running = false;
    *attained_ns = used->jobs_done > 0 || !used->still_ready ? 0 : *attained_ns + used->ran_ns;
    if (used->still_ready) {
        heap_put(s->ready, vm->index, *attained_ns);
    }
}

const struct policy_ops policy_las = {
    .name = "las",
    .summary = "least attained service first: short jobs without sizes",
    .about = "The job that has had the least service runs, one slice at a time, and a new job "
             "takes over at once. Short jobs pass long ones though sizes are not known; long "
             "ones starve under load. Foreground-background scheduling, as in Tiresias (2019).",
    .work_conserving = true,
    .state_size = las_state_size,
    .init = las_init,
    .leave = las_leave,
    .ready = las_ready,
    .pick = las_pick,
    .charge = las_charge,
};
