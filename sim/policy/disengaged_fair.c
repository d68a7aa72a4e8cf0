/*
 * disengaged_fair.c - fair by estimates: mostly hands off, with short measurements between.
 *
 * Menychtas, Shen and Scott, "Disengaged scheduling for fair, protected access to fast
 * computational accelerators", 2014. In a sampling phase each VM with work in turn has the
 * engine for its part of `sampling`, and the mean length of its kernels is measured. In the
 * free run that follows kernels are served as the hardware does it, each VM's next one behind
 * the others', and are only counted. At its end count * mean length is what a VM is taken to
 * have used; its virtual time advances by that / weight. VMs that are ahead of the slowest by
 * more than the next free run are denied access until after it; if only such VMs have work, the
 * engine idles. A VM that was never measured is taken to have used nothing. A VM that comes
 * back starts no further back than the slowest of the others.
 *
 * Bound: as good as the estimates. For kernels of constant length the virtual times of VMs that
 * always have work differ by at most a free run more than one of them can gain in a free run
 * and the measurements around it.
 * tests/policy/test_disengaged_fair.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/pool.h"
#include "policy/rotation.h"
#include "policy/virtual_time.h"

struct disengaged_params {
    nsec free_run_ns;
    nsec sampling_ns;
};

static const struct field fields[] = {
    { .name = "free_run",
      .kind = FIELD_TIME,
      .offset = offsetof(struct disengaged_params, free_run_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 25 * MSEC,
      .doc = "How long VMs use the engine freely between two measurements." },
    { .name = "sampling",
      .kind = FIELD_TIME,
      .offset = offsetof(struct disengaged_params, sampling_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 5 * MSEC,
      .doc = "How long the VMs are measured, all together." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct disengaged_params) };

struct disengaged {
    bool running;
    bool sampling;       /* The phase; else free run. */
    nsec free_end_ns;    /* Of the free run. */
    nsec sample_ns;      /* How long each VM is measured in this phase. */
    uint32_t sampled;    /* The VM that is being measured; VM_NONE: none yet. */
    int64_t next_place;  /* In the queue of kernels; counts up. */
    nsec floor;          /* Virtual time of the slowest. */
    struct rotation due; /* VMs still to be measured in this phase. */
    struct pool active;  /* VMs that have or had work in this free run. */
    struct heap *queue;  /* VMs with work that are not denied, by place. */
    struct disengaged_vm {
        nsec vtime;
        uint32_t carry;
        uint32_t kernels; /* Of the present measurement, or free run. */
        nsec measured_ns; /* By those of the measurement. */
        nsec mean_ns;     /* Of a kernel, as last measured; 0: not yet. */
        bool has_work;
        bool denied;
    } vms[];
};

static size_t disengaged_state_size(uint32_t vm_count)
{
    return sizeof(struct disengaged) + vm_count * sizeof(struct disengaged_vm) +
           heap_size(vm_count) + pool_memory_size(vm_count) + rotation_ring_size(vm_count);
}

static int disengaged_init(struct policy *p, struct err *err)
{
    struct disengaged *s = p->state;

    (void)err;
    s->sampled = VM_NONE;
    s->queue = (void *)&s->vms[p->vm_count];
    heap_init(s->queue, p->vm_count);
    char *memory = (char *)s->queue + heap_size(p->vm_count);
    pool_init(&s->active, memory, p->vm_count);
    rotation_init(&s->due, memory + pool_memory_size(p->vm_count), p->vm_count);
    return 0;
}

static const struct disengaged_params *params_of(const struct policy *p)
{
    return p->params;
}

static void disengaged_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct disengaged *s = p->state;

    (void)now;
    s->vms[vm->index].has_work = false;
    pool_remove(&s->active, vm->index);
    rotation_remove(&s->due, vm->index);
    if (heap_has(s->queue, vm->index)) {
        heap_remove(s->queue, vm->index);
    }
}

static void enqueue(struct disengaged *s, uint32_t index)
{
    if (!s->vms[index].denied) {
        heap_put(s->queue, index, s->next_place++);
    }
}

/* Whether a VM is too far ahead of the slowest. */
static bool is_ahead(const struct policy *p, const struct disengaged_vm *own)
{
    const struct disengaged *s = p->state;

    return own->vtime - s->floor > params_of(p)->free_run_ns;
}

static enum preempt disengaged_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct disengaged *s = p->state;
    struct disengaged_vm *own = &s->vms[vm->index];

    (void)now;
    own->has_work = true;
    if (s->active.where[vm->index] == 0) {
        pool_put(&s->active, vm->index);
        own->vtime = own->vtime > s->floor ? own->vtime : s->floor;
        own->denied = is_ahead(p, own);
    }
    enqueue(s, vm->index);
    return s->running ? PREEMPT_NO : PREEMPT_ASK;
}

