/*
 * reset_preempt.c - a real-time VM kills the running kernel of the others, which starts over.
 *
 * REEF (Han et al., "Microsecond-scale preemption for concurrent GPU-accelerated DNN
 * inferences", 2022): kernels of inference are idempotent, so instead of waiting for one or
 * saving its state the GPU is reset within tens of microseconds (the switch cost), and the
 * killed kernel is launched again later. Both classes are first come, first served; the
 * real-time VMs are those of policy/classes.h. That REEF also pads the real-time kernels with
 * blocks of the others needs more than one VM at a time, and is left out.
 *
 * Bound: a job of the only real-time VM takes its demand and one switch; a preemption costs
 * the others less than one kernel. tests/policy/test_reset_preempt.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/classes.h"

/* What is added to the order of jobs that are not real-time. */
#define BEST_EFFORT (INT64_MAX / 2)

struct reset {
    uint32_t running;   /* VM_NONE: none. */
    bool *real_time;    /* By VM. */
    struct heap *ready; /* By class, then the order of jobs. */
};

static size_t reset_state_size(uint32_t vm_count)
{
    return sizeof(struct reset) + heap_size(vm_count) + vm_count * sizeof(bool);
}

static int reset_init(struct policy *p, struct err *err)
{
    struct reset *s = p->state;

    (void)err;
    s->running = VM_NONE;
    s->ready = (void *)(s + 1);
    heap_init(s->ready, p->vm_count);
    s->real_time = (void *)((char *)s->ready + heap_size(p->vm_count));
    classes_find(p, s->real_time);
    return 0;
}

static void put(struct policy *p, const struct vm *vm)
{
    struct reset *s = p->state;
    struct job_view head = { 0 };

    (void)policy_head(p, vm, &head);
    heap_put(s->ready, vm->index,
             (int64_t)head.order + (s->real_time[vm->index] ? 0 : BEST_EFFORT));
}

static void reset_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct reset *s = p->state;

    (void)now;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static enum preempt reset_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct reset *s = p->state;

    (void)now;
    put(p, vm);
    return s->running != VM_NONE && s->real_time[vm->index] && !s->real_time[s->running]
               ? PREEMPT_KILL
               : PREEMPT_NO;
}

static struct slice reset_pick(struct policy *p, nsec now)
{
    struct reset *s = p->state;

    (void)now;
    s->running = heap_first(s->ready);
    heap_remove(s->ready, s->running);
    return (struct slice){ .vm = &p->vms[s->running],
                           .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_JOB_END };
}

static void reset_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                         nsec now)
{
    struct reset *s = p->state;

    (void)now;
    s->running = VM_NONE;
    if (used->still_ready) {
        put(p, vm);
    }
}

const struct policy_ops policy_reset_preempt = {
    .name = "reset_preempt",
    .summary = "real-time VMs kill the running kernel, which starts over",
    .about = "A real-time VM (schedule.real_time, else the highest priority) that gets work "
             "kills the running kernel of another VM, which starts over later; within a class "
             "jobs are first come, first served. The only real-time VM waits for a switch at "
             "most, and the others lose less than one kernel each time. REEF (2022).",
    .work_conserving = true,
    .state_size = reset_state_size,
    .init = reset_init,
    .leave = reset_leave,
    .ready = reset_ready,
    .pick = reset_pick,
    .charge = reset_charge,
};
