#include "run/slicer.h"

#include "base/assert.h"
#include "run/decision.h"
#include "run/piece.h"
#include "run/skip.h"
#include "run/stay.h"

/* ---------------------------------------------------------------- choosing */

static void tell_dry(struct run *run, struct slicer *s, uint32_t vm, nsec now)
{
    s->ready_count--;
    s->ready_since_ns[vm] = NSEC_MAX;
    s->ready_bits[vm / 64] &= ~(UINT64_C(1) << vm % 64);
    RUN_TELL(run, dry, s->kind, vm, now);
}

static inline void begin_usage(struct slicer *s)
{
    s->used.lost_ns = 0;
    s->used.jobs_done = 0;
}

/* The policy refuses the VM's oldest job. */
static void drop_head(struct run *run, struct slicer *s, uint32_t vm, nsec now)
{
    struct lane *lane = &s->lanes[vm];
    struct flight *flight = lane->head;

    lane->head = flight->next;
    lane->head_since_ns = now;
    s->drop_count = s->drop_ns == now ? s->drop_count : 0;
    s->drop_count += run->streams[flight->stream].returns_at_once;
    s->drop_ns = now;
    run->streams[flight->stream].service_ns += piece_done(flight, 0);
    s->vm = vm;
    s->completing = true;
    run_flight_lost(run, flight, true, now);
    s->completing = false;
    begin_usage(s);
    if (!lane->head) {
        tell_dry(run, s, vm, now);
    }
    stay_end(run, s, now);
}

/* The usual good decision is seen to be one quickly; the first comparison covers NULL too. */
STAY_INLINE bool is_plain(const struct run *run, const struct slicer *s,
                          const struct slice *slice, nsec now)
{
    uintptr_t offset = (uintptr_t)slice->vm - (uintptr_t)s->policy.vms;

    return offset < run->vms_size && s->lanes[slice->vm->index].head && slice->length_ns > 0 &&
           slice->end_ns > now && !slice->drop_head && !slice->between_jobs;
}

/* Does what the policy decided. 1: a job was refused, which may change what comes next
   elsewhere. */
static int carry_out(struct run *run, struct slicer *s, const struct slice *slice, nsec now)
{
    if (decision_check(run, s, slice, now)) {
        return -1;
    }
    s->state = SLICER_FREE; /* From next_turn it comes as it was before. */
    if (slice->drop_head) {
        drop_head(run, s, slice->vm->index, now);
        return 1;
    }
    s->vm = slice->vm ? slice->vm->index : VM_NONE;
    s->until = slice->until;
    s->between_jobs = slice->between_jobs;
    begin_usage(s);
    if (s->vm != VM_NONE && s->lanes[s->vm].head) {
        stay_start(run, s, slice->length_ns, slice->end_ns, now);
        s->between_jobs = false;
    } else {
        s->length_ns = slice->length_ns;
        s->hold_end_ns = slice->end_ns;
        stay_hold(s, now);
    }
    return 0;
}

STAY_INLINE int choose(struct run *run, struct slicer *s, moment bound, nsec now)
{
    if (bound - moment_at(now, MOMENT_CHOICE) > s->skip_span) {
        now = skip_turns(run, s, bound, now);
    }
    struct slice slice = s->policy.ops->pick(&s->policy, now);

    if (!is_plain(run, s, &slice, now)) {
        return carry_out(run, s, &slice, now);
    }
    s->vm = slice.vm->index;
    s->until = slice.until;
    begin_usage(s);
    stay_start(run, s, slice.length_ns, slice.end_ns, now);
    return 0;
}

/* ---------------------------------------------------------------- events */

static void end_phase(struct run *run, struct slicer *s, nsec now)
{
    struct lane *lane = &s->lanes[s->vm];
    struct flight *flight = lane->head;

    run->event_count++;
    stay_account(s, now);
    if (flight->start_ns > now) {
        flight->start_ns = now; /* A phase that takes no time. */
    }
    assert_at(flight->remaining_ns == 0, now, run->event_count);
    lane->head = flight->next;
    flight->queue_wait_ns += lane->head_since_ns - flight->ready_ns;
    lane->head_since_ns = now;
    run->streams[flight->stream].service_ns += flight->demands_ns[flight->phase];
    s->used.jobs_done++;
    s->completing = true;
    run_phase_done(run, flight, now);
    s->completing = false;
    s->segment_start_ns = now;
    if (!lane->head) {
        tell_dry(run, s, s->vm, now);
        stay_end(run, s, now);
    } else if (s->until != UNTIL_DRY) {
        stay_end(run, s, now);
    } else {
        /* A slice that ends now ends after what arrives now. */
        stay_plan(run, s);
        if (s->slice_end_ns <= now) {
            s->next = moment_at(now, MOMENT_SLICE_END);
        }
    }
}

