/*
 * test_ticks.c - random scenarios, job by job against the naive simulator of support/naive.h.
 *
 * Times are a few nanoseconds, so that equal times are common, and scenarios are many: the
 * naive simulator has nothing in common with that of test_reference.c but the design, so that
 * what one of them got wrong the other need not. A failure prints its scenario.
 */
#include "support/build.h"
#include "support/naive.h"
#include "support/test.h"

#include <string.h>

enum { SCENARIOS = 10000 };

static const char *const names[NAIVE_POLICIES] = {
    [NAIVE_FIFO] = "fifo",
    [NAIVE_TURNS_RENEW] = "round_robin",
    [NAIVE_TURNS_KEEP] = "best_effort",
    [NAIVE_TURNS_WEIGHTED] = "weighted_round_robin",
    [NAIVE_EQUAL_SHARE] = "equal_share",
    [NAIVE_FIXED_SHARE] = "fixed_share",
    [NAIVE_PRIORITY] = "priority",
    [NAIVE_PRIORITY_NO_CUT] = "priority",
};

static void random_stream(struct naive_stream *stream, uint64_t *seed)
{
    nsec at = test_between(seed, 0, 40);

    stream->think_ns = test_chance(seed, 30) ? test_between(seed, 0, 12) : -1;
    stream->job_count = stream->think_ns >= 0 ? 1 : (uint32_t)test_between(seed, 0, 12);
    for (uint32_t i = 0; i < stream->job_count; i++) {
        stream->arrivals_ns[i] = at;
        stream->demands_ns[i] = test_between(seed, 1, 20);
        at += test_between(seed, 0, 30);
    }
}

static void random_scenario(struct naive_scenario *s, uint64_t *seed)
{
    nsec duration_ns = test_between(seed, 50, 400);

    memset(s, 0, sizeof(*s));
    s->policy = (enum naive_policy)test_between(seed, 0, NAIVE_POLICIES - 1);
    s->duration_ns = duration_ns;
    s->slice_ns = test_between(seed, 1, 12);
    if (test_chance(seed, 60)) {
        s->preempt_ns = test_between(seed, 1, 6);
        s->idle_ns = test_between(seed, 1, s->preempt_ns);
        s->restore_ns = test_between(seed, 0, s->idle_ns);
    }
    s->kernel_ns = test_chance(seed, 25) ? test_between(seed, 1, 8) : 0;
    s->vm_count = (uint32_t)test_between(seed, 1, NAIVE_VMS_MAX);
    s->slots = s->vm_count + (uint32_t)test_between(seed, 0, 2);
    bool come_and_go = test_chance(seed, 50);
    for (uint32_t i = 0; i < s->vm_count; i++) {
        struct naive_vm *vm = &s->vms[i];
        vm->weight = (uint32_t)test_between(seed, 1, 300);
        vm->priority = (uint32_t)test_between(seed, 0, 2);
        vm->stop_ns = NSEC_MAX;
        if (come_and_go && test_chance(seed, 60)) {
            vm->start_ns = test_between(seed, 0, duration_ns / 2);
        }
        if (come_and_go && test_chance(seed, 50)) {
            vm->stop_ns = vm->start_ns + test_between(seed, 1, duration_ns);
        }
        vm->stream_count = (uint32_t)test_between(seed, 1, NAIVE_STREAMS_MAX);
        for (uint32_t k = 0; k < vm->stream_count; k++) {
            random_stream(&vm->streams[k], seed);
        }
    }
}

static void build_stream(struct build *b, const struct naive_scenario *s, uint32_t vm,
                         const struct naive_stream *stream)
{
    struct build_job jobs[NAIVE_JOBS_MAX];
    struct workload *workload;

    for (uint32_t i = 0; i < stream->job_count; i++) {
        jobs[i] = (struct build_job){ stream->arrivals_ns[i], stream->demands_ns[i] };
    }
    if (stream->think_ns >= 0) {
        workload = build_closed(b, vm, build_constant(stream->demands_ns[0]), stream->think_ns);
        workload->arrival.offset_ns = stream->arrivals_ns[0];
    } else {
        workload = build_jobs(b, vm, jobs, stream->job_count);
    }
    build_phases(workload)[0].kernel_ns = s->kernel_ns;
}

