/* test_kernel_fifo.c - the schedule and the bound of kernel_fifo.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "kernel_fifo");
    golden_workload(&b);
    for (uint32_t i = 0; i < 3; i++) {
        const nsec kernels_ns[] = { 3 * MSEC, 1 * MSEC, 2 * MSEC };
        struct workload *workload = (struct workload *)&b.vms[i].workloads[0].workload;
        build_phases(workload)[0].kernel_ns = kernels_ns[i];
    }
    build_run(&b);
    golden_check(&b, "kernel fifo: A kernels 3+3, B 1+1+1, C 2+2, a2 2");
    build_fini(&b);
}

/* Without kernels of known length, a phase is one kernel: as fifo. */
static void phase_without_kernels_is_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "kernel_fifo");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "fifo");
    build_fini(&b);
}

static void random_kernels(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)vm;
    job->kernel_ns = test_between(&alone->seed, 1, 5 * MSEC);
    job->demand_ns = job->kernel_ns * test_between(&alone->seed, 1, 8);
}

/* Between two kernels of a VM, each other VM runs one at most. */
static void wait_is_one_kernel_of_each_other(void **state)
{
    enum { N = 6 };
    struct alone alone;
    uint32_t since[N][N] = { { 0 } }; /* Kernels of the second since the first's last one. */
    (void)state;

    alone_init(&alone, "kernel_fifo", N);
    alone.next_job = random_kernels;
    alone_begin(&alone);
    for (uint32_t i = 0; i < N; i++) {
        alone_ready(&alone, i, 0);
    }
    for (int step = 0; step < 5000; step++) {
        uint32_t ran = alone_step(&alone);
        for (uint32_t i = 0; i < N; i++) {
            since[ran][i] = 0;
            assert_true(i == ran || ++since[i][ran] <= 1);
        }
    }
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(phase_without_kernels_is_one),
        cmocka_unit_test(wait_is_one_kernel_of_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
