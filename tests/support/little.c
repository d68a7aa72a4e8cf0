#include "support/little.h"

static void move_to(struct little *little, nsec now)
{
    little->area += (wide)little->present * (now - little->now);
    little->now = now;
}

static void on_arrived(void *context, uint32_t vm, uint32_t workload, nsec now)
{
    struct little *little = context;
    (void)vm;
    (void)workload;

    move_to(little, now);
    little->present++;
    little->jobs++;
}

static void leave(struct little *little, nsec arrival_ns, nsec now)
{
    move_to(little, now);
    little->present--;
    little->sojourns += now - arrival_ns;
}

static void on_finished(void *context, const struct job_end *job)
{
    leave(context, job->arrival_ns, job->end_ns);
}

static void on_unfinished(void *context, const struct job_left *job)
{
    struct little *little = context;

    leave(little, job->arrival_ns, little->now);
}

void little_init(struct little *little, struct probe *ret)
{
    *little = (struct little){ 0 };
    *ret = (struct probe){
        .context = little,
        .arrived = on_arrived,
        .finished = on_finished,
        .unfinished = on_unfinished,
    };
}

bool little_holds(const struct little *little)
{
    return little->present == 0 && little->sojourns == little->area;
}
