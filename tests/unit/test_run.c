/* test_run.c - jobs, phases, engines and borders, in whole runs. */
#include "support/build.h"
#include "support/test.h"

static struct workload *put(struct build *b, const char *name, nsec arrival_ns, nsec demand_ns)
{
    return build_jobs(b, build_vm(b, name), &(const struct build_job){ arrival_ns, demand_ns },
                      1);
}

static nsec end_of(const struct build *b, uint32_t vm, uint64_t number)
{
    return build_job_of(b, vm, number)->end_ns;
}

/* ---------------------------------------------------------------- queues */

/* Jobs of 10 at 0, 1, 2, 3: with room for three, one is under way and two wait. */
static void check_full(enum when_full when_full, uint32_t limit, const bool *dropped)
{
    const struct build_job jobs[] = { { 0, 10 }, { 1, 10 }, { 2, 10 }, { 3, 10 } };
    struct build b;
    uint64_t done = 0;
    uint64_t left = 0;

    build_init(&b, "round_robin");
    struct workload *workload = build_jobs(&b, build_vm(&b, "A"), jobs, 4);
    workload->queue_limit = limit;
    workload->when_full = when_full;
    build_run(&b);
    for (uint64_t i = 0; i < 4; i++) {
        if (dropped[i]) {
            assert_int_equal(b.record.left[left].number, i);
            assert_true(b.record.left[left].dropped);
            assert_int_equal(b.record.left[left++].start_ns, -1);
        } else {
            done++;
            assert_int_equal(end_of(&b, 0, i), 10 * done);
        }
    }
    assert_int_equal(b.record.job_count, done);
    assert_int_equal(b.record.left_count, left);
    build_fini(&b);
}

static void full_queue_drops_the_new_or_the_oldest(void **state)
{
    const bool newer[] = { false, false, true, true };
    const bool older[] = { false, true, true, false };
    const bool but_one[] = { false, true, true, true };
    const bool none[] = { false, false, false, false };
    const bool last[] = { false, false, false, true };
    const bool second[] = { false, true, false, false };
    (void)state;

    check_full(WHEN_FULL_DROP_NEW, 3, last);
    check_full(WHEN_FULL_DROP_OLD, 3, second);
    check_full(WHEN_FULL_DROP_NEW, 2, newer);
    check_full(WHEN_FULL_DROP_OLD, 2, older);
    check_full(WHEN_FULL_DROP_NEW, 1, but_one);
    check_full(WHEN_FULL_DROP_OLD, 1, but_one); /* None waits that could be dropped. */
    check_full(WHEN_FULL_DROP_NEW, 4, none);
}

/* A dropped job's client thinks as after any other. */
static void client_of_a_dropped_job_goes_on(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    struct workload *workload = build_closed(&b, build_vm(&b, "A"), build_constant(10), 4);
    workload->arrival.clients = 2;
    workload->queue_limit = 1;
    b.scenario.duration_ns = 30;
    build_run(&b);
    /* The first client at 0, 14 and 28; the second is dropped at 0, 4 and 8, served from 12 to
       22 and dropped at no other time, for then it thinks until 26. */
    assert_int_equal(end_of(&b, 0, 0), 10);
    assert_int_equal(b.record.left[0].arrival_ns, 0);
    assert_int_equal(b.record.left[1].arrival_ns, 4);
    assert_int_equal(b.record.left[2].arrival_ns, 8);
    assert_int_equal(end_of(&b, 0, 4), 22);
    build_fini(&b);
}

/* ---------------------------------------------------------------- phases and engines */

/* in_flight 2: the second job computes while the first is encoded. */
static void jobs_may_overlap_on_different_engines(void **state)
{
    const struct build_job jobs[] = { { 0, 0 }, { 0, 0 }, { 0, 0 } };
    (void)state;

    for (uint32_t in_flight = 1; in_flight <= 3; in_flight++) {
        struct build b;
        build_init(&b, "round_robin");
        struct workload *workload = build_jobs(&b, build_vm(&b, "A"), jobs, 3);
        workload->in_flight = in_flight;
        build_phases(workload)[0].demand = build_constant(10);
        build_phase(&b, workload, PHASE_ENCODE, build_constant(10));
        build_run(&b);
        nsec step = in_flight == 1 ? 20 : 10;
        for (uint64_t i = 0; i < 3; i++) {
            assert_int_equal(end_of(&b, 0, i), 20 + (nsec)i * step);
        }
        build_fini(&b);
    }
}

