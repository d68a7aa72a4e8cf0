/* test_stream.c - when jobs arrive, for each kind of arrival. */
#include "support/build.h"
#include "support/test.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

/* One VM, whose jobs take a nanosecond, with one workload of this arrival process. */
static struct workload *begin(struct build *b, const struct arrival *arrival)
{
    build_init(b, "round_robin");
    struct workload *workload = build_poisson(b, build_vm(b, "A"), SEC, build_constant(1));
    workload->arrival = *arrival;
    return workload;
}

/* Times of the arrivals of a VM's first workload, after build_run. The caller's, for
   test_free. */
static nsec *arrivals(const struct build *b, uint32_t vm, size_t *ret_count)
{
    nsec *times = test_malloc((b->record.event_count + 1) * sizeof(times[0]));
    size_t count = 0;

    for (size_t i = 0; i < b->record.event_count; i++) {
        const struct record_event *event = &b->record.events[i];
        if (event->kind == RECORD_ARRIVED && event->vm == vm && event->workload == 0) {
            times[count++] = event->now;
        }
    }
    *ret_count = count;
    return times;
}

static void check_arrivals(struct build *b, const nsec *want, size_t want_count)
{
    size_t count;
    build_run(b);
    nsec *times = arrivals(b, 0, &count);

    assert_int_equal(count, want_count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(times[i], want[i]);
    }
    test_free(times);
    build_fini(b);
}

/* 60 a second: 16 666 666.67 ns, each instant rounded by itself so that nothing drifts. */
static void periodic_jobs_do_not_drift(void **state)
{
    struct build b;
    size_t count;
    (void)state;

    begin(&b, &(struct arrival){ .kind = ARRIVAL_PERIODIC, .period_ns = 1e9 / 60.0 });
    b.scenario.duration_ns = 100 * SEC;
    build_run(&b);
    nsec *times = arrivals(&b, 0, &count);
    assert_int_equal(count, 6000);
    for (size_t k = 0; k < count; k++) {
        assert_int_equal(times[k], (2 * (nsec)k * SEC + 60) / 120);
    }
    test_free(times);
    build_fini(&b);
}

static void periodic_jobs_start_at_the_offset_after_the_vm(void **state)
{
    const nsec want[] = { 13, 20, 27, 34 };
    struct build b;
    (void)state;

    begin(&b, &(struct arrival){ .kind = ARRIVAL_PERIODIC, .period_ns = 7.0, .offset_ns = 3 });
    b.vms[0].start_ns = 10;
    b.scenario.duration_ns = 41;
    check_arrivals(&b, want, ARRAY_LEN(want));
}

/* Each job is late by its own draw, counted from its own period: lateness does not add up. A
   stream stays in order even where the jitter is longer than the period. */
static void jitter_delays_each_job_by_itself(void **state)
{
    (void)state;
    for (double high = 500.0; high < 5000.0; high += 4000.0) {
        struct build b;
        size_t count;
        size_t pushed = 0;
        begin(&b, &(struct arrival){
                      .kind = ARRIVAL_PERIODIC,
                      .period_ns = 1000.0,
                      .has_jitter = true,
                      .jitter = { .kind = AMOUNT_UNIFORM, .low = 100.0, .high = high } });
        b.scenario.duration_ns = 1000000;
        build_run(&b);
        nsec *times = arrivals(&b, 0, &count);
        assert_true(count >= 994);
        for (size_t k = 0; k < count; k++) {
            nsec late = times[k] - 1000 * (nsec)k;
            assert_true(late >= 100 && (double)late <= high);
            assert_true(k == 0 || times[k - 1] <= times[k]);
            pushed += k > 0 && times[k - 1] == times[k];
        }
        assert_int_equal(pushed > 0, high > 1000.0);
        test_free(times);
        build_fini(&b);
    }
}

static int compare(const void *a, const void *b)
{
    nsec x = *(const nsec *)a;
    nsec y = *(const nsec *)b;
    return (x > y) - (x < y);
}

/* Gaps against a gamma distribution (cv 1: exponential), by Kolmogorov and Smirnov. */
static void check_gaps(const struct arrival *arrival, double cv)
{
    struct build b;
    size_t count;
    double furthest = 0.0;

    begin(&b, arrival);
    b.vms[0].start_ns = 17;
    b.scenario.duration_ns = 20 * SEC;
    build_run(&b);
    nsec *gaps = arrivals(&b, 0, &count);
    assert_true(count > 15000);
    for (size_t i = count - 1; i > 0; i--) {
        gaps[i] -= gaps[i - 1];
    }
    gaps[0] -= 17;
    qsort(gaps, count, sizeof(gaps[0]), compare);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 == count || gaps[i] != gaps[i + 1]) {
            double at = gsl_cdf_gamma_P((double)gaps[i] + 0.5, 1.0 / cv / cv, 1e6 * cv * cv);
            furthest = fmax(furthest, fabs(((double)i + 1.0) / (double)count - at));
        }
    }
    assert_true(furthest < 1.95 / sqrt((double)count));
    test_free(gaps);
    build_fini(&b);
}

