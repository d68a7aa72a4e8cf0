/*
 * token_bucket.c - each VM runs while it has tokens, which come at its rate.
 *
 * The limiter of container GPU sharing, as a policy. A VM's rate is `schedule: maximum`, else
 * budget / period, else its weight's share of those present; its bucket holds `burst`. It may
 * start while it has tokens for a tick (or a full bucket), one token for each nanosecond; of
 * the VMs that may, the one with the oldest job runs, and the choice is made anew every tick.
 * Work that cannot be cut leaves a debt. A VM without tokens looks again after multiples of
 * `poll`.
 *
 * With `feedback`, the rate is not the limit itself but is steered so that the measured use
 * meets it, as the watcher of HAMi-core does; see tokens.h.
 *
 * Bound: without feedback a VM gets at most burst + rate * t and a tick (or one piece that
 * cannot be cut) in any time t. tests/policy/test_token_bucket.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/tokens.h"

#define WHOLE TOKENS_WHOLE

struct bucket_params {
    nsec burst_ns;
    nsec tick_ns; /* 0: the slice. */
    nsec poll_ns;
    nsec feedback_ns; /* 0: off. */
    uint32_t gain_ppm;
};

static const struct field fields[] = {
    { .name = "burst",
      .kind = FIELD_TIME,
      .offset = offsetof(struct bucket_params, burst_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 10 * MSEC,
      .doc = "Service that a VM can save up." },
    { .name = "tick",
      .kind = FIELD_TIME,
      .offset = offsetof(struct bucket_params, tick_ns),
      .min = 0,
      .max = 100 * SEC,
      .fallback = 0,
      .absent = "the slice",
      .doc = "How often the choice is made anew, and the tokens that a VM needs to start." },
    { .name = "poll",
      .kind = FIELD_TIME,
      .offset = offsetof(struct bucket_params, poll_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 1,
      .doc = "How often a VM without tokens looks again; 10ms in HAMi." },
    { .name = "feedback",
      .kind = FIELD_TIME,
      .offset = offsetof(struct bucket_params, feedback_ns),
      .min = 0,
      .max = 100 * SEC,
      .fallback = 0,
      .word = "off",
      .word_value = 0,
      .doc = "How often rates are steered by measured use; 120ms in HAMi." },
    { .name = "gain",
      .kind = FIELD_SHARE,
      .offset = offsetof(struct bucket_params, gain_ppm),
      .min = 1,
      .max = 100 * PPM,
      .fallback = 100000,
      .doc = "Part of the difference that one step of the feedback takes back." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct bucket_params) };

struct bucket {
    uint64_t weight_sum; /* Of the VMs present. */
    bool running;
    nsec next_feedback_ns; /* NSEC_MAX: never. */
    struct heap *ready;    /* VMs with work and tokens, by the order of their jobs. */
    struct heap *waiting;  /* VMs with work and none, by the time at which they look again. */
    struct bucket_vm {
        struct tokens tokens;
        nsec ran_ns; /* Since the last feedback. */
        bool present;
    } vms[];
};

static size_t bucket_state_size(uint32_t vm_count)
{
    return sizeof(struct bucket) + vm_count * sizeof(struct bucket_vm) +
           2 * heap_size(vm_count);
}

static const struct bucket_params *params_of(const struct policy *p)
{
    return p->params;
}

static int bucket_init(struct policy *p, struct err *err)
{
    struct bucket *s = p->state;

    (void)err;
    s->next_feedback_ns = params_of(p)->feedback_ns > 0 ? params_of(p)->feedback_ns : NSEC_MAX;
    s->ready = (void *)&s->vms[p->vm_count];
    s->waiting = (void *)((char *)s->ready + heap_size(p->vm_count));
    heap_init(s->ready, p->vm_count);
    heap_init(s->waiting, p->vm_count);
    return 0;
}

/* The rate that a VM may have, rounded up, so that a period brings its whole budget. */
static int64_t limit_of(const struct vm *vm, uint64_t weight_sum)
{
    nsec period = vm->schedule.period_ns > 0 ? vm->schedule.period_ns : 100 * MSEC;

    if (vm->schedule.maximum_ppm < PPM) {
        return (int64_t)vm->schedule.maximum_ppm * (WHOLE / PPM);
    }
    if (vm->schedule.budget_ns > 0) {
        wide rate = ((wide)vm->schedule.budget_ns * WHOLE + period - 1) / period;
        return rate < WHOLE ? (int64_t)rate : WHOLE;
    }
    return ((int64_t)vm->weight * WHOLE + (int64_t)weight_sum - 1) / (int64_t)weight_sum;
}

static void settle(struct policy *p, uint32_t index, nsec now)
{
    tokens_settle(&((struct bucket *)p->state)->vms[index].tokens, params_of(p)->burst_ns, now);
}

static nsec tick_of(const struct policy *p)
{
    nsec tick_ns = params_of(p)->tick_ns;

    return tick_ns > 0 ? tick_ns : p->quantum_ns;
}

/* The tokens that a VM needs to start. */
static wide needed(const struct policy *p)
{
    nsec burst_ns = params_of(p)->burst_ns;
    nsec tick_ns = tick_of(p);

    return (wide)(tick_ns < burst_ns ? tick_ns : burst_ns) * WHOLE;
}

/* Puts a VM with work among those that may run, or those that wait. */
static void put(struct policy *p, uint32_t index, nsec now)
{
    struct bucket *s = p->state;
    struct bucket_vm *own = &s->vms[index];
    struct job_view head = { 0 };

    settle(p, index, now);
    nsec wait_ns = tokens_wait(&own->tokens, needed(p), params_of(p)->poll_ns);
    if (wait_ns == 0) {
        (void)policy_head(p, &p->vms[index], &head);
        heap_put(s->ready, index, (int64_t)head.order);
    } else {
        heap_put(s->waiting, index, now + wait_ns);
    }
}

/* The rates of VMs that give none follow who is present. */
static void set_rates(struct policy *p, nsec now)
{
    struct bucket *s = p->state;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (s->vms[i].present && s->next_feedback_ns == NSEC_MAX) {
            settle(p, i, now);
            s->vms[i].tokens.rate = limit_of(&p->vms[i], s->weight_sum);
        }
        if (heap_has(s->waiting, i)) {
            heap_remove(s->waiting, i);
            put(p, i, now);
        }
    }
}

static void bucket_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct bucket *s = p->state;
    struct bucket_vm *own = &s->vms[vm->index];

    s->weight_sum += vm->weight;
    own->present = true;
    own->tokens = (struct tokens){
        .parts = (wide)params_of(p)->burst_ns * WHOLE,
        .as_of_ns = now,
        .rate = limit_of(vm, s->weight_sum),
    };
    set_rates(p, now);
}

