#include "support/heard.h"

void heard_fold(uint64_t *hash, int64_t number)
{
    *hash = (*hash ^ (uint64_t)number) * UINT64_C(0x9e3779b97f4a7c15);
    *hash ^= *hash >> 29;
}

static void fold(struct heard *heard, int64_t value)
{
    heard_fold(&heard->hash, value);
}

static void hear_finished(void *context, const struct job_end *job)
{
    struct heard *heard = context;

    heard->jobs++;
    fold(heard, job->vm);
    fold(heard, job->workload);
    fold(heard, (int64_t)job->number);
    fold(heard, job->arrival_ns);
    fold(heard, job->start_ns);
    fold(heard, job->end_ns);
    fold(heard, job->deadline_ns);
    fold(heard, job->demand_ns);
    fold(heard, job->queue_wait_ns);
    fold(heard, job->slice_wait_ns);
    fold(heard, job->run_ns);
    fold(heard, job->switch_ns);
    fold(heard, job->host_ns);
    fold(heard, job->alone_ns);
}

static void hear_unfinished(void *context, const struct job_left *job)
{
    fold(context, job->vm);
    fold(context, (int64_t)job->number);
    fold(context, job->arrival_ns);
    fold(context, job->start_ns);
    fold(context, job->demand_ns);
    fold(context, job->dropped);
}

static void hear_engine(struct heard *heard, const struct engine_totals *totals)
{
    fold(heard, totals->busy_ns);
    fold(heard, totals->switch_ns);
    fold(heard, totals->wasted_ns);
    fold(heard, (int64_t)totals->stays);
    fold(heard, (int64_t)totals->switches);
}

/* Service by workload as where each VM has one. */
static void hear_border(void *context, const struct border *border)
{
    struct heard *heard = context;

    fold(heard, border->now);
    for (uint32_t i = 0; i < ENGINE_COUNT * border->vm_count; i++) {
        fold(heard, border->service_ns[i]);
    }
    for (uint32_t vm = 0; vm < border->vm_count; vm++) {
        fold(heard, border->backlogged_since[vm]);
        fold(heard, (int64_t)(border->backlogged[vm / 64] >> vm % 64 & 1));
        fold(heard, border->workload_service_ns ? border->workload_service_ns[vm] : -1);
    }
    for (int engine = 0; engine < ENGINE_COUNT; engine++) {
        hear_engine(heard, &border->engines[engine]);
    }
    heard->stays = border->engines[ENGINE_COMPUTE].stays;
}

static void hear_life(void *context, uint32_t vm, nsec now)
{
    fold(context, vm);
    fold(context, now);
}

void heard_stayed(void *context, const struct stay *stay)
{
    fold(context, stay->engine);
    fold(context, stay->vm);
    fold(context, stay->switch_start_ns);
    fold(context, stay->run_start_ns);
    fold(context, stay->run_end_ns);
    fold(context, stay->continued);
}

void heard_ready(void *context, enum engine_kind engine, uint32_t vm, nsec now)
{
    fold(context, engine);
    fold(context, vm);
    fold(context, now);
}

struct probe heard_probe(struct heard *heard)
{
    return (struct probe){
        .context = heard,
        .joined = hear_life,
        .left = hear_life,
        .finished = hear_finished,
        .unfinished = hear_unfinished,
        .border = hear_border,
    };
}