/* A copy of one VM runs while another computes; two directions at once with two engines. */
static void check_copies(uint32_t copy_engines, nsec want_out)
{
    struct build b;

    build_init(&b, "round_robin");
    b.gpus[0].device.copy_engines = copy_engines;
    put(&b, "A", 0, 20);
    build_phases(put(&b, "B", 0, 20))[0].kind = PHASE_COPY_IN;
    build_phases(put(&b, "C", 0, 20))[0].kind = PHASE_COPY_OUT;
    build_run(&b);
    assert_int_equal(end_of(&b, 0, 0), 20);
    assert_int_equal(end_of(&b, 1, 0), 20);
    assert_int_equal(end_of(&b, 2, 0), want_out);
    build_fini(&b);
}

static void engines_are_independent(void **state)
{
    (void)state;
    check_copies(2, 20);
    check_copies(1, 40);
}

/* Host phases of one workload take turns; those of two workloads do not touch each other. */
static void host_phases_of_a_workload_run_one_at_a_time(void **state)
{
    const struct build_job jobs[] = { { 0, 0 }, { 0, 0 } };
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    uint32_t vm = build_vm(&b, "A");
    for (int i = 0; i < 2; i++) {
        struct workload *workload = build_jobs(&b, vm, jobs, 2);
        workload->in_flight = 2;
        build_phases(workload)[0] =
            (struct phase){ .kind = PHASE_HOST, .demand = build_constant(10) };
        build_phase(&b, workload, PHASE_HOST, build_constant(5));
    }
    build_run(&b);
    /* 0-10 first job, 10-20 second, 20-25 first, 25-30 second, in both workloads alike. */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(b.record.jobs[i].end_ns, i < 2 ? 25 : 30);
        assert_int_equal(b.record.jobs[i].host_ns, 15);
        assert_int_equal(b.record.jobs[i].queue_wait_ns, i < 2 ? 10 : 15);
        assert_int_equal(b.record.jobs[i].workload, i % 2);
        assert_int_equal(b.record.jobs[i].start_ns, 0);
        assert_int_equal(b.record.jobs[i].demand_ns, 0);
    }
    build_fini(&b);
}

/* Where a latency goes: A's job waits for B's slice, B's for its own VM's queue. */
static void latency_has_its_parts(void **state)
{
    const struct build_job twice[] = { { 0, 6 }, { 1, 2 } };
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_switch(&b, 3, 0);
    build_jobs(&b, build_vm(&b, "B"), twice, 2);
    struct workload *workload = put(&b, "A", 2, 0);
    build_phases(workload)[0] =
        (struct phase){ .kind = PHASE_HOST, .demand = build_constant(1) };
    build_phase(&b, workload, PHASE_COMPUTE, build_constant(5));
    build_run(&b);
    const struct job_end *second = build_job_of(&b, 0, 1);
    assert_int_equal(second->end_ns, 8);
    assert_int_equal(second->queue_wait_ns, 5);
    assert_int_equal(second->slice_wait_ns, 0);
    const struct job_end *other = build_job_of(&b, 1, 0);
    assert_int_equal(other->end_ns, 16);
    assert_int_equal(other->host_ns, 1);
    assert_int_equal(other->slice_wait_ns, 5);
    assert_int_equal(other->switch_ns, 3);
    assert_int_equal(other->run_ns, 5);
    assert_int_equal(other->alone_ns, 6);
    assert_int_equal(other->start_ns, 11);
    build_fini(&b);
}

/* A phase of no time passes at once, also behind others. */
static void phases_may_take_no_time(void **state)
{
    const struct build_job jobs[] = { { 4, 0 }, { 4, 3 }, { 4, 0 } };
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    build_jobs(&b, build_vm(&b, "A"), jobs, 3);
    put(&b, "B", 4, 0);
    build_run(&b);
    assert_int_equal(end_of(&b, 0, 0), 4);
    assert_int_equal(end_of(&b, 0, 1), 7);
    assert_int_equal(end_of(&b, 0, 2), 7);
    assert_int_equal(end_of(&b, 1, 0), 7);
    assert_int_equal(build_job_of(&b, 0, 2)->start_ns, 7);
    build_fini(&b);
}