static void bucket_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct bucket *s = p->state;

    s->weight_sum -= vm->weight;
    s->vms[vm->index].present = false;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
    if (heap_has(s->waiting, vm->index)) {
        heap_remove(s->waiting, vm->index);
    }
    set_rates(p, now);
}

static enum preempt bucket_ready(struct policy *p, const struct vm *vm, nsec now)
{
    put(p, vm->index, now);
    return ((struct bucket *)p->state)->running ? PREEMPT_NO : PREEMPT_ASK;
}

/* One step of the feedback for one VM. */
static void steer(struct policy *p, uint32_t index)
{
    const struct bucket_params *own_params = params_of(p);
    struct bucket *s = p->state;
    struct bucket_vm *own = &s->vms[index];
    const struct tokens_feedback feedback = {
        .limit = limit_of(&p->vms[index], s->weight_sum),
        .use = (int64_t)((wide)own->ran_ns * WHOLE / own_params->feedback_ns),
        .gain_ppm = own_params->gain_ppm,
        .interval_ns = own_params->feedback_ns,
        .burst_ns = own_params->burst_ns,
    };

    tokens_steer(&own->tokens, &feedback);
    own->ran_ns = 0;
}

static void feed_back(struct policy *p, nsec now)
{
    nsec interval = params_of(p)->feedback_ns;
    struct bucket *s = p->state;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (s->vms[i].present) {
            settle(p, i, now);
            steer(p, i);
        }
    }
    s->next_feedback_ns = (now / interval + 1) * interval;
    set_rates(p, now);
}

