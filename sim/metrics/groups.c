#include "metrics/groups.h"

#include "metrics/slo.h"

#include <math.h>

enum {
    JOBS_LEAST = 20,      /* Fewer say nothing of overload. */
    UNFINISHED_PART = 50, /* A fiftieth unfinished. */
};

uint32_t *groups_first(const struct scenario *scenario, struct arena *arena)
{
    uint32_t *first = arena_take(arena, scenario->vm_count + 1, sizeof(*first));

    for (uint32_t e = 0; e < scenario->vm_count; e++) {
        first[e + 1] = first[e] + scenario->vms[e].workload_count;
    }
    return first;
}

void groups_init(struct groups *g, const struct setup *setup, struct arena *arena)
{
    const uint32_t *first = groups_first(setup->scenario, arena);
    uint32_t count = first[setup->scenario->vm_count];

    *g = (struct groups){ .setup = setup, .first = first };
    g->groups = arena_take(arena, count, sizeof(*g->groups));
    for (uint32_t i = 0; i < count; i++) {
        g->groups[i] = (struct group){
            .max_ns = -1,
            .service_is_known = true,
            .best = { UINT32_MAX, 0 },
            .worst = { UINT32_MAX, 0 },
            .frames_least = INFINITY,
            .low_least = INFINITY,
            .fewest = GROUP_P99_JOBS,
            .phases = { .mean_low_ns = INFINITY, .p99_low_ns = NSEC_MAX },
        };
    }
    g->slos = slo_create(setup->scenario, arena);
}

/* ------------------------------------------------------------ overload */

static bool is_overloaded(const struct workload_summary *w)
{
    return w->is_open && w->arrived >= JOBS_LEAST && w->trend >= 0.7 &&
           w->unfinished * UNFINISHED_PART >= w->arrived;
}

/* What a VM's jobs asked of the compute engine. Jobs are not told apart by engine, so the
   part is taken to be that of the service. */
static double compute_asked_ns(const struct vm_summary *vm)
{
    double sum = 0;
    double service = 0;

    for (uint32_t w = 0; w < vm->workload_count; w++) {
        sum += (double)vm->workloads[w].offered_ns;
    }
    for (int e = 0; e < ENGINE_COUNT; e++) {
        service += (double)vm->service_ns[e];
    }
    return service > 0 ? sum * (double)vm->service_ns[ENGINE_COMPUTE] / service : 0;
}

/* Load of a unit's compute engine in percent of what switches leave of it; 0 if the engine is
   not busy all the time or a closed loop takes what it can get. */
static double unit_load_percent(const struct unit_summary *unit)
{
    const struct engine_summary *e = &unit->engines[0];
    double asked = 0;

    if ((double)e->idle_ns > 0.02 * (double)e->span_ns) {
        return 0;
    }
    for (uint32_t i = 0; i < unit->vm_count; i++) {
        for (uint32_t w = 0; w < unit->vms[i].workload_count; w++) {
            if (!unit->vms[i].workloads[w].is_open) {
                return 0;
            }
        }
        asked += compute_asked_ns(&unit->vms[i]);
    }
    return 100 * asked / (double)(e->span_ns - e->totals.switch_ns);
}

static void raise_load(struct group *g, double load, bool of_unit)
{
    if (load > g->load_most || (load == g->load_most && of_unit)) {
        g->load_most = load;
        g->load_of_unit = of_unit;
    }
}

/* Load in percent of the unit where that explains it, else of what the VM got. */
static void add_overload(struct group *g, const struct workload_summary *w,
                         const struct unit_summary *unit)
{
    if (!is_overloaded(w)) {
        return;
    }
    double load = unit_load_percent(unit);
    bool of_unit = load > 100;

    g->vms_overloaded++;
    if (!of_unit) {
        load = w->service_ns > 0 ? 100 * (double)w->offered_ns / (double)w->service_ns : 0;
    }
    if (load > 100) {
        raise_load(g, load, of_unit);
    }
}

/* ------------------------------------------------------------ phases */

