#include "run/stream.h"

#include "base/assert.h"
#include "engine/exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RING_START = 8 };

static void name_sampler(struct sampler *sampler, const struct amount *amount,
                         const struct rng_name *name, const char *quantity)
{
    struct rng_name full = *name;

    full.quantity = quantity;
    sampler_init(sampler, amount, &full);
}

static struct amount exponential(double mean_ns)
{
    return (struct amount){ .kind = AMOUNT_EXPONENTIAL, .mean = mean_ns };
}

static void init_arrivals(struct stream *s, const struct rng_name *name, struct arena *arena)
{
    const struct arrival *arrival = &s->workload->arrival;
    struct amount gap = exponential(arrival->mean_gap_ns);

    switch (arrival->kind) {
    case ARRIVAL_CLOSED:
        gap = arrival->think;
        s->returns_at_once = amount_may_be_zero(&arrival->think);
        s->clients_ns = arena_take(arena, arrival->clients, sizeof(nsec));
        break;
    case ARRIVAL_GAMMA:
        gap.kind = AMOUNT_GAMMA;
        gap.cv = arrival->cv;
        break;
    case ARRIVAL_DIURNAL:
        gap = exponential(arrival->mean_gap_ns / (1.0 + arrival->amplitude));
        break;
    case ARRIVAL_MMPP:
        gap = exponential(1.0);
        s->stays = arena_take(arena, arrival->state_count, sizeof(s->stays[0]));
        for (uint32_t i = 0; i < arrival->state_count; i++) {
            name_sampler(&s->stays[i], &arrival->stays[i], name,
                         arena_format(arena, "state[%u]", i));
        }
        break;
    case ARRIVAL_ON_OFF:
        name_sampler(&s->jitter, &arrival->on, name, "on");
        name_sampler(&s->off, &arrival->off, name, "off");
        break;
    case ARRIVAL_PERIODIC:
        if (arrival->has_jitter) {
            name_sampler(&s->jitter, &arrival->jitter, name, "jitter");
        }
        break;
    default:
        break;
    }
    name_sampler(&s->gap, &gap, name, "arrival");
}

void stream_init(struct stream *stream, const struct workload *workload,
                 const struct rng_name *name, struct arena *arena)
{
    uint32_t phases = workload->phase_count;

    stream->workload = workload;
    init_arrivals(stream, name, arena);
    stream->demands =
        phases == 1 ? &stream->demand : arena_take(arena, phases, sizeof(stream->demands[0]));
    for (uint32_t i = 0; i < phases; i++) {
        name_sampler(&stream->demands[i], &workload->phases[i].demand, name,
                     arena_format(arena, "job[%u]", i));
    }
    for (uint32_t i = 0; i < workload->in_flight; i++) {
        struct flight *flight = arena_take(arena, 1, sizeof(*flight) + phases * sizeof(nsec));
        flight->stream = stream->index;
        flight->vm = stream->vm;
        flight->next = stream->idle;
        stream->idle = flight;
    }
}

void stream_fini(struct stream *stream)
{
    free(stream->ring);
    stream->ring = NULL;
}

/* ---------------------------------------------------------------- arrivals */

/* Poisson arrivals while a state lasts; what is left of a gap at the end of a state is drawn
   anew in the next, which an exponential gap does not notice. */
static nsec next_on_off(struct stream *s, nsec now)
{
    for (;;) {
        nsec next = now + sampler_next(&s->gap);
        if (next < s->state_end_ns) {
            return next;
        }
        now = s->state_end_ns + sampler_next(&s->off);
        if (now > AMOUNT_MAX) {
            return NSEC_MAX;
        }
        s->state_end_ns = now + sampler_next(&s->jitter);
    }
}

static nsec next_mmpp(struct stream *s, nsec now)
{
    const struct arrival *arrival = &s->workload->arrival;

    for (;;) {
        double gap_ns = arrival->gaps_ns[s->state];
        if (gap_ns < (double)AMOUNT_MAX) {
            s->gap.mean = gap_ns;
            nsec next = now + sampler_next(&s->gap);
            if (next < s->state_end_ns) {
                return next;
            }
        }
        now = s->state_end_ns;
        if (now > AMOUNT_MAX) {
            return NSEC_MAX;
        }
        s->state = (s->state + 1) % arrival->state_count;
        s->state_end_ns = now + sampler_next(&s->stays[s->state]);
    }
}

/* Thinning (Lewis and Shedler 1979): candidates at the highest rate, each kept with the
   chance (rate now / highest rate). */
static nsec next_diurnal(struct stream *s, nsec now)
{
    const struct arrival *arrival = &s->workload->arrival;

    while (now < AMOUNT_MAX) {
        now += sampler_draw(&s->gap);
        nsec in_cycle = (now - s->start_ns) % arrival->cycle_ns;
        double rate = 1.0 + arrival->amplitude *
                                exact_sin_turns((double)in_cycle / (double)arrival->cycle_ns);
        if (rng_uniform(&s->gap.rng) * (1.0 + arrival->amplitude) < rate) {
            return now;
        }
    }
    return NSEC_MAX;
}

