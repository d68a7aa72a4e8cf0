#include "metrics/collect.h"

#include "base/assert.h"
#include "metrics/tally.h"

#include <stdlib.h>
#include <string.h>

enum {
    VMS_IN_FULL = 256,       /* Up to so many VMs, everything is kept. */
    PARTITIONS_IN_FULL = 16, /* Of a fleet: timelines of these. */
    WINDOWS_MAX = 1024,
    WINDOWS_LEAST = 16,
    STAYS_MAX = 2000,
    WORKLOADS_NEAR = 256, /* Up to so many, tallies are mostly in a near cache. */
};

void collector_limit(struct collector_config *config, uint32_t vms_in_all, uint32_t partition)
{
    bool full = vms_in_all <= VMS_IN_FULL;

    config->keep_distribution = full;
    config->stays_max = full || partition < PARTITIONS_IN_FULL ? STAYS_MAX : 0;
    config->windows_max = WINDOWS_MAX;
    while (!full && config->windows_max > WINDOWS_LEAST &&
           (uint64_t)config->windows_max * vms_in_all > (uint64_t)WINDOWS_MAX * VMS_IN_FULL) {
        config->windows_max /= 2;
    }
}

static void init_tally(struct collector *c, struct tally *t, const struct collector_workload *w)
{
    hist_init(&t->latency);
    batches_init(&t->batches);
    t->service_before_ns = c->warmup_ns == 0 ? 0 : -1;
    t->service_after_ns = -1;
    if (w->has_frames) {
        t->frames = arena_take(&c->arena, 1, sizeof(*t->frames));
        hist_init(&t->frames->gaps);
        t->frames->last_end_ns = -1;
    }
}

static void init_tallies(struct collector *c)
{
    const struct collector_config *config = &c->config;
    uint32_t count = 0;

    c->first_tally = arena_take(&c->arena, config->vm_count + 1, sizeof(*c->first_tally));
    for (uint32_t vm = 0; vm < config->vm_count; vm++) {
        c->first_tally[vm] = count;
        count += config->vms[vm].workload_count;
    }
    c->first_tally[config->vm_count] = count;
    c->tallies = arena_take(&c->arena, count, sizeof(*c->tallies));
    for (uint32_t vm = 0; vm < config->vm_count; vm++) {
        for (uint32_t w = 0; w < config->vms[vm].workload_count; w++) {
            init_tally(c, &c->tallies[c->first_tally[vm] + w], &config->vms[vm].workloads[w]);
        }
    }
}

static void init_fairness(struct collector *c)
{
    const struct collector_config *config = &c->config;
    uint32_t *weights = arena_take(&c->arena, config->vm_count, sizeof(*weights));

    for (uint32_t vm = 0; vm < config->vm_count; vm++) {
        weights[vm] = config->vms[vm].weight;
    }
    c->fairness = arena_take(c->results, 1, sizeof(*c->fairness));
    fairness_init(c->fairness,
                  &(struct fairness_config){
                      .vm_count = config->vm_count,
                      .weights = weights,
                      .window_ns = config->window_ns,
                      .start_ns = config->warmup_ns,
                      .end_ns = config->duration_ns,
                      .windows_max = config->windows_max,
                  },
                  c->results);
}

struct collector *collector_create(const struct collector_config *config, struct arena *results)
{
    struct collector *c = calloc(1, sizeof(*c));

    assert(config->warmup_ns >= 0 && config->warmup_ns < config->duration_ns);
    if (!c) {
        out_of_memory();
    }
    arena_init(&c->arena);
    c->config = *config;
    c->results = results;
    hist_init(&c->nobody);
    (void)hist_note(&c->nobody, 0);
    c->pending = &c->nobody;
    c->waiting[c->newest].vm = VM_NONE;
    c->warmup_ns = config->warmup_ns;
    c->duration_ns = config->duration_ns;
    size_t services = (size_t)ENGINE_COUNT * config->vm_count;
    c->before.service_ns = arena_take(&c->arena, services, sizeof(nsec));
    c->after.service_ns = arena_take(&c->arena, services, sizeof(nsec));
    c->backlogged = arena_take(&c->arena, config->vm_count, sizeof(*c->backlogged));
    c->stays = arena_take(results, config->stays_max, sizeof(*c->stays));
    init_tallies(c);
    init_fairness(c);
    return c;
}

