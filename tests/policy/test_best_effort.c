/* test_best_effort.c - turns, a slice that stays expired, and the bound of best_effort.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
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

/* when_alone: hardware, on a GPU whose preemptive switch takes 0.4 ms and idle one 0.1 ms, or
   none if they are free. All that has arrived is queued on the GPU; stays end with jobs. */
static void check_hardware(const char *want, bool free_switches, const struct build_job *a,
                           size_t a_count, const struct build_job *other)
{
    struct build b;

    build_init(&b, "best_effort");
    build_param(&b, "when_alone", 2);
    if (!free_switches) {
        build_compute(&b)->switch_cost =
            (struct switch_cost){ .preempt_ns = 400 * USEC, .idle_ns = 100 * USEC };
    }
    build_jobs(&b, build_vm(&b, "A"), a, a_count)->in_flight = 8;
    build_jobs(&b, build_vm(&b, "B"), other, 1)->in_flight = 8;
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), want);
    build_fini(&b);
}

/* T2: the slice that ends at 2 is renewed for the second job; without one, it stays expired. */
static void hardware_renews_for_what_is_queued(void **state)
{
    const struct build_job a[] = { { 0, 3 * MSEC }, { 0, 3 * MSEC } };
    const struct build_job other = { 5 * MSEC / 2, 1 * MSEC };
    (void)state;

    check_hardware("A0-3 A3-4 B4-5 A5-7", true, a, 2, &other);
    check_hardware("A0-2.5 B2.5-3.5 A3.5-4", true, a, 1, &other);
}

/* T3: the job that comes at 3 starts a slice that lasts until 5; one that comes behind another
   queued job starts none. */
static void hardware_starts_a_slice_when_a_job_comes(void **state)
{
    const struct build_job one[] = { { 0, 6 * MSEC }, { 3 * MSEC, 1 * MSEC } };
    const struct build_job two[] = { { 0, 6 * MSEC }, { 0, MSEC }, { MSEC / 2, MSEC } };
    const struct build_job late = { 7 * MSEC / 2, 1 * MSEC };
    const struct build_job early = { 1 * MSEC, 1 * MSEC };
    (void)state;

    check_hardware("A0-5 B5-6 A6-7 A7-8", true, one, 2, &late);
    check_hardware("A0-2 B2-3 A3-7 A7-8 A8-9", true, two, 3, &early);
}

/* T4: back on the engine at 1.5, A has a slice until 3.5, and needs no switch. */
static void hardware_starts_a_slice_on_return(void **state)
{
    const struct build_job a[] = { { 0, 1 * MSEC }, { 3 * MSEC / 2, 3 * MSEC } };
    const struct build_job other = { 2 * MSEC, 1 * MSEC };
    (void)state;

    check_hardware("A0-1 A1.5-3.5 B3.9-4.9 A5-6", false, a, 2, &other);
}

/* T5: A's second job comes while B waits, and is not seen: A makes way, at the idle cost. One
   that was there before is seen. */
static void hardware_sees_what_was_queued_before_others_waited(void **state)
{
    const struct build_job unseen[] = { { 0, 1 * MSEC }, { MSEC / 2, 1 * MSEC } };
    const struct build_job seen[] = { { 0, 1 * MSEC }, { 0, MSEC / 2 } };
    const struct build_job other = { MSEC / 5, 1 * MSEC };
    (void)state;

    check_hardware("A0-1 B1.1-2.1 A2.2-3.2", false, unseen, 2, &other);
    check_hardware("A0-1 A1-1.5 B1.6-2.6", false, seen, 2, &other);
}

/* Three VMs under when_alone: hardware, by their places in the ring, which three turns tell. */
struct ring {
    struct alone alone;
    uint32_t vms[3];
};

/* A job comes, which was put to the GPU then; a stay begins; it ends. */
static void comes(struct ring *r, uint32_t place, nsec submitted_ns, nsec now)
{
    struct policy *p = &r->alone.policy;
    const struct vm *vm = &p->vms[r->vms[place]];
    struct job_view job = { .arrival_ns = submitted_ns,
                            .ready_ns = now,
                            .submitted_ns = submitted_ns };

    p->ops->arrived(p, vm, &job, now);
    (void)p->ops->ready(p, vm, now);
}

static void check_next(struct ring *r, uint32_t place, nsec now)
{
    assert_int_equal(alone_pick(&r->alone, now).vm->index, r->vms[place]);
}

static void ends(struct ring *r, uint32_t place, bool still_ready, nsec ran_ns, nsec now)
{
    alone_charge(&r->alone, &r->alone.vms[r->vms[place]], ran_ns, still_ready, now);
}

