/* test_band.c - the rules and the bound of band.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/test.h"

/* A has half of the engine and uses it all: at 500 ms its window is full, and after each kernel
   the engine waits 0.5 ms whether another VM shows up. */
static void vm_over_its_bandwidth_waits(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "band");
    build_closed(&b, build_vm(&b, "A"), build_constant(50 * MSEC), 0);
    build_vm(&b, "B");
    b.scenario.duration_ns = 700 * MSEC;
    build_run(&b);
    assert_int_equal(b.record.job_count, 13);
    for (size_t i = 0; i < b.record.job_count; i++) {
        nsec waits = i > 10 ? (nsec)(i - 10) * 500 * USEC : 0;
        assert_int_equal(b.record.jobs[i].end_ns, (nsec)(i + 1) * 50 * MSEC + waits);
    }
    build_fini(&b);
}

/* In such a wait B shows up, and is served at once. */
static void wait_is_for_whoever_shows_up(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "band");
    build_closed(&b, build_vm(&b, "A"), build_constant(200 * MSEC), 0);
    build_jobs(&b, build_vm(&b, "B"),
               &(const struct build_job){ 600 * MSEC + 100 * USEC, 7 * MSEC }, 1);
    b.scenario.duration_ns = 700 * MSEC;
    build_run(&b);
    assert_int_equal(build_job_of(&b, 1, 0)->start_ns, 600 * MSEC + 100 * USEC);
    build_fini(&b);
}

static void random_kernels(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)vm;
    job->demand_ns = test_between(&alone->seed, MSEC, 10 * MSEC);
}

/* Over ten seconds always busy VMs have their bandwidth of the time in which kernels ran. */
static void bandwidth_is_kept_in_the_long_run(void **state)
{
    enum { N = 4 };
    uint64_t seed = 23;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct alone alone;
        double sum = 0;
        nsec busy = 0;
        alone_init(&alone, "band", N);
        alone.next_job = random_kernels;
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, 50, 300);
            sum += alone.vms[i].weight;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        while (alone.now < 20 * SEC) {
            alone_step(&alone);
        }
        for (uint32_t i = 0; i < N; i++) {
            busy += alone.service_ns[i];
        }
        assert_true(busy > alone.now * 9 / 10);
        for (uint32_t i = 0; i < N; i++) {
            double fluid = (double)busy * alone.vms[i].weight / sum;
            double off = (double)alone.service_ns[i] - fluid;
            assert_true(off < 500e6 && -off < 500e6);
        }
        alone_fini(&alone);
    }
}

/* A is over its bandwidth (600 ms of the last second), but has credit after a pause, and so its
   place in the list, before D, which starts later. In the wait before A's kernel D gets work:
   it is served at once. */
static void later_vm_is_served_in_the_wait(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "band");
    build_jobs(&b, build_vm(&b, "A"),
               (const struct build_job[]){ { 0, 600 * MSEC }, { 660 * MSEC, 5 * MSEC } }, 2);
    build_vm(&b, "C");
    build_jobs(&b, build_vm(&b, "D"), &(const struct build_job){ 10200 * USEC, MSEC }, 1);
    b.vms[2].start_ns = 650 * MSEC;
    build_run(&b);
    assert_int_equal(build_job_of(&b, 2, 0)->start_ns, 660200 * USEC);
    assert_int_equal(build_job_of(&b, 0, 1)->start_ns, 661700 * USEC);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vm_over_its_bandwidth_waits),
        cmocka_unit_test(wait_is_for_whoever_shows_up),
        cmocka_unit_test(bandwidth_is_kept_in_the_long_run),
        cmocka_unit_test(later_vm_is_served_in_the_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