static void lose(struct run *run, struct slicer *s, struct flight *head, nsec lost)
{
    head->remaining_ns += lost;
    head->lost_ns += lost;
    run->streams[head->stream].service_ns += lost;
    s->used.lost_ns += lost;
    s->totals.lost_ns += lost;
}

/* Copies in both directions take bandwidth from each other: a turn that ends while the other
   engine copies got less done. Turns must be short for this to be near the truth; the last one
   of a copy is not slowed. */
static void contend(struct run *run, struct slicer *s, nsec now)
{
    nsec ran = slicer_running(s, now);

    for (uint32_t i = 0; i < run->slicer_count; i++) {
        const struct slicer *other = &run->slicers[i];
        if (other != s && other->state == SLICER_BUSY &&
            (other->kind == ENGINE_COPY_IN || other->kind == ENGINE_COPY_OUT)) {
            lose(run, s, s->lanes[s->vm].head,
                 ran - (nsec)((wide)ran * s->duplex_ppm / (wide)PPM));
        }
    }
}

static void end_slice(struct run *run, struct slicer *s, nsec now)
{
    if (s->state == SLICER_BUSY && run->has_pieces && !s->overrun) {
        nsec wait = piece_wait(run, s->lanes[s->vm].head, now - s->segment_start_ns);
        if (wait > 0) {
            /* Inside a kernel: on to its end, which may be the end of the phase. */
            s->overrun = true;
            s->slice_end_ns = now + wait;
            stay_plan(run, s);
            return;
        }
    }
    if (s->state == SLICER_BUSY) {
        stay_account(s, now);
        if (s->duplex_ppm > 0) {
            contend(run, s, now);
        }
    }
    stay_end(run, s, now);
}

/* The engine is due to choose, or what it is kept for has come. */
STAY_INLINE int take_up(struct run *run, struct slicer *s, moment bound, nsec now)
{
    if (s->state == SLICER_HELD) { /* Work arrived for which the engine was kept. */
        stay_waste_end(s, now);
        stay_start(run, s, s->length_ns, s->hold_end_ns, now);
        return 0;
    }
    if (s->state == SLICER_ENDING) {
        s->state = SLICER_FREE;
    }
    if (s->ready_count == 0) {
        s->next = MOMENT_NEVER;
        return 0;
    }
    return choose(run, s, bound, now);
}

/* The usual: a slice ends, and another one begins at once. Does what end_slice and take_up
   do, in one go and without what cannot be here. */
STAY_INLINE int next_turn(struct run *run, struct slicer *s, moment bound, nsec now)
{
    nsec ran = now - s->run_start_ns;

    stay_account(s, now);
    stay_count(run, s, ran > 0 ? ran : 0, now);
    stay_charge(s, s->vm, true, now);
    return choose(run, s, bound, now);
}

int slicer_run(struct run *run, struct slicer *s, moment bound)
{
    int status = 0;

    do {
        moment next = s->next;
        nsec now = moment_time(next);
        switch (moment_class_of(next)) {
        case MOMENT_END:
            end_phase(run, s, now);
            if (!run->is_alone) {
                return 0;
            }
            /* A client whose job is over may submit the next one soon. */
            bound = run_arrival(run) < bound ? run_arrival(run) : bound;
            break;
        case MOMENT_SLICE_END:
            if (s->state != SLICER_BUSY || run->has_pieces ||
                next + (MOMENT_CHOICE - MOMENT_SLICE_END) >= bound) {
                end_slice(run, s, now);
            } else {
                status = next_turn(run, s, bound, now);
            }
            break;
        default:
            status = take_up(run, s, bound, now);
            break;
        }
    } while (status == 0 && s->next < bound);
    return status < 0 ? -1 : 0;
}

