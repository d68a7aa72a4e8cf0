#include "metrics/warnings.h"

#include "metrics/beyond.h"
#include "metrics/groups.h"

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
struct subject {
    const struct vm_entry *entry;
    uint32_t workload;
    const struct group *group;
};

/* "desktop", "desktop (3 of 8 VMs)", "desktop frames (all 8 VMs)", "desktop (both VMs)". */
static const char *who(struct list *l, const struct subject *s, uint32_t vms)
{
    const char *name = s->entry->name;

    if (s->entry->workload_count > 1) {
        const char *workload = s->entry->workloads[s->workload].workload.name;
        name = arena_format(l->arena, "%s %s", name, workload);
    }
    if (s->entry->count == 1) {
        return name;
    }
    if (vms == 2 && s->entry->count == 2) {
        return arena_format(l->arena, "%s (both VMs)", name);
    }
    if (vms == s->entry->count) {
        return arena_format(l->arena, "%s (all %u VMs)", name, vms);
    }
    return arena_format(l->arena, "%s (%u of %u VMs)", name, vms, s->entry->count);
}

/* The most overloaded VM stands for all of them. */
static void warn_overload(struct list *l, const struct subject *s)
{
    const struct group *g = s->group;

    if (g->vms_overloaded == 0) {
        return;
    }
    const char *vms = who(l, s, g->vms_overloaded);
    if (g->load_most <= 0) {
        add(l, arena_format(l->arena,
                            "%s: jobs arrive faster than they are served: latency grows "
                            "without bound",
                            vms));
        return;
    }
    add(l, arena_format(l->arena, "%s: offered load %.4g %%%s: latency grows without bound",
                        vms, g->load_most, g->load_of_unit ? "" : " of what the VM gets"));
}

static void warn_without_jobs(struct list *l, const struct subject *s)
{
    uint32_t vms = s->group->vms_without_jobs;

    if (vms > 0) {
        add(l, arena_format(l->arena, "%s: no job finished", who(l, s, vms)));
    }
}

static void warn_dropped(struct list *l, const struct subject *s)
{
    const struct group *g = s->group;

    if (g->vms_dropping > 0) {
        add(l, arena_format(l->arena, "%s: %.3g %% of the jobs were dropped",
                            who(l, s, g->vms_dropping),
                            100.0 * (double)g->dropped / (double)g->dropping_arrived));
    }
}

static void warn_few_jobs(struct list *l, const struct subject *s)
{
    const struct group *g = s->group;

    if (g->vms_few > 0) {
        add(l, arena_format(l->arena, "%s: %llu job%s %s too few for p99, which takes %d",
                            who(l, s, g->vms_few), (unsigned long long)g->fewest,
                            g->fewest == 1 ? "" : "s", g->fewest == 1 ? "is" : "are",
                            GROUP_P99_JOBS));
    }
}

/* Overload has said so already. */
static void warn_no_interval(struct list *l, const struct subject *s)
{
    uint32_t vms = s->group->vms_without_interval;

    if (vms > 0) {
        add(l, arena_format(l->arena,
                            "%s: latencies are alike over too long a time for an interval of "
                            "the mean; a longer run may have one",
                            who(l, s, vms)));
    }
}

static void warn_phases(struct list *l, const struct subject *s)
{
    const struct group *g = s->group;

    if (g->vms_in_phase > 0) {
        add(l, arena_format(l->arena,
                            "%s: periodic arrivals come in phase; over %u other choices of "
                            "phases the mean latency is %.3g to %.3g ms, p99 %.3g to %.3g ms",
                            who(l, s, g->vms_in_phase), g->phase_draws,
                            g->phases.mean_low_ns / 1e6, g->phases.mean_high_ns / 1e6,
                            (double)g->phases.p99_low_ns / 1e6,
                            (double)g->phases.p99_high_ns / 1e6));
    }
}

static void warn_refused(struct list *l, const struct summary *s)
{
    uint32_t refused = s->setup->refused_count;

    if (refused > 0) {
        add(l, arena_format(l->arena, "%u VM%s refused for lack of room%s%s", refused,
                            refused == 1 ? " was" : "s were",
                            s->setup->refusal[0] ? "; first " : "", s->setup->refusal));
    }
    if (s->setup->waited_count > 0) {
        add(l, arena_format(l->arena, "%u VM%s waited for room, for at most %.9g s",
                            s->setup->waited_count, s->setup->waited_count == 1 ? "" : "s",
                            (double)s->setup->waited_ns_max / (double)SEC));
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

static bool has_assumed_slots(const struct partition *partition)
{
    return partition->slots_assumed && setup_uses_slots(partition);
}

/* A policy of one slot for each VM that could be there, where nothing says how many could. GPUs
   of an entry that are alike are named once. */
static void warn_slots(struct list *l, const struct summary *s)
{
    const struct partition *partitions = s->setup->partitions;

    for (uint32_t i = 0; i < s->setup->partition_count;) {
        const struct partition *first = &partitions[i];
        uint32_t alike = 0;
        while (i < s->setup->partition_count && partitions[i].gpu == first->gpu &&
               partitions[i].slot_count == first->slot_count &&
               has_assumed_slots(&partitions[i]) == has_assumed_slots(first)) {
            alike++;
            i++;
        }
        if (has_assumed_slots(first)) {
            const char *others =
                alike > 1 ? arena_format(l->arena, " and %u more like it", alike - 1) : "";
            add(l, arena_format(l->arena,
                                "%s%s: nothing says how many VMs it can hold; %u slots are "
                                "assumed, as many as VMs are present at one time",
                                first->name, others, first->slot_count));
        }
    }
}

static void warn_beyond(struct list *l, const struct summary *s)
{
    for (uint32_t i = 0; i < s->setup->scenario->gpu_count; i++) {
        const char *sentence = beyond_measured(s, i, l->arena);
        if (sentence) {
            add(l, sentence);
        }
    }
}

static void warn_groups(struct list *l, const struct groups *groups,
                        void (*warn)(struct list *, const struct subject *))
{
    const struct scenario *scenario = groups->setup->scenario;

    for (uint32_t e = 0; e < scenario->vm_count; e++) {
        struct subject s = { .entry = &scenario->vms[e] };
        for (; s.workload < s.entry->workload_count; s.workload++) {
            s.group = &groups->groups[groups->first[e] + s.workload];
            warn(l, &s);
        }
    }
}

void warnings_write(struct summary *s, bool warmup_short, struct arena *arena)
{
    struct list l = { .texts = arena_take(arena, WARNINGS_MAX, sizeof(*l.texts)),
                      .arena = arena };

    warn_groups(&l, s->groups, warn_overload);
    warn_refused(&l, s);
    warn_repartition(&l, s);
    warn_mps(&l, s);
    warn_slots(&l, s);
    warn_beyond(&l, s);
    warn_groups(&l, s->groups, warn_phases);
    warn_groups(&l, s->groups, warn_without_jobs);
    warn_groups(&l, s->groups, warn_dropped);
    if (warmup_short) {
        add(&l, "the run is too short to tell where its warm-up ends; a longer one, or a "
                "warmup given as a time, would help");
    }
    warn_groups(&l, s->groups, warn_few_jobs);
    warn_groups(&l, s->groups, warn_no_interval);
    if (l.more > 0) {
        l.texts[WARNINGS_MAX - 1] = arena_format(arena, "and %u more warnings", l.more + 1);
    }
    s->warnings = l.texts;
    s->warning_count = l.count;
}
