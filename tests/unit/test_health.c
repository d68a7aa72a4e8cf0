/*
 * test_health.c - temperatures against the closed form, clocks against what they do to jobs,
 * faults against the exponential law; and that the run's books still balance.
 */
#include "run/health.h"
#include "support/build.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEARD_MAX = 100000 };

/* What a run told of heat and faults. */
struct heard {
    struct heat *heat;
    size_t heat_count;
    struct fault *faults;
    size_t fault_count;
};

static void on_heated(void *context, const struct heat *heat)
{
    struct heard *h = context;

    assert_true(h->heat_count < HEARD_MAX);
    h->heat[h->heat_count++] = *heat;
}

static void on_failed(void *context, const struct fault *fault)
{
    struct heard *h = context;

    assert_true(h->fault_count < HEARD_MAX);
    h->faults[h->fault_count++] = *fault;
}

static void begin(struct build *b, struct heard *h, const char *policy)
{
    build_init(b, policy);
    h->heat = calloc(HEARD_MAX, sizeof(h->heat[0]));
    h->faults = calloc(HEARD_MAX, sizeof(h->faults[0]));
    assert_true(h->heat && h->faults);
    h->heat_count = h->fault_count = 0;
    b->probes[1] = (struct probe){ .context = h, .heated = on_heated, .failed = on_failed };
}

static void end(struct build *b, struct heard *h)
{
    build_fini(b);
    free(h->heat);
    free(h->faults);
}

/* 10 W idle, 110 W under load, half a degree a watt, 20 s, air of 30 degrees: 35 degrees idle,
   85 under load. */
static struct thermal a_thermal(int64_t limit)
{
    return (struct thermal){ .is_on = true,
                             .idle_mw = 10000,
                             .load_mw = 110000,
                             .resistance = 500000,
                             .time_constant_ns = 20 * SEC,
                             .ambient = 30000,
                             .initial = THERMAL_AMBIENT,
                             .limit = limit,
                             .hysteresis = 2000,
                             .interval_ns = SEC,
                             .exponent = 2.0,
                             .clocks_ppm = { PPM, PPM / 2 },
                             .clock_count = 2 };
}

static void near(double got, double want, double part)
{
    if (fabs(got - want) > part * fabs(want)) {
        fail_msg("%.12g, not %.12g", got, want);
    }
}

/* ------------------------------------------------------------------------- the closed form */

static void the_closed_form_is_what_it_says(void **state)
{
    struct thermal t = a_thermal(100000);

    (void)state;
    near(thermal_power(&t, 0.0, 1.0), 10.0, 1e-12);
    near(thermal_power(&t, 1.0, 1.0), 110.0, 1e-12);
    near(thermal_power(&t, 1.0, 0.5), 35.0, 1e-12);
    near(thermal_steady(&t, 110.0), 85.0, 1e-12);
    /* One time constant: 63.2 % of the way. */
    near(thermal_after(&t, 30.0, 110.0, 20 * SEC), 85.0 - 55.0 * exp(-1.0), 1e-12);
    /* Two steps are one. */
    near(thermal_after(&t, thermal_after(&t, 30.0, 110.0, 7 * SEC), 110.0, 13 * SEC),
         thermal_after(&t, 30.0, 110.0, 20 * SEC), 1e-12);
    near(thermal_after(&t, 30.0, 110.0, 100 * DAY), 85.0, 1e-12);
}

/* Always busy, and never too hot: each temperature that is told lies on the curve. */
static void a_busy_gpu_follows_the_curve(void **state)
{
    struct build b;
    struct heard h;

    (void)state;
    begin(&b, &h, "round_robin");
    b.scenario.duration_ns = 200 * SEC;
    b.gpus[0].thermal = a_thermal(100000);
    (void)build_closed(&b, build_vm(&b, "A"), build_constant(7 * MSEC), 0);
    build_run(&b);
    assert_int_equal(h.heat_count, 199);
    for (size_t i = 0; i < h.heat_count; i++) {
        near(h.heat[i].temperature, 85.0 - 55.0 * exp(-(double)(i + 1) / 20.0), 1e-9);
        near(h.heat[i].watts, 110.0, 1e-9);
        near(h.heat[i].clock, 1.0, 1e-12);
    }
    near(h.heat[h.heat_count - 1].temperature, 85.0, 1e-3);
    end(&b, &h);
}