/* The VM that runs makes way: at the next preemption point, once it is switched in. */
static void make_way(const struct run *run, struct slicer *s, nsec now)
{
    nsec at = now > s->segment_start_ns ? now : s->segment_start_ns;

    if (at < s->slice_end_ns && !s->overrun) {
        s->until = UNTIL_DRY;
        s->slice_end_ns = at;
        stay_plan(run, s);
    }
}

/* The VM that runs is cut at once, and its kernel starts over later. */
static void kill(struct run *run, struct slicer *s, nsec now)
{
    if (now <= s->segment_start_ns) {
        make_way(run, s, now);
        return;
    }
    struct flight *head = s->lanes[s->vm].head;

    stay_account(s, now);
    nsec lost = piece_done(head, 0) % piece_kernel(run, head);
    lose(run, s, head, lost);
    stay_end(run, s, now);
}

static void answer(struct run *run, struct slicer *s, enum preempt verdict, uint32_t vm,
                   nsec now)
{
    switch (s->state) {
    case SLICER_FREE:
        s->next = moment_at(now, MOMENT_CHOICE);
        break;
    case SLICER_HELD:
        if (s->vm == vm && s->hold_end_ns > now) {
            s->next = moment_at(now, MOMENT_CHOICE);
        } else if (verdict != PREEMPT_NO && s->vm != vm) {
            stay_end(run, s, now);
        } else {
            stay_waste_begin(s, now);
        }
        break;
    case SLICER_BUSY:
        if (verdict == PREEMPT_ASK) {
            make_way(run, s, now);
        } else if (verdict == PREEMPT_KILL) {
            kill(run, s, now);
        }
        break;
    case SLICER_ENDING:
        break;
    }
}

void slicer_open(struct run *run, struct slicer *s, nsec now)
{
    enum preempt verdict;
    uint32_t vm;

    while (limited_open(run->limited, now, &vm, &verdict)) {
        answer(run, s, verdict, vm, now);
    }
}

static struct job_view view_of(const struct run *run, const struct slicer *s,
                               const struct flight *flight)
{
    const struct stream *stream = &run->streams[flight->stream];
    const struct workload *workload = stream->workload;
    bool oracle = s->policy.ops->needs_demand;

    return (struct job_view){
        .arrival_ns = flight->arrival_ns,
        .ready_ns = flight->ready_ns,
        .submitted_ns = stream_submitted(stream, flight),
        .order = flight->order,
        .deadline_ns = workload->deadline_ns == NSEC_MAX
                           ? NSEC_MAX
                           : flight->arrival_ns + workload->deadline_ns,
        .kernel_ns = piece_length(run, flight),
        .demand_ns = oracle ? flight->demands_ns[flight->phase] : -1,
        .remaining_ns = oracle ? flight->remaining_ns : -1,
        .returns_at_once = stream->returns_at_once,
    };
}

void slicer_put(struct run *run, struct slicer *s, struct flight *flight, nsec now)
{
    uint32_t vm = flight->vm;
    struct lane *lane = &s->lanes[vm];
    bool was_dry = lane->head == NULL && !(s->completing && s->vm == vm);

    flight->next = NULL;
    flight->ready_ns = now;
    flight->remaining_ns = flight->demands_ns[flight->phase];
    /* Whole jobs are first come, first served; on the other engines it is what they see. */
    flight->order = s->kind == ENGINE_COMPUTE ? (uint64_t)flight->arrival_ns : s->order++;
    if (lane->head) {
        lane->tail->next = flight;
    } else {
        lane->head = flight;
        lane->head_since_ns = now;
    }
    lane->tail = flight;
    RUN_TELL(run, demanded, s->kind, vm, flight->remaining_ns, now);
    if (s->policy.ops->arrived) {
        struct job_view view = view_of(run, s, flight);
        s->policy.ops->arrived(&s->policy, lane->vm, &view, now);
    }
    if (was_dry) {
        s->ready_count++;
        s->ready_since_ns[vm] = now;
        s->ready_bits[vm / 64] |= UINT64_C(1) << vm % 64;
        RUN_TELL(run, ready, s->kind, vm, now);
        answer(run, s, s->policy.ops->ready(&s->policy, lane->vm, now), vm, now);
    }
}

static bool slicer_head(const struct policy_host *host, uint32_t vm_index,
                        struct job_view *ret_view)
{
    const struct slicer_host *own = (const struct slicer_host *)(const void *)host;
    const struct flight *head = own->slicer->lanes[vm_index].head;

