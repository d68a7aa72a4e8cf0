#include "support/reference_world.h"

#include <stddef.h>

static const struct reference_workload *workload_of(const struct world *w, uint32_t vm,
                                                    uint32_t k)
{
    return &w->setup->vms[vm].workloads[k];
}

static enum reference_place place_of(const struct world *w, uint32_t vm, const struct flight *f)
{
    return workload_of(w, vm, f->workload)->places[f->phase];
}

/* The flight that comes first of those of the VM at that place; of one workload only, if that
   is not NOBODY. */
static struct flight *first_at(struct world *w, uint32_t vm, uint32_t place, uint32_t workload)
{
    struct flights *flights = &w->flights[vm];
    struct flight *first = NULL;

    for (uint32_t i = 0; i < flights->count; i++) {
        struct flight *f = &flights->list[i];
        if ((uint32_t)place_of(w, vm, f) == place &&
            (workload == NOBODY || workload == f->workload) &&
            (!first || f->ready_order < first->ready_order)) {
            first = f;
        }
    }
    return first;
}

/* Whether the engine serves first come, first served, and chooses anew after every phase. */
static bool is_fifo(const struct world *w, uint32_t engine)
{
    return engine != REFERENCE_COMPUTE || w->setup->policy == REFERENCE_EXCLUSIVE;
}

struct flight *world_head_of(struct world *w, uint32_t vm, uint32_t engine)
{
    return first_at(w, vm, engine, NOBODY);
}

static void put_last(struct world *w, uint32_t engine, uint32_t vm)
{
    w->engines[engine].waiting[vm] = ++w->count;
}

static void begin_phase(struct world *w, uint32_t vm, struct flight *f)
{
    uint32_t place = (uint32_t)place_of(w, vm, f);

    f->remaining_ns = reference_phase_ns(workload_of(w, vm, f->workload), f->job, f->phase);
    f->ready_order = ++w->count;
    if (place != REFERENCE_HOST && world_head_of(w, vm, place) == f) {
        const struct engine *e = &w->engines[place];
        if (e->state == FREE || e->vm != vm) {
            put_last(w, place, vm);
        }
    }
}

/* Begins jobs of the workload, as many as may be under way. */
static void begin_jobs(struct world *w, uint32_t vm, uint32_t k)
{
    struct flights *flights = &w->flights[vm];
    struct stream *s = &w->streams[vm][k];
    uint32_t under_way = 0;

    for (uint32_t i = 0; i < flights->count; i++) {
        under_way += flights->list[i].workload == k;
    }
    for (; under_way < workload_of(w, vm, k)->in_flight && s->begun < s->arrived; under_way++) {
        uint32_t at = flights->count++;
        for (; at > 0 && flights->list[at - 1].workload > k; at--) {
            flights->list[at] = flights->list[at - 1];
        }
        flights->list[at] = (struct flight){ .workload = k, .job = s->begun++ };
        begin_phase(w, vm, &flights->list[at]);
    }
}

/* All arrivals of the VM at this instant. */
static void arrive(struct world *w, uint32_t vm)
{
    for (uint32_t k = 0; k < w->setup->vms[vm].workload_count; k++) {
        const struct reference_workload *workload = workload_of(w, vm, k);
        struct stream *s = &w->streams[vm][k];
        while (s->arrived < s->due && s->due_ns[s->arrived] == w->now) {
            struct reference_row *row = &w->rows[w->row_count++];
            *row = (struct reference_row){ vm,     w->arrived[vm]++,
                                           w->now, reference_demand_ns(workload, s->arrived),
                                           -1,     -1 };
            s->rows[s->arrived++] = row;
            begin_jobs(w, vm, k);
        }
    }
}

/* A job will arrive then. Closed loops submit in the order in which their jobs end. */
static void expect(struct stream *s, int64_t at_ns)
{
    if (s->due < REFERENCE_JOBS) {
        s->due_ns[s->due++] = at_ns;
    }
}

/* The job ended: the next one of its workload begins at once. */
static void finish(struct world *w, uint32_t vm, struct flight *f)
{
    struct flights *flights = &w->flights[vm];
    uint32_t k = f->workload;
    struct stream *s = &w->streams[vm][k];
    struct reference_row *row = s->rows[f->job];

    row->end_ns = w->now;
    row->start_ns = row->demand_ns > 0 ? row->start_ns : row->arrival_ns;
    flights->count--;
    for (; f < &flights->list[flights->count]; f++) {
        *f = f[1];
    }
    if (workload_of(w, vm, k)->clients > 0) {
        expect(s, w->now + workload_of(w, vm, k)->think_ns);
    }
    begin_jobs(w, vm, k);
}

