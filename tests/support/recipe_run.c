#include "support/recipe.h"

#include "policy/policy.h"
#include "policy/slots.h"
#include "policy/turns.h"
#include "run/run.h"
#include "run/setup.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct amount constant(int64_t ns)
{
    return (struct amount){ .kind = AMOUNT_CONSTANT, .mean = (double)ns };
}

/* Arrival times count from the VM's start. */
static struct workload make_workload(const struct reference_vm *vm, uint32_t number,
                                     struct arena *arena)
{
    const struct reference_workload *from = &vm->workloads[number];
    static const enum phase_kind kinds[] = { PHASE_COMPUTE, PHASE_COPY_IN, PHASE_ENCODE,
                                             PHASE_HOST };
    struct phase *phases = arena_take(arena, from->phase_count, sizeof(*phases));
    nsec *times_ns = arena_take(arena, from->job_count, sizeof(*times_ns));

    for (uint32_t i = 0; i < from->job_count; i++) {
        times_ns[i] = from->arrival_ns[i] - vm->start_ns;
    }
    for (uint32_t i = 0; i < from->phase_count; i++) {
        phases[i].kind = kinds[from->places[i]];
        phases[i].demand = from->phase_count == 1 && from->clients == 0
                               ? (struct amount){ .kind = AMOUNT_TRACE }
                               : constant(from->phase_ns[i]);
        if (from->kernel_ns > 0 && phases[i].kind == PHASE_COMPUTE) {
            phases[i].has_preemption = true;
            phases[i].preemption = PREEMPTION_KERNEL;
            phases[i].kernel_ns = from->kernel_ns;
        }
    }
    struct arrival arrival = { .kind = ARRIVAL_TRACE,
                               .times_ns = times_ns,
                               .demands_ns = from->demand_ns,
                               .time_count = from->job_count };
    if (from->clients > 0) {
        arrival = (struct arrival){ .kind = ARRIVAL_CLOSED,
                                    .clients = from->clients,
                                    .think = constant(from->think_ns) };
    }
    return (struct workload){
        .name = arena_format(arena, "w%" PRIu32, number),
        .arrival = arrival,
        .phases = phases,
        .phase_count = from->phase_count,
        .in_flight = from->in_flight,
        .deadline_ns = NSEC_MAX,
        .queue_limit = UINT32_MAX,
    };
}

static void make_vm(struct vm_entry *vm, const struct reference_vm *from, uint32_t index,
                    struct arena *arena)
{
    struct workload_entry *workloads =
        arena_take(arena, from->workload_count, sizeof(*workloads));

    for (uint32_t k = 0; k < from->workload_count; k++) {
        workloads[k].workload = make_workload(from, k, arena);
    }
    *vm = (struct vm_entry){
        .name = arena_format(arena, "v%" PRIu32, index),
        .count = 1,
        .gpu = "gpu0",
        .memory_bytes = GIB,
        .weight = from->weight,
        .priority = from->priority,
        .start_ns = from->start_ns,
        .stop_ns = from->stop_ns,
        .workloads = workloads,
        .workload_count = from->workload_count,
    };
}

/* The policy's parameters: those that matter here, and true for whatever else is a switch. */
static const void *make_params(const struct policy_ops *ops, const struct reference_setup *from,
                               struct arena *arena)
{
    if (!ops->params) {
        return NULL;
    }
    char *params = arena_take(arena, 1, ops->params->size);
    for (size_t i = 0; i < ops->params->count; i++) {
        const struct field *field = &ops->params->fields[i];
        if (strcmp(field->name, "when_alone") == 0) {
            ((struct turns_params *)(void *)params)->when_alone =
                from->keep ? WHEN_ALONE_KEEP : WHEN_ALONE_RENEW;
        } else if (strcmp(field->name, "slots") == 0) {
            ((struct slots_params *)(void *)params)->slots = from->slots;
        } else if (field->kind == FIELD_BOOL) {
            *(bool *)(params + field->offset) = field->fallback != 0;
        }
    }
    return params;
}

static struct sharing make_sharing(const struct reference_setup *from, struct arena *arena)
{
    static const char *const names[REFERENCE_POLICIES] = {
        "round_robin", "weighted_round_robin", "best_effort",
        "equal_share", "fixed_share",          "priority",
        "fifo",
    };
    struct sharing sharing = { .mode = from->policy == REFERENCE_EXCLUSIVE
                                           ? SHARING_EXCLUSIVE
                                           : SHARING_TIME_SLICED };

    for (uint32_t i = 0; i < ENGINE_COUNT; i++) {
        struct engine_sharing *engine = &sharing.engines[i];
        engine->policy = policy_find(i == ENGINE_COMPUTE ? names[from->policy] : "fifo");
        assert_non_null(engine->policy);
        engine->params = make_params(engine->policy, from, arena);
        engine->slice_ns = from->slice_ns;
        if (i == ENGINE_COMPUTE) {
            engine->switch_cost =
                (struct switch_cost){ from->preempt_ns, from->idle_ns, from->restore_ns };
        }
    }
    return sharing;
}

static struct scenario make_scenario(const struct reference_setup *from, struct arena *arena)
{
    struct gpu_entry *gpu = arena_take(arena, 1, sizeof(*gpu));
    struct vm_entry *vms = arena_take(arena, from->vm_count, sizeof(*vms));

    *gpu = (struct gpu_entry){
        .name = "gpu0",
        .count = 1,
        .device = { .name = "inline", .sms = 100, .memory_bytes = 64 * GIB, .copy_engines = 2 },
        .sharing = make_sharing(from, arena),
    };
    for (uint32_t i = 0; i < from->vm_count; i++) {
        make_vm(&vms[i], &from->vms[i], i, arena);
    }
    return (struct scenario){
        .name = "reference",
        .question = "",
        .duration_ns = from->duration_ns,
        .seed = 1,
        .gpus = gpu,
        .gpu_count = 1,
        .vms = vms,
        .vm_count = from->vm_count,
    };
}

void recipe_run(const struct reference_setup *setup, struct probe *probe)
{
    struct arena arena;
    struct err_list errors = { .count = 0 };
    struct err err;
    struct setup placed;

    arena_init(&arena);
    struct scenario scenario = make_scenario(setup, &arena);
    assert_int_equal(setup_build(&scenario, &arena, &placed, &errors), 0);
    struct run_options options = { .setup = &placed, .probes = probe, .probe_count = 1 };
    struct run *run = run_create(&options, &err);
    assert_non_null(run);
    if (run_advance(run, setup->duration_ns, &err) != 0) {
        fail_msg("%s", err.text);
    }
    run_finish(run);
    run_free(run);
    arena_fini(&arena);
}