/* What a VM is taken to have used, added to its virtual time. */
static void pay(struct policy *p, uint32_t index, nsec used_ns)
{
    struct disengaged_vm *own = &((struct disengaged *)p->state)->vms[index];

    own->vtime += virtual_time(used_ns, p->vms[index].weight, &own->carry);
    own->kernels = 0;
    own->measured_ns = 0;
}

/* The free run is over: counts become usage, and those that had access are to be measured. */
static void begin_sampling(struct policy *p)
{
    struct disengaged *s = p->state;

    for (uint32_t i = s->active.count; i > 0; i--) {
        uint32_t index = s->active.items[i - 1];
        struct disengaged_vm *own = &s->vms[index];
        pay(p, index, own->kernels * own->mean_ns);
        if (!own->has_work) {
            pool_remove(&s->active, index);
        } else if (!own->denied) {
            rotation_put_last(&s->due, index);
        }
    }
    uint32_t count = rotation_count(&s->due);
    s->sample_ns = params_of(p)->sampling_ns / (count > 0 ? count : 1);
    s->sampling = true;
    s->sampled = VM_NONE;
}

/* The measurements are over: denies those that are too far ahead. */
static void begin_free_run(struct policy *p, nsec now)
{
    struct disengaged *s = p->state;
    nsec slowest = NSEC_MAX;

    for (uint32_t i = 0; i < s->active.count; i++) {
        const struct disengaged_vm *own = &s->vms[s->active.items[i]];
        slowest = own->has_work && own->vtime < slowest ? own->vtime : slowest;
    }
    s->floor = slowest < NSEC_MAX && slowest > s->floor ? slowest : s->floor;
    for (uint32_t i = 0; i < s->active.count; i++) {
        uint32_t index = s->active.items[i];
        struct disengaged_vm *own = &s->vms[index];
        own->denied = is_ahead(p, own);
        if (own->denied && heap_has(s->queue, index)) {
            heap_remove(s->queue, index);
        } else if (own->has_work && !heap_has(s->queue, index)) {
            enqueue(s, index);
        }
    }
    s->sampling = false;
    s->free_end_ns = now + params_of(p)->free_run_ns;
}

/* The measurement of a VM is over: its mean, and what it used in it. */
static void end_sample(struct policy *p, uint32_t index)
{
    struct disengaged_vm *own = &((struct disengaged *)p->state)->vms[index];

    if (own->kernels > 0) {
        own->mean_ns = own->measured_ns / own->kernels;
    }
    pay(p, index, own->measured_ns);
}

/* The VM to be measured now; VM_NONE: all have been. */
static uint32_t next_sample(struct policy *p)
{
    struct disengaged *s = p->state;

    if (s->sampled != VM_NONE) {
        const struct disengaged_vm *own = &s->vms[s->sampled];
        if (own->has_work && own->measured_ns < s->sample_ns) {
            return s->sampled;
        }
        end_sample(p, s->sampled);
    }
    while (!rotation_is_empty(&s->due)) {
        uint32_t index = rotation_take_first(&s->due);
        if (s->vms[index].has_work) {
            return index;
        }
    }
    return VM_NONE;
}

static struct slice disengaged_pick(struct policy *p, nsec now)
{
    struct disengaged *s = p->state;
    uint32_t index = VM_NONE;

    if (!s->sampling && now >= s->free_end_ns) {
        begin_sampling(p);
    }
    if (s->sampling) {
        index = s->sampled = next_sample(p);
        if (index == VM_NONE) {
            begin_free_run(p, now);
        }
    }
    if (index == VM_NONE && s->queue->count == 0) {
        return (struct slice){ .end_ns = s->free_end_ns };
    }
    index = index == VM_NONE ? heap_first(s->queue) : index;
    if (heap_has(s->queue, index)) {
        heap_remove(s->queue, index);
    }
    s->running = true;
    return (struct slice){ .vm = &p->vms[index],
                           .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_KERNEL_END };
}

static void disengaged_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                              nsec now)
{
    struct disengaged *s = p->state;
    struct disengaged_vm *own = &s->vms[vm->index];

    (void)now;
    s->running = false;
    own->has_work = used->still_ready;
    own->kernels++;
    own->measured_ns += s->sampling ? used->ran_ns : 0;
    if (used->still_ready) {
        enqueue(s, vm->index);
    }
}

const struct policy_ops policy_disengaged_fair = {
    .name = "disengaged_fair",
    .summary = "fair by estimates; hands off between measurements",
    .about =
        "VMs mostly use the engine freely, one kernel each in turn; short measurements in "
        "between estimate what each used, and who is ahead by more than a free run is "
        "denied the next one. If the estimates are right, service / weight differs by about "
        "two free runs at most. Menychtas, Shen and Scott 2014.",
    .params = &params,
    .work_conserving = false,
    .state_size = disengaged_state_size,
    .init = disengaged_init,
    .leave = disengaged_leave,
    .ready = disengaged_ready,
    .pick = disengaged_pick,
    .charge = disengaged_charge,
};
