#include "support/record.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>

/* Room for one item more at the end of an array whose length doubles. */
static void *grown(void *array, size_t count, size_t size)
{
    if (count & (count - 1)) {
        return array;
    }
    void *larger = realloc(array, (count ? 2 * count : 1) * size);
    assert_non_null(larger);
    return larger;
}

static void pass_time(struct record *record, nsec now)
{
    assert_true(now >= record->now);
    record->now = now;
}

static void add_event(struct record *record, const struct record_event *event)
{
    pass_time(record, event->now);
    record->events = grown(record->events, record->event_count, sizeof(*event));
    record->events[record->event_count++] = *event;
}

static void on_joined(void *context, uint32_t vm, nsec now)
{
    add_event(context, &(struct record_event){ .kind = RECORD_JOINED, .vm = vm, .now = now });
}

static void on_left(void *context, uint32_t vm, nsec now)
{
    add_event(context, &(struct record_event){ .kind = RECORD_LEFT, .vm = vm, .now = now });
}

static void on_arrived(void *context, uint32_t vm, uint32_t workload, nsec now)
{
    add_event(context,
              &(struct record_event){
                  .kind = RECORD_ARRIVED, .vm = vm, .workload = workload, .now = now });
}

static void on_ready(void *context, enum engine_kind engine, uint32_t vm, nsec now)
{
    add_event(context, &(struct record_event){
                           .kind = RECORD_READY, .engine = engine, .vm = vm, .now = now });
}

static void on_dry(void *context, enum engine_kind engine, uint32_t vm, nsec now)
{
    add_event(context, &(struct record_event){
                           .kind = RECORD_DRY, .engine = engine, .vm = vm, .now = now });
}

static void on_finished(void *context, const struct job_end *job)
{
    struct record *record = context;

    pass_time(record, job->end_ns);
    assert_true(job->arrival_ns <= job->start_ns && job->start_ns <= job->end_ns);
    assert_true(job->queue_wait_ns >= 0 && job->slice_wait_ns >= 0 && job->run_ns >= 0 &&
                job->switch_ns >= 0 && job->host_ns >= 0);
    assert_int_equal(job->queue_wait_ns + job->slice_wait_ns + job->run_ns + job->switch_ns +
                         job->host_ns,
                     job->end_ns - job->arrival_ns);
    assert_int_equal(job->demand_ns + job->host_ns, job->alone_ns);
    assert_true(job->run_ns >= job->demand_ns);
    record->jobs = grown(record->jobs, record->job_count, sizeof(*job));
    record->jobs[record->job_count++] = *job;
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct record *record = context;

    record->left = grown(record->left, record->left_count, sizeof(*job));
    record->left[record->left_count++] = *job;
}

static void on_stayed(void *context, const struct stay *stay)
{
    struct record *record = context;

    assert_true(stay->switch_start_ns <= stay->run_start_ns &&
                stay->run_start_ns <= stay->run_end_ns);
    record->stays = grown(record->stays, record->stay_count, sizeof(*stay));
    record->stays[record->stay_count++] = *stay;
}

static void on_border(void *context, const struct border *border)
{
    struct record *record = context;
    size_t size = ENGINE_COUNT * border->vm_count * sizeof(nsec);

    pass_time(record, border->now);
    for (uint32_t i = 0; i < ENGINE_COUNT * border->vm_count; i++) {
        nsec before = record->service_ns ? record->service_ns[i] : 0;
        assert_true(border->service_ns[i] >= before);
    }
    for (enum engine_kind engine = 0; engine < ENGINE_COUNT; engine++) {
        const struct engine_totals *totals = &border->engines[engine];
        nsec sum = 0;
        for (uint32_t vm = 0; vm < border->vm_count; vm++) {
            sum += border->service_ns[engine * border->vm_count + vm];
        }
        assert_true(sum == totals->busy_ns ||
                    (record->is_mps && engine == ENGINE_COMPUTE && sum < totals->busy_ns));
        assert_true(totals->busy_ns + totals->switch_ns + totals->wasted_ns <= border->now);
        assert_true(totals->lost_ns <= totals->busy_ns);
    }
    if (size > 0) {
        record->service_ns = realloc(record->service_ns, size);
        assert_non_null(record->service_ns);
        memcpy(record->service_ns, border->service_ns, size);
    }
    memcpy(record->totals, border->engines, sizeof(record->totals));
    record->vm_count = border->vm_count;
    record->border_count++;
}

void record_init(struct record *record, struct probe *ret_probe)
{
    *ret_probe = (struct probe){
        .context = record,
        .joined = on_joined,
        .left = on_left,
        .arrived = on_arrived,
        .finished = on_finished,
        .unfinished = on_unfinished,
        .stayed = on_stayed,
        .border = on_border,
        .ready = on_ready,
        .dry = on_dry,
    };
}

void record_fini(struct record *record)
{
    free(record->jobs);
    free(record->left);
    free(record->stays);
    free(record->events);
    free(record->service_ns);
    *record = (struct record){ 0 };
}

/* The job of a VM that runs at an instant: the first one that ends later. */
static uint64_t job_at(const struct record *record, uint32_t vm, nsec now, nsec *ret_end)
{
    uint64_t number = 0;

    for (size_t i = 0; i < record->job_count; i++) {
        const struct job_end *job = &record->jobs[i];
        if (job->vm == vm && job->end_ns > now) {
            *ret_end = job->end_ns;
            return job->number;
        }
        number = job->vm == vm ? job->number + 1 : number;
    }
    *ret_end = NSEC_MAX;
    return number;
}

struct record_piece *record_pieces(const struct record *record, enum engine_kind engine,
                                   size_t *ret_count)
{
    struct record_piece *pieces = NULL;
    size_t count = 0;

    for (size_t i = 0; i < record->stay_count; i++) {
        const struct stay *stay = &record->stays[i];
        if (stay->engine != engine) {
            continue;
        }
        for (nsec from = stay->run_start_ns; from < stay->run_end_ns;) {
            nsec end;
            uint64_t number = job_at(record, stay->vm, from, &end);
            end = end < stay->run_end_ns ? end : stay->run_end_ns;
            struct record_piece *last = count > 0 ? &pieces[count - 1] : NULL;
            if (last && last->end_ns == from && last->vm == stay->vm &&
                last->number == number) {
                last->end_ns = end;
            } else {
                pieces = grown(pieces, count, sizeof(*pieces));
                pieces[count++] = (struct record_piece){ from, end, stay->vm, number };
            }
            from = end;
        }
    }
    *ret_count = count;
    return pieces;
}

nsec record_service(const struct record *record, enum engine_kind engine, uint32_t vm)
{
    return record->service_ns[engine * record->vm_count + vm];
}

nsec record_backlogged(const struct record *record, enum engine_kind engine, nsec end_ns)
{
    nsec sum = 0;
    nsec since = 0;
    uint32_t ready = 0;

    for (size_t i = 0; i < record->event_count; i++) {
        const struct record_event *event = &record->events[i];
        if (event->engine != engine ||
            (event->kind != RECORD_READY && event->kind != RECORD_DRY)) {
            continue;
        }
        sum += ready > 0 ? event->now - since : 0;
        since = event->now;
        ready = event->kind == RECORD_READY ? ready + 1 : ready - 1;
    }
    return sum + (ready > 0 ? end_ns - since : 0);
}
