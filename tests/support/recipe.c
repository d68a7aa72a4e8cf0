#include "support/recipe.h"

#include "support/simulate.h"

#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>

/* All times are multiples of this, so that ties abound. */
#define TICK (USEC * 100)

enum {
    JOBS_MOST = 12,     /* Of a workload that arrives by trace. */
    TICKS = 2000,       /* Of a run. */
    TICKS_CLOSED = 120, /* Of a run with closed loops: they cannot have too many jobs. */
};

static uint64_t draw(uint64_t *seed, uint64_t bound)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % bound;
}

static int64_t draw_ticks(uint64_t *seed, uint64_t least, uint64_t most)
{
    return (int64_t)(least + draw(seed, most - least + 1)) * TICK;
}

static void draw_workload(struct reference_workload *workload, const struct recipe *recipe,
                          int64_t start_ns, uint64_t *seed)
{
    int64_t at_ns = start_ns + draw_ticks(seed, 0, 10);

    workload->in_flight = recipe->flights ? 1 + (uint32_t)draw(seed, REFERENCE_FLIGHTS) : 1;
    workload->kernel_ns = recipe->kernels ? draw_ticks(seed, 1, 5) : 0;
    workload->phase_count = recipe->phases ? 1 + (uint32_t)draw(seed, REFERENCE_PHASES) : 1;
    for (uint32_t i = 0; i < workload->phase_count; i++) {
        bool elsewhere = recipe->phases && draw(seed, 2) == 0;
        workload->places[i] = elsewhere ? (enum reference_place)draw(seed, REFERENCE_HOST + 1)
                                        : REFERENCE_COMPUTE;
        workload->phase_ns[i] = draw_ticks(seed, 1, 12);
    }
    /* A trace gives demands to GPU phases only. */
    workload->places[0] = workload->phase_count == 1 ? REFERENCE_COMPUTE : workload->places[0];
    if (recipe->closed && draw(seed, 2) == 0) {
        workload->clients = 1 + (uint32_t)draw(seed, 3);
        workload->think_ns = draw(seed, 2) == 0 ? 0 : draw_ticks(seed, 1, 20);
        return;
    }
    workload->job_count = 1 + (uint32_t)draw(seed, JOBS_MOST);
    for (uint32_t i = 0; i < workload->job_count; i++) {
        workload->arrival_ns[i] = at_ns;
        workload->demand_ns[i] = draw_ticks(seed, 1, draw(seed, 4) == 0 ? 30 : 8);
        at_ns += draw_ticks(seed, 0, draw(seed, 3) == 0 ? 40 : 8);
    }
}

static void draw_vm(struct reference_vm *vm, uint32_t index, const struct recipe *recipe,
                    uint64_t *seed)
{
    *vm = (struct reference_vm){ .stop_ns = INT64_MAX };
    vm->weight = 100 * (1 + (uint32_t)draw(seed, 3));
    vm->priority = 10 * ((index * 5 + 2) % REFERENCE_VMS);
    if (recipe->lives && draw(seed, 2) == 0) {
        vm->start_ns = draw_ticks(seed, 1, 60);
    }
    if (recipe->lives && draw(seed, 2) == 0) {
        vm->stop_ns = vm->start_ns + draw_ticks(seed, 20, 80);
    }
    bool one = recipe->policy == REFERENCE_EXCLUSIVE || draw(seed, 2) == 0;
    vm->workload_count = one ? 1 : 2;
    for (uint32_t k = 0; k < vm->workload_count; k++) {
        draw_workload(&vm->workloads[k], recipe, vm->start_ns, seed);
    }
}

struct reference_setup recipe_draw(const struct recipe *recipe)
{
    uint64_t seed = recipe->seed * 0x9e3779b97f4a7c15u;
    struct reference_setup setup = { .policy = recipe->policy,
                                     .duration_ns =
                                         (recipe->closed ? TICKS_CLOSED : TICKS) * TICK + 1 };

    setup.restore_ns = draw_ticks(&seed, 0, 2);
    setup.idle_ns = draw(&seed, 3) == 0 ? 0 : setup.restore_ns + draw_ticks(&seed, 0, 2);
    setup.preempt_ns = setup.idle_ns + draw_ticks(&seed, 0, 2);
    if (setup.idle_ns < setup.restore_ns) {
        setup.restore_ns = 0;
    }
    setup.slice_ns = setup.restore_ns + draw_ticks(&seed, 1, 10);
    setup.keep = recipe->policy <= REFERENCE_BEST_EFFORT && draw(&seed, 2) == 0;
    setup.vm_count = 1 + (uint32_t)draw(&seed, REFERENCE_VMS);
    setup.slots = setup.vm_count + (uint32_t)draw(&seed, 3);
    for (uint32_t i = 0; i < setup.vm_count; i++) {
        draw_vm(&setup.vms[i], i, recipe, &seed);
    }
    return setup;
}