static nsec next_periodic(struct stream *s)
{
    const struct arrival *arrival = &s->workload->arrival;
    double whole = (double)s->count * arrival->period_ns;

    if (whole >= (double)AMOUNT_MAX) {
        return NSEC_MAX;
    }
    nsec next = s->start_ns + arrival->offset_ns + (nsec)(whole + 0.5);
    if (arrival->has_jitter) {
        next += sampler_next(&s->jitter);
        /* A stream is in order: a job that is late makes the next no earlier than itself. */
        next = next > s->state_end_ns ? next : s->state_end_ns;
        s->state_end_ns = next;
    }
    return next;
}

static nsec next_trace(struct stream *s)
{
    const struct arrival *arrival = &s->workload->arrival;

    if (s->count >= arrival->time_count) {
        return NSEC_MAX;
    }
    return s->start_ns + arrival->offset_ns + arrival->times_ns[s->count];
}

static nsec after_special(struct stream *s, nsec now)
{
    switch (s->workload->arrival.kind) {
    case ARRIVAL_PERIODIC:
        return next_periodic(s);
    case ARRIVAL_TRACE:
        return next_trace(s);
    case ARRIVAL_ON_OFF:
        return next_on_off(s, now);
    case ARRIVAL_MMPP:
        return next_mmpp(s, now);
    case ARRIVAL_DIURNAL:
        return next_diurnal(s, now);
    case ARRIVAL_CLOSED:
        return s->client_count ? s->clients_ns[s->client_count - 1] : NSEC_MAX;
    default:
        return now + sampler_next(&s->gap);
    }
}

/* NSEC_MAX from the instant on at which the stream ends. */
static nsec within(const struct stream *s, nsec next)
{
    nsec until_ns = s->workload->arrival.until_ns;

    return until_ns > 0 && next >= until_ns ? NSEC_MAX : next;
}

/* The arrival that follows one at `now`. The usual kind goes first. */
static inline nsec after(struct stream *s, nsec now)
{
    return s->workload->arrival.kind == ARRIVAL_POISSON ? now + sampler_next(&s->gap)
                                                        : after_special(s, now);
}

nsec stream_first_arrival(struct stream *stream, nsec start_ns)
{
    const struct arrival *arrival = &stream->workload->arrival;
    nsec from = start_ns + stream->shift_ns + arrival->offset_ns;

    stream->start_ns = start_ns + stream->shift_ns;
    switch (arrival->kind) {
    case ARRIVAL_CLOSED:
        stream->client_count = arrival->clients;
        for (uint32_t i = 0; i < arrival->clients; i++) {
            stream->clients_ns[i] = from;
        }
        break;
    case ARRIVAL_ON_OFF:
        stream->state_end_ns = from + sampler_next(&stream->jitter);
        break;
    case ARRIVAL_MMPP:
        stream->state_end_ns = from + sampler_next(&stream->stays[0]);
        break;
    default:
        break;
    }
    return within(stream, after(stream, from));
}

nsec stream_next_arrival(struct stream *stream, nsec now)
{
    stream->count++;
    if (stream->workload->arrival.kind == ARRIVAL_CLOSED) {
        stream->client_count--;
    }
    return within(stream, after(stream, now));
}

nsec stream_client_done(struct stream *stream, nsec now)
{
    nsec next = now + sampler_next(&stream->gap);
    uint32_t at = stream->client_count++;

    /* Kept in falling order, so that the next arrival is the last. */
    for (; at > 0 && stream->clients_ns[at - 1] < next; at--) {
        stream->clients_ns[at] = stream->clients_ns[at - 1];
    }
    stream->clients_ns[at] = next;
    return within(stream, stream->clients_ns[stream->client_count - 1]);
}

/* ---------------------------------------------------------------- jobs */

static uint32_t job_words(const struct stream *s)
{
    return STREAM_DEMANDS + s->workload->phase_count;
}

void stream_grow(struct stream *s)
{
    uint32_t capacity = s->ring_capacity ? 2 * s->ring_capacity : RING_START;
    size_t words = job_words(s);
    assert(capacity > s->ring_capacity);
    int64_t *ring = malloc((size_t)capacity * words * sizeof(ring[0]));

    if (!ring) {
        out_of_memory();
    }
    for (uint32_t i = 0; i < s->waiting; i++) {
        uint32_t from = (s->ring_head + i) & (s->ring_capacity - 1);
        memcpy(&ring[i * words], &s->ring[from * words], words * sizeof(ring[0]));
    }
    free(s->ring);
    s->ring = ring;
    s->ring_capacity = capacity;
    s->ring_head = 0;
}

