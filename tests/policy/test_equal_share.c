/* test_equal_share.c - a strict slot for each VM present, and the bound of equal_share.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

#include "policy/slots.h"

#include <stdlib.h>

enum { ONE_LONG_JOB = 100 }; /* ms */

static void busy(struct build *b, const char *name, nsec start_ns, nsec stop_ns)
{
    uint32_t vm = build_vm(b, name);

    b->vms[vm].start_ns = start_ns;
    b->vms[vm].stop_ns = stop_ns;
    build_jobs(b, vm, &(const struct build_job){ 0, ONE_LONG_JOB * MSEC }, 1);
}

static void check(struct build *b, nsec duration_ns, const char *want)
{
    b->scenario.duration_ns = duration_ns;
    build_run(b);
    assert_string_equal(build_schedule(b, MSEC), want);
    build_fini(b);
}

/* With all three VMs present it is the schedule of three fixed slots. */
static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "fixed share, slot 2, cycle 6");
    build_fini(&b);
}

/* C starts in the middle of A's slot: the slot finishes, then the rotation starts anew. */
static void vm_that_starts_gets_a_slot_after_the_current_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    busy(&b, "A", 0, NSEC_MAX);
    busy(&b, "B", 0, NSEC_MAX);
    busy(&b, "C", 5 * MSEC, NSEC_MAX);
    check(&b, 14 * MSEC, "A0-2 B2-4 A4-8 B8-10 C10-12 A12-14");
}

/* B stops in the middle of its slot: the slot finishes empty. */
static void slot_of_a_vm_that_stops_finishes(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    busy(&b, "A", 0, NSEC_MAX);
    busy(&b, "B", 0, 3 * MSEC);
    busy(&b, "C", 0, NSEC_MAX);
    check(&b, 10 * MSEC, "A0-2 B2-3 A4-6 C6-8 A8-10");
}

/* A start and a stop within one slot, and a start at the border of two. */
static void changes_take_effect_once_at_the_end_of_the_slot(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    busy(&b, "A", 0, NSEC_MAX);
    busy(&b, "B", 0, 2500 * USEC);
    busy(&b, "C", 3 * MSEC, NSEC_MAX);
    busy(&b, "D", 6 * MSEC, NSEC_MAX);
    check(&b, 12 * MSEC, "A0-2 B2-2.5 A4-8 C8-10 D10-12");
}

/* Work that arrives within its VM's slot starts at once, and not before. */
static void work_starts_within_its_slot(void **state)
{
    const struct build_job a[] = { { 1 * MSEC, MSEC / 2 }, { 3 * MSEC, 1 * MSEC } };
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    build_jobs(&b, build_vm(&b, "A"), a, 2);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, MSEC }, 1);
    check(&b, 10 * MSEC, "A1-1.5 B2-3 A4-5");
}

/* The switch comes out of the slot; one that would not be over in time is not begun. */
static void switch_takes_its_time_from_the_slot(void **state)
{
    const struct build_job a[] = { { 0, MSEC }, { 5500 * USEC, MSEC } };
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    build_switch(&b, 600 * USEC, 0);
    build_jobs(&b, build_vm(&b, "A"), a, 2);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, 2 * MSEC }, 1);
    check(&b, 12 * MSEC, "A0-1 B2.6-4 B6-6.6 A8.6-9.6");
}

/* idle_slots: give lends a slot to the next VM with work, and takes it back. */
static void idle_slots_can_be_given(void **state)
{
    const struct build_job a[] = { { 0, MSEC }, { 7 * MSEC, MSEC } };
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    build_param(&b, "idle_slots", 1);
    build_jobs(&b, build_vm(&b, "A"), a, 2);
    busy(&b, "B", 0, NSEC_MAX);
    busy(&b, "C", 0, NSEC_MAX);
    check(&b, 12 * MSEC, "A0-1 B1-4 C4-6 B6-7 A7-8 B8-10 C10-12");
}

/* In any n slots of an unchanged rotation each VM with work has one whole slot, whatever the
   others do. */
