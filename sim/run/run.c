#include "run/run.h"

#include "base/assert.h"
#include "run/border.h"
#include "run/decision.h"
#include "run/inside.h"
#include "run/pace.h"

/* ---------------------------------------------------------------- jobs */

/* A host phase begins: when it ends. What the host did ahead of the engines is over. */
static nsec host_end(const struct stream *stream, struct flight *flight, nsec now)
{
    nsec *demand = &flight->demands_ns[flight->phase];

    if (stream->workload->phases[flight->phase].from_begin) {
        nsec left = flight->begun_ns + *demand - now;
        *demand = left > 0 ? left : 0;
    }
    return now + *demand;
}

static void begin_phase(struct run *run, struct flight *flight, nsec now)
{
    struct stream *stream = &run->streams[flight->stream];
    const struct phase *phase = &stream->workload->phases[flight->phase];

    if (phase->kind != PHASE_HOST) {
        struct slicer *slicer = run->by_phase[phase->kind];
        if (run->health) {
            health_stretch(run, stream, flight);
        }
        if (slicer) {
            slicer_put(run, slicer, flight, now);
        } else {
            spatial_put(run, run->spatial, flight, now);
        }
        return;
    }
    flight->next = NULL;
    flight->ready_ns = now;
    if (stream->host) {
        stream->host_last->next = flight;
    } else {
        stream->host = flight;
        soonest_set(&run->hosts, flight->stream, host_end(stream, flight, now));
    }
    stream->host_last = flight;
}

void run_set_arrival(struct run *run, struct stream *stream, nsec at)
{
    if (stream->is_paced) {
        at = pace_next(run, stream, at);
    }
    soonest_set(&run->arrivals, stream->index, at < INSTANT_NEVER ? at : INSTANT_NEVER);
}

void run_begin_jobs(struct run *run, struct stream *stream, nsec now)
{
    while (stream->waiting > 0 && stream->under_way < stream->workload->in_flight &&
           !run->is_away && pace_allows(run, stream, now)) {
        struct flight *flight = stream_take(stream);
        flight->queue_wait_ns = now - flight->arrival_ns;
        flight->begun_ns = now;
        pace_begin(run, stream, now);
        begin_phase(run, flight, now);
    }
    if (stream->is_paced) {
        run_set_arrival(run, stream, stream->arrival_ns);
    }
}

/* The job that arrives now begins at once. */
static void begin_now(struct run *run, struct stream *stream, nsec now, uint64_t number)
{
    struct flight *flight = stream_begin(stream, now, number);

    pace_begin(run, stream, now);
    run_set_arrival(run, stream, stream_next_arrival(stream, now));
    begin_phase(run, flight, now);
}

static void client_done(struct run *run, struct stream *stream, nsec now)
{
    if (stream->workload->arrival.kind == ARRIVAL_CLOSED) {
        run_set_arrival(run, stream, stream_client_done(stream, now));
    }
}

static void end_job(struct run *run, struct stream *stream, struct flight *flight, nsec now)
{
    const struct workload *workload = stream->workload;
    nsec latency = now - flight->arrival_ns;
    nsec alone = 0;

    for (uint32_t i = 0; i < workload->phase_count; i++) {
        alone += flight->demands_ns[i];
    }
    nsec served = alone - flight->host_ns;
    alone -= flight->slowed_ns;
    nsec demand = stream->scales ? flight->nominal_ns : served - flight->slowed_ns;
    nsec ran = served + flight->lost_ns + flight->stretch_ns;
    struct job_end job = {
        .vm = stream->vm,
        .workload = stream->index_in_vm,
        .number = flight->number,
        .arrival_ns = flight->arrival_ns,
        .start_ns = flight->start_ns == NSEC_MAX ? flight->arrival_ns : flight->start_ns,
        .end_ns = now,
        .deadline_ns = workload->deadline_ns == NSEC_MAX
                           ? NSEC_MAX
                           : flight->arrival_ns + workload->deadline_ns,
        .demand_ns = demand,
        .queue_wait_ns = flight->queue_wait_ns,
        .slice_wait_ns =
            latency - flight->queue_wait_ns - ran - flight->switch_ns - flight->host_ns,
        .run_ns = ran,
        .switch_ns = flight->switch_ns,
        .host_ns = flight->host_ns,
        .alone_ns = alone,
    };
    assert_at(job.slice_wait_ns >= 0, now, run->event_count);
    RUN_TELL(run, finished, &job);
    stream_put_back(stream, flight);
    client_done(run, stream, now);
    run_begin_jobs(run, stream, now);
}

void run_phase_done(struct run *run, struct flight *flight, nsec now)
{
    struct stream *stream = &run->streams[flight->stream];

    flight->phase++;
    if (flight->phase < stream->workload->phase_count) {
        begin_phase(run, flight, now);
    } else {
        end_job(run, stream, flight, now);
    }
}

