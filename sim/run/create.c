#include "run/run.h"

#include "base/assert.h"
#include "run/inside.h"
#include "run/pace.h"
#include "run/skip.h"

#include <math.h>
#include <stdlib.h>

/* Which engine serves a kind of phase: one copy engine serves both directions. */
static enum engine_kind engine_of(const struct device *device, enum phase_kind phase)
{
    switch (phase) {
    case PHASE_COMPUTE:
        return ENGINE_COMPUTE;
    case PHASE_COPY_IN:
        return ENGINE_COPY_IN;
    case PHASE_COPY_OUT:
        return device->copy_engines == 1 ? ENGINE_COPY_IN : ENGINE_COPY_OUT;
    case PHASE_ENCODE:
        return ENGINE_ENCODE;
    case PHASE_DECODE:
        return ENGINE_DECODE;
    default:
        assert_never("a phase on an engine");
        return ENGINE_COMPUTE;
    }
}

/* Marks the engines that some workload uses; compute always is one. */
static void find_engines(const struct run *run, bool used[ENGINE_COUNT])
{
    used[ENGINE_COMPUTE] = true;
    for (uint32_t i = 0; i < run->stream_count; i++) {
        const struct workload *workload = run->streams[i].workload;
        for (uint32_t j = 0; j < workload->phase_count; j++) {
            enum phase_kind kind = workload->phases[j].kind;
            if (kind != PHASE_HOST) {
                used[engine_of(run->partition->device, kind)] = true;
            }
        }
    }
}

static struct slicer_switch switch_of(const struct switch_cost *cost, nsec cost_ns)
{
    return (struct slicer_switch){ .cost_ns = cost_ns,
                                   .restore_ns = cost_ns > 0 ? cost->restore_ns : 0 };
}

/* A VM's kernels may leave more, or less, to save than usual. */
static void create_switches(struct run *run, struct slicer *s, const struct switch_cost *cost)
{
    s->switches = arena_take(&run->arena, run->vm_count + 1, sizeof(s->switches[0]));
    s->switches[0] = switch_of(cost, cost->idle_ns);
    for (uint32_t vm = 0; vm < run->vm_count; vm++) {
        nsec own = run->partition->vms[vm].preempt_ns;
        s->switches[vm + 1] =
            switch_of(cost, own > 0 && s->kind == ENGINE_COMPUTE ? own : cost->preempt_ns);
    }
}

/* A stream of chance of one engine. */
static void create_rng(const struct run *run, enum engine_kind engine, const char *quantity,
                       const struct run_options *options, struct rng *rng)
{
    struct rng_name name = {
        .seed = options->setup->scenario->seed,
        .replication = options->replication,
        .entry = run->partition->name,
        .workload = engine_name(engine),
        .quantity = quantity,
    };

    rng_init(rng, &name);
}

static int create_slicer(struct run *run, struct slicer *s, const struct run_options *options,
                         struct err *err)
{
    const struct engine_sharing *sharing = &run->partition->sharing->engines[s->kind];
    const struct policy_ops *ops = sharing->policy;

    slicer_init(run, s);
    create_rng(run, s->kind, "policy", options, &s->rng);
    create_switches(run, s, &sharing->switch_cost);
    s->duplex_ppm = sharing->duplex_ppm;
    run->has_pieces = run->has_pieces || s->duplex_ppm > 0;
    s->lanes = arena_take(&run->arena, run->vm_count, sizeof(s->lanes[0]));
    s->service_ns = &run->service_ns[(size_t)s->kind * run->vm_count];
    s->ready_bits = arena_take(&run->arena, run->vm_count / 64 + 1, sizeof(uint64_t));
    s->ready_since_ns = arena_take(&run->arena, run->vm_count, sizeof(nsec));
    for (uint32_t vm = 0; vm < run->vm_count; vm++) {
        s->lanes[vm].vm = &run->partition->vms[vm];
        s->ready_since_ns[vm] = NSEC_MAX;
    }
    s->policy.ops = ops;
    s->policy.quantum_ns = sharing->slice_ns;
    s->policy.params = sharing->params;
    s->policy.vms = run->partition->vms;
    s->policy.vm_count = run->vm_count;
    s->policy.slot_count = run->partition->slot_count;
    s->policy.state = arena_take(&run->arena, 1, ops->state_size(run->vm_count));
    if (s->kind == ENGINE_COMPUTE && run->partition->limiters) {
        run->limited = limited_wrap(&s->policy, run->partition->limiters, &run->arena);
    }
    s->skip_span = MOMENT_NEVER;
    if (options->skip) {
        skip_init(run, s);
    }
    if (s->policy.ops->init && s->policy.ops->init(&s->policy, err)) {
        if (!err->place.file) {
            err->place = run->partition->sharing->place;
        }
        return -1;
    }
    return 0;
}

