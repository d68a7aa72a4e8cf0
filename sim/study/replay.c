#include "study/replay.h"

#include "base/assert.h"
#include "policy/turns.h"
#include "run/grid.h"
#include "run/run.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- calibration */

static int read_time(struct catalogue *catalogue, const char *device, const char *key,
                     nsec *ret, struct err *err)
{
    double value;

    if (!catalogue_measured(catalogue, device, key, &value)) {
        return err_set(err, ERR_SCENARIO,
                       "device %s is not calibrated: its %s was never measured; calibrate it "
                       "with vgpusim calibrate",
                       device, key);
    }
    *ret = (nsec)(value + 0.5);
    return 0;
}

static double read_scale(struct catalogue *catalogue, const char *device, const char *key)
{
    double value;

    return catalogue_measured(catalogue, device, key, &value) ? value : 1.0;
}

int calibration_of(struct catalogue *catalogue, const char *device, struct calibration *ret,
                   struct err *err)
{
    const struct catalogue_device *known;
    struct calibration c = { 0 };

    if (catalogue_device(catalogue, device, &known, err)) {
        return -1;
    }
    const char *name = known->device.name;
    c.device = known->device;
    if (read_time(catalogue, name, "slice_ns", &c.slice_ns, err) ||
        read_time(catalogue, name, "switch_preempt_ns", &c.switch_cost.preempt_ns, err) ||
        read_time(catalogue, name, "switch_idle_ns", &c.switch_cost.idle_ns, err) ||
        read_time(catalogue, name, "switch_restore_ns", &c.switch_cost.restore_ns, err) ||
        read_time(catalogue, name, "launch_ns", &c.launch_ns, err) ||
        read_time(catalogue, name, "job_ns", &c.job_ns, err) ||
        read_time(catalogue, name, "gap_ns", &c.gap_ns, err)) {
        return -1;
    }
    c.demand_scale = read_scale(catalogue, name, "demand_scale");
    c.copy_in_scale = read_scale(catalogue, name, "copy_in_scale");
    c.copy_out_scale = read_scale(catalogue, name, "copy_out_scale");
    c.has_mps = c.device.mps.is_measured;
    if (c.has_mps &&
        (read_time(catalogue, name, "mps_launch_ns", &c.mps_launch_ns, err) ||
         read_time(catalogue, name, "mps_open_launch_ns", &c.mps_open_launch_ns, err))) {
        return -1;
    }
    c.mps_demand_scale = read_scale(catalogue, name, "mps_demand_scale");
    c.mps_stream_scale = read_scale(catalogue, name, "mps_stream_scale");
    *ret = c;
    return 0;
}

bool replay_can(const struct calibration *calibration, enum measured_mode mode)
{
    switch (mode) {
    case MEASURED_TIME_SLICED:
    case MEASURED_COPY:
        return true;
    case MEASURED_MPS:
        return calibration->has_mps;
    default:
        return false;
    }
}

/* ---------------------------------------------------------------- building the scenario */

/* A longest time after the last arrival within which every job has ended. */
#define DRAIN_NS (120 * SEC)

struct builder {
    const struct measured_scenario *measured;
    const struct calibration *calibration;
    struct arena arena;
};

static nsec scaled(nsec demand, double scale)
{
    return (nsec)((double)demand * scale + 0.5);
}

static struct amount constant(nsec value)
{
    return (struct amount){ .kind = AMOUNT_CONSTANT, .mean = (double)value };
}

/* The demands of all jobs of a VM on one engine, one after the other, again from the first. */
static struct amount sequence(struct builder *b, const struct measured_vm *vm, double scale,
                              nsec extra_ns)
{
    int64_t *values = arena_take(&b->arena, vm->job_count, sizeof(values[0]));

    for (uint32_t i = 0; i < vm->job_count; i++) {
        values[i] = scaled(vm->jobs[i].demand_ns, scale) + extra_ns;
    }
    return (struct amount){
        .kind = AMOUNT_SEQUENCE,
        .values = values,
        .value_count = vm->job_count,
    };
}

static bool is_mps(const struct builder *b)
{
    return b->measured->mode == MEASURED_MPS;
}