static void put_sharing(struct text *text, const struct reference_setup *setup)
{
    static const char *const names[REFERENCE_POLICIES] = {
        "round_robin", "weighted_round_robin", "best_effort",
        "equal_share", "fixed_share",          "priority",
        NULL,
    };

    if (setup->policy == REFERENCE_EXCLUSIVE) {
        text_put(text, "      mode: exclusive\n");
    } else {
        text_put(text, "      mode: time_sliced\n");
        text_printf(text, "      policy: {name: %s", names[setup->policy]);
        if (setup->policy == REFERENCE_FIXED_SHARE) {
            text_printf(text, ", slots: %" PRIu32, setup->slots);
        }
        if (setup->policy <= REFERENCE_BEST_EFFORT) {
            text_printf(text, ", when_alone: %s", setup->keep ? "keep" : "renew");
        }
        text_put(text, "}\n");
        text_printf(text, "      slice: %" PRId64 "ns\n", setup->slice_ns);
    }
    text_printf(text,
                "      switch: {preempt: %" PRId64 "ns, idle: %" PRId64 "ns, restore: %" PRId64
                "ns}\n",
                setup->preempt_ns, setup->idle_ns, setup->restore_ns);
}

/* Writes the trace of a workload. Arrival times count from the VM's start. */
static void put_trace(struct text *text, const struct reference_vm *vm, const char *label,
                      uint32_t number)
{
    const struct reference_workload *workload = &vm->workloads[number % REFERENCE_STREAMS];
    struct text trace;
    char name[128];

    text_init(&trace);
    text_put(&trace, "arrival_ns,demand_ns\n");
    for (uint32_t i = 0; i < workload->job_count; i++) {
        text_printf(&trace, "%" PRId64 ",%" PRId64 "\n", workload->arrival_ns[i] - vm->start_ns,
                    workload->demand_ns[i]);
    }
    snprintf(name, sizeof(name), "%s_%" PRIu32 ".csv", label, number);
    simulate_write(name, trace.bytes);
    text_fini(&trace);
    text_printf(text, "        arrival: {trace: {file: %s, demand: demand_ns}}\n", name);
}

static void put_workload(struct text *text, const struct reference_vm *vm, const char *label,
                         uint32_t number)
{
    const struct reference_workload *workload = &vm->workloads[number % REFERENCE_STREAMS];
    static const char *const places[] = { "compute", "copy_in", "encode", "host" };

    text_printf(text, "      - name: w%" PRIu32 "\n", number % REFERENCE_STREAMS);
    if (workload->clients > 0) {
        text_printf(text,
                    "        arrival: {closed: {think: %" PRId64 "ns, clients: %" PRIu32 "}}\n",
                    workload->think_ns, workload->clients);
    } else {
        put_trace(text, vm, label, number);
    }
    text_printf(text, "        in_flight: %" PRIu32 "\n        job:\n", workload->in_flight);
    for (uint32_t i = 0; i < workload->phase_count; i++) {
        text_printf(text, "          - %s: ", places[workload->places[i]]);
        if (workload->phase_count == 1 && workload->clients == 0) {
            text_put(text, "trace\n");
        } else {
            text_printf(text, "%" PRId64 "ns\n", workload->phase_ns[i]);
        }
    }
}

void recipe_put(struct text *text, const struct reference_setup *setup, const char *label)
{
    text_printf(text,
                "# Do both simulators agree?\nname: %s\nduration: %" PRId64 "ns\n"
                "gpus:\n  - name: gpu0\n    device: {sm: 100, memory: 64GiB}\n    sharing:\n",
                label, setup->duration_ns);
    put_sharing(text, setup);
    text_put(text, "vms:\n");
    for (uint32_t i = 0; i < setup->vm_count; i++) {
        const struct reference_vm *vm = &setup->vms[i];
        text_printf(text,
                    "  - name: v%" PRIu32 "\n    gpu: gpu0\n    memory: 1GiB\n"
                    "    weight: %" PRIu32 "\n    priority: %" PRIu32 "\n",
                    i, vm->weight, vm->priority);
        if (vm->start_ns > 0) {
            text_printf(text, "    start: %" PRId64 "ns\n", vm->start_ns);
        }
        if (vm->stop_ns < INT64_MAX) {
            text_printf(text, "    stop: %" PRId64 "ns\n", vm->stop_ns);
        }
        text_put(text, "    workloads:\n");
        for (uint32_t k = 0; k < vm->workload_count; k++) {
            put_workload(text, vm, label, i * REFERENCE_STREAMS + k);
        }
    }
}
