#include "run/slicer.h"

#include "base/assert.h"
#include "run/decision.h"
#include "run/inside.h"
#include "run/piece.h"

/* ---------------------------------------------------------------- the running segment */

/* Sets the next event of a VM that runs: the end of its phase, or of its stay. */
static inline void plan(const struct run *run, struct slicer *s)
{
    const struct flight *head = s->lanes[s->vm].head;
    nsec phase_end = s->segment_start_ns + head->remaining_ns;
    nsec stay_end = s->slice_end_ns;

    if (s->until == UNTIL_KERNEL_END) {
        nsec kernel = piece_kernel(run, head);
        nsec rest = piece_rest(piece_done(head, 0), kernel);
        stay_end = s->segment_start_ns + (rest > 0 ? rest : kernel);
    }
    s->next = phase_end <= stay_end ? moment_at(phase_end, MOMENT_END)
                                    : moment_at(stay_end, MOMENT_SLICE_END);
}

/* Counts what has run up to now. */
static inline void account(struct slicer *s, nsec now)
{
    struct flight *head = s->lanes[s->vm].head;
    nsec ran = now - s->segment_start_ns;

    if (ran <= 0) {
        return;
    }
    if (head->start_ns < 0) {
        head->start_ns = s->segment_start_ns;
    }
    head->remaining_ns -= ran;
    s->service_ns[s->vm] += ran;
    s->used.ran_ns += ran;
    s->totals.busy_ns += ran;
    s->segment_start_ns = now;
}

/* ---------------------------------------------------------------- stays */

static void waste_begin(struct slicer *s, nsec now)
{
    if (s->state == SLICER_HELD && s->ready_count > 0 && s->wasting_since_ns == NSEC_MAX) {
        s->wasting_since_ns = now;
    }
}

static void waste_end(struct slicer *s, nsec now)
{
    if (s->wasting_since_ns != NSEC_MAX) {
        s->totals.wasted_ns += now - s->wasting_since_ns;
        s->wasting_since_ns = NSEC_MAX;
    }
}

static void tell_stay(struct run *run, struct slicer *s, nsec now)
{
    struct stay stay = {
        .engine = s->kind,
        .vm = s->vm,
        .switch_start_ns = s->switch_start_ns,
        .run_start_ns = s->run_start_ns,
        .run_end_ns = now > s->run_start_ns ? now : s->run_start_ns,
        .continued = s->vm == s->last_vm && s->last_end_ns == s->switch_start_ns,
    };

    RUN_TELL(run, stayed, &stay);
    run_drop_deaf(run);
    s->last_vm = s->vm;
    s->last_end_ns = stay.run_end_ns;
}

/* The stay is over: tells the policy and the probes. The engine is free. */
static inline void end_stay(struct run *run, struct slicer *s, nsec now)
{
    uint32_t vm = s->vm;

    if (s->state == SLICER_BUSY) {
        s->totals.stays++;
        if (run->listeners.stayed.count > 0) {
            tell_stay(run, s, now);
        }
    }
    waste_end(s, now);
    s->state = SLICER_FREE;
    s->vm = VM_NONE;
    s->next = s->ready_count > 0 ? moment_at(now, MOMENT_CHOICE) : MOMENT_NEVER;
    if (vm != VM_NONE) {
        s->used.still_ready = s->lanes[vm].head != NULL;
        s->policy.ops->charge(&s->policy, s->lanes[vm].vm, &s->used, now);
    }
}

static nsec later(nsec instant, nsec length)
{
    return length < NSEC_MAX - instant ? instant + length : NSEC_MAX;
}

static void hold(struct slicer *s, nsec now)
{
    s->state = SLICER_HELD;
    s->next = moment_at(s->hold_end_ns, MOMENT_SLICE_END);
    waste_begin(s, now);
}