/* The phase of the job ended. */
static void complete(struct world *w, uint32_t vm, struct flight *f)
{
    uint32_t place = (uint32_t)place_of(w, vm, f);

    if (++f->phase < workload_of(w, vm, f->workload)->phase_count) {
        begin_phase(w, vm, f);
    } else {
        f->phase--; /* Until it is gone, it is somewhere. */
        finish(w, vm, f);
    }
    if (place == REFERENCE_HOST) {
        return;
    }
    bool dry = !world_head_of(w, vm, place);
    if (dry || is_fifo(w, place)) {
        w->engines[place].state = FREE;
    }
    if (!dry && is_fifo(w, place)) {
        put_last(w, place, vm);
    }
}

/* Host phases of a workload run one at a time. */
static bool runs(struct world *w, uint32_t vm, const struct flight *f)
{
    uint32_t place = (uint32_t)place_of(w, vm, f);

    if (place == REFERENCE_HOST) {
        return first_at(w, vm, place, f->workload) == f;
    }
    const struct engine *e = &w->engines[place];
    return e->state == RUNNING && e->vm == vm && world_head_of(w, vm, place) == f;
}

/* A job of the VM whose phase ends now, or NULL: the first by workload, then engine; the host
   comes last. */
static struct flight *find_ended(struct world *w, uint32_t vm)
{
    struct flight *first = NULL;

    for (uint32_t i = 0; i < w->flights[vm].count; i++) {
        struct flight *f = &w->flights[vm].list[i];
        if (f->remaining_ns == 0 && runs(w, vm, f) &&
            (!first ||
             (f->workload == first->workload && place_of(w, vm, f) < place_of(w, vm, first)))) {
            first = f;
        }
    }
    return first;
}

static void completions(struct world *w)
{
    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        for (struct flight *f; (f = find_ended(w, vm)) != NULL;) {
            complete(w, vm, f);
        }
    }
}

/* What starts at this instant arrives after it has started (see timers). */
static void arrivals(struct world *w)
{
    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        if (w->present[vm]) {
            arrive(w, vm);
        }
    }
}

static bool somebody_waits(const struct engine *e)
{
    for (uint32_t vm = 0; vm < REFERENCE_VMS; vm++) {
        if (e->waiting[vm] > 0) {
            return true;
        }
    }
    return false;
}

/* The VM that runs lets others go first. */
static void give_way(struct world *w, uint32_t engine)
{
    w->engines[engine].state = FREE;
    put_last(w, engine, w->engines[engine].vm);
}

/* How long the VM that runs must go on until it can be interrupted: to the end of its kernel.
 */
static int64_t uncut_ns(struct world *w)
{
    uint32_t vm = w->engines[REFERENCE_COMPUTE].vm;
    const struct flight *f = world_head_of(w, vm, REFERENCE_COMPUTE);
    const struct reference_workload *workload = workload_of(w, vm, f->workload);

    if (workload->kernel_ns == 0) {
        return 0;
    }
    int64_t done_ns = reference_phase_ns(workload, f->job, f->phase) - f->remaining_ns;
    int64_t left_ns =
        (workload->kernel_ns - done_ns % workload->kernel_ns) % workload->kernel_ns;
    return left_ns < f->remaining_ns ? left_ns : f->remaining_ns;
}

static void slice_ends(struct world *w)
{
    struct engine *e = &w->engines[REFERENCE_COMPUTE];

    if (reference_is_strict(w->setup)) {
        w->rotation.ended = w->now == w->rotation.end_ns;
        if (w->rotation.ended) {
            e->state = FREE;
        }
        return;
    }
    bool ended = w->now >= e->slice_end_ns && (!w->setup->keep || somebody_waits(e));
    if (e->state == RUNNING && ended && uncut_ns(w) == 0) {
        give_way(w, REFERENCE_COMPUTE);
    }
}