/* How many ticks a VM can run before it lacks tokens for the next one. */
static nsec ticks_left(const struct policy *p, const struct bucket_vm *own)
{
    wide spare = own->tokens.parts - needed(p);
    int64_t rate = own->tokens.rate;

    if (rate >= WHOLE) {
        return INT32_MAX;
    }
    if (spare < (wide)tick_of(p) * (WHOLE - rate)) {
        return 1;
    }
    wide ticks = tokens_quotient(tokens_quotient(spare, tick_of(p)), WHOLE - rate) + 1;
    return ticks < INT32_MAX ? (nsec)ticks : INT32_MAX;
}

static struct slice bucket_pick(struct policy *p, nsec now)
{
    nsec tick_ns = tick_of(p);
    struct bucket *s = p->state;

    if (now >= s->next_feedback_ns) {
        feed_back(p, now);
    }
    while (s->waiting->count > 0 && heap_first_key(s->waiting) <= now) {
        uint32_t index = heap_first(s->waiting);
        heap_remove(s->waiting, index);
        put(p, index, now);
    }
    nsec next = s->waiting->count > 0 ? heap_first_key(s->waiting) : NSEC_MAX;
    next = next < s->next_feedback_ns ? next : s->next_feedback_ns;
    if (s->ready->count == 0) {
        return (struct slice){ .end_ns = next };
    }
    uint32_t index = heap_first(s->ready);
    heap_remove(s->ready, index);
    settle(p, index, now);
    nsec ticks = ticks_left(p, &s->vms[index]);
    if (ticks > 1 && next != NSEC_MAX && (next - now + tick_ns - 1) / tick_ns < ticks) {
        ticks = (next - now + tick_ns - 1) / tick_ns;
    }
    s->running = true;
    return (
        struct slice){ .vm = &p->vms[index], .length_ns = ticks * tick_ns, .end_ns = NSEC_MAX };
}

static void bucket_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                          nsec now)
{
    struct bucket *s = p->state;
    struct bucket_vm *own = &s->vms[vm->index];

    s->running = false;
    own->tokens.parts -= (wide)used->ran_ns * WHOLE;
    own->ran_ns += used->ran_ns;
    if (used->still_ready) {
        put(p, vm->index, now);
    }
}

static uint32_t bucket_entitled(const struct policy *p, const struct vm *vm,
                                const bool *present)
{
    uint64_t weight_sum = 0;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        weight_sum += present[i] ? p->vms[i].weight : 0;
    }
    uint64_t share = (uint64_t)PPM * vm->weight / weight_sum;
    uint64_t limit = (uint64_t)(limit_of(vm, weight_sum) / (WHOLE / PPM));
    return (uint32_t)(limit < share ? limit : share);
}

const struct policy_ops policy_token_bucket = {
    .name = "token_bucket",
    .summary = "each VM runs while it has tokens, which come at its rate",
    .about =
        "A VM may run while it has tokens, which come at its rate (schedule.maximum, else "
        "budget / period, else its weight's share); of those that may, the oldest job "
        "runs. In any time t a VM gets at most burst + rate * t and a tick. The limiter of "
        "container GPU sharing; with feedback, as in HAMi.",
    .params = &params,
    .work_conserving = false,
    .state_size = bucket_state_size,
    .init = bucket_init,
    .join = bucket_join,
    .leave = bucket_leave,
    .ready = bucket_ready,
    .pick = bucket_pick,
    .charge = bucket_charge,
    .entitled_ppm = bucket_entitled,
};
