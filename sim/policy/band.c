/*
 * band.c - Gdev's BAND: kernels are not cut; who is over its bandwidth makes way, and waits.
 *
 * Kato et al., "Gdev: first-class GPU resource management in the operating system", 2012, and
 * the source of its virtual-device scheduler (read). A VM's bandwidth is budget / period of its
 * schedule, else its weight's share. Every period its credit grows by period * bandwidth, and
 * is set to 0 if it is then more than a period away from 0. At the end of a kernel its time is
 * taken off; a VM without credit that also used more than its bandwidth of late goes to the end
 * of the list. The first of the list with work is next; if it is over its bandwidth, the engine
 * waits a little for one that is not.
 *
 * What was used of late is that of the present window and the fitting part of the one before.
 *
 * Bound: over many windows a VM that always has work gets its bandwidth of the time in which
 * kernels run, within a kernel and the credit of one period for each other VM.
 * tests/policy/test_band.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/grants.h"

struct band_params {
    nsec period_ns;
    nsec window_ns;
    nsec wait_ns;
};

static const struct field fields[] = {
    { .name = "period",
      .kind = FIELD_TIME,
      .offset = offsetof(struct band_params, period_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 30 * MSEC,
      .doc = "How often credit is given." },
    { .name = "window",
      .kind = FIELD_TIME,
      .offset = offsetof(struct band_params, window_ns),
      .min = 1,
      .max = DAY,
      .fallback = SEC,
      .doc = "Over which time bandwidth is measured." },
    { .name = "wait",
      .kind = FIELD_TIME,
      .offset = offsetof(struct band_params, wait_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 500 * USEC,
      .doc = "How long the engine waits for another VM when the next one is over its "
             "bandwidth." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct band_params) };

struct band {
    struct grants grants;
    int64_t last_place;
    bool running;
    nsec wait_end_ns;   /* Of the wait before the next kernel; 0: none. */
    uint32_t shown;     /* VM that got work in that wait; VM_NONE: none. */
    struct heap *ready; /* By place in the list. */
    struct band_vm {
        int64_t place;
        nsec credit_ns;
        int64_t periods; /* Whose credit it was given. */
        int64_t window;  /* The one that used_ns is of. */
        nsec used_ns;
        nsec used_before_ns; /* In the window before. */
    } vms[];
};

static size_t band_state_size(uint32_t vm_count)
{
    return sizeof(struct band) + vm_count * sizeof(struct band_vm) + heap_size(vm_count);
}

static int band_init(struct policy *p, struct err *err)
{
    struct band *s = p->state;

    s->grants.key = GRANTS_BUDGET;
    s->ready = (void *)&s->vms[p->vm_count];
    heap_init(s->ready, p->vm_count);
    return grants_check(p, GRANTS_BUDGET, err);
}

static const struct band_params *params_of(const struct policy *p)
{
    return p->params;
}

static void band_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct band *s = p->state;

    grants_join(&s->grants, vm);
    s->vms[vm->index].place = ++s->last_place;
    s->vms[vm->index].periods = now / params_of(p)->period_ns;
}

static void band_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct band *s = p->state;

    (void)now;
    grants_leave(&s->grants, vm);
    s->shown = s->shown == vm->index ? VM_NONE : s->shown;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static enum preempt band_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct band *s = p->state;

    (void)now;
    heap_put(s->ready, vm->index, s->vms[vm->index].place);
    s->shown = vm->index;
    return s->running ? PREEMPT_NO : PREEMPT_ASK;
}

/* Gives the credit that is due. From 0, credit comes back to 0 after some periods. */
static void replenish(struct policy *p, const struct vm *vm, nsec now)
{
    nsec period = params_of(p)->period_ns;
    struct band *s = p->state;
    struct band_vm *own = &s->vms[vm->index];
    nsec gain = (nsec)((wide)period * grants_share_ppb(&s->grants, vm) / GRANTS_WHOLE);
    int64_t due = now / period - own->periods;

    own->periods += due;
    for (; due > 0 && gain > 0; due--) {
        if (own->credit_ns == 0) {
            due %= period / gain + 1;
            if (due == 0) {
                break;
            }
        }
        own->credit_ns += gain;
        if (own->credit_ns > period || own->credit_ns < -period) {
            own->credit_ns = 0;
        }
    }
}

static void turn_window(const struct policy *p, struct band_vm *own, nsec now)
{
    int64_t window = now / params_of(p)->window_ns;

    if (window != own->window) {
        own->used_before_ns = window == own->window + 1 ? own->used_ns : 0;
        own->used_ns = 0;
        own->window = window;
    }
}

/* Whether a VM used more than its bandwidth of late. */
static bool is_over(struct policy *p, uint32_t index, nsec now)
{
    nsec window = params_of(p)->window_ns;
    struct band *s = p->state;
    struct band_vm *own = &s->vms[index];

    turn_window(p, own, now);
    wide used =
        (wide)own->used_ns * window + (wide)own->used_before_ns * (window - now % window);
    return used / window * GRANTS_WHOLE >
           (wide)window * grants_share_ppb(&s->grants, &p->vms[index]);
}

static struct slice band_pick(struct policy *p, nsec now)
{
    struct band *s = p->state;
    uint32_t index = heap_first(s->ready);

    if (now != s->wait_end_ns && is_over(p, index, now)) {
        if (now > s->wait_end_ns) { /* No wait is under way. */
            s->wait_end_ns = now + params_of(p)->wait_ns;
            s->shown = VM_NONE;
        }
        if (s->shown == VM_NONE || is_over(p, s->shown, now)) {
            return (struct slice){ .end_ns = s->wait_end_ns };
        }
        index = s->shown;
    }
    s->wait_end_ns = 0;
    s->running = true;
    heap_remove(s->ready, index);
    return (struct slice){ .vm = &p->vms[index],
                           .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_KERNEL_END };
}

static void band_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                        nsec now)
{
    struct band *s = p->state;
    struct band_vm *own = &s->vms[vm->index];

    s->running = false;
    replenish(p, vm, now);
    turn_window(p, own, now);
    own->credit_ns -= used->ran_ns;
    own->used_ns += used->ran_ns;
    if (own->credit_ns <= 0 && is_over(p, vm->index, now)) {
        own->place = ++s->last_place;
    }
    if (used->still_ready) {
        heap_put(s->ready, vm->index, own->place);
    }
}

static uint32_t band_entitled(const struct policy *p, const struct vm *vm, const bool *present)
{
    return grants_entitled_ppm(p, vm, present, GRANTS_BUDGET);
}

const struct policy_ops policy_band = {
    .name = "band",
    .summary = "Gdev's BAND: kernels whole, bandwidth by credits",
    .about =
        "Kernels are not cut; a VM that ran out of credit and used more than its bandwidth "
        "goes behind the others, and if such a VM is next the engine waits 0.5 ms for "
        "another. VMs that always have work get their bandwidth within a kernel and one "
        "period's credit. Gdev (2012).",
    .params = &params,
    .work_conserving = false,
    .state_size = band_state_size,
    .init = band_init,
    .join = band_join,
    .leave = band_leave,
    .ready = band_ready,
    .pick = band_pick,
    .charge = band_charge,
    .entitled_ppm = band_entitled,
};
