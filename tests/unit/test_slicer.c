/* test_slicer.c - what the run makes of a policy's answers: cuts, switches, holds, drops. */
#include "support/build.h"
#include "support/script.h"
#include "support/test.h"

#include <string.h>

/* A VM with one job. */
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

/* ---------------------------------------------------------------- preemption points */

/* A, of kernels of 4, is asked to make way for B at 5. */
static void asked(struct build *b, struct script *script, enum preemption_point point,
                  nsec ask_ns)
{
    *script = (struct script){ .verdict = PREEMPT_ASK };
    script_init(b, script);
    b->gpus[0].device.preemption = point;
    build_phases(put(b, "A", 0, 10))[0].kernel_ns = 4;
    put(b, "B", ask_ns, 3);
}

static void instruction_preemption_cuts_at_once(void **state)
{
    struct script script;
    struct build b;
    (void)state;

    asked(&b, &script, PREEMPTION_INSTRUCTION, 5);
    check(&b, "A0-5 B5-8 A8-13");
}

static void kernel_preemption_waits_for_the_end_of_the_kernel(void **state)
{
    struct script script;
    struct build b;
    (void)state;

    asked(&b, &script, PREEMPTION_KERNEL, 5);
    check(&b, "A0-8 B8-11 A11-13");
    asked(&b, &script, PREEMPTION_KERNEL, 8);
    check(&b, "A0-8 B8-11 A11-13");
    asked(&b, &script, PREEMPTION_KERNEL, 9); /* The last kernel is a short one. */
    check(&b, "A0-10 B10-13");
}

/* What follows the short last kernel is another phase, and not part of the wait. */
static void wait_ends_with_the_phase(void **state)
{
    struct script script;
    struct build b;
    (void)state;

    asked(&b, &script, PREEMPTION_KERNEL, 9);
    build_phases(build_jobs(&b, 0, &(const struct build_job){ 0, 6 }, 1))[0].kernel_ns = 4;
    build_run(&b);
    assert_int_equal(build_job_of(&b, 1, 0)->start_ns, 10);
    assert_int_equal(build_job_of(&b, 0, 1)->end_ns, 19);
    build_fini(&b);
}

/* 2000 blocks of which 800 are resident: a kernel of 10 is three waves of 4, 4 and 2. */
static void block_preemption_waits_for_the_end_of_the_wave(void **state)
{
    const nsec asks[] = { 2, 3, 7, 9, 11, 14 };
    const nsec starts[] = { 4, 4, 8, 10, 14, 14 };
    struct script script;
    struct build b;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        asked(&b, &script, PREEMPTION_BLOCK, asks[i]);
        struct phase *phase = build_phases((struct workload *)&b.vms[0].workloads[0].workload);
        phase->kernel_ns = 10;
        phase->blocks = 2000;
        phase->demand = build_constant(30);
        build_run(&b);
        assert_int_equal(build_job_of(&b, 1, 0)->start_ns, starts[i]);
        build_fini(&b);
    }
}

/* A phase may say for itself what the device would not allow. */
static void phase_may_have_its_own_preemption_point(void **state)
{
    struct script script;
    struct build b;
    (void)state;

    asked(&b, &script, PREEMPTION_INSTRUCTION, 5);
    struct phase *phase = build_phases((struct workload *)&b.vms[0].workloads[0].workload);
    phase->has_preemption = true;
    phase->preemption = PREEMPTION_KERNEL;
    check(&b, "A0-8 B8-11 A11-13");
}

/* Killed at 6, A loses what it did of its second kernel, and does it again. */
static void killed_kernel_starts_over(void **state)
{
    struct script script = { .verdict = PREEMPT_KILL };
    struct build b;
    (void)state;

    script_init(&b, &script);
    b.gpus[0].device.preemption = PREEMPTION_KERNEL;
    build_phases(put(&b, "A", 0, 10))[0].kernel_ns = 4;
    put(&b, "B", 6, 3);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-6 B6-9 A9-15");
    assert_int_equal(build_job_of(&b, 0, 0)->run_ns, 12);
    assert_int_equal(build_job_of(&b, 0, 0)->demand_ns, 10);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].lost_ns, 2);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].busy_ns, 15);
    assert_int_equal(script.charges[0].used.ran_ns, 6);
    assert_int_equal(script.charges[0].used.lost_ns, 2);
    build_fini(&b);
}