static nsec launch_ns(const struct builder *b, const struct measured_vm *vm)
{
    if (is_mps(b) && !vm->is_closed) {
        return b->calibration->mps_open_launch_ns;
    }
    return is_mps(b) ? b->calibration->mps_launch_ns : b->calibration->launch_ns;
}

/* Arrivals are those at the GPU: a launch after those of the client. */
static struct arrival arrivals(struct builder *b, const struct measured_vm *vm)
{
    const struct calibration *c = b->calibration;
    nsec launch = launch_ns(b, vm);
    struct arrival arrival = { .until_ns = b->measured->duration_ns + launch };

    if (vm->is_closed) {
        arrival.kind = ARRIVAL_CLOSED;
        arrival.clients = 1;
        arrival.offset_ns = vm->jobs[0].arrival_ns + launch;
        arrival.think = constant(vm->think_ns + c->gap_ns + launch);
        return arrival;
    }
    nsec *times = arena_take(&b->arena, vm->job_count, sizeof(times[0]));
    for (uint32_t i = 0; i < vm->job_count; i++) {
        times[i] = vm->jobs[i].arrival_ns + launch;
    }
    arrival.kind = ARRIVAL_TRACE;
    arrival.until_ns = 0;
    arrival.times_ns = times;
    arrival.time_count = vm->job_count;
    return arrival;
}

/* A small grid fills a quarter of the device; see tests/hardware/README.md. */
static double grid_scale(const struct builder *b, const struct measured_vm *vm)
{
    uint32_t sms = b->calibration->device.sms;
    uint32_t full = 4 * sms;
    uint32_t turns = (vm->blocks + sms - 1) / sms;

    return vm->blocks > 0 && vm->blocks < full ? (double)turns / 4.0 : 1.0;
}

static uint32_t phases_of(struct builder *b, const struct measured_vm *vm,
                          struct phase phases[3])
{
    const struct calibration *c = b->calibration;
    double compute = c->demand_scale * grid_scale(b, vm);

    if (strcmp(vm->kernel, "copy") == 0) {
        phases[0] = (struct phase){ .kind = PHASE_COPY_IN,
                                    .demand = sequence(b, vm, c->copy_in_scale, 0) };
        return 1;
    }
    if (strcmp(vm->kernel, "pipeline") == 0) {
        phases[0] = (struct phase){ .kind = PHASE_COPY_IN,
                                    .demand = sequence(b, vm, c->copy_in_scale / 3.0, 0) };
        phases[1] = (struct phase){ .kind = PHASE_COMPUTE,
                                    .demand = sequence(b, vm, compute / 3.0, c->job_ns) };
        phases[2] = (struct phase){ .kind = PHASE_COPY_OUT,
                                    .demand = sequence(b, vm, c->copy_out_scale / 3.0, 0) };
        return 3;
    }
    if (is_mps(b)) {
        bool is_stream = strcmp(vm->kernel, "stream") == 0;
        double part = vm->blocks > 0 ? grid_part(&c->device, vm->blocks) : 1.0;
        double scale = is_stream ? c->mps_stream_scale : c->mps_demand_scale * part;
        phases[0] = (struct phase){
            .kind = PHASE_COMPUTE,
            .demand = sequence(b, vm, scale, 0),
            .blocks = vm->blocks,
            .memory_bound_ppm = is_stream ? (uint32_t)PPM : 0,
        };
        return 1;
    }
    phases[0] =
        (struct phase){ .kind = PHASE_COMPUTE, .demand = sequence(b, vm, compute, c->job_ns) };
    return 1;
}

static struct vm_entry *build_vms(struct builder *b)
{
    uint32_t count = b->measured->vm_count;
    struct vm_entry *vms = arena_take(&b->arena, count, sizeof(vms[0]));

