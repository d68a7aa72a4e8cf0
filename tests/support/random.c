#include "support/random.h"

#include "support/params.h"

#include "support/test.h"
#include <string.h>

/* What a scenario may have. */
struct features {
    bool lives;
    bool switches;
    bool phases;
    bool other_engines; /* Policies on them too. */
    bool kernels;
    bool queues;
    bool in_flight;
    bool zeros; /* Demands of nothing. */
    bool clients;
    bool chance; /* Random arrivals and demands; else traces and constants. */
    bool equal_priorities;
    bool params; /* Of the policy; else its defaults. */
};

static struct features draw_features(uint64_t *seed)
{
    return (struct features){
        .lives = test_chance(seed, 50),
        .switches = test_chance(seed, 50),
        .phases = test_chance(seed, 50),
        .other_engines = test_chance(seed, 30),
        .kernels = test_chance(seed, 40),
        .queues = test_chance(seed, 30),
        .in_flight = test_chance(seed, 40),
        .zeros = test_chance(seed, 20),
        .clients = test_chance(seed, 50),
        .chance = test_chance(seed, 50),
        .equal_priorities = test_chance(seed, 50),
        .params = test_chance(seed, 50),
    };
}

static struct amount draw_demand(const struct features *f, uint64_t *seed)
{
    nsec mean = test_between(seed, f->zeros ? 0 : 1, 20);

    if (f->chance && test_chance(seed, 50)) {
        return (struct amount){ .kind = AMOUNT_UNIFORM,
                                .low = f->zeros ? 0.0 : 1.0,
                                .high = (double)(mean + 1) };
    }
    if (f->chance && f->zeros && mean > 0 && test_chance(seed, 50)) {
        return build_exponential(mean);
    }
    return build_constant(mean);
}

static void draw_arrival(const struct features *f, struct arrival *arrival, uint64_t *seed)
{
    double gap = (double)test_between(seed, 5, 60);

    arrival->offset_ns = test_between(seed, 0, 10);
    if (f->clients && test_chance(seed, 60)) {
        arrival->kind = ARRIVAL_CLOSED;
        arrival->clients = (uint32_t)test_between(seed, 1, 4);
        /* A loop must take time somewhere. */
        arrival->think = build_constant(test_between(seed, f->zeros || f->queues, 20));
        return;
    }
    arrival->kind = ARRIVAL_PERIODIC;
    arrival->period_ns = gap;
    arrival->mean_gap_ns = gap;
    arrival->cv = 2.0;
    arrival->on = build_constant(test_between(seed, 1, 40));
    arrival->off = build_constant(test_between(seed, 1, 40));
    if (f->chance) {
        const enum arrival_kind kinds[] = { ARRIVAL_PERIODIC, ARRIVAL_POISSON, ARRIVAL_GAMMA,
                                            ARRIVAL_ON_OFF };
        arrival->kind = kinds[test_random(seed) % ARRAY_LEN(kinds)];
        arrival->has_jitter = test_chance(seed, 50);
        arrival->jitter = (struct amount){ .kind = AMOUNT_UNIFORM, .high = 2.0 * gap };
    }
}

static void draw_phase(const struct features *f, struct phase *phase, uint64_t *seed)
{
    phase->demand = draw_demand(f, seed);
    if (f->phases && test_chance(seed, 40)) {
        phase->kind = (enum phase_kind)test_between(seed, PHASE_HOST, PHASE_COUNT - 1);
    }
    if (f->kernels && test_chance(seed, 60)) {
        phase->kernel_ns = test_between(seed, 1, 12);
        phase->blocks = (uint32_t)test_between(seed, 0, 4000);
        phase->has_preemption = test_chance(seed, 30);
        phase->preemption = (enum preemption_point)test_between(seed, 0, 2);
    }
}