/* Busy a quarter of the time: the temperature of the mean power. */
static void a_quarter_of_the_load_gives_its_temperature(void **state)
{
    struct build b;
    struct heard h;

    (void)state;
    begin(&b, &h, "round_robin");
    b.scenario.duration_ns = 400 * SEC;
    b.gpus[0].thermal = a_thermal(100000);
    (void)build_closed(&b, build_vm(&b, "A"), build_constant(5 * MSEC), 15 * MSEC);
    build_run(&b);
    near(h.heat[h.heat_count - 1].temperature, 30.0 + 0.5 * (10.0 + 25.0), 1e-4);
    end(&b, &h);
}

/* ------------------------------------------------------------------- what the clock does */

/* The first interval at whose end it is too hot: 85 - 55 exp(-t / 20) >= 60 from t = 15.8 on.
   From then on the rest of a job of 20 s takes twice as long. */
static void a_job_takes_longer_once_it_is_hot(void **state)
{
    const struct build_job jobs[] = { { 0, 20 * SEC } };
    struct build b;
    struct heard h;

    (void)state;
    begin(&b, &h, "round_robin");
    b.scenario.duration_ns = 100 * SEC;
    b.gpus[0].thermal = a_thermal(60000);
    b.gpus[0].thermal.hysteresis = 30000; /* It stays down. */
    (void)build_jobs(&b, build_vm(&b, "A"), jobs, 1);
    build_run(&b);
    const struct job_end *job = build_job_of(&b, 0, 0);
    assert_int_equal(job->end_ns, (16 + 2 * 4) * SEC);
    assert_int_equal(job->run_ns, 24 * SEC);
    assert_int_equal(job->demand_ns, 20 * SEC);
    assert_int_equal(job->alone_ns, 20 * SEC);
    assert_int_equal(record_service(&b.record, ENGINE_COMPUTE, 0), 24 * SEC);
    end(&b, &h);
}

/* Memory traffic does not follow the clock, and half of one half does. */
static void only_sm_time_follows_the_clock(void **state)
{
    const struct build_job jobs[] = { { 0, 20 * SEC } };
    const uint32_t memory_ppm[] = { PPM, PPM / 2 };
    const nsec want_ns[] = { 20 * SEC, (16 + 6) * SEC };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(memory_ppm); i++) {
        struct build b;
        struct heard h;
        begin(&b, &h, "round_robin");
        b.scenario.duration_ns = 100 * SEC;
        b.gpus[0].thermal = a_thermal(60000);
        b.gpus[0].thermal.hysteresis = 30000;
        struct workload *w = build_jobs(&b, build_vm(&b, "A"), jobs, 1);
        build_phases(w)[0].memory_bound_ppm = memory_ppm[i];
        build_run(&b);
        assert_int_equal(build_job_of(&b, 0, 0)->end_ns, want_ns[i]);
        end(&b, &h);
    }
}

/* Down at once and for ever: an M/D/1 queue whose server is half as fast. */
static void a_slow_clock_is_a_slow_server(void **state)
{
    struct build b;
    struct heard h;
    double sum = 0.0;

    (void)state;
    begin(&b, &h, "fifo");
    b.scenario.duration_ns = 20000 * SEC;
    b.gpus[0].thermal = a_thermal(1);
    b.gpus[0].thermal.initial = 30000;
    b.gpus[0].thermal.hysteresis = 0;
    (void)build_poisson(&b, build_vm(&b, "A"), 100 * MSEC, build_constant(30 * MSEC));
    build_run(&b);
    for (size_t i = 0; i < b.record.job_count; i++) {
        sum += (double)(b.record.jobs[i].end_ns - b.record.jobs[i].arrival_ns);
    }
    /* 60 ms at a load of 0.6: 60 + 0.6 * 60 / (2 * 0.4). */
    near(sum / (double)b.record.job_count, (60.0 + 45.0) * (double)MSEC, 0.03);
    end(&b, &h);
}

