/* test_calibrate.c - what the simulator measured of a device, calibrate finds again. */
#include "policy/turns.h"
#include "study/calibrate.h"
#include "study/replay.h"
#include "study/validate.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

enum { SCENARIOS = 8, VMS = 4, JOBS = 150 };

/* Measurements that no GPU made: the jobs are those of a replay. */
struct fixture {
    struct arena arena;
    struct catalogue catalogue;
    struct calibration truth;
    struct calibration start;
    struct measured_scenario scenarios[SCENARIOS];
    struct measured_set set;
};

/* Closed clients of constant demand, or ones that think in unequal times. */
static void ask(struct fixture *f, const char *kernel, uint32_t vms, nsec demand_ns,
                nsec think_ns)
{
    struct measured_scenario *scenario = &f->scenarios[f->set.scenario_count++];

    *scenario = (struct measured_scenario){
        .name = arena_format(&f->arena, "s%u", f->set.scenario_count),
        .mode = strcmp(kernel, "copy") == 0 ? MEASURED_COPY : MEASURED_TIME_SLICED,
        .regime = strcmp(kernel, "copy") == 0 ? MEASURED_COPIES : MEASURED_CLOSED,
        .half = (int)(f->set.scenario_count % 2),
        .duration_ns = SEC,
        .vms = arena_take(&f->arena, vms, sizeof(struct measured_vm)),
        .vm_count = vms,
    };
    for (uint32_t i = 0; i < vms; i++) {
        scenario->vms[i] = (struct measured_vm){
            .name = "v",
            .kernel = kernel,
            .is_closed = true,
            .think_ns = think_ns * i,
            .blocks = 528,
            .sm_percent = 100.0,
            .jobs = arena_take(&f->arena, JOBS * 8, sizeof(struct measured_job)),
            .job_count = 1,
        };
        scenario->vms[i].jobs[0] =
            (struct measured_job){ .arrival_ns = i * 1000, .demand_ns = demand_ns };
    }
}

/* Replaces the first job of every VM by what a replay with the truth makes of it. */
static void measure(struct fixture *f)
{
    struct replay replay;
    struct err err;

    for (uint32_t i = 0; i < f->set.scenario_count; i++) {
        struct measured_scenario *scenario = &f->scenarios[i];
        assert_int_equal(replay_run(scenario, &f->truth, &replay, &err), 0);
        for (uint32_t vm = 0; vm < scenario->vm_count; vm++) {
            struct measured_vm *own = &scenario->vms[vm];
            nsec demand_ns = own->jobs[0].demand_ns;
            const struct replay_vm *from = &replay.vms[vm];
            assert_in_range(from->count, 2, JOBS * 8);
            own->job_count = from->count;
            for (uint32_t k = 0; k < from->count; k++) {
                nsec end_ns = from->arrivals_ns[k] + from->latencies_ns[k];
                own->jobs[k] = (struct measured_job){ from->arrivals_ns[k], demand_ns,
                                                      from->arrivals_ns[k], end_ns };
            }
        }
        replay_fini(&replay);
    }
}

static struct fixture *fixture_create(void)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct err err;

    arena_init(&f->arena);
    catalogue_init(&f->catalogue, &f->arena);
    assert_int_equal(calibration_start(&f->catalogue, "h100", &f->start, &err), 0);
    f->start.when_alone = WHEN_ALONE_HARDWARE_FIRST_COME; /* No ring, whose order is chance. */
    f->truth = f->start;
    f->truth.values[CALIBRATION_PREEMPT] = 216000.0;
    f->truth.values[CALIBRATION_IDLE] = 124000.0;
    f->truth.values[CALIBRATION_RESTORE] = 33000.0;
    f->truth.values[CALIBRATION_LAUNCH] = 19000.0;
    f->truth.values[CALIBRATION_GAP] = 6500.0;
    f->truth.values[CALIBRATION_DEMAND] = 1.004;
    f->truth.values[CALIBRATION_COPY] = 0.955;
    f->truth.values[CALIBRATION_COPY_GAP] = 400.0;
    f->set.scenarios = f->scenarios;
    ask(f, "burn", 1, 1 * MSEC, 0);
    ask(f, "burn", 1, 5 * MSEC, 0);
    ask(f, "burn", 3, 1 * MSEC, 0);
    ask(f, "burn", 2, 5 * MSEC, 0);
    ask(f, "burn", 4, 7 * MSEC, 0);
    ask(f, "burn", 3, 3 * MSEC, 4 * MSEC);
    ask(f, "copy", 1, 2 * MSEC, 0);
    measure(f);
    return f;
}