nsec stream_draw_demand(struct stream *s, uint32_t phase)
{
    const struct arrival *arrival = &s->workload->arrival;

    if (s->demands[phase].amount.kind == AMOUNT_TRACE) {
        assert(arrival->demands_ns && s->count < arrival->time_count);
        return arrival->demands_ns[s->count];
    }
    return sampler_next(&s->demands[phase]);
}

void stream_put(struct stream *stream, nsec now, uint64_t number)
{
    if (stream->waiting == stream->ring_capacity) {
        stream_grow(stream);
    }
    uint32_t at = (stream->ring_head + stream->waiting++) & (stream->ring_capacity - 1);
    int64_t *job = &stream->ring[(size_t)at * job_words(stream)];

    job[STREAM_ARRIVAL] = now;
    job[STREAM_NUMBER] = (int64_t)number;
    for (uint32_t i = 0; i < stream->workload->phase_count; i++) {
        job[STREAM_DEMANDS + i] = stream_draw_demand(stream, i);
    }
}

const int64_t *stream_oldest(const struct stream *stream)
{
    assert(stream->waiting > 0);
    return &stream->ring[(size_t)stream->ring_head * job_words(stream)];
}

void stream_drop_oldest(struct stream *stream)
{
    assert(stream->waiting > 0);
    stream->ring_head = (stream->ring_head + 1) & (stream->ring_capacity - 1);
    stream->waiting--;
}

void stream_drop_newest(struct stream *stream)
{
    assert(stream->waiting > 0);
    stream->waiting--;
}

const int64_t *stream_newest(const struct stream *stream)
{
    assert(stream->waiting > 0);
    uint32_t at = (stream->ring_head + stream->waiting - 1) & (stream->ring_capacity - 1);
    return &stream->ring[(size_t)at * job_words(stream)];
}

/* From the demands on the whole device to the time that they take here. */
static void scale_demands(const struct stream *s, struct flight *flight)
{
    flight->nominal_ns = stream_engine_demand(s, flight->demands_ns);
    for (uint32_t i = 0; i < s->workload->phase_count; i++) {
        flight->demands_ns[i] = (nsec)((double)flight->demands_ns[i] * s->scales[i] + 0.5);
    }
}

nsec stream_nominal_demand(const struct stream *stream, const struct flight *flight)
{
    return stream->scales
               ? flight->nominal_ns
               : stream_engine_demand(stream, flight->demands_ns) - flight->slowed_ns;
}

static struct flight *idle_flight(struct stream *s, nsec arrival_ns, uint64_t number)
{
    struct flight *flight = s->idle;

    assert(flight);
    s->idle = flight->next;
    s->under_way++;
    flight->arrival_ns = flight->begun_ns = arrival_ns;
    flight->number = number;
    flight->start_ns = NSEC_MAX;
    flight->queue_wait_ns = flight->switch_ns = flight->lost_ns = flight->stretch_ns = 0;
    flight->host_ns = 0;
    flight->slowed_ns = 0;
    flight->phase = 0;
    return flight;
}

struct flight *stream_begin(struct stream *stream, nsec now, uint64_t number)
{
    struct flight *flight = idle_flight(stream, now, number);

    for (uint32_t i = 0; i < stream->workload->phase_count; i++) {
        flight->demands_ns[i] = stream_draw_demand(stream, i);
    }
    if (stream->scales) {
        scale_demands(stream, flight);
    }
    return flight;
}

struct flight *stream_take(struct stream *stream)
{
    const int64_t *job = stream_oldest(stream);
    struct flight *flight =
        idle_flight(stream, job[STREAM_ARRIVAL], (uint64_t)job[STREAM_NUMBER]);

    for (uint32_t i = 0; i < stream->workload->phase_count; i++) {
        flight->demands_ns[i] = job[STREAM_DEMANDS + i];
    }
    if (stream->scales) {
        scale_demands(stream, flight);
    }
    stream_drop_oldest(stream);
    return flight;
}

void stream_put_back(struct stream *stream, struct flight *flight)
{
    flight->next = stream->idle;
    stream->idle = flight;
    stream->under_way--;
}

nsec stream_engine_demand(const struct stream *stream, const nsec *demands_ns)
{
    nsec sum = 0;

    for (uint32_t i = 0; i < stream->workload->phase_count; i++) {
        sum += stream->workload->phases[i].kind == PHASE_HOST ? 0 : demands_ns[i];
    }
    return sum;
}

/* A phase behind one of the host was not put to the GPU before that ended. */
nsec stream_submitted(const struct stream *stream, const struct flight *flight)
{
    for (uint32_t i = 0; i < flight->phase; i++) {
        if (stream->workload->phases[i].kind == PHASE_HOST) {
            return flight->ready_ns;
        }
    }
    return flight->begun_ns;
}
