#include "run/stay.h"

void stay_waste_begin(struct slicer *s, nsec now)
{
    if (s->state == SLICER_HELD && s->ready_count > 0 && s->wasting_since_ns == NSEC_MAX) {
        s->wasting_since_ns = now;
    }
}

void stay_waste_end(struct slicer *s, nsec now)
{
    if (s->wasting_since_ns != NSEC_MAX) {
        s->totals.wasted_ns += now - s->wasting_since_ns;
        s->wasting_since_ns = NSEC_MAX;
    }
}

void stay_tell_as(struct run *run, struct slicer *s, struct stay *stay)
{
    stay->continued = stay->vm == s->last_vm && s->last_end_ns == stay->switch_start_ns;
    s->last_vm = stay->vm;
    s->last_end_ns = stay->run_end_ns;
    RUN_TELL(run, stayed, stay);
    run_drop_deaf(run);
}

void stay_tell(struct run *run, struct slicer *s, nsec now)
{
    struct stay stay = {
        .engine = s->kind,
        .vm = s->vm,
        .switch_start_ns = s->switch_start_ns,
        .run_start_ns = s->run_start_ns,
        .run_end_ns = now > s->run_start_ns ? now : s->run_start_ns,
    };

    stay_tell_as(run, s, &stay);
}

void stay_hold(struct slicer *s, nsec now)
{
    s->state = SLICER_HELD;
    s->next = moment_at(s->hold_end_ns, MOMENT_SLICE_END);
    stay_waste_begin(s, now);
}

void stay_end(struct run *run, struct slicer *s, nsec now)
{
    uint32_t vm = s->vm;

    s->used.ran_ns = 0;
    if (s->state == SLICER_BUSY) {
        stay_count(run, s, slicer_running(s, now), now);
    }
    stay_waste_end(s, now);
    s->state = SLICER_FREE;
    s->overrun = false;
    s->vm = VM_NONE;
    s->next = s->ready_count > 0 ? moment_at(now, MOMENT_CHOICE) : MOMENT_NEVER;
    if (vm != VM_NONE) {
        stay_charge(s, vm, s->lanes[vm].head != NULL, now);
    }
}
