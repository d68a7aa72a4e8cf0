/* test_best_effort.c - turns, a slice that stays expired, and the bound of best_effort.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

/* A always has the first of two VMs' jobs; the GPU is interrupted at once, switches are free.
 */
static void check(const char *want, const struct build_job *a, size_t a_count,
                  const struct build_job *other, size_t count)
{
    struct build b;

    build_init(&b, "best_effort");
    build_jobs(&b, build_vm(&b, "A"), a, a_count);
    build_jobs(&b, build_vm(&b, "B"), other, count);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), want);
    build_fini(&b);
}

/* While there is always somebody else with work it is round robin. */
static void busy_schedule_is_that_of_round_robin(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "best_effort");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "rr q=2");
    build_fini(&b);
}

static void arrival_cuts_a_lone_expired_slice_at_once(void **state)
{
    const struct build_job a = { 0, 9 * MSEC };
    const struct build_job late = { 3 * MSEC, 3 * MSEC };
    (void)state;

    check("A0-3 B3-5 A5-7 B7-8 A8-12", &a, 1, &late, 1);
}

/* The first of B's arrivals finds A's slice unexpired, and waits for its end. */
static void arrival_waits_for_the_end_of_a_first_slice(void **state)
{
    const struct build_job a = { 0, 9 * MSEC };
    const struct build_job early = { 1 * MSEC, 1 * MSEC };
    (void)state;

    check("A0-2 B2-3 A3-10", &a, 1, &early, 1);
}

/* A's slice runs from 0: its second job, at 1.5, has only 0.5 of it left when B comes. */
static void slice_runs_across_idle_gaps(void **state)
{
    const struct build_job a[] = { { 0, 1 * MSEC }, { 3 * MSEC / 2, 2 * MSEC } };
    const struct build_job other = { 8 * MSEC / 5, 1 * MSEC };
    (void)state;

    check("A0-1 A1.5-2 B2-3 A3-4.5", a, 2, &other, 1);
}

/* At 10 A's slice has long been over: B, which comes at the same time, goes first; and one
   that comes later cuts A at once. */
static void slice_stays_expired_across_idle_gaps(void **state)
{
    const struct build_job a[] = { { 0, 1 * MSEC }, { 10 * MSEC, 3 * MSEC } };
    const struct build_job same = { 10 * MSEC, 1 * MSEC };
    const struct build_job later = { 11 * MSEC, 1 * MSEC };
    (void)state;

    check("A0-1 B10-11 A11-14", a, 2, &same, 1);
    check("A0-1 A10-11 B11-12 A12-14", a, 2, &later, 1);
}

/* Another VM's turn in between: A's next switch-in starts a fresh slice. */
static void switch_in_starts_a_fresh_slice(void **state)
{
    const struct build_job a[] = { { 0, 1 * MSEC }, { 10 * MSEC, 3 * MSEC } };
    const struct build_job other[] = { { 5 * MSEC, 1 * MSEC }, { 11 * MSEC, 1 * MSEC } };
    (void)state;

    check("A0-1 B5-6 A10-12 B12-13 A13-14", a, 2, other, 2);
}

/* `renew` makes it round robin. */
static void when_alone_can_be_set(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "best_effort");
    build_param(&b, "when_alone", 0);
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 9 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 3 * MSEC, MSEC }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-4 B4-5 A5-10");
    build_fini(&b);
}

/* n VMs that stay ready; n * (lag behind an equal share) is now - n * service. */
static void lag_stays_below_one_slice(void **state)
{
    (void)state;

    for (uint32_t n = 2; n <= 16; n++) {
        struct alone alone;
        nsec service[16] = { 0 };
        nsec now = 0;
        alone_init(&alone, "best_effort", n);
        alone_begin(&alone);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(alone_ready(&alone, i, 0), PREEMPT_NO);
        }
        for (int step = 0; step < 500; step++) {
            struct slice slice = alone_pick(&alone, now);
            assert_int_equal(slice.length_ns, 2 * MSEC);
            now += slice.length_ns;
            service[slice.vm->index] += slice.length_ns;
            alone_charge(&alone, slice.vm, slice.length_ns, true, now);
            for (uint32_t i = 0; i < n; i++) {
                assert_true(now - n * service[i] <= (n - 1) * 2 * MSEC);
            }
        }
        alone_fini(&alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(busy_schedule_is_that_of_round_robin),
        cmocka_unit_test(arrival_cuts_a_lone_expired_slice_at_once),
        cmocka_unit_test(arrival_waits_for_the_end_of_a_first_slice),
        cmocka_unit_test(slice_runs_across_idle_gaps),
        cmocka_unit_test(slice_stays_expired_across_idle_gaps),
        cmocka_unit_test(switch_in_starts_a_fresh_slice),
        cmocka_unit_test(when_alone_can_be_set),
        cmocka_unit_test(lag_stays_below_one_slice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