/* The regulated temperature stays within a step of the limit. */
static void the_limit_holds(void **state)
{
    struct build b;
    struct heard h;
    size_t slow = 0;

    (void)state;
    begin(&b, &h, "round_robin");
    b.scenario.duration_ns = 1000 * SEC;
    b.gpus[0].thermal = a_thermal(70000);
    (void)build_closed(&b, build_vm(&b, "A"), build_constant(7 * MSEC), 0);
    build_run(&b);
    for (size_t i = 0; i < h.heat_count; i++) {
        double most = 70.0 + (85.0 - 70.0) * (1.0 - exp(-1.0 / 20.0)) + 1e-9;
        assert_true(h.heat[i].temperature <= most);
        assert_true(i < 100 || h.heat[i].temperature > 68.0 - 3.0);
        slow += h.heat[i].clock < 1.0;
    }
    assert_true(slow > h.heat_count / 4 && slow < h.heat_count * 3 / 4);
    end(&b, &h);
}

/* ------------------------------------------------------------------------------- faults */

static void put_resets(struct build *b, nsec mean_ns, nsec away_ns)
{
    b->gpus[0].faults = (struct faults){ .reset_ns = mean_ns, .away_ns = away_ns };
}

/* The GPU is away: nobody runs, what was in flight is lost, and what comes meanwhile waits. */
static void a_reset_costs_what_is_in_flight(void **state)
{
    struct build b;
    struct heard h;
    size_t lost = 0;

    (void)state;
    begin(&b, &h, "round_robin");
    b.scenario.duration_ns = 10000 * SEC;
    put_resets(&b, 100 * SEC, 5 * SEC);
    (void)build_closed(&b, build_vm(&b, "A"), build_constant(300 * MSEC), 0);
    (void)build_poisson(&b, build_vm(&b, "B"), 2 * SEC, build_constant(100 * MSEC));
    build_run(&b);
    assert_in_range(h.fault_count, 60, 130);
    for (size_t i = 0; i < h.fault_count; i++) {
        nsec from = h.faults[i].now;
        nsec to = from + 5 * SEC;
        assert_int_equal(h.faults[i].kind, FAULT_RESET);
        for (size_t k = 0; k < b.record.stay_count; k++) {
            const struct stay *stay = &b.record.stays[k];
            assert_true(stay->run_end_ns <= from || stay->switch_start_ns >= to);
        }
    }
    for (size_t i = 0; i < b.record.left_count; i++) {
        lost += b.record.left[i].lost;
    }
    /* A's job each time, but for the very last instants, and sometimes B's. */
    assert_true(lost >= h.fault_count && lost < 2 * h.fault_count);
    end(&b, &h);
}

/* Whatever the policy and the load, the same faults at the same times; and the books balance:
   the record checks every call, and here every job that came is told once. */
static void every_policy_survives_faults_and_heat(void **state)
{
    nsec first = -1;

    (void)state;
    for (size_t i = 0; i < policy_registry_count; i++) {
        struct build b;
        struct heard h;
        size_t arrived = 0;
        begin(&b, &h, policy_registry[i]->name);
        b.scenario.duration_ns = 60 * SEC;
        b.options.skip = true;
        b.gpus[0].thermal = a_thermal(50000);
        b.gpus[0].faults = (struct faults){ 3 * SEC, 2 * SEC, 8 * SEC, 700 * MSEC };
        build_switch(&b, 100 * USEC, 30 * USEC);
        (void)build_closed(&b, build_vm(&b, "A"), build_exponential(9 * MSEC), 0);
        (void)build_poisson(&b, build_vm(&b, "B"), 40 * MSEC, build_exponential(7 * MSEC));
        struct workload *w =
            build_poisson(&b, build_vm(&b, "C"), 50 * MSEC, build_exponential(9 * MSEC));
        (void)build_phase(&b, w, PHASE_HOST, build_constant(3 * MSEC));
        (void)build_phase(&b, w, PHASE_ENCODE, build_constant(2 * MSEC));
        b.vms[build_vm(&b, "D")].start_ns = 20 * SEC;
        b.vms[3].stop_ns = 40 * SEC;
        (void)build_closed(&b, 3, build_constant(5 * MSEC), MSEC);
        build_run(&b);
        for (size_t k = 0; k < b.record.event_count; k++) {
            arrived += b.record.events[k].kind == RECORD_ARRIVED;
        }
        assert_int_equal(arrived, b.record.job_count + b.record.left_count);
        assert_true(h.fault_count > 30);
        if (first < 0) {
            first = h.faults[5].now;
        }
        assert_int_equal(h.faults[5].now, first);
        end(&b, &h);
    }
}

