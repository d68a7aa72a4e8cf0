/*
 * best_effort.c - what NVIDIA GPUs do by default: turns, and a lone VM's slice stays expired.
 *
 * The hardware runlist behind the vGPU policy "best effort" and behind plain processes that
 * share a GPU; see turns.h, and runlist.h for when_alone: hardware, which follows a real GPU
 * more closely. Bound: as round_robin. tests/policy/test_best_effort.c checks it.
 */
#include "policy/runlist.h"
#include "policy/turns.h"

static const char *const words[] = { "renew", "keep", "hardware", "hardware_first_come", NULL };
static const struct field fields[] = {
    { .name = "when_alone",
      .kind = FIELD_CHOICE,
      .offset = offsetof(struct turns_params, when_alone),
      .fallback = WHEN_ALONE_KEEP,
      .choices = words,
      .doc =
          "Whether a VM that is alone starts a fresh slice when its slice ends (renew), keeps "
          "running on an expired one, which the next arrival cuts (keep), or does what was "
          "measured on an H100 and an H200, where it depends on what is queued (hardware). "
          "There "
          "the VMs take turns in a ring, whose order the seed decides, as the start of the "
          "processes does on a real GPU; or else whoever came first (hardware_first_come)." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct turns_params) };

static bool is_hardware(const struct policy *p)
{
    return ((const struct turns_params *)p->params)->when_alone >= WHEN_ALONE_HARDWARE;
}

/* Parameters are not known yet: enough for either. */
static size_t best_effort_state_size(uint32_t vm_count)
{
    size_t turns = turns_state_size(vm_count);
    size_t runlist = runlist_state_size(vm_count);

    return turns > runlist ? turns : runlist;
}

static int best_effort_init(struct policy *p, struct err *err)
{
    if (is_hardware(p)) {
        runlist_init(p);
        return 0;
    }
    return turns_init(p, err);
}

static void best_effort_leave(struct policy *p, const struct vm *vm, nsec now)
{
    if (is_hardware(p)) {
        runlist_leave(p, vm);
    } else {
        turns_leave(p, vm, now);
    }
}

static void best_effort_arrived(struct policy *p, const struct vm *vm,
                                const struct job_view *job, nsec now)
{
    if (is_hardware(p)) {
        runlist_arrived(p, vm, job, now);
    }
}

static enum preempt best_effort_ready(struct policy *p, const struct vm *vm, nsec now)
{
    return is_hardware(p) ? runlist_ready(p, vm) : turns_ready(p, vm, now);
}

static struct slice best_effort_pick(struct policy *p, nsec now)
{
    return is_hardware(p) ? runlist_pick(p, now) : turns_pick(p, now);
}

static void best_effort_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                               nsec now)
{
    if (is_hardware(p)) {
        runlist_charge(p, vm, used, now);
    } else {
        turns_charge(p, vm, used, now);
    }
}

static uint32_t best_effort_round(const struct policy *p, struct turn *ret_turns,
                                  uint32_t limit, nsec now)
{
    return is_hardware(p) ? 0 : turns_round(p, ret_turns, limit, now);
}

const struct policy_ops policy_best_effort = {
    .name = "best_effort",
    .summary = "NVIDIA's default: turns; a lone VM keeps an expired slice",
    .about = "Ready VMs take turns of one slice, as under round_robin, but a VM that is alone "
             "keeps running on an expired slice, which the next arrival of another VM cuts at "
             "once. Of n VMs that stay ready none lags its equal share by more than (n-1)/n "
             "slices. NVIDIA's default vGPU policy, and measured on an H100 and an H200.",
    .params = &params,
    .work_conserving = true,
    .state_size = best_effort_state_size,
    .init = best_effort_init,
    .leave = best_effort_leave,
    .arrived = best_effort_arrived,
    .ready = best_effort_ready,
    .pick = best_effort_pick,
    .charge = best_effort_charge,
    .round = best_effort_round,
    .skip = turns_skip,
};
