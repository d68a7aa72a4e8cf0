/*
 * lives.c - what happens to a run at timers: VMs start and stop, borders pass, and the GPU's
 * health is looked after.
 */
#include "run/border.h"
#include "run/inside.h"

void run_join(struct run *run, uint32_t vm, nsec now)
{
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        struct policy *policy = &run->slicers[i].policy;
        if (policy->ops->join) {
            policy->ops->join(policy, &policy->vms[vm], now);
        }
    }
}

static void start_vm(struct run *run, uint32_t vm, nsec now)
{
    struct run_vm *own = &run->vms[vm];

    own->present = true;
    if (!run->is_away) {
        run_join(run, vm, now);
    }
    RUN_TELL(run, joined, vm, now);
    for (uint32_t i = 0; i < own->stream_count; i++) {
        struct stream *stream = &run->streams[own->first_stream + i];
        run_set_arrival(run, stream, stream_first_arrival(stream, now));
    }
}

/* Those that use the host or wait for it. */
static void lose_hosts(struct run *run, struct stream *stream, nsec now)
{
    for (struct flight *flight = stream->host; flight;) {
        struct flight *next = flight->next;
        run_flight_lost(run, flight, false, now);
        flight = next;
    }
    stream->host = NULL;
    if (run->has_hosts) {
        soonest_set(&run->hosts, stream->index, INSTANT_NEVER);
    }
}

void run_lose_flights(struct run *run, uint32_t vm, nsec now)
{
    const struct run_vm *own = &run->vms[vm];

    for (uint32_t i = 0; i < run->slicer_count; i++) {
        slicer_stop_vm(run, &run->slicers[i], vm, now);
    }
    if (run->spatial) {
        spatial_stop_vm(run, run->spatial, vm, now);
    }
    for (uint32_t i = 0; i < own->stream_count; i++) {
        lose_hosts(run, &run->streams[own->first_stream + i], now);
    }
}

static void stop_vm(struct run *run, uint32_t vm, nsec now)
{
    struct run_vm *own = &run->vms[vm];

    own->present = false;
    if (!run->is_away) { /* Else none are under way, and the policies know. */
        run_lose_flights(run, vm, now);
    }
    for (uint32_t i = 0; i < own->stream_count; i++) {
        struct stream *stream = &run->streams[own->first_stream + i];
        for (; stream->waiting > 0; stream_drop_oldest(stream)) {
            run_tell_waiting(run, stream, stream_oldest(stream), false);
        }
        soonest_set(&run->arrivals, stream->index, INSTANT_NEVER);
    }
    RUN_TELL(run, left, vm, now);
}

void run_timer(struct run *run, nsec now)
{
    if (run->health) {
        health_faults(run, now);
    }
    for (; run->life_next < run->life_count; run->life_next++) {
        const struct life_event *life = &run->lives[run->life_next];
        if (life->at_ns > now) {
            break;
        }
        if (life->is_start) {
            start_vm(run, life->vm, now);
        } else {
            stop_vm(run, life->vm, now);
        }
    }
    if (run->limited) {
        slicer_open(run, run->by_phase[PHASE_COMPUTE], now);
    }
    if (now == run->next_border_ns || now == run->warmup_ns) {
        border_tell(run, now == run->warmup_ns, now);
    }
    if (now == run->next_border_ns) {
        run->next_border_ns += run->border_ns;
    }
    if (now == run->warmup_ns) {
        run->warmup_ns = INSTANT_NEVER;
    }
    if (run->health) {
        health_heat(run, now);
    }
    run_set_timer(run);
}
