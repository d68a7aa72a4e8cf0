/*
 * plain_turn.h - what happens in one turn, to its VM and to the jobs.
 *
 * Internal to run/plain*.c, where two loops share it: that of plain.c, which takes one turn
 * after the other, and that of plain_ride.c, for which p->rides is true: the VMs with work then
 * sit in p->carousel instead of standing in p->ready. All is inlined, twice in each loop: for
 * turns that keep slices, and for those that do not.
 */
#ifndef SIM_RUN_PLAIN_TURN_H
#define SIM_RUN_PLAIN_TURN_H

#include "run/plain_state.h"
#include "run/stay.h"

enum { PLAIN_JOB_WORDS = STREAM_DEMANDS + 1 };

/* What stream_next_arrival does; the usual kind in line. */
STAY_INLINE nsec plain_next_arrival(const struct plain_lane *lane, nsec now)
{
    nsec next;

    if (lane->is_poisson) {
        lane->stream->count++;
        next = now + sampler_next(&lane->stream->gap);
    } else {
        next = stream_next_arrival(lane->stream, now);
    }
    return next < INSTANT_NEVER ? next : INSTANT_NEVER;
}

/* What stream_put does. */
STAY_INLINE void plain_put_job(struct stream *stream, nsec now, nsec demand_ns)
{
    if (stream->waiting == stream->ring_capacity) {
        stream_grow(stream);
    }
    uint32_t at = (stream->ring_head + stream->waiting++) & (stream->ring_capacity - 1);
    int64_t *job = &stream->ring[(size_t)at * PLAIN_JOB_WORDS];
    job[STREAM_ARRIVAL] = now;
    job[STREAM_NUMBER] = (int64_t)stream->count;
    job[STREAM_DEMANDS] = demand_ns;
}

/* A job becomes the VM's oldest. */
STAY_INLINE void plain_set_job(struct plain_lane *lane, nsec arrival_ns, nsec demand_ns,
                               nsec now)
{
    lane->remaining_ns = lane->demand_ns = demand_ns;
    lane->start_ns = NSEC_MAX;
    lane->switch_ns = 0;
    lane->arrival_ns = arrival_ns;
    lane->begun_ns = now;
}

/* Fetches what the next arrival needs. */
STAY_INLINE void plain_fetch_next(const struct plain *p)
{
    uint32_t vm = soonest_index(&p->arrivals);
    const struct stream *stream = &p->run->streams[vm];

    __builtin_prefetch(&p->lanes[vm]);
    __builtin_prefetch(&stream->count);
    __builtin_prefetch(&stream->gap.units[0]);
    __builtin_prefetch(&stream->gap.units[SAMPLER_BATCH / 2]);
    __builtin_prefetch(&stream->demand.units[0]);
    __builtin_prefetch(&stream->demand.units[SAMPLER_BATCH / 2]);
}

/* A job of a VM arrives: the VM becomes ready, or the job waits. */
STAY_INLINE void plain_arrive(struct plain *p, uint32_t vm, nsec now)
{
    struct plain_lane *lane = &p->lanes[vm];
    struct stream *stream = lane->stream;
    nsec demand =
        lane->has_trace ? stream_draw_demand(stream, 0) : sampler_next(&stream->demands[0]);

    p->event_count++;
    if (lane->remaining_ns >= 0) {
        plain_put_job(stream, now, demand);
    } else {
        plain_set_job(lane, now, demand, now);
        p->ready_since_ns[vm] = now;
        if (p->rides) {
            carousel_put(&p->carousel, vm, demand, true);
        } else {
            rotation_put_last(&p->ready, vm);
        }
    }
    soonest_set(&p->arrivals, vm, plain_next_arrival(lane, now));
    if (p->has_many_vms) {
        plain_fetch_next(p);
    }
}

/* Jobs that arrive up to and including until_ns. */
STAY_INLINE void plain_admit(struct plain *p, nsec until_ns)
{
    if (soonest_time(&p->arrivals) <= until_ns) {
        plain_admit_some(p, until_ns);
    }
}