/* Skipping rounds changes nothing that can be seen. */
static void skipping_sees_the_same(void **state)
{
    struct job_end *jobs = NULL;
    size_t count = 0;

    (void)state;
    for (int skip = 0; skip < 2; skip++) {
        struct build b;
        struct heard h;
        begin(&b, &h, "round_robin");
        b.record.now = 0;
        b.probes[0].stayed = NULL;
        b.options.skip = skip == 1;
        b.scenario.duration_ns = 120 * SEC;
        b.gpus[0].thermal = a_thermal(50000);
        b.gpus[0].faults = (struct faults){ 0, 11 * SEC, 23 * SEC, 2 * SEC };
        build_switch(&b, 50 * USEC, 10 * USEC);
        build_compute(&b)->slice_ns = 200 * USEC;
        (void)build_poisson(&b, build_vm(&b, "A"), 50 * MSEC, build_exponential(20 * MSEC));
        (void)build_poisson(&b, build_vm(&b, "B"), 60 * MSEC, build_exponential(20 * MSEC));
        build_run(&b);
        if (skip == 0) {
            count = b.record.job_count;
            jobs = calloc(count, sizeof(jobs[0]));
            assert_non_null(jobs);
            memcpy(jobs, b.record.jobs, count * sizeof(jobs[0]));
        }
        assert_int_equal(b.record.job_count, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(jobs[i].end_ns, b.record.jobs[i].end_ns);
            assert_int_equal(jobs[i].run_ns, b.record.jobs[i].run_ns);
        }
        end(&b, &h);
    }
    free(jobs);
}

static int compare_doubles(const void *a, const void *b)
{
    const double *first = a;
    const double *second = b;

    return (*first > *second) - (*first < *second);
}

/* The largest distance between the distribution of n gaps and the exponential law of mean 1. */
static double law_distance(double *gaps, size_t n)
{
    double most = 0.0;

    qsort(gaps, n, sizeof(gaps[0]), compare_doubles);
    for (size_t i = 0; i < n; i++) {
        double law = 1.0 - exp(-gaps[i]);
        most = fmax(most, fmax(law - (double)i / (double)n, (double)(i + 1) / (double)n - law));
    }
    return most;
}

/* Gaps are exponential: their number and mean, and the largest distance of their distribution
   from the law (Kolmogorov and Smirnov; 1.95 is exceeded once in a thousand). */
static void faults_keep_the_exponential_law(void **state)
{
    struct build b;
    struct heard h;

    (void)state;
    begin(&b, &h, "round_robin");
    b.scenario.duration_ns = 4000 * HOUR;
    b.gpus[0].faults = (struct faults){ .silent_ns = HOUR, .detected_ns = HOUR };
    (void)build_vm(&b, "A");
    build_run(&b);
    for (int kind = FAULT_SILENT; kind <= FAULT_DETECTED; kind++) {
        double *gaps = calloc(HEARD_MAX, sizeof(gaps[0]));
        nsec last = 0;
        size_t n = 0;
        double sum = 0.0;
        assert_non_null(gaps);
        for (size_t i = 0; i < h.fault_count; i++) {
            if (h.faults[i].kind == (enum fault_kind)kind) {
                gaps[n] = (double)(h.faults[i].now - last) / (double)HOUR;
                sum += gaps[n++];
                last = h.faults[i].now;
            }
        }
        assert_in_range(n, 4000 - 4 * 63, 4000 + 4 * 63);
        near(sum / (double)n, 1.0, 4.0 / 63.0);
        assert_true(law_distance(gaps, n) * sqrt((double)n) < 1.95);
        free(gaps);
    }
    end(&b, &h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_closed_form_is_what_it_says),
        cmocka_unit_test(a_busy_gpu_follows_the_curve),
        cmocka_unit_test(a_quarter_of_the_load_gives_its_temperature),
        cmocka_unit_test(a_job_takes_longer_once_it_is_hot),
        cmocka_unit_test(only_sm_time_follows_the_clock),
        cmocka_unit_test(a_slow_clock_is_a_slow_server),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(a_reset_costs_what_is_in_flight),
        cmocka_unit_test(every_policy_survives_faults_and_heat),
        cmocka_unit_test(skipping_sees_the_same),
        cmocka_unit_test(faults_keep_the_exponential_law),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