static void draw_workload(struct build *b, const struct features *f, uint32_t vm,
                          uint64_t *seed)
{
    struct workload *workload = build_workload(b, vm);
    uint32_t phases = f->phases ? (uint32_t)test_between(seed, 1, 4) : 1;

    draw_arrival(f, &workload->arrival, seed);
    while (workload->phase_count < phases) {
        build_phase(b, workload, PHASE_COMPUTE, build_constant(1));
    }
    for (uint32_t i = 0; i < phases; i++) {
        draw_phase(f, &build_phases(workload)[i], seed);
    }
    if (f->in_flight) {
        workload->in_flight = (uint32_t)test_between(seed, 1, 4);
    }
    if (f->queues && test_chance(seed, 70)) {
        workload->queue_limit = (uint32_t)test_between(seed, 1, 4);
        workload->when_full = (enum when_full)test_between(seed, 0, 1);
    }
    workload->deadline_ns = test_chance(seed, 30) ? test_between(seed, 1, 100) : NSEC_MAX;
}

static void draw_vm(struct build *b, const struct features *f, uint64_t *seed)
{
    uint32_t index =
        build_vm(b, arena_format(&b->scenario.arena, "vm%u", b->scenario.vm_count));
    struct vm_entry *vm = &b->vms[index];
    nsec duration_ns = b->scenario.duration_ns;

    vm->count = (uint32_t)test_between(seed, 1, 2);
    vm->weight = (uint32_t)(test_chance(seed, 20) ? test_between(seed, 1, VM_WEIGHT_MAX)
                                                  : test_between(seed, 50, 200));
    vm->priority = f->equal_priorities ? 7 : (uint32_t)test_between(seed, 0, VM_PRIORITY_MAX);
    if (f->lives && test_chance(seed, 60)) {
        vm->start_ns = test_between(seed, 0, duration_ns / 2);
    }
    if (f->lives && test_chance(seed, 60)) {
        vm->stop_ns = vm->start_ns + test_between(seed, 1, duration_ns);
    }
    uint32_t workloads = (uint32_t)test_between(seed, 0, 2);
    for (uint32_t i = 0; i < workloads; i++) {
        draw_workload(b, f, index, seed);
    }
}

static void draw_switch(struct switch_cost *cost, uint64_t *seed)
{
    cost->preempt_ns = test_between(seed, 0, 8);
    cost->idle_ns = test_between(seed, 0, 8);
    cost->restore_ns = test_between(
        seed, 0, cost->idle_ns < cost->preempt_ns ? cost->idle_ns : cost->preempt_ns);
}

/* Words and switches of the policy's parameters; numbers stay as they are. */
static void draw_params(struct engine_sharing *engine, uint64_t *seed)
{
    const struct field_table *table = engine->policy->params;

    for (size_t i = 0; table && i < table->count; i++) {
        const struct field *field = &table->fields[i];
        int words = 0;
        while (field->kind == FIELD_CHOICE && field->choices[words]) {
            words++;
        }
        if (words > 0 || field->kind == FIELD_BOOL) {
            params_set(engine, field->name, test_between(seed, 0, words > 0 ? words - 1 : 1));
        }
    }
}

/* A rotation that holds the weights of all VMs, where slots may be cut by weight. */
static void allow_weights(struct build *b)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < b->scenario.vm_count; i++) {
        uint32_t weight = b->vms[i].weight > VM_WEIGHT_ONE ? b->vms[i].weight : VM_WEIGHT_ONE;
        sum += (uint64_t)b->vms[i].count * weight;
    }
    params_set(build_compute(b), "slots", (int64_t)(sum + VM_WEIGHT_ONE - 1) / VM_WEIGHT_ONE);
}