/* ---------------------------------------------------------------- the end, and borders */

/* A job that ends with the run counts; one that arrives then does not. */
static void run_ends_before_what_arrives(void **state)
{
    const struct build_job jobs[] = { { 0, 10 }, { 5, 10 }, { 20, 1 } };
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    build_jobs(&b, build_vm(&b, "A"), jobs, 3);
    b.scenario.duration_ns = 20;
    build_run(&b);
    assert_int_equal(b.record.job_count, 2);
    assert_int_equal(b.record.left_count, 0);
    build_fini(&b);
    build_init(&b, "round_robin");
    build_jobs(&b, build_vm(&b, "A"), jobs, 3);
    b.scenario.duration_ns = 17;
    build_run(&b);
    assert_int_equal(b.record.job_count, 1);
    assert_int_equal(b.record.left_count, 1);
    assert_int_equal(b.record.left[0].start_ns, 10);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 0), 17);
    build_fini(&b);
}

struct borders {
    nsec times[8];
    nsec service_ns[8];
    nsec workloads_ns[8][2]; /* -1: not told. */
    nsec since[8];
    uint32_t count;
};

static void on_border(void *context, const struct border *border)
{
    struct borders *borders = context;
    uint32_t i = borders->count++;
    const nsec *workloads = border->workload_service_ns;

    assert_true(i < 8);
    borders->times[i] = border->now;
    borders->service_ns[i] = border->service_ns[0];
    borders->workloads_ns[i][0] = workloads ? workloads[0] : -1;
    borders->workloads_ns[i][1] = workloads ? workloads[1] : -1;
    borders->since[i] = border->backlogged_since[0];
}

/* Service up to borders in the middle of slices, by workload at the end of warm-up and of the
   run. */
static void borders_see_what_has_run_so_far(void **state)
{
    struct borders borders = { .count = 0 };
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    uint32_t a = build_vm(&b, "A");
    build_jobs(&b, a, (const struct build_job[]){ { 3, 10 }, { 40, 50 } }, 2);
    build_jobs(&b, a, &(const struct build_job){ 5, 12 }, 1);
    b.scenario.duration_ns = 50;
    b.options.border_ns = 20;
    b.options.warmup_ns = 16;
    b.probes[1] = (struct probe){ .context = &borders, .border = on_border };
    build_run(&b);
    const nsec times[] = { 16, 20, 40, 50 };
    const nsec service[] = { 13, 17, 22, 32 };
    const nsec since[] = { 3, 3, 40, 40 };
    assert_int_equal(borders.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(borders.times[i], times[i]);
        assert_int_equal(borders.service_ns[i], service[i]);
        assert_int_equal(borders.since[i], since[i]);
    }
    assert_int_equal(borders.workloads_ns[0][0], 10);
    assert_int_equal(borders.workloads_ns[0][1], 3);
    assert_int_equal(borders.workloads_ns[3][0], 20);
    assert_int_equal(borders.workloads_ns[3][1], 12);
    build_fini(&b);
}

/* ---------------------------------------------------------------- several runs */

/* A busy scenario with a bit of everything. */
static void begin_busy(struct build *b, uint64_t seed)
{
    build_init(b, "best_effort");
    b->scenario.seed = seed;
    build_switch(b, 100 * USEC, 30 * USEC);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t vm = build_vm(b, build_letter(i));
        struct workload *workload =
            build_poisson(b, vm, 10 * MSEC, build_exponential(2 * MSEC));
        build_phase(b, workload, PHASE_ENCODE, build_exponential(USEC));
        workload->in_flight = 1 + i;
        b->vms[vm].start_ns = i * 50 * MSEC;
    }
    build_start(b);
}

