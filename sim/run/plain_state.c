#include "run/plain_state.h"

#include "run/stay.h"

/* VMs sit down on the carousel if so many turns pass before anything happens: for fewer, one
   turn after the other is as quick (docs/performance.md). */
enum { RIDE_TURNS = 20 };

enum { MANY_VMS = 64 };

static bool is_plain_stream(const struct run *run, uint32_t index)
{
    const struct stream *stream = &run->streams[index];
    const struct workload *workload = stream->workload;

    return run->vms[stream->vm].stream_count == 1 && workload->phase_count == 1 &&
           workload->in_flight == 1 && workload->queue_limit == UINT32_MAX && !stream->scales &&
           !stream->is_paced;
}

static bool is_plain(const struct run *run)
{
    if (!run->is_alone || run->limited || run->health ||
        run->slicers[0].kind != ENGINE_COMPUTE || run->has_pieces ||
        run->listeners.arrived.count > 0 || run->listeners.ready.count > 0 ||
        run->listeners.dry.count > 0 || run->listeners.demanded.count > 0) {
        return false;
    }
    for (uint32_t i = 0; i < run->stream_count; i++) {
        if (!is_plain_stream(run, i)) {
            return false;
        }
    }
    return run->stream_count == run->vm_count;
}

/* Whether each VM's turn after another's is as long as any. */
static bool are_even(const struct plain *p, uint32_t vm_count)
{
    const struct slicer_switch *first = &p->switches[1];

    for (uint32_t vm = 1; vm < vm_count; vm++) {
        const struct slicer_switch *own = &p->switches[vm + 1];
        if (p->quanta_ns[vm] != p->quanta_ns[0] || own->cost_ns != first->cost_ns ||
            own->restore_ns != first->restore_ns) {
            return false;
        }
    }
    return p->quanta_ns[0] > first->restore_ns;
}

static void set_even(struct plain *p, uint32_t vm_count, struct arena *arena)
{
    const struct slicer_switch *idle = &p->switches[0];
    const struct slicer_switch *own = &p->switches[1];

    p->is_even = vm_count > 0 && are_even(p, vm_count);
    if (p->is_even) {
        nsec run = p->quanta_ns[0] - own->restore_ns;
        p->idle_is_even = idle->cost_ns == own->cost_ns && idle->restore_ns == own->restore_ns;
        carousel_init(&p->carousel, vm_count, run, own->cost_ns + run, arena);
    }
}

static void set_skip_span(struct plain *p)
{
    const struct slicer *s = p->slicer;

    p->skip_span_ns = NSEC_MAX;
    if (s->skip_span < MOMENT_NEVER) {
        p->skip_span_ns =
            p->is_even ? RIDE_TURNS * s->policy.quantum_ns : moment_time(s->skip_span);
    }
}

struct plain *plain_create(struct run *run)
{
    struct turns *turns = is_plain(run) ? turns_of(&run->slicers[0].policy) : NULL;

    if (!turns) {
        return NULL;
    }
    struct plain *p = arena_take(&run->arena, 1, sizeof(*p));
    p->run = run;
    p->slicer = &run->slicers[0];
    p->turns = turns;
    p->arrivals = run->arrivals;
    p->quanta_ns = turns->quanta_ns;
    p->switches = p->slicer->switches;
    p->service_ns = p->slicer->service_ns;
    p->ready_since_ns = p->slicer->ready_since_ns;
    p->has_many_vms = run->vm_count > MANY_VMS;
    p->finished = run->listeners.finished.count == 1 ? run->listeners.finished.probes[0] : NULL;
    set_even(p, run->vm_count, &run->arena);
    set_skip_span(p);
    p->lanes = arena_take(&run->arena, run->vm_count, sizeof(p->lanes[0]));
    p->flights = arena_take(&run->arena, run->vm_count, sizeof(p->flights[0]));
    for (uint32_t i = 0; i < run->vm_count; i++) {
        const struct workload *workload = run->streams[i].workload;
        p->flights[i] = run->streams[i].idle;
        p->lanes[i].stream = &run->streams[i];
        p->lanes[i].is_poisson =
            workload->arrival.kind == ARRIVAL_POISSON && workload->arrival.until_ns == 0;
        p->lanes[i].is_closed = workload->arrival.kind == ARRIVAL_CLOSED;
        p->lanes[i].has_trace = workload->phases[0].demand.kind == AMOUNT_TRACE;
    }
    return p;
}

