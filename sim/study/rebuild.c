#include "study/rebuild.h"

#include "base/assert.h"
#include "engine/exact.h"
#include "engine/rng.h"
#include "policy/turns.h"
#include "run/grid.h"
#include "study/replay.h"

#include <string.h>

/* A longest time after the last arrival within which every job has ended. */
#define DRAIN_NS (120 * SEC)

enum { BLOCKS_PER_SM = 4 }; /* Of a grid that fills the device; see tests/hardware/README.md. */

/* Copies of one direction share its engine equally: turns so short that nobody notices. */
#define COPY_TURN_NS (50 * USEC)

/* Kernels of one kind leave the same state, and run at the same pace. */
enum kind {
    KIND_COMPUTE,
    KIND_SMALL,
    KIND_STREAM,
    KIND_CLIENT, /* Of MPS. */
    KIND_COPY,
    KIND_PIPELINE,
    KIND_PACED,
    KIND_APP
};

static enum kind kind_of(const struct rebuild *b, const struct measured_vm *vm)
{
    if (b->measured->mode == MEASURED_MPS) {
        return KIND_CLIENT;
    }
    if (strcmp(vm->kernel, "stream") == 0) {
        return KIND_STREAM;
    }
    if (strcmp(vm->kernel, "copy") == 0) {
        return KIND_COPY;
    }
    if (strcmp(vm->kernel, "pipeline") == 0) {
        return KIND_PIPELINE;
    }
    if (b->measured->mode == MEASURED_APP) {
        return replay_is_paced(vm) ? KIND_PACED : KIND_APP;
    }
    return replay_is_small(vm->blocks) ? KIND_SMALL : KIND_COMPUTE;
}

static nsec scaled(nsec demand, double scale)
{
    return (nsec)((double)demand * scale + 0.5);
}

static struct amount constant(nsec value)
{
    return (struct amount){ .kind = AMOUNT_CONSTANT, .mean = (double)value };
}