static inline void plain_submit_next(struct plain *p, uint32_t vm, nsec now)
{
    nsec next = stream_client_done(p->lanes[vm].stream, now);

    soonest_set(&p->arrivals, vm, next < INSTANT_NEVER ? next : INSTANT_NEVER);
}

/* The usual is one listener. */
STAY_INLINE void plain_tell_finished(const struct plain *p, const struct job_end *job)
{
    if (!p->finished) {
        RUN_TELL(p->run, finished, job);
    } else if (p->finished->finished) {
        p->finished->finished(p->finished->context, job);
    }
}

/* The oldest job of the VM that runs ends. */
STAY_INLINE void plain_end_job(struct plain *p, const struct plain_turn *turn, nsec now)
{
    const struct plain_lane *lane = turn->lane;
    const struct stream *stream = lane->stream;
    nsec deadline_ns = stream->workload->deadline_ns;
    nsec wait = lane->begun_ns - lane->arrival_ns;
    struct job_end job = {
        .vm = turn->vm,
        .workload = 0, /* All fields, lest the compiler clear them first. */
        .number = stream->count - 1 - stream->waiting,
        .arrival_ns = lane->arrival_ns,
        .start_ns = lane->start_ns < turn->segment_ns ? lane->start_ns : turn->segment_ns,
        .end_ns = now,
        .deadline_ns = deadline_ns == NSEC_MAX ? NSEC_MAX : lane->arrival_ns + deadline_ns,
        .demand_ns = lane->demand_ns,
        .queue_wait_ns = wait,
        .slice_wait_ns = now - lane->arrival_ns - wait - lane->demand_ns - lane->switch_ns,
        .run_ns = lane->demand_ns,
        .switch_ns = lane->switch_ns,
        .host_ns = 0,
        .alone_ns = lane->demand_ns,
    };

    p->event_count++;
    plain_tell_finished(p, &job);
    if (lane->is_closed) {
        plain_submit_next(p, turn->vm, now);
    }
}

/* The VM's next job becomes the oldest; false if there is none. */
STAY_INLINE bool plain_begin_job(struct plain *p, struct plain_lane *lane, nsec now)
{
    struct stream *stream = lane->stream;

    if (stream->waiting == 0) {
        plain_admit(p, now - 1);
        if (stream->waiting == 0) {
            return false;
        }
    }
    const int64_t *job = &stream->ring[(size_t)stream->ring_head * PLAIN_JOB_WORDS];
    plain_set_job(lane, job[STREAM_ARRIVAL], job[STREAM_DEMANDS], now);
    stream->ring_head = (stream->ring_head + 1) & (stream->ring_capacity - 1);
    stream->waiting--;
    return true;
}

STAY_INLINE void plain_end_stay(struct plain *p, const struct plain_turn *turn, nsec now,
                                bool keeps)
{
    nsec ran = now - turn->run_start_ns;

    p->service_ns[turn->vm] += ran;
    p->totals.busy_ns += ran;
    p->totals.stays++;
    if (keeps) {
        p->turns->expires_ns = p->slicer->used.switched_in_ns + p->turns->granted_ns;
    }
    if (p->hears_stays) {
        plain_tell_stay(p, turn, now);
    }
}

/* Who is switched to pays. Returns what. */
STAY_INLINE const struct slicer_switch *plain_pay(struct plain *p, struct plain_lane *lane)
{
    const struct slicer_switch *cost = &p->switches[0];

    if (!p->idle_is_even) {
        /* Whether the last VM has work is often foretold wrongly: no branch. But to ask is to
           wait for memory (docs/performance.md). */
        uint32_t has_work = p->lanes[p->resident].remaining_ns >= 0;
        cost = &p->switches[has_work * (p->resident + 1)];
    }
    p->totals.switches++;
    p->totals.switch_ns += cost->cost_ns;
    lane->switch_ns += cost->cost_ns;
    return cost;
}

