/*
 * pace.h - frames that may not begin yet: the frame-rate limiter, and a missing licence.
 *
 * Internal to run/. The frames of a VM, of all its workloads with `frames: yes`, begin at least
 * so far apart. A frame that is held up waits in its workload's queue, which counts as waiting
 * behind other jobs of its VM; its stream wakes up when it may begin, as if one arrived.
 *
 * Without a licence a vGPU runs at full speed for 20 minutes from its VM's start, then with 15
 * frames a second, and after a day with 3 (from memory; reports of users agree in kind).
 */
#ifndef SIM_RUN_PACE_H
#define SIM_RUN_PACE_H

#include "run/inside.h"

/* Whether the VM's frames are ever held up. */
bool pace_has_limit(const struct frame_limit *limit);

/* Whether a job of the stream may begin now. */
static inline bool pace_allows(const struct run *run, const struct stream *stream, nsec now)
{
    return !stream->is_paced || now >= run->vms[stream->vm].frame_ns;
}

/* A job of the stream begins. */
void pace_begin(struct run *run, const struct stream *stream, nsec now);

/* When something happens to a paced stream whose next arrival is at `arrival_ns`: then, or
   earlier if a frame waits for its time only. */
nsec pace_next(const struct run *run, struct stream *stream, nsec arrival_ns);

#endif
