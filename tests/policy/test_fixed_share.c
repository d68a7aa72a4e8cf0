/* test_fixed_share.c - a strict slot for each VM that fits, and the bound of fixed_share.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

#include <string.h>

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fixed_share");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "fixed share, slot 2, cycle 6");
    build_fini(&b);
}

/* The number of slots: what the vendor allows, else what the memory holds, else `slots`. */
static void check_slots(uint32_t vendor_most, int64_t memory_bytes, uint32_t param,
                        uint32_t want)
{
    struct build b;

    build_init(&b, "fixed_share");
    build_param(&b, "slots", param);
    b.gpus[0].device.memory_bytes = memory_bytes;
    uint32_t vm = build_vm(&b, "A");
    b.vms[vm].profile.vms_max = vendor_most;
    build_closed(&b, vm, build_constant(MSEC), 0);
    b.scenario.duration_ns = (nsec)want * 10 * 2 * MSEC;
    build_run(&b);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, vm), 10 * 2 * MSEC);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].wasted_ns,
                     b.scenario.duration_ns - 10 * 2 * MSEC);
    build_fini(&b);
}

static void slots_follow_profile_then_memory_then_parameter(void **state)
{
    (void)state;
    check_slots(5, 48 * GIB, 0, 5);
    check_slots(0, 7 * GIB + GIB / 2, 0, 7);
    check_slots(5, 48 * GIB, 3, 3);
    check_slots(0, 0, 7, 7);
}

static void check_refused(int64_t vm_memory_bytes, uint32_t slots, const char *word)
{
    struct build b;

    build_init(&b, "fixed_share");
    build_param(&b, "slots", slots);
    for (int i = 0; i < 3; i++) {
        b.vms[build_vm(&b, build_letter((uint32_t)i))].memory_bytes = vm_memory_bytes;
    }
    assert_int_equal(build_setup(&b), 0);
    b.options.setup = &b.setup;
    assert_null(run_create(&b.options, &b.err));
    assert_int_equal(b.err.kind, ERR_SCENARIO);
    assert_non_null(strstr(b.err.text, word));
    build_fini(&b);
}

static void slots_must_be_enough(void **state)
{
    (void)state;
    check_refused(GIB, 2, "3 VMs are present at one time");
    check_refused(0, 2, "3 VMs are present at one time");
}

/* Where neither profile nor memory counts the VMs, they are counted where most are present. */
static void slots_are_those_present_if_nothing_says_more(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fixed_share");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, SEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, SEC }, 1);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 0, SEC }, 1);
    b.vms[0].stop_ns = b.vms[1].start_ns = 4 * MSEC; /* One goes, another one comes. */
    b.vms[0].memory_bytes = b.vms[1].memory_bytes = 0;
    b.vms[2].memory_bytes = b.gpus[0].device.memory_bytes; /* Room for one such. */
    b.scenario.duration_ns = 10 * MSEC;
    build_run(&b);
    assert_int_equal(b.setup.partitions[0].slot_count, 2);
    assert_true(b.setup.partitions[0].slots_assumed);
    assert_true(setup_uses_slots(&b.setup.partitions[0]));
    assert_string_equal(build_schedule(&b, MSEC), "A0-2 C2-4 B4-6 C6-8 B8-10");
    build_fini(&b);
}

static void slots_are_not_assumed_where_they_are_given(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fixed_share");
    build_param(&b, "slots", 3);
    build_closed(&b, build_vm(&b, "A"), build_constant(MSEC), 0);
    b.vms[0].memory_bytes = 0;
    assert_int_equal(build_setup(&b), 0);
    assert_true(b.setup.partitions[0].slots_assumed);
    assert_false(setup_uses_slots(&b.setup.partitions[0]));
    build_fini(&b);
}

/* A GPU without VMs needs no slots. */
static void empty_gpu_is_fine(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fixed_share");
    b.scenario.gpu_count = 2;
    b.gpus[1] = b.gpus[0];
    build_closed(&b, build_vm(&b, "A"), build_constant(MSEC), 0);
    assert_int_equal(build_setup(&b), 0);
    b.options.partition = 1;
    build_run(&b);
    assert_int_equal(b.record.job_count, 0);
    build_fini(&b);
}

/* A stops and its slot stays empty: B's service is the same whatever A does. */
static void stopping_changes_nobody_elses_service(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fixed_share");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, SEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, SEC }, 1);
    b.vms[0].stop_ns = 6 * MSEC;
    b.scenario.duration_ns = 12 * MSEC;
    build_run(&b);
    /* At 6 ms, a border, the rotation starts anew and B is its first owner. */
    assert_string_equal(build_schedule(&b, MSEC), "A0-2 B2-4 A4-6 B6-8 B10-12");
    build_fini(&b);
}

