/* test_container_slots.c - the shares of the modes, and the bound of container_slots.c. */
#include "support/build.h"
#include "support/test.h"

#include <string.h>

enum { FIXED, PREEMPTIVE, WEIGHTED, WEAK };

/* The documented example: 20 units, containers of 1, 1 and 2; in percent of the engine. */
static void shares_are_the_documented_ones(void **state)
{
    static const struct {
        int mode;
        bool third_idle;
        uint32_t percent[3];
    } cases[] = {
        { FIXED, false, { 5, 5, 10 } },        { FIXED, true, { 5, 5, 0 } },
        { PREEMPTIVE, false, { 33, 33, 33 } }, { PREEMPTIVE, true, { 33, 33, 0 } },
        { WEIGHTED, false, { 25, 25, 50 } },   { WEIGHTED, true, { 25, 25, 0 } },
        { WEAK, false, { 25, 25, 50 } },       { WEAK, true, { 50, 50, 0 } },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct build b;
        build_init(&b, "container_slots");
        build_param(&b, "mode", cases[i].mode);
        for (uint32_t vm = 0; vm < 3; vm++) {
            build_vm(&b, build_letter(vm));
            b.vms[vm].weight = vm == 2 ? 200 : 100;
            if (vm < 2 || !cases[i].third_idle) {
                build_closed(&b, vm, build_constant(HOUR), 0);
            }
        }
        b.scenario.duration_ns = 12 * SEC;
        build_run(&b);
        for (uint32_t vm = 0; vm < 3; vm++) {
            nsec service = record_service(&b.record, ENGINE_COMPUTE, vm);
            nsec percent = (service * 100 + 6 * SEC) / b.scenario.duration_ns;
            assert_int_equal(percent, cases[i].percent[vm]);
        }
        build_fini(&b);
    }
}

/* Where everybody has one slot, this is equal_share, also when VMs come and go. */
static void preemptive_is_equal_share(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct build b[2];
        for (int i = 0; i < 2; i++) {
            build_init(&b[i], i == 0 ? "equal_share" : "container_slots");
            build_switch(&b[i], 100 * USEC, 30 * USEC);
            b[i].scenario.seed = seed;
            for (uint32_t vm = 0; vm < 5; vm++) {
                build_poisson(&b[i], build_vm(&b[i], build_letter(vm)), 20 * MSEC,
                              build_exponential(3 * MSEC));
                b[i].vms[vm].start_ns = vm > 2 ? (nsec)(seed * vm % 13) * 31 * MSEC : 0;
                b[i].vms[vm].stop_ns = vm > 1 ? 500 * MSEC + vm * 777777 : NSEC_MAX;
            }
            build_run(&b[i]);
        }
        assert_int_equal(b[0].record.stay_count, b[1].record.stay_count);
        for (size_t i = 0; i < b[0].record.stay_count; i++) {
            const struct stay *first = &b[0].record.stays[i];
            const struct stay *second = &b[1].record.stays[i];
            assert_int_equal(first->vm, second->vm);
            assert_int_equal(first->run_start_ns, second->run_start_ns);
            assert_int_equal(first->run_end_ns, second->run_end_ns);
        }
        build_fini(&b[0]);
        build_fini(&b[1]);
    }
}

/* With random weights each cycle gives a VM all of its units, whatever the others do (B always
   has work, the others sometimes). */
static void cycle_gives_all_units(void **state)
{
    uint64_t seed = 28;
    (void)state;

    for (int mode = FIXED; mode <= WEIGHTED; mode++) {
        struct build b;
        nsec cycle = 0;
        build_init(&b, "container_slots");
        build_param(&b, "mode", mode);
        for (uint32_t vm = 0; vm < 4; vm++) {
            build_vm(&b, build_letter(vm));
            b.vms[vm].weight = (uint32_t)test_between(&seed, 50, 400);
            cycle += mode == PREEMPTIVE ? 2 * MSEC : 2 * MSEC * b.vms[vm].weight / 100;
            if (vm == 1) {
                build_closed(&b, vm, build_constant(HOUR), 0);
            } else {
                build_poisson(&b, vm, 30 * MSEC, build_exponential(4 * MSEC));
            }
        }
        cycle = mode == FIXED ? 40 * MSEC : cycle;
        nsec own = mode == PREEMPTIVE ? 2 * MSEC : 2 * MSEC * b.vms[1].weight / 100;
        b.options.border_ns = cycle;
        nsec last = 0;
        build_start(&b);
        for (nsec end = cycle; end < b.scenario.duration_ns; end += cycle) {
            assert_int_equal(run_advance(b.run, end, &b.err), 0);
            nsec service = record_service(&b.record, ENGINE_COMPUTE, 1);
            assert_int_equal(service - last, own);
            last = service;
        }
        build_fini(&b);
    }
}

static void units_must_suffice(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "container_slots");
    build_param(&b, "mode", FIXED);
    build_param(&b, "units", 3);
    build_vm(&b, "A");
    build_vm(&b, "B");
    b.vms[1].weight = 250;
    assert_int_equal(build_setup(&b), 0);
    b.options.setup = &b.setup;
    assert_null(run_create(&b.options, &b.err));
    assert_int_equal(b.err.kind, ERR_SCENARIO);
    assert_non_null(strstr(b.err.text, "own 3.5 units (weight / 100), but there are 3"));
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_the_documented_ones),
        cmocka_unit_test(preemptive_is_equal_share),
        cmocka_unit_test(cycle_gives_all_units),
        cmocka_unit_test(units_must_suffice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
