#include "support/build.h"

#include "support/params.h"
#include "support/test.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- the scenario */

void build_init(struct build *b, const char *policy)
{
    const struct policy_ops *ops = policy_find(policy);

    *b = (struct build){ 0 };
    assert_non_null(ops);
    arena_init(&b->scenario.arena);
    b->vms = arena_take(&b->scenario.arena, BUILD_VMS_MAX, sizeof(b->vms[0]));
    for (uint32_t i = 0; i < BUILD_GPUS_MAX; i++) {
        struct gpu_entry *gpu = &b->gpus[i];
        gpu->name = arena_format(&b->scenario.arena, "gpu%u", i);
        gpu->count = 1;
        gpu->device = (struct device){
            .name = "inline", .sms = 100, .copy_engines = 2, .blocks_per_sm = 8
        };
        gpu->sharing.mode = SHARING_TIME_SLICED;
        for (enum engine_kind engine = 0; engine < ENGINE_COUNT; engine++) {
            struct engine_sharing *sharing = &gpu->sharing.engines[engine];
            params_default(sharing, engine == ENGINE_COMPUTE ? ops : &policy_fifo,
                           &b->scenario.arena);
            sharing->slice_ns = 2 * MSEC;
        }
    }
    b->scenario.name = "test";
    b->scenario.question = "";
    b->scenario.duration_ns = SEC;
    b->scenario.seed = 1;
    b->scenario.gpus = b->gpus;
    b->scenario.gpu_count = 1;
    b->scenario.vms = b->vms;
    record_init(&b->record, &b->probes[0]);
    b->options = (struct run_options){ .probes = b->probes, .probe_count = 2 };
}

void build_mps(struct build *b)
{
    b->gpus[0].sharing.mode = SHARING_MPS;
    b->record.is_mps = true;
}

void build_fini(struct build *b)
{
    run_free(b->run);
    record_fini(&b->record);
    arena_fini(&b->scenario.arena);
    *b = (struct build){ 0 };
}

void build_param(struct build *b, const char *key, int64_t value)
{
    params_set(build_compute(b), key, value);
}

void build_limiter(struct build *b, uint32_t vm, const char *name, int64_t share_ppm)
{
    struct limiter_config *limiter = &b->vms[vm].limiter;

    limiter->ops = limiter_find(name);
    assert_non_null(limiter->ops);
    limiter->params = params_fill(limiter->ops->params, &b->scenario.arena);
    build_limiter_param(b, vm, "share", share_ppm);
}

void build_limiter_param(struct build *b, uint32_t vm, const char *key, int64_t value)
{
    const struct limiter_config *limiter = &b->vms[vm].limiter;

    params_put(limiter->ops->params, (void *)limiter->params, key, value);
}

struct engine_sharing *build_compute(struct build *b)
{
    return &b->gpus[0].sharing.engines[ENGINE_COMPUTE];
}

void build_switch(struct build *b, nsec cost_ns, nsec restore_ns)
{
    build_compute(b)->switch_cost = (struct switch_cost){ cost_ns, cost_ns, restore_ns };
}

uint32_t build_vm(struct build *b, const char *name)
{
    uint32_t index = b->scenario.vm_count++;

    assert_true(index < BUILD_VMS_MAX);
    b->vms[index] = (struct vm_entry){
        .name = name,
        .count = 1,
        .gpu_index = UINT32_MAX,
        .placement_id = UINT32_MAX,
        .memory_bytes = GIB,
        .weight = VM_WEIGHT_ONE,
        .priority = 100,
        .share_ppm = (uint32_t)PPM,
        .stop_ns = NSEC_MAX,
        .schedule = { .maximum_ppm = (uint32_t)PPM },
        .workloads =
            arena_take(&b->scenario.arena, BUILD_WORKLOADS_MAX, sizeof(struct workload_entry)),
    };
    return index;
}

const char *build_letter(uint32_t number)
{
    static const char letters[][2] = { "A", "B", "C", "D", "E", "F", "G", "H", "I",
                                       "J", "K", "L", "M", "N", "O", "P", "Q", "R",
                                       "S", "T", "U", "V", "W", "X", "Y", "Z" };

    return letters[number % ARRAY_LEN(letters)];
}

struct phase *build_phases(struct workload *workload)
{
    return (struct phase *)workload->phases;
}

struct workload *build_workload(struct build *b, uint32_t vm)
{
    struct vm_entry *entry = &b->vms[vm];
    uint32_t index = entry->workload_count++;

    assert_true(vm < b->scenario.vm_count && index < BUILD_WORKLOADS_MAX);
    struct workload *workload = &((struct workload_entry *)entry->workloads)[index].workload;
    *workload = (struct workload){
        .name = arena_format(&b->scenario.arena, "w%u", index),
        .phases = arena_take(&b->scenario.arena, WORKLOAD_PHASES_MAX, sizeof(struct phase)),
        .phase_count = 1,
        .in_flight = 1,
        .deadline_ns = NSEC_MAX,
        .queue_limit = UINT32_MAX,
    };
    build_phases(workload)[0].kind = PHASE_COMPUTE;
    return workload;
}

