#include "study/replay.h"

#include "base/assert.h"
#include "policy/turns.h"
#include "run/run.h"
#include "study/rebuild.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCKS_FULL = 528
}; /* Of a grid to which demands refer; see tests/hardware/README.md. */

bool replay_is_small(uint32_t blocks)
{
    return blocks > 0 && blocks < BLOCKS_FULL;
}

bool replay_is_paced(const struct measured_vm *vm)
{
    return strncmp(vm->kernel, "resnet", 6) == 0;
}

bool replay_knows_kernel(const char *kernel)
{
    static const char *const known[] = { "burn",     "stream",       "copy",
                                         "pipeline", "resnet50_b16", "decode_graph" };

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(kernel, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- running it */

struct listener {
    struct replay *replay;
    const struct rebuild *builder;
};

static void add_latency(void *context, const struct job_end *job)
{
    const struct listener *listener = context;
    struct replay_vm *vm = &listener->replay->vms[job->vm];

    if (vm->count == vm->capacity) {
        vm->capacity = vm->capacity ? 2 * vm->capacity : 256;
        vm->latencies_ns = realloc(vm->latencies_ns, vm->capacity * sizeof(nsec));
        vm->arrivals_ns = realloc(vm->arrivals_ns, vm->capacity * sizeof(nsec));
        vm->starts_ns = realloc(vm->starts_ns, vm->capacity * sizeof(nsec));
        if (!vm->latencies_ns || !vm->arrivals_ns || !vm->starts_ns) {
            out_of_memory();
        }
    }
    nsec submitted_ns = rebuild_submitted(listener->builder, job);
    vm->arrivals_ns[vm->count] = submitted_ns;
    vm->starts_ns[vm->count] = job->start_ns;
    vm->latencies_ns[vm->count++] = job->end_ns - submitted_ns;
}

static int simulate(struct rebuild *b, const struct scenario *scenario, struct replay *replay,
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
    struct run_options options = {
        .setup = &setup, .probes = &probe, .probe_count = 1, .skip = true
    };
    struct run *run = run_create(&options, err);
    if (!run) {
        return -1;
    }
    int status = run_advance(run, scenario->duration_ns, err);
    run_free(run);
    return status;
}

/* One run, added to the replay. */
static int run_once(struct rebuild *b, struct replay *replay, struct err *err)
{
    arena_init(&b->arena);
    struct scenario built = rebuild_scenario(b);
    int status = simulate(b, &built, replay, err);
    arena_fini(&b->arena);
    return status;
}

/* Runs with the rings 0, 1, ...; the perturbed run has one of its own. Under MPS chance hardly
   matters by itself, but where it does, so does each microsecond: only the first run is not
   perturbed. */
static int run_all(struct rebuild *b, uint32_t runs, struct replay *ret, struct err *err)
{
    struct replay replay = { .vm_count = b->measured->vm_count };

    replay.vms = calloc(replay.vm_count, sizeof(replay.vms[0]));
    if (!replay.vms) {
        out_of_memory();
    }
    for (b->ring = 0; b->ring < runs; b->ring++) {
        b->draw = b->ring > 0 && b->measured->mode == MEASURED_MPS ? b->ring : b->draw;
        if (run_once(b, &replay, err)) {
            replay_fini(&replay);
            return -1;
        }
        for (uint32_t i = 0; i < replay.vm_count && b->ring == 0; i++) {
            replay.vms[i].first_count = replay.vms[i].count;
        }
    }
    *ret = replay;
    return 0;
}

int replay_run(const struct measured_scenario *scenario, const struct calibration *calibration,
               struct replay *ret, struct err *err)
{
    struct rebuild b = { .measured = scenario, .calibration = calibration };

    return run_all(&b, 1, ret, err);
}

/* Two VMs have only one ring. Under MPS chance decides where kernels begin. */
static bool is_by_chance(const struct measured_scenario *scenario,
                         const struct calibration *calibration)
{
    return scenario->mode == MEASURED_MPS
               ? scenario->vm_count > 1
               : scenario->vm_count > 2 && calibration->when_alone == WHEN_ALONE_HARDWARE;
}

int replay_run_pooled(const struct measured_scenario *scenario,
                      const struct calibration *calibration, uint32_t runs, struct replay *ret,
                      struct err *err)
{
    struct rebuild b = { .measured = scenario, .calibration = calibration };

    return run_all(&b, is_by_chance(scenario, calibration) ? runs : 1, ret, err);
}

int replay_run_perturbed(const struct measured_scenario *scenario,
                         const struct calibration *calibration, uint64_t draw,
                         struct replay *ret, struct err *err)
{
    struct rebuild b = { .measured = scenario, .calibration = calibration, .draw = draw };

    return run_all(&b, 1, ret, err);
}

void replay_fini(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->vm_count; i++) {
        free(replay->vms[i].latencies_ns);
        free(replay->vms[i].arrivals_ns);
        free(replay->vms[i].starts_ns);
    }
    free(replay->vms);
    *replay = (struct replay){ 0 };
}