static void each_vm_has_one_slot_in_n(void **state)
{
    (void)state;

    for (uint32_t n = 1; n <= 6; n++) {
        struct build b;
        build_init(&b, "equal_share");
        for (uint32_t i = 0; i < n; i++) {
            uint32_t vm = build_vm(&b, build_letter(i));
            b.vms[vm].weight = 1 + 1000 * i;
            if (i % 2 == 0) {
                build_closed(&b, vm, build_constant(700 * USEC + i), 0);
            } else {
                build_poisson(&b, vm, 15 * MSEC, build_exponential(5 * MSEC));
            }
        }
        b.scenario.duration_ns = 50 * n * 2 * MSEC;
        build_run(&b);
        for (uint32_t i = 0; i < n; i += 2) {
            assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, i), 50 * 2 * MSEC);
        }
        build_fini(&b);
    }
}

/* Where nothing overruns, adaptive and least_served are strict slots, also when VMs come and
   go. */
static void kinds_of_slots_agree_without_overruns(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct build b[3];
        for (int i = 0; i < 3; i++) {
            build_init(&b[i], seed % 2 ? "equal_share" : "fixed_share");
            build_param(&b[i], "order", i);
            build_param(&b[i], "idle_slots", seed % 3 == 0);
            build_param(&b[i], "weights", seed % 5 == 0);
            build_switch(&b[i], 100 * USEC, 30 * USEC);
            b[i].scenario.seed = seed;
            b[i].gpus[0].device.memory_bytes = 7 * GIB;
            for (uint32_t vm = 0; vm < 5; vm++) {
                build_poisson(&b[i], build_vm(&b[i], build_letter(vm)), 20 * MSEC,
                              build_exponential(3 * MSEC));
                b[i].vms[vm].weight = 40 + 30 * vm;
                b[i].vms[vm].start_ns = vm > 2 ? (nsec)(seed * vm % 13) * 31 * MSEC : 0;
                b[i].vms[vm].stop_ns = vm > 1 ? 500 * MSEC + vm * 777777 : NSEC_MAX;
            }
            build_run(&b[i]);
        }
        for (int i = 1; i < 3; i++) {
            assert_int_equal(b[i].record.stay_count, b[0].record.stay_count);
            for (size_t k = 0; k < b[0].record.stay_count; k++) {
                assert_int_equal(b[i].record.stays[k].vm, b[0].record.stays[k].vm);
                assert_int_equal(b[i].record.stays[k].run_start_ns,
                                 b[0].record.stays[k].run_start_ns);
                assert_int_equal(b[i].record.stays[k].run_end_ns,
                                 b[0].record.stays[k].run_end_ns);
            }
        }
        for (int i = 0; i < 3; i++) {
            build_fini(&b[i]);
        }
    }
}

/* A's kernels of 0.7 ms overrun its slots of 2 ms by 0.1 ms; B can be cut at any instant. */
static void overrunning(struct build *b)
{
    build_init(b, "equal_share");
    struct phase *phase =
        build_phases(build_closed(b, build_vm(b, "A"), build_constant(HOUR), 0));
    phase->kernel_ns = 700 * USEC;
    phase->has_preemption = true;
    phase->preemption = PREEMPTION_KERNEL;
    build_closed(b, build_vm(b, "B"), build_constant(HOUR), 0);
}

/* Adaptive round robin with an averaging factor of 1: A overruns its slot of 2 by 0.1; of the
   next one, of 1.9, it needs 2.1 again, 0.2 too much, then 0.3 and so on, until at 1.4 two
   kernels fit: 7 slots of 2 ms on average. */
static void adaptive_slots_are_shortened(void **state)
{
    struct build b;
    (void)state;

    overrunning(&b);
    build_param(&b, "order", SLOTS_ADAPTIVE);
    build_param(&b, "averaging", 1);
    check(&b, 28 * MSEC,
          "A0-2.1 B2.1-4.1 A4.1-6.2 B6.2-8.2 A8.2-10.3 B10.3-12.3 A12.3-14.4 B14.4-16.4 "
          "A16.4-18.5 B18.5-20.5 A20.5-22.6 B22.6-24.6 A24.6-26 B26-28");
}