    if (!head) {
        return false;
    }
    *ret_view = view_of(own->run, own->slicer, head);
    return true;
}

void slicer_init(struct run *run, struct slicer *s)
{
    s->next = MOMENT_NEVER;
    s->vm = s->resident = s->last_vm = VM_NONE;
    s->wasting_since_ns = NSEC_MAX;
    s->host = (struct slicer_host){ .host = { slicer_head }, .run = run, .slicer = s };
    s->policy.host = &s->host.host;
    s->policy.rng = &s->rng;
    s->policy.failure = &s->failure;
}

void slicer_stop_vm(struct run *run, struct slicer *s, uint32_t vm, nsec now)
{
    struct lane *lane = &s->lanes[vm];
    bool had_work = lane->head != NULL;
    bool has_engine = s->vm == vm && s->state != SLICER_FREE;
    nsec switch_end = s->state == SLICER_BUSY ? s->segment_start_ns : now;

    if (has_engine && s->state == SLICER_BUSY) {
        stay_account(s, now);
    }
    for (struct flight *flight = lane->head; flight;) {
        struct flight *next = flight->next;
        run->streams[flight->stream].service_ns += piece_done(flight, 0);
        run_flight_lost(run, flight, false, now);
        flight = next;
    }
    lane->head = lane->tail = NULL;
    if (had_work) {
        tell_dry(run, s, vm, now);
        if (s->ready_count == 0) {
            stay_waste_end(s, now);
        }
    }
    if (has_engine) {
        stay_end(run, s, now);
        if (switch_end > now) { /* A begun switch completes. */
            s->state = SLICER_ENDING;
            s->next = moment_at(switch_end, MOMENT_CHOICE);
        }
    }
    if (s->policy.ops->leave) {
        s->policy.ops->leave(&s->policy, lane->vm, now);
    }
}

void slicer_settle(struct slicer *s, nsec now)
{
    if (s->state == SLICER_BUSY && s->lanes[s->vm].head) {
        stay_account(s, now);
    }
}

void slicer_plan(const struct run *run, struct slicer *s)
{
    bool is_kernel_end = s->until == UNTIL_KERNEL_END;

    if (s->state != SLICER_BUSY || !s->lanes[s->vm].head) {
        return;
    }
    if (s->overrun || is_kernel_end) {
        /* To the end of its kernel, which is somewhere else now. */
        const struct flight *head = s->lanes[s->vm].head;
        nsec wait = piece_wait(run, head, 0);
        s->slice_end_ns = s->overrun ? s->segment_start_ns + wait : s->slice_end_ns;
    }
    stay_plan(run, s);
}

void slicer_lose_head(struct run *run, struct slicer *s, nsec now)
{
    uint32_t vm = s->vm;
    struct lane *lane = &s->lanes[vm];
    struct flight *flight = lane->head;

    stay_account(s, now);
    lane->head = flight->next;
    lane->head_since_ns = now;
    run->streams[flight->stream].service_ns += piece_done(flight, 0);
    s->completing = true;
    run_flight_failed(run, flight, now);
    s->completing = false;
    if (!lane->head) {
        tell_dry(run, s, vm, now);
    }
    stay_end(run, s, now);
}

void slicer_reset(struct slicer *s, nsec now)
{
    if (s->state == SLICER_ENDING && now < s->run_start_ns) {
        s->totals.switch_ns -= s->run_start_ns - now;
    }
    stay_waste_end(s, now);
    s->state = SLICER_FREE;
    s->overrun = s->between_jobs = false;
    s->vm = s->resident = VM_NONE;
    s->next = MOMENT_NEVER;
}

struct engine_totals slicer_totals(const struct slicer *s, nsec now)
{
    struct engine_totals totals = s->totals;

    totals.busy_ns += slicer_running(s, now);
    if ((s->state == SLICER_BUSY || s->state == SLICER_ENDING) && now < s->run_start_ns) {
        totals.switch_ns -= s->run_start_ns - now;
    }
    if (s->wasting_since_ns != NSEC_MAX) {
        totals.wasted_ns += now - s->wasting_since_ns;
    }
    return totals;
}

void slicer_finish(struct run *run, struct slicer *s, nsec now)
{
    if (s->state == SLICER_BUSY) {
        stay_account(s, now);
        stay_tell(run, s, now);
    }
}