void collector_free(struct collector *c)
{
    if (!c) {
        return;
    }
    hist_fini(&c->nobody);
    for (uint32_t i = 0; i < c->first_tally[c->config.vm_count]; i++) {
        hist_fini(&c->tallies[i].latency);
        if (c->tallies[i].frames) {
            hist_fini(&c->tallies[i].frames->gaps);
        }
    }
    arena_fini(&c->arena);
    free(c);
}

static struct tally *tally_of(struct collector *c, uint32_t vm, uint32_t workload)
{
    return &c->tallies[c->first_tally[vm] + workload];
}

/* The time since the frame before, which may itself be of the warm-up. */
__attribute__((noinline)) static void add_frame(struct frames *frames, nsec end_ns, bool counts)
{
    if (counts && frames->last_end_ns >= 0) {
        hist_add(&frames->gaps, end_ns - frames->last_end_ns);
        frames->gap_sum_ns += end_ns - frames->last_end_ns;
        frames->count++;
    }
    frames->last_end_ns = end_ns;
}

const struct sums *tally_sums(struct tally *t)
{
    t->sums.latency_ns += t->recent.latency_ns;
    t->sums.queue_wait_ns += t->recent.queue_wait_ns;
    t->sums.slice_wait_ns += t->recent.slice_wait_ns;
    t->sums.run_ns += t->recent.run_ns;
    t->sums.switch_ns += t->recent.switch_ns;
    t->recent = (struct recent){ 0 };
    return &t->sums;
}

/* Counts a latency when the next one comes, or at the end. With many VMs its counter is rarely
   in a cache, and is fetched meanwhile (docs/performance.md). */
static inline void count_latency(struct collector *c, struct hist *h, nsec latency)
{
    uint32_t bucket = hist_note(h, latency);

    hist_count_one(c->pending, c->pending_bucket);
    c->pending = h;
    c->pending_bucket = bucket;
    /* Not in a function of its own: gcc 12 takes one for doing nothing. */
    __builtin_prefetch(&h->counts[bucket - h->first]);
}

/* A batch is full, or what is recent too large. */
__attribute__((noinline)) static void settle(struct tally *t)
{
    wide total = tally_sums(t)->latency_ns;

    if (t->batches.left == 0) {
        batches_close(&t->batches, total);
    }
}

/* The hot path: once a job. */
static void on_finished(void *context, const struct job_end *job)
{
    struct collector *c = context;
    struct tally *t = tally_of(c, job->vm, job->workload);
    nsec latency = job->end_ns - job->arrival_ns;

    if (t->frames) {
        add_frame(t->frames, job->end_ns, job->arrival_ns >= c->warmup_ns);
    }
    if (job->arrival_ns < c->warmup_ns) {
        return;
    }
    assert_at(job->queue_wait_ns + job->slice_wait_ns + job->run_ns + job->switch_ns +
                      job->host_ns ==
                  latency,
              job->end_ns, job->number);
    t->recent.latency_ns += latency;
    t->recent.queue_wait_ns += job->queue_wait_ns;
    t->recent.slice_wait_ns += job->slice_wait_ns;
    t->recent.run_ns += job->run_ns;
    t->recent.switch_ns += job->switch_ns;
    if (job->alone_ns > 0) {
        t->slowdown_sum += (double)latency / (double)job->alone_ns;
    } else {
        t->unrated++;
    }
    if (job->end_ns > job->deadline_ns) {
        t->late++;
    }
    count_latency(c, &t->latency, latency);
    if (batches_count(&t->batches) | (t->recent.latency_ns > RECENT_MAX)) {
        settle(t);
    }
}