/* In the long run A has slots of 2 ms on average, and B of 2 ms, under both; under plain strict
   slots B pays for A's overruns. */
static void overruns_are_paid_back(void **state)
{
    (void)state;

    for (int kind = 0; kind < 3; kind++) {
        struct build b;
        overrunning(&b);
        build_param(&b, "order", kind);
        b.scenario.duration_ns = 10 * SEC;
        build_run(&b);
        nsec a = record_service(&b.record, ENGINE_COMPUTE, 0);
        nsec off = a - 5 * SEC;
        if (kind == 0) {
            assert_true(off > 100 * MSEC);
        } else {
            assert_true(off > -20 * MSEC && off < 20 * MSEC); /* What is accrued. */
        }
        build_fini(&b);
    }
}

/* 480 slots a second last 2.083333 ms. */
static void frequency_sets_the_slots(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    build_param(&b, "frequency", 480 * PPM);
    busy(&b, "A", 0, NSEC_MAX);
    busy(&b, "B", 0, NSEC_MAX);
    b.scenario.duration_ns = 5 * MSEC;
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-2083333 B2083333-4166666 A4166666-5000000");
    build_fini(&b);
}

/* The policy alone: A and B always have work, and every stay of A ends `overrun_ns` after its
   slot. Calls back with each slot of A and its number. */
static void drive(uint32_t averaging, nsec overrun_ns, uint32_t slots,
                  void (*see)(uint32_t number, nsec length_ns))
{
    const struct vm vms[2] = { { .index = 0, .weight = 100, .stop_ns = NSEC_MAX },
                               { .index = 1, .weight = 100, .stop_ns = NSEC_MAX } };
    struct slots_params params = { .averaging = averaging,
                                   .frequency = 480,
                                   .order = SLOTS_ADAPTIVE };
    const struct policy_ops *ops = &policy_equal_share;
    void *state = calloc(1, ops->state_size(2));
    struct policy p = { .ops = ops,
                        .quantum_ns = 2 * MSEC,
                        .state = state,
                        .params = &params,
                        .vms = vms,
                        .vm_count = 2 };
    struct err err;
    nsec now = 0;

    assert_int_equal(ops->init(&p, &err), 0);
    for (uint32_t i = 0; i < 2; i++) {
        ops->join(&p, &vms[i], 0);
        (void)ops->ready(&p, &vms[i], 0);
    }
    for (uint32_t i = 0; i < 2 * slots; i++) {
        struct slice slice = ops->pick(&p, now);
        nsec end_ns = slice.end_ns + (i % 2 == 0 ? overrun_ns : 0);
        assert_int_equal(slice.vm->index, i % 2);
        if (i % 2 == 0) {
            see(i / 2, slice.end_ns - now);
        }
        ops->charge(&p, slice.vm,
                    &(struct usage){ .ran_ns = end_ns - now, .still_ready = true }, end_ns);
        now = end_ns;
        overrun_ns = slots == 3 ? 0 : overrun_ns; /* The worked step overruns once. */
    }
    free(state);
}

/* The vendor's worked step: 480 Hz, averaging factor 33, 1 ms too long: the next slot is
   2.053030 ms, which leaves 0.969697 ms to pay back, and so 2.053949 ms for the one after. */
static void see_worked_step(uint32_t number, nsec length_ns)
{
    static const nsec want[] = { 2083333, 2083333 - 30303, 2083333 - 969697 / 33 };

    assert_int_equal(length_ns, want[number]);
}

static void adaptive_takes_the_worked_step(void **state)
{
    (void)state;
    drive(33, 1 * MSEC, 3, see_worked_step);
}

/* With a constant overrun x a slot settles at target - x, so that a turn takes the target. */
static void see_steady_state(uint32_t number, nsec length_ns)
{
    nsec off = length_ns - (2083333 - 100 * USEC);

    assert_true(number < 1500 || (off >= -1 && off <= 1));
}