static void draw_scenario(struct build *b, const char *policy, const struct features *f,
                          uint64_t *seed)
{
    const char *const others[] = { "fifo", "round_robin", "best_effort", "priority" };
    uint32_t count = (uint32_t)test_between(seed, 1, 5);

    build_init(b, policy);
    b->scenario.seed = test_random(seed);
    b->scenario.duration_ns = test_between(seed, 100, 1500);
    b->options.border_ns = test_chance(seed, 50) ? test_between(seed, 1, 300) : 0;
    b->options.warmup_ns = test_chance(seed, 50) ? test_between(seed, 1, 99) : 0;
    b->gpus[0].device.copy_engines = (uint32_t)test_between(seed, 1, 2);
    if (f->kernels) {
        b->gpus[0].device.preemption = (enum preemption_point)test_between(seed, 0, 2);
    }
    for (enum engine_kind kind = 0; kind < ENGINE_COUNT; kind++) {
        struct engine_sharing *engine = &b->gpus[0].sharing.engines[kind];
        engine->slice_ns = test_between(seed, 1, 20);
        if (kind != ENGINE_COMPUTE && !f->other_engines) {
            continue;
        }
        if (kind != ENGINE_COMPUTE) {
            const char *name = others[test_random(seed) % ARRAY_LEN(others)];
            params_default(engine, policy_find(name), &b->scenario.arena);
        }
        if (f->switches) {
            draw_switch(&engine->switch_cost, seed);
        }
    }
    if (f->params) {
        draw_params(build_compute(b), seed);
    }
    for (uint32_t i = 0; i < count; i++) {
        draw_vm(b, f, seed);
    }
    if (f->params && strcmp(policy, "fixed_share") == 0) {
        allow_weights(b);
    }
}

void random_build(struct build *b, const char *policy, uint64_t seed)
{
    struct features features = draw_features(&seed);

    draw_scenario(b, policy, &features, &seed);
}

void random_build_plain(struct build *b, const char *policy, uint64_t seed)
{
    struct features features = draw_features(&seed);

    features.lives = features.kernels = features.params = false;
    draw_scenario(b, policy, &features, &seed);
}

static void stretch(struct amount *amount)
{
    amount->mean *= 100.0;
    amount->low *= 100.0;
    amount->high *= 100.0;
}

static void stretch_arrival(struct arrival *arrival)
{
    arrival->period_ns *= 100.0;
    arrival->mean_gap_ns *= 100.0;
    arrival->offset_ns *= 100;
    stretch(&arrival->jitter);
    stretch(&arrival->think);
    stretch(&arrival->on);
    stretch(&arrival->off);
}

static void draw_grid(struct phase *phase, uint64_t *seed)
{
    const uint32_t memory_ppm[] = { 0, 0, 1, 400000, 1000000 };

    stretch(&phase->demand);
    phase->kernel_ns *= 100;
    if (phase->kind == PHASE_COMPUTE) {
        phase->blocks = test_chance(seed, 50) ? (uint32_t)test_between(seed, 1, 1500) : 0;
        phase->memory_bound_ppm = memory_ppm[test_random(seed) % ARRAY_LEN(memory_ppm)];
    }
}

void random_build_mps(struct build *b, uint64_t seed)
{
    struct mps_traits traits = mps_assumed;

    random_build(b, "fifo", seed);
    build_mps(b);
    traits.is_measured = true;
    traits.leak = (double)test_between(&seed, 0, 4) / 4.0;
    traits.tail = (double)test_between(&seed, 1, 4) / 4.0;
    traits.starve = (double)test_between(&seed, 1, 4);
    traits.jitter_ns = (double)test_between(&seed, 0, 3) * 1e5;
    traits.meet_sms = (double)test_between(&seed, 0, 6);
    traits.meet = (double)test_between(&seed, 0, 2) / 2.0;
    b->gpus[0].device.mps = traits;
    b->gpus[0].device.sms = (uint32_t)test_between(&seed, 1, 132);
    b->gpus[0].device.blocks_per_sm = (uint32_t)test_between(&seed, 0, 16);
    b->scenario.duration_ns *= 100;
    for (uint32_t vm = 0; vm < b->scenario.vm_count; vm++) {
        struct vm_entry *entry = &b->vms[vm];
        entry->share_ppm =
            (uint32_t)(test_chance(&seed, 30) ? PPM : test_between(&seed, 1, PPM));
        entry->start_ns *= 100;
        entry->stop_ns = entry->stop_ns == NSEC_MAX ? NSEC_MAX : 100 * entry->stop_ns;
        for (uint32_t w = 0; w < entry->workload_count; w++) {
            struct workload *workload = (struct workload *)&entry->workloads[w].workload;
            stretch_arrival(&workload->arrival);
            for (uint32_t i = 0; i < workload->phase_count; i++) {
                draw_grid(&build_phases(workload)[i], &seed);
            }
        }
    }
}