static void assert_same_record(const struct record *a, const struct record *b)
{
    assert_int_equal(a->job_count, b->job_count);
    assert_int_equal(a->stay_count, b->stay_count);
    for (size_t i = 0; i < a->job_count; i++) {
        assert_int_equal(a->jobs[i].vm, b->jobs[i].vm);
        assert_int_equal(a->jobs[i].number, b->jobs[i].number);
        assert_int_equal(a->jobs[i].end_ns, b->jobs[i].end_ns);
        assert_int_equal(a->jobs[i].slice_wait_ns, b->jobs[i].slice_wait_ns);
    }
    for (size_t i = 0; i < a->stay_count; i++) {
        assert_int_equal(a->stays[i].run_start_ns, b->stays[i].run_start_ns);
        assert_int_equal(a->stays[i].run_end_ns, b->stays[i].run_end_ns);
    }
}

/* Two runs advanced in turn, step by step, give what each gives in one go. */
static void interleaved_runs_do_not_touch(void **state)
{
    struct build whole[2];
    struct build steps[2];
    (void)state;

    for (uint64_t i = 0; i < 2; i++) {
        begin_busy(&whole[i], i + 1);
        build_run(&whole[i]);
        begin_busy(&steps[i], i + 1);
    }
    for (nsec now = 0; now < SEC; now += 1300 * USEC + now % 777) {
        for (int i = 0; i < 2; i++) {
            assert_int_equal(run_advance(steps[i].run, now, &steps[i].err), 0);
        }
    }
    for (int i = 0; i < 2; i++) {
        build_run(&steps[i]);
        assert_same_record(&steps[i].record, &whole[i].record);
        assert_true(whole[i].record.job_count > 200);
    }
    assert_true(whole[0].record.stays[5].run_end_ns != whole[1].record.stays[5].run_end_ns);
    for (int i = 0; i < 2; i++) {
        build_fini(&whole[i]);
        build_fini(&steps[i]);
    }
}

/* Listeners change nothing: the same number of events with and without. */
static void probes_do_not_change_the_run(void **state)
{
    struct build with;
    struct build without;
    (void)state;

    begin_busy(&with, 3);
    build_run(&with);
    begin_busy(&without, 3);
    run_free(without.run);
    without.options.probe_count = 0;
    without.run = NULL;
    build_run(&without);
    assert_int_equal(without.record.job_count, 0);
    assert_int_equal(run_event_count(with.run), run_event_count(without.run));
    build_fini(&with);
    build_fini(&without);
}

/* Other replications of a seed are other draws. */
static void replications_differ(void **state)
{
    struct build b[2];
    (void)state;

    for (uint64_t i = 0; i < 2; i++) {
        build_init(&b[i], "round_robin");
        b[i].options.replication = i;
        build_poisson(&b[i], build_vm(&b[i], "A"), MSEC, build_constant(1));
        build_run(&b[i]);
    }
    assert_true(b[0].record.jobs[0].arrival_ns != b[1].record.jobs[0].arrival_ns);
    build_fini(&b[0]);
    build_fini(&b[1]);
}

/* The host goes ahead: the job ends when both the engine and the host have. */
static void host_may_run_ahead_of_the_engine(void **state)
{
    static const nsec hosts[] = { 3, 12 };
    static const nsec ends[] = { 10, 12 };
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct build b;
        build_init(&b, "fifo");
        struct workload *workload =
            build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 5, 10 }, 1);
        build_phase(&b, workload, PHASE_HOST, build_constant(hosts[i]))->from_begin = true;
        build_run(&b);
        assert_int_equal(b.record.jobs[0].end_ns, 5 + ends[i]);
        assert_int_equal(b.record.jobs[0].host_ns, ends[i] - 10);
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_may_run_ahead_of_the_engine),
        cmocka_unit_test(full_queue_drops_the_new_or_the_oldest),
        cmocka_unit_test(client_of_a_dropped_job_goes_on),
        cmocka_unit_test(jobs_may_overlap_on_different_engines),
        cmocka_unit_test(engines_are_independent),
        cmocka_unit_test(host_phases_of_a_workload_run_one_at_a_time),
        cmocka_unit_test(latency_has_its_parts),
        cmocka_unit_test(phases_may_take_no_time),
        cmocka_unit_test(run_ends_before_what_arrives),
        cmocka_unit_test(borders_see_what_has_run_so_far),
        cmocka_unit_test(interleaved_runs_do_not_touch),
        cmocka_unit_test(probes_do_not_change_the_run),
        cmocka_unit_test(replications_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
