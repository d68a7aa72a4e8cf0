#include "run/plain_state.h"

#include "base/assert.h"
#include "run/border.h"
#include "run/stay.h"

enum { JOB_WORDS = STREAM_DEMANDS + 1 };

/* What is inlined here is so twice: for turns that keep slices, and for those that do not. */

static void set_edge(struct plain *p)
{
    p->edge_ns = p->until_ns < p->run->timer_ns ? p->until_ns : p->run->timer_ns;
}

/* What stream_next_arrival does; the usual kind in line. */
STAY_INLINE nsec next_arrival(const struct plain_lane *lane, nsec now)
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
STAY_INLINE void put_job(struct stream *stream, nsec now, nsec demand_ns)
{
    if (stream->waiting == stream->ring_capacity) {
        stream_grow(stream);
    }
    uint32_t at = (stream->ring_head + stream->waiting++) & (stream->ring_capacity - 1);
    int64_t *job = &stream->ring[(size_t)at * JOB_WORDS];
    job[STREAM_ARRIVAL] = now;
    job[STREAM_NUMBER] = (int64_t)stream->count;
    job[STREAM_DEMANDS] = demand_ns;
}

/* A job becomes the VM's oldest. */
STAY_INLINE void set_job(struct plain_lane *lane, nsec arrival_ns, nsec demand_ns, nsec now)
{
    lane->remaining_ns = lane->demand_ns = demand_ns;
    lane->start_ns = NSEC_MAX;
    lane->switch_ns = 0;
    lane->arrival_ns = arrival_ns;
    lane->begun_ns = now;
}

/* A job of a VM arrives: the VM becomes ready, or the job waits. */
STAY_INLINE void arrive(struct plain *p, uint32_t vm, nsec now)
{
    struct plain_lane *lane = &p->lanes[vm];
    struct stream *stream = lane->stream;
    nsec demand =
        lane->has_trace ? stream_draw_demand(stream, 0) : sampler_next(&stream->demands[0]);

    p->event_count++;
    if (lane->remaining_ns >= 0) {
        put_job(stream, now, demand);
    } else {
        set_job(lane, now, demand, now);
        p->ready_since_ns[vm] = now;
        rotation_put_last(&p->ready, vm);
    }
    soonest_set(&p->arrivals, vm, next_arrival(lane, now));
}

/* There is one, at least. A function of its own keeps the loop short. */
__attribute__((noinline)) static void admit_some(struct plain *p, nsec until_ns)
{
    do {
        arrive(p, soonest_index(&p->arrivals), soonest_time(&p->arrivals));
    } while (soonest_time(&p->arrivals) <= until_ns);
}

/* Jobs that arrive up to and including until_ns. */
STAY_INLINE void admit(struct plain *p, nsec until_ns)
{
    if (soonest_time(&p->arrivals) <= until_ns) {
        admit_some(p, until_ns);
    }
}

/* What comes next comes at `at_ns`, not before the edge. If the edge is but a border between
   windows, and earlier, it is told, and the edge moves on to the next. False: it stays. */
static bool cross(struct plain *p, nsec at_ns)
{
    struct run *run = p->run;
    /* An arrival at the very border may cut a turn there, before the border. */
    bool may_cut = p->turns->keeps && soonest_time(&p->arrivals) == p->edge_ns;

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

static void submit_next(struct plain *p, uint32_t vm, nsec now)
{
    nsec next = stream_client_done(p->lanes[vm].stream, now);

    soonest_set(&p->arrivals, vm, next < INSTANT_NEVER ? next : INSTANT_NEVER);
}

/* The usual is one listener. */
STAY_INLINE void tell_finished(const struct plain *p, const struct job_end *job)
{
    if (!p->finished) {
        RUN_TELL(p->run, finished, job);
    } else if (p->finished->finished) {
        p->finished->finished(p->finished->context, job);
    }
}

/* The oldest job of the VM that runs ends. */
STAY_INLINE void end_job(struct plain *p, const struct plain_turn *turn, nsec now)
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
    tell_finished(p, &job);
    if (lane->is_closed) {
        submit_next(p, turn->vm, now);
    }
}

/* The VM's next job becomes the oldest; false if there is none. */
STAY_INLINE bool begin_job(struct plain *p, struct plain_lane *lane, nsec now)
{
    struct stream *stream = lane->stream;

    if (stream->waiting == 0) {
        admit(p, now - 1);
        if (stream->waiting == 0) {
            return false;
        }
    }
    const int64_t *job = &stream->ring[(size_t)stream->ring_head * JOB_WORDS];
    set_job(lane, job[STREAM_ARRIVAL], job[STREAM_DEMANDS], now);
    stream->ring_head = (stream->ring_head + 1) & (stream->ring_capacity - 1);
    stream->waiting--;
    return true;
}

static void tell_stay(struct plain *p, const struct plain_turn *turn, nsec now)
{
    p->turn = *turn;
    plain_show_turn(p);
    stay_tell(p->run, p->slicer, now);
    p->hears_stays = p->run->listeners.stayed.count > 0;
}

STAY_INLINE void end_stay(struct plain *p, const struct plain_turn *turn, nsec now, bool keeps)
{
    nsec ran = now - turn->run_start_ns;

    p->service_ns[turn->vm] += ran;
    p->totals.busy_ns += ran;
    p->totals.stays++;
    if (keeps) {
        p->turns->expires_ns = p->slicer->used.switched_in_ns + p->turns->granted_ns;
    }
    if (p->hears_stays) {
        tell_stay(p, turn, now);
    }
}

