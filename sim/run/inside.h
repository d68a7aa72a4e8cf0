/*
 * inside.h - what a run consists of. Internal to run/.
 */
#ifndef SIM_RUN_INSIDE_H
#define SIM_RUN_INSIDE_H

#include "engine/soonest.h"
#include "policy/limited.h"
#include "run/health.h"
#include "run/plain.h"
#include "run/run.h"
#include "run/slicer.h"
#include "run/spatial.h"
#include "run/stream.h"

/* A VM starts or stops. */
struct life_event {
    nsec at_ns;
    uint32_t vm;
    bool is_start;
};

struct run_vm {
    uint32_t first_stream;
    uint32_t stream_count;
    uint64_t job_count; /* Jobs that arrived; numbers the next one. */
    nsec frame_ns;      /* Earliest begin of its next frame. */
    bool present;
};

/* The probes that listen to one call. A listener that has cleared its pointer stays here. */
struct listeners {
    const struct probe **probes;
    uint32_t count;
};

struct run {
    struct soonest arrivals; /* By stream. */
    struct soonest hosts;    /* End of the host phase that runs, by stream. */
    struct stream *streams;
    struct slicer *slicers;  /* [slicer_count], those that the workloads use, in order. */
    struct plain *plain;     /* NULL: the run is not plain. */
    struct spatial *spatial; /* The compute engine under MPS, which then has no slicer. */
    uint32_t slicer_count;
    uint32_t stream_count;
    bool has_hosts;
    bool is_away;            /* The GPU, after a reset: jobs wait. */
    bool is_alone;           /* One engine, and no host: no other has events. */
    bool has_pieces;         /* Some phase cannot be interrupted at any instant. */
    size_t vms_size;         /* Of the partition's VMs, in bytes. */
    uint64_t event_count;    /* Without stays. */
    nsec timer_ns;           /* The next life event, border or opening of a limiter. */
    struct limited *limited; /* Limiters beneath the policy of compute; NULL: none. */
    struct run_vm *vms;
    struct {
        struct listeners joined, left, arrived, finished, unfinished, stayed, border, ready,
            dry, demanded, heated, failed;
    } listeners;
    nsec duration_ns;
    nsec border_ns; /* Distance of borders. */
    nsec next_border_ns;
    nsec warmup_ns;           /* Still to come; NSEC_MAX: over. */
    struct life_event *lives; /* In order of time, stops before starts, then VM. */
    uint32_t life_count;
    uint32_t life_next;
    struct health *health; /* NULL: neither heat nor faults. */
    const struct partition *partition;
    uint32_t vm_count;
    struct slicer *by_phase[PHASE_COUNT]; /* The engine of each kind of phase; NULL: unused,
                                             or under MPS. */
    nsec *service_ns;                     /* [ENGINE_COUNT * vm_count] */
    nsec *border_streams_ns;              /* [stream_count], for probes. */
    struct engine_totals border_engines[ENGINE_COUNT]; /* Likewise; unused ones stay 0. */
    struct err *err;                                   /* Where a failed step says why. */
    struct arena arena;
};

/* Calls one of every probe's functions, where it is not NULL. */
#define RUN_TELL(run, call, ...)                                                               \
    do {                                                                                       \
        const struct probe *const *tell_ = (run)->listeners.call.probes;                       \
        const struct probe *const *end_ = tell_ + (run)->listeners.call.count;                 \
        for (; tell_ < end_; tell_++) {                                                        \
            if ((*tell_)->call) {                                                              \
                (*tell_)->call((*tell_)->context, __VA_ARGS__);                                \
            }                                                                                  \
        }                                                                                      \
    } while (0)

/* Forgets those who listened to stays and have heard enough. */
void run_drop_deaf(struct run *run);

/* The next arrival. */
static inline moment run_arrival(const struct run *run)
{
    return moment_at(soonest_time(&run->arrivals), MOMENT_ARRIVAL);
}

/* Works out when the next life event or border is. */
void run_set_timer(struct run *run);

/* Whether at timer_ns there is a border between windows, and nothing else. */
static inline bool run_is_mere_border(const struct run *run)
{
    return run->timer_ns == run->next_border_ns && run->timer_ns != run->warmup_ns &&
           (run->life_next == run->life_count ||
            run->lives[run->life_next].at_ns != run->timer_ns);
}

/* A flight's phase is over: on to its next one, or the job ends and the next one begins. */
void run_phase_done(struct run *run, struct flight *flight, nsec now);

/* The timer goes off. */
void run_timer(struct run *run, nsec now);

/* When the next job of a stream arrives. */
void run_set_arrival(struct run *run, struct stream *stream, nsec at);

/* Tells of a job that still waits in its stream's ring, and will not begin. */
void run_tell_waiting(struct run *run, const struct stream *stream, const int64_t *job,
                      bool dropped);

/* Begins jobs that wait, as far as the stream may have more under way. */
void run_begin_jobs(struct run *run, struct stream *stream, nsec now);

/* The policies see a VM come. */
void run_join(struct run *run, uint32_t vm, nsec now);

/* All jobs under way of a VM are lost, and the policies see it leave. */
void run_lose_flights(struct run *run, uint32_t vm, nsec now);

/* The flight is lost to a fault; its workload goes on with the next job. */
void run_flight_failed(struct run *run, struct flight *flight, nsec now);

/* A flight ends without finishing; dropped: refused by the policy. */
void run_flight_lost(struct run *run, struct flight *flight, bool dropped, nsec now);

#endif