/* Counts a job when the next one comes, or at the end. With many workloads its tally is in no
   near cache either, and is fetched meanwhile. */
static void on_finished_of_many(void *context, const struct job_end *job)
{
    struct collector *c = context;
    const struct tally *t = tally_of(c, job->vm, job->workload);
    const struct job_end *last = &c->waiting[c->newest];

    __builtin_prefetch(t);
    __builtin_prefetch(&t->latency.min_ns);
    c->newest ^= 1;
    c->waiting[c->newest] = *job;
    if (last->vm != VM_NONE) {
        on_finished(c, last);
    }
}

/* Counts what still waits for the next job. */
static void count_last(struct collector *c)
{
    if (c->waiting[c->newest].vm != VM_NONE) {
        on_finished(c, &c->waiting[c->newest]);
    }
    count_latency(c, &c->nobody, 0);
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct collector *c = context;
    struct tally *t = tally_of(c, job->vm, job->workload);
    nsec deadline_ns = c->config.vms[job->vm].workloads[job->workload].deadline_ns;

    if (job->arrival_ns < c->warmup_ns) {
        return;
    }
    if (job->dropped) {
        t->dropped++;
        return;
    }
    t->unfinished++;
    t->left_demand_ns += job->demand_ns;
    t->expired += deadline_ns < c->duration_ns - job->arrival_ns;
}

static void on_stayed(void *context, const struct stay *stay)
{
    struct collector *c = context;

    if (stay->switch_start_ns < c->warmup_ns) {
        return;
    }
    c->stays[c->stay_count++] = *stay;
    if (c->stay_count == c->config.stays_max) {
        c->probe->stayed = NULL;
    }
}

static void take_snapshot(struct collector *c, struct snapshot *s, const struct border *border)
{
    size_t services = (size_t)ENGINE_COUNT * c->config.vm_count;

    memcpy(s->service_ns, border->service_ns, services * sizeof(nsec));
    memcpy(s->engines, border->engines, sizeof(s->engines));
}

static void end_warmup(struct collector *c, const struct border *border)
{
    take_snapshot(c, &c->before, border);
    for (uint32_t i = 0; border->workload_service_ns && i < c->first_tally[border->vm_count];
         i++) {
        c->tallies[i].service_before_ns = border->workload_service_ns[i];
    }
}

static void end_run(struct collector *c, const struct border *border)
{
    count_last(c);
    take_snapshot(c, &c->after, border);
    for (uint32_t i = 0; border->workload_service_ns && i < c->first_tally[border->vm_count];
         i++) {
        c->tallies[i].service_after_ns = border->workload_service_ns[i];
    }
    for (uint32_t vm = 0; vm < border->vm_count; vm++) {
        c->backlogged[vm] = border->backlogged_since[vm] <= c->warmup_ns;
    }
    fairness_finish(c->fairness, border);
    c->is_over = true;
}

/* The first ENGINE_COMPUTE row of service_ns is what fairness is about. */
_Static_assert(ENGINE_COMPUTE == 0, "compute service comes first");

static void on_border(void *context, const struct border *border)
{
    struct collector *c = context;

    assert(border->vm_count == c->config.vm_count && border->now <= c->duration_ns);
    if (border->now == c->warmup_ns) {
        end_warmup(c, border);
    }
    fairness_border(c->fairness, border);
    if (border->now == c->duration_ns) {
        end_run(c, border);
    }
}

void collector_listen(struct collector *c, struct probe *ret)
{
    bool is_large = c->first_tally[c->config.vm_count] > WORKLOADS_NEAR;

    *ret = (struct probe){
        .context = c,
        .finished = is_large ? on_finished_of_many : on_finished,
        .unfinished = on_unfinished,
        .stayed = c->config.stays_max > 0 ? on_stayed : NULL,
        .border = on_border,
    };
    c->probe = ret;
}
