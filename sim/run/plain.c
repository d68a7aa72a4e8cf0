#include "run/plain_state.h"

#include "base/assert.h"
#include "run/border.h"
#include "run/stay.h"

/* What is inlined here is so twice: for turns that keep slices, and for those that do not. */

static void set_edge(struct plain *p)
{
    p->edge_ns = p->until_ns < p->run->timer_ns ? p->until_ns : p->run->timer_ns;
}

/* What stream_next_arrival does; the usual kind in line. */
STAY_INLINE nsec next_arrival(const struct plain_lane *lane, nsec now)
{
    if (lane->is_poisson) {
        lane->stream->count++;
        nsec next = now + sampler_next(&lane->stream->gap);
        return next < INSTANT_NEVER ? next : INSTANT_NEVER;
    }
    nsec next = stream_next_arrival(lane->stream, now);
    return next < INSTANT_NEVER ? next : INSTANT_NEVER;
}

/* A job of a VM arrives: the VM becomes ready, or the job waits. */
STAY_INLINE void arrive(struct plain *p, uint32_t vm, nsec now)
{
    struct plain_lane *lane = &p->lanes[vm];
    struct stream *stream = lane->stream;
    uint64_t number = p->run->vms[vm].job_count++;

    p->run->event_count++;
    if (lane->remaining_ns >= 0) {
        stream_put(stream, now, number);
    } else {
        lane->demand_ns = lane->remaining_ns =
            lane->has_trace ? stream_draw_demand(stream, 0) : sampler_next(&stream->demands[0]);
        lane->start_ns = NSEC_MAX;
        lane->switch_ns = 0;
        lane->arrival_ns = lane->begun_ns = now;
        p->slicer->ready_since_ns[vm] = now;
        rotation_put_last(&p->turns->ready, vm);
    }
    soonest_set(&p->run->arrivals, vm, next_arrival(lane, now));
}

/* Jobs that arrive up to and including until_ns. */
STAY_INLINE void admit(struct plain *p, nsec until_ns)
{
    const struct soonest *arrivals = &p->run->arrivals;

    while (soonest_time(arrivals) <= until_ns) {
        arrive(p, soonest_index(arrivals), soonest_time(arrivals));
    }
}

/* What comes next comes at `at_ns`, not before the edge. If the edge is but a border between
   windows, and earlier, it is told, and the edge moves on to the next. False: it stays. */
static bool cross(struct plain *p, nsec at_ns)
{
    struct run *run = p->run;
    /* An arrival at the very border may cut a turn there, before the border. */
    bool may_cut = p->turns->keeps && soonest_time(&run->arrivals) == p->edge_ns;

    if (at_ns == p->edge_ns || p->edge_ns == p->until_ns || !run_is_mere_border(run) ||
        may_cut) {
        admit(p, p->edge_ns - 1);
        return false;
    }
    admit(p, p->edge_ns);
    plain_show(p);
    border_tell(run, false, p->edge_ns);
    run->event_count++;
    run->next_border_ns += run->border_ns;
    run_set_timer(run);
    set_edge(p);
    return true;
}

/* The oldest job of the VM that runs ends. */
STAY_INLINE void end_job(struct plain *p, uint32_t vm, nsec segment_ns, nsec now)
{
    struct run *run = p->run;
    struct plain_lane *lane = &p->lanes[vm];
    struct stream *stream = lane->stream;
    const struct workload *workload = stream->workload;
    nsec wait = lane->begun_ns - lane->arrival_ns;
    struct job_end job = {
        .vm = vm,
        .workload = 0, /* All fields, lest the compiler clear them first. */
        .number = run->vms[vm].job_count - 1 - stream->waiting,
        .arrival_ns = lane->arrival_ns,
        .start_ns = lane->start_ns < segment_ns ? lane->start_ns : segment_ns,
        .end_ns = now,
        .deadline_ns = workload->deadline_ns == NSEC_MAX
                           ? NSEC_MAX
                           : lane->arrival_ns + workload->deadline_ns,
        .demand_ns = lane->demand_ns,
        .queue_wait_ns = wait,
        .slice_wait_ns = now - lane->arrival_ns - wait - lane->demand_ns - lane->switch_ns,
        .run_ns = lane->demand_ns,
        .switch_ns = lane->switch_ns,
        .host_ns = 0,
        .alone_ns = lane->demand_ns,
    };

    run->event_count++;
    RUN_TELL(run, finished, &job);
    if (lane->is_closed) {
        nsec next = stream_client_done(stream, now);
        soonest_set(&run->arrivals, vm, next < INSTANT_NEVER ? next : INSTANT_NEVER);
    }
}