/* The turn of a VM that is chosen at `now` for so long; NSEC_MAX: until another has work. */
STAY_INLINE struct plain_turn plain_begin_turn(struct plain *p, uint32_t vm, nsec length_ns,
                                               nsec now, bool keeps)
{
    struct plain_lane *lane = &p->lanes[vm];
    nsec run_start = now;
    nsec slice_start = now;

    if (vm != p->resident) {
        if (p->resident != VM_NONE) {
            const struct slicer_switch *cost = plain_pay(p, lane);
            run_start += cost->cost_ns;
            slice_start = run_start - cost->restore_ns;
        }
        if (keeps) {
            p->slicer->used.switched_in_ns = slice_start;
        }
        p->resident = vm;
    }
    nsec slice_end = keeps && length_ns == NSEC_MAX ? NSEC_MAX : slice_start + length_ns;
    return (struct plain_turn){
        .lane = lane,
        .vm = vm,
        .switch_start_ns = now,
        .run_start_ns = run_start,
        .segment_ns = run_start,
        .slice_end_ns = slice_end > run_start ? slice_end : run_start,
    };
}

/* The end of the VM's job or of the slice, which is when *now is then. False: the edge comes
   first. */
STAY_INLINE bool plain_find_end(struct plain *p, struct plain_turn *turn, bool *is_cut,
                                nsec *now, bool keeps)
{
    for (;;) {
        nsec job_end = turn->segment_ns + turn->lane->remaining_ns;
        if (keeps && turn->slice_end_ns == NSEC_MAX) {
            plain_find_cut(p, turn, job_end < p->edge_ns ? job_end : p->edge_ns);
        }
        *is_cut = turn->slice_end_ns < job_end;
        nsec end = *is_cut ? turn->slice_end_ns : job_end;
        if (end < p->edge_ns) {
            *now = end;
            return true;
        }
        p->turn = *turn;
        if (!plain_cross(p, end)) {
            return false;
        }
    }
}

/* The VM whose turn is over has work left, and goes behind those that have work by now. */
STAY_INLINE void plain_return(struct plain *p, const struct plain_turn *turn)
{
    if (p->rides) {
        carousel_turn_over(&p->carousel, turn->lane->remaining_ns,
                           turn->lane->start_ns == NSEC_MAX);
    } else {
        rotation_put_last(&p->ready, turn->vm);
    }
}

/* Or it has none. */
STAY_INLINE void plain_leave(struct plain *p, const struct plain_turn *turn)
{
    turn->lane->remaining_ns = -1;
    p->ready_since_ns[turn->vm] = NSEC_MAX;
    if (p->rides) {
        carousel_take(&p->carousel);
    }
}

/* The stay goes on to its end, which is when *now is then, and all that arrived up to then is
   told. False: the edge comes first. */
STAY_INLINE bool plain_finish_turn(struct plain *p, struct plain_turn *turn, nsec *now,
                                   bool keeps)
{
    struct plain_lane *lane = turn->lane;
    bool is_cut;

    do {
        if (!plain_find_end(p, turn, &is_cut, now, keeps)) {
            return false;
        }
        if (is_cut) {
            break;
        }
        plain_end_job(p, turn, *now);
        if (!plain_begin_job(p, lane, *now)) {
            plain_leave(p, turn);
            plain_end_stay(p, turn, *now, keeps);
            plain_admit(p, *now);
            return true;
        }
        turn->segment_ns = *now;
    } while (*now < turn->slice_end_ns);
    nsec ran = *now - turn->segment_ns;
    if (ran > 0) {
        lane->start_ns = lane->start_ns < turn->segment_ns ? lane->start_ns : turn->segment_ns;
    }
    lane->remaining_ns -= ran;
    plain_admit(p, *now);
    plain_end_stay(p, turn, *now, keeps);
    plain_return(p, turn);
    return true;
}

#endif
