#include "support/law.h"

#include "support/test.h"

/* ---------------------------------------------------------------- while it runs */

static const struct vm_entry *entry_of(const struct law *law, uint32_t vm)
{
    const struct build *b = law->b;

    return setup_entry(&b->setup, &b->setup.partitions[b->options.partition], vm);
}

static uint32_t jobs_of(const struct law_vm *vm)
{
    uint32_t sum = 0;

    for (int i = 0; i < BUILD_WORKLOADS_MAX; i++) {
        sum += vm->jobs[i];
    }
    return sum;
}

static void pass_time(struct law *law, struct law_vm *vm, nsec now)
{
    assert_true(now >= law->now);
    law->now = now;
    vm->area_ns += (nsec)jobs_of(vm) * (now - vm->area_until);
    vm->area_until = now;
}

static void job_gone(struct law *law, uint32_t vm, uint32_t workload, nsec arrival_ns, nsec now)
{
    struct law_vm *own = &law->vms[vm];

    pass_time(law, own, now);
    assert_true(own->jobs[workload] > 0);
    own->jobs[workload]--;
    own->sojourn_ns += now - arrival_ns;
}

/* Jobs that a VM leaves behind are told before the VM has left: at that instant. */
static void settle_pending(struct law *law, nsec now)
{
    for (uint32_t i = 0; i < law->pending_count; i++) {
        const struct job_left *job = &law->pending[i];
        job_gone(law, job->vm, job->workload, job->arrival_ns, now);
    }
    law->pending_count = 0;
}

static void on_joined(void *context, uint32_t vm, nsec now)
{
    struct law *law = context;

    pass_time(law, &law->vms[vm], now);
    assert_false(law->vms[vm].present);
    assert_int_equal(law->pending_count, 0);
    law->vms[vm].present = true;
}

static void on_left(void *context, uint32_t vm, nsec now)
{
    struct law *law = context;

    settle_pending(law, now);
    pass_time(law, &law->vms[vm], now);
    assert_true(law->vms[vm].present);
    assert_int_equal(jobs_of(&law->vms[vm]), 0);
    for (enum engine_kind engine = 0; engine < ENGINE_COUNT; engine++) {
        assert_false(law->vms[vm].ready[engine]);
    }
    law->vms[vm].present = false;
}

static void on_arrived(void *context, uint32_t vm, uint32_t workload, nsec now)
{
    struct law *law = context;
    struct law_vm *own = &law->vms[vm];
    uint32_t limit = entry_of(law, vm)->workloads[workload].workload.queue_limit;

    assert_int_equal(law->pending_count, 0);
    assert_true(own->present);
    assert_true(own->jobs[workload] <= limit);
    pass_time(law, own, now);
    own->jobs[workload]++;
    own->arrived++;
}

static void on_finished(void *context, const struct job_end *job)
{
    struct law *law = context;

    assert_int_equal(law->pending_count, 0);
    assert_true(law->vms[job->vm].present);
    assert_true(job->number < law->vms[job->vm].arrived);
    assert_true(job->end_ns >= law->ended_ns);
    law->ended_ns = job->end_ns;
    job_gone(law, job->vm, job->workload, job->arrival_ns, job->end_ns);
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct law *law = context;

    assert_true(job->number < law->vms[job->vm].arrived);
    if (job->dropped) { /* At the arrival that was told last. */
        job_gone(law, job->vm, job->workload, job->arrival_ns, law->now);
    } else {
        assert_true(law->pending_count < ARRAY_LEN(law->pending));
        law->pending[law->pending_count++] = *job;
    }
}

static void on_ready(void *context, enum engine_kind engine, uint32_t vm, nsec now)
{
    struct law *law = context;

    pass_time(law, &law->vms[vm], now);
    assert_true(law->vms[vm].present && !law->vms[vm].ready[engine]);
    assert_true(jobs_of(&law->vms[vm]) > 0);
    law->vms[vm].ready[engine] = true;
}

static void on_dry(void *context, enum engine_kind engine, uint32_t vm, nsec now)
{
    struct law *law = context;

    pass_time(law, &law->vms[vm], now);
    assert_true(law->vms[vm].ready[engine]);
    law->vms[vm].ready[engine] = false;
}

void law_watch(struct law *law, struct build *b)
{
    law->b = b;
    b->probes[1] = (struct probe){
        .context = law,
        .joined = on_joined,
        .left = on_left,
        .arrived = on_arrived,
        .finished = on_finished,
        .unfinished = on_unfinished,
        .ready = on_ready,
        .dry = on_dry,
    };
}

/* ---------------------------------------------------------------- afterwards */