static void gaps_have_their_distribution(void **state)
{
    (void)state;
    check_gaps(&(struct arrival){ .kind = ARRIVAL_POISSON, .mean_gap_ns = 1e6 }, 1.0);
    check_gaps(&(struct arrival){ .kind = ARRIVAL_GAMMA, .mean_gap_ns = 1e6, .cv = 0.4 }, 0.4);
    check_gaps(&(struct arrival){ .kind = ARRIVAL_GAMMA, .mean_gap_ns = 1e6, .cv = 2.0 }, 2.0);
}

/* Three clients and demands of 4: 0-4, 4-8, 8-12; each thinks for 5 after its own job. */
static void clients_think_after_their_own_jobs(void **state)
{
    const nsec want[] = { 0, 0, 0, 9, 13, 17, 21, 25 };
    struct build b;
    (void)state;

    struct workload *workload = begin(
        &b,
        &(struct arrival){ .kind = ARRIVAL_CLOSED, .clients = 3, .think = build_constant(5) });
    build_phases(workload)[0].demand = build_constant(4);
    b.scenario.duration_ns = 26;
    check_arrivals(&b, want, ARRAY_LEN(want));
}

/* A client that thinks for no time submits at the end of its job; the first at the offset. */
static void clients_may_not_think(void **state)
{
    const nsec want[] = { 3, 7, 11, 15 };
    struct build b;
    (void)state;

    struct workload *workload =
        begin(&b, &(struct arrival){ .kind = ARRIVAL_CLOSED, .clients = 1, .offset_ns = 3 });
    build_phases(workload)[0].demand = build_constant(4);
    b.scenario.duration_ns = 19;
    check_arrivals(&b, want, ARRAY_LEN(want));
}

/* Random thinking of many clients: nobody is lost, nobody submits twice. */
static void every_client_has_one_job_or_thinks(void **state)
{
    enum { CLIENTS = 50 };
    struct build b;
    (void)state;

    struct workload *workload = begin(
        &b, &(struct arrival){
                .kind = ARRIVAL_CLOSED, .clients = CLIENTS, .think = build_exponential(MSEC) });
    workload->in_flight = 3;
    build_phases(workload)[0].demand = build_exponential(30 * USEC);
    build_run(&b);
    assert_true(b.record.job_count > 25000);
    size_t done = 0;
    int inside = 0;
    for (size_t i = 0; i < b.record.event_count; i++) {
        const struct record_event *event = &b.record.events[i];
        if (event->kind != RECORD_ARRIVED) {
            continue;
        }
        for (; done < b.record.job_count && b.record.jobs[done].end_ns <= event->now; done++) {
            inside--;
        }
        inside++;
        assert_in_range(inside, 1, CLIENTS);
    }
    build_fini(&b);
}

static void on_off_is_silent_in_off_times(void **state)
{
    struct build b;
    size_t count;
    (void)state;

    begin(&b, &(struct arrival){ .kind = ARRIVAL_ON_OFF,
                                 .mean_gap_ns = 1e4,
                                 .offset_ns = 500,
                                 .on = build_constant(MSEC),
                                 .off = build_constant(3 * MSEC) });
    build_run(&b);
    nsec *times = arrivals(&b, 0, &count);
    /* 250 cycles of 100 arrivals; five standard deviations. */
    assert_true(fabs((double)count - 25000.0) < 5.0 * sqrt(25000.0));
    for (size_t i = 0; i < count; i++) {
        assert_true((times[i] - 500) % (4 * MSEC) < MSEC);
    }
    test_free(times);
    build_fini(&b);
}

static void mmpp_has_the_rate_of_its_state(void **state)
{
    const double gaps_ns[] = { 1e5, (double)INFINITY, 1e4 };
    const struct amount stays[] = { build_constant(2 * MSEC), build_constant(1 * MSEC),
                                    build_constant(5 * MSEC) };
    double counts[3] = { 0.0 };
    struct build b;
    size_t count;
    (void)state;

    begin(&b, &(struct arrival){
                  .kind = ARRIVAL_MMPP, .gaps_ns = gaps_ns, .stays = stays, .state_count = 3 });
    b.scenario.duration_ns = 800 * MSEC; /* 100 cycles. */
    build_run(&b);
    nsec *times = arrivals(&b, 0, &count);
    for (size_t i = 0; i < count; i++) {
        nsec in_cycle = times[i] % (8 * MSEC);
        counts[in_cycle < 2 * MSEC ? 0 : in_cycle < 3 * MSEC ? 1 : 2]++;
    }
    assert_true(fabs(counts[0] - 2000.0) < 5.0 * sqrt(2000.0));
    assert_true(counts[1] == 0.0);
    assert_true(fabs(counts[2] - 50000.0) < 5.0 * sqrt(50000.0));
    test_free(times);
    build_fini(&b);
}