static void build_from(struct build *b, const struct naive_scenario *s)
{
    build_init(b, names[s->policy]);
    b->scenario.duration_ns = s->duration_ns;
    build_compute(b)->slice_ns = s->slice_ns;
    build_compute(b)->switch_cost =
        (struct switch_cost){ s->preempt_ns, s->idle_ns, s->restore_ns };
    if (s->kernel_ns > 0) {
        b->gpus[0].device.preemption = PREEMPTION_KERNEL;
    }
    if (s->policy == NAIVE_FIXED_SHARE) {
        build_param(b, "slots", s->slots);
    }
    if (s->policy == NAIVE_PRIORITY_NO_CUT) {
        build_param(b, "preemptive", 0);
    }
    for (uint32_t i = 0; i < s->vm_count; i++) {
        const struct naive_vm *vm = &s->vms[i];
        build_vm(b, build_letter(i));
        b->vms[i].weight = vm->weight;
        b->vms[i].priority = vm->priority;
        b->vms[i].start_ns = vm->start_ns;
        b->vms[i].stop_ns = vm->stop_ns;
        for (uint32_t k = 0; k < vm->stream_count; k++) {
            build_stream(b, s, i, &vm->streams[k]);
        }
    }
}

/* What a reader needs to follow a scenario by hand. */
static void print_scenario(const struct naive_scenario *s)
{
    print_message("%s slice %d switch %d %d %d kernel %d slots %u duration %d\n",
                  names[s->policy], (int)s->slice_ns, (int)s->preempt_ns, (int)s->idle_ns,
                  (int)s->restore_ns, (int)s->kernel_ns, s->slots, (int)s->duration_ns);
    for (uint32_t i = 0; i < s->vm_count; i++) {
        const struct naive_vm *vm = &s->vms[i];
        print_message("%c weight %u priority %u from %d to %d\n", (int)('A' + i), vm->weight,
                      vm->priority, (int)vm->start_ns,
                      vm->stop_ns < NSEC_MAX ? (int)vm->stop_ns : -1);
        for (uint32_t k = 0; k < vm->stream_count; k++) {
            const struct naive_stream *stream = &vm->streams[k];
            print_message("  think %d:", (int)stream->think_ns);
            for (uint32_t j = 0; j < stream->job_count; j++) {
                print_message(" %d+%d", (int)stream->arrivals_ns[j],
                              (int)stream->demands_ns[j]);
            }
            print_message("\n");
        }
    }
}

static bool same_job(const struct naive_result *want, uint32_t vm, uint64_t number,
                     const struct naive_job *got)
{
    const struct naive_job *job = &want->jobs[vm][number];
    bool same = number < want->job_count[vm] && job->arrival_ns == got->arrival_ns &&
                job->start_ns == got->start_ns && job->end_ns == got->end_ns;

    if (!same) {
        print_message("job %u of VM %u: want %d %d %d, got %d %d %d\n", (unsigned)number, vm,
                      (int)job->arrival_ns, (int)job->start_ns, (int)job->end_ns,
                      (int)got->arrival_ns, (int)got->start_ns, (int)got->end_ns);
    }
    return same;
}

/* Every job that arrived, when it started and ended, and how much service each VM had. */
static bool same(const struct build *b, const struct naive_result *want)
{
    const struct record *record = &b->record;
    size_t count = 0;
    bool same = true;

    for (size_t i = 0; i < record->job_count; i++) {
        const struct job_end *job = &record->jobs[i];
        const struct naive_job got = { job->arrival_ns, job->start_ns, job->end_ns };
        same = same && same_job(want, job->vm, job->number, &got);
    }
    for (size_t i = 0; i < record->left_count; i++) {
        const struct job_left *job = &record->left[i];
        const struct naive_job got = { job->arrival_ns, job->start_ns, -1 };
        same = same && same_job(want, job->vm, job->number, &got);
    }
    for (uint32_t vm = 0; vm < b->scenario.vm_count; vm++) {
        count += want->job_count[vm];
        same = same && record_service(record, ENGINE_COMPUTE, vm) == want->service_ns[vm];
    }
    return same && record->job_count + record->left_count == count;
}

static void every_job_is_as_the_naive_simulator_says(void **state)
{
    struct naive_result *want = test_malloc(sizeof(*want));
    struct naive_scenario scenario;
    (void)state;

    for (uint64_t number = 1; number <= SCENARIOS; number++) {
        uint64_t seed = number;
        struct build b;
        random_scenario(&scenario, &seed);
        naive_run(&scenario, want);
        build_from(&b, &scenario);
        build_run(&b);
        if (!same(&b, want)) {
            print_message("scenario %u: ", (unsigned)number);
            print_scenario(&scenario);
            fail();
        }
        build_fini(&b);
    }
    test_free(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_as_the_naive_simulator_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
