#include "metrics/warnings.h"

#include <math.h>

enum {
    JOBS_LEAST = 20,      /* Fewer say nothing of overload. */
    UNFINISHED_PART = 50, /* A fiftieth unfinished. */
    P99_JOBS = 100,
};

/* The list under way. */
struct list {
    const char **texts;
    uint32_t count;
    uint32_t more;
    struct arena *arena;
};

static void add(struct list *l, const char *text)
{
    if (l->count == WARNINGS_MAX) {
        l->more++;
        return;
    }
    l->texts[l->count++] = text;
}

/* One workload of a scenario entry, over all its VMs. */
struct group {
    const struct summary *summary;
    const struct vm_entry *entry;
    uint32_t first; /* VMs of the entry: ids first .. first + entry->count - 1. */
    uint32_t workload;
};

static const struct workload_summary *workload_of(const struct group *g, uint32_t i)
{
    const struct vm_summary *vm = g->summary->vms[g->first + i].vm;
    return vm ? &vm->workloads[g->workload] : NULL;
}

/* "desktop", "desktop (3 of 8 VMs)", "desktop frames (all 8 VMs)", "desktop (both VMs)". */
static const char *subject(struct list *l, const struct group *g, uint32_t vms)
{
    const char *name = g->entry->name;

    if (g->entry->workload_count > 1) {
        const char *workload = g->entry->workloads[g->workload].workload.name;
        name = arena_format(l->arena, "%s %s", name, workload);
    }
    if (g->entry->count == 1) {
        return name;
    }
    if (vms == 2 && g->entry->count == 2) {
        return arena_format(l->arena, "%s (both VMs)", name);
    }
    if (vms == g->entry->count) {
        return arena_format(l->arena, "%s (all %u VMs)", name, vms);
    }
    return arena_format(l->arena, "%s (%u of %u VMs)", name, vms, g->entry->count);
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

/* Load in percent, and of what: the unit where that explains it, else the VM. 0: unknown. */
static double load_percent(const struct summary_vm *v, const struct workload_summary *w,
                           bool *ret_of_unit)
{
    double load = unit_load_percent(v->unit);

    *ret_of_unit = load > 100;
    if (*ret_of_unit) {
        return load;
    }
    load = w->service_ns > 0 ? 100 * (double)w->offered_ns / (double)w->service_ns : 0;
    return load > 100 ? load : 0;
}

/* The most overloaded VM of a group stands for all of them. */
static void warn_overload(struct list *l, const struct group *g)
{
    uint32_t vms = 0;
    double most = 0;
    bool of_unit = false;

    for (uint32_t i = 0; i < g->entry->count; i++) {
        const struct workload_summary *w = workload_of(g, i);
        bool here = false;
        if (!w || !is_overloaded(w)) {
            continue;
        }
        double load = load_percent(&g->summary->vms[g->first + i], w, &here);
        vms++;
        if (load > most) {
            most = load;
            of_unit = here;
        }
    }
    if (vms == 0) {
        return;
    }
    const char *who = subject(l, g, vms);
    if (most <= 0) {
        add(l, arena_format(l->arena,
                            "%s: jobs arrive faster than they are served: latency grows "
                            "without bound",
                            who));
        return;
    }
    add(l, arena_format(l->arena, "%s: offered load %.4g %%%s: latency grows without bound",
                        who, most, of_unit ? "" : " of what the VM gets"));
}

/* ------------------------------------------------------------ samples */

static void warn_without_jobs(struct list *l, const struct group *g)
{
    uint32_t vms = 0;

    for (uint32_t i = 0; i < g->entry->count; i++) {
        const struct workload_summary *w = workload_of(g, i);
        vms += w && w->done == 0;
    }
    if (vms > 0) {
        add(l, arena_format(l->arena, "%s: no job finished", subject(l, g, vms)));
    }
}

static void warn_dropped(struct list *l, const struct group *g)
{
    uint32_t vms = 0;
    uint64_t dropped = 0;
    uint64_t arrived = 0;

    for (uint32_t i = 0; i < g->entry->count; i++) {
        const struct workload_summary *w = workload_of(g, i);
        if (w && w->dropped > 0) {
            vms++;
            dropped += w->dropped;
            arrived += w->arrived;
        }
    }
    if (vms > 0) {
        add(l, arena_format(l->arena, "%s: %.3g %% of the jobs were dropped",
                            subject(l, g, vms), 100.0 * (double)dropped / (double)arrived));
    }
}

static void warn_few_jobs(struct list *l, const struct group *g)
{
    uint32_t vms = 0;
    uint64_t fewest = P99_JOBS;

    for (uint32_t i = 0; i < g->entry->count; i++) {
        const struct workload_summary *w = workload_of(g, i);
        if (w && w->done > 0 && w->done < P99_JOBS) {
            vms++;
            fewest = w->done < fewest ? w->done : fewest;
        }
    }
    if (vms > 0) {
        add(l, arena_format(l->arena, "%s: %llu job%s %s too few for p99, which takes %d",
                            subject(l, g, vms), (unsigned long long)fewest,
                            fewest == 1 ? "" : "s", fewest == 1 ? "is" : "are", P99_JOBS));
    }
}

/* Overload has said so already. */
static void warn_no_interval(struct list *l, const struct group *g)
{
    uint32_t vms = 0;

    for (uint32_t i = 0; i < g->entry->count; i++) {
        const struct workload_summary *w = workload_of(g, i);
        vms += w && w->done >= P99_JOBS && isnan(w->mean_low_ns) && !is_overloaded(w);
    }
    if (vms > 0) {
        add(l, arena_format(l->arena,
                            "%s: latencies are alike over too long a time for an interval of "
                            "the mean; a longer run may have one",
                            subject(l, g, vms)));
    }
}

static void warn_refused(struct list *l, const struct summary *s)
{
    uint32_t refused = s->setup->refused_count;

    if (refused > 0) {
        add(l, arena_format(l->arena, "%u VM%s refused for lack of room", refused,
                            refused == 1 ? " was" : "s were"));
    }
}

/* MIG instances that came and went. */
static void warn_repartition(struct list *l, const struct summary *s)
{
    const struct setup *setup = s->setup;
    uint32_t missing = setup->instances_missing;
    uint32_t evicted = setup->evicted_count;

    if (missing > 0) {
        add(l, arena_format(l->arena, "%u MIG instance%s never created for lack of room",
                            missing, missing == 1 ? " was" : "s were"));
    }
    if (evicted > 0) {
        add(l, arena_format(l->arena, "%u VM%s evicted when a MIG instance was given up",
                            evicted, evicted == 1 ? " was" : "s were"));
    }
    for (uint32_t i = 0; setup->has_changes && i < setup->scenario->gpu_count; i++) {
        if (setup->scenario->gpus[i].repartition.is_assumed) {
            add(l, "how long it takes to create and destroy a MIG instance was assumed; "
                   "repartition: says it");
            return;
        }
    }
}

/* MPS on a device where nobody measured how kernels share SMs and memory. */
static void warn_mps(struct list *l, const struct summary *s)
{
    const struct scenario *scenario = s->setup->scenario;

    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        const struct gpu_entry *gpu = &scenario->gpus[i];
        if (gpu_has_mps(gpu) && !gpu->device.mps.is_measured) {
            add(l, arena_format(l->arena,
                                "%s: how MPS clients share this device was not measured; the "
                                "model's parameters are those of the H100",
                                gpu->name));
        }
    }
}

