/*
 * Compares schedules, job by job and to the nanosecond, with the reference simulator of
 * tests/support on small random scenarios in which many things happen at the same instant.
 */
#include "support/recipe.h"
#include "support/reference.h"
#include "support/simulate.h"

#include "policy/policy.h"
#include "policy/slots.h"
#include "policy/turns.h"
#include "run/run.h"
#include "run/setup.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---------------------------------------------- the scenario as the simulator's own structs */

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
        phases[i].demand = from->phase_count == 1 ? (struct amount){ .kind = AMOUNT_TRACE }
                                                  : constant(from->phase_ns[i]);
    }
    return (struct workload){
        .name = arena_format(arena, "w%" PRIu32, number),
        .arrival = { .kind = ARRIVAL_TRACE,
                     .times_ns = times_ns,
                     .demands_ns = from->demand_ns,
                     .time_count = from->job_count },
        .phases = phases,
        .phase_count = from->phase_count,
        .in_flight = 1,
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

/* ------------------------------------------------------------------------- what it gives */

struct rows {
    struct reference_row rows[REFERENCE_ROWS];
    uint32_t count;
    bool parts_fail; /* The parts of a latency do not add up. */
};

static void note_finished(void *context, const struct job_end *job)
{
    struct rows *rows = context;
    nsec parts_ns =
        job->queue_wait_ns + job->slice_wait_ns + job->run_ns + job->switch_ns + job->host_ns;

    assert_true(rows->count < REFERENCE_ROWS);
    rows->rows[rows->count++] =
        (struct reference_row){ job->vm,        (uint32_t)job->number, job->arrival_ns,
                                job->demand_ns, job->start_ns,         job->end_ns };
    rows->parts_fail = rows->parts_fail || parts_ns != job->end_ns - job->arrival_ns ||
                       job->run_ns != job->demand_ns || job->queue_wait_ns < 0 ||
                       job->slice_wait_ns < 0 || job->switch_ns < 0 || job->host_ns < 0;
}

static void note_unfinished(void *context, const struct job_left *job)
{
    struct rows *rows = context;

    assert_true(rows->count < REFERENCE_ROWS);
    rows->rows[rows->count++] =
        (struct reference_row){ job->vm,        (uint32_t)job->number, job->arrival_ns,
                                job->demand_ns, job->start_ns,         -1 };
}

static void simulate(const struct reference_setup *from, struct rows *ret_rows)
{
    struct arena arena;
    struct err_list errors = { .count = 0 };
    struct err err;
    struct setup setup;

    arena_init(&arena);
    struct scenario scenario = make_scenario(from, &arena);
    assert_int_equal(setup_build(&scenario, &arena, &setup, &errors), 0);
    struct probe probe = { .context = ret_rows,
                           .finished = note_finished,
                           .unfinished = note_unfinished };
    struct run_options options = { .setup = &setup, .probes = &probe, .probe_count = 1 };
    struct run *run = run_create(&options, &err);
    assert_non_null(run);
    ret_rows->count = 0;
    ret_rows->parts_fail = false;
    if (run_advance(run, from->duration_ns, &err) != 0) {
        fail_msg("%s", err.text);
    }
    run_finish(run);
    run_free(run);
    arena_fini(&arena);
}

/* ---------------------------------------------------------------------------- comparison */

static void put_rows(struct text *text, const struct reference_row *rows, uint32_t count)
{
    text_put(text, "vm,job,arrival_ns,demand_ns,start_ns,end_ns\n");
    for (uint32_t i = 0; i < count; i++) {
        text_printf(text, "v%" PRIu32 ",%" PRIu32 ",%" PRId64 ",%" PRId64 ",", rows[i].vm,
                    rows[i].number, rows[i].arrival_ns, rows[i].demand_ns);
        if (rows[i].start_ns >= 0) {
            text_printf(text, "%" PRId64, rows[i].start_ns);
        }
        text_put(text, ",");
        if (rows[i].end_ns >= 0) {
            text_printf(text, "%" PRId64, rows[i].end_ns);
        }
        text_put(text, "\n");
    }
}

/* Prints the first lines in which the two differ. */
static void show_difference(const char *label, const char *want, const char *got)
{
    size_t line = 0;

    for (size_t i = 0; want[i] && want[i] == got[i]; i++) {
        line = want[i] == '\n' ? i + 1 : line;
    }
    print_error("%s: the reference says\n  %.*s\nand the simulator\n  %.*s\n", label,
                (int)strcspn(want + line, "\n"), want + line, (int)strcspn(got + line, "\n"),
                got + line);
}

static bool same_text(const char *label, const char *want, const char *got)
{
    bool same = strcmp(want, got) == 0;

    if (!same) {
        show_difference(label, want, got);
    }
    return same;
}

/* Whether both simulators give the same rows. */
static bool agree(const struct reference_setup *setup, const char *label)
{
    struct rows reference;
    struct rows simulated;
    struct text want;
    struct text got;

    reference.count = reference_run(setup, reference.rows);
    simulate(setup, &simulated);
    reference_sort(simulated.rows, simulated.count);
    text_init(&want);
    text_init(&got);
    put_rows(&want, reference.rows, reference.count);
    put_rows(&got, simulated.rows, simulated.count);
    bool same = same_text(label, want.bytes, got.bytes);
    if (same && simulated.parts_fail) {
        print_error("%s: the parts of a latency do not add up\n", label);
        same = false;
    }
    text_fini(&want);
    text_fini(&got);
    return same;
}

static const char *label_of(char label[64], const struct recipe *recipe)
{
    snprintf(label, 64, "policy%d%s%s_%" PRIu64, (int)recipe->policy,
             recipe->phases ? "_phases" : "", recipe->lives ? "_lives" : "", recipe->seed);
    return label;
}

static void compare_with_reference(bool phases, bool lives)
{
    enum { CASES = 400, SHOWN = 5 };
    uint32_t differences = 0;

    /* EXCLUSIVE is left out: the reference serves whole jobs in the order of their arrival, the
       simulator's fifo phases in the order in which they became ready. */
    for (uint32_t policy = 0; policy < REFERENCE_EXCLUSIVE; policy++) {
        uint32_t before = differences;
        for (uint64_t seed = 1; seed <= CASES && differences - before < SHOWN; seed++) {
            struct recipe recipe = { (enum reference_policy)policy, phases, lives, seed };
            struct reference_setup setup = recipe_draw(&recipe);
            char label[64];
            differences += !agree(&setup, label_of(label, &recipe));
        }
    }
    assert_int_equal(differences, 0);
}

static void jobs_of_one_phase_agree(void **state)
{
    (void)state;
    compare_with_reference(false, false);
}

static void jobs_of_several_phases_agree(void **state)
{
    (void)state;
    compare_with_reference(true, false);
}

static void vms_that_start_and_stop_agree(void **state)
{
    (void)state;
    compare_with_reference(false, true);
}

static void phases_of_vms_that_start_and_stop_agree(void **state)
{
    (void)state;
    compare_with_reference(true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_one_phase_agree),
        cmocka_unit_test(jobs_of_several_phases_agree),
        cmocka_unit_test(vms_that_start_and_stop_agree),
        cmocka_unit_test(phases_of_vms_that_start_and_stop_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