static int create_slicers(struct run *run, const struct run_options *options, struct err *err)
{
    bool used[ENGINE_COUNT] = { false };

    find_engines(run, used);
    run->service_ns =
        arena_take(&run->arena, (size_t)ENGINE_COUNT * run->vm_count, sizeof(nsec));
    if (run->partition->sharing->mode == SHARING_MPS) {
        run->spatial = spatial_create(run);
        create_rng(run, ENGINE_COMPUTE, "placement", options, &run->spatial->rng);
    }
    run->slicers = arena_take(&run->arena, ENGINE_COUNT, sizeof(run->slicers[0]));
    for (enum engine_kind kind = 0; kind < ENGINE_COUNT; kind++) {
        if (used[kind] && !(run->spatial && kind == ENGINE_COMPUTE)) {
            struct slicer *s = &run->slicers[run->slicer_count++];
            s->kind = kind;
            if (create_slicer(run, s, options, err)) {
                return -1;
            }
        }
    }
    for (enum phase_kind phase = PHASE_COMPUTE; phase < PHASE_COUNT; phase++) {
        for (uint32_t i = 0; i < run->slicer_count; i++) {
            if (run->slicers[i].kind == engine_of(run->partition->device, phase)) {
                run->by_phase[phase] = &run->slicers[i];
            }
        }
    }
    return 0;
}

/* Notes what the phases of a workload need of the run. */
static void note_phases(struct run *run, const struct workload *workload)
{
    enum preemption_point own = run->partition->device->preemption;

    for (uint32_t i = 0; i < workload->phase_count; i++) {
        const struct phase *phase = &workload->phases[i];
        enum preemption_point point = phase->has_preemption ? phase->preemption : own;
        run->has_hosts = run->has_hosts || phase->kind == PHASE_HOST;
        run->has_pieces = run->has_pieces || point != PREEMPTION_INSTRUCTION;
    }
}

/* How much longer a compute phase takes on a partition than on the whole device: its thread
   blocks take more turns on fewer SMs, and its memory traffic has less bandwidth. */
static double compute_scale(const struct phase *phase, const struct device *whole,
                            const struct device *part)
{
    double memory = (double)phase->memory_bound_ppm / (double)PPM;
    double sms = (double)whole->sms / (double)part->sms;
    double bandwidth = sms;

    if (phase->blocks > 0) {
        sms = ceil((double)phase->blocks / (double)part->sms) /
              ceil((double)phase->blocks / (double)whole->sms);
    }
    if (part->bandwidth_bytes > 0 && whole->bandwidth_bytes > 0) {
        bandwidth = (double)whole->bandwidth_bytes / (double)part->bandwidth_bytes;
    }
    return (1.0 - memory) * sms + memory * bandwidth;
}

/* Of a MIG instance; the whole GPU needs none. */
static const double *create_scales(struct run *run, const struct device *whole,
                                   const struct workload *workload)
{
    if (!run->partition->instance) {
        return NULL;
    }
    double *scales = arena_take(&run->arena, workload->phase_count, sizeof(scales[0]));
    for (uint32_t i = 0; i < workload->phase_count; i++) {
        const struct phase *phase = &workload->phases[i];
        scales[i] = phase->kind == PHASE_COMPUTE
                        ? compute_scale(phase, whole, run->partition->device)
                        : 1.0;
    }
    return scales;
}

static void create_streams(struct run *run, const struct run_options *options)
{
    const struct setup *setup = options->setup;
    uint32_t count = 0;

    for (uint32_t vm = 0; vm < run->vm_count; vm++) {
        run->vms[vm].first_stream = count;
        run->vms[vm].stream_count = setup_entry(setup, run->partition, vm)->workload_count;
        count += run->vms[vm].stream_count;
    }
    run->stream_count = count;
    run->streams = arena_take(&run->arena, count, sizeof(run->streams[0]));
    for (uint32_t vm = 0; vm < run->vm_count; vm++) {
        const struct vm_entry *entry = setup_entry(setup, run->partition, vm);
        for (uint32_t i = 0; i < entry->workload_count; i++) {
            struct stream *stream = &run->streams[run->vms[vm].first_stream + i];
            const struct workload *workload = &entry->workloads[i].workload;
            const struct setup_vm *own = &setup->vms[run->partition->setup_vms[vm]];
            struct rng_name name = {
                .seed = setup->scenario->seed,
                .replication = options->replication,
                .entry = own->stream,
                .replica = own->replica,
                .workload = workload->name,
            };
            stream->index = run->vms[vm].first_stream + i;
            stream->vm = vm;
            stream->index_in_vm = i;
            stream->shift_ns = options->shifts_ns ? options->shifts_ns[stream->index] : 0;
            stream->is_paced =
                workload->frames && pace_has_limit(&run->partition->frame_limits[vm]);
            stream_init(stream, workload, &name, &run->arena);
            stream->scales = create_scales(
                run, &setup->scenario->gpus[run->partition->gpu].device, workload);
            note_phases(run, workload);
        }
    }
}