/* Every instant at which a VM runs lies between its getting work and its running dry. */
static void check_within_work(const struct record *record, const struct stay *stay)
{
    nsec since = NSEC_MAX;

    for (size_t i = 0; i < record->event_count; i++) {
        const struct record_event *event = &record->events[i];
        if (event->vm != stay->vm || event->engine != stay->engine) {
            continue;
        }
        if (event->kind == RECORD_READY) {
            since = event->now;
        } else if (event->kind == RECORD_DRY) {
            if (since <= stay->run_start_ns && stay->run_end_ns <= event->now) {
                return;
            }
            since = NSEC_MAX;
        }
    }
    assert_true(since <= stay->run_start_ns);
}

/* Under MPS the stays of one VM do not overlap, and the engine is busy while it has work. */
static void check_mps(const struct record *record, nsec duration_ns)
{
    const struct engine_totals *totals = &record->totals[ENGINE_COMPUTE];

    for (size_t i = 0; i < record->stay_count; i++) {
        const struct stay *stay = &record->stays[i];
        if (stay->engine != ENGINE_COMPUTE) {
            continue;
        }
        assert_int_equal(stay->switch_start_ns, stay->run_start_ns);
        assert_true(stay->run_end_ns <= duration_ns);
        check_within_work(record, stay);
        for (size_t k = i + 1; k < record->stay_count; k++) {
            const struct stay *later = &record->stays[k];
            if (later->engine == ENGINE_COMPUTE && later->vm == stay->vm) {
                assert_true(later->run_start_ns >= stay->run_end_ns);
                break;
            }
        }
    }
    assert_int_equal(totals->switch_ns, 0);
    assert_int_equal(totals->wasted_ns, 0);
    assert_true(totals->busy_ns <= record_backlogged(record, ENGINE_COMPUTE, duration_ns));
}

static void check_engine(const struct record *record, enum engine_kind engine, nsec duration_ns)
{
    if (record->is_mps && engine == ENGINE_COMPUTE) {
        check_mps(record, duration_ns);
        return;
    }
    const struct engine_totals *totals = &record->totals[engine];
    nsec free_at = 0;
    nsec busy = 0;
    nsec switching = 0;

    for (size_t i = 0; i < record->stay_count; i++) {
        const struct stay *stay = &record->stays[i];
        if (stay->engine != engine) {
            continue;
        }
        nsec run_start = stay->run_start_ns < duration_ns ? stay->run_start_ns : duration_ns;
        assert_true(stay->switch_start_ns >= free_at);
        assert_true(stay->switch_start_ns <= duration_ns);
        free_at = stay->run_end_ns;
        busy += stay->run_end_ns - stay->run_start_ns;
        switching += run_start - stay->switch_start_ns;
        if (stay->run_end_ns > stay->run_start_ns) {
            assert_true(stay->run_end_ns <= duration_ns);
            check_within_work(record, stay);
        }
    }
    assert_int_equal(totals->busy_ns, busy);
    assert_int_equal(totals->switch_ns, switching);
    assert_true(busy + switching + totals->wasted_ns <= duration_ns);
}

/* What a VM was served is what its finished jobs ran, and at most what the others asked for and
   what was thrown away. */
static void check_service(const struct law *law, uint32_t vm)
{
    const struct record *record = &law->b->record;
    nsec finished = 0;
    nsec unfinished = 0;
    nsec service = 0;
    nsec lost = 0;

    for (enum engine_kind engine = 0; engine < ENGINE_COUNT; engine++) {
        service += record_service(record, engine, vm);
        lost += record->totals[engine].lost_ns;
    }
    for (size_t i = 0; i < record->job_count; i++) {
        finished += record->jobs[i].vm == vm ? record->jobs[i].run_ns : 0;
    }
    for (size_t i = 0; i < record->left_count; i++) {
        unfinished += record->left[i].vm == vm ? record->left[i].demand_ns : 0;
    }
    if (!record->is_mps) { /* There a VM's time on the engine is not its service. */
        assert_true(finished <= service);
        assert_true(service <= finished + unfinished + lost);
    }
}

void law_check(struct law *law)
{
    const struct record *record = &law->b->record;
    nsec duration_ns = law->b->scenario.duration_ns;
    uint64_t arrived = 0;

    settle_pending(law, duration_ns);
    for (uint32_t vm = 0; vm < record->vm_count; vm++) {
        struct law_vm *own = &law->vms[vm];
        pass_time(law, own, duration_ns);
        assert_int_equal(jobs_of(own), 0);
        assert_int_equal(own->area_ns, own->sojourn_ns);
        arrived += own->arrived;
        check_service(law, vm);
    }
    assert_int_equal(record->job_count + record->left_count, arrived);
    for (enum engine_kind engine = 0; engine < ENGINE_COUNT; engine++) {
        check_engine(record, engine, duration_ns);
    }
}