static void fixture_free(struct fixture *f)
{
    arena_fini(&f->arena);
    test_free(f);
}

static void assert_near(const struct fixture *f, const struct calibrate_result *result,
                        enum calibration_key key, double percent)
{
    double truth = f->truth.values[key];
    double found = result->calibration.values[key];

    if (fabs(found / truth - 1.0) * 100.0 > percent) {
        fail_msg("%s is %g; it was %g", calibration_fields[key].name, found, truth);
    }
}

static void known_parameters_are_found_again(void **state)
{
    struct fixture *f = fixture_create();
    struct calibrate_options options = { MEASURED_ALL, true, 0 };
    struct calibrate_result result;
    struct err err;
    (void)state;

    assert_int_equal(calibrate(&f->set, &f->start, &options, &result, &err), 0);
    assert_near(f, &result, CALIBRATION_GAP, 0.001);
    assert_near(f, &result, CALIBRATION_COPY_GAP, 0.001);
    assert_near(f, &result, CALIBRATION_DEMAND, 0.1);
    assert_near(f, &result, CALIBRATION_PREEMPT, 3.0);
    assert_near(f, &result, CALIBRATION_IDLE, 3.0);
    assert_near(f, &result, CALIBRATION_COPY, 0.1);
    assert_int_equal(result.values[CALIBRATION_PREEMPT].origin, CALIBRATE_FITTED);
    assert_int_equal(result.values[CALIBRATION_GAP].origin, CALIBRATE_READ);
    assert_int_equal(result.values[CALIBRATION_APP_GPU].origin, CALIBRATE_KEPT);
    assert_true(result.calibration.values[CALIBRATION_APP_GPU] ==
                f->start.values[CALIBRATION_APP_GPU]);
    assert_int_equal(result.values[CALIBRATION_PREEMPT].scenarios, 6);
    assert_true(result.values[CALIBRATION_PREEMPT].low <=
                result.calibration.values[CALIBRATION_PREEMPT]);
    fixture_free(f);
}

static void what_was_fitted_predicts(void **state)
{
    struct fixture *f = fixture_create();
    struct calibrate_options options = { MEASURED_ALL, false, 1 };
    struct calibrate_result result;
    struct validation v;
    struct err err;
    (void)state;

    assert_int_equal(calibrate(&f->set, &f->start, &options, &result, &err), 0);
    struct validate_plan plan = { &result.calibration, MEASURED_ALL, false };
    assert_int_equal(validate(&f->set, &plan, &f->arena, &v, &err), 0);
    struct validation_summary s = validation_summarise(&v, MEASURED_TIME_SLICED, VALIDATE_MEAN);
    assert_int_equal(s.vms, 14);
    assert_true(s.max < 1.0);
    /* The truth itself is without error, and the start is not. */
    plan.calibration = &f->truth;
    assert_int_equal(validate(&f->set, &plan, &f->arena, &v, &err), 0);
    assert_true(validation_summarise(&v, MEASURED_TIME_SLICED, VALIDATE_P99).max == 0.0);
    plan.calibration = &f->start;
    assert_int_equal(validate(&f->set, &plan, &f->arena, &v, &err), 0);
    assert_true(validation_summarise(&v, MEASURED_TIME_SLICED, VALIDATE_MEAN).max > 1.0);
    fixture_free(f);
}

