/* test_gvt.c - the schedules and the bound of gvt.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

/* The weights 8:4:4 of GVT-g's types, in ours. */
static void put(struct build *b, bool all)
{
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t vm = build_vm(b, build_letter(i));
        b->vms[vm].weight = i == 0 ? 800 : 400;
        if (i == 0 || all) {
            build_closed(b, vm, build_constant(MSEC / 4), 0);
        }
    }
}

static void check_golden(bool all, const char *schedule)
{
    struct build b;

    build_init(&b, "gvt");
    put(&b, all);
    build_run(&b);
    golden_check(&b, schedule);
    build_fini(&b);
}

static void schedules_are_the_known_ones(void **state)
{
    (void)state;
    check_golden(true, "gvt-g weights 8:4:4, all backlogged");
    check_golden(false, "gvt-g weights 8:4:4, only A backlogged");
}

/* A kernel is not cut at a tick; the VM pays for the whole of it, as long as ten periods
   remember it: A's of 80 ms costs it its 50 ms of this period, and 30 of the next. */
static void kernels_overrun_and_are_paid(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "gvt");
    build_jobs(&b, build_vm(&b, "A"),
               (const struct build_job[]){ { 0, 80 * MSEC }, { 81 * MSEC, 30 * MSEC } }, 2);
    build_closed(&b, build_vm(&b, "B"), build_constant(MSEC), 0);
    b.scenario.duration_ns = 140 * MSEC;
    build_run(&b);
    /* B's budget of 50 is not gone by 100; then A has 20 and B 80 - 50 + 50. */
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 0), 80 * MSEC + 30 * MSEC);
    build_fini(&b);
}

/* A VM that starts later goes first for two seconds, whatever its budget. */
static void newcomer_goes_first(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "gvt");
    build_param(&b, "newcomer", 300 * MSEC);
    build_closed(&b, build_vm(&b, "A"), build_constant(MSEC), 0);
    build_closed(&b, build_vm(&b, "B"), build_constant(MSEC), 0);
    b.vms[1].start_ns = 100 * MSEC;
    b.scenario.duration_ns = 400 * MSEC;
    build_run(&b);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 0), 100 * MSEC);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 1), 300 * MSEC);
    build_fini(&b);
}

/* Over each ten periods, with kernels of a tick at most: at most ten budgets, a tick and a
   kernel, and at least those less a kernel of each other VM and a tick. (One more kernel may
   run across the border.) */
static void budgets_are_kept_over_ten_periods(void **state)
{
    enum { N = 5 };
    uint64_t seed = 21;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct build b;
        uint64_t sum = 0;
        build_init(&b, "gvt");
        for (uint32_t i = 0; i < N; i++) {
            uint32_t vm = build_vm(&b, build_letter(i));
            b.vms[vm].weight = (uint32_t)test_between(&seed, 50, 1000);
            sum += b.vms[vm].weight;
            build_closed(&b, vm, build_constant(test_between(&seed, 100 * USEC, MSEC)), 0);
        }
        b.scenario.duration_ns = 3 * SEC + 1;
        b.options.border_ns = SEC;
        nsec before[N] = { 0 };
        build_start(&b);
        for (int second = 1; second <= 3; second++) {
            assert_int_equal(run_advance(b.run, second * SEC, &b.err), 0);
            for (uint32_t i = 0; i < N; i++) {
                nsec service = record_service(&b.record, ENGINE_COMPUTE, i);
                nsec budgets = SEC * b.vms[i].weight / (nsec)sum;
                nsec got = service - before[i];
                before[i] = service;
                assert_true(got <= budgets + 3 * MSEC && got >= budgets - N * MSEC);
            }
        }
        run_finish(b.run);
        build_fini(&b);
    }
}

/* A's kernel of 700 ms leaves it 200 in debt after ten periods; that is forgotten, so its next
   one starts at the first tick after 1000 ms that is not B's. */
static void debts_are_forgotten_after_ten_periods(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "gvt");
    build_closed(&b, build_vm(&b, "A"), build_constant(700 * MSEC), 0);
    build_closed(&b, build_vm(&b, "B"), build_constant(MSEC), 0);
    b.scenario.duration_ns = 2 * SEC;
    build_run(&b);
    nsec start = build_job_of(&b, 0, 1)->start_ns;
    assert_true(start >= SEC && start <= SEC + 2 * MSEC);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_the_known_ones),
        cmocka_unit_test(kernels_overrun_and_are_paid),
        cmocka_unit_test(newcomer_goes_first),
        cmocka_unit_test(budgets_are_kept_over_ten_periods),
        cmocka_unit_test(debts_are_forgotten_after_ten_periods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