static void tell_unfinished(struct run *run, const struct flight *flight, bool dropped,
                            bool is_lost)
{
    const struct stream *stream = &run->streams[flight->stream];
    struct job_left job = {
        .vm = stream->vm,
        .workload = stream->index_in_vm,
        .number = flight->number,
        .arrival_ns = flight->arrival_ns,
        .start_ns = flight->start_ns == NSEC_MAX ? -1 : flight->start_ns,
        .demand_ns = stream_nominal_demand(stream, flight),
        .dropped = dropped,
        .lost = is_lost,
    };

    RUN_TELL(run, unfinished, &job);
}

void run_tell_waiting(struct run *run, const struct stream *stream, const int64_t *job,
                      bool dropped)
{
    struct job_left left = {
        .vm = stream->vm,
        .workload = stream->index_in_vm,
        .number = (uint64_t)job[STREAM_NUMBER],
        .arrival_ns = job[STREAM_ARRIVAL],
        .start_ns = -1,
        .demand_ns = stream_engine_demand(stream, &job[STREAM_DEMANDS]),
        .dropped = dropped,
    };

    RUN_TELL(run, unfinished, &left);
}

void run_flight_lost(struct run *run, struct flight *flight, bool dropped, nsec now)
{
    struct stream *stream = &run->streams[flight->stream];

    tell_unfinished(run, flight, dropped, run->is_away);
    stream_put_back(stream, flight);
    if (dropped || run->is_away) {
        client_done(run, stream, now);
        run_begin_jobs(run, stream, now);
    }
}

void run_flight_failed(struct run *run, struct flight *flight, nsec now)
{
    struct stream *stream = &run->streams[flight->stream];

    tell_unfinished(run, flight, false, true);
    stream_put_back(stream, flight);
    client_done(run, stream, now);
    run_begin_jobs(run, stream, now);
}

/* ---------------------------------------------------------------- events */

static void arrive(struct run *run, uint32_t index, nsec now)
{
    struct stream *stream = &run->streams[index];

    if (stream->is_paced && now < stream->arrival_ns) {
        run_begin_jobs(run, stream, now);
        return;
    }
    RUN_TELL(run, arrived, stream->vm, stream->index_in_vm, now);
    const struct workload *workload = stream->workload;
    uint64_t number = run->vms[stream->vm].job_count++;
    bool full = stream->waiting + stream->under_way >= workload->queue_limit;
    if (!full && stream->waiting == 0 && stream->under_way < workload->in_flight &&
        !run->is_away && pace_allows(run, stream, now)) {
        begin_now(run, stream, now, number);
        return;
    }
    if (full && workload->when_full == WHEN_FULL_DROP_OLD && stream->waiting > 0) {
        run_tell_waiting(run, stream, stream_oldest(stream), true);
        stream_drop_oldest(stream);
        full = false;
        client_done(run, stream, now);
    }
    stream_put(stream, now, number);
    nsec next = stream_next_arrival(stream, now);
    if (full) {
        run_tell_waiting(run, stream, stream_newest(stream), true);
        stream_drop_newest(stream);
    }
    run_set_arrival(run, stream, next);
    if (full) {
        client_done(run, stream, now);
    }
    run_begin_jobs(run, stream, now);
}

static void end_host_phase(struct run *run, uint32_t index, nsec now)
{
    struct stream *stream = &run->streams[index];
    struct flight *flight = stream->host;
    nsec demand = flight->demands_ns[flight->phase];

    flight->host_ns += demand;
    flight->queue_wait_ns += now - demand - flight->ready_ns;
    stream->host = flight->next;
    soonest_set(&run->hosts, index,
                stream->host ? host_end(stream, stream->host, now) : INSTANT_NEVER);
    run_phase_done(run, flight, now);
}

/* The slicer whose event comes first; ends at one instant by VM, then workload. *bound comes
   down to the events of the others. */
static struct slicer *first_slicer(const struct run *run, moment *bound)
{
    struct slicer *first = &run->slicers[0];

    for (uint32_t i = 1; i < run->slicer_count; i++) {
        struct slicer *s = &run->slicers[i];
        struct slicer *other = s;
        if (s->next < first->next ||
            (s->next == first->next && moment_class_of(s->next) == MOMENT_END &&
             slicer_tie(s) < slicer_tie(first))) {
            other = first;
            first = s;
        }
        *bound = other->next < *bound ? other->next : *bound;
    }
    return first;
}

/* Whether a host phase ends before `limit` and before the first slicer's event. */
static bool is_host_first(const struct run *run, const struct slicer *first, moment limit)
{
    moment host = moment_at(soonest_time(&run->hosts), MOMENT_END);

    return host < limit &&
           (host < first->next ||
            (host == first->next && soonest_index(&run->hosts) < slicer_tie(first)));
}