static void halves_use_their_own_scenarios(void **state)
{
    struct fixture *f = fixture_create();
    struct calibrate_options options = { 0, false, 1 };
    struct calibrate_result result;
    struct validation v;
    struct err err;
    (void)state;

    assert_int_equal(calibrate(&f->set, &f->start, &options, &result, &err), 0);
    assert_int_equal(result.values[CALIBRATION_PREEMPT].scenarios, 3);
    assert_int_equal(result.values[CALIBRATION_COPY].origin, CALIBRATE_KEPT);
    struct validate_plan plan = { &result.calibration, 1, false };
    assert_int_equal(validate(&f->set, &plan, &f->arena, &v, &err), 0);
    for (uint32_t i = 0; i < v.row_count; i++) {
        assert_int_equal((v.rows[i].scenario[1] - '0') % 2, 1);
    }
    fixture_free(f);
}

static void the_same_measurements_give_the_same_numbers(void **state)
{
    struct fixture *f = fixture_create();
    struct calibrate_options options = { MEASURED_ALL, false, 1 };
    struct calibrate_result first;
    struct calibrate_result second;
    struct err err;
    (void)state;

    assert_int_equal(calibrate(&f->set, &f->start, &options, &first, &err), 0);
    options.threads = 3;
    assert_int_equal(calibrate(&f->set, &f->start, &options, &second, &err), 0);
    assert_memory_equal(first.calibration.values, second.calibration.values,
                        sizeof(first.calibration.values));
    fixture_free(f);
}

/* ---------------------------------------------------------------- calibration files */

static int parse(const char *text, struct calibration *c, struct err *err)
{
    char bytes[512];

    assert_true(strlen(text) < sizeof(bytes));
    memcpy(bytes, text, strlen(text) + 1);
    return calibration_parse("c.csv", bytes, strlen(text), c, err);
}

#define HEADER "device,key,value,unit,source\n"

static void a_calibration_file_replaces_values(void **state)
{
    struct fixture *f = fixture_create();
    struct err err;
    (void)state;

    assert_int_equal(parse(HEADER "x,launch_ns,777,ns,\nx,unknown,1,,\n", &f->start, &err), 0);
    assert_true(f->start.values[CALIBRATION_LAUNCH] == 777.0);
    fixture_free(f);
}

static void a_broken_calibration_file_is_refused(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
        const char *part;
    } rows[] = {
        { "", 1, "the columns of a calibration are" },
        { "device,key,value\n", 1, "the columns of a calibration are" },
        { HEADER "x,launch_ns,7\n", 2, "this row has 3 fields" },
        { HEADER "x,launch_ns,-7,ns,\n", 2, "launch_ns is '-7'; it must be between" },
        { HEADER "x,gap_ns,1,ns,\nx,launch_ns,many,ns,\n", 3, "launch_ns is 'many'" },
    };
    struct fixture *f = fixture_create();
    struct err err;
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(rows[i].text, &f->truth, &err), -1);
        assert_int_equal(err.place.line, rows[i].line);
        assert_non_null(strstr(err.text, rows[i].part));
        assert_true(f->truth.values[CALIBRATION_GAP] == 6500.0); /* Left as it was. */
    }
    assert_int_equal(parse(HEADER "x,switch_restore_ns,900000,ns,\n", &f->truth, &err), -1);
    assert_non_null(strstr(err.text, "switch_restore_ns is above"));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_parameters_are_found_again),
        cmocka_unit_test(what_was_fitted_predicts),
        cmocka_unit_test(halves_use_their_own_scenarios),
        cmocka_unit_test(the_same_measurements_give_the_same_numbers),
        cmocka_unit_test(a_calibration_file_replaces_values),
        cmocka_unit_test(a_broken_calibration_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
