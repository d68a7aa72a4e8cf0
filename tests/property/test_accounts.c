/*
 * The accounts of a run balance to the nanosecond, under every policy: what collectors say
 * against what is counted here from the bare calls, and against each other.
 */
#include "metrics/collect.h"
#include "metrics/describe.h"
#include "support/build.h"
#include "support/little.h"
#include "support/test.h"

#include "policy/policy.h"

#include <math.h>
#include <stdlib.h>

enum { JOBS_MAX = 4000, STREAMS = 5 };

/* What is counted here, workload by workload. */
struct ledger {
    nsec warmup_ns;
    uint64_t arrived[STREAMS];
    uint64_t done[STREAMS];
    uint64_t unfinished[STREAMS];
    wide latency[STREAMS];
    wide switches[STREAMS];
    nsec latencies[STREAMS][JOBS_MAX];
};

/* A, B and C have one workload, D has two. */
static uint32_t stream_of(uint32_t vm, uint32_t workload)
{
    return vm + workload;
}

static void on_arrived(void *context, uint32_t vm, uint32_t workload, nsec now)
{
    struct ledger *ledger = context;

    ledger->arrived[stream_of(vm, workload)] += now >= ledger->warmup_ns;
}

static void on_finished(void *context, const struct job_end *job)
{
    struct ledger *ledger = context;
    uint32_t s = stream_of(job->vm, job->workload);

    if (job->arrival_ns < ledger->warmup_ns) {
        return;
    }
    assert_true(ledger->done[s] < JOBS_MAX);
    ledger->latencies[s][ledger->done[s]++] = job->end_ns - job->arrival_ns;
    ledger->latency[s] += job->end_ns - job->arrival_ns;
    ledger->switches[s] += job->switch_ns;
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct ledger *ledger = context;

    ledger->unfinished[stream_of(job->vm, job->workload)] +=
        job->arrival_ns >= ledger->warmup_ns;
}

static void ledger_init(struct ledger *ledger, nsec warmup_ns, struct probe *ret)
{
    *ledger = (struct ledger){ .warmup_ns = warmup_ns };
    *ret = (struct probe){ .context = ledger,
                           .arrived = on_arrived,
                           .finished = on_finished,
                           .unfinished = on_unfinished };
}

/* Everything at once: host phases, copies, a full queue, a closed loop, two workloads of one
   VM, a VM that starts late and stops early. */
static void scene(struct build *b, const char *policy, uint64_t seed)
{
    build_init(b, policy);
    b->scenario.seed = seed;
    b->scenario.duration_ns = 2 * SEC;
    build_switch(b, MSEC / 10, MSEC / 50);
    struct workload *w =
        build_poisson(b, build_vm(b, "A"), 20 * MSEC, build_exponential(4 * MSEC));
    w->deadline_ns = 30 * MSEC;
    w = build_poisson(b, build_vm(b, "B"), 5 * MSEC, build_exponential(3 * MSEC));
    w->queue_limit = 4;
    w->when_full = WHEN_FULL_DROP_OLD;
    w->in_flight = 2;
    build_phase(b, w, PHASE_ENCODE, build_constant(MSEC / 3));
    (void)build_closed(b, build_vm(b, "C"), build_exponential(9 * MSEC), MSEC);
    uint32_t vm = build_vm(b, "D");
    w = build_poisson(b, vm, 30 * MSEC, build_exponential(2 * MSEC));
    build_phase(b, w, PHASE_HOST, build_exponential(5 * MSEC));
    build_phase(b, w, PHASE_COPY_IN, build_constant(MSEC));
    (void)build_poisson(b, vm, 40 * MSEC, build_exponential(6 * MSEC));
    b->vms[vm].start_ns = 333 * MSEC;
    b->vms[vm].stop_ns = 1777 * MSEC;
    b->vms[vm].weight = 250;
}

static int compare(const void *a, const void *b)
{
    nsec x = *(const nsec *)a;
    nsec y = *(const nsec *)b;

    return (x > y) - (x < y);
}

static void check_workload(const struct workload_summary *w, struct ledger *ledger, uint32_t s)
{
    assert_int_equal(w->arrived, ledger->arrived[s]);
    assert_int_equal(w->done, ledger->done[s]);
    assert_int_equal(w->dropped + w->unfinished, ledger->unfinished[s]);
    assert_true(w->latency_sum_ns == ledger->latency[s]);
    assert_true(w->switch_sum_ns == ledger->switches[s]);
    assert_true(w->queue_wait_sum_ns + w->slice_wait_sum_ns + w->run_sum_ns + w->switch_sum_ns +
                    w->host_sum_ns ==
                w->latency_sum_ns);
    assert_true(w->done > 0);
    qsort(ledger->latencies[s], w->done, sizeof(nsec), compare);
    for (int q = 0; q < QUANTILE_COUNT; q++) {
        nsec exact = ledger->latencies[s][hist_quantile_rank(w->done, quantile_ppm[q]) - 1];
        assert_true(llabs(w->quantile_ns[q] - exact) <= exact / 256);
    }
    assert_int_equal(w->max_ns, ledger->latencies[s][w->done - 1]);
}