static void end_of_job_ends_the_stay(void **state)
{
    struct script script = { .until = UNTIL_JOB_END };
    struct build b;
    (void)state;

    script_init(&b, &script);
    put(&b, "A", 0, 5);
    put(&b, "B", 2, 5);
    put(&b, "C", 3, 5);
    check(&b, "A0-5 C5-10 B10-15");
}

/* Both at once: stays of 3, and a job that ends in one of them ends it. */
static void length_cuts_a_job_too(void **state)
{
    struct script script = { .until = UNTIL_JOB_END, .length_ns = 3 };
    struct build b;
    (void)state;

    script_init(&b, &script);
    put(&b, "A", 0, 5);
    put(&b, "B", 2, 5);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-3 B3-8 A8-10");
    assert_int_equal(script.charge_count, 4);
    assert_int_equal(script.charges[2].used.ran_ns, 2);
    build_fini(&b);
}

/* One kernel a stay: A's of 3 and B's of 2 take turns, B first whenever it is ready. */
static void end_of_kernel_ends_the_stay(void **state)
{
    struct script script = { .until = UNTIL_KERNEL_END };
    struct build b;
    (void)state;

    script_init(&b, &script);
    build_phases(put(&b, "A", 0, 7))[0].kernel_ns = 3;
    build_phases(put(&b, "B", 1, 5))[0].kernel_ns = 2;
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-3 B3-8 A8-12");
    assert_int_equal(script.charge_count, 6);
    assert_int_equal(script.charges[3].used.ran_ns, 1); /* B's last, shorter one. */
    assert_int_equal(script.charges[3].used.jobs_done, 1);
    build_fini(&b);
}

/* ---------------------------------------------------------------- switches */

/* A, B and C of the highest priority last; switches cost 3 from a VM with work, else 2. */
static void three_with_switches(struct build *b, struct script *script)
{
    *script = (struct script){ .verdict = PREEMPT_ASK };
    script_init(b, script);
    build_compute(b)->switch_cost = (struct switch_cost){ 3, 2, 0 };
}

static void switches_cost_what_the_outgoing_vm_says(void **state)
{
    struct script script;
    struct build b;
    (void)state;

    three_with_switches(&b, &script);
    put(&b, "A", 0, 4);
    put(&b, "B", 1, 4);
    build_run(&b);
    /* B: preempt, 1-4. A again: idle, 8-10. Nothing for the first VM, nor on going idle. */
    assert_string_equal(build_schedule(&b, 1), "A0-1 B4-8 A10-13");
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].switch_ns, 5);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].switches, 2);
    assert_int_equal(build_job_of(&b, 1, 0)->switch_ns, 3);
    assert_int_equal(build_job_of(&b, 0, 0)->switch_ns, 2);
    assert_int_equal(build_job_of(&b, 0, 0)->slice_wait_ns, 7);
    build_fini(&b);
}

static void same_vm_again_costs_nothing(void **state)
{
    const struct build_job jobs[] = { { 0, 2 }, { 10, 2 } };
    struct script script;
    struct build b;
    (void)state;

    three_with_switches(&b, &script);
    build_jobs(&b, build_vm(&b, "A"), jobs, 2);
    put(&b, "B", 20, 2);
    check(&b, "A0-2 A10-12 B22-24");
}

/* B's switch has begun at 1 when C comes at 2: it completes, B makes way without having run,
   and C is switched in from a VM with work. */
static void begun_switch_completes(void **state)
{
    struct script script;
    struct build b;
    (void)state;

    three_with_switches(&b, &script);
    put(&b, "A", 0, 4);
    put(&b, "B", 1, 4);
    put(&b, "C", 2, 4);
    check(&b, "A0-1 C7-11 B13-17 A19-22");
}

/* A slice counts from switch-in, the restore of which lies within it. */
static void restore_lies_within_the_slice(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    build_compute(&b)->slice_ns = 10;
    build_switch(&b, 5, 2);
    put(&b, "A", 0, 20);
    put(&b, "B", 0, 20);
    check(&b, "A0-10 B15-23 A28-36 B41-49 A54-56 B61-65");
}

/* A VM with nothing but a switch to show for its slice; time goes on. */
static void slice_shorter_than_restore_ends_with_the_switch(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    build_compute(&b)->slice_ns = 1;
    build_switch(&b, 5, 3);
    put(&b, "A", 0, 20);
    put(&b, "B", 0, 20);
    b.scenario.duration_ns = 100;
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-1");
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].switch_ns, 99);
    build_fini(&b);
}

