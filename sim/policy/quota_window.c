/*
 * quota_window.c - one token, for a quota; who is furthest below its minimum gets it.
 *
 * Gemini, the scheduler of KubeShare (source read): the holder of the GPU's token runs alone,
 * for a quota or until it has no work. Use is counted over a sliding window. VMs at their
 * maximum wait; those below their minimum go first, the one with the largest missing / minimum
 * before the others; the rest by least use. The minimum is `schedule: minimum`, else the
 * weight's share of what those leave; the maximum is `schedule: maximum`. Gemini adapts the
 * quota to the length of a client's bursts; here it is constant.
 *
 * The window moves on in hundredths of its length. Use changes by itself as time passes, so a
 * decision looks at every VM with work.
 *
 * Bound: with minima of at most the whole engine, a VM that always has work gets its minimum of
 * each window, less a quota. tests/policy/test_quota_window.c checks it.
 */
#include "policy/policy.h"

#include "policy/grants.h"
#include "policy/pool.h"

#include <inttypes.h>

enum { PARTS = 100 };

struct quota_params {
    nsec quota_ns;
    nsec window_ns;
};

static const struct field fields[] = {
    { .name = "quota",
      .kind = FIELD_TIME,
      .offset = offsetof(struct quota_params, quota_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 250 * MSEC,
      .doc = "How long the holder of the token keeps it at most." },
    { .name = "window",
      .kind = FIELD_TIME,
      .offset = offsetof(struct quota_params, window_ns),
      .min = PARTS,
      .max = DAY,
      .fallback = 10 * SEC,
      .doc = "Over which time use is counted." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct quota_params) };

struct quota {
    struct grants grants;
    bool running;
    nsec part_ns; /* Length of a part of the window. */
    struct pool ready;
    struct quota_vm {
        int64_t part;         /* The last part that is counted. */
        nsec used_ns;         /* Sum of the parts. */
        nsec parts_ns[PARTS]; /* By part, modulo PARTS. */
    } vms[];
};

static size_t quota_state_size(uint32_t vm_count)
{
    return sizeof(struct quota) + vm_count * sizeof(struct quota_vm) +
           pool_memory_size(vm_count);
}

static int quota_init(struct policy *p, struct err *err)
{
    const struct quota_params *own = p->params;
    struct quota *s = p->state;

    s->grants.key = GRANTS_MINIMUM;
    s->part_ns = own->window_ns / PARTS;
    pool_init(&s->ready, &s->vms[p->vm_count], p->vm_count);
    for (uint32_t i = 0; i < p->vm_count; i++) {
        const struct vm_schedule *schedule = &p->vms[i].schedule;
        if (schedule->minimum_ppm > schedule->maximum_ppm) {
            return err_set(err, ERR_SCENARIO,
                           "quota_window: VM %s has a minimum of %.6g %% and a maximum of %.6g "
                           "%%; the minimum must be at most the maximum",
                           p->vms[i].name, (double)schedule->minimum_ppm / 1e4,
                           (double)schedule->maximum_ppm / 1e4);
        }
    }
    return grants_check(p, GRANTS_MINIMUM, err);
}

static void quota_join(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    grants_join(&((struct quota *)p->state)->grants, vm);
}

static void quota_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct quota *s = p->state;

    (void)now;
    grants_leave(&s->grants, vm);
    pool_remove(&s->ready, vm->index);
}

static enum preempt quota_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct quota *s = p->state;

    (void)now;
    pool_put(&s->ready, vm->index);
    return s->running ? PREEMPT_NO : PREEMPT_ASK;
}

/* Moves a VM's window on, so that it ends with that part. */
static void move_window(struct quota_vm *own, int64_t part)
{
    int64_t steps = part - own->part;

    for (int64_t i = 1; i <= steps && i <= PARTS; i++) {
        nsec *oldest_ns = &own->parts_ns[(own->part + i) % PARTS];
        own->used_ns -= *oldest_ns;
        *oldest_ns = 0;
    }
    own->part = part;
}

/* The part in which the nanosecond before `now` lies. */
static int64_t part_before(const struct quota *s, nsec now)
{
    return now > 0 ? (now - 1) / s->part_ns : 0;
}