/* The VM's next job becomes the oldest; false if there is none. */
STAY_INLINE bool begin_job(struct plain *p, uint32_t vm, nsec now)
{
    struct plain_lane *lane = &p->lanes[vm];

    if (lane->stream->waiting == 0) {
        admit(p, now - 1);
        if (lane->stream->waiting == 0) {
            return false;
        }
    }
    const int64_t *job = stream_oldest(lane->stream);
    lane->arrival_ns = job[STREAM_ARRIVAL];
    lane->demand_ns = lane->remaining_ns = job[STREAM_DEMANDS];
    lane->start_ns = NSEC_MAX;
    lane->switch_ns = 0;
    lane->begun_ns = now;
    stream_drop_oldest(lane->stream);
    return true;
}

STAY_INLINE void end_stay(struct plain *p, const struct plain_turn *turn, nsec now, bool keeps)
{
    struct slicer *s = p->slicer;
    nsec ran = now - turn->run_start_ns;

    s->service_ns[turn->vm] += ran;
    s->totals.busy_ns += ran;
    s->totals.stays++;
    if (keeps) {
        p->turns->expires_ns = s->used.switched_in_ns + p->turns->granted_ns;
    }
    if (p->run->listeners.stayed.count > 0) {
        p->turn = *turn;
        plain_show(p);
        stay_tell(p->run, s, now);
    }
}

/* Whose turn it is, as turns_pick chooses, and for how long; NSEC_MAX: until another VM has
   work. */
STAY_INLINE uint32_t pick(struct turns *t, nsec now, nsec *length_ns, bool keeps)
{
    uint32_t vm = rotation_take_first(&t->ready);

    if (!keeps) {
        *length_ns = t->quanta_ns[vm];
        return vm;
    }
    bool is_over = vm == t->last && now >= t->expires_ns;
    if (is_over && !rotation_is_empty(&t->ready)) {
        rotation_put_last(&t->ready, vm);
        vm = rotation_take_first(&t->ready);
        is_over = false;
    }
    t->expired = is_over;
    *length_ns = is_over ? NSEC_MAX : vm == t->last ? t->expires_ns - now : t->quanta_ns[vm];
    t->granted_ns = t->quanta_ns[vm];
    t->last = vm;
    return vm;
}

/* The choice, at `now`. */
STAY_INLINE struct plain_turn begin_turn(struct plain *p, nsec now, bool keeps)
{
    struct slicer *s = p->slicer;
    nsec length;
    uint32_t vm = pick(p->turns, now, &length, keeps);
    uint32_t resident = s->resident;
    nsec run_start = now;
    nsec slice_start = now;

    if (vm != resident) {
        if (resident != VM_NONE) {
            /* Whether the last VM has work is often foretold wrongly: no branch. */
            uint32_t has_work = p->lanes[resident].remaining_ns >= 0;
            const struct slicer_switch *cost = &s->switches[has_work * (resident + 1)];
            run_start += cost->cost_ns;
            slice_start = run_start - cost->restore_ns;
            s->totals.switches++;
            s->totals.switch_ns += cost->cost_ns;
            p->lanes[vm].switch_ns += cost->cost_ns;
        }
        s->used.switched_in_ns = slice_start;
        s->resident = vm;
    }
    nsec slice_end = length == NSEC_MAX ? NSEC_MAX : slice_start + length;
    return (struct plain_turn){
        .vm = vm,
        .switch_start_ns = now,
        .run_start_ns = run_start,
        .segment_ns = run_start,
        .slice_end_ns = slice_end > run_start ? slice_end : run_start,
    };
}