/* The VM of the stay has work: switch it in if need be, and run. */
static inline void start(struct run *run, struct slicer *s, nsec now)
{
    nsec cost = 0;
    nsec restore = 0;

    if (s->resident != s->vm && s->resident != VM_NONE) {
        bool preempts = s->lanes[s->resident].head != NULL;
        cost = preempts ? s->cost.preempt_ns : s->cost.idle_ns;
        restore = s->cost.restore_ns;
        if (s->hold_end_ns != NSEC_MAX && now + cost > s->hold_end_ns) {
            hold(s, now); /* It would not be over in time. */
            return;
        }
        s->totals.switches++;
        s->totals.switch_ns += cost;
        s->lanes[s->vm].head->switch_ns += cost;
    }
    if (s->resident != s->vm) {
        s->resident = s->vm;
        s->used.switched_in_ns = now + cost - restore;
    }
    waste_end(s, now);
    s->state = SLICER_BUSY;
    s->switch_start_ns = now;
    s->run_start_ns = now + cost;
    s->segment_start_ns = now + cost;
    s->overrun = false;
    nsec slice_start = cost > 0 ? s->used.switched_in_ns : now;
    s->slice_end_ns = later(slice_start, s->length_ns);
    if (s->slice_end_ns < s->run_start_ns) {
        s->slice_end_ns = s->run_start_ns; /* The rest of a slice may be less than restore. */
    }
    if (s->hold_end_ns < s->slice_end_ns) {
        s->slice_end_ns = s->hold_end_ns;
    }
    if (s->until != UNTIL_DRY) {
        s->slice_end_ns = NSEC_MAX;
    }
    plan(run, s);
}

/* ---------------------------------------------------------------- choosing */

static void tell_dry(struct run *run, struct slicer *s, uint32_t vm, nsec now)
{
    s->ready_count--;
    s->ready_since_ns[vm] = NSEC_MAX;
    RUN_TELL(run, dry, s->kind, vm, now);
}

static inline void begin_usage(struct slicer *s)
{
    s->used.ran_ns = s->used.lost_ns = 0;
    s->used.jobs_done = 0;
}

/* The policy refuses the VM's oldest job. */
static void drop_head(struct run *run, struct slicer *s, uint32_t vm, nsec now)
{
    struct lane *lane = &s->lanes[vm];
    struct flight *flight = lane->head;

    lane->head = flight->next;
    lane->head_since_ns = now;
    run->streams[flight->stream].service_ns += piece_done(flight, 0);
    s->vm = vm;
    s->completing = true;
    run_flight_lost(run, flight, true, now);
    s->completing = false;
    begin_usage(s);
    if (!lane->head) {
        tell_dry(run, s, vm, now);
    }
    end_stay(run, s, now);
}

/* The usual good decision is seen to be one quickly. */
static inline bool is_plain(const struct run *run, const struct slicer *s,
                            const struct slice *slice, nsec now)
{
    const struct vm *vm = slice->vm;

    return vm && vm->index < run->vm_count && s->lanes[vm->index].vm == vm &&
           s->lanes[vm->index].head && slice->length_ns > 0 && slice->end_ns > now;
}

static inline int choose(struct run *run, struct slicer *s, nsec now)
{
    struct slice slice = s->policy.ops->pick(&s->policy, now);

    if (!is_plain(run, s, &slice, now) && decision_check(run, s, &slice, now)) {
        return -1;
    }
    if (slice.drop_head) {
        drop_head(run, s, slice.vm->index, now);
        return 0;
    }
    s->vm = slice.vm ? slice.vm->index : VM_NONE;
    s->length_ns = slice.length_ns;
    s->hold_end_ns = slice.end_ns;
    s->until = slice.until;
    begin_usage(s);
    if (s->vm != VM_NONE && s->lanes[s->vm].head) {
        start(run, s, now);
    } else {
        hold(s, now);
    }
    return 0;
}

/* ---------------------------------------------------------------- events */

static void end_phase(struct run *run, struct slicer *s, nsec now)
{
    struct lane *lane = &s->lanes[s->vm];
    struct flight *flight = lane->head;

    account(s, now);
    if (flight->start_ns < 0) {
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
        end_stay(run, s, now);
    } else if (s->until != UNTIL_DRY) {
        end_stay(run, s, now);
    } else {
        /* A slice that ends now ends after what arrives now. */
        plan(run, s);
        if (s->slice_end_ns <= now) {
            s->next = moment_at(now, MOMENT_SLICE_END);
        }
    }
}

