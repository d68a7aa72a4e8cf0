/*
 * container_slots.c - slots of container GPU sharing: fixed, preemptive, weighted, weak.
 *
 * The policies of Alibaba's cGPU and Huawei's XGPU, from their documentation. Time is cut into
 * slots of one slice, `units` of them a cycle, of which a VM owns weight / 100:
 *
 *   fixed       units that nobody owns idle (cGPU's policies 0 and 3);
 *   preemptive  each VM present has one slot, whatever its weight (cGPU's 1);
 *   weighted    units that nobody owns are skipped (cGPU's 2, XGPU's weighted preemptive);
 *   weak        and those whose owner has no work (XGPU's weak isolation).
 *
 * Under the first three a slot belongs to its owner whether it has work or not. A VM's units
 * are one stay, in scenario order; when a VM starts or stops, the current slot finishes and the
 * cycle starts anew. Under weak a VM that gets work waits for the stays of the others at most
 * (XGPU says: within 100 ms).
 *
 * Bound: in each unchanged cycle a VM has all of its units, whatever the others do; under weak
 * it waits for at most one stay of each other VM. tests/policy/test_container_slots.c checks
 * it.
 */
#include "policy/policy.h"

#include "base/assert.h"
#include "policy/rotation.h"

#include <inttypes.h>

enum { MODE_FIXED, MODE_PREEMPTIVE, MODE_WEIGHTED, MODE_WEAK };
enum { UNITS_CUSTOMARY = 20, UNITS_MAX = 1000000 };

struct container_params {
    int mode;
    uint32_t units; /* 0: 20, or as many as the VMs own. */
};

static const char *const modes[] = { "fixed", "preemptive", "weighted", "weak", NULL };

static const struct field fields[] = {
    { .name = "mode",
      .kind = FIELD_CHOICE,
      .offset = offsetof(struct container_params, mode),
      .fallback = MODE_PREEMPTIVE,
      .choices = modes,
      .doc = "What happens to units without owner and to owners without work." },
    { .name = "units",
      .kind = FIELD_COUNT,
      .offset = offsetof(struct container_params, units),
      .min = 0,
      .max = UNITS_MAX,
      .fallback = 0,
      .absent = "20, or as many as the VMs own if that is more",
      .doc = "Units of a cycle under fixed; a VM owns one for each 100 of its weight." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct container_params) };

struct container {
    nsec epoch_ns;         /* Start of the present cycles. */
    uint32_t before_epoch; /* Owner of the slot that ends at the epoch; VM_NONE: nobody. */
    nsec idle_ns;          /* What nobody owns of a cycle. */
    uint32_t owner_count;
    uint32_t *owners;      /* VMs present, in scenario order. */
    struct rotation ready; /* Under weak. */
    nsec ends_ns[];        /* By owner: end of its slot in the cycle. */
};

static size_t container_state_size(uint32_t vm_count)
{
    return sizeof(struct container) + vm_count * (sizeof(nsec) + sizeof(uint32_t)) +
           rotation_ring_size(vm_count);
}

static int mode_of(const struct policy *p)
{
    return ((const struct container_params *)p->params)->mode;
}