static void check_services(const struct unit_summary *unit)
{
    nsec by_engine[ENGINE_COUNT] = { 0 };

    for (uint32_t i = 0; i < unit->vm_count; i++) {
        nsec of_vm = 0;
        nsec of_workloads = 0;
        for (int e = 0; e < ENGINE_COUNT; e++) {
            of_vm += unit->vms[i].service_ns[e];
            by_engine[e] += unit->vms[i].service_ns[e];
        }
        for (uint32_t w = 0; w < unit->vms[i].workload_count; w++) {
            of_workloads += unit->vms[i].workloads[w].service_ns;
        }
        assert_int_equal(of_vm, of_workloads);
    }
    for (uint32_t i = 0; i < unit->engine_count; i++) {
        const struct engine_summary *e = &unit->engines[i];
        assert_int_equal(e->totals.busy_ns, by_engine[e->kind]);
        assert_int_equal(e->totals.busy_ns + e->totals.switch_ns + e->idle_ns, e->span_ns);
        assert_true(e->idle_ns >= 0 && e->totals.lost_ns >= 0);
    }
}

/* Windows follow each other without gaps, from the first multiple of their length. */
static void check_windows(const struct unit_summary *unit, nsec first_ns)
{
    const struct fairness *f = unit->fairness;
    nsec at = first_ns;

    for (uint32_t w = 0; w < f->window_count; w++) {
        nsec sum = 0;
        assert_int_equal(f->windows[w].start_ns, at);
        at = f->windows[w].end_ns;
        for (uint32_t i = 0; i < unit->vm_count; i++) {
            nsec service = f->window_service[w * unit->vm_count + i];
            assert_true(service >= 0);
            sum += service;
        }
        assert_true(sum <= at - f->windows[w].start_ns);
        assert_true(isnan(f->windows[w].jain) ||
                    (f->windows[w].jain > 0.2 && f->windows[w].jain <= 1.0000001));
    }
    assert_int_equal(at, unit->end_ns);
}

static void check_run(const char *policy, uint64_t seed, nsec warmup_ns)
{
    nsec window_ns;
    static struct ledger ledger;
    struct little little;
    struct build b;
    struct arena arena;
    struct probe probes[3];
    struct unit_summary unit;

    arena_init(&arena);
    scene(&b, policy, seed);
    b.scenario.metrics = seed % 4 == 0 ? METRIC_SHORT_WINDOWS : 0;
    window_ns = seed % 4 == 0 ? 100 * MSEC / 64 : 100 * MSEC;
    assert_int_equal(build_setup(&b), 0);
    struct collector_config config = describe_partition(&b.setup, 0, warmup_ns, &arena);
    struct collector *collector = collector_create(&config, &arena);
    collector_listen(collector, &probes[0]);
    ledger_init(&ledger, warmup_ns, &probes[1]);
    little_init(&little, &probes[2]);
    b.options.probes = probes;
    b.options.probe_count = 3;
    b.options.border_ns = config.window_ns;
    b.options.warmup_ns = warmup_ns;
    build_run(&b);
    collector_summarise(collector, &unit);
    collector_free(collector);

    assert_true(little_holds(&little));
    for (uint32_t vm = 0; vm < unit.vm_count; vm++) {
        for (uint32_t w = 0; w < unit.vms[vm].workload_count; w++) {
            check_workload(&unit.vms[vm].workloads[w], &ledger, stream_of(vm, w));
        }
    }
    check_services(&unit);
    assert_int_equal(unit.fairness->window_ns, window_ns);
    check_windows(&unit, (warmup_ns + window_ns - 1) / window_ns * window_ns);
    build_fini(&b);
    arena_fini(&arena);
}

static void accounts_balance_under_every_policy(void **state)
{
    (void)state;
    for (size_t p = 0; p < policy_registry_count; p++) {
        for (uint64_t seed = 1; seed <= 8; seed++) {
            const nsec warmups_ns[] = { 0, 200 * MSEC, 234567891 };
            check_run(policy_registry[p]->name, seed, warmups_ns[seed % 3]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_balance_under_every_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
