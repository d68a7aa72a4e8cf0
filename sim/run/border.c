#include "run/border.h"

#include "run/inside.h"
#include "run/piece.h"

void run_set_timer(struct run *run)
{
    nsec next = run->next_border_ns < run->warmup_ns ? run->next_border_ns : run->warmup_ns;

    if (run->life_next < run->life_count && run->lives[run->life_next].at_ns < next) {
        next = run->lives[run->life_next].at_ns;
    }
    if (run->limited && limited_next_ns(run->limited) < next) {
        next = limited_next_ns(run->limited);
    }
    if (run->health && run->health->next_ns < next) {
        next = run->health->next_ns;
    }
    run->timer_ns = next;
}

/* What each workload has received on engines, the present phases included. */
static void sum_workloads(struct run *run, nsec now)
{
    for (uint32_t i = 0; i < run->stream_count; i++) {
        run->border_streams_ns[i] = run->streams[i].service_ns;
    }
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        const struct slicer *s = &run->slicers[i];
        for (uint32_t vm = 0; vm < run->vm_count; vm++) {
            const struct flight *head = s->lanes[vm].head;
            if (head) {
                bool runs = vm == s->vm && slicer_running(s, now) > 0;
                nsec ran = runs ? now - s->segment_start_ns : 0;
                run->border_streams_ns[head->stream] += piece_done(head, ran);
            }
        }
    }
    for (uint32_t vm = 0; run->spatial && vm < run->vm_count; vm++) {
        const struct flight *head = run->spatial->clients[vm].head;
        if (head) {
            run->border_streams_ns[head->stream] += spatial_running(run->spatial, vm, now);
        }
    }
}

/* The counters of VMs are as of the last stay; adds (sign 1) what runs, or takes it away. */
static void add_running(struct run *run, nsec sign, nsec now)
{
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        const struct slicer *s = &run->slicers[i];
        nsec running = slicer_running(s, now);
        if (running > 0) {
            s->service_ns[s->vm] += sign * running;
        }
    }
    for (uint32_t vm = 0; run->spatial && vm < run->vm_count; vm++) {
        run->spatial->service_ns[vm] += sign * spatial_running(run->spatial, vm, now);
    }
}

void border_tell(struct run *run, bool with_workloads, nsec now)
{
    const nsec *ready_since =
        run->spatial ? run->spatial->ready_since_ns : run->slicers[0].ready_since_ns;

    if (with_workloads) {
        sum_workloads(run, now);
    }
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        const struct slicer *s = &run->slicers[i];
        run->border_engines[s->kind] = slicer_totals(s, now);
    }
    if (run->spatial) {
        run->border_engines[ENGINE_COMPUTE] = spatial_totals(run->spatial, now);
    }
    add_running(run, 1, now);
    struct border border = {
        .now = now,
        .vm_count = run->vm_count,
        .service_ns = run->service_ns,
        .engines = run->border_engines,
        .workload_service_ns = with_workloads ? run->border_streams_ns : NULL,
        .backlogged_since = ready_since,
        .backlogged = run->spatial ? run->spatial->ready_bits : run->slicers[0].ready_bits,
    };
    RUN_TELL(run, border, &border);
    add_running(run, -1, now);
}