/* Whose turn it is where slices are kept, as turns_pick chooses, and for how long; NSEC_MAX:
   until another VM has work. */
static uint32_t pick_keeping(struct plain *p, nsec now, nsec *length_ns)
{
    struct turns *t = p->turns;
    uint32_t vm = rotation_take_first(&p->ready);
    bool is_over = vm == t->last && now >= t->expires_ns;

    if (is_over && !rotation_is_empty(&p->ready)) {
        rotation_put_last(&p->ready, vm);
        vm = rotation_take_first(&p->ready);
        is_over = false;
    }
    t->expired = is_over;
    *length_ns = is_over ? NSEC_MAX : vm == t->last ? t->expires_ns - now : t->quanta_ns[vm];
    t->granted_ns = t->quanta_ns[vm];
    t->last = vm;
    return vm;
}

/* Who is switched to pays. Returns what. */
STAY_INLINE const struct slicer_switch *pay(struct plain *p, struct plain_lane *lane)
{
    /* Whether the last VM has work is often foretold wrongly: no branch. */
    uint32_t has_work = p->lanes[p->resident].remaining_ns >= 0;
    const struct slicer_switch *cost = &p->switches[has_work * (p->resident + 1)];

    p->totals.switches++;
    p->totals.switch_ns += cost->cost_ns;
    lane->switch_ns += cost->cost_ns;
    return cost;
}

/* The choice, at `now`. */
STAY_INLINE struct plain_turn begin_turn(struct plain *p, nsec now, bool keeps)
{
    nsec length = 0;
    uint32_t vm = keeps ? pick_keeping(p, now, &length) : rotation_take_first(&p->ready);
    struct plain_lane *lane = &p->lanes[vm];
    nsec run_start = now;
    nsec slice_start = now;

    if (vm != p->resident) {
        if (p->resident != VM_NONE) {
            const struct slicer_switch *cost = pay(p, lane);
            run_start += cost->cost_ns;
            slice_start = run_start - cost->restore_ns;
        }
        if (keeps) {
            p->slicer->used.switched_in_ns = slice_start;
        }
        p->resident = vm;
    }
    length = keeps ? length : p->quanta_ns[vm];
    nsec slice_end = keeps && length == NSEC_MAX ? NSEC_MAX : slice_start + length;
    return (struct plain_turn){
        .lane = lane,
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
    while (rotation_is_empty(&p->ready) && soonest_time(&p->arrivals) < limit_ns) {
        turn->slice_end_ns = soonest_time(&p->arrivals);
        arrive(p, soonest_index(&p->arrivals), soonest_time(&p->arrivals));
    }
    if (rotation_is_empty(&p->ready)) {
        turn->slice_end_ns = NSEC_MAX;
    }
}

/* The end of the VM's job or of the slice, which is when *now is then. False: the edge comes
   first. */
STAY_INLINE bool find_end(struct plain *p, struct plain_turn *turn, bool *is_cut, nsec *now,
                          bool keeps)
{
    for (;;) {
        nsec job_end = turn->segment_ns + turn->lane->remaining_ns;
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

/* The stay goes on to its end, which is when *now is then, and all that arrived up to then is
   told. False: the edge comes first. */
STAY_INLINE bool finish_turn(struct plain *p, struct plain_turn *turn, nsec *now, bool keeps)
{
    struct plain_lane *lane = turn->lane;
    bool is_cut;

    do {
        if (!find_end(p, turn, &is_cut, now, keeps)) {
            return false;
        }
        if (is_cut) {
            break;
        }
        end_job(p, turn, *now);
        if (!begin_job(p, lane, *now)) {
            lane->remaining_ns = -1;
            p->ready_since_ns[turn->vm] = NSEC_MAX;
            end_stay(p, turn, *now, keeps);
            admit(p, *now);
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
    rotation_put_last(&p->ready, turn->vm);
    return true;
}

/* Nobody has work: on to the next arrival. False: the edge comes first. */
static bool await(struct plain *p, nsec *now)
{
    nsec first = soonest_time(&p->arrivals);

    p->turn.vm = VM_NONE;
    while (first >= p->edge_ns) {
        if (!cross(p, first)) {
            return false;
        }
    }
    *now = first;
    admit(p, first);
    return true;
}

/* The next choice is at *now, or it is then. False: the edge comes first. */
STAY_INLINE bool find_choice(struct plain *p, nsec *now)
{
    if (rotation_is_empty(&p->ready) && !await(p, now)) {
        return false;
    }
    nsec first = soonest_time(&p->arrivals);
    if (first - *now > p->skip_span_ns && p->edge_ns - *now > p->skip_span_ns) {
        *now = plain_skip(p, (first < p->edge_ns ? first : p->edge_ns) - 1, *now);
    }
    return true;
}

STAY_INLINE void advance(struct plain *p, nsec now, bool keeps)
{
    struct plain_turn turn = p->turn;
    bool goes_on = true;

    if (turn.vm != VM_NONE) {
        goes_on = finish_turn(p, &turn, &now, keeps);
    } else {
        admit(p, now);
    }
    while (goes_on && find_choice(p, &now)) {
        turn = begin_turn(p, now, keeps);
        goes_on = finish_turn(p, &turn, &now, keeps);
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