/* The demands of all jobs of a VM on one engine, one after the other, again from the first. */
static struct amount sequence(struct rebuild *b, const struct measured_vm *vm, double scale,
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

/* What passes before work that was submitted is ready, and between a job and the next. */
static nsec launch_of(const struct rebuild *b, const struct measured_vm *vm)
{
    enum kind kind = kind_of(b, vm);

    if (kind == KIND_CLIENT) {
        return calibration_ns(b->calibration, vm->is_closed ? CALIBRATION_MPS_LAUNCH
                                                            : CALIBRATION_MPS_OPEN_LAUNCH);
    }
    return kind < KIND_CLIENT ? calibration_ns(b->calibration, CALIBRATION_LAUNCH) : 0;
}

static nsec gap_of(const struct rebuild *b, const struct measured_vm *vm)
{
    enum kind kind = kind_of(b, vm);
    enum calibration_key key = kind < KIND_CLIENT  ? CALIBRATION_GAP
                               : kind < KIND_COPY  ? CALIBRATION_MPS_GAP
                               : kind < KIND_PACED ? CALIBRATION_COPY_GAP
                                                   : CALIBRATION_APP_GAP;

    return calibration_ns(b->calibration, key);
}

static struct rng stream_of(const struct rebuild *b, const struct measured_vm *vm,
                            uint64_t seed, const char *quantity)
{
    struct rng_name name = {
        .seed = seed, .entry = b->measured->name, .workload = vm->name, .quantity = quantity
    };
    struct rng rng;

    rng_init(&rng, &name);
    return rng;
}

/* By how much a submission is late. */
static nsec late(const struct rebuild *b, struct rng *rng)
{
    return b->draw > 0 ? (nsec)(rng_uniform(rng) * (double)REPLAY_JITTER_NS) : 0;
}

/* Thinking that is early as often as late, so that its mean stays. */
static struct amount think_of(const struct rebuild *b, nsec think_ns)
{
    double half = (double)(think_ns < REPLAY_JITTER_NS / 2 ? think_ns : REPLAY_JITTER_NS / 2);

    if (b->draw == 0 || half <= 0.0) {
        return constant(think_ns);
    }
    return (struct amount){ .kind = AMOUNT_UNIFORM,
                            .low = (double)think_ns - half,
                            .high = (double)think_ns + half };
}

/* What the launch by a client that wakes up takes longer: mostly nothing. */
static nsec delay(const struct rebuild *b, const struct measured_vm *vm, struct rng *rng)
{
    double tail =
        kind_of(b, vm) < KIND_CLIENT ? b->calibration->values[CALIBRATION_LAUNCH_TAIL] : 0.0;

    return rng_uniform(rng) < REBUILD_TAIL_PART ? (nsec)(-exact_log(rng_uniform(rng)) * tail)
                                                : 0;
}

/* Arrivals are those at the GPU: a launch after those of the client. */
static struct arrival arrivals(struct rebuild *b, const struct measured_vm *vm)
{
    nsec launch_ns = launch_of(b, vm);
    struct arrival arrival = { .until_ns = b->measured->duration_ns + launch_ns };
    struct rng rng = stream_of(b, vm, b->draw, "late");

    if (vm->is_closed) {
        arrival.kind = ARRIVAL_CLOSED;
        arrival.clients = 1;
        arrival.offset_ns = vm->jobs[0].arrival_ns + launch_ns + late(b, &rng);
        arrival.think = think_of(b, vm->think_ns + gap_of(b, vm) + launch_ns);
        return arrival;
    }
    nsec *submitted = arena_take(&b->arena, vm->job_count, sizeof(submitted[0]));
    nsec *times = arena_take(&b->arena, vm->job_count, sizeof(times[0]));
    struct rng chance = stream_of(b, vm, b->draw + b->ring, "launch");
    b->submitted_ns[vm - b->measured->vms] = submitted;
    for (uint32_t i = 0; i < vm->job_count; i++) {
        submitted[i] = vm->jobs[i].arrival_ns + late(b, &rng);
        times[i] = submitted[i] + launch_ns + delay(b, vm, &chance);
        times[i] = i > 0 && times[i] < times[i - 1] ? times[i - 1] : times[i];
    }
    arrival.kind = ARRIVAL_TRACE;
    arrival.until_ns = 0;
    arrival.times_ns = times;
    arrival.time_count = vm->job_count;
    return arrival;
}

/* GPU time of a job of the kind over its nominal demand. */
static double compute_scale(const struct rebuild *b, const struct measured_vm *vm)
{
    const double *values = b->calibration->values;
    uint32_t sms = b->calibration->device.sms;
    uint32_t waves = (vm->blocks + sms - 1) / sms;

    switch (kind_of(b, vm)) {
    case KIND_STREAM:
        return values[CALIBRATION_DEMAND_STREAM];
    case KIND_SMALL:
        return values[CALIBRATION_DEMAND_SMALL] * (double)waves / BLOCKS_PER_SM;
    case KIND_APP:
        return values[CALIBRATION_DEMAND_APP];
    default:
        return values[CALIBRATION_DEMAND];
    }
}

static struct phase compute_phase(struct rebuild *b, const struct measured_vm *vm, double part)
{
    nsec job_ns = calibration_ns(b->calibration, CALIBRATION_JOB);

    return (struct phase){ .kind = PHASE_COMPUTE,
                           .demand = sequence(b, vm, compute_scale(b, vm) * part, job_ns) };
}

static struct phase copy_phase(struct rebuild *b, const struct measured_vm *vm,
                               enum phase_kind kind, double part)
{
    double scale = b->calibration->values[CALIBRATION_COPY] * part;

    return (struct phase){ .kind = kind, .demand = sequence(b, vm, scale, 0) };
}

/* The GPU time of a model's jobs, which is not always the same. */
static struct amount model_time(const struct rebuild *b, nsec mean_ns)
{
    double spread = b->calibration->values[CALIBRATION_APP_SPREAD];

    return spread > 0.0 ? (struct amount){ .kind = AMOUNT_LOGNORMAL,
                                           .mean = (double)mean_ns,
                                           .cv = spread }
                        : constant(mean_ns);
}

/* A model that the GPU alone binds. */
static struct phase model_phase(const struct rebuild *b, const struct measured_vm *vm)
{
    nsec demand_ns = scaled(vm->jobs[0].demand_ns, compute_scale(b, vm)) +
                     calibration_ns(b->calibration, CALIBRATION_JOB);

    return (struct phase){ .kind = PHASE_COMPUTE, .demand = model_time(b, demand_ns) };
}

/* A model whose host submits hundreds of kernels a job: the host runs ahead of the GPU, and
   the job ends when both have. Its demand is its time alone, which the host sets. */
static uint32_t paced_phases(struct rebuild *b, const struct measured_vm *vm,
                             struct phase phases[3])
{
    nsec gpu_ns = calibration_ns(b->calibration, CALIBRATION_APP_GPU);
    nsec alone_ns = vm->jobs[0].demand_ns;

    phases[0] = (struct phase){ .kind = PHASE_COMPUTE,
                                .demand = model_time(
                                    b, gpu_ns > 0 && gpu_ns < alone_ns ? gpu_ns : alone_ns) };
    phases[1] = (struct phase){ .kind = PHASE_HOST,
                                .demand = sequence(b, vm, 1.0, 0),
                                .from_begin = true };
    return 2;
}

static struct mps_traits mps_of(const struct calibration *c)
{
    return (struct mps_traits){
        .is_measured = true,
        .leak = c->values[CALIBRATION_MPS_LEAK],
        .alone = c->values[CALIBRATION_MPS_ALONE],
        .jitter_ns = c->values[CALIBRATION_MPS_JITTER],
        .meet_sms = c->values[CALIBRATION_MPS_MEET_SMS],
        .meet = c->values[CALIBRATION_MPS_MEET],
        .latency = c->values[CALIBRATION_MPS_LATENCY],
        .latency_step = c->values[CALIBRATION_MPS_LATENCY_STEP],
        .bandwidth = c->values[CALIBRATION_MPS_BANDWIDTH],
        .bend = c->values[CALIBRATION_MPS_BEND],
        .tail = c->values[CALIBRATION_MPS_TAIL],
        .starve = c->values[CALIBRATION_MPS_STARVE],
    };
}

/* How long it takes is up to the SMs, which the clients share. */
static struct phase client_phase(struct rebuild *b, const struct measured_vm *vm)
{
    const struct calibration *c = b->calibration;
    bool is_stream = strcmp(vm->kernel, "stream") == 0;
    struct device device = c->device;
    device.mps = mps_of(c); /* Not those of the catalogue, which a fit would then depend on. */
    double part = vm->blocks > 0 ? grid_part(&device, vm->blocks) : 1.0;
    double scale = is_stream ? c->values[CALIBRATION_MPS_STREAM]
                             : c->values[CALIBRATION_MPS_DEMAND] * part;

    return (struct phase){ .kind = PHASE_COMPUTE,
                           .demand = sequence(b, vm, scale, 0),
                           .blocks = vm->blocks,
                           .memory_bound_ppm = is_stream ? (uint32_t)PPM : 0 };
}

static uint32_t phases_of(struct rebuild *b, const struct measured_vm *vm,
                          struct phase phases[3])
{
    switch (kind_of(b, vm)) {
    case KIND_CLIENT:
        phases[0] = client_phase(b, vm);
        return 1;
    case KIND_COPY:
        phases[0] = copy_phase(b, vm, PHASE_COPY_IN, 1.0);
        return 1;
    case KIND_PIPELINE:
        phases[0] = copy_phase(b, vm, PHASE_COPY_IN, 1.0 / 3.0);
        phases[1] = compute_phase(b, vm, 1.0 / 3.0);
        phases[2] = copy_phase(b, vm, PHASE_COPY_OUT, 1.0 / 3.0);
        return 3;
    case KIND_PACED:
        return paced_phases(b, vm, phases);
    case KIND_APP:
        phases[0] = model_phase(b, vm);
        return 1;
    default:
        phases[0] = compute_phase(b, vm, 1.0);
        return 1;
    }
}

/* 0: as the engine says. */
static nsec preempt_of(const struct rebuild *b, const struct measured_vm *vm)
{
    switch (kind_of(b, vm)) {
    case KIND_STREAM:
        return calibration_ns(b->calibration, CALIBRATION_PREEMPT_STREAM);
    case KIND_PACED:
    case KIND_APP:
        return calibration_ns(b->calibration, CALIBRATION_PREEMPT_APP);
    default:
        return 0;
    }
}

static struct vm_entry *build_vms(struct rebuild *b)
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
            .preempt_ns = preempt_of(b, vm),
            .stop_ns = NSEC_MAX,
            .workloads = workload,
            .workload_count = 1,
        };
    }
    return vms;
}