static void end_slice(struct run *run, struct slicer *s, nsec now)
{
    if (s->state == SLICER_BUSY && run->has_pieces && !s->overrun) {
        nsec ran = now - s->segment_start_ns;
        const struct flight *head = s->lanes[s->vm].head;
        nsec wait = piece_rest(piece_done(head, ran), piece_length(run, head));
        nsec rest = head->remaining_ns - ran; /* The last kernel may be a shorter one. */
        wait = wait < rest ? wait : rest;
        if (wait > 0 && s->until == UNTIL_DRY) {
            /* Inside a kernel: on to its end, which may be the end of the phase. */
            s->overrun = true;
            s->slice_end_ns = now + wait;
            plan(run, s);
            return;
        }
    }
    if (s->state == SLICER_BUSY) {
        account(s, now);
    }
    end_stay(run, s, now);
}

/* The engine is due to choose, or what it is kept for has come. */
static inline int take_up(struct run *run, struct slicer *s, nsec now)
{
    if (s->state == SLICER_HELD) { /* Work arrived for which the engine was kept. */
        start(run, s, now);
        return 0;
    }
    if (s->state == SLICER_ENDING) {
        s->state = SLICER_FREE;
    }
    if (s->ready_count == 0) {
        s->next = MOMENT_NEVER;
        return 0;
    }
    return choose(run, s, now);
}

int slicer_run(struct run *run, struct slicer *s, moment bound)
{
    do {
        nsec now = moment_time(s->next);
        run->event_count++;
        switch (moment_class_of(s->next)) {
        case MOMENT_END:
            end_phase(run, s, now);
            return 0;
        case MOMENT_SLICE_END:
            end_slice(run, s, now);
            break;
        default:
            if (take_up(run, s, now)) {
                return -1;
            }
            break;
        }
    } while (s->next < bound);
    return 0;
}

/* The VM that runs makes way: at the next preemption point, once it is switched in. */
static void make_way(const struct run *run, struct slicer *s, nsec now)
{
    nsec at = now > s->segment_start_ns ? now : s->segment_start_ns;

    if (at < s->slice_end_ns && !s->overrun) {
        s->until = UNTIL_DRY;
        s->slice_end_ns = at;
        plan(run, s);
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

    account(s, now);
    nsec lost = piece_done(head, 0) % piece_kernel(run, head);
    head->remaining_ns += lost;
    head->lost_ns += lost;
    run->streams[head->stream].service_ns += lost;
    s->used.lost_ns += lost;
    s->totals.lost_ns += lost;
    end_stay(run, s, now);
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
            end_stay(run, s, now);
        } else {
            waste_begin(s, now);
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

static struct job_view view_of(const struct run *run, const struct slicer *s,
                               const struct flight *flight)
{
    const struct workload *workload = run->streams[flight->stream].workload;
    bool oracle = s->policy.ops->needs_demand;

    return (struct job_view){
        .arrival_ns = flight->arrival_ns,
        .ready_ns = flight->ready_ns,
        .order = flight->order,
        .deadline_ns = later(flight->arrival_ns, workload->deadline_ns),
        .kernel_ns = piece_length(run, flight),
        .demand_ns = oracle ? flight->demands_ns[flight->phase] : -1,
        .remaining_ns = oracle ? flight->remaining_ns : -1,
    };
}

void slicer_put(struct run *run, struct slicer *s, struct flight *flight, nsec now)
{
    uint32_t vm = run->streams[flight->stream].vm;
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
    if (s->policy.ops->arrived) {
        struct job_view view = view_of(run, s, flight);
        s->policy.ops->arrived(&s->policy, lane->vm, &view, now);
    }
    if (was_dry) {
        s->ready_count++;
        s->ready_since_ns[vm] = now;
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
}

void slicer_stop_vm(struct run *run, struct slicer *s, uint32_t vm, nsec now)
{
    struct lane *lane = &s->lanes[vm];
    bool had_work = lane->head != NULL;
    bool has_engine = s->vm == vm && s->state != SLICER_FREE;
    nsec switch_end = s->state == SLICER_BUSY ? s->segment_start_ns : now;

    if (has_engine && s->state == SLICER_BUSY) {
        account(s, now);
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
    }
    if (has_engine) {
        end_stay(run, s, now);
        if (switch_end > now) { /* A begun switch completes. */
            s->state = SLICER_ENDING;
            s->next = moment_at(switch_end, MOMENT_CHOICE);
        }
    }
    if (s->policy.ops->leave) {
        s->policy.ops->leave(&s->policy, lane->vm, now);
    }
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
        account(s, now);
        tell_stay(run, s, now);
    }
}