static void adaptive_settles_where_a_turn_takes_the_target(void **state)
{
    (void)state;
    drive(1, 100 * USEC, 1600, see_steady_state);
    drive(33, 100 * USEC, 1600, see_steady_state);
    drive(60, 100 * USEC, 1600, see_steady_state);
}

/* weights: yes: slots of 4, 2 and 1 ms. */
static void slots_are_as_long_as_the_weights(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    build_param(&b, "weights", 1);
    busy(&b, "A", 0, NSEC_MAX);
    busy(&b, "B", 0, 12 * MSEC);
    busy(&b, "C", 0, NSEC_MAX);
    b.vms[0].weight = 200;
    b.vms[2].weight = 50;
    check(&b, 20 * MSEC, "A0-4 B4-6 C6-7 A7-11 B11-12 A13-17 C17-18 A18-20");
}

/* By weight, too, overruns are paid back: A has two parts in three in the long run. */
static void overruns_are_paid_back_by_weight(void **state)
{
    (void)state;

    for (int order = SLOTS_ADAPTIVE; order <= SLOTS_LEAST_SERVED; order++) {
        struct build b;
        overrunning(&b);
        build_param(&b, "weights", 1);
        build_param(&b, "order", order);
        b.vms[0].weight = 200;
        b.scenario.duration_ns = 9 * SEC;
        build_run(&b);
        nsec off = record_service(&b.record, ENGINE_COMPUTE, 0) - 6 * SEC;
        assert_true(off > -20 * MSEC && off < 20 * MSEC);
        build_fini(&b);
    }
}

/* Rounds that are skipped by arithmetic are those that would have been stepped. */
static void slots_by_weight_can_be_skipped(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        nsec service[2][3];
        for (int skip = 0; skip < 2; skip++) {
            struct build b;
            build_init(&b, seed % 2 ? "equal_share" : "fixed_share");
            build_param(&b, "weights", 1);
            b.scenario.seed = seed;
            b.scenario.duration_ns = 3 * SEC;
            b.gpus[0].device.memory_bytes = 9 * GIB;
            build_switch(&b, 100 * USEC, 30 * USEC);
            for (uint32_t vm = 0; vm < 3; vm++) {
                build_poisson(&b, build_vm(&b, build_letter(vm)), 400 * MSEC,
                              build_exponential(150 * MSEC));
                b.vms[vm].weight = 50 + 90 * vm;
            }
            b.options.skip = skip;
            b.probes[0].stayed = NULL; /* Who listens to stays sees each of them. */
            build_run(&b);
            for (uint32_t vm = 0; vm < 3; vm++) {
                service[skip][vm] = record_service(&b.record, ENGINE_COMPUTE, vm);
            }
            build_fini(&b);
        }
        assert_memory_equal(service[0], service[1], sizeof(service[0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(vm_that_starts_gets_a_slot_after_the_current_one),
        cmocka_unit_test(slot_of_a_vm_that_stops_finishes),
        cmocka_unit_test(changes_take_effect_once_at_the_end_of_the_slot),
        cmocka_unit_test(work_starts_within_its_slot),
        cmocka_unit_test(switch_takes_its_time_from_the_slot),
        cmocka_unit_test(idle_slots_can_be_given),
        cmocka_unit_test(each_vm_has_one_slot_in_n),
        cmocka_unit_test(kinds_of_slots_agree_without_overruns),
        cmocka_unit_test(adaptive_slots_are_shortened),
        cmocka_unit_test(overruns_are_paid_back),
        cmocka_unit_test(frequency_sets_the_slots),
        cmocka_unit_test(adaptive_takes_the_worked_step),
        cmocka_unit_test(adaptive_settles_where_a_turn_takes_the_target),
        cmocka_unit_test(slots_are_as_long_as_the_weights),
        cmocka_unit_test(overruns_are_paid_back_by_weight),
        cmocka_unit_test(slots_by_weight_can_be_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