static uint32_t duplex(const struct calibration *c, enum calibration_key key)
{
    return c->values[key] < 1.0 ? (uint32_t)(c->values[key] * (double)PPM) : 0;
}

static struct gpu_entry *build_gpu(struct rebuild *b)
{
    const struct calibration *c = b->calibration;
    struct gpu_entry *gpu = arena_take(&b->arena, 1, sizeof(*gpu));
    struct turns_params *params = arena_take(&b->arena, 2, sizeof(*params));

    params[0].when_alone = c->when_alone;
    params[1].when_alone = WHEN_ALONE_RENEW;
    *gpu = (struct gpu_entry){ .name = "gpu", .count = 1, .device = c->device };
    gpu->device.mps = mps_of(c);
    gpu->sharing.mode = b->measured->mode == MEASURED_MPS ? SHARING_MPS : SHARING_TIME_SLICED;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        gpu->sharing.engines[i] = (struct engine_sharing){ .policy = &policy_round_robin,
                                                           .params = &params[1],
                                                           .slice_ns = COPY_TURN_NS };
    }
    gpu->sharing.engines[ENGINE_COPY_IN].duplex_ppm = duplex(c, CALIBRATION_DUPLEX_IN);
    gpu->sharing.engines[ENGINE_COPY_OUT].duplex_ppm = duplex(c, CALIBRATION_DUPLEX_OUT);
    gpu->sharing.engines[ENGINE_COMPUTE] = (struct engine_sharing){
        .policy = &policy_best_effort,
        .params = &params[0],
        .slice_ns = calibration_ns(c, CALIBRATION_SLICE),
        .switch_cost = { .preempt_ns = calibration_ns(c, CALIBRATION_PREEMPT),
                         .idle_ns = calibration_ns(c, CALIBRATION_IDLE),
                         .restore_ns = calibration_ns(c, CALIBRATION_RESTORE) },
    };
    return gpu;
}

struct scenario rebuild_scenario(struct rebuild *b)
{
    b->submitted_ns = arena_take(&b->arena, b->measured->vm_count, sizeof(b->submitted_ns[0]));
    return (struct scenario){
        .name = b->measured->name,
        .question = "",
        .seed = b->draw + b->ring,
        .duration_ns = b->measured->duration_ns + DRAIN_NS,
        .gpus = build_gpu(b),
        .gpu_count = 1,
        .vms = build_vms(b),
        .vm_count = b->measured->vm_count,
    };
}

nsec rebuild_submitted(const struct rebuild *b, const struct job_end *job)
{
    const nsec *submitted = b->submitted_ns[job->vm];

    return submitted ? submitted[job->number]
                     : job->arrival_ns - launch_of(b, &b->measured->vms[job->vm]);
}