/* A policy of one slot for each VM that could be there, where nothing says how many could. */
static void warn_slots(struct list *l, const struct summary *s)
{
    for (uint32_t i = 0; i < s->setup->partition_count; i++) {
        const struct partition *partition = &s->setup->partitions[i];
        if (partition->slots_assumed && setup_uses_slots(partition)) {
            add(l, arena_format(l->arena,
                                "%s: nothing says how many VMs it can hold; %u slots are "
                                "assumed, as many as VMs are present at one time",
                                partition->name, partition->slot_count));
        }
    }
}

static void warn_groups(struct list *l, const struct summary *s,
                        void (*warn)(struct list *, const struct group *))
{
    const struct scenario *scenario = s->setup->scenario;
    struct group g = { .summary = s };

    for (uint32_t e = 0; e < scenario->vm_count; e++) {
        g.entry = &scenario->vms[e];
        for (g.workload = 0; g.workload < g.entry->workload_count; g.workload++) {
            warn(l, &g);
        }
        g.first += g.entry->count;
    }
}

void warnings_write(struct summary *s, bool warmup_short, struct arena *arena)
{
    struct list l = { .texts = arena_take(arena, WARNINGS_MAX, sizeof(*l.texts)),
                      .arena = arena };

    warn_groups(&l, s, warn_overload);
    warn_refused(&l, s);
    warn_repartition(&l, s);
    warn_mps(&l, s);
    warn_slots(&l, s);
    warn_groups(&l, s, warn_without_jobs);
    warn_groups(&l, s, warn_dropped);
    if (warmup_short) {
        add(&l, "the run is too short to tell where its warm-up ends; a longer one, or a "
                "warmup given as a time, would help");
    }
    warn_groups(&l, s, warn_few_jobs);
    warn_groups(&l, s, warn_no_interval);
    if (l.more > 0) {
        l.texts[WARNINGS_MAX - 1] = arena_format(arena, "and %u more warnings", l.more + 1);
    }
    s->warnings = l.texts;
    s->warning_count = l.count;
}