static int compare_lives(const void *a, const void *b)
{
    const struct life_event *first = a;
    const struct life_event *second = b;

    if (first->at_ns != second->at_ns) {
        return first->at_ns < second->at_ns ? -1 : 1;
    }
    if (first->is_start != second->is_start) {
        return first->is_start ? 1 : -1;
    }
    return first->vm < second->vm ? -1 : first->vm > second->vm;
}

static void create_lives(struct run *run)
{
    run->lives = arena_take(&run->arena, 2 * (size_t)run->vm_count, sizeof(run->lives[0]));
    for (uint32_t vm = 0; vm < run->vm_count; vm++) {
        const struct vm *own = &run->partition->vms[vm];
        if (own->start_ns < run->duration_ns) {
            run->lives[run->life_count++] = (struct life_event){ own->start_ns, vm, true };
        }
        if (own->stop_ns < run->duration_ns) {
            run->lives[run->life_count++] = (struct life_event){ own->stop_ns, vm, false };
        }
    }
    qsort(run->lives, run->life_count, sizeof(run->lives[0]), compare_lives);
}

static void create_timers(struct run *run, const struct run_options *options)
{
    run->border_ns = options->border_ns;
    run->next_border_ns = options->border_ns > 0 ? options->border_ns : INSTANT_NEVER;
    run->warmup_ns = options->warmup_ns > 0 ? options->warmup_ns : INSTANT_NEVER;
    run->border_streams_ns = arena_take(&run->arena, run->stream_count, sizeof(nsec));
    create_lives(run);
    run_set_timer(run);
}

static void create_health(struct run *run, const struct run_options *options)
{
    const struct setup *setup = options->setup;
    const struct gpu_entry *gpu = &setup->scenario->gpus[run->partition->gpu];
    struct rng_name name = {
        .seed = setup->scenario->seed,
        .replication = options->replication,
        .entry = gpu->name,
        .replica = run->partition->gpu_number,
    };

    (void)health_create(run, &gpu->thermal, &gpu->faults, &name);
}

/* For each call those probes that listen to it. */
static void create_listeners(struct run *run, const struct run_options *options)
{
#define LISTEN(call)                                                                           \
    do {                                                                                       \
        struct listeners *own = &run->listeners.call;                                          \
        own->probes = arena_take(&run->arena, options->probe_count, sizeof(own->probes[0]));   \
        for (uint32_t i = 0; i < options->probe_count; i++) {                                  \
            if (options->probes[i].call) {                                                     \
                own->probes[own->count++] = &options->probes[i];                               \
            }                                                                                  \
        }                                                                                      \
    } while (0)

    LISTEN(joined);
    LISTEN(left);
    LISTEN(arrived);
    LISTEN(finished);
    LISTEN(unfinished);
    LISTEN(stayed);
    LISTEN(border);
    LISTEN(ready);
    LISTEN(dry);
    LISTEN(demanded);
    LISTEN(heated);
    LISTEN(failed);
#undef LISTEN
}

void run_drop_deaf(struct run *run)
{
    struct listeners *stayed = &run->listeners.stayed;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < stayed->count; i++) {
        if (stayed->probes[i]->stayed) {
            stayed->probes[kept++] = stayed->probes[i];
        }
    }
    stayed->count = kept;
}

struct run *run_create(const struct run_options *options, struct err *err)
{
    struct run *run = calloc(1, sizeof(*run));

    if (!run) {
        out_of_memory();
    }
    arena_init(&run->arena);
    run->partition = &options->setup->partitions[options->partition];
    run->vm_count = run->partition->vm_count;
    run->vms_size = run->vm_count * sizeof(run->partition->vms[0]);
    run->duration_ns = options->setup->scenario->duration_ns;
    run->vms = arena_take(&run->arena, run->vm_count, sizeof(run->vms[0]));
    create_listeners(run, options);
    create_streams(run, options);
    soonest_init(&run->arrivals, run->stream_count, &run->arena);
    soonest_init(&run->hosts, run->has_hosts ? run->stream_count : 0, &run->arena);
    if (create_slicers(run, options, err)) {
        run_free(run);
        return NULL;
    }
    create_health(run, options);
    run->is_alone = run->slicer_count == 1 && !run->has_hosts && !run->spatial;
    create_timers(run, options);
    run->plain = options->no_plain ? NULL : plain_create(run);
    return run;
}

void run_free(struct run *run)
{
    if (!run) {
        return;
    }
    for (uint32_t i = 0; i < run->stream_count; i++) {
        stream_fini(&run->streams[i]);
    }
    arena_fini(&run->arena);
    free(run);
}