static void leave(struct world *w, uint32_t vm)
{
    w->present[vm] = false;
    w->flights[vm].count = 0;
    for (uint32_t i = 0; i < REFERENCE_ENGINES; i++) {
        struct engine *e = &w->engines[i];
        e->waiting[vm] = 0;
        if (e->state == RUNNING && e->vm == vm) {
            e->state = FREE;
        }
    }
}

static void timers(struct world *w)
{
    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        if (w->now == w->setup->vms[vm].stop_ns) {
            leave(w, vm);
            w->rotation.restart = true;
        }
        if (w->now == w->setup->vms[vm].start_ns) {
            w->present[vm] = true;
            arrive(w, vm);
            w->rotation.restart = true;
        }
    }
}

/* Whether the VM at the head of its queue has what came first, as first come, first served has
   it: whole jobs by arrival under `exclusive`, phases in the order in which they became ready
   on the other engines. */
static bool came_before(struct world *w, uint32_t engine, uint32_t vm, uint32_t other)
{
    const struct flight *a = world_head_of(w, vm, engine);
    const struct flight *b = world_head_of(w, other, engine);

    if (engine == REFERENCE_COMPUTE) {
        return w->streams[vm][a->workload].rows[a->job]->arrival_ns <
               w->streams[other][b->workload].rows[b->job]->arrival_ns;
    }
    return a->ready_order < b->ready_order;
}

static bool goes_before(struct world *w, uint32_t engine, uint32_t vm, uint32_t other)
{
    const struct reference_vm *vms = w->setup->vms;

    if (is_fifo(w, engine)) {
        return came_before(w, engine, vm, other);
    }
    if (w->setup->policy == REFERENCE_PRIORITY) {
        return vms[vm].priority > vms[other].priority;
    }
    return w->engines[engine].waiting[vm] < w->engines[engine].waiting[other];
}

/* The VM that goes next among those that wait, NOBODY if none does. */
static uint32_t first_waiting(struct world *w, uint32_t engine)
{
    uint32_t first = NOBODY;

    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        if (w->engines[engine].waiting[vm] > 0 &&
            (first == NOBODY || goes_before(w, engine, vm, first))) {
            first = vm;
        }
    }
    return first;
}

void world_dispatch(struct world *w, uint32_t engine, uint32_t vm)
{
    struct engine *e = &w->engines[engine];
    int64_t cost_ns = 0;

    if (engine == REFERENCE_COMPUTE && e->last != NOBODY && e->last != vm) {
        cost_ns = world_head_of(w, e->last, engine) ? w->setup->preempt_ns : w->setup->idle_ns;
    }
    if (e->last != vm || !w->setup->keep) {
        int64_t restore_ns = cost_ns > 0 ? w->setup->restore_ns : 0;
        e->slice_end_ns = w->now + cost_ns - restore_ns + reference_slice_ns(w->setup, vm);
    }
    e->vm = vm;
    e->last = vm;
    e->waiting[vm] = 0;
    e->switch_end_ns = w->now + cost_ns;
    e->state = cost_ns > 0 ? SWITCHING : RUNNING;
}

/* Under `keep` the VM that ran last, when its slice has expired and it would go first, lets
   all others go before. */
static void drop_behind(struct world *w, struct engine *e)
{
    if (w->setup->keep && e->slice_end_ns <= w->now && e->last != NOBODY &&
        first_waiting(w, REFERENCE_COMPUTE) == e->last) {
        put_last(w, REFERENCE_COMPUTE, e->last);
    }
}

static void choose(struct world *w, uint32_t engine)
{
    struct engine *e = &w->engines[engine];
    bool has_policy = engine == REFERENCE_COMPUTE;
    uint32_t first = first_waiting(w, engine);

    if (e->state == RUNNING && has_policy && first != NOBODY) {
        const struct reference_vm *vms = w->setup->vms;
        bool expired = w->setup->keep && e->slice_end_ns <= w->now;
        bool outranked =
            w->setup->policy == REFERENCE_PRIORITY && vms[first].priority > vms[e->vm].priority;
        if ((expired || outranked) && uncut_ns(w) == 0) {
            give_way(w, engine);
        }
    }
    if (has_policy && e->state == FREE) {
        drop_behind(w, e);
    }
    first = first_waiting(w, engine);
    if (e->state == FREE && first != NOBODY) {
        world_dispatch(w, engine, first);
    }
}