/* 50 cycles in 20 parts each: the number in a part against the integral of the rate. */
static void diurnal_follows_its_sine(void **state)
{
    enum { PARTS = 20 };
    const double amplitude = 0.8;
    double counts[PARTS] = { 0.0 };
    double chi2 = 0.0;
    struct build b;
    size_t count;
    (void)state;

    begin(&b, &(struct arrival){ .kind = ARRIVAL_DIURNAL,
                                 .mean_gap_ns = 2e4,
                                 .amplitude = amplitude,
                                 .cycle_ns = 20 * MSEC });
    b.vms[0].start_ns = 3 * MSEC; /* The cycle counts from the VM's start. */
    b.scenario.duration_ns = 1003 * MSEC;
    build_run(&b);
    nsec *times = arrivals(&b, 0, &count);
    for (size_t i = 0; i < count; i++) {
        counts[(times[i] - 3 * MSEC) % (20 * MSEC) * PARTS / (20 * MSEC)]++;
    }
    for (int part = 0; part < PARTS; part++) {
        double turn = 6.283185307179586 / PARTS;
        double sine = (cos(turn * part) - cos(turn * (part + 1))) / turn;
        double want = 50000.0 / PARTS * (1.0 + amplitude * sine);
        chi2 += (counts[part] - want) * (counts[part] - want) / want;
    }
    assert_true(chi2 < 45.3); /* 99.9 % of chi-square with 20 degrees of freedom. */
    test_free(times);
    build_fini(&b);
}

/* Times count from the VM's start, and demands come from the same rows. */
static void trace_gives_times_and_demands(void **state)
{
    const struct build_job jobs[] = { { 0, 7 }, { 3, 1 }, { 3, 2 }, { 50, 4 } };
    const nsec ends[] = { 117, 118, 120, 164 };
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    struct workload *workload = build_jobs(&b, build_vm(&b, "A"), jobs, 4);
    workload->arrival.offset_ns = 10;
    b.vms[0].start_ns = 100;
    build_run(&b);
    assert_int_equal(b.record.job_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(build_job_of(&b, 0, i)->arrival_ns, 110 + jobs[i].arrival_ns);
        assert_int_equal(build_job_of(&b, 0, i)->demand_ns, jobs[i].demand_ns);
        assert_int_equal(build_job_of(&b, 0, i)->end_ns, ends[i]);
    }
    build_fini(&b);
}

/* VM A's arrivals and demands, as a sum that depends on each of them and on their order. */
static uint64_t draws_of_a(const char *policy, uint32_t others, uint32_t count)
{
    struct build b;
    uint64_t hash = 0;

    build_init(&b, policy);
    for (uint32_t i = 0; i < others; i++) {
        build_poisson(&b, build_vm(&b, i == 0 ? "B" : "C"), MSEC,
                      build_exponential(300 * USEC));
    }
    uint32_t a = build_vm(&b, "A");
    build_poisson(&b, a, MSEC, build_exponential(100 * USEC));
    b.vms[a].count = count;
    build_run(&b);
    for (uint64_t number = 0; number < 700; number++) {
        const struct job_end *job = build_job_of(&b, a, number);
        hash = hash * 31 + (uint64_t)job->arrival_ns;
        hash = hash * 31 + (uint64_t)job->demand_ns;
    }
    build_fini(&b);
    return hash;
}

/* Neither the policy nor other VMs before it, nor more of the same, change what a VM draws. */
static void draws_are_a_vms_own(void **state)
{
    uint64_t alone = draws_of_a("round_robin", 0, 1);
    (void)state;

    assert_true(draws_of_a("fifo", 0, 1) == alone);
    assert_true(draws_of_a("equal_share", 1, 1) == alone);
    assert_true(draws_of_a("priority", 2, 1) == alone);
    assert_true(draws_of_a("best_effort", 2, 2) == alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periodic_jobs_do_not_drift),
        cmocka_unit_test(periodic_jobs_start_at_the_offset_after_the_vm),
        cmocka_unit_test(jitter_delays_each_job_by_itself),
        cmocka_unit_test(gaps_have_their_distribution),
        cmocka_unit_test(clients_think_after_their_own_jobs),
        cmocka_unit_test(clients_may_not_think),
        cmocka_unit_test(every_client_has_one_job_or_thinks),
        cmocka_unit_test(on_off_is_silent_in_off_times),
        cmocka_unit_test(mmpp_has_the_rate_of_its_state),
        cmocka_unit_test(diurnal_follows_its_sine),
        cmocka_unit_test(trace_gives_times_and_demands),
        cmocka_unit_test(draws_are_a_vms_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
