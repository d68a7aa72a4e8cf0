/* test_timegraph.c - the schedules and the bound of timegraph.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

static void check_golden(int enforcement, const char *schedule)
{
    static const nsec commands_ms[] = { 3, 2, 4 };
    struct build b;

    build_init(&b, "timegraph");
    build_param(&b, "enforcement", enforcement);
    build_param(&b, "unreserved", 1);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t vm = build_vm(&b, build_letter(i));
        b.vms[vm].priority = 200 - i;
        build_closed(&b, vm, build_constant(commands_ms[i] * MSEC), 0);
    }
    b.vms[0].schedule.budget_ns = 4 * MSEC;
    b.vms[0].schedule.period_ns = 10 * MSEC;
    b.vms[1].schedule.budget_ns = 3 * MSEC;
    b.vms[1].schedule.period_ns = 10 * MSEC;
    build_run(&b);
    golden_check(&b, schedule);
    build_fini(&b);
}

static void schedules_are_the_known_ones(void **state)
{
    (void)state;
    check_golden(0, "timegraph posterior enforcement, budgets A 4/10 B 3/10, commands A 3 B 2 "
                    "C 4");
    check_golden(1, "timegraph a priori enforcement, budgets A 4/10 B 3/10, commands A 3 B 2 "
                    "C 4");
}

static void random_kernels(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)vm;
    job->demand_ns = test_between(&alone->seed, 1, 4 * MSEC);
}

/* At any time no VM has more than its budgets so far and a kernel; and the highest priority has
   at least its budgets less one, and less a kernel of another VM in each period. */
static void budgets_are_kept(void **state)
{
    enum { N = 5 };
    uint64_t seed = 24;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        alone_init(&alone, "timegraph", N);
        params_set(&alone.sharing, "enforcement", round % 2);
        alone.next_job = random_kernels;
        for (uint32_t i = 0; i < N; i++) {
            nsec period = test_between(&seed, 20, 60) * MSEC;
            alone.vms[i].priority = 100 + i;
            alone.vms[i].schedule.period_ns = period;
            alone.vms[i].schedule.budget_ns = period * test_between(&seed, 15, 20) / 100;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        while (alone.now < 5 * SEC) {
            alone_step(&alone);
            for (uint32_t i = 0; i < N; i++) {
                const struct vm_schedule *own = &alone.vms[i].schedule;
                nsec periods = alone.now / own->period_ns;
                nsec most = (periods + 1) * own->budget_ns;
                assert_true(alone.service_ns[i] <= most + 4 * MSEC);
                if (i == N - 1 && round % 2 == 0) {
                    assert_true(alone.service_ns[i] >= (periods - 1) * own->budget_ns);
                }
            }
        }
        alone_fini(&alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_the_known_ones),
        cmocka_unit_test(budgets_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