struct phase *build_phase(struct build *b, struct workload *workload, enum phase_kind kind,
                          struct amount demand)
{
    struct phase *phase = &build_phases(workload)[workload->phase_count++];

    (void)b;
    assert_true(workload->phase_count <= WORKLOAD_PHASES_MAX);
    *phase = (struct phase){ .kind = kind, .demand = demand };
    return phase;
}

struct workload *build_jobs(struct build *b, uint32_t vm, const struct build_job *jobs,
                            size_t count)
{
    struct workload *workload = build_workload(b, vm);
    nsec *times_ns = arena_take(&b->scenario.arena, count, sizeof(nsec));
    nsec *demands_ns = arena_take(&b->scenario.arena, count, sizeof(nsec));

    for (size_t i = 0; i < count; i++) {
        times_ns[i] = jobs[i].arrival_ns;
        demands_ns[i] = jobs[i].demand_ns;
    }
    workload->arrival = (struct arrival){
        .kind = ARRIVAL_TRACE,
        .times_ns = times_ns,
        .demands_ns = demands_ns,
        .time_count = count,
    };
    build_phases(workload)[0].demand.kind = AMOUNT_TRACE;
    return workload;
}

struct workload *build_closed(struct build *b, uint32_t vm, struct amount demand, nsec think_ns)
{
    struct workload *workload = build_workload(b, vm);

    workload->arrival = (struct arrival){
        .kind = ARRIVAL_CLOSED,
        .clients = 1,
        .think = build_constant(think_ns),
    };
    build_phases(workload)[0].demand = demand;
    return workload;
}

struct workload *build_poisson(struct build *b, uint32_t vm, nsec mean_gap_ns,
                               struct amount demand)
{
    struct workload *workload = build_workload(b, vm);

    workload->arrival = (struct arrival){
        .kind = ARRIVAL_POISSON,
        .mean_gap_ns = (double)mean_gap_ns,
    };
    build_phases(workload)[0].demand = demand;
    return workload;
}

struct amount build_constant(nsec value_ns)
{
    return (struct amount){ .kind = AMOUNT_CONSTANT, .mean = (double)value_ns };
}

struct amount build_exponential(nsec mean_ns)
{
    return (struct amount){ .kind = AMOUNT_EXPONENTIAL, .mean = (double)mean_ns };
}

/* ---------------------------------------------------------------- running it */

int build_setup(struct build *b)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < b->scenario.vm_count; i++) {
        count += b->vms[i].count;
    }
    for (uint32_t i = 0; i < b->scenario.gpu_count; i++) {
        if (b->gpus[i].device.memory_bytes == 0) {
            b->gpus[i].device.memory_bytes = (count > 0 ? count : 1) * GIB;
        }
    }
    return setup_build(&b->scenario, &b->scenario.arena, &b->setup, &b->errors);
}

void build_start(struct build *b)
{
    if (!b->setup.scenario && build_setup(b)) {
        fail_msg("%s", b->errors.errors[0].text);
    }
    b->options.setup = &b->setup;
    b->run = run_create(&b->options, &b->err);
    if (!b->run) {
        fail_msg("%s", b->err.text);
    }
}

int build_try(struct build *b)
{
    if (!b->run) {
        build_start(b);
    }
    if (run_advance(b->run, b->scenario.duration_ns, &b->err)) {
        return -1;
    }
    run_finish(b->run);
    return 0;
}

void build_run(struct build *b)
{
    if (build_try(b)) {
        fail_msg("%s", b->err.text);
    }
}

const char *build_schedule(struct build *b, nsec unit_ns)
{
    const char *text = "";
    size_t count;
    struct record_piece *pieces = record_pieces(&b->record, ENGINE_COMPUTE, &count);

    for (size_t i = 0; i < count; i++) {
        text = arena_format(&b->scenario.arena, "%s%s%s%.9g-%.9g", text, i > 0 ? " " : "",
                            b->vms[pieces[i].vm].name,
                            (double)pieces[i].start_ns / (double)unit_ns,
                            (double)pieces[i].end_ns / (double)unit_ns);
    }
    free(pieces);
    return text;
}

const struct job_end *build_job_of(const struct build *b, uint32_t vm, uint64_t number)
{
    for (size_t i = 0; i < b->record.job_count; i++) {
        const struct job_end *job = &b->record.jobs[i];
        if (job->vm == vm && job->number == number) {
            return job;
        }
    }
    fail_msg("job %u of %s did not finish", (unsigned)number, b->vms[vm].name);
    return NULL;
}