/* All have had a turn and are dry at 10 ms; the one at place 2 was the last. */
static void ring_init(struct ring *r, bool first_come)
{
    alone_init(&r->alone, "best_effort", 3);
    params_set(&r->alone.sharing, "when_alone", first_come ? 3 : 2);
    alone_begin(&r->alone);
    for (uint32_t i = 0; i < 3; i++) {
        r->vms[i] = i;
    }
    for (uint32_t i = 0; i < 3; i++) {
        comes(r, i, 0, 0);
    }
    for (uint32_t i = 0; i < 3; i++) {
        r->vms[i] = alone_pick(&r->alone, i * 2 * MSEC).vm->index;
        ends(r, i, false, 2 * MSEC, (i + 1) * 2 * MSEC);
    }
    assert_int_equal(r->vms[0] + r->vms[1] + r->vms[2], 3);
}

/* T8: at 10 all come, in the other direction; at 20 the one at place 1 has just run. */
static void hardware_serves_a_ring(void **state)
{
    struct ring r;
    (void)state;

    for (int first_come = 0; first_come < 2; first_come++) {
        ring_init(&r, first_come);
        for (uint32_t i = 3; i > 0; i--) {
            comes(&r, i - 1, 10 * MSEC, 10 * MSEC);
        }
        check_next(&r, first_come ? 2 : 0, 10 * MSEC);
        ends(&r, first_come ? 2 : 0, false, MSEC, 11 * MSEC);
        check_next(&r, 1, 11 * MSEC);
        ends(&r, 1, false, MSEC, 12 * MSEC);
        check_next(&r, first_come ? 0 : 2, 12 * MSEC);
        alone_fini(&r.alone);
    }
}

/* T6: nobody waits as the job at place 0 begins, so whoever comes first is next; with a further
   job behind it, whoever is nearest when the slice ends. */
static void hardware_looks_who_is_next_when_a_job_begins(void **state)
{
    struct ring r;
    (void)state;

    for (int further = 0; further < 2; further++) {
        ring_init(&r, false);
        comes(&r, 0, 10 * MSEC, 10 * MSEC);
        if (further) {
            r.alone.policy.ops->arrived(&r.alone.policy, &r.alone.vms[r.vms[0]],
                                        &(struct job_view){ 0 }, 10 * MSEC);
        }
        check_next(&r, 0, 10 * MSEC);
        comes(&r, 2, 11 * MSEC, 11 * MSEC);
        ends(&r, 0, true, 1 * MSEC, 11 * MSEC); /* It is asked to make way. */
        check_next(&r, 0, 11 * MSEC);
        comes(&r, 1, 23 * MSEC / 2, 23 * MSEC / 2);
        ends(&r, 0, true, 1 * MSEC, 12 * MSEC);
        check_next(&r, further ? 1 : 2, 12 * MSEC);
        alone_fini(&r.alone);
    }
}

/* T7: who is next was settled at 10, when the kernel at place 1 already waited for its copy; or
   not yet. */
static void hardware_looks_at_what_waits_for_a_copy(void **state)
{
    struct ring r;
    (void)state;

    for (int late = 0; late < 2; late++) {
        ring_init(&r, false);
        comes(&r, 0, 10 * MSEC, 10 * MSEC);
        comes(&r, 2, 10 * MSEC, 10 * MSEC);
        check_next(&r, 0, 10 * MSEC);
        ends(&r, 0, true, 1 * MSEC, 11 * MSEC);
        check_next(&r, 0, 11 * MSEC);
        comes(&r, 1, (late ? 21 : 19) * MSEC / 2, 23 * MSEC / 2);
        ends(&r, 0, true, 1 * MSEC, 12 * MSEC);
        check_next(&r, late ? 2 : 1, 12 * MSEC);
        alone_fini(&r.alone);
    }
}

/* A leaves more to save than the engine says, B less. */
static void preempting_a_vm_may_have_its_own_cost(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "best_effort");
    build_compute(&b)->switch_cost = (struct switch_cost){ 400 * USEC, 100 * USEC, 0 };
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 5 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, 3 * MSEC }, 1);
    b.vms[0].preempt_ns = 700 * USEC;
    b.vms[1].preempt_ns = 200 * USEC;
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-2 B2.7-4.7 A4.9-6.9 B7.6-8.6 A8.7-9.7");
    build_fini(&b);
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
        cmocka_unit_test(hardware_renews_for_what_is_queued),
        cmocka_unit_test(hardware_starts_a_slice_when_a_job_comes),
        cmocka_unit_test(hardware_starts_a_slice_on_return),
        cmocka_unit_test(hardware_sees_what_was_queued_before_others_waited),
        cmocka_unit_test(hardware_serves_a_ring),
        cmocka_unit_test(hardware_looks_who_is_next_when_a_job_begins),
        cmocka_unit_test(hardware_looks_at_what_waits_for_a_copy),
        cmocka_unit_test(preempting_a_vm_may_have_its_own_cost),
        cmocka_unit_test(lag_stays_below_one_slice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
