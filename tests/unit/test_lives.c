/* test_lives.c - VMs that start and stop in the middle of things. */
#include "support/build.h"
#include "support/test.h"

static struct workload *put(struct build *b, const char *name, nsec arrival_ns, nsec demand_ns)
{
    return build_jobs(b, build_vm(b, name), &(const struct build_job){ arrival_ns, demand_ns },
                      1);
}

static void check(struct build *b, const char *want)
{
    build_run(b);
    assert_string_equal(build_schedule(b, 1), want);
    build_fini(b);
}

static void arrivals_count_from_the_start_of_the_vm(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    put(&b, "A", 5, 3);
    b.vms[0].start_ns = 100;
    check(&b, "A105-108");
}

/* A stops while it runs, B while it waits, C while it has nothing to do. */
static void vm_that_stops_takes_its_jobs_away(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_switch(&b, 3, 0);
    build_jobs(&b, build_vm(&b, "A"), (const struct build_job[]){ { 0, 20 }, { 1, 5 } }, 2);
    put(&b, "B", 2, 5);
    put(&b, "C", 100, 5);
    put(&b, "D", 3, 5);
    b.vms[0].stop_ns = 10;
    b.vms[1].stop_ns = 8;
    b.vms[2].stop_ns = 9;
    build_run(&b);
    /* After A has stopped a switch finds no work that it would have to save. */
    assert_string_equal(build_schedule(&b, 1), "A0-10 D13-18");
    assert_int_equal(b.record.left_count, 3);
    assert_int_equal(b.record.left[0].vm, 1);
    assert_int_equal(b.record.left[0].start_ns, -1);
    assert_int_equal(b.record.left[1].vm, 0);
    assert_int_equal(b.record.left[1].start_ns, 0);
    assert_int_equal(b.record.left[2].vm, 0);
    assert_false(b.record.left[2].dropped);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 0), 10);
    build_fini(&b);
}

/* B stops at 5, in the middle of its switch of 4-7: that completes, and C's begins. */
static void switch_to_a_vm_that_stops_completes(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_switch(&b, 3, 0);
    put(&b, "A", 0, 4);
    put(&b, "B", 1, 4);
    put(&b, "C", 2, 4);
    b.vms[1].stop_ns = 5;
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-4 C10-14");
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].switch_ns, 6);
    build_fini(&b);
}

static void vm_may_start_when_another_stops(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    put(&b, "A", 0, 50);
    put(&b, "B", 0, 50);
    b.vms[0].stop_ns = b.vms[1].start_ns = 20;
    b.vms[1].stop_ns = 40;
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-20 B20-40");
    const struct record_event *events = b.record.events;
    enum record_kind kinds[16];
    size_t count = 0;
    for (size_t i = 0; i < b.record.event_count; i++) {
        if (events[i].kind == RECORD_JOINED || events[i].kind == RECORD_LEFT) {
            kinds[count++] = events[i].kind;
        }
    }
    assert_int_equal(count, 4);
    assert_int_equal(kinds[1], RECORD_LEFT); /* Stops come before starts. */
    assert_int_equal(kinds[2], RECORD_JOINED);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrivals_count_from_the_start_of_the_vm),
        cmocka_unit_test(vm_that_stops_takes_its_jobs_away),
        cmocka_unit_test(switch_to_a_vm_that_stops_completes),
        cmocka_unit_test(vm_may_start_when_another_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