/* ---------------------------------------------------------------- holds and drops */

/* Keeps the engine for nobody until 10, then for VM 0 until 20, then does the usual. */
static struct slice hold_pick(const struct script *script, const struct policy *p, nsec now)
{
    struct slice slice = { .length_ns = NSEC_MAX, .end_ns = now < 10 ? 10 : 20 };

    (void)script;
    if (now >= 10) {
        slice.vm = now < 20 ? &p->vms[0] : script_highest(p);
        slice.end_ns = now < 20 ? 20 : NSEC_MAX;
    }
    return slice;
}

static void engine_can_be_kept(void **state)
{
    struct script script = { .pick = hold_pick };
    struct build b;
    (void)state;

    script_init(&b, &script);
    put(&b, "A", 14, 3);
    put(&b, "B", 5, 4);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A14-17 B20-24");
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].wasted_ns, 5 + 4 + 3);
    assert_int_equal(script.charge_count, 3); /* A's stay, its kept rest, B's. */
    assert_int_equal(script.charges[1].used.ran_ns, 0);
    assert_false(script.charges[1].used.still_ready);
    build_fini(&b);
}

/* Whoever becomes ready may ask for an engine that is kept. */
static void kept_engine_can_be_asked_for(void **state)
{
    struct script script = { .pick = hold_pick, .verdict = PREEMPT_ASK };
    struct build b;
    (void)state;

    script_init(&b, &script);
    put(&b, "A", 30, 3);
    put(&b, "B", 5, 4);
    put(&b, "C", 12, 4);
    build_run(&b);
    /* At 12 C's ready ends the hold for A, and the pick keeps it for A once more. */
    assert_string_equal(build_schedule(&b, 1), "C20-24 B24-28 A30-33");
    assert_int_equal(script.charges[0].vm, 0);
    assert_int_equal(script.charges[0].now, 12);
    build_fini(&b);
}

/* Nothing is wasted while nobody has work: B, which waits, stops at 8. */
static void waste_ends_when_nobody_waits_any_more(void **state)
{
    struct script script = { .pick = hold_pick };
    struct build b;
    (void)state;

    script_init(&b, &script);
    put(&b, "A", 30, 3);
    put(&b, "B", 5, 4);
    b.vms[1].stop_ns = 8;
    build_run(&b);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].wasted_ns, 3);
    build_fini(&b);
}

static void policy_may_refuse_the_oldest_job(void **state)
{
    const struct build_job jobs[] = { { 0, 2 }, { 1, 5 }, { 7, 1 } };
    struct script script = { .drop_after_ns = 4, .until = UNTIL_JOB_END };
    struct build b;
    (void)state;

    script_init(&b, &script);
    build_jobs(&b, build_vm(&b, "A"), jobs, 3);
    put(&b, "B", 0, 6);
    build_run(&b);
    /* B runs 0-6; by then A's jobs of 0 and 1 have waited for 6 and 5. */
    assert_string_equal(build_schedule(&b, 1), "B0-6 A7-8");
    assert_int_equal(b.record.left_count, 2);
    assert_true(b.record.left[0].dropped && b.record.left[1].dropped);
    assert_int_equal(b.record.left[1].number, 1);
    build_fini(&b);
}

/* At the end of B's slice at 4 A's job, which came first, is refused; B goes on. */
static void job_may_be_refused_at_the_end_of_a_slice(void **state)
{
    struct script script = { .drop_after_ns = 4, .length_ns = 2 };
    struct build b;
    (void)state;

    script_init(&b, &script);
    put(&b, "A", 0, 9);
    put(&b, "B", 0, 7);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "B0-7");
    assert_int_equal(b.record.left_count, 1);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].busy_ns, 7);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 0), 0);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].stays, 4);
    build_fini(&b);
}

/* ---------------------------------------------------------------- invalid answers */

static struct slice nobody(const struct script *script, const struct policy *p, nsec now)
{
    (void)script, (void)p, (void)now;
    return (struct slice){ .end_ns = NSEC_MAX, .length_ns = 1 };
}

static struct slice absent(const struct script *script, const struct policy *p, nsec now)
{
    (void)script, (void)now;
    return (struct slice){ .vm = &p->vms[1], .end_ns = NSEC_MAX, .length_ns = 1 };
}

