/* test_equal_share.c - a strict slot for each VM present, and the bound of equal_share.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
