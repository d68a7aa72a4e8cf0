#include "run/pace.h"

/* A vGPU without its licence; NVIDIA gives no figures. */
#define FIRST_STEP  (1200 * SEC)
#define SECOND_STEP DAY
#define FIRST_GAP   (SEC / 15)
#define SECOND_GAP  (SEC / 3)

bool pace_has_limit(const struct frame_limit *limit)
{
    return limit->gap_ns > 0 || limit->unlicensed;
}

static nsec gap(const struct frame_limit *limit, nsec age)
{
    nsec unlicensed = age >= SECOND_STEP ? SECOND_GAP : age >= FIRST_STEP ? FIRST_GAP : 0;

    return limit->unlicensed && unlicensed > limit->gap_ns ? unlicensed : limit->gap_ns;
}

void pace_begin(struct run *run, const struct stream *stream, nsec now)
{
    const struct partition *partition = run->partition;

    if (stream->is_paced) {
        nsec age = now - partition->vms[stream->vm].start_ns;
        run->vms[stream->vm].frame_ns = now + gap(&partition->frame_limits[stream->vm], age);
    }
}

nsec pace_next(const struct run *run, struct stream *stream, nsec arrival_ns)
{
    nsec frame_ns = run->vms[stream->vm].frame_ns;
    bool waits =
        stream->waiting > 0 && stream->under_way < stream->workload->in_flight && !run->is_away;

    stream->arrival_ns = arrival_ns;
    return waits && frame_ns < arrival_ns ? frame_ns : arrival_ns;
}