static void widen(struct phase_spread *s, const struct phase_spread *by)
{
    s->mean_low_ns = fmin(s->mean_low_ns, by->mean_low_ns);
    s->mean_high_ns = fmax(s->mean_high_ns, by->mean_high_ns);
    s->p99_low_ns = by->p99_low_ns < s->p99_low_ns ? by->p99_low_ns : s->p99_low_ns;
    s->p99_high_ns = by->p99_high_ns > s->p99_high_ns ? by->p99_high_ns : s->p99_high_ns;
}

bool phases_decide(const struct phase_spread *s)
{
    if (s->mean_high_ns <= 0) {
        return false;
    }
    return s->mean_high_ns > (1 + GROUP_PHASES_MEAN_PERCENT / 100.0) * s->mean_low_ns ||
           (double)s->p99_high_ns >
               (1 + GROUP_PHASES_P99_PERCENT / 100.0) * (double)s->p99_low_ns;
}

/* A spread that is all 0 says nothing. */
static void add_phases(struct group *g, const struct phase_summary *phases, uint32_t stream)
{
    const struct phase_spread *spread = phases ? &phases->spreads[stream] : NULL;

    if (spread && phases_decide(spread)) {
        g->vms_in_phase++;
        g->phase_draws = phases->draws;
        widen(&g->phases, spread);
    }
}

/* ------------------------------------------------------------ one VM */

static void add_work(struct group *g, const struct workload_summary *w)
{
    g->arrived += w->arrived;
    g->done += w->done;
    g->dropped += w->dropped;
    g->unfinished += w->unfinished;
    g->latency_sum_ns += w->latency_sum_ns;
    g->queue_wait_sum_ns += w->queue_wait_sum_ns;
    g->slice_wait_sum_ns += w->slice_wait_sum_ns;
    g->run_sum_ns += w->run_sum_ns;
    g->switch_sum_ns += w->switch_sum_ns;
    g->host_sum_ns += w->host_sum_ns;
    if (!isnan(w->slowdown_mean)) {
        g->slowdown_sum_ppm += (wide)(w->slowdown_mean * (double)PPM * (double)w->done);
        g->rated += w->done;
    }
    g->max_ns = w->max_ns > g->max_ns ? w->max_ns : g->max_ns;
    g->service_is_known = g->service_is_known && w->service_ns >= 0;
    g->service_ns += w->service_ns;
}

static void add_deadlines(struct group *g, const struct workload_summary *w)
{
    g->frames_least = fmin(g->frames_least, w->frames_per_second);
    g->low_least = fmin(g->low_least, w->frames_low_1_percent);
    if (!w->has_deadline || w->arrived == 0) {
        return;
    }
    g->deadline_arrived += w->arrived;
    g->deadline_missed += w->deadline_missed;
    g->missed_most = fmax(g->missed_most, (double)w->deadline_missed / (double)w->arrived);
}

static void add_doubts(struct group *g, const struct workload_summary *w)
{
    g->vms_without_jobs += w->done == 0;
    if (w->dropped > 0) {
        g->vms_dropping++;
        g->dropping_arrived += w->arrived;
    }
    if (w->done > 0 && w->done < GROUP_P99_JOBS) {
        g->vms_few++;
        g->fewest = w->done < g->fewest ? w->done : g->fewest;
    }
    g->vms_without_interval +=
        w->done >= GROUP_P99_JOBS && isnan(w->mean_low_ns) && !is_overloaded(w);
}

static void offer_best(struct group_vm *best, struct group_vm vm)
{
    if (best->id == UINT32_MAX || vm.p95_ns < best->p95_ns ||
        (vm.p95_ns == best->p95_ns && vm.id < best->id)) {
        *best = vm;
    }
}

static void offer_worst(struct group_vm *worst, struct group_vm vm)
{
    if (worst->id == UINT32_MAX || vm.p95_ns > worst->p95_ns ||
        (vm.p95_ns == worst->p95_ns && vm.id < worst->id)) {
        *worst = vm;
    }
}