static void finish_switches(struct world *w)
{
    for (uint32_t i = 0; i < REFERENCE_ENGINES; i++) {
        struct engine *e = &w->engines[i];
        if (e->state == SWITCHING && w->now == e->switch_end_ns) {
            e->state = world_head_of(w, e->vm, i) ? RUNNING : FREE;
        }
    }
}

static void choices(struct world *w)
{
    finish_switches(w);
    for (uint32_t i = 0; i < REFERENCE_ENGINES; i++) {
        if (i == REFERENCE_COMPUTE && reference_is_strict(w->setup)) {
            world_choose_strict(w);
        } else {
            choose(w, i);
        }
    }
}

static void soonest(int64_t *soonest_ns, int64_t now, int64_t at_ns)
{
    if (at_ns > now && at_ns < *soonest_ns) {
        *soonest_ns = at_ns;
    }
}

/* The next instant at which anything can happen, INT64_MAX if nothing can. */
static int64_t next_instant(struct world *w)
{
    int64_t next_ns = INT64_MAX;

    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        soonest(&next_ns, w->now, w->setup->vms[vm].start_ns);
        soonest(&next_ns, w->now, w->setup->vms[vm].stop_ns);
        for (uint32_t k = 0; k < w->setup->vms[vm].workload_count; k++) {
            const struct stream *s = &w->streams[vm][k];
            if (s->arrived < s->due) {
                soonest(&next_ns, w->now, s->due_ns[s->arrived]);
            }
        }
        for (uint32_t i = 0; i < w->flights[vm].count; i++) {
            const struct flight *f = &w->flights[vm].list[i];
            if (runs(w, vm, f)) {
                soonest(&next_ns, w->now, w->now + f->remaining_ns);
            }
        }
    }
    for (uint32_t i = 0; i < REFERENCE_ENGINES; i++) {
        const struct engine *e = &w->engines[i];
        soonest(&next_ns, w->now, e->state == SWITCHING ? e->switch_end_ns : 0);
        soonest(&next_ns, w->now, e->state == RUNNING ? e->slice_end_ns : 0);
    }
    if (w->engines[REFERENCE_COMPUTE].state == RUNNING) {
        soonest(&next_ns, w->now, w->now + uncut_ns(w));
    }
    soonest(&next_ns, w->now, reference_is_strict(w->setup) ? w->rotation.end_ns : 0);
    return next_ns;
}

/* Lets what runs run until then, and notes what has started. */
static void pass(struct world *w, int64_t until_ns)
{
    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        for (uint32_t i = 0; i < w->flights[vm].count; i++) {
            struct flight *f = &w->flights[vm].list[i];
            struct reference_row *row = w->streams[vm][f->workload].rows[f->job];
            if (!runs(w, vm, f)) {
                continue;
            }
            if (row->start_ns < 0 && place_of(w, vm, f) != REFERENCE_HOST) {
                row->start_ns = w->now;
            }
            f->remaining_ns -= until_ns - w->now;
        }
    }
    w->now = until_ns;
}

static void expect_first(struct world *w, uint32_t vm)
{
    for (uint32_t k = 0; k < w->setup->vms[vm].workload_count; k++) {
        const struct reference_workload *workload = workload_of(w, vm, k);
        for (uint32_t i = 0; i < workload->clients; i++) {
            expect(&w->streams[vm][k], w->setup->vms[vm].start_ns);
        }
        for (uint32_t i = 0; i < workload->job_count; i++) {
            expect(&w->streams[vm][k], workload->arrival_ns[i]);
        }
    }
}

uint32_t reference_run(const struct reference_setup *setup, struct reference_row *ret_rows)
{
    struct world w = { .setup = setup, .rows = ret_rows, .rotation = { .end_ns = INT64_MAX } };

    for (uint32_t i = 0; i < REFERENCE_ENGINES; i++) {
        w.engines[i].last = NOBODY;
    }
    for (uint32_t vm = 0; vm < setup->vm_count; vm++) {
        expect_first(&w, vm);
    }
    for (;;) {
        completions(&w);
        arrivals(&w);
        slice_ends(&w);
        timers(&w);
        choices(&w);
        int64_t next_ns = next_instant(&w);
        if (next_ns > setup->duration_ns) {
            break;
        }
        pass(&w, next_ns);
    }
    pass(&w, w.now + 1 <= setup->duration_ns ? w.now + 1 : w.now);
    reference_sort(ret_rows, w.row_count);
    return w.row_count;
}