/* An expired stay runs until another VM has work. Arrivals from limit_ns on have to wait. */
static void find_cut(struct plain *p, struct plain_turn *turn, nsec limit_ns)
{
    const struct soonest *arrivals = &p->run->arrivals;

    while (rotation_is_empty(&p->turns->ready) && soonest_time(arrivals) < limit_ns) {
        turn->slice_end_ns = soonest_time(arrivals);
        arrive(p, soonest_index(arrivals), soonest_time(arrivals));
    }
    if (rotation_is_empty(&p->turns->ready)) {
        turn->slice_end_ns = NSEC_MAX;
    }
}

/* The end of the VM's job or of the slice, which is when *now is then. False: the edge comes
   first. */
STAY_INLINE bool find_end(struct plain *p, struct plain_turn *turn, bool *is_cut, nsec *now,
                          bool keeps)
{
    for (;;) {
        nsec job_end = turn->segment_ns + p->lanes[turn->vm].remaining_ns;
        if (keeps && turn->slice_end_ns == NSEC_MAX) {
            find_cut(p, turn, job_end < p->edge_ns ? job_end : p->edge_ns);
        }
        *is_cut = turn->slice_end_ns < job_end;
        nsec end = *is_cut ? turn->slice_end_ns : job_end;
        if (end < p->edge_ns) {
            *now = end;
            return true;
        }
        p->turn = *turn;
        if (!cross(p, end)) {
            return false;
        }
    }
}

/* The stay goes on to its end, which is when *now is then. False: the edge comes first. */
STAY_INLINE bool finish_turn(struct plain *p, struct plain_turn *turn, nsec *now, bool keeps)
{
    struct plain_lane *lane = &p->lanes[turn->vm];
    bool is_cut;

    do {
        if (!find_end(p, turn, &is_cut, now, keeps)) {
            return false;
        }
        if (is_cut) {
            break;
        }
        end_job(p, turn->vm, turn->segment_ns, *now);
        if (!begin_job(p, turn->vm, *now)) {
            lane->remaining_ns = -1;
            p->slicer->ready_since_ns[turn->vm] = NSEC_MAX;
            end_stay(p, turn, *now, keeps);
            return true;
        }
        turn->segment_ns = *now;
    } while (*now < turn->slice_end_ns);
    nsec ran = *now - turn->segment_ns;
    if (ran > 0) {
        lane->start_ns = lane->start_ns < turn->segment_ns ? lane->start_ns : turn->segment_ns;
    }
    lane->remaining_ns -= ran;
    admit(p, *now);
    end_stay(p, turn, *now, keeps);
    rotation_put_last(&p->turns->ready, turn->vm);
    return true;
}

/* Up to the next choice with some VM ready, which is at *now then. False: the edge comes first,
   or an error. */
STAY_INLINE bool find_choice(struct plain *p, nsec *now)
{
    for (;;) {
        admit(p, *now);
        if (!rotation_is_empty(&p->turns->ready)) {
            break;
        }
        nsec first = soonest_time(&p->run->arrivals);
        p->turn.vm = VM_NONE;
        while (first >= p->edge_ns) {
            if (!cross(p, first)) {
                return false;
            }
        }
        *now = first;
    }
    nsec first = soonest_time(&p->run->arrivals);
    first = first < p->edge_ns ? first : p->edge_ns;
    if (first - *now > p->skip_span_ns) {
        *now = plain_skip(p, first - 1, *now);
    }
    return true;
}

STAY_INLINE void advance(struct plain *p, nsec now, bool keeps)
{
    struct plain_turn turn = p->turn;

    if (turn.vm == VM_NONE || finish_turn(p, &turn, &now, keeps)) {
        while (find_choice(p, &now)) {
            turn = begin_turn(p, now, keeps);
            if (!finish_turn(p, &turn, &now, keeps)) {
                break;
            }
        }
    }
    plain_store(p, now);
}

void plain_advance(struct run *run, struct plain *p, nsec until_ns)
{
    const struct slicer *s = p->slicer;
    nsec now = s->next < MOMENT_NEVER ? moment_time(s->next) : 0;

    p->until_ns = until_ns < run->duration_ns ? until_ns : run->duration_ns;
    set_edge(p);
    if (now >= p->edge_ns) {
        return;
    }
    plain_load(p);
    if (p->turns->keeps) {
        advance(p, now, true);
    } else {
        advance(p, now, false);
    }
}