/* With C = n * slice, service in any time t with work is at least (slice / C)(t - (C - slice)):
   checked for the time from each job's arrival to its end, within which its VM had work. */
static void service_has_its_bound(void **state)
{
    const nsec slice = 2 * MSEC;
    (void)state;

    for (uint32_t n = 1; n <= 8; n++) {
        struct build b;
        build_init(&b, "fixed_share");
        b.scenario.duration_ns = 2 * SEC;
        for (uint32_t i = 0; i < n; i++) {
            build_poisson(&b, build_vm(&b, build_letter(i)), 30 * MSEC,
                          build_exponential((1 + i) * MSEC));
        }
        build_run(&b);
        assert_true(b.record.job_count > 0);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            nsec t = job->end_ns - job->arrival_ns - job->queue_wait_ns;
            assert_true(n * job->run_ns >= t - (n - 1) * slice);
        }
        build_fini(&b);
    }
}

/* The service of each of `count` busy VMs in 1 s of 4 slots of 2 ms, in thousandths. */
static void check_elastic(uint32_t count, uint32_t elastic_ppm, int order, uint32_t want)
{
    struct build b;

    build_init(&b, "fixed_share");
    build_param(&b, "slots", 4);
    build_param(&b, "weights", 1);
    build_param(&b, "order", order);
    build_param(&b, "elastic", elastic_ppm);
    for (uint32_t i = 0; i < count; i++) {
        build_closed(&b, build_vm(&b, build_letter(i)), build_constant(HOUR), 0);
    }
    build_run(&b);
    for (uint32_t i = 0; i < count; i++) {
        nsec service = record_service(&b.record, ENGINE_COMPUTE, i);
        assert_in_range(service, want * MSEC - 3 * MSEC, want * MSEC + 3 * MSEC);
    }
    build_fini(&b);
}

/* NVIDIA's example: with 3/10 more a VM of a quarter reaches 32.5 %, and with 31 times more
   nothing is left unused. */
static void elastic_cap_lets_slots_grow(void **state)
{
    (void)state;
    for (int order = 0; order < 3; order++) {
        check_elastic(1, 0, order, 250);
        check_elastic(1, 300000, order, 325);
        check_elastic(2, 300000, order, 325);
        check_elastic(4, 300000, order, 250);
        check_elastic(1, 31000000, order, 1000);
        check_elastic(3, 31000000, order, 333);
    }
}

/* weights: yes: 1.5 and 0.5 of 4 slots; the rest, of 4 ms, is nobody's. */
static void weights_are_parts_of_the_rotation(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fixed_share");
    build_param(&b, "slots", 4);
    build_param(&b, "weights", 1);
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, SEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, SEC }, 1);
    b.vms[0].weight = 150;
    b.vms[1].weight = 50;
    b.scenario.duration_ns = 12 * MSEC;
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-3 B3-4 A8-11 B11-12");
    build_fini(&b);
}

static void check_weights_refused(uint32_t weight, uint32_t elastic_ppm, const char *word)
{
    struct build b;

    build_init(&b, "fixed_share");
    build_param(&b, "slots", 2);
    build_param(&b, "weights", weight > 0);
    build_param(&b, "elastic", elastic_ppm);
    b.vms[build_vm(&b, "A")].weight = weight > 0 ? weight : 100;
    assert_int_equal(build_setup(&b), 0);
    b.options.setup = &b.setup;
    assert_null(run_create(&b.options, &b.err));
    assert_non_null(strstr(b.err.text, word));
    build_fini(&b);
}

static void weights_must_fit_into_the_rotation(void **state)
{
    (void)state;
    check_weights_refused(201, 0, "weights of 201 in all");
    check_weights_refused(0, 300000, "elastic is for slots by weight");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(slots_follow_profile_then_memory_then_parameter),
        cmocka_unit_test(slots_must_be_enough),
        cmocka_unit_test(slots_are_those_present_if_nothing_says_more),
        cmocka_unit_test(slots_are_not_assumed_where_they_are_given),
        cmocka_unit_test(empty_gpu_is_fine),
        cmocka_unit_test(stopping_changes_nobody_elses_service),
        cmocka_unit_test(service_has_its_bound),
        cmocka_unit_test(elastic_cap_lets_slots_grow),
        cmocka_unit_test(weights_are_parts_of_the_rotation),
        cmocka_unit_test(weights_must_fit_into_the_rotation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