    for (uint32_t i = 0; i < count; i++) {
        const struct measured_vm *vm = &b->measured->vms[i];
        struct workload_entry *workload = arena_take(&b->arena, 1, sizeof(*workload));
        struct phase *phases = arena_take(&b->arena, 3, sizeof(phases[0]));
        workload->workload = (struct workload){
            .name = "jobs",
            .arrival = arrivals(b, vm),
            .phases = phases,
            .phase_count = phases_of(b, vm, phases),
            .in_flight = vm->is_closed ? 1 : WORKLOAD_IN_FLIGHT_MAX,
            .deadline_ns = NSEC_MAX,
            .queue_limit = UINT32_MAX,
        };
        vms[i] = (struct vm_entry){
            .name = vm->name,
            .count = 1,
            .gpu_index = UINT32_MAX,
            .weight = VM_WEIGHT_ONE,
            .priority = VM_WEIGHT_ONE,
            .share_ppm = (uint32_t)(vm->sm_percent * 1e4 + 0.5),
            .stop_ns = NSEC_MAX,
            .workloads = workload,
            .workload_count = 1,
        };
    }
    return vms;
}

static struct gpu_entry *build_gpu(struct builder *b)
{
    const struct calibration *c = b->calibration;
    struct gpu_entry *gpu = arena_take(&b->arena, 1, sizeof(*gpu));
    struct turns_params *params = arena_take(&b->arena, 1, sizeof(*params));

    params->when_alone = WHEN_ALONE_HARDWARE;
    *gpu = (struct gpu_entry){ .name = "gpu", .count = 1, .device = c->device };
    gpu->sharing.mode = is_mps(b) ? SHARING_MPS : SHARING_TIME_SLICED;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        gpu->sharing.engines[i].policy = &policy_fifo;
        gpu->sharing.engines[i].slice_ns = c->slice_ns;
    }
    gpu->sharing.engines[ENGINE_COMPUTE] = (struct engine_sharing){
        .policy = &policy_best_effort,
        .params = params,
        .slice_ns = c->slice_ns,
        .switch_cost = c->switch_cost,
    };
    return gpu;
}

/* ---------------------------------------------------------------- running it */

struct listener {
    struct replay *replay;
    const struct builder *builder;
};

static void add_latency(void *context, const struct job_end *job)
{
    const struct listener *listener = context;
    struct replay_vm *vm = &listener->replay->vms[job->vm];

    if (vm->count == vm->capacity) {
        vm->capacity = vm->capacity ? 2 * vm->capacity : 256;
        vm->latencies_ns = realloc(vm->latencies_ns, vm->capacity * sizeof(nsec));
        if (!vm->latencies_ns) {
            out_of_memory();
        }
    }
    vm->latencies_ns[vm->count++] =
        job->end_ns - job->arrival_ns +
        launch_ns(listener->builder, &listener->builder->measured->vms[job->vm]);
}

static int simulate(struct builder *b, const struct scenario *scenario, struct replay *replay,
                    struct err *err)
{
    struct listener listener = { replay, b };
    struct probe probe = { .context = &listener, .finished = add_latency };
    struct err_list errors = { .count = 0 };
    struct setup setup;

    if (setup_build(scenario, &b->arena, &setup, &errors)) {
        *err = errors.errors[0];
        return -1;
    }
    struct run_options options = { .setup = &setup, .probes = &probe, .probe_count = 1 };
    struct run *run = run_create(&options, err);
    if (!run) {
        return -1;
    }
    int status = run_advance(run, scenario->duration_ns, err);
    run_free(run);
    return status;
}

int replay_run(const struct measured_scenario *scenario, const struct calibration *calibration,
               struct replay *ret, struct err *err)
{
    struct builder b = { .measured = scenario, .calibration = calibration };
    struct replay replay = { .vm_count = scenario->vm_count };

    arena_init(&b.arena);
    replay.vms = calloc(scenario->vm_count, sizeof(replay.vms[0]));
    if (!replay.vms) {
        out_of_memory();
    }
    struct scenario built = {
        .name = scenario->name,
        .question = "",
        .duration_ns = scenario->duration_ns + DRAIN_NS,
        .gpus = build_gpu(&b),
        .gpu_count = 1,
        .vms = build_vms(&b),
        .vm_count = scenario->vm_count,
    };
    int status = simulate(&b, &built, &replay, err);
    arena_fini(&b.arena);
    if (status) {
        replay_fini(&replay);
        return -1;
    }
    *ret = replay;
    return 0;
}

void replay_fini(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->vm_count; i++) {
        free(replay->vms[i].latencies_ns);
    }
    free(replay->vms);
    *replay = (struct replay){ 0 };
}