static nsec most(const struct policy *p, uint32_t index)
{
    const struct quota_params *own = p->params;

    return (nsec)((wide)own->window_ns * p->vms[index].schedule.maximum_ppm / PPM);
}

static bool is_at_maximum(const struct policy *p, uint32_t index)
{
    const struct quota *s = p->state;

    return p->vms[index].schedule.maximum_ppm < PPM && s->vms[index].used_ns >= most(p, index);
}

/* Whether VM a goes before VM b. */
static bool goes_before(const struct policy *p, uint32_t a, uint32_t b)
{
    nsec window = ((const struct quota_params *)p->params)->window_ns;
    const struct quota *s = p->state;
    const uint32_t vms[2] = { a, b };
    wide least[2];
    wide missing[2];

    for (int i = 0; i < 2; i++) {
        least[i] = (wide)window * grants_share_ppb(&s->grants, &p->vms[vms[i]]) / GRANTS_WHOLE;
        missing[i] = least[i] - s->vms[vms[i]].used_ns;
    }
    if (missing[0] > 0 && missing[1] > 0) {
        wide first = missing[0] * least[1];
        wide second = missing[1] * least[0];
        return first > second || (first == second && a < b);
    }
    if (missing[0] > 0 || missing[1] > 0) {
        return missing[0] > 0;
    }
    nsec more = s->vms[a].used_ns - s->vms[b].used_ns;
    return more < 0 || (more == 0 && a < b);
}

static struct slice quota_pick(struct policy *p, nsec now)
{
    const struct quota_params *own = p->params;
    struct quota *s = p->state;
    int64_t part = part_before(s, now);
    uint32_t best = VM_NONE;

    for (uint32_t i = 0; i < s->ready.count; i++) {
        uint32_t index = s->ready.items[i];
        move_window(&s->vms[index], part);
        if (!is_at_maximum(p, index) && (best == VM_NONE || goes_before(p, index, best))) {
            best = index;
        }
    }
    if (best == VM_NONE) {
        return (struct slice){ .end_ns = (now / s->part_ns + 1) * s->part_ns + 1 };
    }
    nsec length = own->quota_ns;
    nsec room = most(p, best) - s->vms[best].used_ns;
    if (p->vms[best].schedule.maximum_ppm < PPM && room < length) {
        length = room;
    }
    s->running = true;
    return (struct slice){ .vm = &p->vms[best], .length_ns = length, .end_ns = NSEC_MAX };
}

static void quota_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                         nsec now)
{
    struct quota *s = p->state;
    struct quota_vm *own = &s->vms[vm->index];
    int64_t last = part_before(s, now);
    nsec end = now;
    nsec rest = used->ran_ns;

    s->running = false;
    if (!used->still_ready) {
        pool_remove(&s->ready, vm->index);
    }
    move_window(own, last);
    for (int64_t part = last; rest > 0 && part > last - PARTS; part--) {
        nsec in_part = end - part * s->part_ns;
        in_part = in_part < rest ? in_part : rest;
        own->parts_ns[part % PARTS] += in_part;
        own->used_ns += in_part;
        rest -= in_part;
        end -= in_part;
    }
}

static uint32_t quota_entitled(const struct policy *p, const struct vm *vm, const bool *present)
{
    return grants_entitled_ppm(p, vm, present, GRANTS_MINIMUM);
}

const struct policy_ops policy_quota_window = {
    .name = "quota_window",
    .summary = "a token for a quota; who misses most of a minimum is next",
    .about = "The holder of one token runs for a quota; the VM that misses most of its "
             "schedule.minimum (else its weight's share) in the last 10 s is next, and VMs at "
             "their schedule.maximum wait. A VM that always has work gets its minimum less a "
             "quota. Gemini, the scheduler of KubeShare (2020).",
    .params = &params,
    .work_conserving = true,
    .state_size = quota_state_size,
    .init = quota_init,
    .join = quota_join,
    .leave = quota_leave,
    .ready = quota_ready,
    .pick = quota_pick,
    .charge = quota_charge,
    .entitled_ppm = quota_entitled,
};