/* The largest sum of weights present at one time. */
static uint64_t most_weight(const struct policy *p)
{
    uint64_t most = 0;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        nsec at = p->vms[i].start_ns;
        uint64_t sum = 0;
        for (uint32_t k = 0; k < p->vm_count; k++) {
            bool is_present = p->vms[k].start_ns <= at && at < p->vms[k].stop_ns;
            sum += is_present ? p->vms[k].weight : 0;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

/* Units of a cycle under fixed. */
static uint64_t units_of(const struct policy *p)
{
    uint32_t units = ((const struct container_params *)p->params)->units;
    uint64_t owned = (most_weight(p) + VM_WEIGHT_ONE - 1) / VM_WEIGHT_ONE;

    if (units > 0) {
        return units;
    }
    return owned > UNITS_CUSTOMARY ? owned : UNITS_CUSTOMARY;
}

static int container_init(struct policy *p, struct err *err)
{
    struct container *s = p->state;

    s->before_epoch = VM_NONE;
    s->owners = (void *)&s->ends_ns[p->vm_count];
    rotation_init(&s->ready, &s->owners[p->vm_count], p->vm_count);
    if (mode_of(p) != MODE_FIXED) {
        return 0;
    }
    if (most_weight(p) > units_of(p) * VM_WEIGHT_ONE) {
        return err_set(err, ERR_SCENARIO,
                       "container_slots: the VMs present at one time own %.6g units (weight / "
                       "100), but there are %" PRIu64 "; lower the weights, or set units",
                       (double)most_weight(p) / VM_WEIGHT_ONE, units_of(p));
    }
    return 0;
}

/* How long a VM's stay is. */
static nsec length_of(const struct policy *p, uint32_t index)
{
    nsec length = p->quantum_ns;

    if (mode_of(p) != MODE_PREEMPTIVE) {
        length = (nsec)((wide)p->quantum_ns * p->vms[index].weight / VM_WEIGHT_ONE);
    }
    return length > 0 ? length : 1;
}

static nsec cycle_of(const struct container *s)
{
    return s->idle_ns + (s->owner_count > 0 ? s->ends_ns[s->owner_count - 1] : 0);
}

/* Who owns an instant, and until when. */
struct span {
    uint32_t owner; /* VM_NONE: nobody. */
    nsec end_ns;
};

static struct span span_at(const struct container *s, nsec now)
{
    nsec cycle = cycle_of(s);

    if (now < s->epoch_ns) {
        return (struct span){ s->before_epoch, s->epoch_ns };
    }
    if (cycle == 0) {
        return (struct span){ VM_NONE, NSEC_MAX };
    }
    nsec into = (now - s->epoch_ns) % cycle;
    uint32_t low = 0;
    uint32_t high = s->owner_count; /* The first slot that ends later is in low..high. */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->ends_ns[middle] > into) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    nsec end = low < s->owner_count ? s->ends_ns[low] : cycle;
    return (struct span){ low < s->owner_count ? s->owners[low] : VM_NONE, now + end - into };
}

/* Lets the current slot finish; the cycle starts anew at its end. */
static void restart(struct container *s, nsec now)
{
    struct span current = span_at(s, now);

    if (now < s->epoch_ns) {
        return; /* A restart is under way already. */
    }
    nsec into = cycle_of(s) > 0 ? (now - s->epoch_ns) % cycle_of(s) : 0;
    bool at_border = into == 0;
    for (uint32_t i = 0; i < s->owner_count; i++) {
        at_border = at_border || into == s->ends_ns[i];
    }
    s->before_epoch = at_border ? VM_NONE : current.owner;
    s->epoch_ns = at_border ? now : current.end_ns;
}

/* Works out the slots anew. */
static void lay_out(struct policy *p)
{
    struct container *s = p->state;
    nsec end = 0;

    for (uint32_t i = 0; i < s->owner_count; i++) {
        end += length_of(p, s->owners[i]);
        s->ends_ns[i] = end;
    }
    s->idle_ns = 0;
    if (mode_of(p) == MODE_FIXED && s->owner_count > 0) {
        nsec cycle = (nsec)units_of(p) * p->quantum_ns;
        s->idle_ns = cycle > end ? cycle - end : 0;
    }
}

static void container_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct container *s = p->state;
    uint32_t at = s->owner_count;

    restart(s, now);
    while (at > 0 && s->owners[at - 1] > vm->index) {
        s->owners[at] = s->owners[at - 1];
        at--;
    }
    s->owners[at] = vm->index;
    s->owner_count++;
    lay_out(p);
}

static void container_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct container *s = p->state;
    uint32_t at = 0;

    restart(s, now);
    while (s->owners[at] != vm->index) {
        at++;
    }
    s->owner_count--;
    for (; at < s->owner_count; at++) {
        s->owners[at] = s->owners[at + 1];
    }
    s->before_epoch = s->before_epoch == vm->index ? VM_NONE : s->before_epoch;
    rotation_remove(&s->ready, vm->index);
    lay_out(p);
}

static enum preempt container_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    if (mode_of(p) == MODE_WEAK) {
        rotation_put_last(&((struct container *)p->state)->ready, vm->index);
    }
    return PREEMPT_NO;
}

static struct slice container_pick(struct policy *p, nsec now)
{
    struct container *s = p->state;

    if (mode_of(p) == MODE_WEAK) {
        uint32_t index = rotation_take_first(&s->ready);
        return (struct slice){ .vm = &p->vms[index],
                               .length_ns = length_of(p, index),
                               .end_ns = NSEC_MAX };
    }
    struct span span = span_at(s, now);
    return (struct slice){ .vm = span.owner == VM_NONE ? NULL : &p->vms[span.owner],
                           .length_ns = NSEC_MAX,
                           .end_ns = span.end_ns };
}

static void container_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                             nsec now)
{
    (void)now;
    if (mode_of(p) == MODE_WEAK && used->still_ready) {
        rotation_put_last(&((struct container *)p->state)->ready, vm->index);
    }
}

static uint32_t container_entitled(const struct policy *p, const struct vm *vm,
                                   const bool *present)
{
    uint64_t whole = 0;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        bool counts_weight = mode_of(p) != MODE_PREEMPTIVE;
        whole += !present[i] ? 0 : counts_weight ? p->vms[i].weight : 1;
    }
    whole = mode_of(p) == MODE_FIXED ? units_of(p) * VM_WEIGHT_ONE : whole;
    return (uint32_t)((uint64_t)PPM * (mode_of(p) == MODE_PREEMPTIVE ? 1 : vm->weight) / whole);
}

const struct policy_ops policy_container_slots = {
    .name = "container_slots",
    .summary = "slots of cGPU and XGPU: fixed, preemptive, weighted, weak",
    .about =
        "Time is cut into units of one slice, and a VM owns one for each 100 of its weight "
        "(preemptive: one slot each); the mode says what happens to units that nobody owns "
        "or uses. In each cycle a VM has all of its units, whatever the others do. "
        "Alibaba's cGPU and Huawei's XGPU.",
    .params = &params,
    .work_conserving = false,
    .state_size = container_state_size,
    .init = container_init,
    .join = container_join,
    .leave = container_leave,
    .ready = container_ready,
    .pick = container_pick,
    .charge = container_charge,
    .entitled_ppm = container_entitled,
};