/* The same where compute is shared in space: there may be no slicer. */
static int advance_spatial(struct run *run, moment limit)
{
    struct spatial *spatial = run->spatial;
    moment bound = limit;
    struct slicer *slicer = run->slicer_count > 0 ? first_slicer(run, &bound) : NULL;
    moment other = slicer ? slicer->next : MOMENT_NEVER;
    moment next = spatial->next < other ? spatial->next : other;
    bool is_end = next < MOMENT_NEVER && moment_class_of(next) == MOMENT_END;
    uint64_t own_tie = is_end && spatial->next == next ? spatial_tie(spatial) : UINT64_MAX;
    uint64_t other_tie = is_end && other == next ? slicer_tie(slicer) : UINT64_MAX;

    if (run->has_hosts) {
        moment host = moment_at(soonest_time(&run->hosts), MOMENT_END);
        uint64_t tie = own_tie < other_tie ? own_tie : other_tie;
        if (host < limit &&
            (host < next || (host == next && soonest_index(&run->hosts) < tie))) {
            run->event_count++;
            end_host_phase(run, soonest_index(&run->hosts), soonest_time(&run->hosts));
            return 0;
        }
        bound = host < bound ? host : bound;
    }
    if (next >= limit) {
        return 1;
    }
    if (spatial->next < other || (spatial->next == other && own_tie <= other_tie)) {
        spatial_run(run, spatial, other < bound ? other : bound);
        return 0;
    }
    return slicer_run(run, slicer, spatial->next < bound ? spatial->next : bound);
}

/* What comes first happens: a host phase, the slicer's next event and those that follow
   before anything else does, or (without a host phase or slicer before `limit`) nothing: 1.
   -1: an invalid decision. */
static int advance_engines(struct run *run, moment limit)
{
    moment bound = limit;
    struct slicer *slicer = run->slicers;

    if (!run->is_alone) {
        if (run->spatial) {
            return advance_spatial(run, limit);
        }
        slicer = first_slicer(run, &bound);
    }
    if (run->has_hosts) {
        if (is_host_first(run, slicer, limit)) {
            run->event_count++;
            end_host_phase(run, soonest_index(&run->hosts), soonest_time(&run->hosts));
            return 0;
        }
        moment host = moment_at(soonest_time(&run->hosts), MOMENT_END);
        bound = host < bound ? host : bound;
    }
    if (run->limited) {
        bound = slicer->next; /* One event: a limiter may then open before the next one. */
    }
    return slicer->next < limit ? slicer_run(run, slicer, bound) : 1;
}

/* Policies that failed since their last choice. */
static int check_failures(struct run *run)
{
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        if (decision_check_failure(run, &run->slicers[i])) {
            return -1;
        }
    }
    return 0;
}

int run_advance(struct run *run, nsec until, struct err *err)
{
    moment end = until < run->duration_ns ? moment_at(until, MOMENT_CHOICE)
                                          : moment_at(run->duration_ns, MOMENT_END);

    run->err = err;
    if (run->plain) {
        plain_advance(run, run->plain, until);
    }
    for (;;) {
        if (run->limited) {
            run_set_timer(run);
        }
        moment arrival = run_arrival(run);
        moment timer_at = moment_at(run->timer_ns, MOMENT_TIMER);
        moment next = arrival < timer_at ? arrival : timer_at;
        int status = advance_engines(run, next <= end ? next : end + 1);
        if (status < 0) {
            return -1;
        }
        if (status == 0) {
            continue;
        }
        if (next > end) {
            return check_failures(run);
        }
        run->event_count++;
        if (next == arrival) {
            arrive(run, soonest_index(&run->arrivals), soonest_time(&run->arrivals));
        } else {
            run_timer(run, run->timer_ns);
            if (run->plain) {
                plain_advance(run, run->plain, until);
            }
        }
    }
}

static void finish_flights(struct run *run, const struct flight *flight)
{
    for (; flight; flight = flight->next) {
        tell_unfinished(run, flight, false, false);
    }
}

void run_finish(struct run *run)
{
    border_tell(run, true, run->duration_ns);
    for (uint32_t i = 0; i < run->slicer_count; i++) {
        struct slicer *s = &run->slicers[i];
        slicer_finish(run, s, run->duration_ns);
        for (uint32_t vm = 0; vm < run->vm_count; vm++) {
            finish_flights(run, s->lanes[vm].head);
        }
    }
    if (run->spatial) {
        spatial_finish(run, run->spatial, run->duration_ns);
        for (uint32_t vm = 0; vm < run->vm_count; vm++) {
            finish_flights(run, run->spatial->clients[vm].head);
        }
    }
    for (uint32_t i = 0; i < run->stream_count; i++) {
        struct stream *stream = &run->streams[i];
        finish_flights(run, stream->host);
        for (; stream->waiting > 0; stream_drop_oldest(stream)) {
            run_tell_waiting(run, stream, stream_oldest(stream), false);
        }
    }
}

uint64_t run_event_count(const struct run *run)
{
    uint64_t count = run->event_count;

    for (uint32_t i = 0; i < run->slicer_count; i++) {
        count += run->slicers[i].totals.stays;
    }
    return count;
}
