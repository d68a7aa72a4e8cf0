/* test_slices.c - stays seen from inside kernels: read, refused where they are broken, summed.
 */
#include "study/readings.h"
#include "study/slices.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

#define HEADER "vm,run_start_ns,run_end_ns\n"

static int load(struct arena *arena, const char *text, struct slices *ret, struct err *err)
{
    size_t size = strlen(text);
    char *bytes = arena_string_n(arena, text, size);
    struct rows rows;

    return rows_open(&rows, "s.csv", bytes, size, err) ||
                   slices_load(&rows, "s.csv", arena, ret, err)
               ? -1
               : 0;
}

/* Two processes by turns: slices of 2000, of which 30 restore, 150 between them; the first stay
   of each restores nothing, and one of the later ones is cut short. */
static struct slices turns(struct arena *arena, uint32_t count)
{
    struct slices_stay *stays = arena_take(arena, count, sizeof(stays[0]));
    nsec at = 0;

    for (uint32_t i = 0; i < count; i++) {
        nsec length = i < 2 ? 2000 - (nsec)i : i == 7 ? 500 : 1970;
        stays[i] = (struct slices_stay){ i % 2, i < 2, at, at + length };
        at += length + 150;
    }
    return (struct slices){ "s.csv", stays, count };
}

static void stays_are_read_in_any_order_of_columns(void **state)
{
    struct arena arena;
    struct slices slices;
    struct err err;
    (void)state;

    arena_init(&arena);
    assert_int_equal(load(&arena, "run_end_ns,x,vm,run_start_ns\n9,,b,2\n20,,a,12\n31,,b,23\n",
                          &slices, &err),
                     0);
    assert_int_equal(slices.stay_count, 3);
    assert_int_equal(slices.stays[1].vm, 1);
    assert_true(slices.stays[1].is_first);
    assert_int_equal(slices.stays[2].vm, 0);
    assert_false(slices.stays[2].is_first);
    assert_int_equal(slices.stays[2].end_ns, 31);
    arena_fini(&arena);
}

static void broken_stays_are_refused(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
        uint32_t column;
        const char *part;
    } rows[] = {
        { "", 1, 1, "the file is empty" },
        { HEADER, 1, 1, "there is no stay in it" },
        { "vm,run_start_ns,run_end\n0,1,2\n", 1, 1, "there is no column run_end_ns" },
        { HEADER "0,1\n", 2, 1, "this row has 2 fields" },
        { HEADER "0,1,5\n0,-1,5\n", 3, 3, "run_start_ns is '-1'" },
        { HEADER "0,1,x\n", 2, 5, "run_end_ns is 'x'" },
        { HEADER "0,9,5\n", 2, 5, "run_end_ns lies before run_start_ns" },
        { HEADER "0,1,5\n1,4,9\n", 3, 3, "run_start_ns lies before the end of the stay above" },
    };
    struct arena arena;
    struct slices slices;
    struct err err;
    (void)state;

    arena_init(&arena);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(load(&arena, rows[i].text, &slices, &err), -1);
        assert_int_equal(err.place.line, rows[i].line);
        assert_int_equal(err.place.column, rows[i].column);
        assert_non_null(strstr(err.text, rows[i].part));
    }
    arena_fini(&arena);
}

static void switches_and_restores_are_seen(void **state)
{
    struct arena arena;
    struct slices_seen seen;
    (void)state;

    arena_init(&arena);
    struct slices few = turns(&arena, 10);
    struct slices many = turns(&arena, 40);
    assert_false(slices_see(&few, &seen));
    assert_true(slices_see(&many, &seen));
    assert_int_equal(seen.switches, 37); /* Neither first stays nor the last. */
    assert_true(seen.preempt_ns.middle == 150.0);
    assert_true(seen.stay_ns.middle == 1970.0);
    assert_true(seen.stay_ns.low <= 1970.0 && seen.stay_ns.high >= 1970.0);
    arena_fini(&arena);
}

static void the_slice_is_that_of_first_stays(void **state)
{
    struct calibrate_result result = { 0 };
    struct measured_set set = { 0 };
    struct arena arena;
    struct slices slices[2];
    (void)state;

    arena_init(&arena);
    slices[0] = turns(&arena, 40);
    slices[1] = turns(&arena, 1); /* Alone, so that nobody ended it. */
    result.calibration.values[CALIBRATION_SLICE] = 7.0;
    readings_take(&set, MEASURED_ALL, &result);
    assert_true(result.calibration.values[CALIBRATION_SLICE] == 7.0);
    assert_int_equal(result.values[CALIBRATION_SLICE].origin, CALIBRATE_KEPT);
    set.slices = slices;
    set.slices_count = 2;
    readings_take(&set, MEASURED_ALL, &result);
    assert_true(result.calibration.values[CALIBRATION_SLICE] == 2000.0);
    assert_int_equal(result.values[CALIBRATION_SLICE].origin, CALIBRATE_READ);
    assert_int_equal(result.values[CALIBRATION_SLICE].scenarios, 1);
    assert_true(result.values[CALIBRATION_SLICE].high == 2000.0);
    arena_fini(&arena);
}

/* A VM whose jobs were all there from the start, each begun so long after the last one's end;
   most of them after a switch. */
static struct measured_vm queued(struct arena *arena, nsec gap_ns, uint32_t count)
{
    struct measured_vm vm = { .name = "v", .kernel = "burn", .job_count = count };
    nsec at = MSEC;

    vm.jobs = arena_take(arena, count, sizeof(vm.jobs[0]));
    for (uint32_t i = 0; i < count; i++) {
        vm.jobs[i] = (struct measured_job){ i, MSEC, at, at + MSEC };
        at += MSEC + (i % 5 >= 2 ? 300 * USEC : gap_ns);
    }
    return vm;
}

static void the_gap_of_queued_jobs_is_the_cost_of_a_job(void **state)
{
    struct calibrate_result result = { 0 };
    struct measured_scenario scenario = { .mode = MEASURED_TIME_SLICED, .vm_count = 3 };
    struct measured_set set = { .scenarios = &scenario, .scenario_count = 1 };
    struct arena arena;
    struct measured_vm vms[3];
    (void)state;

    arena_init(&arena);
    vms[0] = queued(&arena, 1500, 60);
    vms[1] = queued(&arena, 1700, 60);
    vms[2] = queued(&arena, 9000, 20); /* Too few to say. */
    scenario.vms = vms;
    readings_take(&set, 1, &result); /* The other half. */
    assert_int_equal(result.values[CALIBRATION_JOB].origin, CALIBRATE_KEPT);
    readings_take(&set, 0, &result);
    assert_true(result.calibration.values[CALIBRATION_JOB] == 1700.0);
    assert_int_equal(result.values[CALIBRATION_JOB].scenarios, 1);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_are_read_in_any_order_of_columns),
        cmocka_unit_test(broken_stays_are_refused),
        cmocka_unit_test(switches_and_restores_are_seen),
        cmocka_unit_test(the_slice_is_that_of_first_stays),
        cmocka_unit_test(the_gap_of_queued_jobs_is_the_cost_of_a_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