static void add_vm(struct group *g, const struct vm_summary *vm, uint32_t workload,
                   const struct unit_summary *unit)
{
    const struct workload_summary *w = &vm->workloads[workload];
    nsec p95_ns = vm->workloads[0].quantile_ns[QUANTILE_P95];
    struct group_vm own = { vm->id, p95_ns < 0 ? NSEC_MAX : p95_ns };

    g->vms++;
    add_work(g, w);
    g->compute_ns += vm->service_ns[ENGINE_COMPUTE];
    g->entitled_ppm += (uint64_t)llround(vm->entitled_percent * (double)PPM / 100);
    offer_best(&g->best, own);
    offer_worst(&g->worst, own);
    add_deadlines(g, w);
    add_overload(g, w, unit);
    add_doubts(g, w);
}

uint32_t groups_add(struct groups *g, const struct unit_summary *unit)
{
    uint32_t missed = 0;
    uint32_t stream = 0;

    for (uint32_t i = 0; i < unit->vm_count; i++) {
        const struct vm_summary *vm = &unit->vms[i];
        for (uint32_t w = 0; w < vm->workload_count; w++) {
            struct group *group = &g->groups[g->first[vm->entry] + w];
            add_vm(group, vm, w, unit);
            add_phases(group, unit->phases, stream++);
        }
        missed += !slo_add(g->slos, g->setup->scenario, vm);
    }
    return missed;
}

/* ------------------------------------------------------------ all together */

static void merge_work(struct group *g, const struct group *from)
{
    g->vms += from->vms;
    g->arrived += from->arrived;
    g->done += from->done;
    g->dropped += from->dropped;
    g->unfinished += from->unfinished;
    g->latency_sum_ns += from->latency_sum_ns;
    g->queue_wait_sum_ns += from->queue_wait_sum_ns;
    g->slice_wait_sum_ns += from->slice_wait_sum_ns;
    g->run_sum_ns += from->run_sum_ns;
    g->switch_sum_ns += from->switch_sum_ns;
    g->host_sum_ns += from->host_sum_ns;
    g->slowdown_sum_ppm += from->slowdown_sum_ppm;
    g->rated += from->rated;
    g->max_ns = from->max_ns > g->max_ns ? from->max_ns : g->max_ns;
    g->service_is_known = g->service_is_known && from->service_is_known;
    g->service_ns += from->service_ns;
    g->compute_ns += from->compute_ns;
    g->entitled_ppm += from->entitled_ppm;
    if (from->vms > 0) {
        offer_best(&g->best, from->best);
        offer_worst(&g->worst, from->worst);
    }
}

static void merge_rest(struct group *g, const struct group *from)
{
    g->deadline_arrived += from->deadline_arrived;
    g->deadline_missed += from->deadline_missed;
    g->missed_most = fmax(g->missed_most, from->missed_most);
    g->frames_least = fmin(g->frames_least, from->frames_least);
    g->low_least = fmin(g->low_least, from->low_least);
    g->vms_overloaded += from->vms_overloaded;
    raise_load(g, from->load_most, from->load_of_unit);
    g->vms_without_jobs += from->vms_without_jobs;
    g->vms_dropping += from->vms_dropping;
    g->dropping_arrived += from->dropping_arrived;
    g->vms_few += from->vms_few;
    g->fewest = from->fewest < g->fewest ? from->fewest : g->fewest;
    g->vms_without_interval += from->vms_without_interval;
    if (from->vms_in_phase > 0) {
        g->vms_in_phase += from->vms_in_phase;
        g->phase_draws = from->phase_draws;
        widen(&g->phases, &from->phases);
    }
}

void groups_merge(struct groups *g, const struct groups *from)
{
    const struct scenario *scenario = g->setup->scenario;

    for (uint32_t i = 0; i < g->first[scenario->vm_count]; i++) {
        merge_work(&g->groups[i], &from->groups[i]);
        merge_rest(&g->groups[i], &from->groups[i]);
    }
    slo_merge(g->slos, from->slos, scenario);
}
