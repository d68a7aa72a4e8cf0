/* test_replay.c - what a replay makes of chance: rings, slow launches, jobs that vary. */
#include "policy/turns.h"
#include "study/readings.h"
#include "study/replay.h"
#include "support/test.h"

#include <math.h>

enum { VMS = 3, JOBS = 8000 };

struct fixture {
    struct arena arena;
    struct catalogue catalogue;
    struct calibration calibration;
    struct measured_scenario scenario;
    struct measured_vm vms[VMS];
};

/* One VM, whose jobs of 1 ms arrive every 5 ms. */
static struct fixture *fixture_create(enum measured_mode mode, const char *kernel)
{
    static const char *const names[VMS] = { "a", "b", "c" };
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct err err;

    arena_init(&f->arena);
    catalogue_init(&f->catalogue, &f->arena);
    assert_int_equal(calibration_start(&f->catalogue, "h100", &f->calibration, &err), 0);
    f->scenario = (struct measured_scenario){
        .name = "s", .mode = mode, .duration_ns = JOBS * 5 * MSEC, .vms = f->vms, .vm_count = 1
    };
    for (uint32_t i = 0; i < VMS; i++) {
        f->vms[i] = (struct measured_vm){ .name = names[i],
                                          .kernel = kernel,
                                          .blocks = 528,
                                          .sm_percent = 100.0,
                                          .job_count = JOBS };
        f->vms[i].jobs = arena_take(&f->arena, JOBS, sizeof(struct measured_job));
        for (uint32_t k = 0; k < JOBS; k++) {
            f->vms[i].jobs[k] =
                (struct measured_job){ .arrival_ns = (k * 5 + i) * MSEC, .demand_ns = MSEC };
        }
    }
    return f;
}

static void fixture_free(struct fixture *f)
{
    arena_fini(&f->arena);
    test_free(f);
}

static double mean_of(const struct replay_vm *vm)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < vm->count; i++) {
        sum += (double)vm->latencies_ns[i];
    }
    return sum / vm->count;
}

static double deviation_of(const struct replay_vm *vm)
{
    double mean = mean_of(vm);
    double squares = 0.0;

    for (uint32_t i = 0; i < vm->count; i++) {
        squares += pow((double)vm->latencies_ns[i] - mean, 2.0);
    }
    return sqrt(squares / vm->count);
}

static void assert_close(double value, double expected, double off)
{
    if (!(fabs(value - expected) <= off)) {
        fail_msg("%g is not within %g of %g", value, off, expected);
    }
}

static void run(const struct fixture *f, struct replay *ret)
{
    struct err err;

    assert_int_equal(replay_run(&f->scenario, &f->calibration, ret, &err), 0);
}

/* That a pooled replay of three is of so many runs, and that the first is the plain one. */
static void check_runs(const struct fixture *f, uint32_t runs)
{
    struct replay one;
    struct replay all;
    struct err err;

    run(f, &one);
    assert_int_equal(replay_run_pooled(&f->scenario, &f->calibration, 3, &all, &err), 0);
    for (uint32_t i = 0; i < f->scenario.vm_count; i++) {
        assert_int_equal(one.vms[i].count, JOBS);
        assert_int_equal(all.vms[i].first_count, JOBS);
        assert_int_equal(all.vms[i].count, runs * JOBS);
        for (uint32_t k = 0; k < JOBS; k++) {
            assert_int_equal(one.vms[i].latencies_ns[k], all.vms[i].latencies_ns[k]);
        }
    }
    replay_fini(&one);
    replay_fini(&all);
}

static void runs_are_pooled_where_something_is_left_to_chance(void **state)
{
    struct fixture *f = fixture_create(MEASURED_TIME_SLICED, "burn");
    (void)state;

    f->scenario.vm_count = 2;
    check_runs(f, 1);
    f->scenario.vm_count = 3;
    check_runs(f, 3);
    f->calibration.when_alone = WHEN_ALONE_HARDWARE_FIRST_COME;
    check_runs(f, 1);
    f->calibration.when_alone = WHEN_ALONE_HARDWARE;
    f->scenario.mode = MEASURED_MPS;
    check_runs(f, 3);
    f->scenario.vm_count = 1;
    check_runs(f, 1);
    fixture_free(f);
}

/* The mean of 8000 times of which 15 % are exponential has a standard error of 4 %. */
/* So that what is fitted does not depend on what was fitted before. */
static void traits_are_those_of_the_calibration(void **state)
{
    struct fixture *f = fixture_create(MEASURED_MPS, "burn");
    struct replay with;
    struct replay without;
    (void)state;

    for (uint32_t i = 0; i < f->scenario.vm_count; i++) {
        f->scenario.vms[i].blocks = 132;
        f->scenario.vms[i].sm_percent = 100.0;
    }
    run(f, &with);
    f->calibration.device.mps =
        (struct mps_traits){ .is_measured = true, .leak = 0.5, .alone = 2.0, .bend = 1.0 };
    run(f, &without);
    for (uint32_t i = 0; i < f->scenario.vm_count; i++) {
        assert_int_equal(with.vms[i].latencies_ns[0], without.vms[i].latencies_ns[0]);
    }
    replay_fini(&with);
    replay_fini(&without);
    fixture_free(f);
}

static void some_launches_are_slow_and_that_is_read_back(void **state)
{
    struct fixture *f = fixture_create(MEASURED_TIME_SLICED, "burn");
    struct measured_set set = { .scenarios = &f->scenario, .scenario_count = 1 };
    struct calibrate_result result = { 0 };
    struct replay plain;
    struct replay slow;
    (void)state;

    run(f, &plain);
    assert_true(deviation_of(&plain.vms[0]) == 0.0);
    f->calibration.values[CALIBRATION_LAUNCH_TAIL] = 200000.0;
    run(f, &slow);
    assert_close(mean_of(&slow.vms[0]) - mean_of(&plain.vms[0]), 0.15 * 200000.0, 5000.0);
    for (uint32_t k = 0; k < JOBS; k++) {
        f->vms[0].jobs[k].start_ns = slow.vms[0].starts_ns[k];
        f->vms[0].jobs[k].end_ns = f->vms[0].jobs[k].arrival_ns + slow.vms[0].latencies_ns[k];
    }
    readings_take(&set, MEASURED_ALL, &result);
    assert_close(result.calibration.values[CALIBRATION_LAUNCH_TAIL], 200000.0, 40000.0);
    replay_fini(&plain);
    replay_fini(&slow);
    fixture_free(f);
}

static void jobs_of_a_model_vary(void **state)
{
    struct fixture *f = fixture_create(MEASURED_APP, "decode_graph");
    struct replay replay;
    (void)state;

    f->calibration.values[CALIBRATION_APP_SPREAD] = 0.0;
    run(f, &replay);
    assert_true(deviation_of(&replay.vms[0]) == 0.0);
    replay_fini(&replay);
    f->calibration.values[CALIBRATION_APP_SPREAD] = 0.05;
    run(f, &replay);
    assert_close(deviation_of(&replay.vms[0]) / mean_of(&replay.vms[0]), 0.05, 0.005);
    replay_fini(&replay);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traits_are_those_of_the_calibration),
        cmocka_unit_test(runs_are_pooled_where_something_is_left_to_chance),
        cmocka_unit_test(some_launches_are_slow_and_that_is_read_back),
        cmocka_unit_test(jobs_of_a_model_vary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