void plain_load(struct plain *p)
{
    const struct slicer *s = p->slicer;

    p->ready = p->turns->ready;
    p->resident = s->resident;
    p->hears_stays = p->run->listeners.stayed.count > 0;
    for (uint32_t vm = 0; vm < p->run->vm_count; vm++) {
        struct plain_lane *lane = &p->lanes[vm];
        const struct flight *head = s->lanes[vm].head;
        lane->remaining_ns = -1;
        if (head) {
            lane->remaining_ns = head->remaining_ns;
            lane->demand_ns = head->demands_ns[0];
            lane->start_ns = head->start_ns;
            lane->switch_ns = head->switch_ns;
            lane->arrival_ns = head->arrival_ns;
            lane->begun_ns = head->arrival_ns + head->queue_wait_ns;
        }
    }
    p->turn = (struct plain_turn){ .vm = VM_NONE };
    if (s->state == SLICER_BUSY) {
        p->turn = (struct plain_turn){ &p->lanes[s->vm],    s->switch_start_ns, s->run_start_ns,
                                       s->segment_start_ns, s->slice_end_ns,    s->vm };
    }
}

static void mark(struct slicer *s, uint32_t vm)
{
    s->ready_bits[vm / 64] |= UINT64_C(1) << vm % 64;
    s->ready_count++;
}

static void add_totals(struct plain *p)
{
    struct engine_totals *totals = &p->slicer->totals;

    totals->busy_ns += p->totals.busy_ns;
    totals->switch_ns += p->totals.switch_ns;
    totals->stays += p->totals.stays;
    totals->switches += p->totals.switches;
    p->run->event_count += p->event_count;
    p->totals = (struct engine_totals){ 0 };
    p->event_count = 0;
}

static void show_turn(const struct plain *p)
{
    struct slicer *s = p->slicer;
    const struct plain_turn *turn = &p->turn;

    s->vm = turn->vm;
    s->state = SLICER_FREE;
    if (turn->vm != VM_NONE) {
        s->state = SLICER_BUSY;
        s->switch_start_ns = turn->switch_start_ns;
        s->run_start_ns = turn->run_start_ns;
        s->segment_start_ns = turn->segment_ns;
        s->slice_end_ns = turn->slice_end_ns;
    }
}

void plain_show(struct plain *p)
{
    struct slicer *s = p->slicer;
    const struct rotation *ready = &p->ready;

    add_totals(p);
    s->resident = p->resident;

    for (uint32_t i = 0; i <= p->run->vm_count / 64; i++) {
        s->ready_bits[i] = 0;
    }
    s->ready_count = 0;
    for (uint32_t i = 0; i < rotation_count(ready); i++) {
        mark(s, rotation_at(ready, i));
    }
    if (p->turn.vm != VM_NONE) {
        mark(s, p->turn.vm);
    }
    show_turn(p);
}

static void store_lane(const struct plain *p, uint32_t vm)
{
    const struct plain_lane *lane = &p->lanes[vm];
    struct stream *stream = lane->stream;
    struct flight *flight = p->flights[vm];
    bool has_job = lane->remaining_ns >= 0;

    stream->service_ns = p->slicer->service_ns[vm];
    if (p->turn.vm == vm) { /* Of which the stay that is going on is not part. */
        stream->service_ns += p->turn.segment_ns - p->turn.run_start_ns;
    }
    p->run->vms[vm].job_count = stream->count;
    stream->under_way = has_job;
    stream->idle = has_job ? NULL : flight;
    flight->next = NULL;
    p->slicer->lanes[vm].head = p->slicer->lanes[vm].tail = has_job ? flight : NULL;
    if (has_job) {
        stream->service_ns -= lane->demand_ns - lane->remaining_ns;
        flight->remaining_ns = lane->remaining_ns;
        flight->demands_ns[0] = lane->demand_ns;
        flight->start_ns = lane->start_ns;
        flight->switch_ns = lane->switch_ns;
        flight->arrival_ns = lane->arrival_ns;
        flight->begun_ns = flight->ready_ns = lane->begun_ns;
        flight->queue_wait_ns = lane->begun_ns - lane->arrival_ns;
        flight->number = stream->count - 1 - stream->waiting;
        flight->order = (uint64_t)lane->arrival_ns;
        flight->phase = 0;
        flight->host_ns = flight->lost_ns = flight->stretch_ns = 0;
        p->slicer->lanes[vm].head_since_ns = lane->begun_ns;
    }
}

void plain_store(struct plain *p, nsec now_ns)
{
    struct slicer *s = p->slicer;

    for (uint32_t vm = 0; vm < p->run->vm_count; vm++) {
        store_lane(p, vm);
    }
    plain_show(p);
    p->turns->ready = p->ready;
    s->until = UNTIL_DRY;
    s->used.jobs_done = 0; /* Turns do not ask. */
    s->used.lost_ns = 0;
    p->turns->running = s->state == SLICER_BUSY;
    if (s->state == SLICER_BUSY) {
        stay_plan(p->run, s);
    } else {
        s->next = s->ready_count > 0 ? moment_at(now_ns, MOMENT_CHOICE) : MOMENT_NEVER;
    }
}