static struct slice dry(const struct script *script, const struct policy *p, nsec now)
{
    (void)script, (void)now;
    return (struct slice){ .vm = &p->vms[2], .end_ns = NSEC_MAX, .length_ns = 1 };
}

static struct slice empty(const struct script *script, const struct policy *p, nsec now)
{
    (void)script, (void)now;
    return (struct slice){ .vm = &p->vms[0], .end_ns = NSEC_MAX };
}

static struct slice over(const struct script *script, const struct policy *p, nsec now)
{
    (void)script;
    return (struct slice){ .vm = &p->vms[0], .end_ns = now, .length_ns = 1 };
}

static struct slice drop_of_last(const struct script *script, const struct policy *p, nsec now)
{
    (void)script, (void)now;
    return (struct slice){
        .vm = &p->vms[p->vm_count - 1], .length_ns = 1, .end_ns = NSEC_MAX, .drop_head = true
    };
}

static struct slice stranger(const struct script *script, const struct policy *p, nsec now)
{
    static const struct vm other = { .index = 0, .name = "stranger" };
    (void)script, (void)p, (void)now;
    return (struct slice){ .vm = &other, .end_ns = NSEC_MAX, .length_ns = 1 };
}

static void invalid_answers_stop_the_run(void **state)
{
    const struct {
        struct slice (*pick)(const struct script *, const struct policy *, nsec);
        const char *word;
    } cases[] = {
        { nobody, "picked nobody, without an end that lies ahead" },
        { absent, "picked B, which is not present" },
        { dry, "picked C, which has no work" },
        { empty, "picked A, for a slice that is not longer than 0" },
        { over, "picked A, for a slice whose end does not lie ahead" },
        { drop_of_last, "picked C, which has no work" },
        { stranger, "not of this engine" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct script script = { .pick = cases[i].pick };
        struct build b;
        script_init(&b, &script);
        put(&b, "A", 7, 5);
        put(&b, "B", 0, 5);
        put(&b, "C", 50, 5);
        b.vms[1].start_ns = 100;
        assert_int_equal(build_try(&b), -1);
        assert_int_equal(b.err.kind, ERR_RUN);
        assert_non_null(strstr(b.err.text, cases[i].word));
        assert_non_null(strstr(b.err.text, "policy script, engine compute of gpu0, at 7 ns"));
        build_fini(&b);
    }
}

/* A refused client that does not think is back at the same instant: time would stand still. */
static void endless_refusals_stop_the_run(void **state)
{
    struct script script = { .pick = drop_of_last };
    struct build b;

    (void)state;
    script_init(&b, &script);
    build_closed(&b, build_vm(&b, "A"), build_constant(MSEC), 0);
    assert_int_equal(build_try(&b), -1);
    assert_non_null(strstr(b.err.text, "at 0 ns: it picked A, whose jobs it drops for ever"));
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instruction_preemption_cuts_at_once),
        cmocka_unit_test(kernel_preemption_waits_for_the_end_of_the_kernel),
        cmocka_unit_test(wait_ends_with_the_phase),
        cmocka_unit_test(block_preemption_waits_for_the_end_of_the_wave),
        cmocka_unit_test(phase_may_have_its_own_preemption_point),
        cmocka_unit_test(killed_kernel_starts_over),
        cmocka_unit_test(end_of_job_ends_the_stay),
        cmocka_unit_test(length_cuts_a_job_too),
        cmocka_unit_test(end_of_kernel_ends_the_stay),
        cmocka_unit_test(switches_cost_what_the_outgoing_vm_says),
        cmocka_unit_test(same_vm_again_costs_nothing),
        cmocka_unit_test(begun_switch_completes),
        cmocka_unit_test(restore_lies_within_the_slice),
        cmocka_unit_test(slice_shorter_than_restore_ends_with_the_switch),
        cmocka_unit_test(engine_can_be_kept),
        cmocka_unit_test(kept_engine_can_be_asked_for),
        cmocka_unit_test(waste_ends_when_nobody_waits_any_more),
        cmocka_unit_test(policy_may_refuse_the_oldest_job),
        cmocka_unit_test(endless_refusals_stop_the_run),
        cmocka_unit_test(job_may_be_refused_at_the_end_of_a_slice),
        cmocka_unit_test(invalid_answers_stop_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
